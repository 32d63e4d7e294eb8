"""Anything that JSON can hold, at every endpoint and event of the page: an answer or a sentence.

`make test-all` tries many examples, `make test` few.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from gradio.routes import App
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from app.core.limits import Limits
from app.page import app_options, build, endpoints
from app.web.doors import Doors
from app.web.words import BROKEN
from tests.app.checkups import BatchQuantizer, FakeInstrument

FEW, MANY = 3, 300
NAMES = sorted(("frames", "encode", "decode", "sweep", "imagine", "transfer", "atlas", "checkup"))
# what is right somewhere, so that not everything is refused at the first look
LIKELY = st.sampled_from(
    ["small", "red-push-0", "red-arm", "", 0, 1, -1, 2**70, [0, 1, 0, 0], "quick"]
)
ANYTHING = st.recursive(
    LIKELY
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
FIELDS = st.sampled_from((
    "m", "c", "f", "a", "k", "n", "d", "on", "seq", "codes", "query", "path", "paths", "source",
    "what", "of", "text", "tickets", "model", "clip", "index", "move", "embodiments", "uploads",
    "size", "lesson", "step", "i", "rows", "q", "seed", "instruction", "here", "to", "from",
))  # fmt: skip
EVENTS = st.dictionaries(FIELDS, ANYTHING, max_size=6)


@pytest.fixture(scope="module")
def page(small_world) -> Any:
    make = {"load": lambda path: BatchQuantizer(), "instrument": FakeInstrument()}
    return build(small_world(limits=Limits(play_seconds=0.05), **make))


@pytest.fixture(scope="module")
def client(page) -> Iterator[TestClient]:
    page.run_startup_events()
    app = App.create_app(page, app_kwargs=app_options())
    app.add_middleware(Doors, upload=1000)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def is_sentence(text: str) -> bool:
    """One line that people can read, without paths of this machine, names of classes, and what
    nobody wants to have repeated."""
    signs = ("Traceback", "object at 0x", "\n", "/tmp/", "Error:", "NoneType", "unhashable")
    return bool(text) and len(text) < 700 and not any(sign in text for sign in signs)


def try_endpoint(client: TestClient, name: str, count: int) -> None:
    @settings(max_examples=count, deadline=None, derandomize=True, database=None)
    @given(st.lists(ANYTHING, max_size=8))
    def sent(data: list[Any]) -> None:
        answer = client.post(f"/gradio_api/run/{name}", json={"data": data})
        body = answer.json()
        if answer.status_code != 200:
            sentence = str(body.get("error") or body.get("detail"))
            assert sentence != BROKEN and is_sentence(sentence), (answer.status_code, body)

    sent()


def test_every_endpoint_is_tried(small_world) -> None:
    assert sorted(endpoints(small_world())) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_anything_at_an_endpoint_is_answered_or_refused_in_a_sentence(client, name: str) -> None:
    try_endpoint(client, name, FEW)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_many_things_at_an_endpoint(client, name: str) -> None:
    try_endpoint(client, name, MANY)


def test_what_is_no_request_is_not_repeated(client) -> None:
    for content in ("x" * 1_000_000, '["' + "x" * 1_000_000 + '"]'):
        answer = client.post("/gradio_api/run/frames", content=content)
        assert answer.status_code == 422 and len(answer.content) < 300
        assert answer.json()["detail"].startswith("The request cannot be read (body: ")


def test_a_name_of_megabytes_is_not_repeated(client) -> None:
    for data in (["", "", "x" * 2_000_000, 0], ["x" * 2_000_000, "", "", 0]):
        answer = client.post("/gradio_api/run/frames", json={"data": data})
        assert answer.status_code == 500 and len(answer.content) < 1000


def events(page: Any) -> dict[str, Callable[..., Any]]:
    """What the page's events call, by name: those that take an event and who sent it."""
    found = {}
    for function in page.fns.values():
        call = function.fn
        if call and list(inspect.signature(call).parameters)[:2] == ["evt", "request"]:
            found[function.api_name or function.name] = call
    return found


def try_events(page: Any, count: int, caplog: Any) -> None:
    calls = events(page)
    assert len(calls) > 30

    @settings(max_examples=count, deadline=None, derandomize=True, database=None)
    @given(st.sampled_from(sorted(calls)), EVENTS | ANYTHING)
    def sent(name: str, event: Any) -> None:
        caplog.clear()
        visitor = SimpleNamespace(session_hash="me", query_params={})
        try:
            told = calls[name](SimpleNamespace(_data=event), visitor)
        except gr.Error as refused:
            # a chart is no record: what is wrong is told by gradio
            told = {"error": str(refused.message)}
        for answer in told if inspect.isgenerator(told) else [told]:
            records = answer if isinstance(answer, tuple) else (answer,)
            error = next((each["error"] for each in records if "error" in (each or {})), None)
            assert error is None or is_sentence(error), (name, event, answer)
            faults = [each.exc_text for each in caplog.records if each.levelno >= logging.ERROR]
            assert error != BROKEN and not faults, (name, event, faults)

    sent()


def test_anything_in_an_event_is_answered_or_refused_in_a_sentence(page, caplog) -> None:
    try_events(page, 20, caplog)


@pytest.mark.slow
def test_many_things_in_an_event(page, caplog) -> None:
    try_events(page, 2000, caplog)
