"""Video diffusion learns what follows, and a policy acts out what it imagines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from lapa.data.bins import ActionBins
from lapa.data.memory import Recording, cache_in_memory
from lapa.models.inverse_dynamics import InverseDynamics, InverseDynamicsConfig
from lapa.models.video_diffusion import VideoDiffusion, VideoDiffusionConfig
from lapa.models.video_policy import VideoPolicy, VideoPolicyConfig, load_acting
from lapa.presets.policies import stages
from lapa.training.policy.text import learn_text
from lapa.training.video_diffusion.recipe import new_diffusion, train_video

SIZE, WAYS = 16, {"go left": -4, "go right": 4}


def picture(column: int) -> np.ndarray:
    """A bright square, its middle at this column."""
    image = np.full((SIZE, SIZE, 3), 60, np.uint8)
    image[6:10, column - 2 : column + 2] = (220, 60, 60)
    return image


@pytest.fixture(scope="module")
def text(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("text")
    return learn_text(list(WAYS), folder / "tokenizer.model", size=400).path


@pytest.fixture(scope="module")
def cache():
    """Two frames an episode: where the square goes is told."""
    recordings = [
        Recording(
            id=f"{told}-{number}", source="toy", embodiment="square", instruction=told, fps=10,
            split="holdout" if number == 5 else "train", height=SIZE, width=SIZE,
            frames=np.stack([picture(6 + number % 4), picture(6 + number % 4 + way)]),
        )
        for told, way in WAYS.items()
        for number in range(6)
    ]  # fmt: skip
    return cache_in_memory(recordings, SIZE)


@pytest.fixture(scope="module")
def model(cache, text: Path, tmp_path_factory) -> VideoDiffusion:
    run = stages("debug").video
    loop = replace(
        run.loop, steps=120, batch_size=16, learning_rate=4e-3, evaluate_every=0, save_every=500,
        ema_decay=0.9,
    )  # fmt: skip
    small = VideoDiffusionConfig(image_size=SIZE, frames=1, width=16, heads=2, steps=4)
    run = replace(run, loop=loop, model=small)
    train = [at for at, e in enumerate(cache.episodes) if e.split == "train"]
    out = tmp_path_factory.mktemp("run")
    steps = list(train_video(run, new_diffusion(run, text), cache, train, out))
    figures = next(each.metrics for each in steps if each.event == "evaluated")
    assert figures["ratio"] < 0.5, figures
    return VideoDiffusion.from_pretrained(out / "model")


def test_what_is_asked_for_is_imagined(model: VideoDiffusion) -> None:
    """From one frame the two instructions lead to their own next frames, and not to the other's."""
    start = picture(8)
    after = {told: picture(8 + way).astype(float) for told, way in WAYS.items()}
    for told, other in (("go left", "go right"), ("go right", "go left")):
        video = model.imagine(start, told)
        assert video.shape == (2, SIZE, SIZE, 3) and np.array_equal(video[0], start)
        own, its = (np.square(video[1] - after[name]).mean() for name in (told, other))
        assert own < its / 3
    # a batch is its frames, and another seed is another noise
    both = model.imagine(np.stack([start, start]), list(WAYS))
    assert np.abs(both[0].astype(int) - model.imagine(start, "go left")).max() <= 1
    assert not np.array_equal(model.imagine(start, "go left", seed=1), video)


def test_a_video_is_acted_out(model: VideoDiffusion, tmp_path: Path) -> None:
    """What is written comes back, and its actions are those between the imagined frames."""
    torch.manual_seed(0)
    bins = ActionBins((np.linspace(-1, 1, 5), np.linspace(0, 2, 9)))
    inverse = InverseDynamics(
        InverseDynamicsConfig(image_size=SIZE, width=8, keypoints=2, hidden=8, bins=8), bins
    )
    policy = VideoPolicy(model, inverse, VideoPolicyConfig(execute=1))
    policy.save_pretrained(tmp_path / "policy")
    twin = load_acting(tmp_path / "policy")
    assert isinstance(twin, VideoPolicy) and twin.bins.counts == (4, 8)
    frames = np.stack([picture(8), picture(10)])
    actions = twin.act(frames, ["go left", "go right"])
    assert actions.shape == (2, 1, 2)
    imagined = model.imagine(frames, ["go left", "go right"])
    assert np.allclose(actions, inverse.infer(imagined)[:, :1], atol=1e-6)
    assert twin.act(frames[0], "go left").shape == (1, 2)
    assert np.array_equal(VideoPolicy(model, inverse).act(frames, list(WAYS)), actions)
    with pytest.raises(ValueError, match="from 0 to the 1 frames that are imagined, received 2"):
        VideoPolicy(model, inverse, VideoPolicyConfig(execute=2))


def test_what_does_not_fit_is_refused(model: VideoDiffusion, cache, text: Path, tmp_path) -> None:
    with pytest.raises(ValueError, match="an instruction is empty"):
        model.imagine(picture(8), " ")
    with pytest.raises(ValueError, match="1 instructions came for 2 frames"):
        model.imagine(np.stack([picture(8)] * 2), ["go left"])
    with pytest.raises(ValueError, match="multiple of 8, width of 16"):
        VideoDiffusionConfig(width=20)
    with pytest.raises(ValueError, match="there is no video"):
        next(train_video(stages("debug").video, model, cache, [], tmp_path))
