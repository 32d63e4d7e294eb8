"""Rollouts go on where they were, stay in one episode, and start in every part of it."""

from __future__ import annotations

import numpy as np
import pytest

from lapa.data import FramePairs, Rollouts
from lapa.data.memory import Recording, cache_in_memory


@pytest.fixture(scope="module")
def numbered():
    """Episodes of 40, 12 and 27 frames; every frame shows its own number in the cache."""
    recordings, start = [], 0
    for i, length in enumerate((40, 12, 27)):
        frames = np.zeros((length, 8, 8, 3), np.uint8) + np.arange(start, start + length)[
            :, None, None, None
        ].astype(np.uint8)
        about = {"fps": 10.0, "split": "train", "height": 8, "width": 8}
        recordings.append(
            Recording(id=f"e{i}", source="s", embodiment=f"arm{i % 2}", frames=frames, **about)
        )
        start += length
    return cache_in_memory(recordings, 8)


def followed(cache, gap, slots=3, steps=4, calls=40):
    rollouts = Rollouts(FramePairs(cache, gap, seed=5), slots=slots, steps=steps)
    return [rollouts.batch(step) for step in range(calls)]


def where(cache, image):
    """(episode, t) of a frame."""
    number = int(image[0, 0, 0])
    episode = next(e for e in cache.episodes if e.start <= number < e.start + e.length)
    return episode, number - episode.start


def test_each_slot_goes_on_until_it_begins_anew(numbered):
    seen = followed(numbered, 0.5)
    for before, after in zip(seen, seen[1:], strict=False):
        for slot in range(3):
            if not after.begins[slot]:
                assert np.array_equal(after.frame[slot], before.future[slot])
                assert np.array_equal(after.first[slot], before.first[slot])
            else:
                assert np.array_equal(after.frame[slot], after.first[slot])
    assert [b.begins[0] for b in seen[:8]] == [True, False, False, False] * 2
    begun = np.array([b.begins for b in seen[:4]])
    assert (begun.sum(0) == 1).all() and not begun.all(1).any()  # staggered


def test_steps_are_the_gap_or_what_fits_and_run_both_ways(numbered):
    directions = set()
    for batch in followed(numbered, 0.5):
        for frame, future in zip(batch.frame, batch.future, strict=True):
            (episode, t), (same, later) = where(numbered, frame), where(numbered, future)
            assert episode is same
            assert abs(later - t) == min(5, (episode.length - 1) // 4)
            directions.add(later > t)
    assert directions == {True, False}


def test_episodes_shorter_than_the_rollout_begin_anew(numbered):
    shortest = min(e.length for e in numbered.episodes)
    for batch in followed(numbered, 0.1, steps=shortest + 5, calls=60):
        for frame, future in zip(batch.frame, batch.future, strict=True):
            assert where(numbered, frame)[0] is where(numbered, future)[0]


def test_a_step_is_a_function_of_its_number_and_seed(numbered):
    pairs = FramePairs(numbered, 0.5)
    one, other = (Rollouts(pairs, slots=2, steps=4, seed=seed) for seed in (0, 1))
    again = Rollouts(pairs, slots=2, steps=4)
    assert np.array_equal(one.batch(7).future, again.batch(7).future)
    same = [np.array_equal(one.batch(n).future, other.batch(n).future) for n in range(0, 40, 4)]
    assert not all(same)


@pytest.mark.parametrize("wrong", [{"slots": 0, "steps": 4}, {"slots": 2, "steps": 0}])
def test_sizes_below_one_are_refused(numbered, wrong):
    with pytest.raises(ValueError, match="at least 1, got"):
        Rollouts(FramePairs(numbered, 0.5), **wrong)
