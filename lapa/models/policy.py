"""LatentPolicy: a frame and an instruction -> the latent action, or after finetuning the robot's.

A vision-language model with its two tokenizers (LAPA, section 3.2 and 3.3): the instruction in the
official prompt, the frame as vision tokens, then as many latent codes, or binned actions, as the
head is asked for.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lapa import pretrained
from lapa.data.bins import CONSTANT, ActionBins, read_bins, write_bins
from lapa.data.layout import Layout
from lapa.hub import push_to_hub
from lapa.models.tokenizers import Tokenizer, load_tokenizer
from lapa.models.vision_language import KEYPOINT, KINDS, VisionLanguageConfig, VisionLanguageModel
from lapa.official import prompts

NO_BINS = "this policy cannot act: it has no action bins (it was not finetuned)"
MODEL, FRAMES, TEXT, BINS = "model", "image_tokenizer", "tokenizer.model", "bins.csv"


@dataclass(frozen=True)
class PolicyConfig:
    """code_length: codes of a latent action. prompt_length: text tokens before the frame, padded
    or cut on the left. vision_end: the vision token that closes a frame. chunk, direction: how many
    actions are predicted at once, and whether a direction is told first (see `Layout`). mean: act
    by the mean of the bins in place of the likeliest one. The defaults are LAPA's.
    """

    code_length: int = 4
    prompt_length: int = 128
    vision_end: int = 8193
    chunk: int = 1
    direction: bool = False
    mean: bool = False

    @property
    def layout(self) -> Layout:
        """Of what is predicted of an action."""
        return Layout(self.chunk, self.direction)

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
        if bins is not None and (most := max(self.config.layout.counts(bins))) > (
            model.config.action
        ):
            raise ValueError(
                f"actions have up to {most} bins, the model's head {model.config.action}"
            )

    @classmethod
    def from_pretrained(cls, source: str | os.PathLike[str], **places: Any) -> LatentPolicy:
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

    def save_pretrained(self, folder: str | os.PathLike[str]) -> None:
        """Write config.json, tokenizer.model, bins.csv if there are any, a folder a network."""
        folder = Path(folder)
        pretrained.save_config(folder, asdict(self.config))
        self.model.save_pretrained(folder / MODEL)
        self.image_tokenizer.save_pretrained(folder / FRAMES)
        shutil.copyfile(self.text.path, folder / TEXT)
        if self.bins is not None:
            write_bins(folder / BINS, self.bins)

    def push_to_hub(self, repo_id: str, **words: Any) -> str:
        """Put it on the Hub with a card; words: as `lapa.push_to_hub` takes and raises them."""
        with TemporaryDirectory() as folder:
            self.save_pretrained(folder)
            return push_to_hub(folder, repo_id, **words)

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
        units of the finetuning set; of a policy that predicts C at once (C, A) or (B, C, A).

        With `config.mean` it is the mean of the bins, those before it chosen as the likeliest;
        where actions are drawn (temperature above 0) it is the drawn bin's middle all the same.

        Raises:
            ValueError: the model has no action head, or came without bins.
        """
        if self.bins is None:
            raise ValueError(NO_BINS)
        layout = self.config.layout
        counts = layout.counts(self.bins)
        chosen, logits = self._continued(
            frame, instruction, "action", len(counts), temperature, seed,
            [max(1, count) for count in counts],
        )  # fmt: skip
        if self.config.mean and not temperature:
            actions = layout.mean_actions(logits.float().softmax(-1).cpu().numpy(), self.bins)
        else:
            still = torch.tensor([count == 0 for count in counts])
            tokens = torch.where(still, CONSTANT, chosen.cpu()).numpy()
            actions = layout.actions(tokens, self.bins)
        actions = actions[:, 0] if layout.chunk == 1 else actions
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
        instructions = as_many(instruction, len(batch))
        vision = torch.from_numpy(np.asarray(self.image_tokenizer.encode(batch))).flatten(1)
        return self.sequence(vision, instructions, kind)

    def sequence(
        self, vision: Tensor, instructions: Sequence[str], kind: str = "latent"
    ) -> dict[str, Tensor]:
        """As `tokens`, from the vision tokens (B, h · w · parts) int64 of the frames."""
        if len(instructions) != len(vision):
            raise ValueError(f"{len(instructions)} instructions came for {len(vision)} frames")
        if not all(isinstance(each, str) and each.strip() for each in instructions):
            raise ValueError("an instruction is empty; it says what the robot should do")
        length, keypoints = self.config.prompt_length, self.model.config.keypoints
        text, masks = zip(*(self.text.prompt(each, length) for each in instructions), strict=True)
        placed = torch.full((len(vision), keypoints), KEYPOINT) if keypoints else vision
        end = torch.full((len(vision), 1), self.config.vision_end)
        tail = torch.tensor([self.text.tail(kind)]).expand(len(vision), -1)
        tokens = torch.cat([torch.tensor(text), placed, end, tail], 1)
        kinds = torch.zeros_like(tokens)
        kinds[:, length : length + placed.shape[1] + 1] = KINDS.index("vision")
        mask = torch.ones_like(tokens)
        mask[:, :length] = torch.tensor(masks)
        inputs = {"tokens": tokens, "kinds": kinds, "mask": mask}
        return inputs | {"frames": vision} if keypoints else inputs

    # ---- for training ------------------------------------------------------------------------

    def taught(
        self, frames: np.ndarray, instructions: Sequence[str], before: Tensor, kind: str
    ) -> dict[str, Tensor]:
        """The model's inputs, ended by the targets before the last one.

        frames: (B, h · w · parts) vision tokens of the frames. before: (B, L − 1) int64 codes or
        bins, or tokens of text.
        """
        inputs = self.sequence(torch.from_numpy(frames.astype(np.int64)), instructions, kind)
        more = {
            "tokens": before,
            "kinds": torch.full_like(before, KINDS.index(kind)),
            "mask": torch.ones_like(before),
        }
        return inputs | {name: torch.cat([inputs[name], part], 1) for name, part in more.items()}

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


