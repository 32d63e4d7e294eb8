"""What lies where: a policy learns to see from captioned pictures, before LAPA's stages.

LAPA starts from LWM-7B, which knows pictures and words; a small network has to be taught. As in
Pix2Seq (Chen et al. 2022) and PaliGemma (Beyer et al. 2024), places are words: `<loc00>` to
`<loc63>`, down and then right, in a caption that follows the picture: of what an instruction speaks
of, as in a referring expression, the block and where it should be.

    push the red star to the left -> <loc20><loc41> <loc20><loc30>

A policy with `Sight` is taught besides where each name's keypoint lies. To one without, the caption
names all other things, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from accelerate import Accelerator
from torch import Tensor, nn

from lapa.data.captions import Captions
from lapa.models.policy import LatentPolicy
from lapa.models.vision_language import VisionLanguageModel
from lapa.nn.sight import Sight
from lapa.training import parallel
from lapa.training.policy.recipe import Examples, PolicyRun, Teachable, TokenRecipe, around, train
from lapa.training.progress import Metric, Progress

# words for places along a side
PLACES = 64
LOCATIONS = tuple(f"<loc{place:02d}>" for place in range(PLACES))
# pictures that are only measured on
HELD_OUT = 1000
# in shares of the side, about the width of a block
MISSED = 0.06
# deviation, in PLACES, of how right the neighbours of a place are
_NEAR = 1.0
# a policy's inputs and targets, names that lie in the picture, and their places
Batch = tuple[dict[str, Tensor], Tensor, Tensor, Tensor]


class CaptionLessons:
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
        keypoints, count = policy.model.config.keypoints, len(captions.vocabulary)
        if 0 < keypoints < count:
            raise ValueError(f"this policy has {keypoints} keypoints for {count} names of things")
        self._things = captions.names.shape[1]
        self.others = 0 if keypoints else self._things - 1
        self._longest = self.others * (max(map(len, self.names)) + 2) + 4

    def __len__(self) -> int:
        return self._last - self._first

    def examples(
        self, policy: Teachable[Any], chosen: np.ndarray, rng: np.random.Generator
    ) -> Examples:
        """The caption is given, its places are the targets."""
        c, at = self._captions, chosen + self._first
        tokens = torch.zeros(len(chosen), self._longest, dtype=torch.int64)
        target = torch.full_like(tokens, -1)
        for row, (names, places, block, goal) in enumerate(
            zip(c.names[at], c.places[at], c.blocks[at], c.goals[at], strict=True)
        ):
            others = rng.permutation(np.delete(np.arange(self._things), block))[: self.others]
            things = [(self.names[names[each]], places[each]) for each in others]
            end = 0
            # the instruction has named the block, and the goal has no name
            for name, place in [([], places[block]), ([], goal), *things]:
                where = self.locations[to_bins(place)[::-1].copy()]
                tokens[row, end : end + len(name)] = torch.tensor(name)
                end += len(name)
                tokens[row, end : end + 2] = target[row, end : end + 2] = torch.from_numpy(where)
                end += 2
        instructions = c.instructions[at].tolist()
        return policy.taught(self._vision[at], instructions, tokens[:, :-1], "text"), target

    def vision(self, chosen: np.ndarray) -> Tensor:
        """The pictures' vision tokens, (B, h · w · parts) int64."""
        return torch.from_numpy(self._vision[chosen + self._first].astype(np.int64))

    def things(self, chosen: np.ndarray) -> tuple[Tensor, Tensor]:
        """Which names lie in the picture, (B, M) int64, and where, (B, M, 2) float32."""
        c, at = self._captions, chosen + self._first
        return torch.from_numpy(c.names[at]), torch.from_numpy(c.places[at])

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
    count = min(HELD_OUT, len(captions) // 10)
    if not count:
        raise ValueError(f"{len(captions)} captioned pictures are too few; 10 are needed")
    split = len(captions) - count
    lessons = CaptionLessons(captions, policy, vision, 0, split)
    held_out = CaptionLessons(captions, policy, vision, split, len(captions))
    yield from train(GroundingRecipe(run, policy, lessons, held_out), folder, resume=resume)


class GroundingRecipe(TokenRecipe[VisionLanguageModel, Batch]):
    """The recipe of a policy, with keypoints, and measured by how far off it finds things. A place
    next to the right one is half right (see PolicyRun.smooth)."""

    policy: LatentPolicy
    lessons: CaptionLessons
    held_out: CaptionLessons

    def __init__(
        self,
        run: PolicyRun,
        policy: LatentPolicy,
        lessons: CaptionLessons,
        held_out: CaptionLessons,
    ) -> None:
        super().__init__(run, policy, lessons, held_out)

    def batch(self, index: int) -> Batch:
        rng = np.random.default_rng((self.run.loop.seed, index))
        chosen = rng.integers(len(self.lessons), size=self.run.loop.batch_size)
        captioned, rest = (
            part[parallel.rows(len(part))] for part in np.split(chosen, [self._captions])
        )
        chosen = np.concatenate([captioned, rest])
        inputs, target = self.lessons.examples(self.policy, captioned, rng)
        if len(rest):
            inputs["frames"] = torch.cat([inputs["frames"], self.lessons.vision(rest)])
        return inputs, target, *self.lessons.things(chosen)

    @property
    def _captions(self) -> int:
        """Of how many pictures of a batch a caption is learned. With keypoints of half of them:
        captions cost the most, and are learned sooner than shapes are told apart."""
        size = self.run.loop.batch_size
        return size if self.policy.model.sight is None else -(-size // 2)

    def loss(
        self, model: nn.Module, batch: Batch, accelerator: Accelerator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        inputs, target, names, places = batch
        maps, sight = None, self.model.sight
        if sight is not None:
            # looked at once: for its keypoints, and for the caption
            maps = self._maps(sight, self.model, inputs["frames"], accelerator.device)
            inputs = inputs | {"frames": sight.embed(*sight.locate(maps[: len(target)]))}
        logits, target = self._logits(model, (inputs, target), accelerator.device)
        known = target >= 0
        logits, true = logits[known], self.lessons.bins(target[known])
        labels = torch.zeros_like(logits)
        labels[:, self.lessons.locations] = around(true, PLACES, _NEAR).to(labels)
        share = parallel.weight(known.sum())
        loss = F.cross_entropy(logits, labels) * share
        parts = {"accuracy": (logits.argmax(-1) == target[known]).float().mean() * share}
        if sight is not None and maps is not None:
            parts["keypoints"] = self._keypoints(sight, maps, names, places)
            loss = loss + parts["keypoints"]
        return loss, parts

    def _keypoints(self, sight: Sight, maps: Tensor, names: Tensor, places: Tensor) -> Tensor:
        """Cross entropy of where each name lies, or that it lies nowhere.

        maps: of `Sight`. names: (B, M) int64. places: (B, M, 2).
        """
        names, places = names.to(maps.device), places.to(maps.device)
        logits = F.pad(maps[:, : len(self.lessons.names)], (0, 1))
        labels = torch.zeros_like(logits)
        labels[..., -1] = 1
        row = torch.arange(len(names), device=maps.device)[:, None]
        labels[row, names] = F.pad(sight.target_maps(places), (0, 1)).to(labels)
        return F.cross_entropy(logits.flatten(0, 1), labels.flatten(0, 1))

    @torch.inference_mode()
    def evaluate(self, model: VisionLanguageModel) -> dict[str, Metric]:
        """Of held-out pictures, those before given: how often a place is exactly right, the
        median distance in shares of the side, of the block that is meant and of its goal besides,
        and how often that block is missed by more than MISSED; and any keypoint."""
        logits, target = self.answers(model, self.held_out)
        known = target >= 0
        answer, true = (self.held_out.bins(each[known]) for each in (logits.argmax(-1), target))
        off = (answer - true).float().where(answer >= 0, float(PLACES)).reshape(-1, 2)
        far = off.norm(dim=1).reshape(-1, self.held_out.others + 2) / PLACES
        figures: dict[str, Metric] = {
            "held_out": float((answer == true).float().mean()),
            "off": float(far.median()),
            "off_block": float(far[:, 0].median()),
            "off_goal": float(far[:, 1].median()),
            "missed": float((far[:, 0] > MISSED).float().mean()),
        }
        if model.sight is not None:
            figures["overlooked"] = self._overlooked(model.sight, model)
        return figures

    def _overlooked(self, sight: Sight, model: VisionLanguageModel) -> float:
        lessons, device, far = self.held_out, next(model.parameters()).device, []
        for chosen in self.excerpt(lessons):
            names, places = lessons.things(chosen)
            maps = self._maps(sight, model, lessons.vision(chosen), device)
            own = sight.locate(maps)[0].cpu().gather(1, names[..., None].expand_as(places))
            far.append((own - places).norm(dim=-1))
        return float((torch.cat(far) > MISSED).float().mean())

    @staticmethod
    def _maps(
        sight: Sight, model: VisionLanguageModel, frames: Tensor, device: torch.device
    ) -> Tensor:
        return sight.maps(frames.to(device), model.table("vision"))
