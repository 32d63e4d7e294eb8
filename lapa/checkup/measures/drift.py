"""Drift: how long does an imagined rollout stay near the truth when its codes are right?

The decoder's own picture is its next frame, so its errors pile up. Shown against copy-frame (the
first frame, held), as playable world models are: Genie (Bruce et al. 2024), DIAMOND (Alonso et
al. 2024, section 5.1: errors of a closed loop).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lapa.checkup import questions
from lapa.checkup.drawings.rollout import rollout
from lapa.checkup.measure import (
    Checkup,
    Column,
    Context,
    Figure,
    Material,
    Measure,
    Options,
    certain,
    fitting,
    percent,
)
from lapa.checkup.scale import VERDICTS, Scale
from lapa.data import FramePairs
from lapa.evaluation.estimate import DRAWS, Estimate, mean, share
from lapa.evaluation.inferred import Quantizer
from lapa.evaluation.perception import robot_error
from lapa.evaluation.sample import Row, batches, grouped_rows, origins, silent
from lapa.evaluation.table import Groups, psnr
from lapa.evaluation.watch import Tick
from lapa.images import moving_energy, ssim
from lapa.imagine.replay import trusted_until

LONGEST = 32
# the step at which sharpness is held against a bar
JUDGED = 16
# a dream with less of the true detail than this is called blurred
SHARP = 0.7
# more edges than this times the true frame's are noise that has piled up
NOISY = 1.5
TOO_SHORT = "no recording is long enough to dream along with"


@dataclass(frozen=True)
class Drift:
    """Closed loop: x̂_0 = x_0, c_n = encode(x_nh, x_(n+1)h), x̂_(n+1) = decode(x̂_n, c_n).

    h is the gap in frames; in an episode too short for that, as many frames as fit `steps` times.
    Entry n-1 of the tuples belongs to step n, a mean over episodes.

    psnr: of x̂_n against x_nh where the robot is (what differs from x_0 or from the true frame a
    step before, and its surroundings; see perception.robot_error), dB. ssim: of the whole frames.
    copy_psnr, copy_ssim: of x_0 against x_nh. sharpness: the Laplacian energy of x̂_n over that of
    x_nh where the robot is, sums over episodes (see images.moving_energy); 1 is as sharp as
    the truth. gain: psnr − copy_psnr, mean over steps, dB. sharpness_at: sharpness at step 16, or
    at the last one before. sharp_until: the last step up to which sharpness is at least 0.7.
    trusted_until: the last step up to which psnr lies above copy_psnr at every step; 0 for
    none. shortened: share of episodes whose steps are shorter than the gap.
    """

    episodes: int
    steps: int
    psnr: tuple[float, ...]
    copy_psnr: tuple[float, ...]
    ssim: tuple[float, ...]
    copy_ssim: tuple[float, ...]
    sharpness: tuple[float, ...]
    gain: Estimate
    sharpness_at: Estimate
    trusted_until: int
    sharp_until: int
    shortened: float


CURVES = ("psnr", "copy_psnr", "ssim", "copy_ssim")
# what every step is measured by: the curves, and the two sums behind sharpness
MEASURED = (*CURVES, "energy", "true_energy")


def drift(
    quantizer: Quantizer,
    pairs: FramePairs,
    *,
    steps: int = JUDGED,
    seed: int = 0,
    draws: int = DRAWS,
    tick: Tick = silent,
) -> Groups[Drift] | None:
    """One rollout from the start of every episode that has `steps` + 1 frames; None without one.

    Every episode counts the same. seed: of the bootstrap over episodes. `tick(done, total)` is
    called after every step of a batch of episodes.

    Raises:
        ValueError: steps outside 1 … 32.
    """
    if not 1 <= steps <= LONGEST:
        raise ValueError(f"steps is {steps}; accepted are 1 to {LONGEST}.")
    starts, shorter = _starts(pairs, steps)
    if not starts:
        return None
    measured, total = [], steps * len(list(batches(starts)))
    for part in batches(starts):
        for figures in _rollouts(quantizer, pairs, part, steps):
            measured.append(figures)
            tick(len(measured), total)
    # (batch and step, figure, episode) -> (episode, step, figure)
    whole = np.concatenate(
        [np.stack(measured[i : i + steps], 1) for i in range(0, total, steps)], axis=-1
    ).transpose(2, 1, 0)
    _, bodies = origins(pairs, starts)
    return grouped_rows(bodies, lambda rows: _drift(whole[rows], shorter[rows], draws, seed))


def _starts(pairs: FramePairs, steps: int) -> tuple[list[Row], np.ndarray]:
    """The first step (episode, 0, h) of every episode that is long enough, and whether h is
    shorter than the gap."""
    starts, shorter = [], []
    for episode, _, gap in firsts(pairs):
        fits = (pairs.cache.episodes[episode].length - 1) // steps
        if fits:
            starts.append((episode, 0, min(gap, fits)))
            shorter.append(fits < gap)
    return starts, np.array(shorter)


def firsts(pairs: FramePairs) -> list[Row]:
    """The first frame pair of every episode that has one."""
    longest = max(episode.length for episode in pairs.cache.episodes)
    return pairs.all(stride=longest)


def _rollouts(
    quantizer: Quantizer, pairs: FramePairs, starts: Sequence[Row], steps: int
) -> Iterator[np.ndarray]:
    """The figures (MEASURED, episodes) of every step of the episodes that begin at `starts`."""
    first = imagined = None
    for step in range(steps):
        batch = pairs.take([(episode, step * gap, gap) for episode, _, gap in starts])
        frame, future = quantizer.resize(batch.frame), quantizer.resize(batch.future)
        if first is None:
            first = imagined = frame
        imagined = quantizer.decode(imagined, quantizer.encode(frame, future))
        yield np.stack(
            [
                psnr(robot_error(imagined, future, first, frame)),
                psnr(robot_error(first, future, first, frame)),
                ssim(imagined, future),
                ssim(first, future),
                *moving_energy(imagined, future, first, frame),
            ]
        )


def _drift(figures: np.ndarray, shorter: np.ndarray, draws: int, seed: int) -> Drift:
    """figures (episodes, steps, MEASURED), shorter (episodes,) bool."""
    episodes, steps, _ = figures.shape
    curves = dict(zip(MEASURED, figures.mean(0).T, strict=True))
    gains = (figures[..., 0] - figures[..., 1]).mean(1)
    mine, true = np.moveaxis(figures[..., -2:], -1, 0)
    every, at = np.arange(episodes), min(steps, JUDGED) - 1
    sharp = np.divide(mine.sum(0), true.sum(0), out=np.full(steps, np.nan), where=true.sum(0) > 0)
    return Drift(
        episodes=episodes,
        steps=steps,
        **{name: tuple(curves[name].tolist()) for name in CURVES},
        sharpness=tuple(sharp.tolist()),
        gain=mean(gains, every, draws=draws, seed=seed),
        sharpness_at=share(mine[:, at], true[:, at], every, draws=draws),
        trusted_until=trusted_until(curves["psnr"], curves["copy_psnr"]),
        sharp_until=trusted_until(sharp, np.full(steps, SHARP)),
        shortened=float(shorter.mean()),
    )


class TrustedSteps(Figure[Groups[Drift]]):
    """Steps until an imagined rollout is no nearer to the truth than its first frame."""

    key = "drift"
    name = "Steps that can be trusted"
    question = questions.ROLLOUT
    explanation = (
        "The quantizer dreams: each imagined frame becomes the start of the next, with the true "
        "codes as steering, so small faults add up. We count the steps until the dream is further "
        "from the truth, where something moves, than the very first frame."
    )
    scale = Scale(
        16, 6, 0, 0, 16,
        "16 steps are good (ours), 3 seconds are our bar: each one nearer to the truth than the "
        "very first frame is; "
        "from 6 on a short plan can be tried (ours).",
        unit="steps",
    )  # fmt: skip
    column = Column(
        "gain", "drift dB", "drift dB",
        "Drift and dream: an imagined rollout with the true codes against copy-frame where the "
        "robot is, and its detail there over the true frame's.",
    )  # fmt: skip

    def scale_in(self, context: Context) -> Scale:
        """A shorter rollout cannot be trusted for longer than it is."""
        steps = context.of("drift", "steps")
        if math.isnan(steps):
            return self.scale
        good = min(self.scale.good, steps)
        fair = min(self.scale.fair, good / 2)
        return replace(self.scale, good=good, fair=fair, ceiling=max(steps, good))

    def estimate(self, result: Groups[Drift]) -> Estimate:
        return certain(float(result.overall.trusted_until))

    def sentence(self, result: Groups[Drift], scale: Scale) -> str:
        drift = result.overall
        gain, whole = drift.gain, drift.trusted_until >= drift.steps
        length = f"all {drift.steps}" if whole else f"{drift.trusted_until} of {drift.steps}"
        lead = fitting(scale, drift.trusted_until, "Long", "A while", "Not long")
        sentence = (
            f"{lead}: for {length} steps the dream stays nearer to the truth than the first frame "
            "is, where something moves; over all steps it is "
            f"{abs(gain.value):.1f} dB {'better' if gain.value >= 0 else 'worse'}."
        )
        if math.isfinite(gain.low) and gain.low < 0 < gain.high:
            sentence += " How sure: the interval of that gain reaches across 0."
        if drift.shortened > 0:
            share = percent(drift.shortened)
            sentence += f" In {share} of the recordings the steps had to be shorter than the gap."
        return sentence

    def picture(self, result: Groups[Drift], checkup: Checkup) -> str:
        drift = result.overall
        return rollout(drift.psnr, drift.copy_psnr, drift.sharpness, bar=SHARP)


class DreamSharpness(Figure[Groups[Drift]]):
    """Detail of an imagined rollout where the robot is, over that of the true frames."""

    key = "sharpness"
    name = "Sharpness of the dream"
    question = questions.ROLLOUT
    explanation = (
        "The energy of edges in the dream where something moves, divided by that of the true "
        "frame of the same moment. Below 1 the dream is blurred, far above 1 it is full of noise."
    )
    scale = Scale(
        SHARP, 0.40, 2, 0, 1.4,
        "At least 0.70 of the true frame's edges is our bar; 1 is as sharp as the truth, "
        "and well above 1 is noise.",
    )  # fmt: skip
    unknown = TOO_SHORT
    column = Column("sharpness_at", "dream", "dream")

    def at_best(self, value: float) -> str:
        return "fair" if value > NOISY else VERDICTS[0]

    def sentence(self, result: Groups[Drift], scale: Scale) -> str:
        value, step = result.overall.sharpness_at.value, min(result.overall.steps, JUDGED)
        return fitting(
            scale,
            value,
            f"At step {step} what moves keeps {percent(value)} of the edges of the truth."
            + (" That much more is noise." if value > NOISY else ""),
            f"At step {step} the dream is blurred: it keeps {percent(value)} of the edges.",
            f"At step {step} the dream is a blur: it keeps {percent(value)} of the edges.",
        )


class DriftMeasure(Measure[Groups[Drift]]):
    """Imagined rollouts with the true codes, one an episode."""

    key = "drift"
    figures = (TrustedSteps(), DreamSharpness())
    stage = "drift"
    doing = "Letting it dream on its own pictures"
    cost = 0.019
    pictures = True
    absent = TOO_SHORT
    place = "own"

    def work(self, rows: Mapping[str, Sequence[Row]], options: Options) -> int:
        episodes = {index for group in rows.values() for index, _, _ in group}
        return options.drift_steps * len(episodes)

    def compute(self, material: Material, tick: Tick) -> Groups[Drift] | None:
        options = material.options
        return drift(
            material.quantizer,
            material.pairs,
            steps=options.drift_steps,
            seed=options.seed,
            tick=tick,
        )


MEASURE = DriftMeasure()
