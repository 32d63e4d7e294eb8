"""The vision-language model: the official logits and tokens, its cache, its files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from lapa.__main__ import main
from lapa.models.vision_language import KEYPOINT, KINDS, VisionLanguageConfig, VisionLanguageModel
from lapa.official.streaming import read_params

GOLDEN = Path(__file__).parent.parent / "golden"
FULL = Path(__file__).parents[3] / "shared" / "golden" / "vlm"
OFFICIAL = {"text": "lm", "vision": "vision", "latent": "delta", "action": "action"}
HEADS = 4


def batch(numbers, name: str) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Tokens, their kinds and the mask of a golden batch."""
    kinds = np.zeros(numbers[f"{name}.input_ids"].shape, np.int64)
    for place, kind in enumerate(("vision", "delta", "action"), start=1):
        if f"{name}.{kind}_masks" in numbers:
            kinds[numbers[f"{name}.{kind}_masks"]] = place
    parts = numbers[f"{name}.input_ids"], kinds, numbers[f"{name}.attention_mask"]
    return tuple(torch.from_numpy(part.astype(np.int64)) for part in parts)


@pytest.fixture(scope="module")
def numbers() -> dict[str, np.ndarray]:
    return dict(np.load(GOLDEN / "vlm2_a.npz"))


@pytest.fixture(scope="module")
def model() -> VisionLanguageModel:
    return VisionLanguageModel.from_pretrained(GOLDEN / "vlm2_a.bf16.params", heads=HEADS)


def test_the_official_logits(model, numbers) -> None:
    tokens, kinds, mask = batch(numbers, "fwd")
    with torch.inference_mode():
        ours = model(tokens, kinds, mask=mask)
    assert set(ours) == {"text", "vision", "latent"}
    theirs = numbers["fwd_bf16weights_f32compute.logits.delta"]
    known = mask.bool().numpy()
    assert np.abs(ours["latent"].numpy() - theirs)[known].max() < 1e-4


@pytest.mark.parametrize("name", ["vlm2_a", "vlm3_a"])
@pytest.mark.parametrize("end", [".params", ".unscanned.params"])
def test_the_official_files_themselves(name: str, end: str) -> None:
    path = FULL / f"{name}{end}"
    if not path.is_file():
        pytest.skip("the full fixtures are not here")
    told = dict(np.load(FULL / f"{name}.npz"))
    model = VisionLanguageModel.from_pretrained(path, heads=HEADS)
    tokens, kinds, mask = batch(told, "fwd")
    with torch.inference_mode():
        ours = model(tokens, kinds, mask=mask)
    for kind, logits in ours.items():
        theirs = told[f"fwd.logits.{OFFICIAL[kind]}"]
        apart = np.abs(logits.numpy() - theirs)[mask.bool().numpy()]
        assert apart.max() < 1e-4 * np.abs(theirs).max(), kind
    kind, count = ("latent", 4) if name == "vlm2_a" else ("action", 7)
    tokens, kinds, mask = batch(told, "in")
    chosen, logits = model.continued(tokens, kinds, count, kind=kind, mask=mask)
    assert np.array_equal(chosen.numpy(), told["greedy_no_stop.tokens"])
    assert np.abs(logits.numpy() - told["greedy_no_stop.step_logits"]).max() < 1e-4


def test_what_is_cached_is_what_is_computed(model, numbers) -> None:
    tokens, kinds, mask = batch(numbers, "in")
    chosen, logits = model.continued(tokens, kinds, 4, mask=mask)
    for step in range(4):
        grown = torch.cat([tokens, chosen[:, :step]], 1)
        own = torch.cat([kinds, torch.full((len(kinds), step), KINDS.index("latent"))], 1)
        seen = torch.cat([mask, torch.ones(len(mask), step, dtype=mask.dtype)], 1)
        with torch.inference_mode():
            whole = model(grown, own, mask=seen, heads=("latent",))["latent"][:, -1]
        assert torch.allclose(whole, logits[:, step], atol=1e-4)


def test_a_batch_is_its_rows_and_padding_changes_nothing(model, numbers) -> None:
    tokens, kinds, mask = batch(numbers, "in")
    together, _ = model.continued(tokens, kinds, 4, mask=mask)
    start = int(mask[1].argmax())
    alone, _ = model.continued(tokens[1:2, start:], kinds[1:2, start:], 4)
    assert torch.equal(together[1:2], alone)


