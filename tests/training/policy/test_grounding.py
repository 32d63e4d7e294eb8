"""Captioned pictures, and a policy that learns from them where things are."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from lapa.__main__ import main
from lapa.data.captions import PARTS, Captions, CaptionWriter
from lapa.models.patch_tokenizer import PatchTokenizer, PatchTokenizerConfig
from lapa.models.policy import LatentPolicy, with_latent_head
from lapa.presets.policies import stages
from lapa.sim.recorders.headless import choose_renderer
from lapa.training.policy.grounding import LOCATIONS, PLACES, CaptionLessons, ground, to_bins
from lapa.training.policy.recipe import new_policy, train_policy
from lapa.training.policy.samples import Samples
from lapa.training.policy.text import learn_text

THINGS = ("red block", "green block", "pusher")
SIZE = 32


def told(block: int) -> str:
    return f"push the {THINGS[block]} to the upper left corner"


def drawn(count: int) -> tuple[np.ndarray, ...]:
    """Pictures with a coloured square of 6 pixels for each thing; goals in one corner."""
    rng = np.random.default_rng(0)
    frames = np.full((count, SIZE, SIZE, 3), 40, np.uint8)
    places = rng.uniform(0.15, 0.85, (count, len(THINGS), 2)).astype(np.float32)
    for frame, own in zip(frames, places, strict=True):
        for thing, (x, y) in enumerate((own * SIZE).astype(int)):
            frame[y - 3 : y + 3, x - 3 : x + 3] = 40
            frame[y - 3 : y + 3, x - 3 : x + 3, thing] = 230
    names, blocks = np.tile(np.arange(len(THINGS)), (count, 1)), np.arange(count) % len(THINGS)
    instructions = np.array([told(block) for block in blocks])
    return frames, names, places, instructions, blocks, np.full((count, 2), 0.1, np.float32)


@pytest.fixture(scope="module")
def captions(tmp_path_factory) -> Captions:
    folder = tmp_path_factory.mktemp("captions")
    writer = CaptionWriter(folder, THINGS, 60, SIZE, len(THINGS))
    parts = drawn(60)
    writer.add(*(part[:40] for part in parts))
    with pytest.raises(ValueError, match="40 of 60 are there"):
        Captions.open(folder)
    again = CaptionWriter(folder, THINGS, 60, SIZE, len(THINGS))
    assert again.done == 40
    again.add(*(part[40:] for part in parts))
    with pytest.raises(ValueError, match="holds other pictures"):
        CaptionWriter(folder, THINGS, 61, SIZE, len(THINGS))
    found = Captions.open(folder)
    assert len(found) == 60 and found.vocabulary == THINGS
    for name, part in zip(PARTS, parts, strict=True):
        assert np.array_equal(getattr(found, name), part)
    return found


@pytest.fixture(scope="module")
def tokenizer() -> PatchTokenizer:
    """Names of the mean colour of a patch, a part a colour."""
    found = PatchTokenizer(PatchTokenizerConfig(SIZE, 4, 48, 3, parts=3))
    for colour in range(3):
        found.components.data[colour, colour::3] = 1 / 16
    found.codebook.data = torch.linspace(0, 1, 16).repeat(3)[:, None]
    return found


def policy_of(tokenizer: PatchTokenizer, folder: Path, **changes):
    run = replace(stages("debug").ground, **{"keypoints": 4, **changes})
    said = [told(block) for block in range(len(THINGS))]
    text = learn_text(said, folder / "t.model", size=400, symbols=LOCATIONS).path
    return run, new_policy(run, tokenizer, text, code_length=2, latent=8)


@pytest.mark.parametrize("keypoints", [0, 4])
def test_a_caption_asks_for_places(captions, tokenizer, tmp_path, keypoints) -> None:
    """Of the block that is meant and its goal; to a policy without keypoints it names all else."""
    _, policy = policy_of(tokenizer, tmp_path, keypoints=keypoints)
    vision = tokenizer.encode(np.asarray(captions.frames)).reshape(len(captions), -1)
    lessons = CaptionLessons(captions, policy, vision, 10, 60)
    inputs, target = lessons.examples(policy, np.array([0, 7]), np.random.default_rng(1))
    seen = lessons.vision(np.array([0, 7]))
    assert seen.tolist() == vision[[10, 17]].tolist()
    assert keypoints == 0 or torch.equal(inputs["frames"], seen)
    places = lessons.bins(target)
    for row, picture in enumerate((10, 17)):
        found = places[row][places[row] >= 0].reshape(-1, 2).tolist()
        own = to_bins(captions.places[picture])[:, ::-1].tolist()
        # the block that is meant and its goal come first, then all else in any order
        asked = policy.text.words(inputs["tokens"][row, :40][inputs["mask"][row, :40] > 0].tolist())
        block = picture % len(THINGS)
        assert told(block) in asked
        assert found[:2] == [own[block], [int(0.1 * PLACES)] * 2]
        others = [] if keypoints else own[:block] + own[block + 1 :]
        assert sorted(found[2:]) == sorted(others)
    assert to_bins(np.array([0.0, 0.999, 1.0])).tolist() == [0, PLACES - 1, PLACES - 1]


def test_a_keypoint_has_a_name(captions, tokenizer, tmp_path) -> None:
    _, policy = policy_of(tokenizer, tmp_path)
    lessons = CaptionLessons(captions, policy, np.zeros((60, 192), np.int64), 20, 60)
    names, places = lessons.things(np.array([3]))
    assert names.tolist() == [[0, 1, 2]]
    assert torch.equal(places[0], torch.tensor(captions.places[23]))
    _, few = policy_of(tokenizer, tmp_path, keypoints=2)
    with pytest.raises(ValueError, match="this policy has 2 keypoints for 3 names of things"):
        CaptionLessons(captions, few, np.zeros((60, 192), np.int64), 0, 60)


def test_like_patches_begin_alike(tokenizer, tmp_path) -> None:
    """The tokens of a colour's shades lie in order on a line; colours have lines of their own."""
    _, policy = policy_of(tokenizer, tmp_path)
    table = policy.model.embeddings["vision"].weight.detach()
    red, green = table[:16], table[16:32]
    steps = (red[1:] - red[:-1]).detach()
    assert torch.allclose(steps, steps[:1].expand_as(steps), atol=1e-5)
    assert torch.cosine_similarity(steps[0], green[1] - green[0], dim=0).abs() < 0.9


