"""The tab Policy: choices, starts, what is imagined and acted, halting, keeping, link, records."""

from __future__ import annotations

import io
import itertools
import json
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from app.core.limits import Limits, NoPictures, UserError
from app.core.views import Queued
from app.explorer import Explorer
from app.tabs.policy import link
from app.tabs.policy.events import PolicyHandlers
from app.tabs.policy.records import about_record
from app.tabs.policy.service import Choice
from app.tabs.policy.views import ActedStep, Clock, ImaginedStep

SIZE, LONGEST = 32, 6
CODES = np.array([7, 0, 0, 2])
KINDS = ("block2block", "separate")
EMBODIMENTS, THEMES = ("cylinder", "hand"), ("sim", "real")


class SmallActing:
    """A simulator whose frames get brighter by the policy's number; done in step 4 of `lapa`."""

    def __init__(self) -> None:
        self.numbers = itertools.count()
        self.open: dict[int, dict] = {}
        self.asked: list[str] = []
        self.seen: list[tuple[int, str]] = []
        self.broken = self.blind = False

    def choices(self):
        return KINDS, EMBODIMENTS, THEMES

    def policy(self, folder: Path):
        assert folder.name == "tabletop-policy"

        def propose(frame: np.ndarray, instruction: str):
            self.seen.append((int(frame[0, 0, 0]), instruction))
            shares = np.full((4, 8), 0.1, np.float32)
            shares[np.arange(4), CODES] = 0.3
            return SimpleNamespace(codes=CODES, probabilities=shares)

        return SimpleNamespace(propose=propose)

    def number(self) -> int:
        return next(self.numbers)

    def ask(self, policies, verb, run, **words):
        self.asked.append(verb)
        if self.blind:
            raise NoPictures("Nothing can be drawn.")
        if self.broken:
            raise UserError("The simulator has stopped; press Run to start it again.")
        if verb == "begin":
            usual = f"{words['kind']} {words['seed']}"
            told = words["instruction"] or usual
            judged = told == usual or told.startswith("push")
            self.open[run] = {"step": 0, "level": 40 + words["seed"], "codes": ()}
            return {
                "frame": np.full((SIZE, SIZE, 3), 40 + words["seed"], np.uint8),
                "instruction": told, "usual": usual, "kind": words["kind"], "judged": judged,
                "note": "" if judged else "'dance' is no task here",
                "chips": ["push the red star up"],
            }  # fmt: skip
        if verb == "end":
            self.open.pop(run, None)
            return None
        at = self.open[run]
        at["step"] += 1
        done = words["judged"] and words["policy"] == "lapa" and at["step"] == 4
        clock = None
        if words["policy"] == "fast":
            tick, delay = at["step"] - 1, words["delay"]
            came = tick >= delay and tick % delay == 0
            at["codes"] = (7, 0, 0, 2) if came else at["codes"]
            clock = {"word": at["codes"], "age": delay + tick % delay, "came": came}
        return {
            "frame": np.full((SIZE, SIZE, 3), at["level"] + at["step"], np.uint8), "clock": clock,
            "action": (0.01, -0.02), "distance": 0.05 if words["judged"] else None,
            "success": done if words["judged"] else None, "over": done or at["step"] == LONGEST,
        }  # fmt: skip


@pytest.fixture
def acting() -> SmallActing:
    return SmallActing()


@pytest.fixture
def world(tmp_path: Path, quantizer, small_clips, acting) -> Callable[..., Explorer]:
    """Services with a tabletop among the checkpoints, rates, and one recorded episode."""
    quantizer.config.gap_seconds = 0.4
    folder = tmp_path / "checkpoints"
    for name in ("tabletop", "tabletop-policy", "tabletop-acting", "tabletop-scratch",
                 "tabletop-fast"):  # fmt: skip
        (folder / name).mkdir(parents=True)
        (folder / name / "config.json").write_text("{}")
    (folder / "tabletop" / "model.safetensors").write_bytes(b"weights")
    for name in ("policy", "acting", "scratch"):
        (folder / f"tabletop-{name}" / "tokenizer.model").write_bytes(b"")
    (folder / "tabletop-fast" / "bins.csv").write_text("")
    rate = {"done": 6, "of": 10, "low": 0.31, "high": 0.83, "rate": 0.6}
    told = {
        "success": {"tabletop-acting": {"command": "", "rates": {"separate": rate, "all": rate}}}
    }
    (tmp_path / "results.json").write_text(json.dumps(told))
    (tmp_path / "tabletop").mkdir()
    row = {"id": "lapa-separate-00003", "instruction": "separate them", "task": "separate",
           "success": True, "frames": 12}  # fmt: skip
    (tmp_path / "tabletop" / "tabletop.jsonl").write_text(json.dumps(row) + "\n")

    def read(where: Path):
        if where.name != "tabletop":
            return small_clips, None
        episode = small_clips[1]
        episode.id, episode.actions = row["id"], np.full((11, 2), 0.01)
        return [episode], None

    def make(limits: Limits | None = None) -> Explorer:
        return Explorer(
            folder, tmp_path, limits, load=lambda _: quantizer, read=read, acting=acting
        )

    return make


