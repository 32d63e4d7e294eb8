"""Checkpoints that visitors send: what is taken, what one sentence refuses, who sees them."""

from __future__ import annotations

import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.core.limits import Limits, SeveralNetworks, UserError
from app.tabs.checkup.examine import Instrument
from app.tabs.checkup.uploads import CheckpointUploads
from tests.app.checkups import FakeInstrument, write_two_networks

SAFE = (2).to_bytes(8, "little") + b"{}"


@pytest.fixture
def uploads() -> CheckpointUploads:
    return CheckpointUploads(Limits(upload_grace=0), FakeInstrument().inspect)


@pytest.fixture
def sent(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file as a visitor would send it."""

    def write(name: str, content: bytes = b"{}") -> Path:
        folder = tmp_path / "gradio"
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
        return folder / name

    return write


def pair(sent: Callable[..., Path], config: bytes = b"{}") -> list[Path]:
    return [sent("config.json", config), sent("model.safetensors", SAFE)]


def zipped(sent: Callable[..., Path], name: str, members: dict[str, bytes]) -> Path:
    path = sent(name, b"")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return path


def kept_files(uploads: CheckpointUploads) -> set[str]:
    return {path.name for path in uploads._home().rglob("*") if path.is_file()}


def test_two_files_become_a_checkpoint_of_the_session(uploads, sent) -> None:
    paths = pair(sent)
    model = uploads.add(paths, "anna")
    assert model.name.startswith("upload-") and model.parameters == 77 and model.usable
    assert [each.name for each in uploads.models("anna")] == [model.name]
    assert {path.name for path in uploads.get(model.name, "anna").path.iterdir()} == {
        "config.json", "model.safetensors",
    }  # fmt: skip
    assert not any(path.exists() for path in paths), "gone from where they lay"


def test_many_send_the_same_checkpoint(sent) -> None:
    uploads = CheckpointUploads(Limits(), FakeInstrument().inspect)
    paths = pair(sent)
    for visitor in ("anna", "ben"):
        model = uploads.add(paths, visitor)
        assert len(list(uploads.get(model.name, visitor).path.iterdir())) == 2
    uploads.drop("anna")
    assert uploads.models("ben") and all(path.exists() for path in paths)


def test_a_zip_wherever_the_two_lie_in_it(uploads, sent) -> None:
    members = {"runs/a/config.json": b"{}", "runs/a/model.safetensors": SAFE, "notes.txt": b"x"}
    model = uploads.add([zipped(sent, "mine.zip", members)], "anna")
    assert model.title == "mine.zip"
    assert kept_files(uploads) == {"config.json", "model.safetensors"}


def test_an_official_file(uploads, sent) -> None:
    assert uploads.add([sent("laq.pt", b"pt")], "anna").title == "laq.pt"


def test_nobody_else_sees_it(uploads, sent) -> None:
    model = uploads.add(pair(sent), "anna")
    for other in ("ben", "", None):
        assert uploads.get(model.name, other) is None and uploads.models(other) == ()
    uploads.drop("ben")
    assert uploads.get(model.name, "anna")
    uploads.drop("anna")
    assert uploads.models("anna") == () and not kept_files(uploads)


def test_the_oldest_goes_first(sent) -> None:
    uploads = CheckpointUploads(Limits(checkpoints_per_session=2), FakeInstrument().inspect)
    models = [uploads.add(pair(sent), "anna") for _ in range(3)]
    assert [m.title for m in uploads.models("anna")] == ["your checkpoint 2", "your checkpoint 3"]
    assert uploads.get(models[0].name, "anna") is None
    assert len(list(uploads._home().iterdir())) == 2


def test_all_together_stay_within_the_disk_given(sent) -> None:
    limits = Limits(checkpoint_bytes_total=40)
    uploads = CheckpointUploads(limits, FakeInstrument().inspect)
    for visitor in ("anna", "ben", "clara", "david"):
        uploads.add(pair(sent), visitor)
    assert not uploads.models("anna") and uploads.models("david")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["config.json"], "config.json alone is not a checkpoint; send config.json and"),
        (["model.safetensors"], "alone is not a checkpoint"),
        (["cat.png"], "cat.png is not a checkpoint"),
        (["a.pt", "b.pt"], "are not one checkpoint"),
        (["broken.zip"], "broken.zip is not a checkpoint"),
    ],
)
def test_what_is_no_checkpoint(uploads, sent, names: list[str], said: str) -> None:
    paths = [sent(name, b"PK\x03\x04 nonsense") for name in names]
    with pytest.raises(UserError, match=said):
        uploads.add(paths, "anna")
    assert not any(path.exists() for path in paths) and not kept_files(uploads)


def test_zips_that_are_refused(uploads, sent) -> None:
    twice = {"a/config.json": b"{}", "b/config.json": b"{}", "model.safetensors": SAFE}
    whole = zipped(sent, "whole.zip", {"config.json": b"{}", "model.safetensors": bytes(99_000)})
    cut = sent("cut.zip", whole.read_bytes()[:-30])
    for path, said in (
        (zipped(sent, "two.zip", twice), "must hold one checkpoint, and it has 2 config.json"),
        (zipped(sent, "none.zip", {"x": b"y"}), "it has 0 config.json and 0 model.safetensors"),
        (cut, "cut.zip is not a checkpoint|damaged zip"),
    ):
        with pytest.raises(UserError, match=said):
            uploads.add([path], "anna")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(sent) -> None:
    uploads = CheckpointUploads(Limits(checkpoint_bytes=2_000_000), FakeInstrument().inspect)
    bomb = zipped(sent, "bomb.zip", {"config.json": b"{}", "model.safetensors": bytes(50_000_000)})
    assert bomb.stat().st_size < 100_000
    with pytest.raises(UserError, match="unpacks to 50 MB; at most 2 MB"):
        uploads.add([bomb], "anna")
    assert not kept_files(uploads)


def test_a_zip_that_names_places_outside_is_kept_inside(uploads, sent) -> None:
    members = {"../../config.json": b"{}", "/etc/model.safetensors": SAFE}
    model = uploads.add([zipped(sent, "sly.zip", members)], "anna")
    folder = uploads.get(model.name, "anna").path
    assert {path.name for path in folder.iterdir()} == {"config.json", "model.safetensors"}


def test_too_large_and_gone(sent, tmp_path: Path) -> None:
    uploads = CheckpointUploads(Limits(checkpoint_bytes=1_000_000), FakeInstrument().inspect)
    with pytest.raises(UserError, match="has 2 MB; at most 1 MB"):
        uploads.add([sent("laq.pt", bytes(2_000_000))], "anna")
    with pytest.raises(UserError, match="no longer there"):
        uploads.add([tmp_path / "nowhere.pt"], "anna")


def test_why_it_was_refused_without_this_machines_paths(uploads, sent) -> None:
    with pytest.raises(UserError) as refused:
        uploads.add(pair(sent, json.dumps({"wrong": "too large"}).encode()), "anna")
    assert str(refused.value).endswith("says too large.")
    assert str(uploads._home()) not in str(refused.value)
    with pytest.raises(UserError, match="damaged or not a quantizer's"):
        uploads.add(pair(sent, b"crash"), "anna")


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


@pytest.fixture
def real() -> CheckpointUploads:
    """With lapa's own judgement."""
    pytest.importorskip("torch")
    return CheckpointUploads(Limits(), Instrument().inspect)


def torch_file(sent: Callable[..., Path], value: object, name: str = "laq.pt") -> Path:
    import torch

    path = sent(name, b"")
    torch.save(value, path)
    return path


def test_a_pickle_is_never_unpickled(real, sent, tmp_path: Path) -> None:
    trap = tmp_path / "sprung"
    for path in (
        torch_file(sent, {"weight": Bomb(trap)}),
        sent("bare.pt", pickle.dumps(Bomb(trap))),
    ):
        with pytest.raises(UserError) as refused:
            real.add([path], "anna")
        assert str(refused.value).count(". ") == 0 and str(refused.value).endswith(".")
    assert not trap.exists()


def test_an_official_file_with_other_keys(real, sent) -> None:
    import torch

    with pytest.raises(UserError, match="cannot be used: .*not a LAPA latent action quantizer"):
        real.add([torch_file(sent, {"layer.weight": torch.zeros(2, 2)})], "anna")


def test_an_official_file_that_fits_two_networks(real, sent) -> None:
    path = sent("laq_two.pt", b"")
    write_two_networks(path)
    with pytest.raises(SeveralNetworks, match=r"128 px with 4 codes or 256 px with 16 codes"):
        real.add([path], "anna")
    assert not real.models("anna")
    write_two_networks(path)
    reading = {"image_size": 256, "code_length": 16}
    model = real.add([path], "anna", reading)
    assert (model.image_size, model.code_length) == (256, 16)
    assert real.get(model.name, "anna").reading == reading, "a checkup loads it as that"


def test_a_cut_official_file(real, sent) -> None:
    import torch

    whole = torch_file(sent, {"layer.weight": torch.zeros(200, 200)}).read_bytes()
    with pytest.raises(UserError, match=r"cut\.pt"):
        real.add([sent("cut.pt", whole[: len(whole) // 2])], "anna")


def header(tensors: dict) -> bytes:
    text = json.dumps(tensors).encode()
    return len(text).to_bytes(8, "little") + text


@pytest.mark.parametrize(
    ("config", "weights", "said"),
    [
        ({}, b"junk", "not a readable safetensors file"),
        (
            {},
            header(
                {"a": {"dtype": "F32", "shape": [10**6, 10**6], "data_offsets": [0, 4 * 10**12]}}
            ),
            "not a readable safetensors file",
        ),
        ({"dim": 10**9}, SAFE, "asks for dim"),
        ({"colour": "red"}, SAFE, "unknown: colour"),
        ({}, SAFE, "missing"),
    ],
)
def test_files_that_do_not_make_a_quantizer(real, sent, config, weights, said: str) -> None:
    paths = [
        sent("config.json", json.dumps(config).encode()),
        sent("model.safetensors", weights),
    ]
    with pytest.raises(UserError, match=said):
        real.add(paths, "anna")


def test_the_shipped_checkpoint_is_taken(real, sent, root: Path) -> None:
    folder = root / "assets" / "checkpoints" / "robots"
    paths = [sent(n, (folder / n).read_bytes()) for n in ("config.json", "model.safetensors")]
    model = real.add(paths, "anna")
    assert model.code_length == 4 and model.codebook_size == 8 and model.parameters > 1e6
    assert np.isfinite(model.gap_seconds)
