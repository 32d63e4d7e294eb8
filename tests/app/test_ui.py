"""The page on a stand-in service: what it is made of and what its handlers answer."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest
from gradio.utils import get_upload_folder

from app import ui
from app.tabs.components import SCRIPTS, STATIC, head
from app.tabs.explore_handlers import (
    BROKEN,
    OPENING_CLIP,
    OPENING_FRAME,
    Handlers,
    by_turns,
    opening_frame,
)
from app.tabs.glossary import GLOSSARY
from app.theme import STYLES
from app.views import Clip
from tests.app.fake import BOOK, FRAMES, FakeExplorer

ROOT = Path(__file__).resolve().parents[2]
CLIP = "red-arm-push-0"


def visitor(query: dict | None = None, session: str = "one") -> SimpleNamespace:
    return SimpleNamespace(query_params=query or {}, session_hash=session)


def event(**data) -> gr.EventData:
    return gr.EventData(None, {"seq": 1, "m": "squares", "c": CLIP, "f": 3, "a": None, **data})


@pytest.fixture
def explorer() -> FakeExplorer:
    return FakeExplorer()


@pytest.fixture
def handlers(explorer: FakeExplorer) -> Handlers:
    return Handlers(explorer, lambda: True)


def test_the_page_is_built_without_asking_the_service() -> None:
    class Untouchable:
        def __getattr__(self, name: str):
            raise AssertionError(f"{name} was asked for before anyone opened the page")

    page = ui.build(Untouchable())
    parts = {block.elem_id for block in page.blocks.values() if isinstance(block, gr.HTML)}
    assert {"lx-header", "lx-stage", "lx-pads", "lx-picker", "lx-sweep", "lx-truth"} <= parts


def test_only_named_endpoints_are_public(explorer: FakeExplorer) -> None:
    public = ui.build(explorer).get_api_info()["named_endpoints"]
    names = ("frames", "encode", "decode", "sweep", "imagine", "transfer", "atlas", "checkup")
    assert set(public) <= {f"/{name}" for name in names}, set(public)


def test_every_component_has_its_script_and_every_word_its_gloss() -> None:
    page = head()
    for name in SCRIPTS:
        assert (STATIC / f"{name}.js").read_text("utf-8") in page
    text = "".join(path.read_text("utf-8") for path in STATIC.iterdir())
    words = set(re.findall(r'data-term"?[:=] ?"([^"]+)"', text))
    assert words and words <= set(GLOSSARY), words - set(GLOSSARY)


def test_nothing_in_the_page_names_another_host() -> None:
    text = head() + "".join(path.read_text("utf-8") for path in STATIC.iterdir())
    text += "".join(path.read_text("utf-8") for path in STYLES)
    addresses = set(re.findall(r"https?://[^\s\"')]+", text))
    assert addresses <= {"http://www.w3.org/2000/svg"}


def test_opening_gives_the_catalogue_and_the_first_picture(handlers: Handlers) -> None:
    catalogue, first = handlers.open_page(visitor())
    assert [clip["embodiment"] for clip in catalogue["clips"]] == ["red-arm", "blue-arm"] * 2
    assert first["codes"] == first["inferred"] and first["notes"] == []
    assert first["image"].startswith("data:image/jpeg")
    assert first["state"] == {"m": "squares", "c": CLIP, "f": 6, "a": None, "p": 0, "o": "none"}
    json.dumps([catalogue, first], allow_nan=False)


def test_opening_by_a_link(handlers: Handlers) -> None:
    query = {"c": "blue-arm-lift-0", "f": "4", "a": "3.1.0.6", "p": "2", "o": "diff"}
    _, first = handlers.open_page(visitor(query))
    assert first["codes"] == [3, 1, 0, 6] and first["index"] == 4
    assert first["state"]["p"] == 2 and first["state"]["o"] == "diff"
    assert first["link"] == "v=1&m=squares&c=blue-arm-lift-0&f=4&a=3.1.0.6&p=2&o=diff"


def test_a_page_opened_before_the_model_is_loaded_shows_the_frame(explorer: FakeExplorer) -> None:
    warm = False
    handlers = Handlers(explorer, lambda: warm)
    catalogue, first = handlers.open_page(visitor({"c": CLIP, "f": "4", "a": "3.1.0.6"}))
    assert first["pending"] and first["codes"] is None and first["frame"]
    assert len(catalogue["clips"]) == 4
    _, then = handlers.open_again(gr.EventData(None, {"query": f"?c={CLIP}&f=4&a=3.1.0.6"}))
    assert then["codes"] == [3, 1, 0, 6] and then["index"] == 4 and "pending" not in then


def test_a_press_answers_with_its_number(handlers: Handlers) -> None:
    answer = handlers.predict(event(seq=41, a=[1, 2, 3, 4]), visitor())
    assert answer["seq"] == 41 and answer["codes"] == [1, 2, 3, 4]
    assert answer["clip"] == CLIP and answer["model"]["positions"] == 4


def test_pictures_the_browser_keeps_are_not_sent_again(handlers: Handlers) -> None:
    answer = handlers.predict(event(a=[1, 2, 3, 4], kept=True), visitor())
    assert answer["image"] and answer["frame"] is answer["future"] is None
    assert answer["figures"] and answer["inferred"]


def test_a_sweep_has_every_code(handlers: Handlers) -> None:
    answer = handlers.sweep(event(a=[1, 2, 3, 4], p=1), visitor())
    assert [item["codes"] for item in answer["items"]] == [[1, k, 3, 4] for k in range(BOOK)]


@pytest.mark.parametrize(
    "junk", [{"f": "x"}, {"a": "abcd"}, {"a": [None]}, {"m": None}, {"f": 1e400}]
)
def test_a_state_that_cannot_be_read_is_said(handlers: Handlers, junk: dict) -> None:
    answer = handlers.predict(event(**junk), visitor())
    assert answer["error"].endswith(".") and answer["seq"] == 1


def test_an_event_that_is_no_record_is_said(handlers: Handlers) -> None:
    assert "error" in handlers.predict(gr.EventData(None, ["not", "a", "dict"]), visitor())


def test_a_fault_of_ours_is_an_answer_too(explorer: FakeExplorer, handlers: Handlers) -> None:
    explorer.predict = lambda *_: 1 / 0
    assert handlers.predict(event(), visitor()) == {"seq": 1, "kind": "upload", "error": BROKEN}


def test_a_broken_checkpoint_leaves_the_frames(caplog) -> None:
    handlers = Handlers(FakeExplorer(error="The folder holds no checkpoint."), lambda: True)
    _, first = handlers.open_page(visitor())
    assert first["model"]["error"] == "The folder holds no checkpoint."
    assert first["frame"] and first["image"] is None
    assert handlers.predict(event(), visitor())["frame"]


def test_an_upload_is_opened_and_its_file_is_passed_on(handlers: Handlers) -> None:
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
def test_only_uploaded_files_are_read(handlers: Handlers, explorer: FakeExplorer, path) -> None:
    answer = handlers.upload(gr.EventData(None, {"seq": 2, "path": path}), visitor())
    assert "upload it again" in answer["error"] and not explorer.uploads


def test_thumbnails_of_unknown_clips_are_left_out(handlers: Handlers) -> None:
    assert list(handlers.thumbnails([CLIP, "nobody"])) == [CLIP]


@pytest.mark.parametrize(("frames", "index"), [(1, 0), (4, 0), (8, 2), (60, 20)])
def test_a_clip_is_opened_where_its_future_is_known(frames: int, index: int) -> None:
    clip = Clip("a", "s", "panda", "lift", "", 10.0, frames, 48, 64, "train")
    assert opening_frame(clip, 0.5) == index


def test_the_gallery_takes_embodiments_by_turns(explorer: FakeExplorer) -> None:
    last = explorer.clips()[-1]
    order = by_turns(explorer.clips(), first=last.id)
    assert order[0] == last and FRAMES > 1
    assert [clip.embodiment for clip in order] == ["blue-arm", "red-arm"] * 2


def test_a_first_visit_begins_where_a_robot_visibly_acts() -> None:
    index = (ROOT / "assets" / "clips" / "metaworld.jsonl").read_text("utf-8").splitlines()
    shipped = next(each for each in map(json.loads, index) if each["id"] == OPENING_CLIP)
    assert OPENING_FRAME + 0.6 * shipped["fps"] < shipped["frames"]
    clip = Clip(
        OPENING_CLIP, "s", "sawyer", "open", "", shipped["fps"], shipped["frames"], 1, 1, ""
    )
    assert opening_frame(clip, 0.6) == OPENING_FRAME
