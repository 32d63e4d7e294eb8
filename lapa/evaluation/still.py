"""No-op: does doing nothing have one code, and does that code leave the frame alone?

LAPA's appendix shows codes that drift on their own; an explorer and a policy need one that waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lapa.data import FramePairs
from lapa.evaluation.codes import Codes
from lapa.evaluation.estimate import DRAWS, Estimate, bootstrap, mean
from lapa.evaluation.inferred import Quantizer
from lapa.evaluation.sample import Row, batches, by_embodiment, drawn, grouped_rows, silent
from lapa.evaluation.table import Groups, psnr, squared_error
from lapa.evaluation.watch import Tick

SAMPLE = 48


@dataclass(frozen=True)
class NoOp:
    """Static pairs (x_t, x_t): what they are encoded as, and what that does to the frame.

    share: of the frames whose latent action is the commonest one of their embodiment, in 0 … 1.
    kept: PSNR of decode(x_t, encode(x_t, x_t)) against x_t, mean over frames, dB. code: the
    latent action that is commonest in the group.
    """

    frames: int
    share: Estimate
    kept: Estimate
    code: Codes


def no_op(
    quantizer: Quantizer,
    pairs: FramePairs,
    *,
    stride: int = 1,
    count: int = SAMPLE,
    seed: int = 0,
    draws: int = DRAWS,
    tick: Tick = silent,
) -> Groups[NoOp]:
    """On up to `count` frames of each embodiment, drawn with `seed` from every `stride`-th."""
    rng = np.random.default_rng([seed, 2])
    groups = by_embodiment(pairs, pairs.all(stride=stride)).values()
    rows = [row for group in groups for row in drawn(group, count, rng)]
    codes, kept = [], []
    for part in batches(rows):
        inferred, quality = _static(quantizer, pairs, part)
        codes.extend(map(tuple, inferred.tolist()))
        kept.extend(quality.tolist())
        tick(len(kept), len(rows))
    episode = np.array([row[0] for row in rows])
    bodies = np.array([pairs.cache.episodes[index].embodiment for index in episode])
    return grouped_rows(
        bodies,
        lambda chosen: _no_op(
            [codes[i] for i in chosen],
            np.array(kept)[chosen],
            episode[chosen],
            bodies[chosen],
            draws,
        ),
    )


def _static(
    quantizer: Quantizer, pairs: FramePairs, part: Sequence[Row]
) -> tuple[np.ndarray, np.ndarray]:
    """Codes (B, S) of the static pairs, and the PSNR (B,) of their frames after decoding."""
    frame = quantizer.resize(pairs.take(part).frame)
    codes = quantizer.encode(frame, frame)
    return codes, psnr(squared_error(quantizer.decode(frame, codes), frame))


def _no_op(
    codes: list[Codes], kept: np.ndarray, episode: np.ndarray, bodies: np.ndarray, draws: int
) -> NoOp:
    kinds, number, often = np.unique(
        np.array(codes), axis=0, return_inverse=True, return_counts=True
    )
    number = number.reshape(-1)
    body = np.unique(bodies, return_inverse=True)[1]
    counts = np.zeros((body.max() + 1, len(kinds)))

    def share(rows: np.ndarray) -> float:
        """Found anew in every draw, so that a code common by chance widens the interval."""
        counts[:] = 0
        np.add.at(counts, (body[rows], number[rows]), 1)
        return float(counts.max(1).sum() / len(rows))

    return NoOp(
        frames=len(codes),
        share=bootstrap(share, episode, draws=draws),
        kept=mean(kept, episode, draws=draws),
        code=tuple(kinds[often.argmax()].tolist()),
    )
