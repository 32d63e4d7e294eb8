"""The measurement table: one row a frame pair, from one pass of the quantizer.

Everything expensive happens here, once; the measures are functions of the table. The rows keep
their episode, because frame pairs of one episode are not independent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Generic, Protocol, TypeVar

import numpy as np

from lapa.data import FramePairs
from lapa.evaluation.actions import Actions

T = TypeVar("T")
TRANSLATION = ("x", "y", "z")


class Quantizer(Protocol):
    """The part of LatentActionQuantizer that the measures use (numpy uint8 in, numpy out)."""

    config: object

    def encode(self, frame: np.ndarray, future: np.ndarray) -> np.ndarray: ...
    def latent(self, frame: np.ndarray, future: np.ndarray) -> np.ndarray: ...
    def prepare(self, frame: np.ndarray) -> object: ...
    def decode(self, frame: object, codes: np.ndarray) -> np.ndarray: ...
    def resize(self, frame: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True)
class PairTable:
    """N frame pairs. Errors are mean squared errors of uint8 images divided by 255, in [0, 1].

    embodiment (N,) str; episode, t and gap_frames (N,) int64; codes and still (N, S) int64: the
    codes inferred for (x_t, x_t+H) and for (x_t, x_t); mse: decode(x_t, codes) against x_t+H;
    copy_mse: x_t against x_t+H; random_mse: decode(x_t, another latent action) against x_t+H; all
    (N,) float64.
    latent: before quantization, (N, S, D) float32. displacement: what the robot was told to do
    between the frames, the sum of the action rows t … t+H-1, (N, A) float64; a column is the
    action dimension of that place in `action_names` of the row's embodiment, NaN where an episode
    lacks it. codebook_size: K. action_names: for every embodiment whose actions are known.
    """

    embodiment: np.ndarray
    episode: np.ndarray
    t: np.ndarray
    gap_frames: np.ndarray
    codes: np.ndarray
    still: np.ndarray
    mse: np.ndarray
    copy_mse: np.ndarray
    random_mse: np.ndarray
    latent: np.ndarray
    displacement: np.ndarray
    codebook_size: int
    action_names: dict[str, tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.mse)

    def where(self, mask: np.ndarray) -> PairTable:
        """The rows for which `mask` (N,) is true."""
        return replace(self, **{name: getattr(self, name)[mask] for name in COLUMNS})

    def translation(self) -> np.ndarray:
        """The displacement along x, y and z, (N, 3) float64; NaN where it is unknown."""
        found = np.full((len(self), len(TRANSLATION)), np.nan)
        for name, dims in self.action_names.items():
            rows = self.embodiment == name
            for axis, dim in enumerate(TRANSLATION):
                if dim in dims:
                    found[rows, axis] = self.displacement[rows, dims.index(dim)]
        return found

    @staticmethod
    def join(tables: Sequence[PairTable]) -> PairTable:
        """One table from several of the same quantizer. Raises ValueError when there is none."""
        if not tables:
            raise ValueError("There are no frame pairs to measure.")
        columns = {name: np.concatenate([getattr(t, name) for t in tables]) for name in COLUMNS}
        return replace(tables[0], **columns)


COLUMNS = tuple(
    f.name for f in fields(PairTable) if f.name not in ("codebook_size", "action_names")
)


@dataclass(frozen=True)
class Groups(Generic[T]):
    """One measure overall (all frame pairs pooled, each counting the same) and per embodiment."""

    overall: T
    embodiments: dict[str, T]

    def mean(self, name: str) -> float:
        """The figure `name` averaged over embodiments, each counting the same."""
        return float(np.mean([float(getattr(each, name)) for each in self.embodiments.values()]))


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
    rows, actions = pairs.all(stride=stride), Actions(pairs)
    for first in range(0, len(rows), batch_size):
        batch = pairs.take(rows[first : first + batch_size])
        frame, future = quantizer.resize(batch.frame), quantizer.resize(batch.future)
        codes = quantizer.encode(frame, future)
        scene = quantizer.prepare(frame)
        size = quantizer.config.codebook_size
        other = other_codes(codes, size, seed=seed, first=first)
        yield PairTable(
            embodiment=np.asarray(batch.embodiment),
            episode=np.asarray(batch.episode),
            t=np.asarray(batch.t),
            gap_frames=np.asarray(batch.gap_frames),
            codes=codes,
            still=quantizer.encode(frame, frame),
            mse=squared_error(quantizer.decode(scene, codes), future),
            copy_mse=squared_error(frame, future),
            random_mse=squared_error(quantizer.decode(scene, other), future),
            latent=quantizer.latent(frame, future),
            displacement=actions.displacement(batch.episode, batch.t, batch.gap_frames),
            codebook_size=size,
            action_names=actions.names,
        )


def other_codes(codes: np.ndarray, size: int, *, seed: int, first: int = 0) -> np.ndarray:
    """For every row of codes (N, S) a uniformly random latent action that is not it.

    `first` is the number of the first row in the whole sweep. As in AdaWorld's code, a draw that
    hits the inferred latent action is drawn again.
    """
    if size < 2:
        raise ValueError("A codebook of one code has no other latent action.")
    drawn = np.empty_like(codes)
    for row, mine in enumerate(codes):
        generator = np.random.default_rng([seed, first + row])
        drawn[row] = generator.integers(size, size=mine.shape)
        while np.array_equal(drawn[row], mine):
            drawn[row] = generator.integers(size, size=mine.shape)
    return drawn


def squared_error(image: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Mean squared error of every pair of uint8 images (B, h, w, 3), in [0, 1] units, (B,)."""
    difference = (image.astype(np.float32) - other.astype(np.float32)) / 255
    return np.square(difference).mean(axis=(1, 2, 3), dtype=np.float64)


def psnr(mse: np.ndarray) -> np.ndarray:
    """Peak signal-to-noise ratio in dB, −10 log10 MSE.

    An error below that of rounding to uint8 (a variance of 1/12 of a step) counts as that, so an
    exact image has 58.92 dB instead of infinity.
    """
    rounding = 1 / 12 / 255**2
    return -10 * np.log10(np.maximum(mse, rounding))
