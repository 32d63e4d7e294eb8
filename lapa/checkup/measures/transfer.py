"""Transfer: does a latent action of one embodiment do the same to another?

AdaWorld (Gao et al. 2025, section 4.1) plays the latents of one clip on the first frame of another
and compares the motions; here the motion is optical flow, which needs no foreign network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lapa.checkup import questions
from lapa.checkup.drawings import matrix
from lapa.checkup.measure import (
    ONE_EMBODIMENT,
    Checkup,
    Figure,
    Material,
    Measure,
    Options,
    fitting,
    percent,
)
from lapa.checkup.scale import Scale
from lapa.data import FramePairs
from lapa.evaluation.estimate import DRAWS, Estimate, mean
from lapa.evaluation.flow import LEAST, Motion, motion, moved
from lapa.evaluation.inferred import Quantizer
from lapa.evaluation.sample import Row, batches, by_embodiment, draw, silent
from lapa.evaluation.watch import Tick

# pairs carried over from each embodiment to each other one, and pairs in which motion is looked for
SAMPLE, SEARCHED = Options.transfers, 48


@dataclass(frozen=True)
class Transfer:
    """Codes of a pair of embodiment A, decoded on a frame of embodiment B.

    cosine: of the image-plane motion from x_B to decode(x_B, codes) with that from x_t to x_t+H
    of A, mean over pairs; 1 the same way, 0 unrelated, −1 opposite; a frame in which nothing
    comes to move counts as 0. Only pairs in which A moves are asked. Two cameras may see one
    movement in two directions, so a perfect model need not reach 1.
    same_code: share of positions at which encode(x_B, decode(x_B, codes)) gives the code again;
    chance: what the frequencies of the sent and of the returned codes alone would give,
    Σ_k p(k) q(k), mean over positions.
    matrix: mean cosine by (from, to). The intervals are over the episodes of A.
    """

    pairs: int
    cosine: Estimate
    same_code: Estimate
    chance: float
    matrix: dict[tuple[str, str], float]


def transfer(
    quantizer: Quantizer,
    pairs: FramePairs,
    *,
    count: int = SAMPLE,
    seed: int = 0,
    draws: int = DRAWS,
    tick: Tick = silent,
) -> Transfer | None:
    """Up to `count` pairs for each ordered pair of embodiments, drawn with `seed`.

    None with one embodiment, or where nothing moves.
    """
    rng = np.random.default_rng([seed, 3])
    rows = by_embodiment(pairs, pairs.all())
    movers = {name: moving(quantizer, pairs, group, count, rng) for name, group in rows.items()}
    trials = [
        (source, move, target)
        for name, (sources, moves) in movers.items()
        for other in rows
        if other != name
        for source, move, target in zip(
            sources, moves, draw(rows[other], len(sources), rng), strict=False
        )
    ]
    if not trials:
        return None
    cosines_of_parts, codes_of_parts = [], []
    for part in batches(trials):
        sent, returned, cosine = _carried(quantizer, pairs, part)
        cosines_of_parts.append(cosine)
        codes_of_parts.append(np.stack([sent, returned], 1))
        tick(sum(map(len, cosines_of_parts)), len(trials))
    cosine, codes = np.concatenate(cosines_of_parts), np.concatenate(codes_of_parts)
    return _transfer(pairs, trials, cosine, codes, draws)


@dataclass(frozen=True)
class Carried:
    """B latent actions done on frames that they were not inferred from.

    imagined: decode(frame, codes), (B, h, w, 3) uint8. motion: from frame to imagined. returned:
    encode(frame, imagined), (B, S) int64. cosine: of that motion with the one asked for, (B,)
    float64; 0 where nothing comes to move.
    """

    imagined: np.ndarray
    motion: Motion
    returned: np.ndarray
    cosine: np.ndarray


def carry(quantizer: Quantizer, frame: np.ndarray, codes: np.ndarray, there: np.ndarray) -> Carried:
    """Do latent actions (B, S) on frames (B, h, w, 3) uint8 at the model's image size.

    there: the motions that they stood for where they came from, (B, 2) pixels.
    """
    imagined = quantizer.decode(frame, codes)
    here = moved(frame, imagined)
    cosine = cosines(here.vector, there, LEAST * quantizer.config.image_size)
    return Carried(imagined, here, quantizer.encode(frame, imagined), cosine)


def cosines(here: np.ndarray, there: np.ndarray, least: float) -> np.ndarray:
    """Cosine of each vector (B, 2) with its partner; 0 where one is shorter than `least`."""
    lengths = np.linalg.norm(here, axis=1), np.linalg.norm(there, axis=1)
    still = (lengths[0] < least) | (lengths[1] < least)
    return np.where(still, 0, (here * there).sum(1) / np.maximum(lengths[0] * lengths[1], 1e-12))


def moving(
    quantizer: Quantizer, pairs: FramePairs, rows: list[Row], count: int, rng: np.random.Generator
) -> tuple[list[Row], np.ndarray]:
    """Up to `count` of the rows in which something moves, and their motions (count, 2)."""
    some = draw(rows, SEARCHED, rng)
    batch = pairs.take(some)
    moves = motion(quantizer.resize(batch.frame), quantizer.resize(batch.future))
    least = LEAST * quantizer.config.image_size
    enough = np.flatnonzero(np.linalg.norm(moves, axis=1) >= least)
    places = draw(enough.tolist(), count, rng)
    return [some[place] for place in places], moves[places]


def _carried(
    quantizer: Quantizer, pairs: FramePairs, part: Sequence[tuple[Row, np.ndarray, Row]]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Codes of A (B, S), codes read back from B's imagined pair (B, S), cosines (B,)."""
    sources, moves, targets = zip(*part, strict=True)
    batch, frame = pairs.take(sources), quantizer.resize(pairs.take(targets).frame)
    sent = quantizer.encode(quantizer.resize(batch.frame), quantizer.resize(batch.future))
    result = carry(quantizer, frame, sent, np.stack(moves))
    return sent, result.returned, result.cosine


