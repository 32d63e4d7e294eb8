"""What both originals share, and the sentences of what is missing; no original is needed."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import gymnasium
import numpy as np
import pytest

from lapa.sim import benchmarks
from lapa.sim.benchmarks import BENCHMARKS
from lapa.sim.language_table import install as language_table
from lapa.sim.recorders import SOURCES, plan
from lapa.sim.simpler import install as simpler


def test_two_worlds_in_a_process_are_refused() -> None:
    benchmarks.claim("simpler")
    try:
        with pytest.raises(RuntimeError, match="has a simpler environment already.*of its own"):
            benchmarks.claim("language-table")
    finally:
        benchmarks.release()
    benchmarks.claim("language-table")
    benchmarks.release()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"kind": "fly"}, "no kind of task 'fly'; there are carrot, spoon"),
        ({"number": 24}, "numbered 0 to 23, received 24"),
        ({"number": "1"}, "received '1'"),
    ],
)
def test_a_start_that_does_not_exist(options: dict, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        benchmarks.asked(options, None, ("carrot", "spoon"), 24)


def test_actions_are_kept_within_the_space() -> None:
    space = gymnasium.spaces.Box(-0.1, 0.1, (2,))
    assert benchmarks.finite([0.5, -0.02], space) == pytest.approx([0.1, -0.02])
    for wrong in ([0.1], [np.nan, 0], [[0, 0]]):
        with pytest.raises(ValueError, match="2 finite numbers, received"):
            benchmarks.finite(wrong, space)


def test_pictures_are_squashed_whole() -> None:
    picture = np.zeros((180, 320, 3), np.uint8)
    picture[:90, :160] = 200
    small = benchmarks.squashed(picture, 64)
    assert small.shape == (64, 64, 3) and small.dtype == np.uint8
    assert (small[:30, :30] == 200).all() and not small[34:].any() and not small[:, 34:].any()


def test_the_kinds_of_the_protocol() -> None:
    table, scenes = BENCHMARKS["language-table"], BENCHMARKS["simpler"]
    assert len(table.kinds) * table.episodes == 250 and len(scenes.kinds) * scenes.episodes == 96
    assert scenes.rates == ("grasped", "moved")
    for each in (table, scenes):
        assert each.title in (Path(__file__).parents[2] / "docs/benchmarks.md").read_text()


@pytest.mark.parametrize("name", ["language-table", "simpler"])
def test_what_is_recorded_has_every_kind(name: str) -> None:
    jobs = plan(SOURCES[name], 60)
    assert {job.task for job in jobs} == set(BENCHMARKS[name].kinds)
    with pytest.raises(ValueError, match="seeds start at 10000"):
        plan(SOURCES[name], 1, 999)


def present(monkeypatch: pytest.MonkeyPatch, *missing: str) -> None:
    """Every package is there but those."""
    spec = importlib.util.spec_from_loader("x", loader=None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in missing else spec)


def checkout(tmp_path: Path, text: str = "here") -> Path:
    where = tmp_path / "language_table" / "environments"
    where.mkdir(parents=True)
    (where / "blocks.py").write_bytes(text.encode())
    return tmp_path


def test_language_table_says_what_is_missing(tmp_path: Path, monkeypatch) -> None:
    present(monkeypatch)
    monkeypatch.delenv(language_table.VARIABLE, raising=False)
    with pytest.raises(ModuleNotFoundError, match="none is named: clone .* check out 5b7bf0e"):
        language_table.check()
    monkeypatch.setenv(language_table.VARIABLE, str(tmp_path))
    with pytest.raises(ModuleNotFoundError, match=r"is none: clone .*Apache License 2\.0"):
        language_table.check()
    checkout(tmp_path)
    with pytest.raises(ValueError, match="is not the tested one.*commit 5b7bf0e"):
        language_table.check()
    monkeypatch.setattr(
        language_table, "TESTED", language_table.digest(tmp_path / "language_table/environments")
    )
    assert language_table.check() == tmp_path
    present(monkeypatch, "pybullet")
    with pytest.raises(ModuleNotFoundError, match=r"needs pybullet,.*requirements-benchmarks\.txt"):
        language_table.check()


def test_another_version_is_known_by_its_code_not_its_line_ends(tmp_path: Path) -> None:
    places = [checkout(tmp_path / name, text) for name, text in
              (("one", "a\nb\n"), ("windows", "a\r\nb\r\n"), ("two", "a\nc\n"))]  # fmt: skip
    one, windows, two = (
        language_table.digest(each / "language_table/environments") for each in places
    )
    assert one == windows != two


def test_stand_ins_do_not_outlast_the_import(monkeypatch) -> None:
    present(monkeypatch, "tensorflow", "tf_agents")
    with language_table.stand_ins():
        import tensorflow as tf
        from tf_agents.policies import py_policy
        from tf_agents.trajectories import policy_step

        class Three(py_policy.PyPolicy):
            def _action(self, time_step, state, seed):
                return policy_step.PolicyStep(3, state)

        assert Three(None, action_spec=None).action("now").action == 3
        with tf.io.gfile.GFile(__file__, "r") as file:
            assert file.readline().startswith('"""What both')
    assert not {"tensorflow", "tf_agents", "tf_agents.policies"} & set(sys.modules)


def test_simpler_says_what_is_missing(tmp_path: Path, monkeypatch) -> None:
    present(monkeypatch, "mani_skill")
    with pytest.raises(ModuleNotFoundError, match=r"pip install -r requirements-benchmarks\.txt"):
        simpler.check()
    present(monkeypatch)
    monkeypatch.setenv(simpler.VARIABLE, str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"bridge_v2_real2sim.*CC BY-NC 4\.0"):
        simpler.check()
    for name in simpler.FILES:
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).touch()
    monkeypatch.setattr(simpler, "_PROBE", "raise SystemExit(1)")
    with pytest.raises(OSError, match="lavapipe, version 24 or later"):
        simpler.check()
    monkeypatch.setattr(simpler, "_PROBE", "print('works')")
    simpler.check()


def test_results_are_called_after_the_assets_that_are_there(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv(simpler.VARIABLE, str(tmp_path))
    table = tmp_path / "data" / simpler.SCENES / simpler.TABLE
    table.parent.mkdir(parents=True)
    table.write_bytes(b"a box")
    assert BENCHMARKS["simpler"].called() == BENCHMARKS["simpler"].title
    table.write_bytes(bytes(200_000))
    assert BENCHMARKS["simpler"].called() == "SIMPLER WidowX scenes in ManiSkill 3"
