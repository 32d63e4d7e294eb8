"""Sharpness where it moves, feature distance, distinctness, named motion and random codes, on
quantizers whose answers are known: a fogger and a painter of checkerboards must be found out."""

from __future__ import annotations

import numpy as np
import pytest

from lapa.checkup.measures.distinctness import difference, distinctness
from lapa.checkup.measures.naming import naming
from lapa.checkup.measures.picture import picture
from lapa.checkup.measures.reconstruction import reconstruction
from lapa.evaluation.perception import Features, robot_error
from lapa.evaluation.table import measure
from lapa.images import moving_detail, moving_energy, sharpness
from tests.synthetic import (
    ARM,
    RED,
    SIZE,
    Checkered,
    Collapsed,
    Copier,
    Fogger,
    Oracle,
    Random,
    frame_pairs,
)


@pytest.fixture(scope="module")
def pairs():
    return frame_pairs(ARM, RED)


@pytest.fixture(scope="module")
def tables(pairs):
    known = {}

    def table(quantizer):
        name = type(quantizer).__name__
        if name not in known:
            known[name] = measure(quantizer, pairs, stride=2)
        return known[name]

    return table


def test_an_oracle_is_as_sharp_as_the_truth_and_looks_like_it(tables):
    found = picture(tables(Oracle()), draws=0)
    assert set(found.embodiments) == {"arm", "red"}
    assert found.overall.sharpness.value == pytest.approx(1, abs=1e-6)
    assert found.overall.feature_distance.value == pytest.approx(0, abs=1e-6)


def test_a_fogger_beats_copy_frame_and_is_found_out(tables, pairs):
    table = tables(Fogger())
    rebuilt, seen = reconstruction(table, draws=0).overall, picture(table, draws=0).overall
    assert rebuilt.ratio.value < 0.9, "squared errors praise fog"
    assert rebuilt.random_ratio.value == pytest.approx(rebuilt.ratio.value)
    assert seen.sharpness.value < 0.2
    assert seen.feature_distance.value > 0.5
    assert distinctness(Fogger(), pairs).overall.distinctness.value == 0


def test_a_painter_of_checkerboards_is_found_out(tables, pairs):
    table = tables(Checkered())
    batch = pairs.take(pairs.all()[:8])
    painted = Checkered().decode(batch.frame, np.zeros((8, 2), int))
    assert sharpness(painted, batch.future).mean() > 0.8, "pixel by pixel it is sharp enough"
    assert picture(table, draws=0).overall.sharpness.value < 0.25


def test_random_codes_do_harm_where_codes_matter(tables):
    found = reconstruction(tables(Oracle()), draws=0).overall
    assert found.ratio.value == 0 and found.random_ratio.value > 0.9


def test_a_copier_is_sharp_nowhere_it_should_move(tables):
    found = picture(tables(Copier()), draws=0).overall
    assert found.feature_distance.value == pytest.approx(1)


def test_pictures_of_a_sweep_differ_as_much_as_the_square_moves(pairs):
    found = distinctness(Oracle(), pairs, count=6, seed=1)
    assert found.overall.frames == 12 and len(found.overall.by_position) == 2
    assert 0.6 < found.overall.distinctness.value < 1.6
    assert found.overall.distinctness.low <= found.overall.distinctness.value
    assert distinctness(Copier(), pairs).overall.distinctness.value == 0


def test_nothing_that_moves_has_no_figure():
    still = frame_pairs(ARM, still=True)
    table = measure(Oracle(), still, stride=4)
    for value in vars(picture(table).overall).values():
        assert isinstance(value, int) or np.isnan(value.value)
    assert np.isnan(distinctness(Oracle(), still, count=2).overall.distinctness.value)


def test_the_difference_of_pictures_is_the_mean_over_all_pairs_of_them():
    pictures = np.random.default_rng(0).integers(0, 256, (5, 4, 6, 3))
    apart = [np.abs(a - b).mean() for n, a in enumerate(pictures) for b in pictures[:n]]
    assert difference(pictures) == pytest.approx(np.mean(apart))


