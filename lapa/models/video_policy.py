"""VideoPolicy: imagines a video of the task being done, and does what happens in it (UniPi)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from lapa import pretrained
from lapa.data.bins import ActionBins
from lapa.models.inverse_dynamics import InverseDynamics
from lapa.models.policy import LatentPolicy
from lapa.models.video_diffusion import VideoDiffusion

VIDEO, INVERSE = "video", "inverse_dynamics"


@dataclass(frozen=True)
class VideoPolicyConfig:
    """execute: of the imagined frames how many are acted out before it imagines anew; 0: all of
    them, as UniPi does, which asks the least often."""

    execute: int = 0


class VideoPolicy:
    """video: imagines. inverse: tells the actions between imagined frames."""

    def __init__(
        self,
        video: VideoDiffusion,
        inverse: InverseDynamics,
        config: VideoPolicyConfig | None = None,
    ) -> None:
        self.video, self.inverse = video.eval(), inverse.eval()
        self.config = config or VideoPolicyConfig()
        if not 0 <= self.config.execute <= video.config.frames:
            raise ValueError(
                f"execute is from 0 to the {video.config.frames} frames that are imagined, "
                f"received {self.config.execute}"
            )

    @classmethod
    def from_pretrained(cls, source: str | os.PathLike[str]) -> VideoPolicy:
        """Load a folder that `save_pretrained` wrote.

        Raises:
            FileNotFoundError: something is missing. ValueError: something does not fit.
        """
        folder = pretrained.resolve(source)
        values = pretrained.load_config(folder)
        return cls(
            VideoDiffusion.from_pretrained(folder / VIDEO),
            InverseDynamics.from_pretrained(folder / INVERSE),
            pretrained.config_of(VideoPolicyConfig, values, "a video policy"),
        )

    def save_pretrained(self, folder: str | os.PathLike[str]) -> None:
        """Write config.json and a folder a network."""
        folder = Path(folder)
        pretrained.save_config(folder, asdict(self.config))
        self.video.save_pretrained(folder / VIDEO)
        self.inverse.save_pretrained(folder / INVERSE)

    @property
    def bins(self) -> ActionBins:
        """Of its actions."""
        return self.inverse.bins

    def act(
        self, frame: np.ndarray, instruction: str | Sequence[str], *, seed: int = 0
    ) -> np.ndarray:
        """The next actions: float64 (C, A) for a frame (H, W, 3), (B, C, A) for a batch; C is
        `config.execute`, A and the units are the labelled set's."""
        imagined = self.video.imagine(frame, instruction, seed=seed)
        executed = self.config.execute or self.video.config.frames
        return self.inverse.infer(imagined)[..., :executed, :]


def load_acting(source: str | os.PathLike[str]) -> LatentPolicy | VideoPolicy:
    """Whatever acts: a finetuned policy, or one that imagines videos.

    Raises:
        FileNotFoundError: something is missing. ValueError: something does not fit, or it cannot
            act.
    """
    folder = pretrained.resolve(source)
    if (folder / VIDEO).is_dir():
        return VideoPolicy.from_pretrained(folder)
    return LatentPolicy.from_pretrained(folder)
