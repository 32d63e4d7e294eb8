"""A world to act in, made of a quantizer's decoder: the reset and step of a gymnasium environment.

A policy, a person and an evaluator cannot tell it from a simulator (as DIAMOND's
`WorldModelEnv`, Alonso et al. 2024). It follows gymnasium.Env by its contract, not by its class,
and needs no gymnasium; `as_gymnasium` makes one for what insists on the class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lapa.images import moving_detail
from lapa.imagine.ground import Beginning, Ground
from lapa.imagine.rollout import Imaginer, begin, check_steps, decode_rows, rows_of
from lapa.imagine.spaces import Frames, LatentActions

if TYPE_CHECKING:
    import gymnasium

Codes = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Moment:
    """Where a world stands: all of its state, never changed: it can be kept and gone back to.

    frame: uint8 (h, w, 3), read-only; first: x_0, likewise. codes: what led here, a latent action
    a step. sharpness: the detail of `frame` over that of `first` where the two differ, which is
    where the robot is and where it was (see `images.moving_detail`): 1 is as sharp, less is fog; 1
    where nothing has moved. distance: from real frames of this embodiment where the two differ, up
    to 1 is familiar (see `ground`); None where no real frames are known.
    """

    frame: np.ndarray
    first: np.ndarray
    codes: tuple[Codes, ...]
    sharpness: float
    distance: float | None

    @property
    def step(self) -> int:
        """How many latent actions led here."""
        return len(self.codes)

    @property
    def info(self) -> dict[str, Any]:
        """What `reset` and `step` tell beside the frame. codes: the last ones, () at the start."""
        codes = self.codes[-1] if self.codes else ()
        state = {"sharpness": self.sharpness, "distance": self.distance}
        return {"step": self.step, "codes": codes, **state}


class ImaginedWorld:
    """The decoder in the loop, acted in with latent actions.

        world = ImaginedWorld(laq, frame)
        frame, info = world.reset(seed=0)
        frame, reward, terminated, truncated, info = world.step([3, 1, 0, 6])

    Deterministic: the same start and codes give the same frames, bit for bit. There is nothing to
    gain in it (reward 0.0) and it never terminates; it truncates after `steps`, if given.
    `world.moment` is its whole state: keep it, and `restore` it to undo or to go another way.
    """

    metadata = {"render_modes": ["rgb_array"]}
    render_mode = "rgb_array"
    spec = None

    def __init__(
        self,
        quantizer: Imaginer,
        starts: np.ndarray | Sequence[np.ndarray],
        *,
        ground: Ground | None = None,
        steps: int | None = None,
        size: int | None = None,
    ) -> None:
        """
        Args:
            starts: the frame that worlds begin with, (H, W, 3) uint8 RGB, or several to draw from.
            ground: real frames of this embodiment, for `distance`.
            steps: horizon after which `truncated` is told; None for none.
            size: side of the frames in pixels, as for `imagine`; the model's by default.

        Raises:
            ValueError: no frame, or steps below 1.
        """
        several = [starts] if isinstance(starts, np.ndarray) and starts.ndim == 3 else starts
        self._size = size
        self._starts = [begin(quantizer, each, size) for each in several]
        if not self._starts:
            raise ValueError("a world needs at least one frame to start with")
        self.steps = None if steps is None else check_steps(steps)
        self._quantizer, self._ground = quantizer, ground
        self._beginning: tuple[np.ndarray, Beginning] | None = None
        c = quantizer.config
        self.action_space = LatentActions(c.code_length, c.codebook_size)
        self.observation_space = Frames(size or c.image_size)
        self._random = np.random.default_rng()
        self._moment: Moment | None = None

    @property
    def unwrapped(self) -> ImaginedWorld:
        """The world itself; part of the contract."""
        return self

    @property
    def moment(self) -> Moment:
        """Where the world stands. Raises RuntimeError before the first `reset`."""
        if self._moment is None:
            raise RuntimeError("call reset() before anything else")
        return self._moment

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Start again; returns the first frame, uint8 (h, w, 3), and `Moment.info`.

        Args:
            seed: decides which of several starts it is, now and at later resets without a seed.
            options: {"start": i} chooses the start; {"frame": array} takes another one.

        Raises:
            ValueError: an option that is none of these, or no such start.
        """
        if seed is not None:
            self._random = np.random.default_rng(seed)
        start = int(self._random.integers(len(self._starts)))
        first = _frozen(self._chosen(dict(options or {}), start))
        self._moment = self._measured(first, first, ())
        return self.render(), self.moment.info

    def step(
        self, action: Sequence[int] | np.ndarray
    ) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Imagine the next frame: (frame, reward, terminated, truncated, info).

        Args:
            action: a latent action, S whole numbers in 0 … K-1.

        Raises:
            ValueError: no latent action of this model. RuntimeError: before the first `reset`.
        """
        (only,) = self.branch([[action]])
        self._moment = only[0]
        truncated = self.steps is not None and self.moment.step >= self.steps
        return self.render(), 0.0, False, truncated, self.moment.info

    def branch(
        self, actions: Sequence[Any] | np.ndarray, *, exact: bool = True
    ) -> list[tuple[Moment, ...]]:
        """n futures from here, each of T steps; the world itself stays where it is.

        Args:
            actions: (n, T, S) latent actions, or (T, S) for one future.
            exact: as for `imagine`; True gives what stepping would, bit for bit.

        Returns:
            for each future its T moments; `restore` one to go on from it.

        Raises:
            ValueError: no latent actions of this model. RuntimeError: before the first `reset`.
        """
        rows = rows_of(self._quantizer, actions)
        futures = [[self.moment] for _ in rows]
        for codes in rows.swapaxes(0, 1):
            frames = np.stack([future[-1].frame for future in futures])
            imagined = decode_rows(self._quantizer, frames, codes, exact=exact, size=self._size)
            for future, frame, row in zip(futures, imagined, codes, strict=True):
                here = future[-1]
                led = (*here.codes, tuple(row.tolist()))
                future.append(self._measured(_frozen(frame), here.first, led))
        return [tuple(future[1:]) for future in futures]

    def restore(self, moment: Moment) -> None:
        """Go to a moment of this world, past or branched.

        Raises:
            ValueError: a frame of another size.
        """
        if not self.observation_space.contains(moment.frame):
            expected = self.observation_space.shape
            raise ValueError(f"the moment has a frame {moment.frame.shape}, not {expected}")
        self._moment = moment

    def render(self) -> np.ndarray:
        """The frame that is seen, uint8 (h, w, 3), the caller's own."""
        own: np.ndarray = self.moment.frame.copy()
        return own

    def close(self) -> None:
        """Nothing is held open; part of the contract."""

    def _chosen(self, options: dict[str, Any], default: int) -> np.ndarray:
        frame, start = options.pop("frame", None), options.pop("start", default)
        if options:
            raise ValueError(f"options {sorted(options)}; accepted are 'start' and 'frame'")
        if frame is not None:
            return begin(self._quantizer, frame, self._size)
        known = isinstance(start, int | np.integer) and 0 <= start < len(self._starts)
        if not known:
            raise ValueError(f"start is {start!r}; accepted are 0 to {len(self._starts) - 1}")
        return self._starts[int(start)]

    def _measured(self, frame: np.ndarray, first: np.ndarray, codes: tuple[Codes, ...]) -> Moment:
        # copies: torch dislikes read-only arrays
        pictures = np.stack([frame, first])
        here, there = pictures[:1], pictures[1:]
        mine, theirs = moving_detail(here, there, here)
        sharp = float(mine[0] / theirs[0]) if theirs[0] > 0 else 1.0
        return Moment(frame, first, codes, sharp, self._distance(frame, first))

    def _distance(self, frame: np.ndarray, first: np.ndarray) -> float | None:
        if self._ground is None:
            return None
        # moments of one dream share their first frame, which is described once
        if self._beginning is None or self._beginning[0] is not first:
            self._beginning = first, self._ground.begin(self._small(first))
        return self._beginning[1].distance(self._small(frame))

    def _small(self, frame: np.ndarray) -> np.ndarray:
        """At the model's size, where it is told apart."""
        if self._size is None:
            return frame
        small: np.ndarray = self._quantizer.resize(frame.copy())
        return small


def as_gymnasium(world: ImaginedWorld) -> gymnasium.Env:
    """The world as a `gymnasium.Env`, for wrappers and trainers that insist on the class.

    Raises:
        ModuleNotFoundError: gymnasium, which nothing else here needs, is not installed.
    """
    import gymnasium

    class World(gymnasium.Env):
        metadata, render_mode = world.metadata, world.render_mode
        action_space = gymnasium.spaces.MultiDiscrete(world.action_space.nvec)
        observation_space = gymnasium.spaces.Box(0, 255, world.observation_space.shape, np.uint8)

        def reset(
            self, *, seed: int | None = None, options: dict[str, Any] | None = None
        ) -> tuple[np.ndarray, dict[str, Any]]:
            super().reset(seed=seed)
            return world.reset(seed=seed, options=options)

        def step(
            self, action: Sequence[int] | np.ndarray
        ) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
            return world.step(action)

        def render(self) -> np.ndarray:
            return world.render()

    return World()


def _frozen(frame: np.ndarray) -> np.ndarray:
    own: np.ndarray = frame.copy()
    own.flags.writeable = False
    return own
