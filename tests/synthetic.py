"""Clips and quantizers whose every measure is known: a square that moves by its actions.

The ground is a torus of one colour, so a frame shifted by its displacement is exactly the future.
`clips` makes them as a cache in memory, `frame_pairs` the pairs of them; `known_pairs` are pairs
whose every displacement a test chooses, and `apart` is what they differ by.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from lapa.data import Cache, FramePairs, Report
from lapa.data.manifest import CachedEpisode

SIZE, SQUARE, PIXELS = 24, 6, 2
FPS, GAP = 10.0, 2
# displacements of a pair along one axis, in actions: code k means REACH[k]
REACH = tuple(range(-GAP, GAP + 1))
K, S = len(REACH), 2


@dataclass(frozen=True)
class Body:
    """An embodiment: its ground and square, and what a unit of movement is in its actions."""

    name: str
    ground: tuple[int, int, int]
    square: tuple[int, int, int]
    names: tuple[str, ...] = ("x", "y", "gripper")
    unit: float = 1.0


ARM = Body("arm", (40, 60, 90), (220, 200, 60))
RED = Body("red", (120, 40, 40), (60, 220, 230), unit=0.1)
HAND = Body("hand", (20, 110, 60), (240, 240, 240), names=("thumb", "index", "wrist"))
BLIND = Body("blind", (90, 90, 30), (10, 10, 200), names=())


def clips(
    bodies: tuple[Body, ...] = (ARM, RED),
    *,
    episodes: int = 6,
    length: int = 26,
    seed: int = 0,
    still: bool = False,
) -> Cache:
    """Held-out episodes of each body; every frame the square moves by −1, 0 or 1 steps of PIXELS
    along each axis, as its actions x and y say. still: nothing moves."""
    generator = np.random.default_rng(seed)
    steps = (
        (body, generator.integers(-1, 2, (length - 1, 2)) * (not still))
        for body in bodies
        for _ in range(episodes)
    )
    return recorded(steps, generator)


def recorded(episodes: Iterable[tuple[Body, np.ndarray]], generator: np.random.Generator) -> Cache:
    """A held-out episode for each body and its steps (length − 1, 2) along x and y; where the
    square begins, and what its third action says, are drawn."""
    known, frames, values, start, count = [], [], [], 0, 0
    for body, steps in episodes:
        length = len(steps) + 1
        number = sum(episode.embodiment == body.name for episode in known)
        at = generator.integers(SIZE, size=2) + PIXELS * np.cumsum([[0, 0], *steps], 0)
        frames.append(np.stack([picture(body, x, y) for x, y in at.astype(int)]))
        rest = generator.normal(size=(length - 1, 1))
        action = np.hstack([steps, rest]) * body.unit if body.names else np.empty((0, 0))
        values.append(action.astype(np.float32).ravel())
        known.append(
            CachedEpisode(
                id=f"{body.name}-{number}",
                source="synthetic",
                embodiment=body.name,
                fps=FPS,
                split="holdout",
                height=SIZE,
                width=SIZE,
                action_names=body.names,
                start=start,
                length=length,
                action_start=count,
                action_dim=len(body.names),
                digest=str(len(known)),
            )
        )
        start, count = start + length, count + values[-1].size
    return Cache(
        folder=Path("synthetic"),
        image_size=SIZE,
        frames=np.concatenate(frames),
        episodes=tuple(known),
        report=Report(len(known)),
        fingerprint="synthetic",
        all_actions=np.concatenate(values),
    )


def frame_pairs(*bodies: Body, **options: object) -> FramePairs:
    """The pairs of `clips(bodies, **options)` at a gap of two frames."""
    return FramePairs(clips(bodies or (ARM, RED), **options), GAP / FPS, split="holdout")


def known_pairs(*episodes: tuple[Body, Sequence[int]]) -> FramePairs:
    """Pairs one frame apart: an episode for each body and its displacements along x, in units of
    PIXELS from −2 to 2; along y nothing moves."""
    steps = [(body, np.array([[x, 0] for x in along]).reshape(-1, 2)) for body, along in episodes]
    return FramePairs(recorded(steps, np.random.default_rng(0)), 1 / FPS, split="holdout")


def apart(body: Body, x: int, y: int = 0) -> float:
    """The mean squared error, in [0, 1]², of two pictures whose squares lie x and y pixels apart:
    what one square covers and the other does not has the ground's colour there."""
    covered = max(0, SQUARE - abs(x)) * max(0, SQUARE - abs(y))
    colour = np.square(np.subtract(body.ground, body.square) / 255).mean()
    return float(2 * (SQUARE**2 - covered) / SIZE**2 * colour)


