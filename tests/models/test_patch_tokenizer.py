"""Patches as tokens: small coloured things are kept, files, refusals, and learning them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from lapa.data import Cache
from lapa.models.image_tokenizer import ImageTokenizer, ImageTokenizerConfig
from lapa.models.patch_tokenizer import PatchTokenizer, PatchTokenizerConfig
from lapa.models.tokenizers import load_tokenizer
from lapa.training.tokenizer.patches import PatchesConfig, learn_patches
from lapa.training.toy import make_toy_videos

SMALL = PatchTokenizerConfig(image_size=32, patch_size=8, codebook_size=32, components=24)


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Cache:
    folder = tmp_path_factory.mktemp("toy")
    videos = make_toy_videos(folder / "videos", episodes=6)
    Cache.build(videos, folder / "cache", 32)
    return Cache.open(folder / "cache")


@pytest.fixture(scope="module")
def learned(cache: Cache, tmp_path_factory) -> tuple[PatchTokenizer, list]:
    folder = tmp_path_factory.mktemp("run")
    told = list(learn_patches(PatchesConfig(SMALL, frames=60), cache, folder))
    return load_tokenizer(folder / "model"), told


def test_patches_are_cut_and_laid_back_in_order() -> None:
    tokenizer = PatchTokenizer(PatchTokenizerConfig(8, 4, 4, 48))
    frame = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    batch = torch.from_numpy(frame).permute(2, 0, 1)[None].float() / 255
    cut = tokenizer.patches(batch)
    assert cut.shape == (1, 2, 2, 48)
    assert np.allclose(cut[0, 1, 0].reshape(4, 4, 3) * 255, frame[4:, :4], atol=1e-3)
    # a tokenizer whose centres are this frame's own patches gives it back exactly
    tokenizer.components.data = torch.eye(48)
    tokenizer.codebook.data = cut.reshape(4, 48)
    tokens = tokenizer.encode(frame)
    assert tokens.tolist() == [[0, 1], [2, 3]]
    assert np.array_equal(tokenizer.decode(tokens), frame)


def test_parts_name_a_patch_together() -> None:
    """Two parts of two centres each tell four patches apart, where one would need four centres."""
    config = PatchTokenizerConfig(8, 4, 4, 2, parts=2)
    tokenizer = PatchTokenizer(config)
    tokenizer.components.data[0, 0] = tokenizer.components.data[1, 1] = 1.0
    tokenizer.codebook.data = torch.tensor([[0.0], [1.0], [0.0], [1.0]])
    frame = np.zeros((8, 8, 3), np.uint8)
    # of each patch the first two numbers are red and green of its first pixel
    frame[0, 4, 0] = frame[4, 0, 1] = frame[4, 4, 0] = frame[4, 4, 1] = 255
    tokens = tokenizer.encode(frame)
    assert tokens.tolist() == [[[0, 2], [1, 2]], [[0, 3], [1, 3]]]
    assert np.array_equal(tokenizer.decode(tokens), frame)
    assert np.array_equal(tokenizer.decode(tokens[None])[0], frame)
    with pytest.raises(ValueError, match=r"accepted are \(2, 2, 2\) and \(B, 2, 2, 2\)"):
        tokenizer.decode(tokens[..., 0])
    with pytest.raises(ValueError, match="parts must divide"):
        PatchTokenizerConfig(8, 4, 4, 3, parts=2)


def test_more_parts_of_fewer_centres_lose_less(cache: Cache, tmp_path: Path) -> None:
    errors = []
    for parts in (1, 4):
        config = PatchTokenizerConfig(32, 8, 32, 24, parts=parts)
        told = list(learn_patches(PatchesConfig(config, frames=60), cache, tmp_path / str(parts)))
        errors.append(told[-2].metrics["error"])
    assert errors[1] < 0.95 * errors[0]


def test_what_is_learned_beats_the_mean_frame_by_far(cache, learned) -> None:
    tokenizer, told = learned
    assert [each.event for each in told[-2:]] == ["evaluated", "finished"]
    held_out = [episode for episode in cache.episodes if episode.split == "holdout"]
    frames = cache.frames[[e.start + 3 for e in held_out or cache.episodes]]
    rebuilt = tokenizer.decode(tokenizer.encode(frames)).astype(int)
    mean = np.asarray(cache.frames).astype(float).mean(0)
    error, still = np.abs(rebuilt - frames).mean(), np.abs(mean - frames).mean()
    assert error < 0.75 * still
    assert told[-2].metrics["held_out_codes"] > 4


def test_learning_is_the_same_every_time(cache, learned, tmp_path: Path) -> None:
    list(learn_patches(PatchesConfig(SMALL, frames=60), cache, tmp_path))
    again = PatchTokenizer.from_pretrained(tmp_path / "model")
    frames = cache.frames[:5]
    assert np.array_equal(again.encode(frames), learned[0].encode(frames))


def test_files_say_which_kind_they_are(learned, tmp_path: Path) -> None:
    learned[0].save_pretrained(tmp_path / "patches")
    ImageTokenizer(
        ImageTokenizerConfig(16, (32, 32), blocks=1, latent=8, codebook_size=16, code_dim=4)
    ).save_pretrained(tmp_path / "vqgan")
    assert isinstance(load_tokenizer(tmp_path / "patches"), PatchTokenizer)
    assert isinstance(load_tokenizer(tmp_path / "vqgan"), ImageTokenizer)
    frame = np.zeros((50, 40, 3), np.uint8)
    assert load_tokenizer(tmp_path / "patches").encode(frame).shape == (4, 4)


def test_what_is_wrong_is_said(cache, learned, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="patch_size must divide"):
        PatchTokenizerConfig(30, 8)
    with pytest.raises(ValueError, match="a patch has 12 numbers"):
        PatchTokenizerConfig(8, 2, 16, 13)
    with pytest.raises(ValueError, match=r"accepted are \(4, 4\)"):
        learned[0].decode(np.zeros((3, 3), int))
    with pytest.raises(ValueError, match="from 0 to 31"):
        learned[0].decode(np.full((4, 4), 32))
    with pytest.raises(ValueError, match="the cache holds 32 px frames, the model takes 128"):
        list(learn_patches(PatchesConfig(), cache, tmp_path))
    with pytest.raises(ValueError, match="centres need more"):
        config = PatchesConfig(PatchTokenizerConfig(32, 8, 4096, 8), frames=2)
        list(learn_patches(config, cache, tmp_path / "few"))
