"""BridgeData V2 as recorded: folders of frames, and pickles that stay shut."""

from __future__ import annotations

from pathlib import Path

import pytest

from lapa.data import Cache, read_episodes, recognise

from .conftest import numbers

CLIP = "kitchen/many_skills/00/2023-03-02_14-05-00/raw/traj_group0/traj{}"
# what runs the moment that it is unpickled
BOMB = b"cos\nsystem\n(S'touch RAN'\ntR."


@pytest.fixture
def recorded(tmp_path, write_frames) -> Path:
    """Two trajectories of twelve frames from two cameras; the second was not told what to do."""
    root = tmp_path / "bridge_data_v2"
    for number in range(2):
        folder = root / CLIP.format(number)
        write_frames(folder / "images0", [f"im_{t}.jpg" for t in range(12)])
        write_frames(folder / "images1", [f"im_{t}.jpg" for t in range(11, -1, -1)])
        (folder / "obs_dict.pkl").write_bytes(BOMB)
        (folder / "policy_out.pkl").write_bytes(BOMB)
    said = "\n  put the pot on the stove\nmove the pot\nconfidence: 0.9\n"
    (root / CLIP.format(0) / "lang.txt").write_text(said)
    (root / CLIP.format(1) / "lang.txt").write_text("confidence: 0.0\n")
    return root


def test_trajectories_are_recognised_and_read(recorded):
    for path in (recorded, recorded / "kitchen", recorded / CLIP.format(0)):
        assert recognise(path) == "bridge"
    episodes, report = read_episodes(recorded)
    assert [e.id for e in episodes] == [CLIP.format(0), CLIP.format(1)]
    assert [e.instruction for e in episodes] == ["put the pot on the stove", ""]
    assert numbers(episodes[0].frames) == list(range(12))
    assert (episodes[0].fps, episodes[0].embodiment) == (5, "widowx")
    assert read_episodes(recorded, fps=4)[0][0].fps == 4
    assert report.summary().endswith("2 episodes used, 0 skipped.")


def test_actions_are_unknown_and_no_pickle_is_opened(recorded, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cache = Cache.build(recorded, tmp_path / "cache", 16)
    assert cache.actions(0) is None
    assert "policy_out.pkl is a pickle, which is never opened" in cache.report.summary()
    assert not (tmp_path / "RAN").exists()


def test_another_camera_is_chosen(recorded, write_frames):
    first, _ = read_episodes(recorded, camera="images1")
    assert numbers(first[0].frames) == list(range(11, -1, -1))
    for file in (recorded / CLIP.format(1) / "images1").iterdir():
        file.unlink()
    (recorded / CLIP.format(1) / "images1").rmdir()
    episodes, report = read_episodes(recorded, camera="images1")
    assert [e.id for e in episodes] == [CLIP.format(0)]
    assert report.skipped[0].reason == "has no camera images1; it has images0"


def test_a_broken_frame_costs_one_trajectory(recorded, tmp_path):
    (recorded / CLIP.format(0) / "images0" / "im_5.jpg").write_bytes(b"no picture")
    cache = Cache.build(recorded, tmp_path / "cache", 16)
    assert [e.id for e in cache.episodes] == [CLIP.format(1)]
    assert f"{CLIP.format(0)}: im_5.jpg is not a readable image" in cache.report.summary()
