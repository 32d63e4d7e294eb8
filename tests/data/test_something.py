"""Something-Something V2: labels as instructions, its own splits, videos that are not there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lapa.data import read_episodes, recognise

from .conftest import shades

VIDEOS = "20bn-something-something-v2"
HOLDING = {"label": "holding a pen", "template": "Holding [something]", "placeholders": ["a pen"]}


@pytest.fixture
def labelled(tmp_path, write_video) -> Path:
    """Four videos: two to train on, one for each of the others."""
    root = tmp_path / "sthv2"
    for number in range(1, 5):
        write_video(root / VIDEOS / f"{number}.webm", shades(6), fps=12, codec="libvpx-vp9")
    (root / "labels").mkdir()
    rows = {
        "train": [{"id": "1", **HOLDING}, {"id": "2", **HOLDING, "label": "holding a cup"}],
        "validation": [{"id": "3", **HOLDING}],
        "test": [{"id": "4"}],
    }
    for part, own in rows.items():
        (root / "labels" / f"{part}.json").write_text(json.dumps(own))
    return root


def test_the_set_is_recognised_and_read(labelled):
    assert recognise(labelled) == recognise(labelled / VIDEOS) == "something"
    episodes, report = read_episodes(labelled)
    assert [e.id for e in episodes] == ["1", "2", "3", "4"]
    assert [e.split for e in episodes] == ["train", "train", "holdout", "holdout"]
    assert [e.instruction for e in episodes][1:] == ["holding a cup", "holding a pen", ""]
    assert [e.task for e in episodes][2:] == ["Holding [something]", ""]
    assert {e.embodiment for e in episodes} == {"human"}
    assert episodes[0].fps == 12 and len(episodes[0].frames) == 6
    assert episodes[0].actions is None
    assert "LAPA's gap for these videos is 2.4 s" in report.summary()
    assert [e.id for e in read_episodes(labelled / VIDEOS)[0]] == ["1", "2", "3", "4"]


def test_what_does_not_fit_is_named_and_the_rest_is_read(labelled, write_video):
    (labelled / VIDEOS / "2.webm").unlink()
    (labelled / VIDEOS / "3.webm").write_bytes(b"no video")
    write_video(labelled / VIDEOS / "9.webm", shades(3), codec="libvpx-vp9")
    rows = json.loads((labelled / "labels/train.json").read_text())
    odd = [{"label": "no id"}, {"id": "1"}, {"id": "../1"}, {"id": "4", "label": 3}]
    (labelled / "labels/train.json").write_text(json.dumps([*rows, *odd]))
    episodes, report = read_episodes(labelled)
    assert [e.id for e in episodes] == ["1", "4"]
    reasons = {item.name: item.reason for item in report.skipped}
    assert reasons["2.webm"] == "the file is missing"
    assert "not a readable video" in reasons["3.webm"]
    assert "is no list of" in reasons["train.json entry 2"]
    assert reasons["1.webm"] == "is labelled twice"
    assert "its id is '../1'" in reasons["../1.webm"]
    assert "its label is 3" in reasons["4.webm"]
    assert "1 videos have no label" in report.summary()


def test_labels_that_are_none_are_told(labelled):
    (labelled / "labels/validation.json").write_text("{")
    _, report = read_episodes(labelled)
    assert [item.name for item in report.skipped] == ["validation.json"]


def test_labels_without_videos_are_told(labelled):
    for video in (labelled / VIDEOS).iterdir():
        video.unlink()
    with pytest.raises(ValueError, match=f"has labels and no folder {VIDEOS}"):
        read_episodes(labelled)
