"""How much of the clips a checkup looks at: all of them, or a sample that takes about a minute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.compare import gap_in_frames
from app.core.limits import UserError
from app.core.views import Clip
from app.tabs.checkup import words as say


@dataclass(frozen=True)
class Size:
    """episodes, pairs: at most, over all embodiments; None for all of them. transfers: pairs
    carried over from each embodiment to each other one."""

    episodes: int | None
    pairs: int | None
    transfers: int


# a true gap so many times too long, or too short, shows another thing than was asked for
FAR = 1.25
# with the shipped checkpoint about half a minute on one free core, and four minutes
SIZES = {"quick": Size(44, 500, 2), "thorough": Size(None, None, 8)}


@dataclass(frozen=True)
class Sample:
    """Which clips, every how manieth frame pair of them, and what the reader must know."""

    clips: tuple[Clip, ...]
    gap_seconds: float
    stride: int
    pairs: int
    transfers: int
    notes: tuple[str, ...]

    @property
    def frames(self) -> int:
        """Frames that must be read."""
        return sum(clip.frames for clip in self.clips)

    @property
    def apart(self) -> str:
        """The seconds between the frames of a pair as the clips have them: "0.5", "0.3 to 10"."""
        true = [_true_gap(clip, self.gap_seconds) for clip in self.clips]
        shortest, longest = f"{min(true):.2g}", f"{max(true):.2g}"
        return shortest if shortest == longest else f"{shortest} to {longest}"


def sample(clips: Sequence[Clip], gap_seconds: float, size: str) -> Sample:
    """The part of the clips that a checkup of this size looks at; always the same one.

    Raises:
        UserError: an unknown size, or no clip has a frame one gap after its first.
    """
    if size not in SIZES:
        raise UserError(say.NO_SIZE.format(size=size[:20], names=", ".join(SIZES)))
    most = SIZES[size]
    usable = [clip for clip in clips if _pairs(clip, gap_seconds)]
    if not usable:
        raise UserError(say.TOO_SHORT.format(gap_seconds=gap_seconds))
    chosen = _spread(usable, most.episodes)
    total = sum(_pairs(clip, gap_seconds) for clip in chosen)
    stride = 1 if most.pairs is None else -(-total // most.pairs)
    pairs = sum(-(-_pairs(clip, gap_seconds) // stride) for clip in chosen)
    notes = (*_notes(clips, usable, chosen, stride), *_far(chosen, gap_seconds))
    return Sample(tuple(chosen), gap_seconds, stride, pairs, most.transfers, notes)


def _true_gap(clip: Clip, gap_seconds: float) -> float:
    """Seconds between the frames of a pair: the gap in whole frames of the clip."""
    return gap_in_frames(gap_seconds, clip.fps) / clip.fps


def _pairs(clip: Clip, gap_seconds: float) -> int:
    return max(0, clip.frames - gap_in_frames(gap_seconds, clip.fps))


def _spread(clips: Sequence[Clip], most: int | None) -> list[Clip]:
    """At most so many, an equal share of each embodiment, evenly spread over its clips."""
    if most is None or len(clips) <= most:
        return list(clips)
    groups: dict[str, list[Clip]] = {}
    for clip in clips:
        groups.setdefault(clip.embodiment, []).append(clip)
    # Those with few clips leave their share to the others.
    quotas: dict[str, int] = {}
    left = most
    for rank, name in enumerate(sorted(groups, key=lambda name: len(groups[name]))):
        quotas[name] = min(len(groups[name]), max(1, left // (len(groups) - rank)))
        left -= quotas[name]
    return [
        group[place * len(group) // quotas[name]]
        for name, group in groups.items()
        for place in range(quotas[name])
    ]


def _notes(
    clips: Sequence[Clip], usable: Sequence[Clip], chosen: Sequence[Clip], stride: int
) -> tuple[str, ...]:
    notes = []
    if len(usable) < len(clips):
        short = len(clips) - len(usable)
        notes.append(
            say.LEFT_OUT.format(short=short, count=len(clips), verb="is" if short == 1 else "are")
        )
    part = f"{len(chosen)} of {len(usable)} episodes" if len(chosen) < len(usable) else ""
    pairs = f"every {_ordinal(stride)} frame pair" if stride > 1 else ""
    if part or pairs:
        looked = " and ".join(each for each in (part, pairs) if each)
        notes.append(say.QUICK_LOOK.format(looked=looked))
    if any(clip.uploaded for clip in chosen):
        notes.append(say.OWN_VIDEO)
    return tuple(notes)


def _far(chosen: Sequence[Clip], gap_seconds: float) -> list[str]:
    """A sentence on the clips whose frames are too far apart in time for the gap, or too near."""
    far = [
        true
        for true in (_true_gap(clip, gap_seconds) for clip in chosen)
        if not 1 / FAR < true / gap_seconds < FAR
    ]
    if not far:
        return []
    shortest, longest = f"{min(far):.2g}", f"{max(far):.2g}"
    spread = shortest if shortest == longest else f"{shortest} to {longest}"
    clips = "a clip" if len(far) == 1 else f"{len(far)} clips"
    return [say.OTHER_GAP.format(clips=clips, spread=spread, gap_seconds=gap_seconds)]


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number % 100 not in (11, 12, 13) else 0)
    return "second" if number == 2 else f"{number}{ending or 'th'}"
