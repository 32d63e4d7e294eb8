"""Clips in memory give the same frame pairs as a cache on disk."""

from __future__ import annotations

import numpy as np
import pytest

from lapa.data import FramePairs
from lapa.data.memory import Recording, cache_in_memory


def recording(name: str, length: int, actions: bool = True, size: int = 8) -> Recording:
    level = np.arange(length, dtype=np.uint8)[:, None, None, None]
    return Recording(
        id=name,
        source="test",
        embodiment=name.split("-")[0],
        fps=10.0,
        split="holdout",
        height=48,
        width=64,
        action_names=("x", "y") if actions else (),
        frames=np.broadcast_to(level, (length, size, size, 3)).copy(),
        actions=np.arange(2.0 * (length - 1)).reshape(-1, 2) if actions else None,
    )


def test_pairs_and_actions_of_every_recording() -> None:
    cache = cache_in_memory([recording("a-0", 6), recording("b-0", 4, actions=False)], 8)
    pairs = FramePairs(cache, 0.2)
    batch = pairs.take(pairs.all())
    assert np.array_equal(batch.future[:, 0, 0, 0].astype(int) - batch.frame[:, 0, 0, 0], [2] * 6)
    assert pairs.counts == {"a": 4, "b": 2}
    assert np.array_equal(cache.actions(0)[3], [6, 7]) and cache.actions(1) is None


def test_frames_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match="a-0 has frames"):
        cache_in_memory([recording("a-0", 4, size=9)], 8)
    with pytest.raises(ValueError, match="no clips"):
        cache_in_memory([], 8)
