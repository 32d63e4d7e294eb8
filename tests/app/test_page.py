"""The page on a stand-in service: what it is made of and what its handlers answer."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import httpx
import pytest
from gradio.utils import get_upload_folder

from app.core.limits import Limits
from app.core.views import Clip, Model
from app.page import build, launch_options
from app.tabs import TABS
from app.tabs.explore.events import (
    BROKEN,
    ExploreHandlers,
    by_turns,
)
from app.tabs.explore.starts import OPENINGS, opening_clip, opening_frame, starts
from app.web import scripts
from app.web.glossary import GLOSSARY
from tests.app.fake import BOOK, FRAMES, FakeExplorer

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "app"
CLIP = "red-arm-push-0"


def visitor(query: dict | None = None, session: str = "one") -> SimpleNamespace:
    return SimpleNamespace(query_params=query or {}, session_hash=session)


def event(**data) -> gr.EventData:
    return gr.EventData(None, {"seq": 1, "m": "squares", "c": CLIP, "f": 3, "a": None, **data})


def typed(name: str) -> set[str]:
    """The keys that the scripts expect of a record, as web/records.d.ts has them."""
    types = (APP / "web" / "records.d.ts").read_text("utf-8")
    own = re.search(rf"interface {name} {{(.*?)\n}}", types, re.DOTALL)[1]
    return set(re.findall(r"^  (\w+)\??: ", own, re.MULTILINE))


@pytest.fixture
def explorer() -> FakeExplorer:
    return FakeExplorer()


@pytest.fixture
def handlers(explorer: FakeExplorer) -> ExploreHandlers:
    return handlers_of(explorer)


def handlers_of(explorer: FakeExplorer, is_warm=lambda: True) -> ExploreHandlers:
    parts = explorer.explore, explorer.clips, explorer.models, explorer.limits
    return ExploreHandlers(*parts, is_warm, explorer.addresses)


def test_the_page_is_built_without_asking_the_service() -> None:
    class Untouchable:
        def __getattr__(self, name: str):
            raise AssertionError(f"{name} was asked for before anyone opened the page")

    parts = ("limits", "clips", "models", "addresses", "guess", *TABS)
    page = build(SimpleNamespace(**{name: Untouchable() for name in parts}))
    parts = {block.elem_id for block in page.blocks.values() if isinstance(block, gr.HTML)}
    assert {"lx-header", "lx-stage", "lx-pads", "lx-picker", "lx-sweep", "lx-truth"} <= parts


def test_only_named_endpoints_are_public(explorer: FakeExplorer) -> None:
    public = build(explorer).get_api_info()["named_endpoints"]
    names = ("frames", "encode", "decode", "sweep", "imagine", "transfer", "atlas", "checkup")
    assert set(public) <= {f"/{name}" for name in names}, set(public)


def test_every_word_has_its_gloss_and_nothing_names_another_host() -> None:
    kinds = ("*.js", "*.html", "*.css")
    text = "".join(path.read_text("utf-8") for kind in kinds for path in APP.rglob(kind))
    words = set(re.findall(r'data-term"?[:=] ?"([^"]+)"', text))
    assert words and words <= set(GLOSSARY), words - set(GLOSSARY)
    addresses = set(re.findall(r"https?://[^\s\"')]+", text + launch_options()["head"]))
    assert addresses <= {"http://www.w3.org/2000/svg"}


def test_the_scripts_are_told_the_tabs_and_the_limits() -> None:
    told = re.search(r"window.Lapa = {config: (.*)};\n", launch_options()["head"])
    config = json.loads(told[1].replace("<\\/", "</"))
    page = build(FakeExplorer())
    tabs = [block.id for block in page.blocks.values() if isinstance(block, gr.Tab)]
    assert config["tabs"] == tabs and tabs[0] == "explore"
    assert config["glossary"] == GLOSSARY
    limits = Limits()
    assert config["limits"]["uploadBytes"] == limits.upload_bytes == 50_000_000
    assert config["limits"]["checkpointBytes"] == limits.checkpoint_bytes
    assert set(config["limits"]) == typed("Limits")
    assert set(config) == typed("Config")


def test_the_types_of_the_scripts_name_what_is_sent(handlers: ExploreHandlers) -> None:
    catalogue, first = handlers.open_page(visitor({"c": CLIP, "f": "3"}))
    assert set(catalogue["clips"][0]) == typed("Clip")
    assert set(catalogue["models"][0]) == set(first["model"]) == typed("Model")
    assert set(first["figures"]) == typed("Figures")
    pressed = handlers.predict(event(a=[1, 2, 3, 4]), visitor())
    # what only some answers have is marked as optional there
    assert set(first) | set(pressed) <= typed("Answer")
    assert typed("Answer") - {"error", "pending"} == set(first) | set(pressed)


def test_the_page_is_small_and_everything_is_compressed_but_streams() -> None:
    page = build(FakeExplorer())
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, **launch_options())
    try:
        whole = httpx.get(url, headers={"Accept-Encoding": "gzip"})
        with httpx.stream("GET", url, headers={"Accept-Encoding": "gzip"}) as sent:
            size = sum(len(piece) for piece in sent.iter_raw())
        assert whole.headers["content-encoding"] == "gzip" and size <= 80_000 < len(whole.content)
        module = httpx.get(f"{url}{scripts.root()}web/store.js")
        assert module.headers["content-encoding"] == "gzip"
        session = {"session_hash": "one"}
        body = {"data": [], "fn_index": 0, **session}
        httpx.post(f"{url}gradio_api/queue/join", json=body).raise_for_status()
        with httpx.stream("GET", f"{url}gradio_api/queue/data", params=session) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            assert "content-encoding" not in stream.headers
            assert next(stream.iter_lines()).startswith("data: ")
    finally:
        page.close()


def test_opening_gives_the_catalogue_and_the_first_picture(handlers: ExploreHandlers) -> None:
    catalogue, first = handlers.open_page(visitor())
    assert [clip["embodiment"] for clip in catalogue["clips"]] == ["red-arm", "blue-arm"] * 2
    assert first["codes"] == first["inferred"] and first["notes"] == []
    assert first["image"].startswith("data:image/jpeg")
    assert first["state"] == {"m": "squares", "c": CLIP, "f": 6, "a": None, "p": 0, "o": "blink"}
    json.dumps([catalogue, first], allow_nan=False)


def test_opening_by_a_link(handlers: ExploreHandlers) -> None:
    query = {"c": "blue-arm-lift-0", "f": "4", "a": "3.1.0.6", "p": "2", "o": "diff"}
    _, first = handlers.open_page(visitor(query))
    assert first["codes"] == [3, 1, 0, 6] and first["index"] == 4
    assert first["state"]["p"] == 2 and first["state"]["o"] == "diff"
    assert first["link"] == "v=1&m=squares&c=blue-arm-lift-0&f=4&a=3.1.0.6&p=2&o=diff"


def test_a_page_opened_before_the_model_is_loaded_shows_the_frame(explorer: FakeExplorer) -> None:
    warm = False
    handlers = handlers_of(explorer, lambda: warm)
    catalogue, first = handlers.open_page(visitor({"c": CLIP, "f": "4", "a": "3.1.0.6"}))
    assert first["pending"] and first["codes"] is None and first["frame"]
    assert len(catalogue["clips"]) == 4
    _, then = handlers.open_again(gr.EventData(None, {"query": f"?c={CLIP}&f=4&a=3.1.0.6"}))
    assert then["codes"] == [3, 1, 0, 6] and then["index"] == 4 and "pending" not in then


def test_a_press_answers_with_its_number(handlers: ExploreHandlers) -> None:
    answer = handlers.predict(event(seq=41, a=[1, 2, 3, 4]), visitor())
    assert answer["seq"] == 41 and answer["codes"] == [1, 2, 3, 4]
    assert answer["clip"] == CLIP and answer["model"]["positions"] == 4


def test_pictures_the_browser_keeps_are_not_sent_again(handlers: ExploreHandlers) -> None:
    answer = handlers.predict(event(a=[1, 2, 3, 4], kept=True), visitor())
    assert answer["image"] and answer["frame"] is answer["future"] is None
    assert answer["figures"] and answer["inferred"]


def test_a_sweep_has_every_code(handlers: ExploreHandlers) -> None:
    answer = handlers.sweep(event(a=[1, 2, 3, 4], p=1), visitor())
    assert [item["codes"] for item in answer["items"]] == [[1, k, 3, 4] for k in range(BOOK)]


@pytest.mark.parametrize(
    "junk", [{"f": "x"}, {"a": "abcd"}, {"a": [None]}, {"m": None}, {"f": 1e400}]
)
def test_a_state_that_cannot_be_read_is_said(handlers: ExploreHandlers, junk: dict) -> None:
    answer = handlers.predict(event(**junk), visitor())
    assert answer["error"].endswith(".") and answer["seq"] == 1


def test_an_event_that_is_no_record_is_said(handlers: ExploreHandlers) -> None:
    assert "error" in handlers.predict(gr.EventData(None, ["not", "a", "dict"]), visitor())


def test_a_fault_of_ours_is_an_answer_too(
    explorer: FakeExplorer, handlers: ExploreHandlers
) -> None:
    explorer.explore.predict = lambda *_: 1 / 0
    assert handlers.predict(event(), visitor()) == {"seq": 1, "kind": "upload", "error": BROKEN}


def test_a_broken_checkpoint_leaves_the_frames(caplog) -> None:
    handlers = handlers_of(FakeExplorer(error="The folder holds no checkpoint."))
    _, first = handlers.open_page(visitor())
    assert first["model"]["error"] == "The folder holds no checkpoint."
    assert first["frame"] and first["image"] is None
    assert handlers.predict(event(), visitor())["frame"]


def test_an_upload_is_opened_and_its_file_is_passed_on(handlers: ExploreHandlers) -> None:
    folder = Path(get_upload_folder()) / "test-upload"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "mine.png"
    path.write_bytes(b"x")
    answer = handlers.upload(gr.EventData(None, {"seq": 2, "path": str(path)}), visitor())
    assert answer["kind"] == "upload" and answer["clip"]["uploaded"]
    assert answer["thumbnail"].startswith("data:image/webp")
    path.unlink(missing_ok=True)


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "", None, "../../etc/passwd", "/proc/self/environ"]
)
def test_only_uploaded_files_are_read(
    handlers: ExploreHandlers, explorer: FakeExplorer, path
) -> None:
    answer = handlers.upload(gr.EventData(None, {"seq": 2, "path": path}), visitor())
    assert "upload it again" in answer["error"] and not explorer.clips.sent


def test_thumbnails_of_unknown_clips_are_left_out(handlers: ExploreHandlers) -> None:
    assert list(handlers.thumbnails([CLIP, "nobody"])) == [CLIP]


@pytest.mark.parametrize(("frames", "index"), [(1, 0), (4, 0), (8, 2), (60, 20)])
def test_a_clip_is_opened_where_its_future_is_known(frames: int, index: int) -> None:
    clip = Clip("a", "s", "panda", "lift", "", 10.0, frames, 48, 64, "train")
    assert opening_frame(clip, 0.5) == index


def test_the_gallery_takes_embodiments_by_turns(explorer: FakeExplorer) -> None:
    last = explorer.clips.all()[-1]
    order = by_turns(explorer.clips.all(), first=last.id)
    assert order[0] == last and FRAMES > 1
    assert [clip.embodiment for clip in order] == ["blue-arm", "red-arm"] * 2


def test_a_model_opens_on_a_clip_that_it_knows(explorer: FakeExplorer) -> None:
    clips = explorer.clips.all()
    first, later, _ = OPENINGS
    other, usual = replace(clips[0], id=later, embodiment="sawyer"), replace(clips[1], id=first)
    every = [*clips, other, usual]
    assert opening_clip(every, Model("new", "")) == first, "nobody measured what it knows"
    assert opening_clip(every, Model("blue", "", embodiments=("blue-arm",))) == "blue-arm-push-0"
    assert opening_clip(every, Model("robots", "", embodiments=("blue-arm", "sawyer"))) == later
    assert opening_clip(every, Model("strange", "", embodiments=("hand",))) == ""


def test_the_ways_in_are_the_models_and_the_real_clips(explorer: FakeExplorer) -> None:
    clips = [*explorer.clips.all()]
    real = replace(clips[0], id="kitchen-1", source="real", embodiment="real-arm")
    models = [
        Model("one", "One", about="Says what it is.", embodiments=("blue-arm",)),
        Model("two", "Two: a title", embodiments=("blue-arm", "red-arm")),
        Model("broken", "Broken", error="It is damaged."),
        Model("strange", "Strange", embodiments=("hand",)),
    ]
    assert starts(models, [*clips, real]) == [
        {"name": "one", "about": "Says what it is.", "m": "one", "c": "blue-arm-push-0"},
        {"name": "two", "about": "Two: a title", "m": "two", "c": clips[0].id},
        {
            "name": "real clips",
            "about": "1 recording of real robots, which no model here has learned: what it "
            "imagines is a guess.",
            "m": "two",
            "c": "kitchen-1",
        },
    ]
    knows = replace(models[1], embodiments=("red-arm", "blue-arm", "real-arm"))
    assert "some model here has learned real-arm" in starts([knows], [real])[-1]["about"]
    assert [each["name"] for each in starts(models[:2], clips)] == ["one", "two"]


def test_a_first_visit_opens_on_what_the_first_model_knows(
    explorer: FakeExplorer, monkeypatch
) -> None:
    eight = replace(explorer.models.get("squares"), embodiments=("blue-arm",))
    monkeypatch.setattr(explorer.models, "all", lambda: (eight,))
    catalogue, first = handlers_of(explorer).open_page(visitor())
    assert first["clip"] == catalogue["clips"][0]["id"] == "blue-arm-push-0"


def test_a_code_that_is_looked_at_gives_its_picture_alone(handlers: ExploreHandlers) -> None:
    told = handlers.preview(event(a=[3, 1, 0, 6]), visitor())
    pressed = handlers.predict(event(a=[3, 1, 0, 6]), visitor())
    assert told == {"seq": 1, "codes": [3, 1, 0, 6], "image": pressed["image"]}


def test_a_first_visit_begins_where_a_robot_visibly_acts() -> None:
    lines = [
        json.loads(line)
        for index in (ROOT / "assets" / "clips").glob("*.jsonl")
        for line in index.read_text("utf-8").splitlines()
    ]
    for name, frame in OPENINGS.items():
        shipped = next(each for each in lines if each["id"] == name)
        assert frame + 0.6 * shipped["fps"] < shipped["frames"]
        clip = Clip(name, "s", "sawyer", "", "", shipped["fps"], shipped["frames"], 1, 1, "")
        assert opening_frame(clip, 0.6) == frame
