"""VisionLanguageModel: the network behind LAPA's stages 2 and 3, on a Llama of transformers.

One trunk reads text tokens, vision tokens (`ImageTokenizer`), latent actions and binned robot
actions, each with an embedding of its own, and has a head for each (LAPA, section 3.2; the layout
of Large World Model). `lapa.official.vlm` reads the official parameters.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from lapa import pretrained
from lapa.models import placing
from lapa.nn.sight import Sight

KINDS = ("text", "vision", "latent", "action")
# the token at a position that `Sight` fills
KEYPOINT = -1


@dataclass(frozen=True)
class VisionLanguageConfig:
    """The defaults are LAPA-7B's.

    dim, layers, heads, hidden: of the trunk. text, vision, latent, action: sizes of the four
    vocabularies; action 0 is a model of stage 2, which has no action head, latent 0 one of stage
    3 whose latent action head was dropped. theta: of the rotary positions. epsilon: of the RMS
    norms. longest: positions. grid, keypoints: 0 gives every vision token a position of the trunk,
    as LAPA does; else a frame's tokens lie in grid × grid cells of `parts` tokens each, and `Sight`
    makes `keypoints` positions of them; dim is a multiple of 4 then.
    """

    dim: int = 4096
    layers: int = 32
    heads: int = 32
    hidden: int = 11008
    text: int = 32000
    vision: int = 8448
    latent: int = 8
    action: int = 0
    theta: float = 50_000_000.0
    epsilon: float = 1e-6
    longest: int = 2048
    grid: int = 0
    parts: int = 1
    keypoints: int = 0

    def __post_init__(self) -> None:
        for name in ("dim", "layers", "heads", "hidden", "text", "vision", "longest"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; at least 1 is needed")
        if self.dim % (2 * self.heads):
            raise ValueError(
                f"dim is {self.dim}; {self.heads} heads need a multiple of {2 * self.heads}"
            )
        if self.grid % 2 or self.grid < 0 or self.parts < 1:
            raise ValueError(
                f"grid is even and parts at least 1; received {self.grid} and {self.parts}"
            )
        if self.keypoints < 0 or bool(self.grid) != bool(self.keypoints):
            raise ValueError(
                f"grid and keypoints are both 0 or both more; received {self.grid} and "
                f"{self.keypoints}"
            )
        if self.keypoints and self.dim % 4:
            raise ValueError(f"dim is {self.dim}; keypoints need a multiple of 4")

    @property
    def vocabularies(self) -> dict[str, int]:
        """The size of each kind's vocabulary, those that are there."""
        return {kind: getattr(self, kind) for kind in KINDS if getattr(self, kind)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> VisionLanguageConfig:
        """ValueError names an unknown field."""
        return pretrained.config_of(cls, values, "a vision-language model")


class VisionLanguageModel(nn.Module):
    """trunk: a `transformers.LlamaModel`, so adapters and sharding work as on any Llama.
    embeddings, heads: one of each kind, by name."""

    def __init__(self, config: VisionLanguageConfig) -> None:
        super().__init__()
        from transformers import LlamaConfig, LlamaModel

        self.config = c = config
        self.embeddings = nn.ModuleDict(
            {kind: nn.Embedding(size, c.dim) for kind, size in c.vocabularies.items()}
        )
        self.heads = nn.ModuleDict(
            {kind: nn.Linear(c.dim, size, bias=False) for kind, size in c.vocabularies.items()}
        )
        # the trunk is given embeddings, so its own table is as small as may be
        self.trunk = LlamaModel(
            LlamaConfig(
                vocab_size=1,
                hidden_size=c.dim,
                intermediate_size=c.hidden,
                num_hidden_layers=c.layers,
                num_attention_heads=c.heads,
                num_key_value_heads=c.heads,
                rms_norm_eps=c.epsilon,
                max_position_embeddings=c.longest,
                rope_parameters={"rope_type": "default", "rope_theta": c.theta},
                pad_token_id=None,
                bos_token_id=None,
                eos_token_id=None,
            )
        )
        self.trunk.embed_tokens = None
        self.sight = Sight(c.grid, c.parts, c.dim, c.keypoints) if c.grid else None

    @classmethod
    def from_pretrained(
        cls,
        source: str | os.PathLike[str],
        *,
        dtype: torch.dtype = torch.float32,
        heads: int | None = None,
        **places: Any,
    ) -> VisionLanguageModel:
        """Load a checkpoint folder, a Hub id, or an official parameter file.

        Args:
            heads: attention heads of an official file that is not LLaMA's size; no shape tells
                them.
            places: `device_map`, `bits`, `offload_folder`, `max_memory`, as `placing.load` takes
                them: several GPUs, 4 bits, or part of it on disk.

        Raises:
            FileNotFoundError: nothing there. ValueError: no such model, keys that differ, or no
                room for it here.
        """
        from lapa.official import vlm

        path = Path(pretrained.resolve(source))
        if path.is_file():
            config = VisionLanguageConfig.from_dict(vlm.config(path, heads=heads))
            tensors = vlm.tensors(path, heads=heads)
        else:
            config = VisionLanguageConfig.from_dict(pretrained.load_config_of(path))
            tensors = pretrained.tensors(path)
        return placing.load(lambda: cls(config), tensors, path.name, dtype=dtype, **places)

    @classmethod
    def need(
        cls,
        config: VisionLanguageConfig,
        dtype: torch.dtype = torch.float32,
        bits: int | None = None,
    ) -> placing.Need:
        """What a model of this configuration takes, told before anything is loaded."""
        return placing.need(lambda: cls(config), dtype, bits)

    def table(self, kind: str) -> Tensor:
        """Embeddings (K, dim) of a kind's vocabulary."""
        return self.embeddings[kind].get_parameter("weight")

    def blocks(self) -> list[nn.Module]:
        """The trunk's layers: each is gathered by itself when the model is trained in shards."""
        return list(self.trunk.layers)

    def checkpoint_gradients(self) -> None:
        """Keep of each block its input alone for the backward pass, which computes the rest
        again."""
        again = partial(checkpoint, use_reentrant=False)
        for layer in self.trunk.layers:
            # what transformers sets, too; its own switch warns of the table that the trunk lacks
            layer.gradient_checkpointing, layer._gradient_checkpointing_func = True, again

    def freeze_sight(self) -> None:
        """Training leaves alone where things are seen, and goes on with how that is told."""
        if self.sight is not None:
            self.sight.requires_grad_(False)
            self.embeddings["vision"].requires_grad_(False)
            self.sight.near.requires_grad_(True)

    def save_pretrained(self, folder: str | os.PathLike[str]) -> None:
        """Write config.json and model.safetensors; `from_pretrained(folder)` reads them back."""
        pretrained.save(folder, asdict(self.config), self.state_dict())

    def forward(
        self,
        tokens: Tensor,
        kinds: Tensor,
        *,
        mask: Tensor | None = None,
        cache: Any = None,
        heads: tuple[str, ...] | None = None,
        frames: Tensor | None = None,
    ) -> Mapping[str, Tensor]:
        """Logits (B, T, vocabulary) of each head after every token.

        Args:
            tokens: int64 (B, T), each counted in the vocabulary of its kind; KEYPOINT where a
                position of `frames` stands.
            kinds: int64 (B, T), the kind of each as a place in KINDS.
            mask: (B, T'), 1 for tokens and 0 for padding on the left; T' = T, or with a `cache` all
                tokens so far. Positions count from the first token that is not padding.
            cache: a transformers cache that is read and grown.
            heads: which heads are asked; all of them by default.
            frames: int64 (B, grid² · parts) vision tokens, for a model with a `grid`; or what its
                `sight` made of them, (B, keypoints, dim).
        """
        mask = torch.ones_like(tokens) if mask is None else mask
        positions = (mask.cumsum(-1) - 1).clamp(min=0)[:, -tokens.shape[1] :]
        hidden = self.trunk(
            inputs_embeds=self.embed(tokens, kinds, frames),
            attention_mask=mask,
            position_ids=positions,
            cache=cache,
            use_cache=cache is not None,
        ).last_hidden_state
        return {kind: self.heads[kind](hidden) for kind in heads or tuple(self.heads)}

    def embed(self, tokens: Tensor, kinds: Tensor, frames: Tensor | None = None) -> Tensor:
        """Embeddings (B, T, dim) of tokens of mixed kinds, of `frames` where KEYPOINT stands."""
        first, *others = self.config.vocabularies
        embeddings = self._embeddings(first, tokens, kinds)
        for kind in others:
            here = (kinds == KINDS.index(kind))[..., None]
            embeddings = torch.where(here, self._embeddings(kind, tokens, kinds), embeddings)
        if frames is None or self.sight is None:
            return embeddings
        keypoints = frames
        if not frames.is_floating_point():
            keypoints = self.sight(frames, self.table("vision"))
        here = (tokens == KEYPOINT)[..., None]
        return embeddings.masked_scatter(here, keypoints.to(embeddings.dtype))

    def _embeddings(self, kind: str, tokens: Tensor, kinds: Tensor) -> Tensor:
        """Embeddings (B, T, dim) of the tokens of one kind; those of others count for nothing."""
        here = kinds == KINDS.index(kind)
        return self.embeddings[kind](torch.where(here, tokens, 0).clamp(min=0))

    @torch.inference_mode()
    def continued(
        self,
        tokens: Tensor,
        kinds: Tensor,
        count: int,
        *,
        kind: str = "latent",
        mask: Tensor | None = None,
        temperature: float = 0.0,
        limits: Sequence[int] | None = None,
        generator: torch.Generator | None = None,
        frames: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """`count` more tokens of a kind: (B, count) int64, and their logits (B, count, vocabulary).

        temperature 0 takes the likeliest each time; above it they are drawn with the generator.
        limits: for each of them, how many of the vocabulary may be chosen; all by default.
        Every token is computed once; what was read stays in a cache.
        """
        from transformers import DynamicCache

        if kind not in self.heads:
            raise ValueError(f"this model has no {kind} head; it has {', '.join(self.heads)}")
        mask = torch.ones_like(tokens) if mask is None else mask
        cache, own = DynamicCache(config=self.trunk.config), KINDS.index(kind)
        chosen, scores = [], []
        for step in range(count):
            # the cache has them from then on
            sight = frames if step == 0 else None
            heads = self(tokens, kinds, mask=mask, cache=cache, heads=(kind,), frames=sight)
            logits = heads[kind][:, -1]
            if limits is not None:
                logits[:, limits[step] :] = -torch.inf
            scores.append(logits)
            if temperature:
                share = (logits / temperature).softmax(-1)
                following = torch.multinomial(share, 1, generator=generator)
            else:
                following = logits.argmax(-1, keepdim=True)
            chosen.append(following)
            tokens, kinds = following, torch.full_like(following, own)
            mask = torch.cat([mask, torch.ones_like(following)], 1)
        return torch.cat(chosen, 1), torch.stack(scores, 1)
