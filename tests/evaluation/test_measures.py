"""The measures against quantizers whose figures follow from arithmetic."""

from __future__ import annotations

import numpy as np
import pytest

from lapa.evaluation.codes import (
    code_use,
    counts_by_position,
    divergence,
    frequent_codes,
    jensen_shannon,
    perplexity,
)
from lapa.evaluation.control import control
from lapa.evaluation.estimate import Estimate
from lapa.evaluation.reconstruction import reconstruction
from lapa.evaluation.table import PairTable, measure, other_codes, psnr, squared_error
from tests.evaluation.synthetic import Random, frame_pairs

STEP = (16 / 255) ** 2
EXACT = 10 * np.log10(12 * 255**2)


def test_oracle_is_exact_and_copier_has_ratio_one(quantizers, pairs):
    exact = reconstruction(measure(quantizers.oracle, pairs)).overall
    assert exact.ratio == Estimate(0, 0, 0) and exact.psnr == pytest.approx(EXACT, abs=1e-9)
    copied = reconstruction(measure(quantizers.copier, pairs))
    assert copied.overall.ratio == Estimate(1, 1, 1)
    assert copied.overall.psnr == copied.overall.copy_psnr
    assert {r.ratio.value for r in copied.embodiments.values()} == {1.0}


def test_half_the_way_leaves_a_quarter_of_the_error(quantizers, pairs):
    figures = reconstruction(measure(quantizers.halfway, pairs))
    assert figures.overall.ratio.value == pytest.approx(0.25)
    assert figures.embodiments["b"].psnr == pytest.approx(-10 * np.log10(STEP))
    assert figures.embodiments["b"].copy_psnr == pytest.approx(-10 * np.log10(4 * STEP))


def test_overall_pools_pairs_and_mean_weighs_embodiments_alike(quantizers, known_pairs):
    pairs = known_pairs([1, 1, 1, 1, 1, 1, 3, 3], ["a"] * 6 + ["b"] * 2)
    table = measure(quantizers.copier, pairs)
    # arm b is rebuilt exactly, arm a is copied
    half = PairTable(**(vars(table) | {"mse": np.where(table.embodiment == "a", table.mse, 0)}))
    figures = reconstruction(half)
    assert figures.overall.ratio.value == pytest.approx(6 / (6 + 2 * 9))
    assert figures.mean("ratio") == pytest.approx(0.5)
    assert figures.overall.copy_mse == pytest.approx(STEP * (6 + 18) / 8)


def test_group_in_which_nothing_moves_has_no_ratio(quantizers, known_pairs):
    still = known_pairs([0] * 4, ["a"] * 4)
    assert np.isnan(reconstruction(measure(quantizers.copier, still)).overall.ratio.value)


def test_control_is_zero_for_a_decoder_that_ignores_codes(quantizers, pairs):
    assert control(measure(quantizers.copier, pairs)).overall.delta_psnr == Estimate(0, 0, 0)


def test_control_of_the_oracle_follows_from_the_drawn_codes(quantizers, pairs):
    table = measure(quantizers.oracle, pairs, seed=5)
    other = other_codes(table.codes, 4, seed=5)
    expected = EXACT - psnr(STEP * (other[:, 0] - table.codes[:, 0]) ** 2).mean()
    found = control(table)
    assert found.overall.delta_psnr.value == pytest.approx(expected)
    assert found.overall.delta_psnr.low > 10 and set(found.embodiments) == {"a", "b"}


def test_other_codes_differ_are_uniform_and_do_not_depend_on_the_batch():
    codes = np.zeros((4000, 2), np.int64)
    drawn = other_codes(codes, 4, seed=1)
    assert (drawn != codes).any(axis=1).all()
    together = np.bincount(drawn[:, 0] * 4 + drawn[:, 1], minlength=16)
    assert together[0] == 0 and together[1:].min() > 0.75 * 4000 / 15
    assert np.array_equal(other_codes(codes[7:], 4, seed=1, first=7), drawn[7:])
    assert not np.array_equal(other_codes(codes, 4, seed=2), drawn)


def test_other_codes_need_another_code():
    with pytest.raises(ValueError, match="one code"):
        other_codes(np.zeros((1, 2), np.int64), 1, seed=0)


