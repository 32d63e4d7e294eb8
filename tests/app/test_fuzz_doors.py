"""Anything that JSON can hold, at every MCP tool by its schema and at every server function that
the page's parts call past the queue: an answer or a sentence.

`make test-all` tries many examples, `make test` few.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.limits import Limits
from app.page import build, launch_options
from app.web.words import BROKEN
from tests.app.checkups import BatchQuantizer, FakeInstrument
from tests.app.test_fuzz import ANYTHING, EVENTS, LIKELY, is_sentence

FEW, MANY = 4, 200
TOOLS = (
    "browse_robot_frames", "encode_frame_pair", "imagine_next_frame", "sweep_one_position",
    "imagine_rollout", "carry_to_other_robots", "look_up_atlas", "examine_quantizer",
)  # fmt: skip
FUNCTIONS = (
    "cancel", "examples", "export", "figures", "matrix", "progress", "report", "table",
    "thumbnails",
)  # fmt: skip
BY_TYPE = {
    "string": LIKELY.map(str) | st.text(max_size=40),
    "integer": st.integers(-3, 30) | st.integers(),
    "number": st.integers(-3, 30) | st.floats(allow_nan=False, allow_infinity=False),
    "boolean": st.booleans(),
    "array": st.lists(st.integers(-1, 9) | st.text(max_size=5), max_size=6),
}


@pytest.fixture(scope="module")
def visitor(small_world) -> Iterator[httpx.Client]:
    """Who asks a page over the small world, behind the doors of the real one.

    One client for all questions: each new one reads its certificates, which takes twenty times as
    long as an answer."""
    make = {"load": lambda path: BatchQuantizer(), "instrument": FakeInstrument()}
    page = build(small_world(limits=Limits(play_seconds=0.05), **make))
    options = {"prevent_thread_lock": True, "server_name": "127.0.0.1", "quiet": True}
    _, url, _ = page.launch(**options, **launch_options())
    with httpx.Client(base_url=url, timeout=30) as client:
        yield client
    page.close()


def asked(visitor: httpx.Client, method: str, **parameters: Any) -> dict[str, Any]:
    """What the MCP server says: a result or an error."""
    answer = visitor.post(
        "gradio_api/mcp/",
        json={"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters},
        headers={"Accept": "application/json, text/event-stream"},
    )
    assert answer.status_code == 200, (answer.status_code, answer.text[:300])
    lines = [line for line in answer.text.split("\n") if line.startswith("data:")]
    return json.loads(lines[-1][5:]) if lines else answer.json()


@pytest.fixture(scope="module")
def schemas(visitor: httpx.Client) -> dict[str, dict[str, Any]]:
    tools = asked(visitor, "tools/list")["result"]["tools"]
    return {tool["name"]: tool["inputSchema"] for tool in tools}


def arguments(schema: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """What fits a schema more or less: each argument of its type, of any, or missing."""
    fields = {
        name: BY_TYPE.get(each.get("type", ""), ANYTHING) | ANYTHING
        for name, each in schema["properties"].items()
    }
    return st.fixed_dictionaries({}, optional=fields)


def try_tool(visitor: httpx.Client, name: str, schema: dict[str, Any], count: int) -> None:
    @settings(max_examples=count, deadline=None, derandomize=True, database=None)
    @given(arguments(schema))
    def sent(chosen: dict[str, Any]) -> None:
        told = asked(visitor, "tools/call", name=name, arguments=chosen)
        if "error" in told:
            assert is_sentence(told["error"]["message"]), told
        elif told["result"].get("isError"):
            sentence = told["result"]["content"][0]["text"]
            assert sentence != BROKEN and is_sentence(sentence), (chosen, told)

    sent()


def test_every_tool_is_tried(schemas) -> None:
    assert set(schemas) == set(TOOLS)


@pytest.mark.parametrize("name", TOOLS)
def test_anything_for_a_tool_is_answered_or_refused_in_a_sentence(visitor, schemas, name) -> None:
    try_tool(visitor, name, schemas[name], FEW)


@pytest.mark.parametrize("text", ["/etc/passwd", "\n", "x" * 100_000])
def test_what_is_no_file_is_not_repeated_by_a_tool(visitor, text: str) -> None:
    told = asked(visitor, "tools/call", name="imagine_next_frame", arguments={"frame": text})
    sentence = told["result"]["content"][0]["text"]
    assert told["result"]["isError"] and sentence.startswith("A picture for a tool is named by its")


@pytest.mark.slow
@pytest.mark.parametrize("name", TOOLS)
def test_many_things_for_a_tool(visitor, schemas, name) -> None:
    try_tool(visitor, name, schemas[name], MANY)


def parts(visitor: httpx.Client) -> dict[str, int]:
    """The number of the component that has a server function, by the function's name; one of each
    name is enough, except that two are called thumbnails."""
    found = {}
    for each in visitor.get("config").json()["components"]:
        for name in each["props"].get("server_fns") or ():
            found[f"{name} {each['id']}"] = each["id"]
    return found


def called(visitor: httpx.Client, **body: Any) -> httpx.Response:
    return visitor.post("gradio_api/component_server", json=body)


def try_functions(visitor: httpx.Client, count: int, caplog: Any) -> None:
    known = parts(visitor)
    assert {name.split()[0] for name in known} == set(FUNCTIONS)

    @settings(max_examples=count, deadline=None, derandomize=True, database=None)
    @given(st.sampled_from(sorted(known)), EVENTS | ANYTHING)
    def sent(name: str, data: Any) -> None:
        caplog.clear()
        body = {"component_id": known[name], "fn_name": name.split()[0], "session_hash": "me"}
        answer = called(visitor, data=data, **body)
        assert answer.status_code == 200, (name, data, answer.text[:300])
        record = answer.json()
        error = record.get("error") if isinstance(record, dict) else None
        assert error is None or (error != BROKEN and is_sentence(error)), (name, data, record)
        faults = [each.exc_text for each in caplog.records if each.levelno >= logging.ERROR]
        assert not faults, (name, data, faults)

    sent()


def test_anything_for_a_server_function_is_answered(visitor, caplog) -> None:
    try_functions(visitor, 24, caplog)


@pytest.mark.slow
def test_many_things_for_the_server_functions(visitor, caplog) -> None:
    try_functions(visitor, 2000, caplog)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"data": 1},
        {"component_id": 10**9, "fn_name": "table", "session_hash": "me", "data": 1},
        {"component_id": "x", "fn_name": "table", "session_hash": "me", "data": 1},
        {"component_id": [1], "fn_name": 3, "session_hash": None, "data": 1},
        {"component_id": 1, "fn_name": "__class__", "session_hash": "me", "data": 1},
    ],
)
def test_a_server_function_that_is_none_is_refused(visitor, body) -> None:
    answer = called(visitor, **body)
    assert answer.status_code in (400, 404, 422) and is_sentence(answer.json()["detail"])
