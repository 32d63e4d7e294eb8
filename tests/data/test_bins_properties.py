"""Action bins, whatever the actions: what holds for all of them (hypothesis)."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lapa.data.bins import CONSTANT, ActionBins, read_bins, write_bins

# few values, so that ties and constant columns are common; and any floats of sensible size
TIED = st.sampled_from([-1.0, -0.25, 0.0, 0.5, 2.0])
ANY = st.floats(-1e3, 1e3, allow_nan=False, width=32)


def actions(values: st.SearchStrategy[float]) -> st.SearchStrategy[np.ndarray]:
    shape = st.tuples(st.integers(1, 40), st.integers(1, 4))
    return shape.flatmap(lambda size: arrays(np.float64, size, elements=values))


@settings(max_examples=150, deadline=None)
@given(st.one_of(actions(TIED), actions(ANY)), st.integers(1, 64))
def test_every_action_lies_in_the_bin_it_is_given(told: np.ndarray, count: int) -> None:
    bins = ActionBins.fit(told, count)
    coded = bins.encode(told)
    for column, edges, codes in zip(told.T, bins.edges, coded.T, strict=True):
        if len(edges) == 1:
            assert (codes == CONSTANT).all() and (column == edges[0]).all()
            continue
        assert codes.min() >= 0 and codes.max() < len(edges) - 1 <= count
        assert (edges[codes] <= column).all() and (column <= edges[codes + 1]).all()


@settings(max_examples=150, deadline=None)
@given(st.one_of(actions(TIED), actions(ANY)), st.integers(1, 64))
def test_decoding_is_the_middle_and_coding_it_again_changes_nothing(told, count: int) -> None:
    bins = ActionBins.fit(told, count)
    coded = bins.encode(told)
    decoded = bins.decode(coded)
    for column, edges, back in zip(told.T, bins.edges, decoded.T, strict=True):
        widest = np.diff(edges).max() if len(edges) > 1 else 0.0
        assert (np.abs(back - column) <= widest / 2 + 1e-9).all()
    assert np.array_equal(bins.encode(decoded), coded)


@settings(max_examples=60, deadline=None)
@given(actions(ANY), arrays(np.float64, (5, 4), elements=st.floats(-1e6, 1e6)))
def test_what_is_beyond_the_ends_counts_as_the_ends(told, others: np.ndarray) -> None:
    bins = ActionBins.fit(told, 8)
    beyond = others[:, : told.shape[1]]
    inside = np.clip(beyond, told.min(0), told.max(0))
    assert np.array_equal(bins.encode(beyond), bins.encode(inside))


def test_files_keep_every_bit(tmp_path_factory) -> None:
    folder = tmp_path_factory.mktemp("bins")

    @settings(max_examples=40, deadline=None)
    @given(actions(ANY))
    def kept(told: np.ndarray) -> None:
        bins = ActionBins.fit(told, 16)
        write_bins(folder / "bins.csv", bins)
        again = read_bins(folder / "bins.csv")
        assert all(np.array_equal(a, b) for a, b in zip(bins.edges, again.edges, strict=True))

    kept()