def settings(folder: Path) -> tuple[PolicyConfig, VisionLanguageConfig]:
    """Of a policy's folder and its network, without reading weights.

    Raises:
        FileNotFoundError: there is none. ValueError: they are none.
    """
    own = PolicyConfig.from_dict(pretrained.load_config(folder))
    return own, VisionLanguageConfig.from_dict(pretrained.load_config(folder / MODEL))


def as_many(instruction: str | Sequence[str], frames: int) -> list[str]:
    """One instruction for all frames, or the ones that came."""
    return [instruction] * frames if isinstance(instruction, str) else list(instruction)


def with_latent_head(
    policy: LatentPolicy, *, code_length: int, latent: int, seed: int = 0
) -> LatentPolicy:
    """Stage 2 begins with a policy that can see: it gets a new head for `latent` codes a position.

    All else (trunk, text, vision) is copied; what was learned about seeing stays as it is, as LAPA
    freezes the vision encoder (section 3.2).
    """
    model = _regrown(policy.model, replace(policy.model.config, latent=latent, action=0), seed)
    config = replace(policy.config, code_length=code_length)
    return LatentPolicy(model, policy.image_tokenizer, policy.text.path, config)


def with_action_head(
    policy: LatentPolicy,
    bins: ActionBins,
    seed: int = 0,
    *,
    layout: Layout | None = None,
    mean: bool = False,
) -> LatentPolicy:
    """Stage 3 begins: the latent action head and embedding are dropped, those of actions are new.

    All else (trunk, text, vision) is copied from the policy; it sees as before, as in stage 2.
    layout, mean: see `PolicyConfig`.
    """
    layout = layout or Layout()
    grown = replace(policy.model.config, latent=0, action=max(layout.counts(bins)))
    model = _regrown(policy.model, grown, seed)
    config = replace(
        policy.config, chunk=layout.chunk, direction=layout.direction, mean=mean
    )  # fmt: skip
    return LatentPolicy(model, policy.image_tokenizer, policy.text.path, config, bins=bins)


def acting_on(policy: LatentPolicy, *, mean: bool = False) -> LatentPolicy:
    """A policy that acts already learns on with the head that it has, and sees as before."""
    policy.model.freeze_sight()
    config = replace(policy.config, mean=mean)
    return LatentPolicy(
        policy.model, policy.image_tokenizer, policy.text.path, config, bins=policy.bins
    )


def _regrown(
    model: VisionLanguageModel, config: VisionLanguageConfig, seed: int
) -> VisionLanguageModel:
    """A model of this config with the weights of all that both have, but heads that act; its sight
    is frozen."""
    torch.manual_seed(seed)
    grown = VisionLanguageModel(config)
    new = ("heads.latent", "heads.action", "embeddings.latent", "embeddings.action")
    common = {
        name: value
        for name, value in model.state_dict().items()
        if name in grown.state_dict() and not name.startswith(new)
    }
    grown.load_state_dict(common, strict=False)
    grown.freeze_sight()
    return grown
