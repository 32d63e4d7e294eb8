"""What the tabs see: frozen records made of numpy arrays and plain values, never tensors.

Every image is a uint8 RGB array (height, width, 3). Codes are tuples of ints, one per position.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Model:
    """A quantizer checkpoint; with `error` set it cannot be used and the numbers are zero."""

    name: str
    title: str
    image_size: int = 0
    code_length: int = 0
    codebook_size: int = 0
    gap_seconds: float = 0.0
    parameters: int = 0
    error: str | None = None

    @property
    def usable(self) -> bool:
        return self.error is None


@dataclass(frozen=True)
class Clip:
    """An episode that can be shown: shipped with the app, or uploaded by one visitor."""

    id: str
    source: str
    embodiment: str
    task: str
    instruction: str
    fps: float
    frames: int
    height: int
    width: int
    split: str
    uploaded: bool = False
    note: str = ""

    @property
    def aspect(self) -> float:
        """Width over height, for showing the model's square images in the clip's own shape."""
        return self.width / self.height


@dataclass(frozen=True)
class Figures:
    """A prediction against the true future.

    psnr, copy_psnr: dB against x_t+H, of the prediction and of the copied frame x_t.
    mse_ratio: MSE(prediction, x_t+H) / MSE(x_t, x_t+H); below 1 is closer than the copied
        frame; None when nothing moves between x_t and x_t+H, so that no ratio exists.
    sentence: the same in plain words.
    """

    psnr: float
    copy_psnr: float
    mse_ratio: float | None
    sentence: str


@dataclass(frozen=True, eq=False)
class Prediction:
    """The imagined next frame for one frame and one latent action, at the model's image size.

    `future`, `future_index`, `inferred` and `figures` are None when the clip ends before x_t+H;
    `note` then says so in one sentence, otherwise it is empty.
    """

    model: str
    clip_id: str
    index: int
    codes: tuple[int, ...]
    frame: np.ndarray
    image: np.ndarray
    future: np.ndarray | None
    future_index: int | None
    inferred: tuple[int, ...] | None
    figures: Figures | None
    aspect: float
    milliseconds: float
    gap_frames: int = 1
    note: str = ""


@dataclass(frozen=True, eq=False)
class Sweep:
    """Every value of one position on one frame.

    change: for each image, the mean absolute difference to x_t on the 0-255 scale.
    """

    position: int
    images: tuple[np.ndarray, ...]
    codes: tuple[tuple[int, ...], ...]
    change: tuple[float, ...]


@dataclass(frozen=True)
class Preset:
    """A latent action with a name, e.g. "do nothing" or "frequent 1", and why it is offered."""

    name: str
    codes: tuple[int, ...]
    note: str


@dataclass(frozen=True, eq=False)
class Encoding:
    """What a frame pair becomes: its latent action and, before quantization, its latent.

    latent: (S, D) float32, one row per position.
    """

    model: str
    codes: tuple[int, ...]
    latent: np.ndarray


@dataclass(frozen=True)
class CheckupPlan:
    """What a checkup would look at. seconds: how long it would take, None while nobody knows."""

    episodes: int
    pairs: int
    all_episodes: int
    all_pairs: int
    seconds: float | None


@dataclass(frozen=True)
class CheckupProgress:
    """How a checkup is doing.

    state: waiting, running, done, failed or cancelled. stage, done, total: what it is at. share:
    of the whole, 0 to 1. seconds_left: until the report, those before it in the queue included;
    None while unknown. ahead: checkups before it. visitors: pages that wait for this one. error:
    one sentence where it has failed.
    """

    state: str
    stage: str
    done: int
    total: int
    share: float
    seconds_left: float | None
    ahead: int
    visitors: int
    error: str = ""


@dataclass(frozen=True)
class Measured:
    """Figures of a checkpoint that were measured before and came with it.

    findings: as in a report (key, question, verdict, name, figure, reference), without pictures.
    cards: the same by question, each with its verdict. command: what measured them. record: all
    of it, JSON-able, for programs.
    """

    command: str
    pairs: int
    episodes: int
    findings: tuple[Any, ...]
    cards: tuple[Any, ...]
    record: dict[str, Any]


@dataclass(frozen=True, eq=False)
class DreamStep:
    """One moment of a dream: what is seen, what led here, and how far to trust it.

    number: of the moment in its dream; parent: of the one before, None for the first. step: how
    many latent actions led here; codes: the last one, None at the start. sharpness: fine detail
    over that of the first frame. distance: from real frames of this embodiment, up to 1 is
    familiar; None where none are known. untrusted_from: the first step on the way here whose
    picture should not be trusted, and `doubt` why.
    """

    number: int
    parent: int | None
    step: int
    codes: tuple[int, ...] | None
    image: np.ndarray
    sharpness: float
    distance: float | None
    untrusted_from: int | None = None
    doubt: str = ""


@dataclass(frozen=True)
class Queued:
    """A visitor who waits to play. ahead: how many others come first."""

    ahead: int


@dataclass(frozen=True)
class DreamKey:
    """A key to drive with: its latent action, and in one sentence where that was learned."""

    name: str
    codes: tuple[int, ...]
    note: str


@dataclass(frozen=True, eq=False)
class ReplayStep:
    """One step of a replay: what was imagined, what was true, and how close they are.

    codes: inferred from the true frames before and after. anchored: imagined from the true frame
    instead of from its own last picture. psnr, copy_psnr: dB against the true frame, of the
    imagined one and of the frame last anchored to. sharpness: detail over the true frame's.
    """

    step: int
    imagined: np.ndarray
    true: np.ndarray
    codes: tuple[int, ...]
    anchored: bool
    psnr: float
    copy_psnr: float
    sharpness: float