def test_table_does_not_depend_on_the_batch_size(quantizers, pairs):
    one, many = (measure(quantizers.oracle, pairs, batch_size=size) for size in (1, 12))
    for name, column in vars(one).items():
        np.testing.assert_equal(column, getattr(many, name), err_msg=name)


def test_stride_takes_every_nth_pair(quantizers, pairs):
    assert len(measure(quantizers.oracle, pairs, stride=3)) == 4


def test_nothing_to_measure_is_said(quantizers, known_pairs):
    with pytest.raises(ValueError, match="no frame pairs"):
        measure(quantizers.oracle, known_pairs([], []))


def test_use_and_perplexity(quantizers, pairs):
    use = code_use(measure(quantizers.oracle, pairs))
    assert use.embodiments["a"].used == (4, 1)
    assert use.embodiments["a"].perplexity == pytest.approx((4.0, 1.0))
    assert use.embodiments["b"].used == (1, 1)
    assert use.overall.latent_actions == 4
    share = np.array([2, 2, 6, 2]) / 12
    expected = np.exp(-(share * np.log(share)).sum())
    assert use.overall.perplexity[0] == pytest.approx(expected)
    assert use.overall.least_used == 1 and use.overall.least_perplexity == pytest.approx(1.0)


def test_perplexity_of_known_counts():
    counts = np.array([[5, 5, 5, 5], [7, 0, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0]])
    assert perplexity(counts) == pytest.approx([4, 1, 2, 1])
    assert counts_by_position(np.array([[0, 1], [2, 1]]), 3).tolist() == [[1, 0, 1], [0, 2, 0]]


def test_counts_are_those_of_every_position(quantizers, pairs):
    use = code_use(measure(quantizers.oracle, pairs))
    assert use.overall.counts == ((2, 2, 6, 2), (0, 0, 0, 12))


def test_divergence_of_known_counts():
    # P = (1/2, 1/2, 0), Q = (0, 1/2, 1/2): H((P + Q) / 2) = 1.5 bits, H(P) = H(Q) = 1 bit
    first, last = [[4, 4, 0], [3, 0, 0]], [[0, 1, 1], [0, 0, 9]]
    found = jensen_shannon(np.array([first, last, first]))
    assert found[0, 1] == found[1, 0] == pytest.approx((0.5 + 1) / 2)
    assert found[0, 2] == pytest.approx(0) and np.allclose(np.diag(found), 0)


def test_divergence_names_the_embodiments_and_has_an_interval(quantizers, pairs):
    found = divergence(measure(quantizers.oracle, pairs))
    share, other = np.full(4, 0.25), np.array([0, 0, 1, 0])
    middle = (share + other) / 2
    expected = (-(middle * np.log2(middle)).sum() - 2 / 2) / 2
    assert found.embodiments == ("a", "b")
    assert found.matrix[0][1] == pytest.approx(expected)
    assert found.mean.value == pytest.approx(expected)
    spread = divergence(measure(Random(), frame_pairs())).mean
    assert 0 <= spread.low < spread.value < spread.high < 0.2


def test_one_embodiment_diverges_from_nothing(quantizers, known_pairs):
    found = divergence(measure(quantizers.oracle, known_pairs([1] * 8, ["a"] * 8)))
    assert found.matrix == ((0.0,),) and np.isnan(found.mean.value)


def test_frequent_and_still_codes(quantizers, pairs):
    found = frequent_codes(measure(quantizers.oracle, pairs), count=2)
    assert found.overall.frequent[0] == ((2, 3), 0.5)
    assert found.overall.frequent[1] == ((0, 3), pytest.approx(1 / 6))
    assert found.embodiments["b"].frequent == (((2, 3), 1.0),)
    assert found.overall.still == (0, 3)


def test_squared_error_of_uint8_does_not_wrap_around():
    dark, light = (np.full((1, 2, 2, 3), value, np.uint8) for value in (0, 255))
    assert squared_error(dark, light) == squared_error(light, dark) == [1.0]
    assert psnr(np.array([1.0, 0.01, 0.0])) == pytest.approx([0, 20, EXACT])
