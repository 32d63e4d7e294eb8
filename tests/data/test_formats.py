"""Every format goes through the commands that open clips."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from lapa.__main__ import main
from lapa.data import Cache
from lapa.data.labels import Labels

from .conftest import shades
from .lerobot_sets import write_v21, write_v30
from .tfrecords import steps, write_set

EIGHT = Path(__file__).resolve().parents[2] / "assets" / "checkpoints" / "eight"


def rlds(folder: Path, write_video) -> None:
    write_set(folder, {"train": [steps(12, 1), steps(12, 2)]})


def lerobot_21(folder: Path, write_video) -> None:
    write_v21(folder, write_video, (12, 12))


def lerobot_30(folder: Path, write_video) -> None:
    write_v30(folder, write_video, (12, 12))


def bridge(folder: Path, write_video) -> None:
    for number in range(2):
        images = folder / f"raw/traj_group0/traj{number}/images0"
        images.mkdir(parents=True)
        for t, frame in enumerate(shades(12)):
            Image.fromarray(frame).save(images / f"im_{t}.jpg")


def something(folder: Path, write_video) -> None:
    videos = folder / "20bn-something-something-v2"
    for number in range(2):
        write_video(videos / f"{number}.webm", shades(12), codec="libvpx-vp9")
    (folder / "labels").mkdir()
    rows = [{"id": str(number), "label": "moving a pen"} for number in range(2)]
    (folder / "labels/train.json").write_text(json.dumps(rows))


@pytest.mark.parametrize("write", [rlds, lerobot_21, lerobot_30, bridge, something])
def test_clips_are_prepared_and_labelled(tmp_path, write_video, write, capsys):
    write(tmp_path / "set", write_video)
    cache, labels = tmp_path / "cache", tmp_path / "labels"
    prepare = ["prepare", str(tmp_path / "set"), "--out", str(cache), "--size", "128"]
    assert main(prepare) == 0
    assert "2 episodes, 24 frames" in capsys.readouterr().out
    assert main(["label", str(EIGHT), "--data", str(cache), "--out", str(labels)]) == 0
    ids = [episode.id for episode in Cache.open(cache).episodes]
    assert list(dict.fromkeys(Labels.open(labels).episode)) == ids and len(ids) == 2


def test_a_format_is_told_what_it_asks_for(tmp_path, write_video, capsys):
    write_v21(tmp_path / "set", write_video, (4, 4))
    words = ["prepare", str(tmp_path / "set"), "--out", str(tmp_path / "cache"), "--size", "16"]
    assert main([*words, "--camera", "wrist"]) == 0
    assert "camera observation.images.wrist" in capsys.readouterr().err
    assert main([*words, "--fps", "5"]) == 2
    assert "are lerobot: they carry their own fps" in capsys.readouterr().err
