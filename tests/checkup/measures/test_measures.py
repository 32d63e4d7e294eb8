"""The measures against quantizers whose figures follow from arithmetic."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from lapa.checkup.measures.codes import code_use
from lapa.checkup.measures.control import control
from lapa.checkup.measures.divergence import divergence
from lapa.checkup.measures.frequent import frequent_codes
from lapa.checkup.measures.reconstruction import reconstruction
from lapa.evaluation.codes import counts_by_position, jensen_shannon, perplexity
from lapa.evaluation.estimate import Estimate
from lapa.evaluation.table import PairTable, measure, other_codes, psnr, squared_error
from tests.synthetic import (
    ARM,
    PIXELS,
    RED,
    Copier,
    Halfway,
    K,
    Oracle,
    Random,
    apart,
    frame_pairs,
    known_pairs,
)

# what psnr says of equal pictures
EXACT = 10 * np.log10(12 * 255**2)


@pytest.fixture(scope="module")
def pairs():
    """Twelve pairs, along x alone: arm has each of the codes 1 to 4 twice, red code 4 always."""
    return known_pairs((ARM, [1, 2, -1, 0]), (ARM, [1, 2, -1, 0]), (RED, [2, 2, 2, 2]))


def test_oracle_is_exact_and_copier_has_ratio_one(pairs):
    exact = reconstruction(measure(Oracle(), pairs)).overall
    assert exact.ratio == Estimate(0, 0, 0) and exact.psnr == pytest.approx(EXACT, abs=1e-9)
    copied = reconstruction(measure(Copier(), pairs))
    assert copied.overall.ratio == Estimate(1, 1, 1)
    assert copied.overall.psnr == copied.overall.copy_psnr
    assert {r.ratio.value for r in copied.embodiments.values()} == {1.0}


def test_half_the_way_leaves_half_of_the_error(pairs):
    figures = reconstruction(measure(Halfway(), pairs))
    assert figures.overall.ratio.value == pytest.approx(0.5)
    assert figures.embodiments["red"].psnr == pytest.approx(-10 * np.log10(apart(RED, PIXELS)))
    far = -10 * np.log10(apart(RED, 2 * PIXELS))
    assert figures.embodiments["red"].copy_psnr == pytest.approx(far)


def test_overall_pools_pairs_and_mean_weighs_embodiments_alike():
    table = measure(Copier(), known_pairs((ARM, [1] * 6), (RED, [2, 2])))
    # red is rebuilt exactly, arm is copied
    half = PairTable(**(vars(table) | {"mse": np.where(table.embodiment == "arm", table.mse, 0)}))
    figures = reconstruction(half)
    arm, red = 6 * apart(ARM, PIXELS), 2 * apart(RED, 2 * PIXELS)
    assert figures.overall.ratio.value == pytest.approx(arm / (arm + red))
    assert figures.mean("ratio") == pytest.approx(0.5)
    assert figures.overall.copy_mse == pytest.approx((arm + red) / 8)


def test_group_in_which_nothing_moves_has_no_ratio():
    still = known_pairs((ARM, [0] * 4))
    assert np.isnan(reconstruction(measure(Copier(), still)).overall.ratio.value)


def test_control_is_zero_for_a_decoder_that_ignores_codes(pairs):
    assert control(measure(Copier(), pairs)).overall.delta_psnr == Estimate(0, 0, 0)


def test_control_of_the_oracle_follows_from_the_drawn_codes(pairs):
    table = measure(Oracle(), pairs, seed=5)
    other = PIXELS * (other_codes(table.codes, K, seed=5) - table.codes)
    bodies = [{"arm": ARM, "red": RED}[name] for name in table.embodiment]
    errors = [apart(body, x, y) for body, (x, y) in zip(bodies, other, strict=True)]
    expected = EXACT - psnr(np.array(errors)).mean()
    found = control(table)
    assert found.overall.delta_psnr.value == pytest.approx(expected)
    assert found.overall.delta_psnr.low > 10 and set(found.embodiments) == {"arm", "red"}


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


def test_table_does_not_depend_on_the_batch_size(pairs):
    one, many = (measure(Oracle(), pairs, batch_size=size) for size in (1, 12))
    for name, column in vars(one).items():
        np.testing.assert_equal(column, getattr(many, name), err_msg=name)


def test_stride_takes_every_nth_pair(pairs):
    # the first and the fourth of the four in each episode
    assert len(measure(Oracle(), pairs, stride=3)) == 6


def test_nothing_to_measure_is_said():
    with pytest.raises(ValueError, match="no frame pairs"):
        measure(
            Oracle(), SimpleNamespace(all=lambda stride=1: [], cache=SimpleNamespace(episodes=[]))
        )


def test_use_and_perplexity(pairs):
    use = code_use(measure(Oracle(), pairs))
    assert use.embodiments["arm"].used == (4, 1)
    assert use.embodiments["arm"].perplexity == pytest.approx((4.0, 1.0))
    assert use.embodiments["red"].used == (1, 1)
    assert use.overall.latent_actions == 4
    share = np.array([2, 2, 2, 6]) / 12
    expected = np.exp(-(share * np.log(share)).sum())
    assert use.overall.perplexity[0] == pytest.approx(expected)
    assert use.overall.least_used == 1 and use.overall.least_perplexity == pytest.approx(1.0)


def test_perplexity_of_known_counts():
    counts = np.array([[5, 5, 5, 5], [7, 0, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0]])
    assert perplexity(counts) == pytest.approx([4, 1, 2, 1])
    assert counts_by_position(np.array([[0, 1], [2, 1]]), 3).tolist() == [[1, 0, 1], [0, 2, 0]]


def test_counts_are_those_of_every_position(pairs):
    use = code_use(measure(Oracle(), pairs))
    assert use.overall.counts == ((0, 2, 2, 2, 6), (0, 0, 12, 0, 0))


def test_divergence_of_known_counts():
    # P = (1/2, 1/2, 0), Q = (0, 1/2, 1/2): H((P + Q) / 2) = 1.5 bits, H(P) = H(Q) = 1 bit
    first, last = [[4, 4, 0], [3, 0, 0]], [[0, 1, 1], [0, 0, 9]]
    found = jensen_shannon(np.array([first, last, first]))
    assert found[0, 1] == found[1, 0] == pytest.approx((0.5 + 1) / 2)
    assert found[0, 2] == pytest.approx(0) and np.allclose(np.diag(found), 0)


def test_divergence_names_the_embodiments_and_has_an_interval(pairs):
    found = divergence(measure(Oracle(), pairs))
    share, other = np.full(4, 0.25), np.array([0, 0, 1, 0])
    middle = (share + other) / 2
    expected = (-(middle * np.log2(middle)).sum() - 2 / 2) / 2
    assert found.embodiments == ("arm", "red")
    assert found.matrix[0][1] == pytest.approx(expected)
    assert found.mean.value == pytest.approx(expected)
    spread = divergence(measure(Random(), frame_pairs())).mean
    assert 0 <= spread.low < spread.value < spread.high < 0.2


def test_one_embodiment_diverges_from_nothing():
    found = divergence(measure(Oracle(), known_pairs((ARM, [1] * 8))))
    assert found.matrix == ((0.0,),) and np.isnan(found.mean.value)


def test_frequent_and_still_codes(pairs):
    found = frequent_codes(measure(Oracle(), pairs), count=2)
    assert found.overall.frequent[0] == ((4, 2), 0.5)
    assert found.overall.frequent[1] == ((1, 2), pytest.approx(1 / 6))
    assert found.embodiments["red"].frequent == (((4, 2), 1.0),)
    assert found.overall.still == (2, 2)


def test_squared_error_of_uint8_does_not_wrap_around():
    dark, light = (np.full((1, 2, 2, 3), value, np.uint8) for value in (0, 255))
    assert squared_error(dark, light) == squared_error(light, dark) == [1.0]
    assert psnr(np.array([1.0, 0.01, 0.0])) == pytest.approx([0, 20, EXACT])