def _transfer(
    pairs: FramePairs,
    trials: Sequence[tuple[Row, np.ndarray, Row]],
    cosine: np.ndarray,
    codes: np.ndarray,
    draws: int,
) -> Transfer:
    """cosine (n,); codes (n, 2, S): sent, returned."""
    episode = np.array([source[0] for source, _, _ in trials])
    names = np.array(
        [
            [pairs.cache.episodes[row[0]].embodiment for row in (source, target)]
            for source, _, target in trials
        ]
    )
    same = (codes[:, 0] == codes[:, 1]).mean(1)
    ways = dict.fromkeys(map(tuple, names.tolist()))
    return Transfer(
        pairs=len(trials),
        cosine=mean(cosine, episode, draws=draws),
        same_code=mean(same, episode, draws=draws),
        chance=_chance(codes),
        matrix={way: float(cosine[(names == way).all(1)].mean()) for way in ways},
    )


def _chance(codes: np.ndarray) -> float:
    """How often the codes sent and returned (n, 2, S) would agree if they were unrelated."""
    size = codes.max() + 1
    shares = [
        np.stack([np.bincount(column, minlength=size) for column in part.T]) / len(part)
        for part in (codes[:, 0], codes[:, 1])
    ]
    return float((shares[0] * shares[1]).sum(-1).mean())


class MotionCosine(Figure[Transfer]):
    """How alike the motions are that one latent action makes on two embodiments."""

    key = "transfer"
    name = "Cosine of motion on another embodiment"
    question = questions.TRANSFER
    explanation = (
        "The codes of one embodiment's motion are decoded on a picture of another, and the motion "
        "in the image is compared with the original one. At 1 the other moves the same way, "
        "at 0 the codes mean something else to it."
    )
    scale = Scale(
        0.50, 0.20, 2, -0.5, 1,
        "0 is unrelated motion, 1 the same direction on another one; above 0.50 is good (ours). "
        "AdaWorld reports 0.804 on a cosine of its own, between embeddings of whole clips.",
    )  # fmt: skip
    unknown = "no motion can be seen in the imagined pictures"

    def estimate(self, result: Transfer) -> Estimate:
        return result.cosine

    def sentence(self, result: Transfer, scale: Scale) -> str:
        sentence = fitting(
            scale,
            result.cosine.value,
            "Yes: another embodiment moves the same way in the picture.",
            "Partly: another embodiment tends to move the same way in the picture.",
            "No: what a code does to one embodiment says little about what it does to another.",
        )
        return (
            f"{sentence} Read back from the imagined picture, {percent(result.same_code.value)} of "
            f"the codes are the same again ({percent(result.chance)} by chance)."
        )

    def picture(self, result: Transfer, checkup: Checkup) -> str:
        return matrix.transfer(result.matrix, result.cosine.value)


class TransferMeasure(Measure[Transfer]):
    """Latent actions of each embodiment, decoded on frames of every other one."""

    key = "transfer"
    figures = (MotionCosine(),)
    stage = "transfer"
    doing = "Carrying codes over to other robots"
    cost = 0.034
    pictures = True
    absent = ONE_EMBODIMENT
    place = "beside"

    def work(self, rows: Mapping[str, Sequence[Row]], options: Options) -> int:
        return len(rows) * (len(rows) - 1) * options.transfers

    def compute(self, material: Material, tick: Tick) -> Transfer | None:
        options = material.options
        return transfer(
            material.quantizer,
            material.pairs,
            count=options.transfers,
            seed=options.seed,
            tick=tick,
        )


MEASURE = TransferMeasure()
