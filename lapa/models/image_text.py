"""ImageTextPolicy: any vision-language model of transformers as a latent policy.

    vlm = AutoModelForImageTextToText.from_pretrained(name)
    policy = ImageTextPolicy.extend(vlm, AutoProcessor.from_pretrained(name), codes=8)
    ... lapa.training.policy.recipe.train_policy(run, policy, cache.frames, samples, None, folder)

A code is a new token of the model's own vocabulary, `<latent_0>` and on, so the new rows of its
output layer are the latent action head (LAPA, section 3.2), and after finetuning `<action_0>` and
on, a bin each, are the action head (section 3.3). Everything else is the model's own: its
processor, its chat template, its `generate`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from lapa import pretrained
from lapa.data.bins import CONSTANT, ActionBins, read_bins, write_bins
from lapa.models.policy import BINS, MODEL, NO_BINS, Proposal, as_many
from lapa.official.prompts import QUESTION

if TYPE_CHECKING:
    from transformers import PreTrainedModel, ProcessorMixin

KINDS = ("latent", "action")


@dataclass(frozen=True)
class ImageTextConfig:
    """code_length: codes of a latent action. codes, actions: how many tokens there are of each
    kind; 0 for none."""

    code_length: int = 4
    codes: int = 8
    actions: int = 0


class ImageTextPolicy:
    """A model with its processor. model: of `AutoModelForImageTextToText`, put in evaluation mode.
    bins: of the robot's action, once there are action tokens."""

    def __init__(
        self,
        model: PreTrainedModel,
        processor: ProcessorMixin,
        config: ImageTextConfig,
        *,
        bins: ActionBins | None = None,
    ) -> None:
        """Raises ValueError where the tokenizer lacks the tokens; `extend` adds them."""
        self.model, self.processor, self.config, self.bins = model.eval(), processor, config, bins
        processor.tokenizer.padding_side = "left"
        self._tokens = {
            "latent": self._places("latent", config.codes),
            "action": self._places("action", config.actions),
        }

    @classmethod
    def extend(
        cls,
        model: PreTrainedModel,
        processor: ProcessorMixin,
        *,
        codes: int,
        code_length: int = 4,
        bins: ActionBins | None = None,
    ) -> ImageTextPolicy:
        """Give a model, or a policy's model again, the tokens that it lacks.

        codes: codes of a position, 0 for no latent action head. bins: those of the robot's actions,
        for an action head.
        """
        actions = max(bins.counts) if bins is not None else 0
        names = [*_names("latent", codes), *_names("action", actions)]
        tokenizer = processor.tokenizer
        if tokenizer.add_tokens(
            [name for name in names if name not in tokenizer.get_vocab()], True
        ):
            model.resize_token_embeddings(len(tokenizer))
        return cls(model, processor, ImageTextConfig(code_length, codes, actions), bins=bins)

    @classmethod
    def from_pretrained(cls, source: str | os.PathLike[str]) -> ImageTextPolicy:
        """Load a folder as `save_pretrained` writes it.

        Raises:
            FileNotFoundError: something is missing. ValueError: something does not fit.
        """
        from transformers import AutoModelForImageTextToText, AutoProcessor

        folder = pretrained.resolve(source)
        values = pretrained.load_config(folder)
        model = AutoModelForImageTextToText.from_pretrained(folder / MODEL)
        pretrained.check_numbers(model.state_dict(), folder.name)
        return cls(
            model,
            AutoProcessor.from_pretrained(folder / MODEL),
            pretrained.config_of(ImageTextConfig, values, "an image-text policy"),
            bins=read_bins(folder / BINS) if (folder / BINS).is_file() else None,
        )

    def save_pretrained(self, folder: str | os.PathLike[str]) -> None:
        """Write config.json, bins.csv if there are any, and model/ as transformers does."""
        folder = Path(folder)
        pretrained.save_config(folder, asdict(self.config))
        self.model.save_pretrained(folder / MODEL)
        self.processor.save_pretrained(folder / MODEL)
        if self.bins is not None:
            write_bins(folder / BINS, self.bins)

    def with_model(self, model: PreTrainedModel) -> ImageTextPolicy:
        """The same with other weights."""
        return ImageTextPolicy(model, self.processor, self.config, bins=self.bins)

    def predict(
        self, frame: np.ndarray, instruction: str | Sequence[str], *, temperature: float = 0.0,
        seed: int = 0,
    ) -> np.ndarray:  # fmt: skip
        """As `LatentPolicy.predict`: int64 (S,) for a frame (H, W, 3), (B, S) for a batch."""
        return self.propose(frame, instruction, temperature=temperature, seed=seed).codes

    def propose(
        self, frame: np.ndarray, instruction: str | Sequence[str], *, temperature: float = 0.0,
        seed: int = 0,
    ) -> Proposal:  # fmt: skip
        """As `predict`, with the probability of every code.

        Raises:
            ValueError: the model has no latent action head.
        """
        if not self.config.codes:
            raise ValueError("this policy has no latent head: it was extended with codes=0")
        limits = [self.config.codes] * self.config.code_length
        chosen, logits = self._continued(frame, instruction, "latent", limits, temperature, seed)
        single, shares = np.ndim(frame) == 3, logits.float().softmax(-1).numpy()
        codes = chosen.numpy()
        return Proposal(codes[0] if single else codes, shares[0] if single else shares)

    def act(
        self, frame: np.ndarray, instruction: str | Sequence[str], *, temperature: float = 0.0,
        seed: int = 0,
    ) -> np.ndarray:  # fmt: skip
        """As `LatentPolicy.act`: float64 (A,) or (B, A), the middles of bins.

        Raises:
            ValueError: the policy came without bins.
        """
        if self.bins is None:
            raise ValueError(NO_BINS)
        counts = self.bins.counts
        limits = [max(1, count) for count in counts]
        chosen, _ = self._continued(frame, instruction, "action", limits, temperature, seed)
        still = torch.tensor([count == 0 for count in counts])
        actions = self.bins.decode(torch.where(still, CONSTANT, chosen).numpy())
        return actions[0] if np.ndim(frame) == 3 else actions

    # ---- for training ------------------------------------------------------------------------

    def taught(
        self, frames: np.ndarray, instructions: Sequence[str], before: Tensor, kind: str
    ) -> dict[str, Tensor]:
        """The model's inputs, ended by the targets before the last one.

        frames: (B, H, W, 3) uint8. before: (B, L − 1) int64 codes or bins.
        """
        inputs = self._inputs(frames, instructions)
        own = before + self._tokens[kind][0]
        inputs["input_ids"] = torch.cat([inputs["input_ids"], own], 1)
        inputs["attention_mask"] = torch.cat([inputs["attention_mask"], torch.ones_like(own)], 1)
        return inputs

    def logits(self, model: nn.Module, inputs: dict[str, Tensor], kind: str, count: int) -> Tensor:
        """(B, count, K): of the codes or bins that follow."""
        tokens = self._tokens[kind]
        vocabulary = model(**inputs, logits_to_keep=count).logits[:, -count:]
        return vocabulary[..., tokens[0] : tokens[0] + len(tokens)]

    # ---- inside ------------------------------------------------------------------------------

    def _places(self, kind: str, count: int) -> list[int]:
        """The places of a kind's tokens, which follow each other."""
        vocabulary = self.processor.tokenizer.get_vocab()
        places = [vocabulary.get(name, -1) for name in _names(kind, count)]
        if places != list(range(places[0], places[0] + count) if places else []) or -1 in places:
            raise ValueError(f"the tokenizer has no {count} {kind} tokens; extend() adds them")
        return places

    def _inputs(self, frames: np.ndarray, instructions: Sequence[str]) -> dict[str, Tensor]:
        from PIL import Image

        if len(instructions) != len(frames):
            raise ValueError(f"{len(instructions)} instructions came for {len(frames)} frames")
        if not all(isinstance(each, str) and each.strip() for each in instructions):
            raise ValueError("an instruction is empty; it says what the robot should do")
        prompts = [self._prompt(each) for each in instructions]
        images = [[Image.fromarray(np.asarray(frame))] for frame in frames]
        return dict(self.processor(text=prompts, images=images, return_tensors="pt", padding=True))

    def _prompt(self, instruction: str) -> str:
        """The model's own prompt around LAPA's question."""
        question = QUESTION.format(instruction)
        if not getattr(self.processor, "chat_template", None):
            return f"{self.processor.image_token} {question}"
        content = [{"type": "image"}, {"type": "text", "text": question}]
        messages = [{"role": "user", "content": content}]
        return self.processor.apply_chat_template(messages, add_generation_prompt=True)

    @torch.inference_mode()
    def _continued(
        self, frame: np.ndarray, instruction: str | Sequence[str], kind: str,
        limits: Sequence[int], temperature: float, seed: int,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        """Codes (B, L) and the logits (B, L, K) that they were chosen by."""
        if temperature < 0:
            raise ValueError(f"temperature is {temperature}; 0 and more are accepted")
        batch = frame[None] if np.ndim(frame) == 3 else frame
        inputs = self._inputs(batch, as_many(instruction, len(batch)))
        device, first = next(self.model.parameters()).device, inputs["input_ids"].shape[1]
        tokens, count = self._tokens[kind], len(limits)
        places = torch.tensor(tokens, device=device)

        def only(so_far: Tensor, scores: Tensor) -> Tensor:
            allowed = places[: limits[so_far.shape[1] - first]]
            masked = torch.full_like(scores, -torch.inf)
            masked[:, allowed] = scores[:, allowed]
            return masked

        how = {"do_sample": False} if temperature == 0 else {
            "do_sample": True, "temperature": temperature, "top_k": 0, "top_p": 1.0,
        }  # fmt: skip
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            output = self.model.generate(
                **{name: value.to(device) for name, value in inputs.items()},
                min_new_tokens=count, max_new_tokens=count, logits_processor=[only],
                output_logits=True, return_dict_in_generate=True, **how,
            )  # fmt: skip
        logits = torch.stack(output.logits, 1)[..., places].cpu()
        return output.sequences[:, -count:].cpu() - tokens[0], logits


def _names(kind: str, count: int) -> list[str]:
    return [f"<{kind}_{at}>" for at in range(count)]
