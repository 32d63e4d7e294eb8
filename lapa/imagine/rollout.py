"""The closed loop: x̂_0 = x_0, x̂_(n+1) = decode(x̂_n, c_n), for one row of codes or many.

Every picture is rounded to uint8 before it is decoded again, so that a rollout is exactly the loop
that a person would write around `decode`, and one that was stored is exactly the one that goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

LONGEST = 4096


class Imaginer(Protocol):
    """The part of LatentActionQuantizer that imagining needs (numpy uint8 in, numpy out)."""

    @property
    def config(self) -> Any:
        """With code_length, codebook_size and image_size."""

    def resize(self, frame: np.ndarray) -> np.ndarray:
        """Frames at the model's image size, antialiased; one that is asked for another side takes
        `size` in pixels, as `decode` does."""

    def decode(self, frame: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """Imagined frames, uint8 as `frame`: one (h, w, 3) or B of them."""


class Policy(Protocol):
    """What chooses codes: from a frame and an instruction, one latent action (S,)."""

    def predict(self, frame: np.ndarray, instruction: str) -> Sequence[int] | np.ndarray:
        """S codes for a frame (h, w, 3) uint8."""


def imagine(
    quantizer: Imaginer,
    frame: np.ndarray,
    *,
    actions: Sequence[Any] | np.ndarray | None = None,
    policy: Policy | None = None,
    instruction: str = "",
    steps: int | None = None,
    exact: bool = True,
    size: int | None = None,
) -> np.ndarray:
    """An imagined rollout from one frame: the decoder in the loop.

    Args:
        frame: (H, W, 3) uint8 RGB of any size.
        actions: T latent actions (T, S), or n futures of the same frame (n, T, S); codes are
            whole numbers in 0 … K-1.
        policy, instruction, steps: instead of `actions`, a policy that chooses a latent action
            from every imagined frame, `steps` times.
        exact: n futures are the n loops, bit for bit. False decodes them as one batch, which is
            faster and may differ by a grey level at the first step, and by more later.
        size: side of the pictures in pixels, as for `decode`; the model's by default. The loop
            runs at this size: what never moves stays as sharp as the frame.

    Returns:
        uint8 (T+1, h, w, 3), or (n, T+1, h, w, 3); the first is the frame itself.

    Raises:
        ValueError: not a frame, codes out of range or of another length, or neither actions nor
            a policy with its steps.
    """
    first = begin(quantizer, frame, size)
    if policy is not None and actions is None:
        return _followed(quantizer, first, policy, instruction, check_steps(steps), size)
    if policy is not None or actions is None:
        raise ValueError("a rollout takes either actions, or a policy and how many steps")
    if steps is not None:
        raise ValueError("steps belong to a policy; actions are as many as there are")
    rows = rows_of(quantizer, actions)
    futures = [np.repeat(first[None], len(rows), 0)]
    for codes in rows.swapaxes(0, 1):
        futures.append(decode_rows(quantizer, futures[-1], codes, exact=exact, size=size))
    dreams = np.stack(futures, 1)
    return dreams if np.ndim(actions) == 3 else dreams[0]


def begin(quantizer: Imaginer, frame: np.ndarray, size: int | None = None) -> np.ndarray:
    """x_0 as the model sees it, or `size` pixels a side: uint8 (h, w, 3).

    Raises:
        ValueError: it is not one frame.
    """
    if np.ndim(frame) != 3 or not isinstance(frame, np.ndarray):
        came = f"{type(frame).__name__} {tuple(np.shape(frame))}"
        raise ValueError(f"a rollout starts at one frame, uint8 (H, W, 3); received {came}")
    return quantizer.resize(frame, **at(size))


def at(size: int | None) -> dict[str, int]:
    """The argument for another size than the model's own."""
    return {} if size is None else {"size": size}


def rows_of(quantizer: Imaginer, actions: Sequence[Any] | np.ndarray) -> np.ndarray:
    """Latent actions (T, S) or (n, T, S) as int64 (n, T, S), checked.

    Raises:
        ValueError: another shape, not whole numbers, or outside 0 … K-1.
    """
    c = quantizer.config
    accepted = (
        f"accepted are (T, {c.code_length}) or (n, T, {c.code_length}) whole numbers "
        f"from 0 to {c.codebook_size - 1}, T up to {LONGEST}"
    )
    try:
        rows = np.asarray(actions)
    except ValueError as error:
        raise ValueError(f"actions are rows of different lengths; {accepted}") from error
    if not rows.size or rows.ndim not in (2, 3) or rows.shape[-1] != c.code_length:
        raise ValueError(f"actions have the shape {rows.shape}; {accepted}")
    if rows.dtype.kind not in "iu" or rows.shape[-2] > LONGEST:
        raise ValueError(f"actions are {rows.shape} of {rows.dtype}; {accepted}")
    if rows.min() < 0 or rows.max() >= c.codebook_size:
        raise ValueError(f"actions hold codes from {rows.min()} to {rows.max()}; {accepted}")
    return rows.astype(np.int64).reshape(-1, *rows.shape[-2:])


def check_steps(steps: int | None) -> int:
    """The number of steps if it is one. Raises ValueError."""
    if isinstance(steps, bool) or not isinstance(steps, int | np.integer):
        raise ValueError(f"steps is {steps!r}; accepted are whole numbers from 1 to {LONGEST}")
    if not 1 <= steps <= LONGEST:
        raise ValueError(f"steps is {steps}; accepted are 1 to {LONGEST}")
    return int(steps)


def decode_rows(
    quantizer: Imaginer,
    frames: np.ndarray,
    codes: np.ndarray,
    *,
    exact: bool,
    size: int | None = None,
) -> np.ndarray:
    """decode of n frames (n, h, w, 3) with n latent actions (n, S), each on its own if `exact`.

    Matrix products and convolutions add up in another order for another batch size. The last bits
    differ, rounding makes a grey level of it here and there, and the loop makes that grow: with
    our first shipped model, thousands of pixels after 24 steps.
    """
    if not exact:
        return quantizer.decode(frames, codes, **at(size))
    each = zip(frames, codes, strict=True)
    return np.stack([quantizer.decode(frame, row, **at(size)) for frame, row in each])


def _followed(
    quantizer: Imaginer,
    frame: np.ndarray,
    policy: Policy,
    instruction: str,
    steps: int,
    size: int | None,
) -> np.ndarray:
    frames = [frame]
    for _ in range(steps):
        codes = rows_of(quantizer, [policy.predict(frames[-1], instruction)])[0, 0]
        frames.append(quantizer.decode(frames[-1], codes, **at(size)))
    return np.stack(frames)
