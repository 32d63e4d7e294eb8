"""The command that made assets/clips."""

from __future__ import annotations

import numpy as np
import pytest

from lapa.__main__ import main
from lapa.data import read_episodes
from lapa.data.extract import extract_split


def test_one_split_is_copied_as_it_is(small_set, tmp_path):
    assert extract_split(small_set, tmp_path / "clips") == 1
    [copied], report = read_episodes(tmp_path / "clips")
    [original], _ = read_episodes(small_set, split="holdout")
    assert copied.id == original.id == "arm-04" and report.skipped == ()
    assert copied.path.read_bytes() == original.path.read_bytes()
    assert np.array_equal(copied.actions, original.actions)
    assert len(list((tmp_path / "clips" / "sim").iterdir())) == 2


def test_the_command_copies_the_held_out_split(small_set, tmp_path, capsys):
    assert main(["extract", str(small_set), "--out", str(tmp_path / "clips")]) == 0
    assert "1 episodes of the split holdout" in capsys.readouterr().out
    assert [episode.id for episode in read_episodes(tmp_path / "clips")[0]] == ["arm-04"]


def test_nothing_to_copy_is_told(tmp_path):
    with pytest.raises(ValueError, match="no episode"):
        extract_split(tmp_path, tmp_path / "clips")
