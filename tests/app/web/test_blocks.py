"""Who may have what is asked of the page at once: by turns what is heavy, and no growing queue."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from app.core.crowd import AGAIN_SECONDS, FEW
from app.core.limits import Busy, Limits
from app.core.shares import Visitor, asking
from app.web.blocks import Page
from app.web.events import Callbacks, answers, heavy
from tests import loops

LIMITS = Limits(decoders=2, waiting_of_one=1)


class Handlers(Callbacks):
    """Work that goes on until it is let go, and who does it now."""

    def __init__(self) -> None:
        self.now: list[str] = []
        self.most: list[list[str]] = []
        self.go = threading.Event()

    @heavy("files")
    @answers
    def read(self, event: dict, session: str | None) -> dict:
        return self._work(session)

    @answers
    def press(self, event: dict, session: str | None) -> dict:
        return self._work(session)

    def _work(self, session: str | None) -> dict:
        assert asking.get() == Visitor("", session)
        self.now.append(session)
        self.most.append(sorted(self.now))
        self.go.wait(20)
        self.now.remove(session)
        return {"kind": "read"}


@pytest.fixture
def handlers() -> Handlers:
    return Handlers()


@pytest.fixture
def page(handlers: Handlers) -> Page:
    with Page(LIMITS) as page:
        button = gr.Button()
        for name in ("read", "press"):
            shown = gr.JSON()
            button.click(getattr(handlers, name), None, shown, api_name=name, queue=False)

        @heavy("models")
        def think() -> str:
            return "thought"

        gr.api(think, api_name="think", queue=False)
    return page


async def ask(page: Page, name: str, visitor: str, seq: int = 0) -> Any:
    """What the page answers to an event of a visitor."""
    function = next(each for each in page.fns.values() if each.api_name == name)
    request = SimpleNamespace(session_hash=visitor)
    event = gr.EventData(None, {"seq": seq})
    found = await page.call_function(function, [], None, request, None, event)
    return found["prediction"]


async def until(holds: Any) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        await asyncio.sleep(0.005)


def test_heavy_things_of_one_visitor_come_one_after_the_other(page, handlers) -> None:
    async def visits() -> list[Any]:
        asked = [("anna", 1), ("anna", 2), ("anna", 3), ("ben", 4), ("clara", 5)]
        tasks = [asyncio.create_task(ask(page, "read", *each)) for each in asked]
        await until(lambda: len(handlers.now) == 2)
        handlers.go.set()
        return await asyncio.gather(*tasks)

    told = loops.run(visits())
    assert [each["seq"] for each in told] == [1, 2, 3, 4, 5]
    assert [each.get("kind") for each in told] == ["read", "read", None, "read", "read"]
    assert told[2]["error"] == "1 thing of yours waits already; let it end first."
    assert handlers.most[1] == ["anna", "ben"]
    assert all(now.count("anna") <= 1 and len(now) <= 2 for now in handlers.most)


def test_a_crowd_is_told_that_the_page_is_busy(page, handlers, monkeypatch) -> None:
    monkeypatch.setattr("app.core.crowd.BEHIND_SECONDS", 0.05)

    async def visits() -> tuple[list[Any], Any, Any]:
        waiting = [asyncio.create_task(ask(page, "press", f"v{n}", n)) for n in range(FEW + 1)]
        await until(lambda: len(handlers.now) > FEW)
        await asyncio.sleep(0.1)
        late = await ask(page, "press", "late", 77)
        handlers.go.set()
        answered = await asyncio.gather(*waiting)
        return answered, late, await ask(page, "press", "later", 78)

    answered, late, later = loops.run(visits())
    assert all(each["kind"] == "read" for each in answered) and later["kind"] == "read"
    assert late["seq"] == 77 and late["busy"] > 0
    assert late["error"].startswith("Many visitors are here just now; try again in ")


def asked_of(page: Page, name: str, event: str = "predict") -> Any:
    """What a question hears at the door."""
    number = next(each._id for each in page.fns.values() if each.api_name == name)
    body = json.dumps({"data": [], "fn_index": number, "event_data": {"seq": 7}}).encode()
    return page.refusal(f"/gradio_api/run/{event}", body)


def test_a_crowd_waits_outside_and_what_has_turns_of_its_own_does_not(
    page, handlers, monkeypatch
) -> None:
    monkeypatch.setattr("app.core.crowd.BEHIND_SECONDS", 0.05)

    async def visits() -> list[Any]:
        calm = asked_of(page, "press")
        waiting = [asyncio.create_task(ask(page, "press", f"v{n}", n)) for n in range(FEW + 1)]
        await until(lambda: len(handlers.now) > FEW)
        await asyncio.sleep(0.1)
        crowded = [asked_of(page, name) for name in ("press", "read", "think")]
        elsewhere = [
            page.refusal("/gradio_api/queue/join", b'{"fn_index": 1}'),
            page.refusal("/gradio_api/run/predict", b'{"fn_index": 99999}'),
            page.refusal("/gradio_api/run/predict", b"no JSON"),
            page.refusal("/config", b""),
        ]
        handlers.go.set()
        await asyncio.gather(*waiting)
        return [calm, *crowded, *elsewhere, asked_of(page, "press")]

    calm, press, *others = loops.run(visits())
    assert isinstance(press, Busy) and press.more["busy"] == AGAIN_SECONDS
    assert calm is None and others == [None] * 7


def test_a_program_has_turns_by_its_address(page) -> None:
    function = next(each for each in page.fns.values() if each.api_name == "think")
    request = SimpleNamespace(client=SimpleNamespace(host="10.0.0.7"))

    async def visits() -> Any:
        page._shares["models"]._waiting.append((Visitor("10.0.0.7"), asyncio.Future()))
        with pytest.raises(gr.Error, match="1 thing of yours waits already"):
            await page.call_function(function, [], None, request)
        page._shares["models"]._waiting.clear()
        return await page.call_function(function, [], None, request)

    assert loops.run(visits())["prediction"] == "thought"


def test_an_address_has_half_of_the_queue_at_most(page) -> None:
    page.queue(max_size=4)
    function = next(each for each in page.fns.values() if each.api_name == "press")
    page._queue.create_event_queue_for_fn(function)
    waiting = page._queue.event_queue_per_concurrency_id[function.concurrency_id].queue
    event = SimpleNamespace(request=SimpleNamespace(client=SimpleNamespace(host="10.0.0.7")))
    waiting.append(event)
    assert page.refusal("/gradio_api/queue/join/", b"", "10.0.0.7") is None
    waiting.append(event)
    refusal = page.refusal("/gradio_api/queue/join", b"", "10.0.0.7")
    assert str(refusal) == "2 things of your address wait already; try again in 5 seconds."
    assert page.refusal("/gradio_api/queue/join", b"", "10.0.0.8") is None


def test_who_may_send_nothing_has_no_file_written_by_a_tool() -> None:
    written = []
    with Page(Limits(uploads=False)) as page:
        pass
    page.mcp_server_obj = SimpleNamespace(
        convert_strings_to_filedata=lambda value, positions: written.append(value) or value
    )
    convert = page.mcp_server_obj.convert_strings_to_filedata
    with pytest.raises(ValueError, match="Sending files is turned off here"):
        convert({"frame": "data:image/png;base64,AAAA"}, [["frame"], ["future", 0]])
    assert written == []
    assert convert({"clip": "a"}, [["frame"]]) == {"clip": "a"}