@pytest.fixture
def explorer(world) -> Explorer:
    return world()


def test_policies_are_no_quantizers(explorer: Explorer) -> None:
    assert [model.name for model in explorer.models.all()] == ["tabletop"]


def test_what_can_be_chosen(explorer: Explorer) -> None:
    about = explorer.policy.about()
    assert (about.kinds, about.embodiments, about.themes) == (KINDS, EMBODIMENTS, THEMES)
    assert (
        about.policies == ("lapa", "scratch", "fast", "oracle")
        and about.problem == ""
        and about.gap_frames == 4
    )
    assert [each.id for each in about.recordings] == ["lapa-separate-00003"]
    record = about_record(about)
    assert record["rates"][0]["words"] == "two blocks apart"
    assert record["rates"][1]["policies"]["lapa"]["words"] == "60 %"
    assert "6 of 10" in record["rates"][1]["policies"]["lapa"]["interval"]
    assert record["recordings"][0]["words"] == "separate them (LAPA, done)"


def test_without_a_policy_it_says_so(explorer: Explorer, tmp_path: Path, make_explorer) -> None:
    (tmp_path / "checkpoints" / "tabletop-policy").rename(tmp_path / "elsewhere")
    assert "There is no policy among the checkpoints" in explorer.policy.about().problem
    with pytest.raises(UserError, match="no policy among"):
        explorer.policy.begin(Choice(), "me")


def test_each_frame_is_imagined_from_the_one_before(explorer: Explorer, acting) -> None:
    start = explorer.policy.begin(Choice(seed=10), "me")
    assert start.instruction == start.usual == "block2block 10" and start.judged
    steps = list(explorer.policy.imagine("me", 3))
    assert all(isinstance(step, ImaginedStep) for step in steps)
    assert [step.codes for step in steps] == [(7, 0, 0, 2)] * 3
    # the small quantizer adds 8 levels a code: position 0 is the first quarter
    assert [int(step.image[0, 0, 0]) for step in steps] == [106, 162, 218]
    assert acting.seen == [(50, "block2block 10"), (106, "block2block 10"), (162, "block2block 10")]
    assert steps[0].probabilities.shape == (4, 8)
    # no real frames of this robot are known here, and then nobody is told to trust
    assert all(step.trusted or "should not be trusted" in step.trust for step in steps)
    assert "judge by eye" in steps[0].trust or "not be trusted" in steps[0].trust
    with pytest.raises(UserError, match="Steps must be 1 to 32"):
        list(explorer.policy.imagine("me", 0))


def test_policies_act_on_the_same_start(explorer: Explorer, acting) -> None:
    explorer.policy.begin(Choice(seed=5), "me")
    steps = list(explorer.policy.act("me", "lapa"))
    assert [step.step for step in steps] == [1, 2, 3, 4]
    assert steps[-1].success and steps[-1].over and not steps[0].over
    assert steps[0].action == (0.01, -0.02) and steps[0].distance == 0.05
    other = list(explorer.policy.act("me", "scratch"))
    assert len(other) == LONGEST and other[-1].over and other[-1].success is False
    assert int(other[0].image[0, 0, 0]) == int(steps[0].image[0, 0, 0]) == 46
    assert not acting.open, "every environment is given back"
    # the oracle shows what success looks like, if there is one
    assert len(list(explorer.policy.act("me", "oracle"))) == LONGEST
    with pytest.raises(UserError, match="no policy 'juggler'"):
        list(explorer.policy.act("me", "juggler"))