def picture(body: Body, x: int, y: int) -> np.ndarray:
    """The square with its corner at (x, y), rows growing with y: (SIZE, SIZE, 3) uint8."""
    image = np.full((SIZE, SIZE, 3), body.ground, np.uint8)
    image[:SQUARE, :SQUARE] = body.square
    return shifted(image, x, y)


def shifted(image: np.ndarray, x: int, y: int) -> np.ndarray:
    """Pixels moved right by x and down by y, around the edges."""
    return np.roll(image, (y, x), axis=(-3, -2))


class Oracle:
    """Encodes the true displacement (code k of position 0: REACH[k] along x, of 1: along y),
    and shifts the frame by it. Its latent is the displacement itself, (2, 1)."""

    config = SimpleNamespace(
        codebook_size=K, code_length=S, image_size=SIZE, quant_dim=1, gap_seconds=GAP / FPS
    )

    def resize(self, frame: np.ndarray) -> np.ndarray:
        return frame

    def prepare(self, frame: np.ndarray) -> np.ndarray:
        return np.asarray(frame)

    def encode(self, frame: np.ndarray, future: np.ndarray) -> np.ndarray:
        if frame.ndim == 3:
            return self.encode(frame[None], future[None])[0]
        return np.stack([_best_shift(*pair) for pair in zip(frame, future, strict=True)])

    def latent(self, frame: np.ndarray, future: np.ndarray) -> np.ndarray:
        return (self.encode(frame, future)[..., None] - float(GAP)).astype(np.float32)

    def decode(self, frame: np.ndarray, codes: np.ndarray) -> np.ndarray:
        codes = np.asarray(codes)
        if frame.ndim == 3 and codes.ndim == 1:
            return self._imagine(frame, codes)
        count = max(len(np.atleast_2d(codes)), 1 if frame.ndim == 3 else len(frame))
        frames = np.broadcast_to(frame, (count, SIZE, SIZE, 3))
        rows = np.broadcast_to(codes, (count, codes.shape[-1]))
        return np.stack([self._imagine(*each) for each in zip(frames, rows, strict=True)])

    def _imagine(self, frame: np.ndarray, codes: np.ndarray) -> np.ndarray:
        return shifted(frame, *(PIXELS * REACH[code] for code in codes))


class Copier(Oracle):
    """Infers the true codes and ignores them."""

    def _imagine(self, frame: np.ndarray, codes: np.ndarray) -> np.ndarray:
        return frame


