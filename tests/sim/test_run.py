"""Recording in processes: resumable, the same however it is spread, and honest about trouble."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from lapa.data import read_episodes
from lapa.sim.recorders import plan, record
from tests.sim.fake import ABSENT, DEADLY, FAKE, FRAGILE


def run(source, out: Path, **options) -> list:
    return list(record(source, out, size=64, **{"episodes": 9, **options}))


def contents(folder: Path) -> dict[str, tuple[bytes, bytes]]:
    """Pictures and actions by id; of one and the same video x264 may write different bytes."""
    episodes, _ = read_episodes(folder)
    return {each.id: (each.frames.tobytes(), each.actions.tobytes()) for each in episodes}


def test_everything_planned_is_recorded(tmp_path: Path) -> None:
    told = run(FAKE, tmp_path)
    assert [each.done for each in told] == list(range(1, 10))
    assert told[-1].total == 9 and told[-1].seconds_left == 0
    assert told[-1].frames == 9 * 8
    assert all(each.fps > 0 and not each.problem for each in told)
    episodes, report = read_episodes(tmp_path)
    assert not report.skipped
    assert {episode.id for episode in episodes} == {job.id for job in plan(FAKE, 9)}
    assert {episode.split for episode in episodes} == {"train"}


def test_an_episode_does_not_depend_on_who_records_it(tmp_path: Path) -> None:
    run(FAKE, tmp_path / "one", workers=1)
    run(FAKE, tmp_path / "three", workers=3)
    one, three = contents(tmp_path / "one"), contents(tmp_path / "three")
    assert one == three and len(set(one.values())) == 9


def test_a_stopped_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    with closing(record(FAKE, tmp_path, episodes=9, size=64)) as first:
        names = {next(first).name, next(first).name}
    assert {episode.id for episode in read_episodes(tmp_path)[0]} == names
    told = run(FAKE, tmp_path)
    assert [each.done for each in told] == list(range(3, 10))
    assert not names & {each.name for each in told}
    episodes, report = read_episodes(tmp_path)
    assert len(episodes) == 9 and not report.skipped
    assert run(FAKE, tmp_path) == []
    assert len(run(FAKE, tmp_path, episodes=11)) == 2


def test_an_episode_that_breaks_is_told_and_tried_again(tmp_path: Path) -> None:
    told = run(FRAGILE, tmp_path, episodes=12)
    broken = [each for each in told if each.problem]
    assert len(broken) == 6
    assert all("RuntimeError: the square fell off" in each.problem for each in broken)
    assert len(read_episodes(tmp_path)[0]) == 6
    assert len(run(FRAGILE, tmp_path, episodes=12)) == 6


def test_a_process_that_dies_ends_the_run_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="a recording process of deadly-sim died"):
        run(DEADLY, tmp_path, episodes=12)
    _, report = read_episodes(tmp_path) if list(tmp_path.glob("*/*.mp4")) else (None, None)
    assert report is None or not report.skipped


@pytest.mark.parametrize(
    ("source", "options", "sentence"),
    [
        ("robosuit", {}, "no source 'robosuit'; there are robosuite, metaworld"),
        (FAKE, {"size": 99}, "even number from 32 to 1024, received 99"),
        (FAKE, {"size": 16}, "even number from 32 to 1024, received 16"),
        (FAKE, {"workers": 0}, "workers starts at 1, received 0"),
    ],
)
def test_wrong_options_are_refused(tmp_path: Path, source, options: dict, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        list(record(source, tmp_path, episodes=3, **options))
    assert not list(tmp_path.iterdir())


def test_without_the_simulator_nothing_is_begun(tmp_path: Path) -> None:
    with pytest.raises(ModuleNotFoundError, match=r"nobody_has_this_simulator.*requirements-sim"):
        run(ABSENT, tmp_path)
    assert not list(tmp_path.iterdir())
