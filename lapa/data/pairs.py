"""Frame pairs (x_t, x_t+H): what a quantizer is trained on.

The gap H is given in seconds, because clips run at different rates; it is rounded to frames for
each episode. A pair always has its whole gap and lies in one episode. LAPA's loader clips the
second frame at the end of the clip, which shortens 62.5 % of the gaps of a 48-frame clip at
30 frames; here such starts do not exist, and a clip too short for its gap is reported.

Batches are a pure function of (seed, step): whoever knows the step can go on exactly there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np

from lapa.data.cache import Cache
from lapa.data.episodes import SPLITS, Report, Skipped
from lapa.data.manifest import CachedEpisode
from lapa.gap import gap_in_frames

PairIndex = tuple[int, int, int]
# a true gap so many times too long, or too short, shows another thing than was asked for
FAR = 1.25


@dataclass(frozen=True, eq=False)
class PairBatch:
    """B frame pairs.

    Attributes:
        frame, future: x_t and x_t+H, (B, h, w, 3) uint8 RGB.
        embodiment: B names.
        episode: (B,) int64, indices into `cache.episodes`.
        t: (B,) int64, the number of x_t in its episode.
        gap_frames: (B,) int64, H in frames of the episode.
    """

    frame: np.ndarray
    future: np.ndarray
    embodiment: tuple[str, ...]
    episode: np.ndarray
    t: np.ndarray
    gap_frames: np.ndarray

    def __len__(self) -> int:
        return len(self.t)


class FramePairs:
    """All valid frame pairs of a cache, drawn at random or one after the other.

    Attributes:
        counts: number of pairs of each embodiment, in the order of their first episode.
        report: episodes that give pairs, those too short for their gap, by name, and notes on
            those whose gap in whole frames is far from what was asked.
        seconds: (shortest, longest) true gap of all pairs, in seconds.
    """

    def __init__(
        self,
        cache: Cache,
        gap_seconds: float | Mapping[str, float],
        *,
        split: str | None = None,
        seed: int = 0,
        balanced: bool = True,
    ) -> None:
        """Find the pairs; no frame is read.

        Args:
            gap_seconds: H for all, or for each source or embodiment by name; where both are
                given, the embodiment's counts.
            split: "train", "holdout", or None for both.
            seed: decides which pairs come at which step.
            balanced: draw every embodiment equally often, however many pairs it has; otherwise
                every pair equally often.

        Raises:
            ValueError: a gap that is not positive or missing for some episode, a name that no
                episode has, or no pair at all.
        """
        if split not in (None, *SPLITS):
            raise ValueError(f"split is {split!r}, accepted are {' and '.join(SPLITS)}.")
        self.cache, self.seed, self.balanced = cache, seed, balanced
        chosen = [i for i, e in enumerate(cache.episodes) if split in (None, e.split)]
        gaps = gaps_in_frames(cache.episodes, gap_seconds)
        asked = gaps_in_seconds(cache.episodes, gap_seconds)
        self.report = _report([(cache.episodes[i], gaps[i], asked[i]) for i in chosen])
        usable = [(i, gaps[i]) for i in chosen if cache.episodes[i].length > gaps[i]]
        if not usable:
            raise ValueError(_no_pair(split, len(chosen), len(cache.episodes), self.report))
        true = [gap / cache.episodes[i].fps for i, gap in usable]
        self.seconds = min(true), max(true)
        # Pairs are numbered through with an embodiment's in one range: drawing is arithmetic.
        names = list(dict.fromkeys(cache.episodes[i].embodiment for i, _ in usable))
        usable.sort(key=lambda pair: names.index(cache.episodes[pair[0]].embodiment))
        self._episodes, self._gaps = np.array(usable, dtype=np.int64).T
        self._lengths = np.array([e.length for e in cache.episodes], dtype=np.int64)
        self._starts = np.array([e.start for e in cache.episodes], dtype=np.int64)
        self._numbers = self._lengths[self._episodes] - self._gaps
        self._ends = np.cumsum(self._numbers)
        bodies = np.array([cache.episodes[i].embodiment for i in self._episodes])
        self.counts = {name: int(self._numbers[bodies == name].sum()) for name in names}

    def __len__(self) -> int:
        return int(self._ends[-1])

    def batch(self, step: int, batch_size: int, rows: slice = slice(None)) -> PairBatch:
        """The pairs of this step, the same at every call with these arguments; of them, `rows`."""
        if step < 0 or batch_size < 1:
            raise ValueError(f"step ≥ 0 and batch_size ≥ 1 are needed, got {step}, {batch_size}.")
        numbers = self._draw(np.random.default_rng((self.seed, step)), batch_size)[rows]
        places = np.searchsorted(self._ends, numbers, side="right")
        t = numbers - (self._ends - self._numbers)[places]
        return self._gather(self._episodes[places], t, self._gaps[places])

    def batches(self, batch_size: int, start: int = 0) -> Iterator[PairBatch]:
        """`batch(start), batch(start + 1), …` without end."""
        return (self.batch(step, batch_size) for step in count(start))

    def all(self, stride: int = 1) -> list[PairIndex]:
        """Every stride-th pair of each episode as (episode, t, gap_frames), in a fixed order."""
        if stride < 1:
            raise ValueError(f"stride must be at least 1, got {stride}.")
        episodes = zip(self._episodes, self._gaps, self._numbers, strict=True)
        return [
            (int(episode), t, int(gap))
            for episode, gap, number in episodes
            for t in range(0, int(number), stride)
        ]

    def take(self, indices: Sequence[PairIndex]) -> PairBatch:
        """The pairs at these indices, for example a slice of `all()`.

        Raises:
            ValueError: none, or a pair that leaves its episode.
        """
        episode, t, gap = np.array(indices, dtype=np.int64).reshape(-1, 3).T
        inside = (episode >= 0) & (episode < len(self._lengths)) & (t >= 0) & (gap >= 1)
        inside &= t + gap < self._lengths[np.where(inside, episode, 0)]
        if not inside.size or not inside.all():
            raise ValueError("take needs pairs (episode, t, gap_frames) that lie in their episode.")
        return self._gather(episode, t, gap)

    def episode(self, key: tuple[int, ...]) -> tuple[CachedEpisode, int]:
        """An episode drawn with `key` (every embodiment equally often, if balanced) and its gap
        in frames; the same at every call."""
        number = self._draw(np.random.default_rng((self.seed, 0, *key)), 1)
        place = int(np.searchsorted(self._ends, number, side="right")[0])
        return self.cache.episodes[self._episodes[place]], int(self._gaps[place])

    def _draw(self, rng: np.random.Generator, size: int) -> np.ndarray:
        """Pair numbers (size,), each embodiment floor or ceil of its share of them if balanced."""
        if not self.balanced:
            return rng.integers(len(self), size=size)
        counts = np.array(list(self.counts.values()))
        slots = (np.arange(size) + rng.random()) * len(counts) / size
        body = rng.permutation(np.minimum(slots.astype(np.int64), len(counts) - 1))
        numbers: np.ndarray = (np.cumsum(counts) - counts)[body] + rng.integers(counts[body])
        return numbers

    def _gather(self, episode: np.ndarray, t: np.ndarray, gap: np.ndarray) -> PairBatch:
        at = self._starts[episode] + t
        return PairBatch(
            frame=np.asarray(self.cache.frames[at]),
            future=np.asarray(self.cache.frames[at + gap]),
            embodiment=tuple(self.cache.episodes[i].embodiment for i in episode),
            episode=episode,
            t=t,
            gap_frames=gap,
        )


def gaps_in_frames(
    episodes: Sequence[CachedEpisode], gap_seconds: float | Mapping[str, float]
) -> list[int]:
    """H in frames of each episode; `gap_seconds` and what it raises as for `gaps_in_seconds`."""
    asked = gaps_in_seconds(episodes, gap_seconds)
    return [gap_in_frames(gap, e.fps) for gap, e in zip(asked, episodes, strict=True)]


def gaps_in_seconds(
    episodes: Sequence[CachedEpisode], gap_seconds: float | Mapping[str, float]
) -> list[float]:
    """H in seconds, as asked for, of each episode; `gap_seconds` as for `FramePairs`.

    Raises:
        ValueError: a gap is not positive, or missing, or belongs to nothing.
    """
    names = {e.embodiment for e in episodes} | {e.source for e in episodes}
    gaps = gap_seconds if isinstance(gap_seconds, Mapping) else dict.fromkeys(names, gap_seconds)
    wrong = [f"{name}: {gap!r}" for name, gap in gaps.items() if not _positive(gap)]
    if wrong:
        raise ValueError(f"A gap is a positive number of seconds, got {', '.join(wrong)}.")
    unknown = sorted(set(gaps) - names)
    if unknown:
        known = ", ".join(sorted(names))
        raise ValueError(f"Gaps are given for {', '.join(unknown)}; the episodes are of {known}.")
    missing = sorted({e.embodiment for e in episodes if not {e.embodiment, e.source} & set(gaps)})
    if missing:
        raise ValueError(f"No gap is given for {', '.join(missing)}.")
    named = [e.embodiment if e.embodiment in gaps else e.source for e in episodes]
    return [gaps[name] for name in named]


def _positive(value: object) -> bool:
    return isinstance(value, int | float) and 0 < value < math.inf


def _report(episodes: Sequence[tuple[CachedEpisode, int, float]]) -> Report:
    """episodes: each with its gap in frames, and in seconds as asked for."""
    short = tuple(
        Skipped(episode.id, f"has {episode.length} frames, too short for a gap of {gap}")
        for episode, gap, _ in episodes
        if episode.length <= gap
    )
    far = tuple(
        Skipped(
            episode.id,
            f"its pairs are {gap / episode.fps:.3g} s apart, as its {episode.fps:.3g} frames a "
            f"second have no gap nearer to {asked:.3g} s",
        )
        for episode, gap, asked in episodes
        if episode.length > gap and not 1 / FAR < gap / episode.fps / asked < FAR
    )
    return Report(len(episodes) - len(short), short, far)


def _no_pair(split: str | None, chosen: int, episodes: int, report: Report) -> str:
    if split is None or chosen:
        return f"There is no frame pair (split {split}).\n{report.summary()}"
    return (
        f"There is no frame pair (split {split}): none of the {episodes} episodes is in it. "
        f"Folders named train and holdout, or a file splits.json, say which clips are."
    )
