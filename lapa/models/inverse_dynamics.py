"""InverseDynamics: a clip -> the action that led from each of its frames to the next.

As VPT's (Baker et al. 2022, arXiv 2206.11795) it is not causal: what happened is told from frames
before and after, which is far easier than what should be done next. A few labelled episodes are
enough to teach it, and it then labels any amount of video (VPT), or turns imagined video into
actions (UniPi).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lapa import pretrained
from lapa.data.bins import ActionBins
from lapa.models.binned import Binned
from lapa.models.frames import to_batch
from lapa.nn.keypoints import Keypoints

# frames that are looked at together, to bound memory
_AT_ONCE = 256


@dataclass(frozen=True)
class InverseDynamicsConfig:
    """image_size: side of the frames it looks at, pixels. reach: frames before and after that count
    for an action, k. width: channels. keypoints: things it follows. hidden: width of what reads the
    keypoints' motion. dimensions, bins: A of an action, and the most bins of any of them.
    """

    image_size: int = 64
    reach: int = 3
    width: int = 24
    keypoints: int = 16
    hidden: int = 256
    dimensions: int = 2
    bins: int = 32

    def __post_init__(self) -> None:
        if min(asdict(self).values()) < 1 or self.image_size % 4 or self.width % 8:
            raise ValueError(
                f"image_size is a multiple of 4, width of 8, all at least 1; received {self}"
            )

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> InverseDynamicsConfig:
        """ValueError names an unknown field."""
        return pretrained.config_of(cls, values, "an inverse dynamics model")


class InverseDynamics(Binned):
    """Clips (B, T, 3, s, s) -> logits (B, T − 1, A, K) of the bins of the actions between frames.

    Each frame is looked at once: convolutions and a spatial softmax say where each keypoint lies.
    An action follows from the keypoints of the k frames before and after, and from how they lie to
    those of the frame where it begins; beyond the ends of the clip its first and last frame stand.
    """

    settings = InverseDynamicsConfig
    config: InverseDynamicsConfig

    def __init__(self, config: InverseDynamicsConfig, bins: ActionBins) -> None:
        super().__init__(config, bins)
        self.eye = Keypoints(config.width, config.keypoints)
        window = 2 * config.reach + 1
        self.read = nn.Sequential(
            nn.Linear(2 * window * 2 * config.keypoints, config.hidden),
            nn.GELU(),
            nn.LayerNorm(config.hidden),
            nn.Linear(config.hidden, config.hidden),
            nn.GELU(),
            nn.Linear(config.hidden, config.dimensions * config.bins),
        )

    def forward(self, clips: Tensor) -> Tensor:
        """clips: float (B, T, 3, s, s) in [0, 1], T at least 2."""
        return self.actions(self.places(clips.flatten(0, 1)).unflatten(0, clips.shape[:2]))

    def places(self, frames: Tensor) -> Tensor:
        """Where keypoints lie in frames (N, 3, s, s): (N, 2 · keypoints), from −1 to 1."""
        places: Tensor = self.eye(frames)
        return places

    def actions(self, places: Tensor) -> Tensor:
        """Logits (B, T − 1, A, K) from the keypoints (B, T, 2 · keypoints) of clips."""
        reach, count = self.config.reach, places.shape[1]
        steps = torch.arange(count - 1, device=places.device)[:, None]
        near = torch.arange(-reach, reach + 1, device=places.device)
        window = places[:, (steps + near).clamp(0, count - 1)]
        # a move is a few hundredths of the picture, the places are all of it
        apart = (window - places[:, :-1, None]) * 10
        logits = self.read(torch.cat([window, apart], -1).flatten(2))
        return logits.unflatten(-1, (self.config.dimensions, self.config.bins))

    @torch.inference_mode()
    def infer(self, clips: np.ndarray) -> np.ndarray:
        """The actions of clips, float64 (T − 1, A), or (B, T − 1, A) of several of one length: the
        means of the bins, in the units of the labelled set.

        clips: (T, H, W, 3) or (B, T, H, W, 3) uint8, T at least 2.

        Raises:
            ValueError: other shapes.
        """
        frames = np.asarray(clips)
        if frames.ndim not in (4, 5) or frames.shape[-4] < 2:
            raise ValueError(
                f"a clip is (T, H, W, 3) uint8 with T at least 2, or a batch of such; received "
                f"{frames.shape}"
            )
        batch = frames[None] if frames.ndim == 4 else frames
        flat = batch.reshape(-1, *batch.shape[2:])
        device, size = next(self.parameters()).device, self.config.image_size
        parts = [flat[at : at + _AT_ONCE] for at in range(0, len(flat), _AT_ONCE)]
        places = torch.cat([self.places(to_batch(each, size, device=device)[0]) for each in parts])
        logits = self.actions(places.unflatten(0, batch.shape[:2])).float()
        counts = torch.tensor([max(1, count) for count in self.bins.counts], device=device)
        beyond = torch.arange(self.config.bins, device=device) >= counts[:, None]
        shares = logits.masked_fill(beyond, -torch.inf).softmax(-1).cpu().numpy()
        actions = self.bins.mean(shares.reshape(-1, *shares.shape[2:]))
        actions = actions.reshape(len(batch), -1, len(self.bins))
        return actions[0] if frames.ndim == 4 else actions
