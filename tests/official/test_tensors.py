"""A `.pt` file of unknown origin: whatever is wrong gets one sentence and costs nothing."""

from __future__ import annotations

import io
import resource
import struct
import zipfile
from pathlib import Path

import pytest
import torch

from lapa.models.config import LAQConfig
from lapa.models.quantizer import LatentActionQuantizer
from lapa.official.laq import to_official

SIZES = {"dim": 32, "heads": 2, "dim_head": 16, "quant_dim": 8, "image_size": 64, "patch_size": 8}
DEPTHS = {"spatial_depth": 1, "temporal_depth": 2, "decoder_depth": 1}


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return to_official(LatentActionQuantizer(LAQConfig(**SIZES, **DEPTHS)).state_dict())


@pytest.fixture
def good(state, tmp_path) -> Path:
    torch.save(state, tmp_path / "laq.pt")
    return tmp_path / "laq.pt"


def refused(path: Path) -> str:
    """The one sentence that the file gets at the public door."""
    with pytest.raises(ValueError) as told:
        LatentActionQuantizer.from_pretrained(path)
    sentence = str(told.value)
    assert "\n" not in sentence and len(sentence) < 400
    return sentence


def rewritten(path: Path, change, *, compression=zipfile.ZIP_STORED) -> Path:
    """The file with each record's bytes as `change(name, bytes)` gives them."""
    target = path.with_name("changed.pt")
    with (
        zipfile.ZipFile(path) as old,
        zipfile.ZipFile(target, "w", compression) as new,
    ):
        for record in old.infolist():
            new.writestr(record.filename, change(record.filename, old.read(record.filename)))
    return target


def test_a_good_file_loads_as_it_was_saved(good, state):
    found = to_official(LatentActionQuantizer.from_pretrained(good).state_dict())
    assert set(found) == set(state)
    assert all(torch.equal(found[name], state[name]) for name in state)


