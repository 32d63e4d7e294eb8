"""Files are whole or absent, the index names whole ones, and lapa.data reads them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lapa.data import read_episodes
from lapa.sim.recorders.source import Job, Recording
from lapa.sim.recorders.store import Store, write_episode
from tests.sim.fake import Fake

JOB = Job("square", "play-slide", 100_007)


@pytest.fixture
def recording() -> Recording:
    return Fake(96).record(JOB)


def test_what_is_written_is_read_again(tmp_path: Path, recording: Recording) -> None:
    store = Store(tmp_path, "fake-sim")
    store.add(write_episode(store.folder, JOB, recording))
    store.close()
    episodes, report = read_episodes(tmp_path)
    assert (len(episodes), report.skipped) == (1, ())
    episode = episodes[0]
    assert episode.id == "square-play-slide-100007"
    assert (episode.source, episode.embodiment, episode.task) == ("fake_sim", "square", JOB.task)
    assert (episode.split, episode.fps, episode.instruction) == ("train", 10.0, "move square")
    assert episode.action_names == ("x", "y")
    np.testing.assert_array_equal(episode.actions, recording.actions)
    frames = episode.frames
    assert frames.shape == recording.frames.shape
    error = frames.astype(float) - recording.frames
    assert 10 * np.log10(255**2 / np.mean(error**2)) > 35


def test_index_rows_have_the_fields_of_the_set(
    tmp_path: Path, clips: Path, recording: Recording
) -> None:
    known = json.loads((clips / "robosuite.jsonl").read_text(encoding="utf-8").splitlines()[0])
    row = write_episode(tmp_path, JOB, recording)
    assert set(row) == set(known)
    assert {key: type(value) for key, value in row.items()} == {
        key: type(value) for key, value in known.items()
    }


def test_a_killed_run_leaves_no_half_episode(tmp_path: Path, recording: Recording) -> None:
    store = Store(tmp_path, "fake-sim")
    store.add(write_episode(store.folder, JOB, recording))
    store.close()
    index = tmp_path / "fake_sim.jsonl"
    whole = index.read_bytes()
    index.write_bytes(whole + whole[: len(whole) // 2])
    (store.folder / ".partial-square-slide-100008.mp4").write_bytes(b"half a video")
    again = Store(tmp_path, "fake-sim")
    assert again.done == {JOB.id}
    again.close()
    assert index.read_bytes() == whole
    assert not list(store.folder.glob(".partial-*"))


def test_trouble_while_writing_leaves_nothing(tmp_path: Path, recording: Recording) -> None:
    short = replace(recording, actions=recording.actions[:-1])
    endless = replace(recording, actions=recording.actions * np.nan)
    grey = replace(recording, frames=recording.frames[..., 0])
    for broken, sentence in ((short, "shape"), (endless, "not finite"), (grey, "frames are")):
        with pytest.raises(ValueError, match=sentence):
            write_episode(tmp_path, JOB, broken)
    odd = replace(recording, frames=recording.frames[:, :-1, :-1])
    with pytest.raises(Exception, match="."):
        write_episode(tmp_path, JOB, odd)
    assert not list(tmp_path.iterdir())


def test_one_run_at_a_time(tmp_path: Path) -> None:
    store = Store(tmp_path, "fake-sim")
    with pytest.raises(ValueError, match="another run is recording fake-sim"):
        Store(tmp_path, "fake-sim")
    Store(tmp_path, "other-sim").close()
    store.close()
    Store(tmp_path, "fake-sim").close()


def test_a_foreign_index_is_refused(tmp_path: Path) -> None:
    (tmp_path / "fake_sim.jsonl").write_text('["no", "episode"]\n')
    with pytest.raises(ValueError, match="line 1 names no episode"):
        Store(tmp_path, "fake-sim")