def test_later_stages_leave_seeing_alone(captions, tokenizer, tmp_path) -> None:
    """Of what sees only how places are told goes on learning."""
    run, policy = policy_of(tokenizer, tmp_path)
    vision = tokenizer.encode(np.asarray(captions.frames)).reshape(len(captions), -1)
    target = np.random.default_rng(0).integers(0, 8, (60, 2))
    samples = Samples(np.arange(60), tuple(captions.instructions.tolist()), target)
    begun = with_latent_head(policy, code_length=2, latent=8)
    before = {name: value.clone() for name, value in begun.model.state_dict().items()}
    run = replace(run, loop=replace(run.loop, steps=3, ema_decay=0.0, evaluate_every=0))
    *_, last = train_policy(run, begun, vision, samples, None, tmp_path / "run")
    after = LatentPolicy.from_pretrained(last.path).model.state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    seen = {name for name in changed if name.startswith(("sight", "embeddings.vision"))}
    assert seen == {"sight.near.weight"}
    assert "embeddings.text.weight" in changed and "heads.latent.weight" in changed


@pytest.mark.slow
def test_what_is_asked_for_is_found(tokenizer, tmp_path) -> None:
    """Less than half as far off as a guess at the middle, on pictures that were never seen."""
    count = 600
    parts = drawn(count)
    writer = CaptionWriter(tmp_path / "captions", THINGS, count, SIZE, len(THINGS))
    writer.add(*parts)
    run, policy = policy_of(tokenizer, tmp_path)
    loop = replace(
        run.loop, steps=600, batch_size=32, evaluate_every=600, save_every=600, ema_decay=0.98
    )
    vision = tokenizer.encode(parts[0]).reshape(count, -1)
    captions = Captions.open(tmp_path / "captions")
    steps = list(ground(replace(run, loop=loop), policy, captions, vision, tmp_path / "run"))
    found = next(each.metrics for each in steps if each.event == "evaluated")
    middle = np.median(np.linalg.norm(captions.places[-60:] - 0.5, axis=2))
    assert found["off"] < middle / 2 and found["off_goal"] < 0.02 and found["overlooked"] < 0.05


def test_a_policy_without_words_for_places_is_refused(captions, tokenizer, tmp_path) -> None:
    text = learn_text([told(0)], tmp_path / "t.model", size=400).path
    run = replace(stages("debug").ground, keypoints=4)
    policy = new_policy(run, tokenizer, text, code_length=2, latent=8)
    with pytest.raises(ValueError, match="no words for places"):
        CaptionLessons(captions, policy, np.zeros((60, 192), np.int64), 0, 60)


def test_pictures_are_drawn_and_learned_from_by_commands(tmp_path: Path, capsys) -> None:
    try:
        os.environ.update(choose_renderer())
    except OSError:
        pytest.skip("nothing can be drawn here")
    out = tmp_path / "captions"
    drawn = ["caption", "--out", str(out), "--size", "32", "--pictures"]
    assert main([*drawn, "24"]) == 0
    found = Captions.open(out)
    assert found.names.shape == (24, 9) and (found.names[:, -1] == 16).all()
    assert ((found.places > 0) & (found.places < 1)).mean() > 0.97
    assert (np.linalg.norm(found.goals - 0.5, axis=1) < 0.8).all()
    for sentence, block, names in zip(found.instructions, found.blocks, found.names, strict=True):
        colour, shape = found.vocabulary[names[block]].split()
        assert colour in sentence or shape in sentence
    # the same again is the same, and another number is another set
    assert main([*drawn, "24"]) == 0
    assert main([*drawn, "25"]) == 2
    assert "choose another folder" in capsys.readouterr().err
    assert main([*drawn, "0"]) == 2
    assert "at least 1, received 0" in capsys.readouterr().err