def test_words_are_true_of_an_oracle_and_of_nobody_who_guesses(tables):
    # the ground of the synthetic clips has no texture: what moves is the square alone
    found = naming(tables(Oracle()))
    assert found.overall.pairs == len(tables(Oracle())) and found.overall.learnt_from == 0
    assert found.overall.agreement.value > 0.8
    assert naming(tables(Random())).overall.agreement.value < 0.35
    silent = naming(tables(Collapsed())).overall
    assert silent.agreement.value <= silent.chance + 0.05


def test_words_are_learnt_from_other_clips_where_there_are_any(tables):
    other = measure(Oracle(), frame_pairs(ARM, seed=7), stride=2)
    found = naming(tables(Oracle()), learn=other)
    assert found.embodiments["arm"].learnt_from == len(other)
    assert found.embodiments["red"].learnt_from == 0


def test_energy_counts_where_the_true_frame_moves_only():
    before = np.full((1, SIZE, SIZE, 3), 90, np.uint8)
    future = before.copy()
    future[0, 4:12, 4:12] = 200
    noisy = future.copy()
    noisy[0, 16:, 16:] = np.indices((8, 8)).sum(0)[..., None] // 2 % 2 * 255
    mine, true = moving_energy(noisy, future, before)
    assert mine == pytest.approx(true) and true[0] > 0
    assert moving_energy(future, before, before)[1][0] == 0


def test_detail_counts_an_edge_by_its_contrast_and_energy_by_the_square_of_it():
    before, faint, hard = (np.full((1, SIZE, SIZE, 3), grey, np.uint8) for grey in (0, 0, 0))
    faint[:, 4:12, 4:12], hard[:, 4:12, 4:12] = 25, 250
    mine, true = moving_detail(hard, faint, before)
    assert true[0] > 0 and mine / true == pytest.approx(10)
    mine, true = moving_energy(hard, faint, before)
    assert mine / true == pytest.approx(100)


def test_a_lost_robot_is_not_hidden_by_the_ground_behind_it():
    first = np.full((1, 64, 64, 3), 100, np.uint8)
    future = first.copy()
    future[0, 30:34, 30:34] = 220
    lost = first.copy()
    where = robot_error(lost, future, first)[0]
    whole = np.square((lost.astype(float) - future) / 255).mean()
    inside = np.square(120 / 255) * 16 / (4 + 2 * 5) ** 2
    assert where == pytest.approx(inside) and where > 15 * whole
    # nothing moves: the whole frame counts
    darker = first - 10
    assert robot_error(darker, first, first)[0] == pytest.approx((10 / 255) ** 2, rel=1e-5)


def test_features_are_those_of_the_published_network():
    """The stem and five blocks of EfficientNet-Lite0 on a picture whose features were computed by
    the package that publishes the weights (efficientnet-lite-pytorch 0.1.0)."""
    import torch

    from lapa.nn.features import FeatureNet

    y, x = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    image = torch.stack([x / 63, y / 63, ((x + y) % 16) / 15])[None]
    maps = FeatureNet.pretrained()(image)
    assert [tuple(m.shape) for m in maps] == [(1, 16, 32, 32), (1, 24, 16, 16), (1, 40, 8, 8)]
    means = [float(m.mean()) for m in maps]
    spreads = [float(m.std()) for m in maps]
    assert means == pytest.approx(MEANS, rel=1e-3, abs=1e-3)
    assert spreads == pytest.approx(SPREADS, rel=1e-3)


MEANS, SPREADS = [-0.64, 0.738, 1.473], [11.7622, 16.8032, 12.7372]


def test_features_are_alike_for_equal_pictures_and_far_for_others():
    rng = np.random.default_rng(0)
    image, other = rng.integers(0, 256, (2, 2, 64, 64, 3), dtype=np.uint8)
    same, far = Features().distances(image, image, other)
    assert same == pytest.approx(0, abs=1e-6) and (far > 0.3).all()