class Halfway(Oracle):
    """Shifts by half of what the codes say."""

    def _imagine(self, frame: np.ndarray, codes: np.ndarray) -> np.ndarray:
        return shifted(frame, *(PIXELS * REACH[code] // 2 for code in codes))


class Collapsed(Copier):
    """One latent action for everything."""

    def encode(self, frame: np.ndarray, future: np.ndarray) -> np.ndarray:
        return np.full((*np.shape(frame)[:-3], S), GAP)


class Random(Oracle):
    """Codes that hang on the pixels of the frame and mean nothing; the same at every call."""

    def encode(self, frame: np.ndarray, future: np.ndarray) -> np.ndarray:
        if frame.ndim == 4:
            return np.stack([self.encode(*pair) for pair in zip(frame, future, strict=True)])
        key = [int(part.astype(np.int64).ravel() @ PRIMES) for part in (frame, future)]
        return np.random.default_rng(key).integers(K, size=S)


class Cheater(Oracle):
    """Stores the future frame itself under a new latent action and shows it again, whatever the
    frame: it rebuilds everything, and means nothing."""

    config = SimpleNamespace(**(vars(Oracle.config) | {"codebook_size": 256}))

    def __init__(self) -> None:
        self.kept: list[np.ndarray] = []
        self.numbers: dict[bytes, int] = {}

    def encode(self, frame: np.ndarray, future: np.ndarray) -> np.ndarray:
        if frame.ndim == 4:
            return np.stack([self.encode(*pair) for pair in zip(frame, future, strict=True)])
        number = self.numbers.setdefault(future.tobytes(), len(self.kept))
        if number == len(self.kept):
            self.kept.append(future.copy())
        return np.array(divmod(number, 256))

    def _imagine(self, frame: np.ndarray, codes: np.ndarray) -> np.ndarray:
        number = int(codes[0]) * 256 + int(codes[1])
        return self.kept[number % len(self.kept)]


class Blurrer(Oracle):
    """Shifts rightly, and loses a little sharpness each time: half of every pixel's value comes
    from its neighbours above, below and at its sides."""

    def _imagine(self, frame: np.ndarray, codes: np.ndarray) -> np.ndarray:
        image = super()._imagine(frame, codes).astype(float)
        around = sum(shifted(image, *by) for by in ((1, 0), (-1, 0), (0, 1), (0, -1)))
        return np.round(image / 2 + around / 8).astype(np.uint8)


class Fogger(Oracle):
    """Infers the true codes and paints the mean of all that they could have said, whatever they
    are: nearer to the truth than x_t, and no picture of a square."""

    def _imagine(self, frame: np.ndarray, codes: np.ndarray) -> np.ndarray:
        every = [shifted(frame, PIXELS * a, PIXELS * b) for a in REACH for b in REACH]
        return np.mean(every, axis=0).round().astype(np.uint8)


class Checkered(Fogger):
    """Fog with a checkerboard of single pixels, as strong as the edges that it lacks: what a loss
    on the Laplacian of pixels is bought with."""

    def _imagine(self, frame: np.ndarray, codes: np.ndarray) -> np.ndarray:
        fog = super()._imagine(frame, codes).astype(int)
        fogged = np.abs(fog - frame[-1, -1]).max(-1, keepdims=True) > 4
        board = np.indices((SIZE, SIZE)).sum(0)[..., None] % 2 * 2 - 1
        return np.clip(fog + 24 * board * fogged, 0, 255).astype(np.uint8)


class Darker(Oracle):
    """Shifts rightly, and takes FADED grey levels off every pixel each time."""

    def _imagine(self, frame: np.ndarray, codes: np.ndarray) -> np.ndarray:
        image = super()._imagine(frame, codes).astype(int) - FADED
        return np.maximum(image, 0).astype(np.uint8)


class Contrary(Oracle):
    """Moves RED against the codes, and every other body by them."""

    def _imagine(self, frame: np.ndarray, codes: np.ndarray) -> np.ndarray:
        red = (frame == np.array(RED.ground)).all(-1).mean() > 0.5
        return super()._imagine(frame, K - 1 - codes if red else codes)


FADED = 2
PRIMES = np.arange(1, 3 * SIZE**2 + 1) ** 2 % 10_007
SHIFTS = sorted(
    ((a, b) for a in range(K) for b in range(K)), key=lambda s: abs(REACH[s[0]]) + abs(REACH[s[1]])
)


def _best_shift(frame: np.ndarray, future: np.ndarray) -> np.ndarray:
    """The codes whose shift of the frame is nearest to the future, of equals the smallest."""
    errors = [
        np.abs(shifted(frame, PIXELS * REACH[a], PIXELS * REACH[b]).astype(int) - future).sum()
        for a, b in SHIFTS
    ]
    return np.array(SHIFTS[int(np.argmin(errors))])
