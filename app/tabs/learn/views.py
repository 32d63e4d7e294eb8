"""What the lessons show, as it comes from the models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

Codes = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Pair:
    """A frame pair on its way through a quantizer, pictures at the model's shown size.

    latent: (S, D) float32, before quantization. image: imagined from the frame with `codes`.
    command: what was told between the frames, a name and its value each: a robot on the tabletop
    metres `right` and `up` in the picture, a car the means of its `steering` (to the right), `gas`
    and `brake`; None where nobody recorded it.
    """

    clip_id: str
    index: int
    embodiment: str
    instruction: str
    frame: np.ndarray
    future: np.ndarray
    latent: np.ndarray
    codes: Codes
    image: np.ndarray
    seconds: float
    aspect: float
    command: Mapping[str, float] | None


@dataclass(frozen=True, eq=False)
class Plane:
    """A flat view of one position's codebook: the two widest directions of codes and latents.

    codes (K, 2): the vectors. apart (K,): how far each lies out of the plane, so that the distance
    of a point p in the plane is sqrt(|p - codes|² + apart²). latents (n, 2): real ones. asked: the
    point of the lesson's question, in the plane.
    """

    codes: np.ndarray
    apart: np.ndarray
    latents: np.ndarray
    asked: np.ndarray


@dataclass(frozen=True, eq=False)
class Dream:
    """A closed-loop rollout beside the truth. codes: of each step. psnr, copy_psnr: dB a step, of
    the imagined and of the first frame."""

    embodiment: str
    imagined: tuple[np.ndarray, ...]
    true: tuple[np.ndarray, ...]
    codes: tuple[Codes, ...]
    psnr: tuple[float, ...]
    copy_psnr: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Guess:
    """A pair whose code is asked for. options: codes, the right one among them; images: what each
    of them imagines. nearest: whether no code of all imagines a picture nearer to the future."""

    pair: Pair
    options: Codes
    images: tuple[np.ndarray, ...]
    nearest: bool


@dataclass(frozen=True, eq=False)
class Swap:
    """A word whose codes may be changed. changes: a position each, mean absolute difference between
    the picture of the word and those with another code there, in grey levels."""

    pair: Pair
    changes: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Steered:
    """A pair on whose frame latent actions may be pressed that drive. options: in their order;
    left: the number of that which steers to the left; note: where that is known from."""

    pair: Pair
    options: tuple[Codes, ...]
    left: int
    note: str


@dataclass(frozen=True, eq=False)
class Instructed:
    """What stages two and three make of a frame and an instruction.

    codes: the latent action that the policy predicts; image: what the quantizer's decoder makes of
    it. command: of the finetuned policy, metres to the right and up in the picture.
    """

    instruction: str
    frame: np.ndarray
    codes: Codes
    image: np.ndarray
    command: tuple[float, float]
