"""Whole gaps, inside one episode, balanced over embodiments, the same at the same step."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import numpy as np
import pytest

from lapa.data import Cache, FramePairs, gap_in_frames

from .conftest import shades


def test_gap_is_rounded_and_at_least_one_frame():
    assert [gap_in_frames(s, 10) for s in (0.01, 0.14, 0.15, 0.25, 0.6)] == [1, 1, 2, 3, 6]
    assert gap_in_frames(0.6, 16) == 10


@pytest.mark.parametrize("balanced", [True, False])
def test_no_gap_is_shortened_and_no_episode_left(small_cache, balanced):
    pairs = FramePairs(small_cache, 1.2, seed=3, balanced=balanced)
    for batch in islice(pairs.batches(32), 50):
        assert (batch.gap_frames == 12).all()
        lengths = np.array([small_cache.episodes[e].length for e in batch.episode])
        assert (batch.t >= 0).all() and (batch.t + 12 < lengths).all()
        for i in range(0, 32, 8):
            clip = small_cache.clip(batch.episode[i])
            assert np.array_equal(batch.frame[i], clip[batch.t[i]])
            assert np.array_equal(batch.future[i], clip[batch.t[i] + 12])
            assert batch.embodiment[i] == small_cache.episodes[batch.episode[i]].embodiment


def test_every_valid_pair_is_there_once(small_cache):
    pairs = FramePairs(small_cache, 1.2)
    lengths = [e.length for e in small_cache.episodes]
    expected = {(e, t, 12) for e, n in enumerate(lengths) for t in range(n - 12)}
    assert len(pairs.all()) == len(pairs) == sum(pairs.counts.values()) == len(expected)
    assert set(pairs.all()) == expected
    assert pairs.all(5) == [index for index in pairs.all() if index[1] % 5 == 0]


def test_clips_too_short_for_the_gap_are_counted_by_name(small_cache):
    report = FramePairs(small_cache, 1.2).report
    assert [item.name for item in report.skipped] == ["arm-02", "arm-05", "hand-01"]
    assert "has 12 frames, too short for a gap of 12" in report.summary()
    assert report.summary().endswith("6 episodes used, 3 skipped.")


def test_embodiments_come_equally_often(small_cache):
    pairs = FramePairs(small_cache, 0.5, seed=1)
    seen = Counter(name for batch in islice(pairs.batches(10), 300) for name in batch.embodiment)
    assert all(abs(seen[name] - 1000) < 60 for name in ("arm", "hand", "crane"))
    for batch in islice(pairs.batches(10), 20):
        assert max(Counter(batch.embodiment).values()) <= 4


def test_episodes_come_as_often_as_they_have_pairs(small_cache):
    pairs = FramePairs(small_cache, 0.5, seed=1)
    seen = Counter(e for batch in islice(pairs.batches(30), 300) for e in batch.episode.tolist())
    arms = {i: e.length - 5 for i, e in enumerate(small_cache.episodes) if e.embodiment == "arm"}
    drawn = sum(seen[i] for i in arms)
    for index, number in arms.items():
        share = number / sum(arms.values())
        assert seen[index] / drawn == pytest.approx(share, abs=4 * (share / drawn) ** 0.5)


def test_natural_frequency_on_request(small_cache):
    pairs = FramePairs(small_cache, 0.5, seed=1, balanced=False)
    seen = Counter(name for batch in islice(pairs.batches(30), 200) for name in batch.embodiment)
    for name, number in pairs.counts.items():
        assert seen[name] / 6000 == pytest.approx(number / len(pairs), abs=0.025)


def test_a_resumed_run_sees_the_same_pairs(small_cache):
    first = list(islice(FramePairs(small_cache, 0.5, seed=7).batches(8), 10))
    resumed = list(islice(FramePairs(small_cache, 0.5, seed=7).batches(8, start=6), 4))
    for one, other in zip(first[6:], resumed, strict=True):
        assert np.array_equal(one.episode, other.episode) and np.array_equal(one.t, other.t)
        assert np.array_equal(one.frame, other.frame) and one.embodiment == other.embodiment
    another = FramePairs(small_cache, 0.5, seed=8).batch(6, 8)
    assert not np.array_equal(first[6].t, another.t)
    assert not np.array_equal(first[6].t, first[7].t)


def test_splits_share_no_episode(small_cache):
    train = {e for e, _, _ in FramePairs(small_cache, 0.5, split="train").all()}
    holdout = {e for e, _, _ in FramePairs(small_cache, 0.5, split="holdout").all()}
    assert {small_cache.episodes[e].id for e in holdout} == {"arm-04"}
    assert len(train) == 8 and not train & holdout


def test_gaps_by_name(small_cache):
    """The embodiment's own gap counts before its source's."""
    pairs = FramePairs(small_cache, {"sim": 0.5, "crane": 2})
    gaps = {small_cache.episodes[e].embodiment: gap for e, _, gap in pairs.all()}
    assert gaps == {"arm": 5, "hand": 5, "crane": 20}


def test_take_gives_the_pairs_named(small_cache):
    pairs = FramePairs(small_cache, 0.5)
    chosen = pairs.all()[::40]
    batch = pairs.take(chosen)
    assert list(zip(batch.episode, batch.t, batch.gap_frames, strict=True)) == chosen
    episode, t, gap = chosen[2]
    assert np.array_equal(batch.future[2], small_cache.clip(episode)[t + gap])


@pytest.mark.parametrize("index", [(0, 15, 5), (0, -1, 5), (99, 0, 5), (-1, 0, 5), (0, 0, 0)])
def test_take_leaves_no_episode(small_cache, index):
    with pytest.raises(ValueError, match="lie in their episode"):
        FramePairs(small_cache, 0.5).take([index])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"gap_seconds": 0}, "positive number of seconds.*0"),
        ({"gap_seconds": {"arm": 1, "hand": 1}}, "No gap is given for crane"),
        ({"gap_seconds": {"sim": 1, "octopus": 1}}, "octopus.*arm, crane, hand, sim"),
        ({"gap_seconds": 100}, "no frame pair(.|\n)*9 skipped"),
        ({"gap_seconds": 1, "split": "test"}, "'test'.*train and holdout"),
    ],
)
def test_wrong_arguments_are_told(small_cache, arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        FramePairs(small_cache, **arguments)


def test_a_gap_that_no_frames_have_is_told(tmp_path, write_video):
    for name, rate, length in (("usual", 10, 8), ("slow", 2, 4), ("still", 1, 4)):
        write_video(tmp_path / "clips" / f"{name}.mp4", shades(length), fps=rate)
    pairs = FramePairs(Cache.build(tmp_path / "clips", tmp_path / "cache", 16), 0.3)
    assert pairs.seconds == pytest.approx((0.3, 1.0))
    assert [(note.name, note.reason) for note in pairs.report.notes] == [
        ("slow.mp4", "its pairs are 0.5 s apart, as its 2 frames a second have no gap nearer to "
         "0.3 s"),
        ("still.mp4", "its pairs are 1 s apart, as its 1 frames a second have no gap nearer to "
         "0.3 s"),
    ]  # fmt: skip
    assert FramePairs(pairs.cache, {"clips": 1.0}).report.notes == ()


def test_a_split_without_a_clip_is_told_with_what_to_do(tmp_path, write_video):
    write_video(tmp_path / "clips" / "train" / "a.mp4", shades(4))
    cache = Cache.build(tmp_path / "clips", tmp_path / "cache", 16)
    with pytest.raises(ValueError, match="none of the 1 episodes is in it. Folders named train"):
        FramePairs(cache, 0.1, split="holdout")
