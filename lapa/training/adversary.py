"""A discriminator that learns beside the decoder, and what the decoder is told by it.

Squared errors answer with the mean of all arms that four codes leave possible, which is fog. A
discriminator that has seen true frames minds fog, and lets the decoder choose one of them
(Goodfellow et al. 2014; the hinge form of Lim and Ye 2017, arXiv 1705.02894).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from lapa.nn.discriminator import STRIDE, PatchDiscriminator
from lapa.training.checkpoint import load_optimizer_tensors, optimizer_tensors
from lapa.training.parallel import mean as average

# a channel that changes by less than this is the camera's or the codec's noise
MOVES = 20 / 255
# what a patch counts where nothing moves, beside 1 where something does
STILL = 0.05


@dataclass(frozen=True)
class AdversaryConfig:
    """width: of the discriminator. pace: its learning rate (AdamW) over that of the decoder. alone:
    the share of the settled part of the run in which it learns before the decoder listens.
    """

    width: int = 48
    pace: float = 1.5
    betas: tuple[float, float] = (0.5, 0.95)
    alone: float = 0.05


class Adversary:
    """The discriminator, its optimiser, and both sides of the game."""

    def __init__(self, config: AdversaryConfig, device: torch.device) -> None:
        self.config = config
        self.net = PatchDiscriminator(config.width).to(device).train()
        self.optimizer = torch.optim.AdamW(
            self.net.parameters(), lr=0.0, betas=config.betas, weight_decay=0.0
        )

    def learn(
        self, frame: Tensor, picture: Tensor, future: Tensor, *, rate: float
    ) -> tuple[Tensor, Tensor]:
        """One step of the discriminator: the hinge loss on true and imagined frames, and the share
        of patches that it tells rightly.

        frame, picture, future: x_t, the imagined and the true x_t+H, (B, 3, h, w) in [0, 1].
        rate: the decoder's learning rate at this step.
        """
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.pace * rate
        self.net.requires_grad_(True)
        picture = picture.detach().clamp(0, 1)
        weight = moving_patches(frame, picture, future)
        true, false = self.net(frame.repeat(2, 1, 1, 1), torch.cat([future, picture])).chunk(2)
        true, false = true.float(), false.float()
        loss = mean(F.relu(1 - true) + F.relu(1 + false), weight) / 2
        with torch.autocast(frame.device.type, enabled=False):
            loss.backward()
            for parameter in self.net.parameters():
                # the same in every process
                parameter.grad = None if parameter.grad is None else average(parameter.grad)
            self.optimizer.step()
            self.optimizer.zero_grad()
        right = mean(((true > 0).float() + (false < 0).float()) / 2, weight)
        return loss.detach(), right.detach()

    def objection(self, frame: Tensor, picture: Tensor, future: Tensor) -> Tensor:
        """What the decoder has to lower: minus the scores of its pictures, a scalar."""
        self.net.requires_grad_(False)
        scores = self.net(frame, picture.clamp(0, 1)).float()
        return -mean(scores, moving_patches(frame, picture.detach(), future))

    def state(self) -> dict[str, Tensor]:
        """Weights and the optimiser's state as flat tensors."""
        weights = {f"net/{name}": value for name, value in self.net.state_dict().items()}
        moments = optimizer_tensors(self.net, self.optimizer)
        return weights | {f"optimizer/{name}": value for name, value in moments.items()}

    def load_state(self, tensors: Mapping[str, Tensor]) -> None:
        """Put `state()` back."""
        self.net.load_state_dict(_under(tensors, "net/"))
        load_optimizer_tensors(self.net, self.optimizer, _under(tensors, "optimizer/"))


def moving_patches(frame: Tensor, picture: Tensor, future: Tensor) -> Tensor:
    """(B, 1, h/8, w/8): 1 for a patch near which something moves or is imagined to, else nearly 0.

    Robots' backgrounds stand still: unweighted, most of the scores would be of pixels that the
    head copies, and whose codec's noise gives every copy away.
    """
    changes = torch.maximum((future - frame).abs(), (picture - frame).abs()).amax(1, keepdim=True)
    moving = F.max_pool2d((changes > MOVES).float(), STRIDE)
    return F.max_pool2d(moving, 3, 1, 1).clamp(min=STILL)


def mean(values: Tensor, weight: Tensor) -> Tensor:
    """The weighted mean, a scalar; the mean of what several processes get is that over all."""
    return (values * weight).sum() / average(weight.sum())


def _under(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)}
