"""The page shows clips of any format that the library reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.clips.library import Library
from app.core.limits import Limits
from lapa.data import read_episodes
from tests.data.tfrecords import steps, write_set


def test_a_folder_of_open_x_is_a_gallery(tmp_path: Path) -> None:
    write_set(tmp_path, {"train": [steps(5, 1), steps(4, 2)]})
    library = Library(tmp_path, read_episodes, Limits())
    first, second = library.clips("franka")
    assert (first.instruction, first.frames, first.fps) == ("do 1", 5, 20)
    assert library.frames(second.id)[3].mean() == 50
    frames, actions, names = library.recorded(second.id)
    assert frames.shape == (4, 8, 12, 3) and names == ("a0", "a1")
    assert actions is not None and np.array_equal(actions, [[2, 0], [2, 1], [2, 2]])
    assert library.problem() == ""


def test_a_set_without_a_rate_says_so(tmp_path: Path) -> None:
    write_set(tmp_path, {"train": [steps(5)]}, name="mine")
    library = Library(tmp_path, read_episodes, Limits())
    assert library.clips() == ()
    assert "mine: RLDS does not say" in library.problem() and "fps" in library.problem()