def test_drawing_is_the_same_for_its_seed_and_cold_is_greedy(model, numbers) -> None:
    tokens, kinds, mask = batch(numbers, "in")

    def drawn(temperature: float, seed: int) -> torch.Tensor:
        dice = torch.Generator().manual_seed(seed)
        found = model.continued(
            tokens, kinds, 4, mask=mask, temperature=temperature, generator=dice
        )
        return found[0]

    assert torch.equal(drawn(1.0, 3), drawn(1.0, 3))
    assert len({tuple(drawn(3.0, seed).flatten().tolist()) for seed in range(4)}) > 1
    assert torch.equal(drawn(1e-4, 0), drawn(0.0, 0))
    with pytest.raises(ValueError, match="no action head; it has text, vision, latent"):
        model.continued(tokens, kinds, 1, kind="action")


def test_chunks_make_the_same_arrays() -> None:
    whole, chunked = (dict(read_params(GOLDEN / f"vlm2_a.{n}.params")) for n in ("bf16", "chunked"))
    assert list(whole) == list(chunked)
    assert all(torch.equal(value, chunked[name]) for name, value in whole.items())


def test_a_file_becomes_shards_that_give_the_same(model, numbers, tmp_path, capsys) -> None:
    source = str(GOLDEN / "vlm2_a.bf16.params")
    out = tmp_path / "ours"
    assert main(["convert", source, "--out", str(out), "--heads", "4"]) == 0
    assert "2 layers of 64, 4 heads" in capsys.readouterr().out
    assert (out / "model.safetensors.index.json").is_file()
    back = VisionLanguageModel.from_pretrained(out)
    tokens, kinds, mask = batch(numbers, "fwd")
    with torch.inference_mode():
        one, other = (each(tokens, kinds, mask=mask)["latent"] for each in (model, back))
    assert torch.equal(one, other)


def test_shards_are_as_large_as_asked_for(tmp_path) -> None:
    from lapa import pretrained

    tensors = [(f"t{n}", torch.full((10,), float(n))) for n in range(7)]
    pretrained.save_sharded(tmp_path, tensors, shard_bytes=100)
    pretrained.save_config(tmp_path, {"a": 1})
    assert len(list(tmp_path.glob("model-*.safetensors"))) == 4
    config, state = pretrained.load(tmp_path)
    assert config == {"a": 1}
    assert all(torch.equal(state[name], value) for name, value in tensors)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x92\x91\xa1a\xc4\x01x", "entry 0 cannot be read"),
        (b"", "empty or cut off"),
        (b"\x93\x01\x02\x03", "entry 0 cannot be read"),
    ],
)
def test_other_files_are_told_in_one_sentence(tmp_path, content: bytes, words: str) -> None:
    (tmp_path / "params").write_bytes(content)
    with pytest.raises(ValueError, match=words):
        VisionLanguageModel.from_pretrained(tmp_path / "params")


def test_a_file_that_is_cut_off_or_lacks_heads_is_told(tmp_path) -> None:
    whole = (GOLDEN / "vlm2_a.bf16.params").read_bytes()
    (tmp_path / "params").write_bytes(whole[:-100])
    with pytest.raises(ValueError, match="cut off after"):
        list(read_params(tmp_path / "params"))
    with pytest.raises(ValueError, match="no multiple of 128; give `heads`"):
        VisionLanguageModel.from_pretrained(GOLDEN / "vlm2_a.bf16.params")


@pytest.mark.parametrize(
    ("change", "words"), [({"heads": 3}, "multiple of 6"), ({"layers": 0}, "layers is 0")]
)
def test_impossible_sizes_are_said(change, words) -> None:
    with pytest.raises(ValueError, match=words):
        VisionLanguageConfig(**{"dim": 64, "heads": 4, **change})


def seeing(**changes) -> VisionLanguageModel:
    torch.manual_seed(0)
    config = {
        "dim": 32, "layers": 2, "heads": 2, "hidden": 48, "text": 16, "vision": 13, "longest": 64,
        "theta": 1e4, "grid": 8, "parts": 3, "keypoints": 5,
    }  # fmt: skip
    return VisionLanguageModel(VisionLanguageConfig(**config | changes)).eval()


