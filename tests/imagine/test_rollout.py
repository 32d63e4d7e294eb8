"""`imagine` is the loop around `decode`, for one row of codes, for many, and for a policy."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from lapa import ImaginedWorld, LatentActionQuantizer, imagine


def loop(quantizer, frame, codes):
    frames = [quantizer.resize(frame)]
    for row in codes:
        frames.append(quantizer.decode(frames[-1], row))
    return np.stack(frames)


def test_rollout_is_the_loop_around_decode(small, frame, codes):
    dream = imagine(small, frame, actions=codes[0])
    assert dream.shape == (7, 64, 64, 3) and dream.dtype == np.uint8
    assert np.array_equal(dream, loop(small, frame, codes[0]))
    assert len(np.unique(dream, axis=0)) == 7, "the small model stands still"


def test_futures_are_their_loops_to_the_last_bit(small, frame, codes):
    dreams = imagine(small, frame, actions=codes)
    assert dreams.shape == (3, 7, 64, 64, 3)
    for dream, row in zip(dreams, codes, strict=True):
        assert np.array_equal(dream, loop(small, frame, row))
    batch = imagine(small, frame, actions=codes, exact=False)
    assert np.abs(batch[:, 1].astype(int) - dreams[:, 1]).max() <= 1


def test_shipped_model_has_exact_futures(root, clips):
    from lapa import read_episodes

    laq = LatentActionQuantizer.from_pretrained(root / "assets/checkpoints/robots")
    frame = read_episodes(clips, embodiment="panda")[0][0].frames[0]
    size = (4, 3, laq.config.code_length)
    codes = np.random.default_rng(1).integers(laq.config.codebook_size, size=size)
    for dream, row in zip(imagine(laq, frame, actions=codes), codes, strict=True):
        assert np.array_equal(dream, loop(laq, frame, row))


def test_policy_chooses_from_what_it_imagines(small, frame, codes):
    seen = []

    class Recited:
        def predict(self, frame, instruction):
            seen.append((frame, instruction))
            return codes[0, len(seen) - 1].tolist()

    dream = imagine(small, frame, policy=Recited(), instruction="push", steps=4)
    assert np.array_equal(dream, imagine(small, frame, actions=codes[0, :4]))
    assert all(np.array_equal(a, b) for (a, _), b in zip(seen, dream, strict=False))
    assert {words for _, words in seen} == {"push"}


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({}, "either actions, or a policy"),
        (
            {"actions": [[0, 0, 0, 0]], "policy": object(), "steps": 1},
            "either actions, or a policy",
        ),
        ({"actions": [[0, 0, 0, 0]], "steps": 1}, "steps belong to a policy"),
        ({"policy": object()}, "steps is None"),
        ({"policy": object(), "steps": 0}, "steps is 0"),
        ({"policy": object(), "steps": True}, "steps is True"),
        ({"actions": []}, "accepted are (T, 4)"),
        ({"actions": [0, 0, 0, 0]}, "shape (4,)"),
        ({"actions": [[0, 0, 0]]}, "shape (1, 3)"),
        ({"actions": [[0, 0, 0, 0], [0]]}, "rows of different lengths"),
        ({"actions": [[0, 0, 0, 8]]}, "codes from 0 to 8"),
        ({"actions": [[0, 0, 0, -1]]}, "codes from -1 to 0"),
        ({"actions": [[0, 0, 0, 0.5]]}, "float64"),
        ({"actions": "[0,0,0,0]"}, "accepted are (T, 4)"),
    ],
)
def test_what_cannot_be_imagined_is_named(small, frame, options, named):
    with pytest.raises(ValueError, match="^(?!.*Traceback)") as error:
        imagine(small, frame, **options)
    assert named in str(error.value)


@pytest.mark.parametrize("shape", [(2, 64, 64, 3), (64, 64), (0, 64, 3)])
def test_start_is_one_frame(small, shape):
    with pytest.raises(ValueError, match=r"frame"):
        imagine(small, np.zeros(shape, np.uint8), actions=[[0, 0, 0, 0]])


@pytest.mark.parametrize("first", ["from lapa import imagine", "import lapa.imagine"])
def test_name_is_the_function_whichever_is_imported_first(root, first):
    asked = (
        f"{first}; import lapa; from lapa.imagine import ImaginedWorld; from lapa import imagine"
    )
    told = "print(callable(imagine), callable(lapa.imagine))"
    done = subprocess.run(
        [sys.executable, "-c", f"{asked}; {told}"], cwd=root, capture_output=True, text=True
    )
    assert done.stdout.split() == ["True", "True"], done.stderr


def test_a_rollout_can_be_larger_than_the_model(small, frame, codes):
    dream = imagine(small, frame, actions=codes[0], size=96)
    assert dream.shape == (7, 96, 96, 3)
    here = small.resize(frame, size=96)
    assert np.array_equal(dream[0], here)
    for image, row in zip(dream[1:], codes[0], strict=True):
        here = small.decode(here, row, size=96)
        assert np.array_equal(image, here)
    world = ImaginedWorld(small, frame, size=96)
    world.reset(seed=0)
    assert world.observation_space.shape == (96, 96, 3)
    for image, row in zip(dream[1:], codes[0], strict=True):
        assert np.array_equal(world.step(row)[0], image)
