"""What is predicted of an action: chunks, a direction before them, and the way back."""

from __future__ import annotations

import numpy as np
import pytest

from lapa.data.bins import ActionBins
from lapa.data.layout import Layout

BINS = ActionBins((np.array([0.0, 1.0, 2.0]), np.array([5.0]), np.array([-1.0, 0.0, 1.0, 3.0])))


def test_one_action_is_its_bins() -> None:
    actions = [np.array([[0.2, 5.0, -0.5], [1.7, 5.0, 2.0]]), np.array([[1.1, 5.0, 0.5]])]
    layout = Layout()
    assert layout.counts(BINS) == [2, 0, 3]
    assert layout.targets(actions, BINS).tolist() == [[0, -1, 0], [1, -1, 2], [1, -1, 1]]
    back = layout.actions(np.array([[0, -1, 2]]), BINS)
    assert back.tolist() == [[[0.5, 5.0, 2.0]]]


def test_a_chunk_ends_with_its_episode() -> None:
    bins = ActionBins((np.arange(5.0),))
    actions = [np.array([[0.5], [1.5], [2.5]]), np.array([[3.5]])]
    targets = Layout(chunk=2).targets(actions, bins)
    assert targets.tolist() == [[0, 1], [1, 2], [2, -1], [3, -1]]
    assert Layout(chunk=2).actions(np.array([[3, 0]]), bins).tolist() == [[[3.5], [0.5]]]
    with pytest.raises(ValueError, match="at least 1 action, received 0"):
        Layout(chunk=0)


def test_the_direction_told_first_is_that_of_the_next_half_second() -> None:
    """Along +x, then +y five times, then nothing: sectors 0 and 2, and 8 for still."""
    bins = ActionBins((np.array([-1.0, 0.5, 2.0]), np.array([-1.0, 0.5, 2.0])))
    ways = [[1, 0]] * 5 + [[0, 1]] * 5 + [[0, 0]] * 6
    layout = Layout(direction=True)
    targets = layout.targets([np.array(ways, float)], bins)
    assert layout.counts(bins) == [9, 2, 2]
    assert targets[[0, 5, 10, 15], 0].tolist() == [0, 2, 8, 8]
    # halfway round the corner it is between the two
    assert targets[2, 0] in (0, 1) and targets[3, 0] in (1, 2)
    assert targets[[0, 5], 1:].tolist() == [[1, 0], [0, 1]]
    assert layout.actions(np.array([[8, 1, 0]]), bins).tolist() == [[[1.25, -0.25]]]


def test_the_mean_of_bins_lies_between_their_middles() -> None:
    shares = np.zeros((1, 3, 4))
    shares[0, 0, :2] = [0.25, 0.75]
    shares[0, 1, 0] = 1
    shares[0, 2, :3] = [0.5, 0.0, 0.5]
    assert BINS.mean(shares).tolist() == [[0.25 * 0.5 + 0.75 * 1.5, 5.0, 0.5 * -0.5 + 0.5 * 2.0]]
    assert Layout().mean_actions(shares, BINS)[0, 0, 0] == pytest.approx(1.25)
