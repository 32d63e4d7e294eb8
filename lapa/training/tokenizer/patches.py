"""Learns a PatchTokenizer: principal components of patches, then k-means among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from lapa.data import Cache
from lapa.models.frames import to_batch
from lapa.models.patch_tokenizer import PatchTokenizer, PatchTokenizerConfig
from lapa.training.policy.samples import frame_places
from lapa.training.progress import Progress
from lapa.training.remember import remember

# frames at once, frames of the mean, patches that give the components, frames for the error
_BATCH, _BACKGROUND, _FOR_COMPONENTS, _JUDGED = 64, 256, 20_000, 64
# a patch is unlike the background if a colour is, by this much of full
_UNLIKE = 0.15


@dataclass(frozen=True)
class PatchesConfig:
    """A complete run.

    frames: how many are looked at. still: how many patches as in the mean frame are taken for each
    that is unlike it; the board is always there, and would take all centres. rounds: of k-means.
    """

    model: PatchTokenizerConfig = field(default_factory=PatchTokenizerConfig)
    frames: int = 6000
    still: float = 0.1
    rounds: int = 40
    seed: int = 0


def learn_patches(config: PatchesConfig, cache: Cache, folder: str | Path) -> Iterator[Progress]:
    """Learn on the `train` frames of a cache; the tokenizer lies in `folder`/model.

    Yields "step" for the frames read, and "finished" with the mean absolute error of held-out
    frames (grey levels).

    Raises:
        ValueError: smaller frames than it takes, none to train on, or too few patches.
    """
    from sklearn.cluster import KMeans

    c = config.model
    if cache.image_size < c.image_size:
        raise ValueError(
            f"the cache holds {cache.image_size} px frames, the model takes {c.image_size}"
        )
    remember(config, Path(folder))
    rng = np.random.default_rng(config.seed)
    tokenizer = PatchTokenizer(c)
    chunks: list[np.ndarray] = []
    frames = rng.permutation(frame_places(cache, "train"))[: config.frames]
    if not len(frames):
        raise ValueError("the cache holds no frame to train on")
    background = _patches(tokenizer, cache, frames[:_BACKGROUND]).mean(0)
    for first in range(0, len(frames), _BATCH):
        chunks.append(_sample(config, tokenizer, cache, frames[first : first + _BATCH], background))
        yield Progress("step", min(first + _BATCH, len(frames)), len(frames), 0.0)
    patches = np.concatenate(chunks)
    if len(patches) < c.codebook_size // c.parts:
        raise ValueError(f"{len(patches)} patches are there; {c.codebook_size} centres need more")
    mean = patches.mean(0)
    some = patches[rng.choice(len(patches), min(len(patches), _FOR_COMPONENTS), replace=False)]
    directions = np.linalg.svd(some - mean, full_matrices=False)[2][: c.components]
    vectors = tokenizer.divided(torch.from_numpy((patches - mean) @ directions.T)).numpy()
    means = KMeans(
        c.codebook_size // c.parts, n_init=1, max_iter=config.rounds, random_state=config.seed
    )  # fmt: skip
    centres = [means.fit(vectors[:, part]).cluster_centers_ for part in range(c.parts)]
    values = {"mean": mean, "components": directions, "codebook": np.concatenate(centres)}
    for name, value in values.items():
        getattr(tokenizer, name).data = torch.from_numpy(value.astype(np.float32))
    tokenizer.save_pretrained(Path(folder) / "model")
    held_out = frame_places(cache, "holdout")
    places = held_out if len(held_out) else frames
    places = places[:: max(1, len(places) // _JUDGED)][:_JUDGED]
    yield Progress("evaluated", len(frames), len(frames), 0.0, _error(tokenizer, cache, places))
    yield Progress("finished", len(frames), len(frames), 0.0, path=Path(folder) / "model")


def _sample(
    config: PatchesConfig,
    tokenizer: PatchTokenizer,
    cache: Cache,
    frames: np.ndarray,
    background: np.ndarray,
) -> np.ndarray:
    """Patches (M, N) unlike the background, and some others."""
    patches = _patches(tokenizer, cache, frames)
    unlike = np.abs(patches - background).max(-1) > _UNLIKE
    rng = np.random.default_rng((config.seed, int(frames[0])))
    others = rng.random(unlike.shape) < config.still * unlike.mean() / max(1e-9, 1 - unlike.mean())
    return patches[unlike | others]


def _patches(tokenizer: PatchTokenizer, cache: Cache, frames: np.ndarray) -> np.ndarray:
    """(B, h · w, N) of frames by their places."""
    batch, _ = to_batch(cache.frames[np.sort(frames)], tokenizer.config.image_size)
    return tokenizer.patches(batch).flatten(1, 2).numpy()


def _error(tokenizer: PatchTokenizer, cache: Cache, places: np.ndarray) -> dict[str, float]:
    batch, _ = to_batch(cache.frames[np.sort(places)], tokenizer.config.image_size)
    tokens = tokenizer.encode(batch)
    target = (batch * 255).permute(0, 2, 3, 1).numpy()
    error = np.abs(tokenizer.decode(tokens.numpy()) - target).mean()
    return {"error": float(error), "held_out_codes": len(np.unique(tokens))}
