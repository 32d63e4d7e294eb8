"""What lies where: a policy learns to see from captioned pictures, before LAPA's stages.

LAPA starts from LWM-7B, which knows pictures and words; a small network has to be taught. As in
Pix2Seq (Chen et al. 2022) and PaliGemma (Beyer et al. 2024), places are words: `<loc00>` to
`<loc63>`, down and then right, in a caption that follows the picture. First come the places an
instruction speaks of, as in a referring expression: of the block, and where it should be. Then all
else, with names:

    push the red star to the left -> <loc20><loc41> <loc20><loc30> blue cube <loc33><loc12> …

Besides, each position of the frame is taught which names belong there, by the words' own embeddings
(as GLIP does for regions, Li et al. 2022): then a word finds its thing by looking for itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from accelerate import Accelerator
from torch import Tensor, nn

from lapa.data.captions import Captions
from lapa.models.policy import LatentPolicy
from lapa.training.policy import PolicyRecipe, PolicyRun, around, trained
from lapa.training.progress import Metric, Progress

PLACES = 64
LOCATIONS = tuple(f"<loc{place:02d}>" for place in range(PLACES))
HELD_OUT = 1000
# about the width of a block
MISSED = 0.06
_NEAR = 1.0


class Described:
    """Captioned pictures as lessons. vision: (N, h · w · parts) tokens of the pictures; first,
    last: those that are used."""

    kind = "text"

    def __init__(
        self, captions: Captions, policy: LatentPolicy, vision: np.ndarray, first: int, last: int
    ) -> None:
        self._captions, self._vision, self._first, self._last = captions, vision, first, last
        self.names = [policy.text.pieces(name) for name in captions.vocabulary]
        self.locations = np.array([policy.text.pieces(each)[-1] for each in LOCATIONS])
        if len(set(self.locations.tolist())) < PLACES:
            raise ValueError("this policy's text has no words for places: it was not grounded")
        self._side = max(1, policy.model.config.grid // 2)
        self.things = things = captions.names.shape[1]
        self._longest = (things - 1) * (max(map(len, self.names)) + 2) + 4

    def __len__(self) -> int:
        return self._last - self._first

    def given(
        self, policy: LatentPolicy, chosen: np.ndarray, rng: np.random.Generator
    ) -> tuple[dict[str, Tensor], Tensor]:
        """The caption is given, its places are the targets."""
        c, at = self._captions, chosen + self._first
        tokens = torch.zeros(len(chosen), self._longest, dtype=torch.int64)
        target = torch.full_like(tokens, -1)
        for row, (names, places, block, goal) in enumerate(
            zip(c.names[at], c.places[at], c.blocks[at], c.goals[at], strict=True)
        ):
            others = rng.permutation(np.delete(np.arange(self.things), block))
            told = [([], places[block]), ([], goal)]
            end = 0
            for name, place in told + [(self.names[names[each]], places[each]) for each in others]:
                where = self.locations[to_bins(place)[::-1].copy()]
                tokens[row, end : end + len(name)] = torch.tensor(name)
                end += len(name)
                tokens[row, end : end + 2] = target[row, end : end + 2] = torch.from_numpy(where)
                end += 2
        asked = c.instructions[at].tolist()
        return policy.taught(self._vision[at], asked, tokens[:, :-1], "text"), target

    def named(self, chosen: np.ndarray) -> Tensor:
        """(B, positions) int64: which name lies at each position, or how many there are if none."""
        names, places = (
            each[chosen + self._first] for each in (self._captions.names, self._captions.places)
        )
        cells = np.clip((places * self._side).astype(int), 0, self._side - 1)
        found = np.full((len(chosen), self._side**2), len(self._captions.vocabulary))
        at = cells[..., 1] * self._side + cells[..., 0]
        np.put_along_axis(found, at, names, 1)
        return torch.from_numpy(found)

    def bins(self, tokens: Tensor) -> Tensor:
        """Which of LOCATIONS tokens are; −1 for others."""
        table = torch.full((int(self.locations.max()) + 1,), -1, device=tokens.device)
        table[self.locations] = torch.arange(PLACES, device=tokens.device)
        inside = (tokens >= 0) & (tokens < len(table))
        return torch.where(inside, table[torch.where(inside, tokens, 0)], -1)


def to_bins(places: np.ndarray) -> np.ndarray:
    """Shares of the side -> places in LOCATIONS."""
    return np.clip((places * PLACES).astype(np.int64), 0, PLACES - 1)


def ground(
    run: PolicyRun,
    policy: LatentPolicy,
    captions: Captions,
    vision: np.ndarray,
    folder: str | Path,
    *,
    resume: bool = False,
) -> Iterator[Progress]:
    """Train on all but the last HELD_OUT pictures, or a tenth of few; the policy lies in
    `folder`/model.

    vision: (N, h · w · parts) vision tokens of the pictures.

    Raises:
        ValueError: the folder holds a run with other settings, or there are too few pictures.
    """
    kept = min(HELD_OUT, len(captions) // 10)
    if not kept:
        raise ValueError(f"{len(captions)} captioned pictures are too few; 10 are needed")
    split = len(captions) - kept
    lessons = Described(captions, policy, vision, 0, split)
    held_out = Described(captions, policy, vision, split, len(captions))
    yield from trained(GroundingRecipe(run, policy, lessons, held_out), folder, resume=resume)


class GroundingRecipe(PolicyRecipe):
    """The recipe of a policy, with words at positions, and measured by how far off it finds
    things. A place next to the right one is half right (see PolicyRun.smooth)."""

    lessons: Described
    held_out: Described | None

    def batch(self, index: int) -> tuple[tuple[dict[str, Tensor], Tensor], Tensor]:
        rng = np.random.default_rng((self.run.loop.seed, index))
        chosen = rng.integers(len(self.lessons), size=self.run.loop.batch_size)
        return self.lessons.given(self.policy, chosen, rng), self.lessons.named(chosen)

    def loss(
        self,
        model: nn.Module,
        batch: tuple[tuple[dict[str, Tensor], Tensor], Tensor],
        accelerator: Accelerator,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        (inputs, target), named = batch
        seen, eyes = None, self.policy.model.sight
        if eyes is not None:
            # seen once: for the words at its positions, and for the caption
            seen = eyes(inputs["frames"].to(accelerator.device), self._table("vision"))
            inputs = inputs | {"frames": seen}
        logits, target = self._logits(model, (inputs, target), accelerator.device)
        known = target >= 0
        logits, true = logits[known], self.lessons.bins(target[known])
        wanted = torch.zeros_like(logits)
        wanted[:, self.lessons.locations] = around(true, PLACES, _NEAR).to(wanted)
        loss = F.cross_entropy(logits, wanted)
        parts = {"accuracy": (logits.argmax(-1) == target[known]).float().mean()}
        if seen is not None:
            parts["words"] = self._words(seen, named.to(accelerator.device))
            loss = loss + parts["words"]
        return loss, parts

    def _table(self, kind: str) -> Tensor:
        return self.policy.model.embeddings[kind].weight

    def _words(self, seen: Tensor, named: Tensor) -> Tensor:
        """Cross entropy of what each position is: one of the names, or nothing.

        seen: (B, positions, dim). named: (B, positions) int64, as `Described.named` gives them.
        """
        words = torch.stack([self._table("text")[pieces].sum(0) for pieces in self.lessons.names])
        likeness = F.pad(seen @ words.T / seen.shape[-1] ** 0.5, (0, 1))
        return F.cross_entropy(likeness.flatten(0, 1), named.flatten())

    @torch.inference_mode()
    def evaluate(self, model: nn.Module) -> dict[str, Metric]:
        """Of held-out pictures, those before given: how often a place is exactly right, the
        median distance in shares of the side, of the block that is meant and of its goal besides,
        and how often that block is missed by more than MISSED."""
        logits, target = self.answered(model)
        known = target >= 0
        said, true = (self.held_out.bins(each[known]) for each in (logits.argmax(-1), target))
        off = (said - true).float().where(said >= 0, float(PLACES)).reshape(-1, 2)
        far = off.norm(dim=1).reshape(-1, self.lessons.things + 1) / PLACES
        return {
            "held_out": float((said == true).float().mean()),
            "off": float(far.median()),
            "off_block": float(far[:, 0].median()),
            "off_goal": float(far[:, 1].median()),
            "missed": float((far[:, 0] > MISSED).float().mean()),
        }
