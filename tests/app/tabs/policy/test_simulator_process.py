"""The simulator's process: frames, what a policy does in it, and what happens when it dies."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from app.core.limits import NoPictures, UserError
from app.tabs.policy.simulator import Acting
from lapa.data.bins import ActionBins
from lapa.models.fast_head import FastHead, FastHeadConfig
from lapa.models.image_tokenizer import ImageTokenizer
from lapa.presets.policies import stages
from lapa.sim.recorders.headless import choose_renderer
from lapa.training.policy.recipe import new_policy
from lapa.training.policy.text import learn_text

START = {"seed": 3, "kind": "separate", "embodiment": "cylinder", "theme": "sim",
         "instruction": "", "size": 32}  # fmt: skip


@pytest.fixture(scope="module")
def policies(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("policies")
    torch.manual_seed(0)
    debug = stages("debug")
    text = learn_text(["push the red star"], folder / "t.model", size=400).path
    bins = ActionBins((np.linspace(-0.03, 0.03, 9), np.linspace(-0.03, 0.03, 9)))
    policy = new_policy(
        debug.finetune, ImageTokenizer(debug.tokenize.model), text, code_length=2, latent=0,
        bins=bins,
    )  # fmt: skip
    policy.save_pretrained(folder / "lapa")
    latent = new_policy(
        debug.finetune, ImageTokenizer(debug.tokenize.model), text, code_length=2, latent=4
    )
    latent.save_pretrained(folder / "large")
    words = FastHeadConfig(code_length=2, codebook_size=4, bins=10)
    FastHead(words, bins).save_pretrained(folder / "fast")
    return {name: folder / name for name in ("lapa", "large", "fast")}


@pytest.fixture(scope="module")
def acting(policies):
    try:
        os.environ.update(choose_renderer())
    except OSError as error:
        pytest.skip(str(error))
    found = Acting()
    yield found
    found.close()


def test_a_run_in_the_process(acting: Acting, policies: dict[str, Path]) -> None:
    begun = acting.ask(policies, "begin", 1, **START)
    assert begun["frame"].shape == (32, 32, 3) and begun["frame"].dtype == np.uint8
    assert begun["judged"] and begun["kind"] == "separate"
    told = [acting.ask(policies, "step", 1, policy="lapa", judged=True) for _ in range(3)]
    assert all(len(each["action"]) == 2 and max(map(abs, each["action"])) <= 0.03 for each in told)
    assert all(0 < each["distance"] < 0.5 and each["success"] is False for each in told)
    # the same start and the same policy do the same
    acting.ask(policies, "end", 1)
    again = acting.ask(policies, "begin", 2, **START)
    assert np.array_equal(begun["frame"], again["frame"])
    repeated = [acting.ask(policies, "step", 2, policy="lapa", judged=True) for _ in range(3)]
    assert [each["action"] for each in repeated] == [each["action"] for each in told]
    assert np.array_equal(repeated[-1]["frame"], told[-1]["frame"])
    acting.ask(policies, "end", 2)


def test_a_fast_head_acts_between_words(acting: Acting, policies) -> None:
    acting.ask(policies, "begin", 1, **START)
    told = [acting.ask(policies, "step", 1, policy="fast", judged=True, delay=2) for _ in range(6)]
    clocks = [each["clock"] for each in told]
    # until the first word the robot stands still
    assert [each["action"] for each in told[:2]] == [(0, 0), (0, 0)]
    assert [clock["word"] for clock in clocks[:2]] == [(), ()]
    assert all(len(clock["word"]) == 2 for clock in clocks[2:])
    assert [clock["came"] for clock in clocks] == [False, False, True, False, True, False]
    assert [clock["age"] for clock in clocks[2:]] == [2, 3, 2, 3]
    assert any(any(each["action"]) for each in told[2:])
    assert acting.ask(policies, "step", 1, policy="lapa", judged=True)["clock"] is None
    # a run begun anew has heard nothing
    acting.ask(policies, "begin", 1, **START)
    told = acting.ask(policies, "step", 1, policy="fast", judged=True, delay=1)
    assert told["clock"]["word"] == () and told["action"] == (0, 0)
    acting.ask(policies, "end", 1)


def test_the_oracle_shows_what_success_is(acting: Acting, policies) -> None:
    acting.ask(policies, "begin", 1, **START)
    for _ in range(100):
        told = acting.ask(policies, "step", 1, policy="oracle", judged=True)
        if told["over"]:
            break
    assert told["success"] and told["distance"] < 0.025
    acting.ask(policies, "end", 1)


def test_instructions_are_judged_or_only_followed(acting: Acting, policies) -> None:
    usual = acting.ask(policies, "begin", 1, **START)["usual"]
    begun = acting.ask(policies, "begin", 1, **START | {"instruction": "dance a little"})
    assert begun["usual"] == usual and not begun["judged"] and "is no task here" in begun["note"]
    told = acting.ask(policies, "step", 1, policy="lapa", judged=False)
    assert told["success"] is None and told["distance"] is None and not told["over"]
    acting.ask(policies, "end", 1)


def test_courtesy_and_capitals_are_understood_and_chips_name_these_blocks(acting, policies) -> None:
    begun = acting.ask(policies, "begin", 1, **START)
    assert len(begun["chips"]) >= 3 and begun["usual"] not in begun["chips"]
    for chip in begun["chips"]:
        shouted = f"  Please, {chip.upper()}!!! "
        told = acting.ask(policies, "begin", 1, **START | {"instruction": shouted})
        assert told["judged"] and told["instruction"] == chip, told["note"]
    polite = acting.ask(policies, "begin", 1, **START | {"instruction": "Please!!!"})
    assert polite["instruction"] == polite["usual"] and polite["judged"]
    acting.ask(policies, "end", 1)


def test_what_it_refuses_is_a_sentence(acting: Acting, policies) -> None:
    with pytest.raises(UserError, match=r"^No embodiment 'tail'; there are cylinder"):
        acting.ask(policies, "begin", 1, **START | {"embodiment": "tail"})
    acting.ask(policies, "begin", 1, **START)
    with pytest.raises(UserError, match="simulator has stopped"):
        acting.ask({}, "step", 1, policy="nobody", judged=True)
    # a failure inside does not end the process
    assert acting._process.poll() is None
    assert acting.ask(policies, "step", 1, policy="lapa", judged=True)["over"] is False


def test_it_is_started_again_after_it_died(acting: Acting, policies) -> None:
    acting.ask(policies, "begin", 1, **START)
    acting._process.kill()
    acting._process.wait()
    # what was under way is lost, and said to be
    with pytest.raises(UserError, match="simulator has stopped"):
        acting.ask(policies, "step", 1, policy="lapa", judged=True)
    assert acting.ask(policies, "begin", 1, **START)["frame"].shape == (32, 32, 3)


def test_without_a_renderer_what_to_do_is_told(policies, monkeypatch) -> None:
    monkeypatch.setenv("MUJOCO_GL", "nothing")
    lonely = Acting()
    try:
        with pytest.raises(NoPictures, match="unset MUJOCO_GL"):
            lonely.ask(policies, "begin", 1, **START)
    finally:
        lonely.close()