def test_sight_makes_a_position_of_each_keypoint() -> None:
    """In their row's places; with the cache as without."""
    model = seeing()
    frames = torch.randint(0, 12, (2, 8 * 8 * 3))
    seen = model.sight(frames, model.embeddings["vision"].weight)
    assert seen.shape == (2, 5, 32)
    tokens = torch.randint(0, 16, (2, 13))
    kinds = torch.zeros_like(tokens)
    tokens[:, 5:10], kinds[:, 5:10] = KEYPOINT, KINDS.index("vision")
    embedded = model.embed(tokens, kinds, frames)
    assert torch.equal(embedded[:, 5:10], seen)
    assert torch.equal(embedded[:, :5], model.embeddings["text"](tokens[:, :5]))
    # a token more or less of a frame is seen, and each frame belongs to its row
    other = frames.clone()
    other[1, 0] = (other[1, 0] + 1) % 12
    changed = model.embed(tokens, kinds, other)
    assert torch.equal(changed[0], embedded[0]) and not torch.equal(changed[1], embedded[1])
    chosen, logits = model.continued(tokens, kinds, 3, frames=frames)
    whole = model(
        torch.cat([tokens, chosen[:, :2]], 1),
        torch.cat([kinds, torch.full((2, 2), KINDS.index("latent"))], 1),
        heads=("latent",),
        frames=frames,
    )["latent"][:, -3:]
    assert torch.allclose(logits, whole, atol=1e-5)


def test_a_keypoint_lies_where_its_map_is_highest_or_nowhere() -> None:
    sight = seeing().sight
    places = torch.tensor([[[0.3, 0.71], [0.5, 0.5], [0.86, 0.2]]])
    sought = sight.target_maps(places)
    assert torch.allclose(sought.sum(-1), torch.ones(1, 3))
    assert (sought > 0).sum(-1).tolist() == [[4, 4, 4]]
    found, there = sight.locate(20 + (sought + 1e-9).log())
    assert torch.allclose(found, places, atol=1e-4) and (there > 0.99).all()
    # of two places that might be meant the likelier one, not the middle of both
    two = torch.full((1, 1, 16), -20.0)
    two[..., 0], two[..., 15] = 5.0, 5.5
    found, there = sight.locate(two)
    assert torch.allclose(found, torch.full((1, 1, 2), 0.875), atol=1e-4)
    assert there.item() == pytest.approx(1 - 1 / (1 + np.exp(5) + np.exp(5.5)), abs=1e-4)
    # what is nowhere tells nothing, whatever its map's highest cell
    found, there = sight.locate(torch.full((1, 5, 16), -20.0))
    assert there.max() < 1e-6 and sight.embed(found, there).abs().max() < 1e-4


def test_places_are_told_apart_and_names_too() -> None:
    sight = seeing().sight
    places = torch.tensor([[[0.30, 0.5], [0.32, 0.5], [0.5, 0.30]]])
    one = torch.stack([sight.embed(places[:, [at] * 5], torch.ones(1, 5))[0] for at in range(3)])
    assert not torch.allclose(one[0, 0], one[0, 1])
    # the place adds the same to every name
    assert torch.allclose(one[1] - one[0], (one[1] - one[0])[:1].expand(5, -1), atol=1e-5)
    near, far = (one[1] - one[0])[0].norm(), (one[2] - one[0])[0].norm()
    assert near < far / 2
    # once that is learned, all are told by how they lie to the last one, too
    torch.nn.init.normal_(sight.near.weight)
    there, away = torch.full((1, 5, 2), 0.4), torch.full((1, 5, 2), 0.4)
    away[:, -1] = 0.45
    moved = sight.embed(away, torch.ones(1, 5)) - sight.embed(there, torch.ones(1, 5))
    expected = sight.near(torch.tensor([-0.1, -0.1, -1 / 3, -1 / 3, -1.0, -1.0]).tanh())
    assert torch.allclose(moved[0, :-1], expected.expand(4, -1), atol=1e-4)


def test_sight_is_frozen_with_its_tokens() -> None:
    model = seeing()
    model.freeze_sight()
    still = {name for name, each in model.named_parameters() if not each.requires_grad}
    assert "embeddings.vision.weight" in still and "sight.look.weight" in still
    assert {name.split(".")[0] for name in still} == {"embeddings", "sight"}
    # how a place is told is learned with what is done about it
    assert {"embeddings.text.weight", "sight.near.weight"}.isdisjoint(still)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"grid": 7}, "grid is even and parts at least 1; received 7 and 3"),
        ({"keypoints": 0}, "grid and keypoints are both 0 or both more; received 8 and 0"),
        ({"grid": 0}, "grid and keypoints are both 0 or both more; received 0 and 5"),
        ({"dim": 6, "heads": 1}, "dim is 6; keypoints need a multiple of 4"),
    ],
)
def test_impossible_sights_are_said(change, words) -> None:
    with pytest.raises(ValueError, match=words):
        seeing(**change)
