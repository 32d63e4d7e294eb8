"""`lapa export`: what is written is what was read, with the labels that `lapa label` gives."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from lapa.__main__ import main
from lapa.data import Episode, read_episodes, resize
from lapa.data.labels import Labels
from lapa.data.writers import lerobot
from lapa.models.quantizer import LatentActionQuantizer
from lapa.training.toy import make_toy_videos

ROOT = Path(__file__).resolve().parents[2]
EIGHT = ROOT / "assets" / "checkpoints" / "eight"
# a Python with `lerobot` in an environment of its own, which needs another torch
LEROBOT = "LEROBOT_PYTHON"
ROBOT = "toy-disc"


@pytest.fixture(scope="module")
def toy(tmp_path_factory) -> Path:
    """Ten episodes of 12 frames of each of two robots; some are held out."""
    return make_toy_videos(tmp_path_factory.mktemp("toy"), episodes=10, frames=12)


def originals(toy: Path) -> list[Episode]:
    """Those of one robot in the order in which they are written."""
    return sorted(read_episodes(toy, embodiment=ROBOT)[0], key=lambda e: e.split != "train")


@pytest.fixture(scope="module")
def exported(toy, tmp_path_factory) -> Path:
    """All of it with the labels of `eight`; nobody changes it."""
    folder = tmp_path_factory.mktemp("out") / "set"
    assert run("export", toy, "--out", folder, "--checkpoint", EIGHT, "--embodiment", ROBOT) == 0
    return folder


def run(*words: object) -> int:
    return main([str(word) for word in words])


def rows_of(folder: Path) -> dict[str, np.ndarray]:
    """The columns of all tables, stacked."""
    files = sorted((folder / "data").rglob("*.parquet"))
    columns: dict[str, list] = {}
    for file in files:
        for name, values in pq.read_table(file).to_pydict().items():
            columns.setdefault(name, []).extend(values)
    return {name: np.array(values) for name, values in columns.items()}


def test_what_is_written_is_what_was_read(toy, exported):
    episodes, report = read_episodes(exported)
    assert report.skipped == ()
    assert len(episodes) == 10
    for new, old in zip(episodes, originals(toy), strict=True):
        for name in ("embodiment", "fps", "instruction", "split", "length", "action_names"):
            assert getattr(new, name) == getattr(old, name), name
        assert np.array_equal(new.actions, old.actions)
        assert np.abs(new.frames.astype(int) - old.frames).mean() < 2


def test_labels_are_those_of_the_label_command(toy, exported, tmp_path):
    assert run("label", EIGHT, "--data", toy, "--cache", tmp_path / "c", "--out",
               tmp_path / "labels") == 0  # fmt: skip
    labels = Labels.open(tmp_path / "labels")
    order = [e.id for e in originals(toy)]
    rows = rows_of(exported)
    own = [
        each
        for each in zip(labels.episode, labels.t, labels.codes, strict=True)
        if each[0] in order
    ]
    assert int((rows["latent_action"] >= 0).sum()) == len(own) > 0
    for name, t, codes in own:
        at = (rows["episode_index"] == order.index(name)) & (rows["frame_index"] == t)
        assert rows["latent_action"][at].tolist() == codes.tolist()
    assert len({code for _, _, codes in own for code in codes.tolist()}) > 1


def test_latents_are_the_quantizers_and_unknown_where_no_frame_follows(toy, exported):
    laq = LatentActionQuantizer.from_pretrained(EIGHT)
    first = originals(toy)[0]
    # as small as a cache has them
    frames = resize(first.frames, laq.config.image_size)
    gap = round(laq.config.gap_seconds * first.fps)
    rows = rows_of(exported)
    latents = rows["latent"][: len(frames)]
    assert latents.shape == (12, 1, laq.config.quant_dim)
    expected = laq.latent(frames[:-gap], frames[gap:])
    assert np.allclose(latents[:-gap], expected, atol=1e-5)
    assert np.isnan(latents[-gap:]).all()
    assert rows["latent_action"][: len(frames)][-gap:].tolist() == [-1] * gap
    about = json.loads((exported / "meta/info.json").read_text())["features"]
    assert about["latent_action"]["shape"] == [1]
    assert about["latent"]["shape"] == [1, laq.config.quant_dim]
    assert about["latent"]["info"]["gap_seconds"] == laq.config.gap_seconds


def test_statistics_are_of_known_values_only(toy, exported):
    found = json.loads((exported / "meta/stats.json").read_text())
    actions = np.concatenate([np.vstack([e.actions, e.actions[-1:]])
                              for e in originals(toy)])  # fmt: skip
    assert found["action"]["mean"] == pytest.approx(actions.mean(0), rel=1e-5, abs=1e-6)
    assert found["action"]["std"] == pytest.approx(actions.std(0), rel=1e-5)
    assert found["action"]["count"] == [120]
    known = rows_of(exported)["latent_action"]
    assert found["latent_action"]["count"] == [int((known >= 0).sum())]
    assert found["latent_action"]["min"][0] >= 0
    assert np.isfinite(found["latent"]["mean"]).all()
    mean = np.array(found[lerobot.CAMERA]["mean"]).ravel()
    pixels = np.mean([e.frames.mean((0, 1, 2)) for e in originals(toy)], axis=0) / 255
    assert mean == pytest.approx(pixels, abs=0.03)


def test_files_are_begun_anew_when_they_are_full(toy, tmp_path, monkeypatch):
    monkeypatch.setattr(lerobot, "VIDEO_MEGABYTES", 0)
    monkeypatch.setattr(lerobot, "DATA_MEGABYTES", 0)
    monkeypatch.setattr(lerobot, "CHUNK", 3)
    assert run("export", toy, "--out", tmp_path / "set", "--embodiment", ROBOT) == 0
    names = sorted(f.relative_to(tmp_path / "set/data").as_posix()
                   for f in (tmp_path / "set/data").rglob("*.parquet"))  # fmt: skip
    assert names[:4] == [f"chunk-00{i // 3}/file-00{i % 3}.parquet" for i in range(4)]
    episodes, report = read_episodes(tmp_path / "set")
    assert (len(episodes), report.skipped) == (10, ())
    assert np.array_equal(episodes[7].actions, originals(toy)[7].actions)
    assert np.abs(episodes[7].frames.astype(int) - originals(toy)[7].frames).mean() < 2


@pytest.fixture
def odd(tmp_path) -> Path:
    """Two clips of three frames of 63×47, of one grey each."""
    for number in range(2):
        folder = tmp_path / "raw" / f"traj{number}" / "images0"
        folder.mkdir(parents=True)
        for t in range(3):
            grey = (40 + 40 * number,) * 3
            Image.new("RGB", (63, 47), grey).save(folder / f"im_{t}.png")
    return tmp_path / "raw"


def test_odd_sizes_are_kept_and_size_squashes(odd, tmp_path):
    assert run("export", odd, "--out", tmp_path / "odd") == 0
    episodes, _ = read_episodes(tmp_path / "odd")
    assert [e.frames.shape for e in episodes] == [(3, 47, 63, 3)] * 2
    greys = [float(e.frames[:, 0, 0].mean()) for e in episodes]
    assert greys == pytest.approx([40, 80], abs=3)
    assert episodes[0].actions is None
    assert run("export", odd, "--out", tmp_path / "small", "--size", 32) == 0
    assert read_episodes(tmp_path / "small")[0][0].frames.shape == (3, 32, 32, 3)


def test_what_does_not_fit_into_one_set_is_told(toy, exported, tmp_path, capsys):
    assert run("export", toy, "--out", tmp_path / "set") == 2
    error = capsys.readouterr().err
    assert "has one robot, these clips have toy-" in error and "(10): name one with" in error
    assert run("export", toy, "--out", exported, "--embodiment", ROBOT) == 2
    assert "is there already: choose another folder" in capsys.readouterr().err
    assert run("export", toy, "--out", tmp_path / "x", "--size", 0) == 2
    assert "--size is 0; accepted are 1 and more" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_broken_clip_is_skipped_and_named(odd, tmp_path, capsys):
    (odd / "traj0/images0/im_1.png").write_bytes(b"no picture")
    assert run("export", odd, "--out", tmp_path / "set") == 0
    [episode], _ = read_episodes(tmp_path / "set")
    assert float(episode.frames.mean()) == pytest.approx(80, abs=3)
    assert "skipped traj0: im_1.png is not a readable image" in capsys.readouterr().err
    (odd / "traj1/images0/im_2.png").write_bytes(b"no picture")
    assert run("export", odd, "--out", tmp_path / "none") == 2
    assert "none of the episodes can be written: traj0" in capsys.readouterr().err
    assert sorted(each.name for each in tmp_path.iterdir()) == ["raw", "set"]


OPEN = """
import json, sys
from lerobot.datasets.lerobot_dataset import LeRobotDataset
data = LeRobotDataset("me/set", root=sys.argv[1])
rows = [data[i] for i in range(len(data))]
keys = ("action", "latent_action", "timestamp", "episode_index")
print(json.dumps({
    "episodes": data.num_episodes,
    "fps": data.fps,
    "tasks": [row["task"] for row in rows],
    "means": [row["observation.images.camera"].mean().item() * 255 for row in rows],
    "latent": rows[0]["latent"].tolist(),
    **{key: [row[key].tolist() for row in rows] for key in keys},
}))
"""
MAKE = """
import sys
import numpy as np
from lerobot.datasets.lerobot_dataset import LeRobotDataset
picture = {"dtype": "video", "shape": (64, 96, 3), "names": ["height", "width", "channels"]}
features = {
    "observation.images.front": picture,
    "observation.images.wrist": picture,
    "action": {"dtype": "float32", "shape": (2,), "names": ["x", "y"]},
}
data = LeRobotDataset.create("me/set", fps=10, root=sys.argv[1], robot_type="so100",
                             features=features, use_videos=True)
