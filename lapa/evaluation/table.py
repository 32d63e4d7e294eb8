"""The measurement table: one row a frame pair, from one pass of the quantizer.

Everything expensive happens here, once; the measures are functions of the table. The rows keep
their episode, because frame pairs of one episode are not independent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from lapa.data import FramePairs
from lapa.evaluation.actions import Actions
from lapa.evaluation.estimate import mean_known
from lapa.evaluation.inferred import Inferred, Quantizer, draws
from lapa.evaluation.perception import Features
from lapa.images import moving_energy

T = TypeVar("T")


@dataclass(frozen=True)
class PairTable(Inferred):
    """What was inferred for N frame pairs, and how close the imagined frames come (NaN for a
    quantizer that draws nothing).

    still (N, S) int64: the codes inferred for (x_t, x_t). Errors are mean squared errors of uint8
    images divided by 255, in [0, 1], (N,) float64: mse of decode(x_t, codes) against x_t+H;
    copy_mse of x_t against x_t+H; random_mse of decode(x_t, another latent action) against x_t+H.
    energy, true_energy: detail of decode(x_t, codes) and of x_t+H where the true frame moves (see
    images.moving_energy). feature, copy_feature: distance of features of decode(x_t, codes) and
    of x_t to those of x_t+H (see lapa.nn.features).
    """

    still: np.ndarray
    mse: np.ndarray
    copy_mse: np.ndarray
    random_mse: np.ndarray
    energy: np.ndarray
    true_energy: np.ndarray
    feature: np.ndarray
    copy_feature: np.ndarray


@dataclass(frozen=True)
class Groups(Generic[T]):
    """One measure overall (all frame pairs pooled, each counting the same) and per embodiment."""

    overall: T
    embodiments: dict[str, T]

    def mean(self, name: str) -> float:
        """The figure `name` averaged over the embodiments that have it, each counting the same."""
        values = [float(getattr(each, name)) for each in self.embodiments.values()]
        return float(mean_known(np.array(values)))


def grouped(table: PairTable, measure: Callable[[PairTable], T]) -> Groups[T]:
    """Apply `measure` to the whole table and to each embodiment's rows, in alphabetical order."""
    names = sorted(set(table.embodiment.tolist()))
    parts = {name: measure(table.where(table.embodiment == name)) for name in names}
    return Groups(measure(table), parts)


def measure(quantizer: Quantizer, pairs: FramePairs, **options: int) -> PairTable:
    """The whole table at once; the options are those of `measure_batches`."""
    return PairTable.join(list(measure_batches(quantizer, pairs, **options)))


def measure_batches(
    quantizer: Quantizer,
    pairs: FramePairs,
    *,
    batch_size: int = 32,
    stride: int = 1,
    seed: int = 0,
) -> Iterator[PairTable]:
    """Tables of up to `batch_size` rows; join them. stride: every stride-th frame of an episode.

    The random latent actions depend on (seed, row) only, so the batch size changes nothing.
    """
    rows, actions, features = pairs.all(stride=stride), Actions(pairs), Features()
    for first in range(0, len(rows), batch_size):
        batch = pairs.take(rows[first : first + batch_size])
        frame, future = quantizer.resize(batch.frame), quantizer.resize(batch.future)
        codes = quantizer.encode(frame, future)
        size = quantizer.config.codebook_size
        other = other_codes(codes, size, seed=seed, first=first)
        yield PairTable(
            **actions.of(batch),
            motion=actions.motion(batch, frame, future),
            codes=codes,
            latent=quantizer.latent(frame, future),
            still=quantizer.encode(frame, frame),
            copy_mse=squared_error(frame, future),
            codebook_size=size,
            **_pictures(quantizer, features, frame, future, codes, other),
        )


def _pictures(
    quantizer: Quantizer,
    features: Features,
    frame: np.ndarray,
    future: np.ndarray,
    codes: np.ndarray,
    other: np.ndarray,
) -> dict[str, Any]:
    """The columns that need imagined frames, each (B,) float64."""
    names = ("mse", "random_mse", "energy", "true_energy", "feature", "copy_feature")
    if not draws(quantizer):
        return {name: np.full(len(codes), np.nan) for name in names}
    scene = quantizer.prepare(frame)
    imagined = quantizer.decode(scene, codes)
    return dict(
        zip(
            names,
            (
                squared_error(imagined, future),
                squared_error(quantizer.decode(scene, other), future),
                *moving_energy(imagined, future, frame),
                *features.distances(future, imagined, frame),
            ),
            strict=True,
        )
    )


def other_codes(codes: np.ndarray, size: int, *, seed: int, first: int = 0) -> np.ndarray:
    """For every row of codes (N, S) a uniformly random latent action that is not it.

    `first` is the number of the first row in the whole sweep. As in AdaWorld's code, a draw that
    hits the inferred latent action is drawn again.
    """
    if size < 2:
        raise ValueError("A codebook of one code has no other latent action.")
    others = np.empty_like(codes)
    for row, mine in enumerate(codes):
        generator = np.random.default_rng([seed, first + row])
        others[row] = generator.integers(size, size=mine.shape)
        while np.array_equal(others[row], mine):
            others[row] = generator.integers(size, size=mine.shape)
    return others


def squared_error(image: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Mean squared error of every pair of uint8 images (B, h, w, 3), in [0, 1] units, (B,)."""
    # in whole numbers, exact and in a quarter of the time
    apart = np.subtract(image, other, dtype=np.int32).reshape(len(image), -1)
    sums = np.einsum("bi,bi->b", apart, apart, dtype=np.int64)
    errors: np.ndarray = sums / (255**2 * apart.shape[1])
    return errors


def psnr(mse: np.ndarray) -> np.ndarray:
    """Peak signal-to-noise ratio in dB, −10 log10 MSE.

    An error below that of rounding to uint8 (a variance of 1/12 of a step) counts as that, so an
    exact image has 58.92 dB instead of infinity.
    """
    rounding = 1 / 12 / 255**2
    decibels: np.ndarray = -10 * np.log10(np.maximum(mse, rounding))
    return decibels
