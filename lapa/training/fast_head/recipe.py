"""A fast head learns from labelled episodes, and from the quantizer's words for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor, nn

from lapa.data import Cache
from lapa.data.bins import ActionBins
from lapa.data.labels import Labels
from lapa.models.fast_head import FastHead, FastHeadConfig
from lapa.models.frames import to_batch
from lapa.training import parallel
from lapa.training.inverse_dynamics.label import bins_of
from lapa.training.loop import fit
from lapa.training.policy.recipe import loss_of_bins
from lapa.training.policy.samples import labelled_episodes
from lapa.training.progress import Metric, Progress
from lapa.training.recipe import LoopConfig, Recipe
from lapa.training.remember import remember

# examples of held-out episodes that an evaluation looks at
_MEASURED = 512
# frames (B, 3, s, s) uint8, words (B, S) int64, displacements (B, A) float32, ages (B,) int64
# ticks, and bins of the next actions (B, A) int64, negative where none is
Lessons = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]


@dataclass(frozen=True)
class FastRun:
    """A complete run. The model's `code_length` and `codebook_size` are those of the labels, its
    `dimensions`, `bins` and `rate` those of the actions; its `oldest` is how old words are made.

    smooth: see PolicyRun.
    """

    loop: LoopConfig
    model: FastHeadConfig
    smooth: float = 0.025


@dataclass(frozen=True, eq=False)
class _Track:
    """What is known of an episode: its place in the cache, words (N, S) of its first N frames,
    actions (T − 1, A) and their bins, and the way gone before each frame (T, A)."""

    at: int
    words: np.ndarray
    bins: np.ndarray
    gone: np.ndarray


def train_fast(
    run: FastRun,
    cache: Cache,
    labels: Labels,
    folder: str | Path,
    *,
    episodes: int | None = None,
    embodiment: str | None = None,
    bins: int = 256,
    resume: bool = False,
) -> Iterator[Progress]:
    """Train on labelled episodes; the head lies in `folder`/model.

    labels: of a quantizer, of this cache. episodes, embodiment: which, as for `action_samples`.
    bins: a dimension.

    Raises:
        ValueError: no such episodes or labels, episodes of several rates, or the folder holds a run
            with other settings.
    """
    words = _words_of(cache, labels)
    chosen = labelled_episodes(cache, "train", episodes=episodes, embodiment=embodiment)
    chosen = _with_words(cache, chosen, words)
    if not chosen:
        raise ValueError("no episode with actions has a word: all are shorter than a frame pair")
    known = np.concatenate([own for at in chosen if (own := cache.actions(at)) is not None])
    fitted = ActionBins.fit(known, bins)
    model = replace(
        run.model,
        code_length=labels.about["code_length"],
        codebook_size=labels.about["codebook_size"],
        dimensions=len(fitted),
        bins=max(fitted.counts),
        rate=_rate([cache.episodes[at].fps for at in chosen]),
    )
    run = replace(run, model=model)
    held_out = [
        at
        for at, episode in enumerate(cache.episodes)
        if episode.split == "holdout"
        and (episode.action_dim, episode.fps) == (len(fitted), model.rate)
        and embodiment in (None, episode.embodiment)
    ]
    held_out = _with_words(cache, held_out, words)
    torch.manual_seed(run.loop.seed)
    recipe = FastRecipe(run, FastHead(model, fitted), cache, words, chosen, held_out)
    remember(run, Path(folder))
    evaluate = recipe.evaluate if held_out else None
    yield from fit(recipe, run.loop, folder, resume=resume, evaluate=evaluate)


def _words_of(cache: Cache, labels: Labels) -> dict[str, np.ndarray]:
    """Episode -> (N, S), the words of its first N frames."""
    if bins_of(labels) is not None:
        raise ValueError("the labels are inferred actions; a fast head takes a quantizer's codes")
    if labels.about["data"] != cache.fingerprint:
        raise ValueError("the labels were made of other data; run label on this cache again")
    # rows of an episode stand together, in order of t
    names, starts = np.unique(np.array(labels.episode), return_index=True)
    order = np.argsort(starts)
    parts = np.split(labels.codes, starts[order][1:])
    return dict(zip(names[order].tolist(), parts, strict=True))


def _with_words(cache: Cache, chosen: list[int], words: Mapping[str, np.ndarray]) -> list[int]:
    return [at for at in chosen if cache.episodes[at].id in words]


def _rate(rates: Sequence[float]) -> float:
    if len(set(rates)) > 1:
        raise ValueError(f"the episodes have {sorted(set(rates))} frames a second; one is needed")
    return rates[0]


class FastRecipe(Recipe[FastHead, Lessons]):
    """An episode, a frame t of it whose word is known, and an age a, each drawn evenly: what is
    asked is the action of frame t + a, with the word of t. So the head meets words that are fresh
    and words that a slow policy said long ago. `evaluate` asks for held-out episodes' actions."""

    def __init__(
        self,
        run: FastRun,
        model: FastHead,
        cache: Cache,
        words: Mapping[str, np.ndarray],
        episodes: Sequence[int],
        held_out: Sequence[int],
    ) -> None:
        self.run, self.model, self._cache = run, model, cache
        self._tracks = [self._track(at, words) for at in episodes]
        self._held_out = [self._track(at, words) for at in held_out]

    def _track(self, at: int, words: Mapping[str, np.ndarray]) -> _Track:
        actions = self._cache.actions(at)
        assert actions is not None
        gone = np.cumsum(np.vstack([np.zeros_like(actions[:1]), actions]), 0)
        return _Track(at, words[self._cache.episodes[at].id], self.model.bins.encode(actions), gone)

    def batch(self, index: int) -> Lessons:
        rng = np.random.default_rng((self.run.loop.seed, index))
        drawn = [self._draw(rng, self._tracks) for _ in range(self.run.loop.batch_size)]
        return self._lessons(drawn[parallel.rows()])

    def _draw(self, rng: np.random.Generator, tracks: Sequence[_Track]) -> tuple[_Track, int, int]:
        """A track, the frame of its word, and the word's age in ticks."""
        track = tracks[int(rng.integers(len(tracks)))]
        t = int(rng.integers(len(track.words)))
        ages = min(self.run.model.oldest, len(track.bins) - 1 - t) + 1
        return track, t, int(rng.integers(ages))

    def _lessons(self, drawn: Sequence[tuple[_Track, int, int]]) -> Lessons:
        frames = np.stack([self._cache.clip(track.at)[t + age] for track, t, age in drawn])
        pixels, _ = to_batch(frames, self.run.model.image_size)
        moved = np.stack([track.gone[t + age] - track.gone[t] for track, t, age in drawn])
        return (
            (pixels * 255).round().to(torch.uint8),
            torch.from_numpy(np.stack([track.words[t] for track, t, _ in drawn])),
            torch.from_numpy(moved.astype(np.float32)),
            torch.tensor([age for _, _, age in drawn]),
            torch.from_numpy(np.stack([track.bins[t + age] for track, t, age in drawn])),
        )

    def loss(
        self, model: nn.Module, batch: Lessons, accelerator: Accelerator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        frames, codes, moved, ages, target = (part.to(accelerator.device) for part in batch)
        return loss_of_bins(
            model(frames.float() / 255, codes, moved, ages), target, self.run.smooth
        )

    @torch.inference_mode()
    def evaluate(self, model: FastHead) -> dict[str, Metric]:
        """How far off its actions are on held-out episodes: the mean absolute error in the actions'
        units, that with the words of other examples, and that of always saying the mean action."""
        rng = np.random.default_rng(0)
        drawn = [self._draw(rng, self._held_out) for _ in range(_MEASURED)]
        device = next(model.parameters()).device
        frames, codes, moved, ages, target = (part.to(device) for part in self._lessons(drawn))
        true = model.bins.decode(target.cpu().numpy())

        def error(words: Tensor) -> float:
            logits = model(frames.float() / 255, words, moved, ages).float()
            said = model.bins.mean(logits.softmax(-1).cpu().numpy())
            return float(np.abs(said - true).mean())

        return {
            "error": error(codes),
            "error_of_other_words": error(codes.roll(1, 0)),
            "error_of_mean": float(np.abs(true - true.mean(0)).mean()),
        }

    def export(self, model: FastHead, folder: Path) -> None:
        model.save_pretrained(folder)
