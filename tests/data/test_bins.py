"""Action bins: quantiles, ties, constant columns, and back to the middles."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from lapa.data.bins import ActionBins, bin_of, read_bins, write_bins

GOLDEN = Path(__file__).parent.parent / "golden" / "formats"


@pytest.mark.parametrize("case", json.loads((GOLDEN / "assign_bin_cases.json").read_text()))
def test_bins_are_assigned_as_lapa_does(case) -> None:
    known = [
        (p, b) for p, b in zip(case["points"], case["bin_index"], strict=True) if p is not None
    ]
    points, bins = zip(*known, strict=True)
    assert bin_of(np.array(points, float), np.array(case["bins"])).tolist() == list(bins)


@pytest.mark.parametrize("seed", range(12))
def test_a_decoded_bin_is_encoded_again_and_near(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 40))
    actions = rng.normal(size=(int(rng.integers(2, 300)), 3)).round(int(rng.integers(0, 6)))
    bins = ActionBins.fit(actions, count)
    encoded = bins.encode(actions)
    assert np.array_equal(bins.encode(bins.decode(encoded)), encoded)
    assert all(n <= count for n in bins.counts)
    # the middle is in the bin of what it stands for
    for place, own in enumerate(bins.edges):
        if len(own) > 1:
            width = np.diff(own)[encoded[:, place]]
            assert (
                np.abs(bins.decode(encoded)[:, place] - actions[:, place]) <= width / 2 + 1e-12
            ).all()


def test_quantile_bins_hold_equally_many() -> None:
    actions = np.random.default_rng(0).normal(size=(6400, 1))
    bins = ActionBins.fit(actions, 64)
    held = np.bincount(bins.encode(actions)[:, 0], minlength=64)
    assert bins.counts == (64,) and held.min() >= 99 and held.max() <= 101


def test_outside_constant_and_gripper() -> None:
    actions = np.array([[0.0, 3.0, 0], [1, 3, 1], [2, 3, 1]])
    bins = ActionBins.fit(actions, 2, gripper=2)
    assert bins.counts == (2, 0, 2)
    assert bins.encode(np.array([-9.0, 3.0, 1])).tolist() == [0, -1, 1]
    assert bins.encode(np.array([9.0, 3.0, 0])).tolist() == [1, -1, 0]
    assert bins.decode(np.array([0, -1, 1])).tolist() == [0.5, 3.0, 1.0]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ActionBins.fit(np.zeros((0, 2))), r"finite and \(N, A\)"),
        (lambda: ActionBins.fit(np.array([[np.nan]])), "finite"),
        (lambda: ActionBins.fit(np.ones((2, 1)), 0), "count is 0"),
        (lambda: ActionBins((np.array([1.0, 0.0]),)), "must rise"),
        (lambda: ActionBins((np.array([0.0, 1.0]),)).encode(np.zeros(2)), "1 dimensions"),
        (lambda: ActionBins((np.array([0.0, 1.0]),)).encode(np.array([np.nan])), "NaN"),
        (
            lambda: ActionBins((np.array([0.0, 1.0]),)).decode(np.array([1])),
            "bins 0 to 0, received 1",
        ),
    ],
)
def test_what_is_wrong_is_said(make, words) -> None:
    with pytest.raises(ValueError, match=words):
        make()


def test_the_csv_comes_back(tmp_path: Path) -> None:
    bins = ActionBins.fit(np.random.default_rng(0).normal(size=(50, 3)).round(1), 16, gripper=2)
    back = read_bins(write_bins(tmp_path / "bins.csv", bins))
    assert all(np.array_equal(a, b) for a, b in zip(bins.edges, back.edges, strict=True))
    (tmp_path / "odd.csv").write_text("0,1\n0.5,x\n")
    with pytest.raises(ValueError, match=r"odd.csv is no table of action bins"):
        read_bins(tmp_path / "odd.csv")


@pytest.mark.parametrize("content", [b"0,1\n0,inf\n", b"0\nnan\n", b"\xff\xfe0,1\n0,1\n", b"0,1\n"])
def test_a_table_that_was_damaged_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bins.csv").write_bytes(content)
    with pytest.raises(ValueError, match=r"bins.csv is no table of action bins"):
        read_bins(tmp_path / "bins.csv")
