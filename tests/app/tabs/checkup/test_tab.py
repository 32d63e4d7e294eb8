"""The Checkup tab's answers: catalogue, plan, run, report, files, and its link."""

from __future__ import annotations

import json
import time
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest
from gradio.utils import get_upload_folder

from app.core.limits import Limits
from app.tabs.checkup import link
from app.tabs.checkup.events import CheckupHandlers
from app.web.words import BROKEN
from tests.app.checkups import PATIENCE, BatchQuantizer, FakeInstrument

CHOICE = {"model": "small", "other": None, "embodiments": ["red-arm"], "uploads": [],
          "size": "quick"}  # fmt: skip


def visitor(session: str | None = "anna") -> SimpleNamespace:
    return SimpleNamespace(session_hash=session)


def event(**data) -> gr.EventData:
    return gr.EventData(None, {"seq": 7, **data})


@pytest.fixture
def instrument() -> FakeInstrument:
    return FakeInstrument()


@pytest.fixture
def explorer(make_explorer, instrument):
    limits = Limits(upload_grace=0)
    return make_explorer(limits, load=lambda path: BatchQuantizer(), instrument=instrument)


@pytest.fixture
def handlers(explorer) -> CheckupHandlers:
    return CheckupHandlers(explorer.checkup, explorer.clips)


def sent_here(name: str, content: bytes) -> Path:
    folder = Path(get_upload_folder()) / "test-checkup"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return folder / name


def send(handlers: CheckupHandlers, session: str = "anna") -> dict:
    paths = [sent_here("config.json", b"{}"), sent_here("model.safetensors", b"weights")]
    return handlers.send(event(paths=[str(each) for each in paths]), visitor(session))


def run(handlers: CheckupHandlers, **choice) -> list[str]:
    """Tickets of finished checkups."""
    tickets = handlers.start(event(**{**CHOICE, **choice}), visitor())["tickets"]
    deadline = time.monotonic() + PATIENCE
    while True:
        told = handlers.progress({"tickets": tickets})["progress"]
        if all(each["state"] == "done" for each in told):
            return tickets
        assert time.monotonic() < deadline, told
        time.sleep(0.01)


def test_opening_tells_what_can_be_chosen(handlers) -> None:
    told = handlers.open(event(query="?tab=checkup&e=blue-arm&s=thorough"), visitor())
    assert told["seq"] == 7 and [m["name"] for m in told["models"]] == ["small"]
    assert [(e["name"], e["clips"]) for e in told["embodiments"]] == [
        ("blue-arm", 1),
        ("red-arm", 2),
    ]
    assert told["embodiments"][0]["picture"].startswith("data:image/webp")
    assert told["choice"] == {**CHOICE, "embodiments": ["blue-arm"], "size": "thorough"}
    assert told["notes"] == [] and told["sizes"] == ["quick", "thorough"]
    json.dumps(told, allow_nan=False)


def test_a_plan_comes_with_what_is_known_and_the_link(handlers, tmp_path: Path) -> None:
    told = handlers.plan(event(**CHOICE), visitor())
    assert told["link"] == "v=1&tab=checkup&m=small&e=red-arm"
    assert told["pairs"] == told["allPairs"] == 22 and told["seconds"] > 0
    assert [column["known"] for column in told["columns"]] == ["nothing"]
    (tmp_path / "results.json").write_text("{}")
    (column,) = handlers.plan(event(**CHOICE), visitor())["columns"]
    assert column["known"] == "published" and column["command"] == "python -m lapa checkup"
    assert [card["verdict"] for card in column["cards"]] == ["fair", "fair"]
    assert handlers.export({"models": ["small"], "as": "json"})["json"][0]["pairs"] == 40
    assert "small" in handlers.export({"models": ["small"], "as": "html"})["html"]
    assert "Nothing was measured of other" in handlers.export({"models": ["other"]})["error"]


def test_a_plan_that_cannot_be_made_says_why(handlers) -> None:
    told = handlers.plan(event(**{**CHOICE, "embodiments": []}), visitor())
    assert told["problem"].startswith("Choose the clips") and told["columns"]


def test_a_run_to_its_report_and_files(handlers) -> None:
    tickets = run(handlers)
    told = handlers.report({"tickets": tickets})
    (column,) = told["columns"]
    assert column["known"] == "measured" and column["checkpoint"] == "small"
    card = column["cards"][0]
    assert card["question"] == "Are all codes used?" and card["verdict"] == "good"
    finding = card["findings"][0]
    assert finding["figure"] == "8 of 8" and finding["interval"] == "7 to 8"
    assert finding["picture"] and finding["gauge"] and finding["explanation"] == "One. Two."
    assert handlers.export({"tickets": tickets, "as": "json"})["json"][0]["pairs"] == 12
    assert handlers.export({"tickets": tickets, "as": "html"})["html"].startswith("<!doctype html>")
    json.dumps(told, allow_nan=False)


