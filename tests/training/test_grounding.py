"""Captioned pictures, and a policy that learns from them where things are."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from lapa.__main__ import main
from lapa.data.captions import Captions, CaptionWriter
from lapa.models.patch_tokenizer import PatchTokenizer, PatchTokenizerConfig
from lapa.sim.recorders.headless import choose_renderer
from lapa.stages import stages
from lapa.training.grounding import LOCATIONS, PLACES, Described, find, ground, to_bins
from lapa.training.policy import new_policy
from lapa.training.text import learn_text

THINGS = ("red block", "green block", "pusher")
SIZE = 32


def drawn(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pictures with a coloured square of 6 pixels for each thing."""
    rng = np.random.default_rng(0)
    frames = np.full((count, SIZE, SIZE, 3), 40, np.uint8)
    places = rng.uniform(0.15, 0.85, (count, len(THINGS), 2)).astype(np.float32)
    for frame, own in zip(frames, places, strict=True):
        for thing, (x, y) in enumerate((own * SIZE).astype(int)):
            frame[y - 3 : y + 3, x - 3 : x + 3] = 40
            frame[y - 3 : y + 3, x - 3 : x + 3, thing] = 230
    return frames, np.tile(np.arange(len(THINGS)), (count, 1)), places


@pytest.fixture(scope="module")
def captions(tmp_path_factory) -> Captions:
    folder = tmp_path_factory.mktemp("captions")
    writer = CaptionWriter(folder, THINGS, 60, SIZE, len(THINGS))
    frames, names, places = drawn(60)
    writer.add(frames[:40], names[:40], places[:40])
    with pytest.raises(ValueError, match="40 of 60 are there"):
        Captions.open(folder)
    again = CaptionWriter(folder, THINGS, 60, SIZE, len(THINGS))
    assert again.done == 40
    again.add(frames[40:], names[40:], places[40:])
    with pytest.raises(ValueError, match="holds other pictures"):
        CaptionWriter(folder, THINGS, 61, SIZE, len(THINGS))
    found = Captions.open(folder)
    assert len(found) == 60 and found.vocabulary == THINGS
    assert np.array_equal(found.frames, frames) and np.array_equal(found.places, places)
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
    run = replace(stages("debug").ground, sight=True, **changes)
    text = learn_text([find(name) for name in THINGS], folder / "t.model", size=400,
                      symbols=LOCATIONS).path  # fmt: skip
    return run, new_policy(run, tokenizer, text, code_length=2, latent=8)


def test_a_caption_names_everything_and_asks_for_places(captions, tokenizer, tmp_path) -> None:
    _, policy = policy_of(tokenizer, tmp_path)
    vision = tokenizer.encode(np.asarray(captions.frames)).reshape(len(captions), -1)
    lessons = Described(captions, policy, vision, 10, 60)
    inputs, target = lessons.given(policy, np.array([0, 7]), np.random.default_rng(1))
    assert inputs["frames"].tolist() == vision[[10, 17]].tolist()
    places = lessons.bins(target)
    for row, picture in enumerate((10, 17)):
        told = places[row][places[row] >= 0].reshape(-1, 2).tolist()
        own = to_bins(captions.places[picture])[:, ::-1].tolist()
        assert sorted(told) == sorted(own)
        # what is asked for comes first, then names with their places
        asked = policy.text.words(inputs["tokens"][row, :32][inputs["mask"][row, :32] > 0].tolist())
        first = next(at for at, name in enumerate(THINGS) if find(name) in asked)
        assert told[0] == own[first]
    assert to_bins(np.array([0.0, 0.999, 1.0])).tolist() == [0, PLACES - 1, PLACES - 1]


def test_a_position_is_named_by_what_lies_there(captions, tokenizer, tmp_path) -> None:
    _, policy = policy_of(tokenizer, tmp_path)
    lessons = Described(captions, policy, np.zeros((60, 192), np.int64), 0, 60)
    named = lessons.named(np.arange(60)).reshape(60, 4, 4)
    assert set(np.unique(named)) <= {0, 1, 2, 3}
    x, y = (captions.places[5, 2] * 4).astype(int)
    assert named[5, y, x] == 2


@pytest.mark.slow
def test_what_is_asked_for_is_found(tokenizer, tmp_path) -> None:
    """Less than half as far off as a guess at the middle, on pictures that were never seen."""
    count = 600
    frames, names, places = drawn(count)
    writer = CaptionWriter(tmp_path / "captions", THINGS, count, SIZE, len(THINGS))
    writer.add(frames, names, places)
    run, policy = policy_of(tokenizer, tmp_path)
    loop = replace(
        run.loop, steps=1000, batch_size=32, evaluate_every=1000, save_every=1000, ema_decay=0.98
    )
    vision = tokenizer.encode(frames).reshape(count, -1)
    captions = Captions.open(tmp_path / "captions")
    told = list(ground(replace(run, loop=loop), policy, captions, vision, tmp_path / "run"))
    found = next(each.metrics for each in told if each.event == "evaluated")
    middle = np.median(np.linalg.norm(places[-60:] - 0.5, axis=2))
    assert found["off"] < middle / 2


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
    # the same again is the same, and another number is another set
    assert main([*drawn, "24"]) == 0
    assert main([*drawn, "25"]) == 2
    assert "choose another folder" in capsys.readouterr().err
    assert main([*drawn, "0"]) == 2
    assert "at least 1, received 0" in capsys.readouterr().err