def test_all_race_from_one_start_in_turn(explorer: Explorer, acting) -> None:
    policies = explorer.policy
    start = policies.begin(Choice(seed=5), "me")
    assert start.chips == ("push the red star up",)
    steps = list(policies.race("me"))
    assert [step.policy for step in steps[:4]] == ["lapa", "scratch", "fast", "oracle"]
    lanes = {name: [s.acted for s in steps if s.policy == name] for name in ("lapa", "scratch")}
    assert [acted.step for acted in lanes["lapa"]] == [1, 2, 3, 4] and lanes["lapa"][-1].success
    assert len(lanes["scratch"]) == LONGEST and lanes["scratch"][-1].over
    # all from the same start, and everything is given back
    assert {int(lane[0].image[0, 0, 0]) for lane in lanes.values()} == {46}
    assert not acting.open
    # whoever cannot be judged has no oracle beside it
    policies.begin(Choice(instruction="dance"), "me")
    assert {step.policy for step in policies.race("me")} == {"lapa", "scratch", "fast"}


def test_a_race_ends_when_told_and_a_recording_has_none(explorer: Explorer, acting) -> None:
    policies = explorer.policy
    policies.begin(Choice(), "me")
    race = policies.race("me")
    next(race), next(race)
    policies.halt("me")
    assert len(list(race)) <= 1 and not acting.open
    policies.begin(Choice(recording="lapa-separate-00003"), "me")
    with pytest.raises(UserError, match="recording cannot be raced"):
        next(policies.race("me"))


def test_a_hierarchy_has_two_clocks(explorer: Explorer) -> None:
    about = explorer.policy.about()
    assert about.hierarchy == "fast" and about.speaks == (10, 5, 2.5, 1)
    explorer.policy.begin(Choice(speaks=5.0), "me")
    clocks = [step.clock for step in explorer.policy.act("me", "fast")]
    assert clocks[0] == Clock((), 0.2, False, 5.0), "no word yet"
    # a word every two tenths of a second, each of the frame two tenths before
    assert [clock.came for clock in clocks] == [False, False, True, False, True, False]
    assert [clock.age for clock in clocks[2:]] == [0.2, 0.3, 0.2, 0.3]
    assert clocks[-1].word == (7, 0, 0, 2)
    explorer.policy.begin(Choice(speaks=2.5), "me")
    assert [s.clock.came for s in explorer.policy.act("me", "fast")].index(True) == 4
    # whoever acts by itself has one clock
    assert all(step.clock is None for step in explorer.policy.act("me", "lapa"))
    with pytest.raises(UserError, match=r"speaks 10, 5, 2.5, 1 times a second; 3 came"):
        explorer.policy.begin(Choice(speaks=3.0), "me")


def test_without_a_fast_head_none_is_offered(explorer: Explorer, tmp_path: Path) -> None:
    (tmp_path / "checkpoints" / "tabletop-fast").rename(tmp_path / "elsewhere")
    about = explorer.policy.about()
    assert about.policies == ("lapa", "scratch", "oracle") and about.hierarchy == ""
    explorer.policy.begin(Choice(), "me")
    with pytest.raises(UserError, match="no policy 'fast'"):
        list(explorer.policy.act("me", "fast"))


def test_an_instruction_that_is_no_task_is_followed_unjudged(explorer: Explorer) -> None:
    start = explorer.policy.begin(Choice(instruction="dance"), "me")
    assert not start.judged and "no task" in start.note and start.usual == "block2block 0"
    steps = list(explorer.policy.act("me", "lapa"))
    assert len(steps) == LONGEST and steps[-1].success is None
    with pytest.raises(UserError, match="oracle does the five kinds"):
        list(explorer.policy.act("me", "oracle"))


def test_a_recorded_episode_stands_in(explorer: Explorer, acting) -> None:
    choice = Choice(recording="lapa-separate-00003", frame=4)
    start = explorer.policy.begin(choice, "me")
    assert start.recorded and start.instruction == "separate them"
    assert int(start.frame[0, 0, 0]) == 40 + 4 * 4
    steps = list(explorer.policy.act("me", "lapa"))
    assert len(steps) == 7 and steps[-1].over and steps[-1].success and not steps[0].success
    assert not acting.asked, "the simulator is left alone"
    with pytest.raises(UserError, match="frames 0 to 10"):
        explorer.policy.begin(Choice(recording="lapa-separate-00003", frame=11), "me")
    with pytest.raises(UserError, match="no recorded episode 'moon'"):
        explorer.policy.begin(Choice(recording="moon"), "me")


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (Choice(seed=-1), "seed must be 0 to 99999"),
        (Choice(kind="juggle"), "no kind 'juggle'; there are: block2block, separate"),
        (Choice(embodiment="x" * 99), "no embodiment 'xxx"),
        (Choice(theme="dark"), "no theme 'dark'"),
        (Choice(instruction="a" * 201), "201 characters; at most 200"),
    ],
)
def test_choices_that_do_not_exist(explorer: Explorer, choice: Choice, said: str) -> None:
    with pytest.raises(UserError, match=said):
        explorer.policy.begin(choice, "me")


