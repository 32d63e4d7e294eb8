"""FastHead: the latent action in force and the frame as it is now -> the robot's next action.

The fast half of a hierarchy. A large policy needs long for an answer, so it says a *word*, a latent
action, from time to time; this head is small enough to act at every tick of the robot until the
next word. It never reads the instruction: what it should do, the word says. Beside the frame it
knows how old the word is, counted from the frame that the word was said of, and how far the robot
has been told to move since. Both are known to whoever commands the robot and need no recording.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from lapa import pretrained
from lapa.data.bins import ActionBins
from lapa.models.binned import Binned
from lapa.models.frames import to_batch, to_codes
from lapa.models.policy import LatentPolicy
from lapa.nn.keypoints import Keypoints

# what it may weigh, so that it is fast anywhere
MOST_PARAMETERS = 1_000_000


@dataclass(frozen=True)
class FastHeadConfig:
    """image_size: side of the frames it looks at, pixels. width, keypoints: see `Keypoints`.
    embedding: width of what stands for a code. hidden: width of what reads it all. code_length,
    codebook_size: S and K of a word. dimensions, bins: A of an action, and the most bins of any of
    them. rate: ticks a second, of its actions. oldest: the age of a word that it has learned, in
    ticks; an older word counts as one of this age.
    """

    image_size: int = 64
    width: int = 8
    keypoints: int = 32
    embedding: int = 32
    hidden: int = 256
    code_length: int = 4
    codebook_size: int = 8
    dimensions: int = 2
    bins: int = 32
    rate: float = 10.0
    oldest: int = 20

    def __post_init__(self) -> None:
        if min(asdict(self).values()) <= 0 or self.image_size % 4 or self.width % 8:
            raise ValueError(
                f"image_size is a multiple of 4, width of 8, all above 0; received {self}"
            )

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> FastHeadConfig:
        """ValueError names an unknown field."""
        return pretrained.config_of(cls, values, "a fast head")


class FastHead(Binned):
    """Frames (B, 3, s, s), words (B, S), the displacement commanded since (B, A) in the action's
    units and ages (B,) in ticks -> logits (B, A, K) of the bins of the next action.

    Raises:
        ValueError: bins that do not fit the config, or a network above MOST_PARAMETERS.
    """

    settings = FastHeadConfig
    config: FastHeadConfig
    scale: Tensor

    def __init__(self, config: FastHeadConfig, bins: ActionBins) -> None:
        super().__init__(config, bins)
        self.eye = Keypoints(config.width, config.keypoints)
        self.codes = nn.Embedding(config.code_length * config.codebook_size, config.embedding)
        known = 2 * config.keypoints + config.code_length * config.embedding
        self.read = nn.Sequential(
            nn.Linear(known + config.dimensions + 1, config.hidden),
            nn.GELU(),
            nn.LayerNorm(config.hidden),
            nn.Linear(config.hidden, config.hidden),
            nn.GELU(),
            nn.Linear(config.hidden, config.dimensions * config.bins),
        )
        # a few steps at full speed are about 1
        steps = [max(float(np.abs(own).max()), 1e-6) for own in bins.edges]
        self.register_buffer("scale", 4 * torch.tensor(steps), persistent=False)
        if self.parameter_count > MOST_PARAMETERS:
            raise ValueError(
                f"a fast head has at most {MOST_PARAMETERS} parameters, this one would have "
                f"{self.parameter_count}"
            )

    @property
    def parameter_count(self) -> int:
        """Of the whole network."""
        return sum(each.numel() for each in self.parameters())

    def forward(self, frames: Tensor, codes: Tensor, moved: Tensor, ages: Tensor) -> Tensor:
        """frames: float in [0, 1]; the rest as the class says."""
        c = self.config
        first = torch.arange(c.code_length, device=codes.device) * c.codebook_size
        word = self.codes(codes + first).flatten(1)
        age = ages.clamp(max=c.oldest)[:, None] / c.oldest
        known = [self.eye(frames), word, moved / self.scale, age.to(word.dtype)]
        logits: Tensor = self.read(torch.cat(known, 1))
        return logits.unflatten(-1, (c.dimensions, c.bins))

    @torch.inference_mode()
    def act(
        self,
        frame: np.ndarray,
        codes: npt.ArrayLike,
        moved: npt.ArrayLike,
        age: float | Sequence[float] | np.ndarray,
    ) -> np.ndarray:
        """The next action: float64 (A,), or (B, A) for a batch; the means of the bins, in the units
        of the labelled set.

        Args:
            frame: as it is now, (H, W, 3) uint8, or a batch (B, H, W, 3).
            codes: the word in force, (S,) or (B, S).
            moved: the sum of the actions since the frame that the word was said of, (A,) or (B, A).
            age: seconds since that frame, one or B; at least 0.

        Raises:
            ValueError: other shapes, codes that are none, or an age below 0.
        """
        device, c = next(self.parameters()).device, self.config
        frames, kind = to_batch(frame, c.image_size, device=device)
        word = to_codes(codes, size=c.codebook_size, length=c.code_length).to(device)
        since = np.atleast_2d(np.asarray(moved, np.float32))
        ages = np.atleast_1d(np.asarray(age, np.float32))
        count = len(frames)
        if since.shape != (count, c.dimensions) or ages.shape != (count,) or len(word) != count:
            raise ValueError(
                f"{count} frames need as many words, displacements of {c.dimensions} numbers and "
                f"ages; received {tuple(word.shape)}, {since.shape} and {ages.shape}"
            )
        if not (np.isfinite(since).all() and np.isfinite(ages).all() and (ages >= 0).all()):
            raise ValueError("an age is 0 seconds or more, a displacement finite numbers")
        ticks = torch.from_numpy(ages).to(device) * c.rate
        logits = self(frames, word, torch.from_numpy(since).to(device), ticks).float()
        actions = self.bins.mean(logits.softmax(-1).cpu().numpy())
        return actions[0] if kind.single else actions


def check_words(head: FastHead, policy: LatentPolicy) -> None:
    """Whether a policy says the words that a head has learned.

    Raises:
        ValueError: it says others, or none.
    """
    c, length, values = head.config, policy.config.code_length, policy.model.config.latent
    wanted = f"the fast head takes words of {c.code_length} codes of {c.codebook_size} values"
    if not values:
        raise ValueError(f"{wanted}; this policy says none (it was finetuned to act by itself)")
    if (length, values) != (c.code_length, c.codebook_size):
        raise ValueError(f"{wanted}; this policy says {length} codes of {values} values")
