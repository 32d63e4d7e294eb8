"""Checkups as visitors ask for them: plans, shared runs, privacy, and what is refused."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.limits import Limits, UserError
from app.explorer import Explorer
from app.tabs.checkup.service import Wanted
from tests.app.checkups import PATIENCE, BatchQuantizer, FakeInstrument

RED = Wanted("small", ("red-arm",))


@pytest.fixture
def instrument() -> FakeInstrument:
    return FakeInstrument()


@pytest.fixture
def make(make_explorer) -> Callable[..., Explorer]:
    """An explorer whose quantizers take batches."""

    def make(instrument: FakeInstrument, limits: Limits | None = None) -> Explorer:
        return make_explorer(limits, load=lambda path: BatchQuantizer(), instrument=instrument)

    return make


@pytest.fixture
def explorer(make, instrument) -> Explorer:
    return make(instrument)


@pytest.fixture
def checkpoint_files(tmp_path: Path) -> Callable[[], list[Path]]:
    def write() -> list[Path]:
        folder = tmp_path / "sent"
        folder.mkdir(exist_ok=True)
        (folder / "config.json").write_text("{}")
        (folder / "model.safetensors").write_bytes(b"weights")
        return [folder / "config.json", folder / "model.safetensors"]

    return write


def finished(explorer: Explorer, ticket: str):
    """The report of a ticket, waited for."""
    deadline = time.monotonic() + PATIENCE
    while (found := explorer.checkup.progress(ticket)).state in ("waiting", "running"):
        assert time.monotonic() < deadline, found
        time.sleep(0.005)
    return explorer.checkup.report(ticket)


def test_a_plan_says_how_much_and_how_long(explorer) -> None:
    plan = explorer.checkup.plan(Wanted("small", ("red-arm", "blue-arm")))
    assert plan.episodes == plan.all_episodes == 3
    assert plan.pairs == plan.all_pairs == 15 + 7 + 6
    # frames to read, then twice as slow as usual for 0.28 s of work
    assert plan.seconds == pytest.approx(41 * 0.003 + 2.0 * 0.28)


def test_a_checkup_to_its_report(explorer, instrument) -> None:
    report = finished(explorer, explorer.checkup.start(RED, "anna"))
    assert report.checkpoint == "small" and report.seconds > 0
    assert report.data == "the shipped clips of red-arm, frame pairs 0.5 s apart"
    assert {each.clip.embodiment for each in instrument.footage} == {"red-arm"}
    assert all(each.frames.shape[1:] == (32, 32, 3) for each in instrument.footage)
    assert explorer.checkup.as_json(report)["pairs"] == 12


def test_all_embodiments_are_told_as_all_clips(explorer) -> None:
    wanted = Wanted("small", ("blue-arm", "red-arm"))
    report = finished(explorer, explorer.checkup.start(wanted, "anna"))
    assert report.data.startswith("all shipped clips,")


def test_the_same_question_is_worked_on_once(make) -> None:
    instrument = FakeInstrument(waits=True)
    explorer = make(instrument)
    anna, ben = (explorer.checkup.start(RED, session) for session in ("anna", "ben"))
    assert instrument.began.wait(PATIENCE)
    explorer.drop_session("anna")
    instrument.go.set()
    assert finished(explorer, ben).pairs == 12 and instrument.examined == 1
    with pytest.raises(UserError):
        explorer.checkup.report(anna)


def test_a_closed_page_ends_its_checkup(make) -> None:
    instrument = FakeInstrument(waits=True)
    explorer = make(instrument)
    explorer.checkup.start(RED, "anna")
    assert instrument.began.wait(PATIENCE)
    explorer.drop_session("anna")
    deadline = time.monotonic() + PATIENCE
    while not instrument.ended and time.monotonic() < deadline:
        time.sleep(0.01)
    assert instrument.ended == ["ended"]


def test_cancelling(make) -> None:
    instrument = FakeInstrument(waits=True)
    explorer = make(instrument)
    ticket = explorer.checkup.start(RED, "anna")
    assert instrument.began.wait(PATIENCE)
    explorer.checkup.cancel(ticket)
    with pytest.raises(UserError, match="start it again"):
        explorer.checkup.progress(ticket)
    instrument.go.set()
    finished(explorer, explorer.checkup.start(RED, "anna"))
    assert instrument.examined == 2


def test_an_own_video_and_its_report_are_private(explorer, instrument, send_video) -> None:
    clip = explorer.clips.add_upload(send_video(count=20), "anna")
    wanted = Wanted("small", (), (clip.id,))
    report = finished(explorer, explorer.checkup.start(wanted, "anna"))
    assert report.data.startswith("your video,") and "actions" in report.notes[-1]
    for session in ("ben", None):
        with pytest.raises(UserError, match="There is no clip"):
            explorer.checkup.plan(wanted, session)
    explorer.drop_session("anna")
    assert not explorer.checkup._jobs._kept, "what was found in it is forgotten too"


def test_an_own_checkpoint_is_private(explorer, checkpoint_files) -> None:
    checkups = explorer.checkup
    model = checkups.add_checkpoint(checkpoint_files(), "anna")
    wanted = Wanted(model.name, ("red-arm",))
    assert checkups.plan(wanted, "anna").seconds is None, "nobody knows how quick it is"
    assert [m.name for m in checkups.models("anna")] == ["small", model.name]
    assert [m.name for m in checkups.models("ben")] == ["small"]
    assert finished(explorer, checkups.start(wanted, "anna")).checkpoint == "your checkpoint"
    assert checkups.plan(wanted, "anna").seconds > 0, "now it is known"
    for ask in (checkups.plan, checkups.start):
        with pytest.raises(UserError, match="another visit"):
            ask(wanted, "ben")
    explorer.drop_session("anna")
    assert checkups.models("anna") == checkups.models(None) and not checkups._jobs._kept


def test_two_visitors_with_own_checkpoints_do_not_share(explorer, checkpoint_files) -> None:
    names = [explorer.checkup.add_checkpoint(checkpoint_files(), s).name for s in ("anna", "ben")]
    assert len(set(names)) == 2


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Wanted("nobody", ("red-arm",)), "There is no checkpoint 'nobody'"),
        (Wanted("small"), "Choose the clips"),
        (Wanted("small", ("green-arm",)), "There is no embodiment 'green-arm'"),
        (Wanted("small", (), ("upload-x",)), "There is no clip"),
        (Wanted("small", ("red-arm",), (), "endless"), "There is no size"),
        (Wanted("upload-x", ("red-arm",)), "another visit"),
    ],
)
def test_what_cannot_be_examined(explorer, wanted: Wanted, said: str) -> None:
    for ask in (
        lambda: explorer.checkup.plan(wanted),
        lambda: explorer.checkup.start(wanted, "a"),
    ):
        with pytest.raises(UserError, match=said):
            ask()


def test_a_checkpoint_that_does_not_load_is_one_sentence(make_explorer, checkpoint_files) -> None:
    def load(path: Path):
        if "upload-" in str(path):
            raise RuntimeError("cannot allocate")
        return BatchQuantizer()

    explorer = make_explorer(load=load, instrument=FakeInstrument())
    model = explorer.checkup.add_checkpoint(checkpoint_files(), "anna")
    ticket = explorer.checkup.start(Wanted(model.name, ("red-arm",)), "anna")
    with pytest.raises(UserError, match="your checkpoint cannot be loaded any more"):
        finished(explorer, ticket)


def test_presses_are_answered_while_a_checkup_runs(make) -> None:
    instrument = FakeInstrument(waits=True)
    explorer = make(instrument)
    explorer.checkup.start(RED, "anna")
    assert instrument.began.wait(PATIENCE)
    clip = explorer.clips.all("red-arm")[0]
    assert explorer.explore.predict("small", clip.id, 0, None, "ben").image.shape == (256, 256, 3)
    instrument.go.set()


def test_figures_that_came_with_it(explorer, tmp_path: Path) -> None:
    assert explorer.checkup.measured("small") is None
    (tmp_path / "results.json").write_text("{}")
    assert explorer.checkup.measured("small").pairs == 40
    assert explorer.checkup.measured("upload-x") is None


def test_two_beside_each_other_as_a_page(explorer) -> None:
    tickets = [explorer.checkup.start(RED, "anna") for _ in range(2)]
    for ticket in tickets:
        finished(explorer, ticket)
    reports = [explorer.checkup.report(ticket) for ticket in tickets]
    assert explorer.checkup.page(reports) == "<!doctype html>small and small"
    assert explorer.checkup.differences(*map(explorer.checkup.report, tickets))[0].key == "use"
