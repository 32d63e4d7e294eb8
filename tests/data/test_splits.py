"""A clip stays on its side whatever comes or goes, and a set can say which side is which."""

from __future__ import annotations

import json

import pytest

from lapa.data import read_episodes
from lapa.data.splits import split_of

from .conftest import shades


def splits(folder, **options) -> dict[str, str]:
    return {e.id: e.split for e in read_episodes(folder, **options)[0]}


def test_no_clip_moves_when_others_come_and_go(tmp_path, write_video):
    for number in range(11, 18):
        write_video(tmp_path / f"e{number}.mp4", shades(2))
    before = splits(tmp_path)
    for name in ("e01", "e12b", "z"):
        write_video(tmp_path / f"{name}.mp4", shades(2))
    (tmp_path / "e11.mp4").unlink()
    after = splits(tmp_path)
    assert {name: after[name] for name in before if name in after} == {
        name: split for name, split in before.items() if name != "e11.mp4"
    }


def test_a_tenth_is_held_out_and_the_kind_of_file_does_not_count(tmp_path, write_frames):
    held = [split_of(f"panda/{number:04d}") == "holdout" for number in range(2000)]
    assert 150 < sum(held) < 250
    names = [f"{number:02d}" for number in range(12)]
    for name in names:
        write_frames(tmp_path / "panda" / name, ["1.png", "2.png"])
    assert splits(tmp_path, fps=5) == {f"panda/{n}": split_of(f"panda/{n}") for n in names}
    assert {e for e, s in splits(tmp_path, fps=5).items() if s == "holdout"} == {"panda/10"}


def test_folders_can_say_it(tmp_path, write_video):
    for name in ("train/panda/10", "holdout/panda/01", "holdout/top", "fetch/train/10"):
        write_video(tmp_path / "set" / f"{name}.mp4", shades(2))
    episodes, _ = read_episodes(tmp_path / "set")
    assert {e.id: (e.split, e.embodiment) for e in episodes} == {
        "train/panda/10.mp4": ("train", "panda"),
        "holdout/panda/01.mp4": ("holdout", "panda"),
        "holdout/top.mp4": ("holdout", "set"),
        "fetch/train/10.mp4": ("train", "fetch"),
    }
    # the same where only that folder is read
    alone, _ = read_episodes(tmp_path / "set" / "holdout")
    assert {e.id: (e.split, e.embodiment) for e in alone} == {
        "panda/01.mp4": ("holdout", "panda"),
        "top.mp4": ("holdout", "set"),
    }


def test_a_file_can_say_it_and_leads(tmp_path, write_video):
    for name in ("a/1", "a/2", "b/1", "holdout/3"):
        write_video(tmp_path / f"{name}.mp4", shades(2))
    told = {"holdout": ["a/2.mp4", "b", "gone.mp4"]}
    (tmp_path / "splits.json").write_text(json.dumps(told))
    episodes, report = read_episodes(tmp_path)
    assert [e.id for e in episodes if e.split == "holdout"] == ["a/2.mp4", "b/1.mp4"]
    assert [str(note) for note in report.notes] == [
        "splits.json: names gone.mp4, which is not there"
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not valid JSON"),
        ("[]", "not understood"),
        ('{"test": []}', "not understood"),
        ('{"holdout": "a.mp4"}', "not understood"),
        ('{"holdout": [3]}', "not understood"),
        ('{"holdout": ["a"], "train": ["a"]}', "both for train and for holdout"),
    ],
)
def test_a_file_that_is_wrong_is_told(tmp_path, write_video, text, said):
    write_video(tmp_path / "a.mp4", shades(2))
    (tmp_path / "splits.json").write_text(text)
    with pytest.raises(ValueError, match=said):
        read_episodes(tmp_path)


def test_a_clip_alone_is_trained_on(tmp_path, write_video):
    # by its name it would be held out
    assert split_of("top") == "holdout"
    path = write_video(tmp_path / "top.mp4", shades(2))
    assert splits(path) == {"top.mp4": "train"} and splits(tmp_path) == {"top.mp4": "holdout"}
