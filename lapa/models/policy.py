"""LatentPolicy: a frame and an instruction -> the latent action, or after finetuning the robot's.

A vision-language model with its two tokenizers (LAPA, section 3.2 and 3.3): the instruction in the
official prompt, the frame as vision tokens, then as many latent codes, or binned actions, as the
head is asked for.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lapa import pretrained
from lapa.data.bins import CONSTANT, ActionBins, read_bins, write_bins
from lapa.models.tokenizers import Tokenizer, load_tokenizer
from lapa.models.vision_language import KINDS, SEEN, VisionLanguageModel
from lapa.official import prompts

NO_BINS = "this policy cannot act: it has no action bins (it was not finetuned)"
MODEL, FRAMES, TEXT, BINS = "model", "image_tokenizer", "tokenizer.model", "bins.csv"


@dataclass(frozen=True)
class PolicyConfig:
    """code_length: codes of a latent action. prompt_length: text tokens before the frame, padded
    or cut on the left. vision_end: the vision token that closes a frame. The defaults are LAPA's.
    """

    code_length: int = 4
    prompt_length: int = 128
    vision_end: int = 8193

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> PolicyConfig:
        """ValueError names an unknown field."""
        return pretrained.config_of(cls, values, "a policy")


@dataclass(frozen=True, eq=False)
class Proposal:
    """codes: (S,) or (B, S) int64. probabilities: (S, K) or (B, S, K) float32, of every code at
    its position, the ones before it taken as chosen."""

    codes: np.ndarray
    probabilities: np.ndarray


class LatentPolicy:
    """model, image_tokenizer: networks, put in evaluation mode. text: the sentencepiece model file.
    bins: of the robot's action, for a model with an action head."""

    def __init__(
        self,
        model: VisionLanguageModel,
        image_tokenizer: Tokenizer,
        text: Path,
        config: PolicyConfig | None = None,
        *,
        bins: ActionBins | None = None,
    ) -> None:
        self.model, self.image_tokenizer = model.eval(), image_tokenizer.eval()
        self.config, self.bins = config or PolicyConfig(), bins
        self.text = prompts.Text(Path(text))
        size, frames = model.config.vision, image_tokenizer.config.codebook_size
        if frames > self.config.vision_end or self.config.vision_end >= size:
            raise ValueError(
                f"frames have tokens up to {frames - 1}, closed by {self.config.vision_end}; the "
                f"model knows vision tokens up to {size - 1}"
            )
        if len(self.text) > model.config.text:
            raise ValueError(
                f"the text tokenizer has {len(self.text)} tokens, the model {model.config.text}"
            )
        if bins is not None and max(bins.counts) > model.config.action:
            raise ValueError(
                f"actions have up to {max(bins.counts)} bins, "
                f"the model's head {model.config.action}"
            )

    @classmethod
    def from_pretrained(cls, source: str | os.PathLike, **places: Any) -> LatentPolicy:
        """Load a folder as `save_pretrained` writes it.

        places: `dtype`, `device_map`, `bits` and so on, as `VisionLanguageModel.from_pretrained`
        takes them.

        Raises:
            FileNotFoundError: something is missing. ValueError: something does not fit.
        """
        folder = pretrained.resolve(source)
        for name in (pretrained.CONFIG, TEXT):
            if not (folder / name).is_file():
                raise FileNotFoundError(f"{folder.name} is no policy: it has no {name}")
        return cls(
            VisionLanguageModel.from_pretrained(folder / MODEL, **places),
            load_tokenizer(folder / FRAMES),
            folder / TEXT,
            PolicyConfig.from_dict(pretrained.load_config(folder)),
            bins=read_bins(folder / BINS) if (folder / BINS).is_file() else None,
        )

    def save_pretrained(self, folder: str | os.PathLike) -> None:
        """Write config.json, tokenizer.model, bins.csv if there are any, a folder a network."""
        folder = Path(folder)
        pretrained.save_config(folder, asdict(self.config))
        self.model.save_pretrained(folder / MODEL)
        self.image_tokenizer.save_pretrained(folder / FRAMES)
        shutil.copyfile(self.text.path, folder / TEXT)
        if self.bins is not None:
            write_bins(folder / BINS, self.bins)

    def with_model(self, model: VisionLanguageModel) -> LatentPolicy:
        """The same with other weights."""
        return LatentPolicy(
            model, self.image_tokenizer, self.text.path, self.config, bins=self.bins
        )

    def predict(
        self,
        frame: np.ndarray,
        instruction: str | Sequence[str],
        *,
        temperature: float = 0.0,
        seed: int = 0,
    ) -> np.ndarray:
        """The latent action: int64 (S,) for a frame (H, W, 3), (B, S) for a batch, which takes one
        instruction for all or one each. temperature 0: the likeliest; above it drawn with `seed`.
        """
        return self.propose(frame, instruction, temperature=temperature, seed=seed).codes

    def propose(
        self,
        frame: np.ndarray,
        instruction: str | Sequence[str],
        *,
        temperature: float = 0.0,
        seed: int = 0,
    ) -> Proposal:
        """As `predict`, with the probability of every code."""
        chosen, logits = self._continued(
            frame, instruction, "latent", self.config.code_length, temperature, seed
        )
        single = np.ndim(frame) == 3
        codes, shares = chosen.numpy(), logits.float().softmax(-1).numpy()
        return Proposal(codes[0] if single else codes, shares[0] if single else shares)

    def act(
        self,
        frame: np.ndarray,
        instruction: str | Sequence[str],
        *,
        temperature: float = 0.0,
        seed: int = 0,
    ) -> np.ndarray:
        """The robot's action: float64 (A,), or (B, A) for a batch, the middles of its bins, in the
        units of the finetuning set.

        Raises:
            ValueError: the model has no action head, or came without bins.
        """
        if self.bins is None:
            raise ValueError(NO_BINS)
        counts = self.bins.counts
        chosen, _ = self._continued(
            frame, instruction, "action", len(counts), temperature, seed,
            [max(1, count) for count in counts],
        )  # fmt: skip
        still = torch.tensor([count == 0 for count in counts])
        actions = self.bins.decode(torch.where(still, CONSTANT, chosen).numpy())
        return actions[0] if np.ndim(frame) == 3 else actions

    def tokens(
        self, frame: np.ndarray, instruction: str | Sequence[str], kind: str = "latent"
    ) -> dict[str, Tensor]:
        """What the model is given: `tokens`, their `kinds` and the `mask`, each (B, T) int64, and
        `frames`, all vision tokens, for a model that takes them apart.

        Raises:
            ValueError: another number of instructions than frames, or an empty one.
        """
        batch = frame[None] if np.ndim(frame) == 3 else frame
        asked = [instruction] * len(batch) if isinstance(instruction, str) else list(instruction)
        vision = torch.from_numpy(np.asarray(self.image_tokenizer.encode(batch))).flatten(1)
        return self.sequence(vision, asked, kind)

    def sequence(
        self, vision: Tensor, instructions: Sequence[str], kind: str = "latent"
    ) -> dict[str, Tensor]:
        """As `tokens`, from the vision tokens (B, h · w · parts) int64 of the frames."""
        if len(instructions) != len(vision):
            raise ValueError(f"{len(instructions)} instructions came for {len(vision)} frames")
        if not all(isinstance(each, str) and each.strip() for each in instructions):
            raise ValueError("an instruction is empty; it says what the robot should do")
        length, keypoints = self.config.prompt_length, self.model.config.keypoints
        text, seen = zip(*(self.text.prompt(each, length) for each in instructions), strict=True)
        placed = torch.full((len(vision), keypoints), SEEN) if keypoints else vision
        end = torch.full((len(vision), 1), self.config.vision_end)
        tail = torch.tensor([self.text.tail(kind)]).expand(len(vision), -1)
        tokens = torch.cat([torch.tensor(text), placed, end, tail], 1)
        kinds = torch.zeros_like(tokens)
        kinds[:, length : length + placed.shape[1] + 1] = KINDS.index("vision")
        mask = torch.ones_like(tokens)
        mask[:, :length] = torch.tensor(seen)
        found = {"tokens": tokens, "kinds": kinds, "mask": mask}
        return found | {"frames": vision} if keypoints else found

    # ---- for training ------------------------------------------------------------------------

    def taught(
        self, seen: np.ndarray, instructions: Sequence[str], before: Tensor, kind: str
    ) -> dict[str, Tensor]:
        """The model's inputs, ended by the targets before the last one.

        seen: (B, h · w · parts) vision tokens of the frames. before: (B, L − 1) int64 codes or
        bins, or tokens of text.
        """
        found = self.sequence(torch.from_numpy(seen.astype(np.int64)), instructions, kind)
        more = {
            "tokens": before,
            "kinds": torch.full_like(before, KINDS.index(kind)),
            "mask": torch.ones_like(before),
        }
        return found | {name: torch.cat([found[name], part], 1) for name, part in more.items()}

    def logits(self, model: nn.Module, inputs: dict[str, Tensor], kind: str, count: int) -> Tensor:
        """(B, count, K): of the codes or bins that follow."""
        return model(**inputs, heads=(kind,))[kind][:, -count:]

    # ---- inside ------------------------------------------------------------------------------

    def _continued(
        self,
        frame: np.ndarray,
        instruction: str | Sequence[str],
        kind: str,
        count: int,
        temperature: float,
        seed: int,
        limits: Sequence[int] | None = None,
    ) -> tuple[Tensor, Tensor]:
        if temperature < 0:
            raise ValueError(f"temperature is {temperature}; 0 and more are accepted")
        return self.model.continued(
            **self.tokens(frame, instruction, kind), count=count, kind=kind,
            temperature=temperature, limits=limits,
            generator=torch.Generator().manual_seed(seed),
        )  # fmt: skip
