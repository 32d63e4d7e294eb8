"""TabletopEnv as gymnasium knows environments, with and without a renderer; its episodes."""

from __future__ import annotations

import os

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from lapa.__main__ import main
from lapa.data import read_episodes
from lapa.sim.recorders import headless
from lapa.sim.tabletop.embodiments import EMBODIMENTS
from lapa.sim.tabletop.env import TabletopEnv
from lapa.sim.tabletop.tasks import KINDS

try:
    os.environ.update(headless.choose_renderer())
    NO_RENDERER = ""
except OSError as error:
    NO_RENDERER = str(error)
draws = pytest.mark.skipif(bool(NO_RENDERER), reason=NO_RENDERER or "a renderer works")


@draws
def test_gymnasium_accepts_it() -> None:
    env = TabletopEnv(image_size=32, state=True)
    check_env(env, skip_render_check=False)
    env.close()


def test_without_pictures_no_renderer_is_needed(monkeypatch) -> None:
    monkeypatch.setattr(headless, "context", lambda side: pytest.fail("it asked for a renderer"))
    env = TabletopEnv(image_size=0, state=True, kind="block2block")
    seen, told = env.reset(seed=4)
    assert set(seen) == {"instruction", "state"} and told["kind"] == "block2block"
    check_env(env, skip_render_check=True)


def test_the_state_is_what_the_world_holds() -> None:
    env = TabletopEnv(image_size=0, state=True)
    seen, _ = env.reset(seed=1)
    assert seen["state"].shape == (9, 3) and seen["state"].dtype == np.float32
    assert np.allclose(seen["state"][:8, :2], env.world.places, atol=1e-6)
    assert np.allclose(seen["state"][8, :2], env.world.pusher, atol=1e-6)
    seen, reward, done, cut, told = env.step(np.array([0.02, 0.0]))
    assert (reward, done, cut, told["success"]) == (0.0, False, False, False)
    assert seen["state"][8, 0] > 0.15 and told["distance"] > 0


def test_the_end_comes_by_success_or_by_time() -> None:
    env = TabletopEnv(image_size=0, kind="block2block", longest=3)
    env.reset(seed=0)
    ends = [env.step(np.zeros(2))[2:4] for _ in range(3)]
    assert ends == [(False, False), (False, False), (False, True)]
    env.reset(seed=0)
    places = env.world.places
    places[env.task.block] = places[env.task.others[0]] + [0.045, 0.0]
    env.world.lay(env.world.blocks, places, env.world.turns, np.array([0.16, -0.3]))
    _, reward, done, cut, told = env.step(np.zeros(2))
    assert (reward, done, cut, told["success"]) == (1.0, True, False, True)


@draws
def test_pictures_follow_their_seed_and_no_body_is_like_another() -> None:
    pictures = {}
    for name in EMBODIMENTS:
        env = TabletopEnv(image_size=64, embodiment=name, theme="real", kind="separate")
        first = [env.reset(seed=7)[0]["image"], env.step(np.array([0.03, 0.0]))[0]["image"]]
        env.reset(seed=8)
        again = [env.reset(seed=7)[0]["image"], env.step(np.array([0.03, 0.0]))[0]["image"]]
        assert np.array_equal(first, again) and first[0].shape == (64, 64, 3)
        assert not np.array_equal(first[0], first[1])
        pictures[name] = first[0].astype(int)
        env.close()
    named = list(pictures)
    for at, name in enumerate(named):
        for other in named[at + 1 :]:
            assert np.abs(pictures[name] - pictures[other]).mean() > 1, (name, other)


@draws
def test_red_green_blue_and_yellow_are_seen() -> None:
    env = TabletopEnv(image_size=128, theme="sim")
    seen, _ = env.reset(seed=3)
    red, green, blue = (seen["image"][..., at].astype(int) for at in range(3))
    colours = {block.colour for block in env.world.blocks}
    found = {
        "red": ((red > 130) & (green < 70) & (blue < 70)).sum(),
        "green": ((green > 90) & (red < 70) & (blue < 90)).sum(),
        "blue": ((blue > 120) & (red < 90)).sum(),
        "yellow": ((red > 150) & (green > 130) & (blue < 90)).sum(),
    }
    assert {colour for colour, pixels in found.items() if pixels > 15} == colours
    env.close()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"kind": "juggle"}, "no kind of task 'juggle'"),
        ({"split": "test"}, "no split 'test'"),
        ({"image_size": 33}, "image_size is 0 or even, from 16 to 1024; received 33"),
        ({"longest": 0}, "longest is 0"),
        ({"embodiment": "crane"}, "no embodiment 'crane'"),
        ({"theme": "mars"}, "no theme 'mars'"),
    ],
)
def test_what_cannot_be_is_refused(options: dict, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        TabletopEnv(**options)


def test_steps_are_checked() -> None:
    env = TabletopEnv(image_size=0)
    with pytest.raises(RuntimeError, match="reset"):
        env.step(np.zeros(2))
    env.reset(seed=0)
    for wrong in (np.zeros(3), np.array([np.nan, 0.0])):
        with pytest.raises(ValueError, match="two finite numbers in metres"):
            env.step(wrong)
    with pytest.raises(ValueError, match="no kind of task"):
        env.reset(options={"kind": "juggle"})
    assert isinstance(env.unwrapped, gymnasium.Env)


@draws
def test_episodes_are_generated_and_a_run_goes_on(tmp_path, capsys) -> None:
    words = ["generate", "--out", str(tmp_path), "--size", "32", "--embodiment", "cylinder"]
    words += ["--embodiment", "hand", "--task", "block2relative"]
    assert main([*words, "--episodes", "5"]) == 0
    assert "5 episodes" in capsys.readouterr().out
    assert main([*words, "--episodes", "8"]) == 0
    episodes, report = read_episodes(tmp_path)
    assert len(episodes) == 8 and not report.skipped
    assert [each.embodiment for each in episodes] == ["cylinder"] * 6 + ["hand"] * 2
    first = episodes[0]
    assert first.fps == 10 and first.actions.shape == (first.length - 1, 2)
    assert first.action_names == ("x", "y") and np.abs(first.actions).max() <= 0.03
    assert episodes[-1].action_names == () and episodes[-1].actions.shape[1] == 0
    assert {each.split for each in episodes} == {"train", "holdout"}
    assert {each.task for each in episodes} <= set(KINDS)
    frames = first.frames
    assert frames.shape[1:] == (32, 32, 3) and frames.std() > 10
    assert main([*words[:3], "--episodes", "1", "--size", "31"]) == 2
    assert "even number" in capsys.readouterr().err
