"""The command that made assets/clips."""

from __future__ import annotations

import numpy as np
import pytest

from lapa.data import read_episodes
from lapa.data.export import export_episodes


def test_one_split_is_copied_as_it_is(small_set, tmp_path):
    assert export_episodes(small_set, tmp_path / "clips") == 1
    [copied], report = read_episodes(tmp_path / "clips")
    [original], _ = read_episodes(small_set, split="holdout")
    assert copied.id == original.id == "arm-04" and report.skipped == ()
    assert copied.path.read_bytes() == original.path.read_bytes()
    assert np.array_equal(copied.actions, original.actions)
    assert len(list((tmp_path / "clips" / "sim").iterdir())) == 2


def test_nothing_to_copy_is_told(tmp_path):
    with pytest.raises(ValueError, match="no episode"):
        export_episodes(tmp_path, tmp_path / "clips")