def test_two_checkpoints_side_by_side(handlers) -> None:
    own = send(handlers)["added"]
    told = handlers.report({"tickets": run(handlers, other=own)})
    assert [column["checkpoint"] for column in told["columns"]] == ["small", "your checkpoint"]
    assert told["differences"]["use"] == {"words": "A is better", "kind": "better", "change": "+1"}


def test_progress_in_words_and_cancelling(make_explorer) -> None:
    instrument = FakeInstrument(waits=True)
    explorer = make_explorer(load=lambda path: BatchQuantizer(), instrument=instrument)
    handlers = CheckupHandlers(explorer.checkup, explorer.clips)
    tickets = handlers.start(event(**CHOICE), visitor())["tickets"]
    assert instrument.began.wait(PATIENCE)
    (told,) = handlers.progress({"tickets": tickets})["progress"]
    assert told["state"] == "running" and told["stage"].startswith("Encoding and imagining")
    assert told["count"] == "1 of 2" and 0 < told["share"] < 1 and told["secondsLeft"] > 0
    assert handlers.cancel({"tickets": tickets}) == {}
    assert "start it again" in handlers.progress({"tickets": tickets})["error"]


def test_an_own_checkpoint_and_an_own_video(handlers, send_video) -> None:
    told = send(handlers)
    assert told["models"][-1]["own"] and told["models"][-1]["name"] == told["added"]
    path = sent_here("mine.gif", send_video(count=20).read_bytes())
    told = handlers.bring(event(path=str(path)), visitor())
    assert told["uploads"][0]["id"] == told["added"] and not path.exists()
    other = handlers.open(event(query=""), visitor("ben"))
    assert len(other["models"]) == 1 and other["uploads"] == []


@pytest.mark.parametrize("paths", [None, [], ["/etc/passwd"], ["a", "b", "c"], [{"x": 1}]])
def test_only_uploaded_files_are_taken(handlers, paths) -> None:
    told = handlers.send(event(paths=paths), visitor())
    assert told["error"].endswith(".") and told["seq"] == 7
    assert Path("/etc/passwd").exists()


def test_a_wrong_checkpoint_is_one_sentence(handlers) -> None:
    paths = [
        sent_here("config.json", b'{"wrong": "too deep"}'),
        sent_here("model.safetensors", b""),
    ]
    told = handlers.send(event(paths=[str(each) for each in paths]), visitor())
    assert told["error"].endswith("says too deep.")


@pytest.mark.parametrize("junk", [{}, {"model": "small"}, {**CHOICE, "embodiments": "red-arm"}])
def test_a_choice_that_cannot_be_read_is_said(handlers, junk) -> None:
    for handle in (handlers.plan, handlers.start):
        assert "cannot be read" in handle(event(**junk), visitor())["error"]


@pytest.mark.parametrize("asked", [None, {}, {"tickets": "x"}, {"tickets": ["nobody"]}, [1]])
def test_tickets_that_nobody_has(handlers, asked) -> None:
    for serve in (handlers.progress, handlers.report, handlers.export):
        assert serve(asked)["error"].endswith(".")


def test_a_fault_of_ours_is_an_answer_too(handlers, explorer) -> None:
    explorer.clips.embodiments = lambda: 1 / 0
    assert handlers.open(event(query=""), visitor()) == {"seq": 7, "error": BROKEN}


def test_a_run_needs_an_open_page(handlers) -> None:
    assert "open page" in handlers.start(event(**CHOICE), visitor(None))["error"]


BODIES, MODELS = ("blue-arm", "red-arm"), ("other", "small")


@pytest.mark.parametrize(
    "query", ["m=small", "m=small&b=other", "m=other&s=thorough", "m=small&b=other&e=red-arm"]
)
def test_a_link_comes_back_as_it_was(query: str) -> None:
    asked = dict(pair.split("=") for pair in query.split("&"))
    choice, notes = link.read(asked, models=MODELS, embodiments=BODIES)
    assert link.write(choice, BODIES) == "v=1&tab=checkup&" + query and notes == []
    assert link.from_event(link.to_event(choice)) == choice


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"m": "nobody"}, "no checkpoint named nobody"),
        ({"b": "upload-x"}, "Uploads are private"),
        ({"s": "huge"}, "no size huge"),
        ({"e": "red-arm.green"}, "no clips of green"),
    ],
)
def test_what_a_link_asks_for_in_vain_is_said(asked: dict, said: str) -> None:
    choice, notes = link.read(asked, models=MODELS, embodiments=BODIES)
    assert choice.model in MODELS and said in " ".join(notes)


def test_without_a_checkpoint_nothing_is_chosen() -> None:
    assert link.read({}, models=(), embodiments=BODIES) == (None, [])