class Code:
    """Would create a file when unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("wrap", [lambda code: code, lambda code: {"vq.codebooks": code}])
def test_code_is_not_executed(tmp_path, wrap):
    victim = tmp_path / "made-by-code"
    torch.save(wrap(Code(victim)), tmp_path / "laq.pt")
    assert "maybe code" in refused(tmp_path / "laq.pt")
    assert not victim.exists()


def test_a_whole_module_is_refused(tmp_path):
    torch.save(torch.nn.Linear(2, 2), tmp_path / "laq.pt")
    assert "something else than tensors" in refused(tmp_path / "laq.pt")


@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
def test_a_truncated_file(good, share):
    whole = good.read_bytes()
    good.write_bytes(whole[: int(share * len(whole))])
    assert "cut short or damaged" in refused(good)


def test_an_empty_file(tmp_path):
    (tmp_path / "laq.pt").touch()
    assert "it is empty" in refused(tmp_path / "laq.pt")


@pytest.mark.parametrize("head", [b"\x89PNG\r\n\x1a\n", b"just text", b"\x80\x04K\x05."])
def test_something_else_renamed(tmp_path, head):
    (tmp_path / "laq.pt").write_bytes(head + bytes(500))
    assert "does not begin like one" in refused(tmp_path / "laq.pt")


def test_another_zip_renamed(tmp_path):
    with zipfile.ZipFile(tmp_path / "laq.pt", "w") as archive:
        archive.writestr("slides.xml", "<slides/>")
    assert "zip file of something else" in refused(tmp_path / "laq.pt")


def test_the_old_format(tmp_path, state):
    torch.save(state, tmp_path / "laq.pt", _use_new_zipfile_serialization=False)
    assert "from before 1.6" in refused(tmp_path / "laq.pt")


def test_compressed_records(good):
    packed = rewritten(good, lambda name, data: data, compression=zipfile.ZIP_DEFLATED)
    assert "are compressed" in refused(packed)


def test_a_list_of_names_that_is_too_long(good):
    heavy = rewritten(good, lambda name, data: data + bytes(17_000_000 * name.endswith("data.pkl")))
    assert "its list of names has 17 MB" in refused(heavy)


def test_a_record_that_claims_more_than_the_file_has(good):
    whole = bytearray(good.read_bytes())
    at = whole.rfind(b"PK\x01\x02")
    # sizes packed and unpacked of the last entry in the zip's table of contents
    whole[at + 20 : at + 28] = struct.pack("<II", 2**31, 2**31)
    good.write_bytes(whole)
    assert "claim to be larger" in refused(good)


def test_a_view_that_claims_more_than_the_file_has(tmp_path, state):
    huge = torch.zeros(1).expand(10**7, 1000)
    torch.save(state | {"vq.codebooks": huge}, tmp_path / "laq.pt")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert "its tensors claim 40000 MB" in refused(tmp_path / "laq.pt")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 200_000, f"{grown / 1000:.0f} MB were taken"


def test_many_layers_that_share_their_bytes(tmp_path, state):
    layer = {k: v for k, v in state.items() if k.startswith("enc_spatial_transformer.layers.0.")}
    copies = {
        name.replace("layers.0.", f"layers.{number}."): value
        for number in range(1, 300)
        for name, value in layer.items()
    }
    torch.save(state | copies, tmp_path / "laq.pt")
    assert "more than the file has" in refused(tmp_path / "laq.pt")


def test_sizes_without_a_single_byte(tmp_path, state):
    torch.save(
        state | {"vq.project_in.weight": torch.zeros(0, 10**9), "vq.codebooks": torch.zeros(8, 0)},
        tmp_path / "laq.pt",
    )
    assert "not a whole LAPA latent action quantizer" in refused(tmp_path / "laq.pt")


@pytest.mark.parametrize(
    "wrong",
    [torch.zeros(2, 2).to_sparse(), torch.empty(2, 2, device="meta")],
    ids=["sparse", "meta"],
)
def test_tensors_without_plain_numbers(tmp_path, state, wrong):
    torch.save(state | {"vq.codebooks": wrong}, tmp_path / "laq.pt")
    assert "vq.codebooks is no plain tensor" in refused(tmp_path / "laq.pt")


@pytest.mark.parametrize("content", [[1, 2], {}, {"epoch": 3}, torch.zeros(3)])
def test_plain_things_that_are_no_state_dict(tmp_path, content):
    torch.save(content, tmp_path / "laq.pt")
    assert "does not hold a state dict" in refused(tmp_path / "laq.pt")


def test_a_missing_an_unexpected_and_a_misshapen_tensor(tmp_path, state):
    changed = dict(state)
    del changed["vq.project_out.bias"]
    changed["vq.extra"] = torch.zeros(1)
    changed["to_pixels_first_frame.0.bias"] = torch.zeros(3)
    torch.save(changed, tmp_path / "laq.pt")
    told = refused(tmp_path / "laq.pt")
    assert "missing: vq.project_out.bias" in told
    assert "unexpected: vq.extra" in told
    assert "to_pixels_first_frame.0.bias (3,) instead of (192,)" in told


def test_a_model_of_something_else(tmp_path):
    torch.save({"layer.weight": torch.zeros(3, 3)}, tmp_path / "laq.pt")
    assert "not a LAPA latent action quantizer" in refused(tmp_path / "laq.pt")


def test_heads_of_no_width(tmp_path, state):
    name = "enc_spatial_transformer.layers.0.1.q_scale"
    torch.save(state | {name: torch.zeros(0)}, tmp_path / "laq.pt")
    assert "not a LAPA latent action quantizer" in refused(tmp_path / "laq.pt")


def test_random_damage_never_ends_in_anything_but_a_sentence(good):
    whole = good.read_bytes()
    at = zipfile.ZipFile(io.BytesIO(whole)).getinfo("laq/data.pkl").header_offset
    generator = torch.Generator().manual_seed(0)
    for _ in range(60):
        broken = bytearray(whole)
        for place in torch.randint(at, at + 4000, (4,), generator=generator).tolist():
            broken[place] ^= 0x55
        good.write_bytes(broken)
        try:
            LatentActionQuantizer.from_pretrained(good)
        except ValueError as error:
            assert str(error)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: {f"module.{n}": v for n, v in state.items()},
        lambda state: {f"_orig_mod.{n}": v for n, v in state.items()},
        lambda state: {f"module._orig_mod.{n}": v for n, v in state.items()},
        lambda state: {"model": state, "step": 5000, "optimizer": {"state": {}}},
        lambda state: {"state_dict": {f"model.{n}": v for n, v in state.items()}, "epoch": 3},
        lambda state: {"model": {"state_dict": state}},
        lambda state: {
            "initted": torch.tensor(True),
            "step": torch.tensor(5000),
            **{f"online_model.{n}": torch.zeros_like(v) for n, v in state.items()},
            **{f"ema_model.{n}": v for n, v in state.items()},
        },
        lambda state: {"model": {n: v * 0 for n, v in state.items()}, "ema": state, "step": 3},
        lambda state: {"model": state, "ema": {"decay": 0.99, "shadow_params": []}},
        lambda state: {
            "state_dict": {f"model.{n}": v * 0 for n, v in state.items()},
            "state_dict_ema": {f"module.{n}": v for n, v in state.items()},
        },
        lambda state: {
            "n_averaged": torch.tensor(7),
            **{f"module._fsdp_wrapped_module.{n}": v for n, v in state.items()},
        },
        lambda state: {"ema_model": {f"module.net.{n}": v for n, v in state.items()}},
    ],
    ids=[
        "ddp",
        "compile",
        "both",
        "trainer",
        "lightning",
        "nested",
        "ema",
        "ema beside",
        "no ema",
        "timm",
        "averaged",
        "ema nested",
    ],  # fmt: skip
)
def test_what_training_wraps_around_is_taken_off(tmp_path, state, wrap):
    torch.save(wrap(state), tmp_path / "laq.pt")
    found = to_official(LatentActionQuantizer.from_pretrained(tmp_path / "laq.pt").state_dict())
    assert all(torch.equal(found[name], state[name]) for name in state)


def test_weights_that_are_no_numbers_are_refused(tmp_path, state):
    broken = dict(state)
    name = next(n for n in broken if n.endswith("to_q.weight"))
    broken[name] = broken[name].clone()
    broken[name][0, :3] = float("nan")
    torch.save(broken, tmp_path / "laq.pt")
    said = refused(tmp_path / "laq.pt")
    assert "hold NaN or infinity" in said and "self_attention.to_q.weight (3 of 1024)" in said


@pytest.mark.parametrize("gap", [1e-12, True, float("inf"), float("nan"), -1, "0.6"])
def test_a_gap_that_no_camera_has_is_refused(gap):
    with pytest.raises(ValueError, match="gap_seconds must be a number of seconds from 0.001"):
        LAQConfig(gap_seconds=gap)


def written(tmp_path: Path, **changes) -> tuple[LatentActionQuantizer, Path]:
    """A network of LAPA's layout and its official file."""
    torch.manual_seed(1)
    network = LatentActionQuantizer(LAQConfig(**SIZES | DEPTHS | changes)).eval()
    torch.save(to_official(network.state_dict()), tmp_path / "laq.pt")
    return network, tmp_path / "laq.pt"


