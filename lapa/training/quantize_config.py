"""A quantizer's run as a value: everything that decides how it goes."""

from __future__ import annotations

from dataclasses import dataclass, field

from lapa.data import Cache, FramePairs
from lapa.models.config import LAQConfig
from lapa.training.adversary import AdversaryConfig
from lapa.training.health import CodebookCare
from lapa.training.losses import LossWeights
from lapa.training.recipe import LoopConfig


@dataclass(frozen=True)
class QuantizeConfig:
    """A complete run.

    gap_seconds: None takes the model's gap; a dict gives one per source or embodiment. start_from:
    a checkpoint whose weights the run starts with (its config must equal `model`). reverse: play
    every other pair of a batch backwards, (x_t+H, x_t): as many pairs again, and no film shows
    which way round it runs. settled_loss: the loss once the codes are settled; None keeps `loss`.
    A discriminator learns (as `adversary` says) where it is weighed there; it and the features
    teach the decoder to draw, so neither can be weighed in `loss`, which the codes learn from.
    rollouts: how many of a batch's pairs are, once the codes are settled, steps of closed loops of
    `rollout_steps` steps, in which the decoder goes on from what it imagined at the step before;
    their errors are held against copying the first frame.
    """

    model: LAQConfig
    loop: LoopConfig
    loss: LossWeights = field(default_factory=LossWeights)
    codebook: CodebookCare = field(default_factory=CodebookCare)
    gap_seconds: float | dict[str, float] | None = None
    augment: bool = True
    reverse: bool = False
    settled_loss: LossWeights | None = None
    adversary: AdversaryConfig = field(default_factory=AdversaryConfig)
    rollouts: int = 0
    rollout_steps: int = 16
    start_from: str | None = None

    def __post_init__(self) -> None:
        if self.loss.feature or self.loss.adversarial:
            raise ValueError(
                "features and discriminator teach the decoder alone: weigh them in settled_loss."
            )

    def pairs(self, cache: Cache, split: str) -> FramePairs:
        """The frame pairs of one split at this run's gap."""
        gap = self.model.gap_seconds if self.gap_seconds is None else self.gap_seconds
        return FramePairs(cache, gap, split=split, seed=self.loop.seed)
