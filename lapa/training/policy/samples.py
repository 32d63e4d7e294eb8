"""What a policy learns from: frames with an instruction, and what follows from them.

For stage 2 what follows is the latent action, for stage 3 the robot's binned action.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lapa.data import Cache
from lapa.data.bins import ActionBins
from lapa.data.labels import Labels
from lapa.data.layout import Layout


@dataclass(frozen=True, eq=False)
class Samples:
    """N samples.

    Attributes:
        frame: (N,) int64, places in the cache's frames.
        instruction: N sentences.
        target: (N, L) int64 codes or bins; −1 where there is nothing to predict: a dimension that
            never changes, an action beyond the end of its episode.
    """

    frame: np.ndarray
    instruction: tuple[str, ...]
    target: np.ndarray

    def __len__(self) -> int:
        return len(self.frame)

    def of_episodes(self, cache: Cache, share: float) -> Samples:
        """Those of the first `share` of all episodes of the cache that have any, at least one; a
        larger share holds the smaller ones."""
        starts = np.array([episode.start for episode in cache.episodes])
        episode = np.searchsorted(starts, self.frame, side="right")
        kept = np.flatnonzero(np.isin(episode, first_share(np.unique(episode).tolist(), share)))
        instructions = tuple(self.instruction[at] for at in kept)
        return Samples(self.frame[kept], instructions, self.target[kept])


def frame_places(cache: Cache, split: str) -> np.ndarray:
    """Places of all frames of a split in the cache's frames, int64."""
    chosen = [episode for episode in cache.episodes if episode.split == split]
    parts = [np.arange(each.start, each.start + each.length) for each in chosen]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def latent_samples(cache: Cache, labels: Labels, split: str) -> Samples:
    """Every labelled pair of a split whose episode has an instruction; labels are codes, or the
    bins of inferred actions.

    Raises:
        ValueError: the labels are of other data, or none is left.
    """
    if labels.about["data"] != cache.fingerprint:
        raise ValueError("the labels were made of other data; run label on this cache again")
    known = {e.id: e for e in cache.episodes if e.split == split and e.instruction}
    chosen = [at for at, name in enumerate(labels.episode) if name in known]
    if not chosen:
        raise ValueError(f"no labelled episode of the split {split} has an instruction")
    episodes = [known[labels.episode[at]] for at in chosen]
    frame = np.array([e.start for e in episodes]) + labels.t[chosen]
    return Samples(frame, tuple(e.instruction for e in episodes), labels.codes[chosen])


def action_samples(
    cache: Cache, split: str, *, episodes: int | None = None, bins: ActionBins | None = None,
    count: int = 256, embodiment: str | None = None, layout: Layout | None = None,
) -> tuple[Samples, ActionBins]:  # fmt: skip
    """Every step of the first `episodes` episodes of a split whose actions are known.

    bins: those to use; by default they are fitted on these actions, `count` a dimension.
    embodiment: only its episodes. layout: of what is predicted.

    Raises:
        ValueError: no such episode, or actions of several widths.
    """
    chosen = labelled_episodes(cache, split, episodes=episodes, embodiment=embodiment)
    actions = [own for at in chosen if (own := cache.actions(at)) is not None]
    bins = bins or ActionBins.fit(np.concatenate(actions), count)
    known = [cache.episodes[at] for at in chosen]
    frame = np.concatenate([np.arange(e.start, e.start + e.length - 1) for e in known])
    instructions = tuple(e.instruction for e in known for _ in range(e.length - 1))
    return Samples(frame, instructions, (layout or Layout()).targets(actions, bins)), bins


def first_share(episodes: list[int], share: float) -> list[int]:
    """The first `share` of episodes, at least one; a larger share holds the smaller ones.

    Raises:
        ValueError: a share that is none.
    """
    if not 0 < share <= 1:
        raise ValueError(f"a share of the episodes is above 0 and at most 1; received {share}")
    return episodes[: max(1, round(share * len(episodes)))]


def labelled_episodes(
    cache: Cache, split: str, *, episodes: int | None = None, embodiment: str | None = None
) -> list[int]:
    """The first `episodes` episodes of a split whose actions and instruction are known, all by
    default, as indices of the cache; of one embodiment if it is named.

    Raises:
        ValueError: fewer than that, none, or actions of several widths.
    """
    known = [
        at
        for at, e in enumerate(cache.episodes)
        if e.split == split
        and e.instruction
        and e.action_dim
        and embodiment in (None, e.embodiment)
    ]
    chosen = known if episodes is None else known[:episodes]
    if not chosen:
        of = f" of {embodiment}" if embodiment else ""
        raise ValueError(f"no episode{of} in the split {split} has actions and an instruction")
    if episodes is not None and len(known) < episodes:
        raise ValueError(f"{episodes} episodes with actions were asked for, {len(known)} are there")
    widths = {cache.episodes[at].action_dim for at in chosen}
    if len(widths) > 1:
        raise ValueError(f"the episodes have actions of {sorted(widths)} dimensions; one is needed")
    return chosen
