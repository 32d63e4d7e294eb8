"""Models, clips, and what is said about a frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# what moves in a picture, unless a model's card says otherwise
ROBOT = "robot"


@dataclass(frozen=True)
class Model:
    """A quantizer checkpoint; with `error` set it cannot be used and the numbers are zero.

    image_size: pixels a side that the network sees; shown_size: that its pictures are shown at.
    embodiments: those that it was measured on, which are those that it has learned; none where
    nobody has measured it. note: a sentence on what lies beside it and cannot be used, or empty.
    about: what its card says of it in one sentence, or empty. moves: what moves in its pictures by
    its card, a robot or a car. nested: whether the first codes of a latent action are one of their
    own.
    """

    name: str
    title: str
    image_size: int = 0
    code_length: int = 0
    codebook_size: int = 0
    gap_seconds: float = 0.0
    parameters: int = 0
    error: str | None = None
    shown_size: int = 0
    embodiments: tuple[str, ...] = ()
    note: str = ""
    about: str = ""
    moves: str = ROBOT
    nested: bool = False

    @property
    def usable(self) -> bool:
        """Whether it could be loaded."""
        return self.error is None

    def knows(self, embodiment: str) -> bool:
        """Whether it has learned this embodiment; of a model that nobody measured, yes."""
        return not self.embodiments or embodiment in self.embodiments


@dataclass(frozen=True)
class Offered:
    """A model on the shelf. source: what it was opened from, empty for what came with the page.
    bytes: of its weights in memory. milliseconds: of a press, measured here."""

    model: Model
    source: str = ""
    bytes: int = 0
    milliseconds: float = 0.0


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
    """The imagined next frame for one frame and one latent action, at the model's shown size.

    `future`, `future_index`, `inferred` and `figures` are None when the clip ends before x_t+H;
    `note` then says so in one sentence, otherwise it is empty. chance: what codes at random do on
    this frame, in one sentence beside that of the figures. blur: why the picture is blurred, where
    that is seen, otherwise empty.
    """

    model: Model
    clip: Clip
    index: int
    codes: tuple[int, ...]
    frame: np.ndarray
    image: np.ndarray
    future: np.ndarray | None
    future_index: int | None
    inferred: tuple[int, ...] | None
    figures: Figures | None
    milliseconds: float
    gap_frames: int = 1
    note: str = ""
    chance: str = ""
    blur: str = ""


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
class Queued:
    """A visitor who waits to play. ahead: how many others come first."""

    ahead: int


def nobody(picture: np.ndarray) -> Clip:
    """A clip for a picture that came without one."""
    height, width = picture.shape[:2]
    return Clip("", "", "", "", "", 1.0, 1, height, width, "", True)