def test_halting_ends_both_sides_at_once(explorer: Explorer, acting) -> None:
    policies = explorer.policy
    policies.begin(Choice(), "me")
    imagined, acted = policies.imagine("me", 9), policies.act("me", "scratch")
    assert next(imagined).step == 1 and next(acted).step == 1
    policies.halt("me")
    assert list(imagined) == [] and list(acted) == []
    assert not acting.open
    # what was seen until then can be kept
    assert policies.keep("me", "gif")[:3] == b"GIF"


def test_sessions_do_not_meet_and_end_with_their_page(explorer: Explorer) -> None:
    policies = explorer.policy
    policies.begin(Choice(seed=1), "me")
    policies.begin(Choice(seed=2), "you")
    mine = policies.imagine("me", 9)
    next(mine)
    policies.halt("you")
    assert next(mine).step == 2
    explorer.drop_session("me")
    assert list(mine) == []
    with pytest.raises(UserError, match="no longer kept"):
        policies.keep("me", "gif")
    with pytest.raises(UserError, match="needs an open page"):
        policies.begin(Choice(), None)


def test_the_oldest_run_makes_room(world) -> None:
    policies = world(Limits(dream_bytes_total=3 * SIZE * SIZE * 3)).policy
    for name in ("a", "b", "c", "d"):
        policies.begin(Choice(), name)
    assert policies.bytes <= 3 * SIZE * SIZE * 3
    with pytest.raises(UserError, match="no longer kept"):
        list(policies.imagine("a", 1))
    assert next(policies.imagine("d", 1)).step == 1