for episode, length in enumerate([12, 7, 15]):
    for t in range(length):
        front = np.full((64, 96, 3), (episode * 16 + t) * 5, np.uint8)
        data.add_frame({
            "observation.images.front": front,
            "observation.images.wrist": 255 - front,
            "action": np.array([episode, t], np.float32),
            "task": f"task {episode}",
        })
    data.save_episode()
data.finalize()
"""


@pytest.fixture(scope="module")
def lerobot_python() -> str:
    python = os.environ.get(LEROBOT)
    if not python:
        pytest.skip(f"{LEROBOT} names no Python with lerobot[dataset] in its own environment")
    return python


def outside(python: str, code: str, folder: Path) -> str:
    """Run code in lerobot's environment; returns what it prints. -P: nothing beside is imported."""
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    words = [python, "-P", "-c", code, str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, env=env, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.slow
def test_lerobot_itself_opens_what_is_exported(exported, lerobot_python):
    found = json.loads(outside(lerobot_python, OPEN, exported).splitlines()[-1])
    rows, ours = rows_of(exported), read_episodes(exported)[0]
    assert (found["episodes"], found["fps"]) == (10, ours[0].fps)
    assert np.array_equal(np.array(found["action"], np.float32), rows["action"])
    assert np.array(found["latent_action"]).ravel().tolist() == rows["latent_action"].tolist()
    assert np.allclose(found["latent"], rows["latent"][0])
    assert found["tasks"] == [e.instruction for e in ours for _ in range(e.length)]
    means = [frame.mean() for episode in ours for frame in episode.frames]
    assert found["means"] == pytest.approx(means, abs=1)


@pytest.mark.slow
def test_a_set_that_lerobot_made_is_read(tmp_path, lerobot_python):
    """AV1, two cameras, three episodes in one file."""
    outside(lerobot_python, MAKE, tmp_path / "set")
    for camera, sign in (("front", 1), ("wrist", -1)):
        episodes, report = read_episodes(tmp_path / "set", camera=camera)
        assert report.skipped == ()
        assert [e.instruction for e in episodes] == ["task 0", "task 1", "task 2"]
        for number, (episode, length) in enumerate(zip(episodes, (12, 7, 15), strict=True)):
            greys = np.array([(number * 16 + t) * 5 for t in range(length)])
            expected = greys if sign == 1 else 255 - greys
            assert [f.mean() for f in episode.frames] == pytest.approx(expected, abs=2)
            assert episode.actions.tolist() == [[number, t] for t in range(length - 1)]