MANY = {"image_size": 256, "patch_size": 16, "code_length": 16, "reduce": "halving"}


@pytest.mark.parametrize("asked", [{"image_size": 256}, {"code_length": 16}])
def test_shapes_that_fit_two_networks_are_not_guessed(tmp_path, asked):
    network, path = written(tmp_path, **MANY)
    with pytest.raises(ValueError, match="128 px with 4 codes or 256 px with 16 codes.*image_size"):
        LatentActionQuantizer.from_pretrained(path)
    loaded = LatentActionQuantizer.from_pretrained(path, **asked)
    assert loaded.config == network.config
    frames = torch.rand(2, 3, 256, 256)
    assert torch.equal(
        loaded.encode(frames[:1], frames[1:]), network.encode(frames[:1], frames[1:])
    )
    few = LatentActionQuantizer.from_pretrained(path, code_length=4).config
    assert (few.image_size, few.code_length, few.reduce) == (128, 4, "conv")


@pytest.mark.parametrize(
    ("sizes", "found"),
    [
        ({"image_size": 256, "patch_size": 32, "code_length": 4}, (256, 4)),
        ({"image_size": 64, "patch_size": 8, "code_length": 4}, (64, 4)),
        ({"image_size": 64, "patch_size": 8, "code_length": 2}, (64, 2)),
        ({"image_size": 256, "patch_size": 16, "code_length": 64, "reduce": "halving"}, (256, 64)),
        ({"image_size": 256, "patch_size": 8, "code_length": 256, "reduce": "halving"}, None),
    ],
)
def test_what_shapes_and_the_usual_size_decide_needs_no_argument(tmp_path, sizes, found):
    network, path = written(tmp_path, **sizes)
    if found is None:
        with pytest.raises(ValueError, match="128 px with 64 codes or 256 px with 256 codes"):
            LatentActionQuantizer.from_pretrained(path)
    else:
        config = LatentActionQuantizer.from_pretrained(path).config
        assert (config.image_size, config.code_length) == found
    asked = {"image_size": network.config.image_size, "code_length": network.config.code_length}
    assert LatentActionQuantizer.from_pretrained(path, **asked).config == network.config


def test_sizes_that_do_not_fit_are_told(tmp_path, good):
    with pytest.raises(
        ValueError, match="image_size 60 does not fit these weights of patches of 8"
    ):
        LatentActionQuantizer.from_pretrained(good, image_size=60)
    network, _ = written(tmp_path)
    network.save_pretrained(tmp_path / "ours")
    with pytest.raises(ValueError, match="image_size is 128; ours says 64"):
        LatentActionQuantizer.from_pretrained(tmp_path / "ours", image_size=128)
