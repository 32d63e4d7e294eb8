"""Training the decoder on its own frames, so that an imagined rollout does not fall apart.

A decoder that has only seen true frames is lost among its own: its small errors are new to it and
pile up. Here some of its pairs are steps of rollouts whose earlier frames it imagined itself, as
in DAgger (Ross et al. 2011) and scheduled sampling (Bengio et al. 2015). No gradient flows from
one step of a rollout into the one before.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from lapa.data import RolloutBatch
from lapa.training.parallel import gather_rows, rows


class ClosedLoop:
    """What the decoder imagined last in every slot of `Rollouts`: the one thing to remember."""

    def __init__(self) -> None:
        self._imagined: Tensor | None = None

    def start(self, rollouts: RolloutBatch, frame: Tensor) -> Tensor:
        """What the decoder goes on from, (B, 3, h, w): its own last frames, and the true `frame`
        where a rollout begins or nothing is remembered."""
        if self._imagined is None:
            return frame
        begins = torch.from_numpy(rollouts.begins).to(frame.device)[:, None, None, None]
        return torch.where(begins, frame, self._imagined.to(frame))

    def keep(self, imagined: Tensor) -> None:
        """Remember the frames of this step, (B, 3, h, w)."""
        self._imagined = imagined.detach().float().clamp(0, 1)

    def state(self) -> dict[str, Tensor]:
        """What is remembered in the slots of all processes, for a checkpoint."""
        return {} if self._imagined is None else {"imagined": gather_rows(self._imagined)}

    def load_state(self, tensors: Mapping[str, Tensor]) -> None:
        """Put `state()` back."""
        imagined = tensors.get("imagined")
        self._imagined = None if imagined is None else imagined[rows()]