def test_both_sides_are_kept_in_step(explorer: Explorer) -> None:
    policies = explorer.policy
    policies.begin(Choice(seed=10), "me")
    with pytest.raises(UserError, match="nothing to keep yet"):
        policies.keep("me", "gif")
    list(policies.imagine("me", 2))
    list(policies.act("me", "lapa"))
    film = Image.open(io.BytesIO(policies.keep("me", "gif")))
    width, height = film.size
    assert width / height == pytest.approx((2 * SIZE + 4) / SIZE, abs=0.05)
    left, right = [], []
    for at in range(film.n_frames):
        film.seek(at)
        shown = np.array(film.convert("RGB"))
        # frames that are alike are one, shown longer
        for _ in range(film.info["duration"] // 100):
            left.append(int(shown[4, 4, 0]))
            right.append(int(shown[4, -4, 0]))
    assert len(left) == 9, "two latent actions of four frames each, and the start"
    assert left[0] == pytest.approx(50, abs=4) and left[4] == pytest.approx(106, abs=6)
    assert left[8] == pytest.approx(162, abs=6) and max(left[:4]) < 60
    # the simulator ended after four frames and stands still from then on
    assert abs(right[4] - right[8]) < 3 and right[4] > right[0]
    assert policies.keep("me", "mp4")[4:8] == b"ftyp"
    with pytest.raises(UserError, match="choose mp4 or gif"):
        policies.keep("me", "exe")


def test_ten_at_once_wait_or_run_and_all_get_done(world) -> None:
    explorer = world(Limits(acting=3))
    ended: list[tuple[str, int]] = []

    def visit(name: str) -> None:
        explorer.policy.begin(Choice(seed=len(name)), name)
        steps = [s for s in explorer.policy.act(name, "lapa") if isinstance(s, ActedStep)]
        ended.append((name, len(steps)))

    threads = [threading.Thread(target=visit, args=(f"v{n}",)) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(ended) == sorted((f"v{n}", 4) for n in range(10))


def test_who_waits_is_told(world) -> None:
    policies = world(Limits(acting=1)).policy
    policies.begin(Choice(), "me")
    policies.begin(Choice(), "you")
    first = policies.imagine("me", 2)
    next(first)
    waiting = policies.imagine("you", 1)
    assert next(waiting) == Queued(1)
    list(first)
    assert [step.step for step in waiting if isinstance(step, ImaginedStep)] == [1]


# the page's side


def event(**data):
    return SimpleNamespace(_data=data), SimpleNamespace(session_hash="me")


def test_the_page_opens_begins_and_streams(explorer: Explorer, acting) -> None:
    handlers = PolicyHandlers(explorer.policy)
    opened = handlers.open(*event(query="?tab=policy&s=12&e=hand&k=moon&p=scratch", seq=1))
    assert opened["choice"]["seed"] == 12 and opened["choice"]["embodiment"] == "hand"
    assert opened["notes"] == ["There is no kind of task named moon; block2block is used."]
    begun = handlers.begin(*event(**opened["choice"], seq=2))
    assert begun["seq"] == 2 and begun["frame"].startswith("data:image/jpeg")
    assert begun["link"] == "tab=policy&v=1&s=12&k=block2block&e=hand&t=sim&p=scratch"
    records = list(handlers.imagine(*event(steps=2, seq=3)))
    assert [record["kind"] for record in records] == ["imagined", "imagined", "ended"]
    assert records[0]["codes"] == [7, 0, 0, 2] and records[0]["shares"][0][7] == 0.3
    acted = list(handlers.act(*event(policy="lapa", seq=4)))
    assert [each["step"] for each in acted[:-1]] == [1, 2, 3, 4] and acted[-1]["kind"] == "ended"
    assert acted[0]["action"] == [10.0, -20.0] and acted[0]["distance"] == 5.0
    assert acted[0]["clock"] is None and begun["names"] is None
    assert opened["about"]["hierarchy"] == "fast" and opened["about"]["speaks"] == [10, 5, 2.5, 1]
    fast = list(handlers.act(*event(policy="fast", seq=4)))
    assert fast[3]["clock"] == {"word": [7, 0, 0, 2], "age": 0.3, "came": False, "speaks": 5}
    bars = handlers.chart(*event()).data
    assert [bar.name for bar in bars] == ["LAPA"] and list(bars[0].y) == [60, 60]
    assert list(bars[0].x) == ["two blocks apart", "all"]
    kept = handlers.keep(*event(what="mp4", seq=5))
    assert kept["name"] == "policy.mp4" and kept["url"].startswith("data:video/mp4")
    assert handlers.halt(*event(seq=6)) == {"kind": "halted", "seq": 6}


def test_errors_are_sentences_on_the_page(explorer: Explorer, acting) -> None:
    handlers = PolicyHandlers(explorer.policy)
    told = handlers.begin(
        *event(seed="x", kind="separate", embodiment="", theme="", policy="", seq=1)
    )
    assert told["error"] == "The seed must be a whole number from 0 to 99999."
    assert "reload" in handlers.begin(*event(seed=1, kind=None, seq=1))["error"]
    often = {**link.to_event(Choice()), "speaks": "often"}
    assert "reload" in handlers.begin(*event(**often, seq=1))["error"]
    handlers.begin(*event(**link.to_event(Choice()), seq=1))
    acting.blind = True
    told = handlers.begin(*event(**link.to_event(Choice()), seq=1))
    assert told == {"error": "Nothing can be drawn.", "blind": True, "seq": 1}
    acting.blind = False
    handlers.begin(*event(**link.to_event(Choice()), seq=1))
    acting.broken = True
    last = list(handlers.act(*event(policy="lapa", seq=2)))[-1]
    assert last["kind"] == "ended" and last["error"].startswith("The simulator has stopped")


def test_a_link_is_read_back_as_it_was_written(explorer: Explorer) -> None:
    about = explorer.policy.about()
    for choice in (
        Choice(3, "separate", "hand", "real", "push the red star", "scratch"),
        Choice(seed=7, instruction="", policy="lapa", recording="lapa-separate-00003", frame=5),
        Choice(policy="fast", speaks=2.5),
    ):
        query = dict(pair.split("=") for pair in link.write(choice).split("&"))
        query = {name: value.replace("+", " ") for name, value in query.items()}
        assert link.read(query, about) == (choice, [])
    found, notes = link.read({"tab": "policy", "s": "-4", "r": "gone"}, about)
    assert found.seed == 7 and len(notes) == 2
    found, notes = link.read({"tab": "policy", "p": "fast", "w": "7"}, about)
    assert found.speaks == 5 and notes == [
        "The large model cannot speak 7 times a second; 5 is used."
    ]
