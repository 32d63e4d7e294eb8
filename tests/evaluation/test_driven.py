"""What a car is told is its motion; what an arm does is still seen in the picture."""

from __future__ import annotations

import numpy as np
import pytest

from lapa.evaluation.actions import Actions
from lapa.evaluation.driven import PEDAL, STEERING, USUAL, driven, is_driven
from lapa.evaluation.inferred import Inferred, infer_batches
from tests.driving import CAR, car_pairs
from tests.synthetic import ARM, GAP, REACH, SIZE, Oracle


def test_steering_goes_sideways_the_brake_down_and_the_gas_up() -> None:
    # the columns are found by their names, wherever they stand
    names = ("brake", "horn", "steering", "gas")
    told = np.array([[0, 9, STEERING, 0], [PEDAL, 9, 0, 0], [0, 9, 0, PEDAL], [0, 9, 0, 0]])
    expected = np.array([[USUAL, 0], [0, USUAL], [0, -USUAL], [0, 0]])
    np.testing.assert_allclose(driven(names, told), expected, atol=1e-12)
    assert np.isnan(driven(names, np.full((1, 4), np.nan))).all()


@pytest.mark.parametrize("names", [None, (), ("x", "y"), ("steering", "gas")])
def test_what_has_no_wheel_and_pedals_is_not_driven(names) -> None:
    assert not is_driven(names) and is_driven(CAR.names)


def test_each_embodiment_has_the_motion_that_is_known_of_it() -> None:
    pairs = car_pairs(ARM)
    actions = Actions(pairs)
    assert actions.driven == {"car"}
    table = Inferred.join(list(infer_batches(Oracle(), pairs)))
    car, arm = table.of("car"), table.of("arm")
    # the mean command of the two rows of a pair, which the codes tell
    steps = np.array(REACH)[car.codes] / GAP
    np.testing.assert_allclose(car.motion, USUAL * steps, atol=1e-6)
    # an arm's is measured in the picture, in shares of its side, and never quite right
    assert np.abs(arm.motion).max() <= 3 * GAP * 2 / SIZE
    along = np.corrcoef(arm.motion[:, 0], arm.codes[:, 0])[0, 1]
    assert 0.5 < along < 1 and not np.allclose(arm.motion, USUAL * np.array(REACH)[arm.codes] / GAP)
