"""Routes that the page does not use do not exist, and no body holds everybody up."""

from __future__ import annotations

import json
from collections.abc import Iterator

import gradio as gr
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from app.doors import EVENT, MB, Doors
from tests import loops

# gradio's routes that this page has no use for: recording, streaming, logins, coding by voice, …
CLOSED = {
    "/login", "/logout", "/monitoring", "/monitoring/summary", "/monitoring/{key}",
    "/gradio_api/deep_link", "/gradio_api/token", "/gradio_api/dev/reload", "/gradio_api/runs",
    "/gradio_api/run-history/connect", "/gradio_api/run-history/buckets",
    "/gradio_api/run-history/records",
    "/gradio_api/run-history/records/{endpoint}/{record_id}/assets/{asset_id}",
    "/gradio_api/proxy={url_path:path}", "/gradio_api/stream/{event_id}",
    "/gradio_api/stream/{event_id}/close",
    "/gradio_api/stream/{session_hash}/{run}/{component_id}/playlist.m3u8",
    "/gradio_api/stream/{session_hash}/{run}/{component_id}/{segment_id}.{ext}",
    "/gradio_api/stream/{session_hash}/{run}/{component_id}/playlist-file",
    "/gradio_api/file/{path:path}", "/gradio_api/process_recording", "/gradio_api/vibe-edit",
    "/gradio_api/undo-vibe-edit", "/gradio_api/vibe-code", "/gradio_api/vibe-starter-queries",
}  # fmt: skip


async def echo(request: Request) -> JSONResponse:
    return JSONResponse({"bytes": len(await request.body())})


@pytest.fixture
def client() -> TestClient:
    every = ["/", "/{path:path}"]
    methods = ["GET", "POST", "DELETE"]
    inner = Starlette(routes=[Route(path, echo, methods=methods) for path in every])
    return TestClient(Doors(inner, upload=5 * MB))


def gradio_routes() -> Iterator[tuple[str, str]]:
    with gr.Blocks() as page:
        gr.HTML("x")
    app = gr.routes.App.create_app(page)
    found = list(app.routes)
    for route in app.routes:
        found += getattr(getattr(route, "original_router", None), "routes", [])
    for route in found:
        for method in sorted(getattr(route, "methods", None) or ()):
            yield method, route.path


def test_every_route_of_gradio_is_known_here() -> None:
    """One that gradio adds has to be let in, or named among those that are not."""
    doors, seen = Doors(Starlette(), upload=1), set()
    for method, path in gradio_routes():
        plain = path.rstrip("/") or "/"
        seen.add(plain)
        example = plain.replace("{path:path}", "a.js").replace("{path_or_url:path}", "a.png")
        for name in ("api_name", "event_id", "session_hash", "id", "size", "environment", "type"):
            example = example.replace("{" + name + "}", "7")
        example = example.replace("{file_name}", "a.js")
        let_in = doors.of(method, example) is not None
        assert let_in is (plain not in CLOSED), f"{method} {path}"
    assert seen >= CLOSED, "no longer a route of gradio's"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/gradio_api/process_recording"),
        ("GET", "/gradio_api/proxy=http://127.0.0.1/secret"),
        ("GET", "/monitoring"),
        ("POST", "/gradio_api/vibe-code"),
        ("PUT", "/gradio_api/upload"),
        ("POST", "/"),
        ("GET", "/../etc/passwd"),
        ("POST", "/gradio_api/run/frames/../../process_recording"),
    ],
)
def test_what_is_not_used_is_not_there(client, method, path) -> None:
    answer = client.request(method, path)
    assert answer.status_code == 404 and answer.json() == {"detail": "There is nothing here."}


def test_what_is_used_passes(client) -> None:
    for path in ("/", "/config", "/theme.css", "/gradio_api/queue/data", "/assets/index.js",
                 "/gradio_api/file=/tmp/gradio/a b.png", "/gradio_api/heartbeat/a1b2"):  # fmt: skip
        assert client.get(path).status_code == 200, path
    for path in ("/gradio_api/run/frames", "/gradio_api/queue/join", "/gradio_api/call/sweep"):
        assert client.post(path, json={"data": ["x" * 1000]}).json()["bytes"] > 1000
    text = json.dumps({"data": ["x" * 2_000_000]})
    assert client.post("/gradio_api/queue/join", content=text).json()["bytes"] == len(text)


@pytest.mark.parametrize(
    "path", ["/gradio_api/run/frames", "/gradio_api/queue/join", "/gradio_api/component_server"]
)
def test_lists_of_lists_are_refused_before_they_are_read(client, path) -> None:
    body = b'{"data": [' + b"[0]," * 100_000 + b"0]}"
    answer = client.post(path, content=body)
    assert answer.status_code == 413
    assert answer.json()["detail"] == "The request holds more than 20000 lists and objects."


def test_a_body_that_claims_too_much_is_refused_unread(client) -> None:
    answer = client.post("/gradio_api/run/frames", content=b"x" * (EVENT + 1))
    assert answer.status_code == 413 and "larger than 3 MB" in answer.json()["detail"]
    answer = client.post("/gradio_api/reset", content=b"x" * 70_000)
    assert answer.status_code == 413 and "larger than 64 kB" in answer.json()["detail"]
    answer = client.post("/gradio_api/upload", content=b"x" * 6_000_000)
    assert answer.status_code == 413 and "larger than 5 MB" in answer.json()["detail"]
    assert client.post("/gradio_api/upload", content=b"x" * 4_000_000).status_code == 200


def test_a_body_without_a_length_is_refused_while_it_arrives() -> None:
    """Chunks without end: no more than the limit is ever held, and the app never begins."""
    sent, asked, begun = [], [], []

    async def app(scope, receive, send) -> None:
        begun.append(scope)

    async def receive() -> dict:
        asked.append(1)
        return {"type": "http.request", "body": b"x" * 500_000, "more_body": True}

    async def send(message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/gradio_api/run/frames", "headers": []}
    loops.run(Doors(app, upload=1)(scope, receive, send))
    assert sent[0]["status"] == 413 and len(asked) == EVENT // 500_000 + 1 and not begun
