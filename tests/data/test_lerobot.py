"""LeRobot sets of both versions: exact frames by timestamp, and what does not fit together."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from lapa.data import Cache, read_episodes, recognise
from lapa.data.readers import hub

from .conftest import numbers, shades
from .lerobot_sets import CAMERAS, clip, grey, write_v21, write_v21_of_pictures, write_v30

LENGTHS = (7, 5, 9)
WRITERS = (write_v21, write_v30)


@pytest.fixture(scope="module", params=WRITERS, ids=["v2.1", "v3.0"])
def whole(request, tmp_path_factory, write_video) -> Path:
    """A set that nothing is wrong with; nobody changes it."""
    return request.param(tmp_path_factory.mktemp("sets") / "pusht", write_video, LENGTHS)


def test_a_set_is_recognised_and_read(whole):
    assert recognise(whole) == recognise(whole.parent) == "lerobot"
    episodes, report = read_episodes(whole)
    assert report.skipped == ()
    assert "camera observation.images.front (also there: observation.images.wrist)" in (
        report.summary()
    )
    assert [e.id for e in episodes] == [f"pusht/{i:06d}" for i in range(3)]
    assert [e.length for e in episodes] == list(LENGTHS)
    assert [e.split for e in episodes] == ["train", "train", "holdout"]
    assert [e.instruction for e in episodes] == ["task 0", "task 1", "task 0"]
    first = episodes[1]
    assert (first.fps, first.embodiment, first.source) == (10, "so100", "pusht")
    assert first.action_names == ("x", "y")
    assert first.actions.tolist() == [[1, 0], [1, 1], [1, 2], [1, 3]]
    assert first.actions.dtype == np.float32


def test_each_frame_is_the_one_of_its_row(whole):
    for number, episode in enumerate(read_episodes(whole)[0]):
        expected = [grey(number, t) for t in range(LENGTHS[number])]
        assert numbers(episode.frames, 4) == expected
        assert episode.frames.shape[1:3] == (episode.height, episode.width)


def test_another_camera_is_chosen_by_the_end_of_its_name(whole):
    episodes, _ = read_episodes(whole, camera="wrist")
    assert numbers(episodes[2].frames, 4) == [grey(2, t, 0) for t in range(9)]
    with pytest.raises(ValueError, match="has no camera 'top'; it has observation.images.wrist"):
        read_episodes(whole, camera="top")
    with pytest.raises(ValueError, match="has several camera 's'|has no camera 's'"):
        read_episodes(whole, camera="s")


def test_another_feature_may_be_the_action(whole):
    episodes, _ = read_episodes(whole, action="action")
    assert episodes[0].actions.shape == (6, 2)
    with pytest.raises(ValueError, match="has no feature 'torque'; it has"):
        read_episodes(whole, action="torque")


@pytest.fixture
def same_priority():
    """SVT-AV1 gives the thread that encodes real-time priority where it may, and leaves it so: all
    later tests, and what they start, would starve the rest of the machine."""
    before = os.sched_getscheduler(0), os.sched_getparam(0)
    yield
    os.sched_setscheduler(0, *before)


@pytest.mark.skipif(not hasattr(os, "sched_setscheduler"), reason="only Linux has these calls")
@pytest.mark.usefixtures("same_priority")
@pytest.mark.parametrize("writer", WRITERS, ids=["v2.1", "v3.0"])
def test_av1_is_read_as_h264_is(tmp_path, write_video, writer):
    root = writer(tmp_path / "set", write_video, (4, 6), codec="libsvtav1")
    episodes, _ = read_episodes(root)
    for number, episode in enumerate(episodes):
        means = [frame.mean() / 4 for frame in episode.frames]
        assert means == pytest.approx([grey(number, t) for t in range(episode.length)], abs=0.4)


def test_pictures_in_the_table_are_frames_too(tmp_path):
    [episode], report = read_episodes(write_v21_of_pictures(tmp_path / "set", 5))
    assert report.skipped == ()
    assert numbers(episode.frames, 4) == [0, 1, 2, 3, 4]


def test_a_cache_of_a_set_holds_its_frames_and_actions(whole, tmp_path):
    cache = Cache.build(whole, tmp_path / "cache", 16)
    assert [e.length for e in cache.episodes] == list(LENGTHS)
    assert numbers(cache.clip(2), 4) == [grey(2, t) for t in range(9)]
    assert cache.actions(2).tolist() == [[2, t] for t in range(8)]


def video_of(root: Path, camera: str = CAMERAS[1]) -> Path:
    """The video of the first episode, or of all."""
    return sorted(each for each in root.rglob("*.mp4") if camera in str(each))[0]


def test_a_video_whose_frames_do_not_match_is_named(tmp_path, write_video):
    """Of three episodes in one file the last two frames are lacking: two episodes are whole."""
    root = write_v30(tmp_path / "set", write_video, LENGTHS)
    frames = [frame for e, n in enumerate(LENGTHS) for frame in clip(e, n)]
    write_video(video_of(root), frames[:-2])
    cache = Cache.build(root, tmp_path / "cache", 16)
    assert [e.id for e in cache.episodes] == ["set/000000", "set/000001"]
    assert "set/000002: file-000.mp4 ends before 1.900 s" in cache.report.summary()


def test_a_video_of_another_rate_is_named(tmp_path, write_video):
    root = write_v21(tmp_path / "set", write_video, LENGTHS)
    write_video(video_of(root), shades(7), fps=7)
    episodes, _ = read_episodes(root)
    with pytest.raises(ValueError, match=r"episode_000000.mp4 has no frame at 0.100 s, one comes"):
        _ = episodes[0].frames
    assert numbers(episodes[1].frames, 4) == [grey(1, t) for t in range(5)]


@pytest.mark.parametrize("writer", WRITERS, ids=["v2.1", "v3.0"])
def test_a_broken_or_missing_video_is_named(tmp_path, write_video, writer):
    root = writer(tmp_path / "set", write_video, LENGTHS)
    video = video_of(root)
    video.write_bytes(b"no video")
    _, report = read_episodes(root)
    lost = 1 if writer is write_v21 else 3
    assert len(report.skipped) == lost
    assert f"{video.name} is not a readable video" in report.skipped[0].reason
    video.unlink()
    assert f"{video.name} the file is missing" in read_episodes(root)[1].skipped[0].reason


def test_rows_that_are_lacking_are_told(tmp_path, write_video):
    root = write_v30(tmp_path / "set", write_video, LENGTHS)
    [table] = (root / "data").rglob("*.parquet")
    pq.write_table(pq.read_table(table).slice(0, 10), table)
    episodes, report = read_episodes(root)
    assert [e.id for e in episodes] == ["set/000000"]
    assert [item.reason for item in report.skipped] == [
        "file-000.parquet holds 3 rows of it where the meta data says 5",
        "file-000.parquet holds 0 rows of it where the meta data says 9",
    ]
    table.write_bytes(b"PAR1 and no table")
    assert "file-000.parquet cannot be read" in read_episodes(root)[1].skipped[0].reason


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"codebase_version": "v1.6"}, "version v1.6; accepted are v2.0, v2.1, v3.0"),
        ({"features": {"action": {"dtype": "float32", "shape": [2]}}}, "has no camera; it has act"),
        ({"fps": 0}, "says 0.0 frames a second"),
        ({"features": None}, "meta/info.json is not understood"),
        ({"data_path": "data/{nothing}.parquet"}, "meta data is not understood"),
        ({"data_path": "../{file_index}.parquet"}, "'../0.parquet', which is no file of the set"),
        ({"data_path": None}, "data_path leads to '.', which is no file"),
        ({"chunks_size": float("inf")}, "meta/info.json is not understood"),
    ],
)
def test_an_info_that_cannot_be_used_is_told(tmp_path, write_video, change, sentence):
    root = write_v30(tmp_path / "set", write_video, (3,))
    about = json.loads((root / "meta/info.json").read_text())
    (root / "meta/info.json").write_text(json.dumps(about | change))
    with pytest.raises(ValueError, match=f"set: .*{sentence}"):
        read_episodes(root)


def test_a_hub_id_is_fetched_and_called_by_its_name(tmp_path, write_video, monkeypatch):
    import huggingface_hub

    root = write_v30(tmp_path / "hub/datasets--me--pens/snapshots/0a1b2c", write_video, (3, 4))
    asked = []

    def fetch(repo, *, repo_type, allow_patterns):
        asked.append((repo, repo_type))
        assert not any("py" in pattern for pattern in allow_patterns)
        return str(root)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fetch)
    episodes, _ = read_episodes("me/pens")
    assert set(asked) == {("me/pens", "dataset")}
    assert [e.id for e in episodes] == ["pens/000000", "pens/000001"]


def test_a_hub_id_that_cannot_be_reached_is_told():
    with pytest.raises(FileNotFoundError, match="There is no file or folder me/nothing, and no"):
        read_episodes("me/nothing")
    with pytest.raises(FileNotFoundError, match=r"There is no file or folder \./nothing\.$"):
        hub.local("./nothing")
