"""A fast head does what a word says, whatever its age, and learns it from labelled episodes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lapa.data import Cache
from lapa.data.bins import ActionBins
from lapa.data.labels import Labels
from lapa.models.fast_head import MOST_PARAMETERS, FastHead, FastHeadConfig
from lapa.presets.policies import stages
from lapa.training.fast_head.recipe import train_fast
from lapa.training.toy import make_toy_videos

GAP = 2
BINS = ActionBins((np.linspace(-1, 1, 5), np.linspace(-1, 1, 5)))


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Cache:
    """A square and a disc that slide two pixels a frame, eight frames one way."""
    at = tmp_path_factory.mktemp("fast")
    return Cache.build(make_toy_videos(at / "toy", episodes=12, size=32), at / "cache", 32)


@pytest.fixture(scope="module")
def labels(cache: Cache) -> Labels:
    """A perfect quantizer's: the one code is the way that the next move goes."""
    names, t, codes = [], [], []
    for at, episode in enumerate(cache.episodes):
        x, y = cache.actions(at)[: episode.length - GAP].T
        names += [episode.id] * len(x)
        t.append(np.arange(len(x)))
        codes.append((np.arctan2(y, x) / (np.pi / 4)).round().astype(int) % 8)
    about = {"code_length": 1, "codebook_size": 8, "data": cache.fingerprint}
    where = np.concatenate(t)
    return Labels(
        about, tuple(names), where, np.full_like(where, GAP), np.concatenate(codes)[:, None]
    )


def test_it_learns_what_words_mean(cache: Cache, labels: Labels, tmp_path: Path) -> None:
    run = stages("debug").fast
    loop = replace(run.loop, steps=120, learning_rate=5e-3, evaluate_every=0, save_every=120)
    run = replace(run, loop=loop, model=replace(run.model, oldest=2))
    steps = list(train_fast(run, cache, labels, tmp_path, episodes=16, bins=8))
    figures = next(each.metrics for each in steps if each.event == "evaluated")
    assert figures["error"] < figures["error_of_mean"] / 2 < figures["error_of_other_words"]
    head = FastHead.from_pretrained(tmp_path / "model")
    assert (head.config.rate, head.config.codebook_size, head.config.code_length) == (10.0, 8, 1)
    # the right, and the left, told to the same frame; a batch is its frames
    frame = np.asarray(cache.clip(0)[4])
    right, left = head.act(np.stack([frame] * 2), [[0], [4]], np.zeros((2, 2)), [0.0, 0.0])
    assert right[0] > 0.5 and left[0] < -0.5
    assert np.allclose(head.act(frame, [4], [0, 0], 0.0), left, atol=1e-6)
    # an older word than it has learned is as the oldest
    assert np.array_equal(head.act(frame, [4], [0, 0], 9.0), head.act(frame, [4], [0, 0], 0.2))


def test_labels_that_do_not_fit_are_refused(cache: Cache, labels: Labels, tmp_path: Path) -> None:
    run = stages("debug").fast
    for changed, sentence in (
        ({"data": "other"}, "made of other data"), ({"bins": [[0, 1]]}, "inferred actions"),
    ):  # fmt: skip
        wrong = replace(labels, about={**labels.about, **changed})
        with pytest.raises(ValueError, match=sentence):
            next(train_fast(run, cache, wrong, tmp_path))


def test_a_head_is_small_and_asked_rightly() -> None:
    shipped = FastHead(FastHeadConfig(bins=4), BINS)
    assert shipped.parameter_count < MOST_PARAMETERS / 4
    with pytest.raises(ValueError, match=r"at most 1000000 parameters, this one would have \d{7}"):
        FastHead(FastHeadConfig(bins=4, hidden=1024), BINS)
    with pytest.raises(ValueError, match="for 2 dimensions of up to 3 bins"):
        FastHead(FastHeadConfig(bins=3), BINS)
    frame = np.zeros((64, 64, 3), np.uint8)
    with pytest.raises(ValueError, match="codes are .*accepted are 4 whole numbers from 0 to 7"):
        shipped.act(frame, [0, 1, 2, 8], [0, 0], 0.1)
    with pytest.raises(ValueError, match="displacements of 2 numbers"):
        shipped.act(frame, [0, 1, 2, 3], [0, 0, 0], 0.1)
    with pytest.raises(ValueError, match="an age is 0 seconds or more"):
        shipped.act(frame, [0, 1, 2, 3], [0, 0], -0.1)
