"""The linear probe: known R², episodes kept apart, embodiments by their own dimensions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lapa.checkup.measures.probe import probe
from lapa.evaluation.actions import Actions
from lapa.evaluation.table import measure
from tests.synthetic import ARM, BLIND, HAND, RED, Collapsed, Oracle, Random, frame_pairs


@pytest.fixture(scope="module")
def pairs():
    return frame_pairs(ARM, RED, HAND)


@pytest.fixture(scope="module")
def table(pairs):
    return measure(Oracle(), pairs)


def test_oracle_says_the_action_and_not_what_cannot_be_seen(table):
    found = probe(table)
    for name in ("arm", "red"):
        assert found.embodiments[name].latent.low > 0.999
        assert found.embodiments[name].codes.low > 0.999
        assert found.embodiments[name].per_dim_latent["x"] > 0.999
        assert found.embodiments[name].per_dim_codes["gripper"] < 0.05
    assert found.overall.latent.value > 0.999 and found.overall.codes.value > 0.999


def test_a_hand_has_dimensions_and_no_translation(table):
    found = probe(table)
    assert np.isnan(found.embodiments["hand"].latent.value)
    assert found.embodiments["hand"].per_dim_latent["thumb"] > 0.999
    assert found.overall.per_dim_codes["index"] > 0.999


@pytest.mark.parametrize("quantizer", [Random(), Collapsed()])
def test_codes_without_meaning_are_no_better_than_the_mean(quantizer, pairs):
    found = probe(measure(quantizer, pairs)).overall
    assert found.latent.value < 0.02 and found.codes.value < 0.02


def test_noise_in_the_latent_costs_the_share_of_variance_that_it_has(table):
    noise = np.random.default_rng(0).normal(size=table.latent.shape)
    variance = table.latent[table.embodiment != "hand"].var()
    noisy = replace(table, latent=(table.latent + noise * np.sqrt(variance)).astype(np.float32))
    # signal and noise alike: the best linear guess explains half
    assert probe(noisy).overall.latent.value == pytest.approx(0.5, abs=0.08)


def test_what_holds_in_one_episode_only_is_not_action_content(table):
    """Latents that count the frames of their episode, actions that differ between episodes."""
    arm = table.of("arm")
    generator = np.random.default_rng(1)
    slope = generator.choice([-1.0, 1.0], size=arm.episode.max() + 1)
    moves = arm.displacement.copy()
    moves[:, :2] = (slope[arm.episode] * (arm.t - arm.t.mean()))[:, None]
    latent = np.repeat(arm.t[:, None, None], 2, 1).astype(np.float32)
    assert probe(replace(arm, displacement=moves, latent=latent)).overall.latent.value < 0.3


def test_scatter_is_a_sample_of_predictions_in_standard_deviations(table):
    points = np.array(probe(table).overall.scatter)
    assert points.shape == (200, 3) and set(points[:, 2]) == {0, 1}
    assert np.allclose(points[:, 0], points[:, 1], atol=0.01)
    assert 0.7 < points[:, 0].std() < 1.3


def test_overall_is_the_mean_over_arms(table):
    blind = replace(
        table, latent=np.where(table.embodiment[:, None, None] == "red", 0, table.latent)
    )
    found = probe(blind)
    values = [found.embodiments[name].latent.value for name in ("arm", "red")]
    assert values[0] > 0.999 > 0.05 > values[1]
    assert found.overall.latent.value == pytest.approx(np.mean(values))


def test_clips_without_actions_cannot_tell():
    assert probe(measure(Oracle(), frame_pairs(BLIND, episodes=2, length=8))) is None


def test_one_episode_needs_other_clips_to_learn_from():
    one = measure(Oracle(), frame_pairs(ARM, episodes=1, length=20, seed=3))
    alone = probe(one).overall
    assert np.isnan(alone.latent.value) and alone.per_dim_latent == {} and alone.scatter == ()
    learn = measure(Oracle(), frame_pairs(ARM, RED, episodes=3))
    taught = probe(one, learn=learn).overall
    assert taught.latent.value > 0.999 and taught.codes.value > 0.999
    assert taught.learnt_from == (learn.embodiment == "arm").sum()


def test_dimensions_are_matched_by_name_where_episodes_differ():
    turned = replace(ARM, names=("y", "x", "lift"))
    clips = frame_pairs(ARM, turned, episodes=2, length=10)
    actions = Actions(clips)
    assert actions.names == {"arm": ("x", "y", "gripper", "lift")}
    told = clips.cache.actions(3)
    found = actions.displacement([3, 0], [4, 0], [2, 2])
    assert found[0, [1, 0, 3]] == pytest.approx(told[4:6].sum(0)) and np.isnan(found[0, 2])
    assert np.isnan(found[1, 3])
    dims = probe(measure(Oracle(), frame_pairs(ARM, turned, episodes=6))).overall.per_dim_latent
    # the square moves by the first two actions: in half of the clips these are called y and x
    assert dims["x"] < 0.5 and set(dims) == {"x", "y", "gripper", "lift"}


def test_actions_without_names_are_numbered():
    clips = frame_pairs(ARM, episodes=1, length=8)
    nameless = replace(clips.cache.episodes[0], action_names=())
    clips.cache = replace(clips.cache, episodes=(nameless,))
    assert Actions(clips).names == {"arm": ("0", "1", "2")}
