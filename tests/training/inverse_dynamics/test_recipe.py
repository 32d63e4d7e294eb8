"""Inverse dynamics learns actions that can be seen, and labels video with them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lapa.data import Cache
from lapa.data.labels import Labels
from lapa.models.inverse_dynamics import InverseDynamics, InverseDynamicsConfig
from lapa.presets.policies import stages
from lapa.training.inverse_dynamics.label import bins_of, label_actions
from lapa.training.inverse_dynamics.recipe import train_inverse
from lapa.training.policy import label as latent_label
from lapa.training.policy.samples import latent_samples
from lapa.training.toy import make_toy_videos

STEPS = 150


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Cache:
    """A square and a disc that slide two pixels a frame; the action is where to."""
    at = tmp_path_factory.mktemp("inverse")
    return Cache.build(make_toy_videos(at / "toy", episodes=12, size=32), at / "cache", 32)


@pytest.fixture(scope="module")
def model(cache: Cache, tmp_path_factory) -> InverseDynamics:
    run = stages("debug").inverse
    loop = replace(run.loop, steps=STEPS, learning_rate=3e-3, evaluate_every=0, save_every=STEPS)
    run = replace(run, loop=replace(loop, ema_decay=0.9))
    out = tmp_path_factory.mktemp("run")
    steps = list(train_inverse(run, cache, out, episodes=16, bins=16))
    figures = next(each.metrics for each in steps if each.event == "evaluated")
    assert figures["error"] < figures["error_of_mean"] / 2, figures
    return InverseDynamics.from_pretrained(out / "model")


def test_held_out_actions_are_inferred(model: InverseDynamics, cache: Cache) -> None:
    """Also of a clip of three frames, as imagined videos are short; and a batch is its clips."""
    at = next(at for at, e in enumerate(cache.episodes) if e.split == "holdout")
    clip, true = np.asarray(cache.clip(at)), cache.actions(at)
    whole = model.infer(clip)
    assert whole.shape == true.shape
    right = np.sign(whole.round()) == np.sign(true.round())
    assert right.mean() > 0.8
    parts = np.stack([clip[4:7], clip[9:12]])
    short = model.infer(parts)
    assert short.shape == (2, 2, 2)
    assert np.allclose(short[1], model.infer(parts[1]), atol=1e-5)
    assert np.abs(short - np.stack([true[4:6], true[9:11]])).mean() < np.abs(true).mean()
    with pytest.raises(ValueError, match=r"T at least 2.*received \(1, 32, 32, 3\)"):
        model.infer(clip[:1])


def test_video_is_labelled_with_inferred_actions(
    model: InverseDynamics, cache: Cache, tmp_path: Path, monkeypatch
) -> None:
    """Stopped after the first part it goes on; the labels are the bins of what is inferred."""
    monkeypatch.setattr(latent_label, "EPISODES_A_PART", 4)
    monkeypatch.setattr("lapa.training.inverse_dynamics.label.EPISODES_A_PART", 4)
    steps = label_actions(model, cache, tmp_path)
    first = next(steps)
    steps.close()
    assert first.done == 4 and first.total == len(cache.episodes)
    rest = list(label_actions(model, cache, tmp_path))
    assert rest[0].done == 8 and rest[-1].done == len(cache.episodes)
    labels = Labels.open(tmp_path)
    bins = bins_of(labels)
    assert bins is not None and bins.counts == model.bins.counts
    assert len(labels) == sum(e.length - 1 for e in cache.episodes)
    mine = [at for at, name in enumerate(labels.episode) if name == cache.episodes[7].id]
    assert np.array_equal(labels.codes[mine], bins.encode(model.infer(cache.clip(7))))
    # a policy learns from them as from codes
    samples = latent_samples(cache, labels, "train")
    frame = samples.frame[0]
    assert frame == cache.episodes[0].start and samples.target.shape[1] == 2


def test_what_does_not_fit_is_refused(model: InverseDynamics) -> None:
    with pytest.raises(ValueError, match="for 2 dimensions of up to 3 bins"):
        InverseDynamics(InverseDynamicsConfig(bins=3), model.bins)
    with pytest.raises(ValueError, match="multiple of 4"):
        InverseDynamicsConfig(image_size=30)
    with pytest.raises(ValueError, match="unknown fields of an inverse dynamics model: colour"):
        InverseDynamicsConfig.from_dict({"colour": 1})
