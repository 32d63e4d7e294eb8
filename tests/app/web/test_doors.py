"""Routes that the page does not use do not exist, and no body holds everybody up."""

from __future__ import annotations

import asyncio
import errno
import json
from collections.abc import Iterator

import gradio as gr
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from app.core.limits import Busy
from app.core.temporary import remove_loose
from app.web import doors as doors_module
from app.web.doors import EVENT, MB, Doors
from app.web.kept import Kept
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


RUN = "/gradio_api/run/predict"


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
        ("GET", "/lapa/0123456789ab/page.py"),
        ("GET", "/lapa/0123456789ab/web/doors.py"),
        ("POST", "/lapa/0123456789ab/web/store.js"),
        ("POST", "/gradio_api/run/frames/../../process_recording"),
    ],
)
def test_what_is_not_used_is_not_there(client, method, path) -> None:
    answer = client.request(method, path)
    assert answer.status_code == 404 and answer.json() == {"detail": "There is nothing here."}


def test_what_is_used_passes(client) -> None:
    for path in ("/", "/config", "/theme.css", "/gradio_api/queue/data", "/assets/index.js",
                 "/lapa/0123456789ab/web/store.js", "/lapa/0123456789ab/tabs/atlas/map.js",
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


def answered(door_app, path: str, *messages: dict) -> tuple[list[dict], int]:
    """What Doors answer to a request, and how many of its messages they asked for."""
    sent, waiting = [], list(messages)

    async def receive() -> dict:
        if not waiting:
            await asyncio.sleep(60)
        return waiting.pop(0)

    async def send(message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "headers": []}
    loops.run(door_app(scope, receive, send))
    return sent, len(messages) - len(waiting)


@pytest.mark.parametrize("path", ["/gradio_api/run/frames", "/gradio_api/upload"])
def test_a_visitor_who_stops_in_the_middle_is_given_up(monkeypatch, path: str) -> None:
    monkeypatch.setattr(doors_module, "IDLE_SECONDS", 0.05)

    async def app(scope, receive, send) -> None:
        while (await receive()).get("more_body"):
            pass

    piece = {"type": "http.request", "body": b"{", "more_body": True}
    sent, _ = answered(Doors(app, upload=100), path, piece, piece)
    assert sent[0]["status"] == 408 and b"Nothing more came for 0.05 s" in sent[1]["body"]


def test_a_body_that_comes_drop_by_drop_is_given_up(monkeypatch) -> None:
    """Each drop within the patience for the next one, all of them together not."""
    monkeypatch.setattr(doors_module, "IDLE_SECONDS", 0.2)
    heard = []

    async def app(scope, receive, send) -> None:
        while True:
            heard.append(await receive())

    async def drop() -> dict:
        await asyncio.sleep(0.05)
        return {"type": "http.request", "body": b"x", "more_body": True}

    sent = []

    async def send(message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/gradio_api/upload", "headers": []}
    loops.run(asyncio.wait_for(Doors(app, upload=9000)(scope, drop, send), 20))
    assert sent[0]["status"] == 408 and 1 <= len(heard) <= 5


def test_who_waits_for_an_answer_is_not_given_up(monkeypatch) -> None:
    monkeypatch.setattr(doors_module, "IDLE_SECONDS", 0.05)

    async def app(scope, receive, send) -> None:
        await receive()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(receive(), 0.3)  # a stream waits for its visitor to go
        await send({"type": "http.response.start", "status": 200})

    sent, _ = answered(Doors(app, upload=100), "/gradio_api/run/frames",
                       {"type": "http.request", "body": b"{}"})  # fmt: skip
    assert sent == [{"type": "http.response.start", "status": 200}]


@pytest.mark.parametrize(
    "number", [errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EFBIG, errno.EACCES]
)
def test_a_full_disk_is_one_sentence(number: int) -> None:
    async def app(scope, receive, send) -> None:
        raise OSError(number, "/somewhere/secret")

    sent, _ = answered(Doors(app, upload=9), "/gradio_api/upload", {"type": "http.request"})
    assert sent[0]["status"] == 507
    assert json.loads(sent[1]["body"]) == {
        "detail": "The server has no room for files now; try again later."
    }


def test_what_broken_uploads_left_goes_when_none_is_under_way(tmp_path) -> None:
    """A partial file may be another visitor's while that one still sends."""
    left = tmp_path / "tmp123"

    async def app(scope, receive, send) -> None:
        left.write_bytes(b"half")
        while (await receive()).get("more_body"):
            pass
        raise OSError(errno.ENOSPC, "full")

    doors = Doors(app, upload=9, tidy=lambda: remove_loose(tmp_path))
    more, last = asyncio.Queue(), {"type": "http.request", "body": b"x"}
    scope = {"type": "http", "method": "POST", "path": "/gradio_api/upload", "headers": []}

    async def send(message) -> None:
        pass

    async def visits() -> None:
        async def whole() -> dict:
            return last

        slow = asyncio.create_task(doors(scope, more.get, send))
        await asyncio.sleep(0)
        await doors(scope, whole, send)
        assert left.exists()
        more.put_nowait(last)
        await slow

    loops.run(visits())
    assert not left.exists()


def test_one_address_may_not_take_the_room_of_all(tmp_path) -> None:
    """What was read and removed counts no more; other addresses may still send."""
    sent = tmp_path / "a.mp4"

    async def take(request: Request) -> JSONResponse:
        sent.write_bytes(await request.body())
        return JSONResponse([str(sent)])

    inner = Starlette(routes=[Route("/gradio_api/upload", take, methods=["POST"])])
    doors = Doors(inner, upload=5 * MB, kept=Kept(most=2 * MB))
    one, other = (TestClient(doors, client=(host, 1)) for host in ("10.0.0.1", "10.0.0.2"))
    path, more = "/gradio_api/upload", b"x" * (2 * MB)
    assert one.post(path, content=more).status_code == 200
    answer = one.post(path, content=b"x")
    assert answer.status_code == 507
    assert answer.json()["detail"].startswith("2 MB of files from your address lie here or are on")
    assert other.post(path, content=b"x").status_code == 200
    sent.unlink()
    # what is on its way counts as it was announced
    with doors._kept.arriving({"client": ("10.0.0.1", 1)}, 2 * MB):
        assert doors._kept.coming == 2 * MB and one.post(path, content=b"x").status_code == 507
    assert one.post(path, content=b"x").status_code == 200


def test_nothing_more_is_taken_while_there_is_no_room() -> None:
    inner = Starlette(routes=[Route("/{path:path}", echo, methods=["POST"])])
    client = TestClient(Doors(inner, upload=5 * MB, room=lambda coming: False))
    assert client.post("/gradio_api/upload", content=b"x").status_code == 507
    assert client.post("/gradio_api/run/predict", json={}).status_code == 200


def test_a_crowd_costs_no_more_than_a_refusal() -> None:
    """It waits outside, keeps its connection, and hears when to come again."""
    reached = []

    async def inner(scope, receive, send) -> None:
        reached.append(await receive())
        await JSONResponse({})(scope, receive, send)

    def crowd(path: str, body: bytes, address: str) -> Busy | None:
        return Busy("Many visitors are here", 1.5) if (path, body) == (RUN, b"[1]") else None

    client = TestClient(Doors(inner, upload=1, crowd=crowd))
    refused, let_in = (client.post(RUN, content=body) for body in (b"[1]", b"[2]"))
    assert refused.status_code == 503 and refused.headers["retry-after"] == "2"
    assert "connection" not in refused.headers
    sentence = "Many visitors are here; try again in 1.5 seconds."
    assert refused.json() == {"detail": sentence, "busy": 1.5}
    assert let_in.status_code == 200 and [each["body"] for each in reached] == [b"[2]"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[" + b"1," * 100_001 + b"1]", 413),
        (b"[" * 5000 + b"]" * 5000, 400),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, 400),
        (b"[" + b"9" * 5000 + b"]", 400),
        (b"[" + b"[]," * 5000 + b"[]", 400),
        ('["a"]'.encode("utf-16"), 400),
        (b'["\\ud800"]', 422),
        (b'{"\\udc00": 1}', 422),
        (b'["\xed\xa0\x80"]', 400),
        (b'["\\ud83e\\udd16"]', 200),
        ('["\U0001f916"]'.encode(), 200),
        (b"[" * 300 + b"]" * 300, 200),
        (b"[" + b"[]," * 5000 + b"[]]", 200),
    ],
)
def test_json_that_no_parser_should_meet_stays_outside(client, body: bytes, status: int) -> None:
    answer = client.post(RUN, content=body)
    assert answer.status_code == status
    if status != 200:
        assert answer.json()["detail"] in (
            "The request is no valid JSON in UTF-8, or nested too deeply.",
            "The request holds half of a character (a lone surrogate).",
            "The request holds more than 100000 values.",
        )


def test_a_length_that_is_told_twice_is_refused(client: TestClient) -> None:
    headers = {"Content-Length": "2", "Transfer-Encoding": "chunked"}
    answer = client.post(RUN, content=b"{}", headers=headers)
    assert answer.status_code == 400 and answer.headers["connection"] == "close"
    assert answer.json() == {"detail": "The request tells its length in two ways."}


def test_a_form_that_holds_no_file_is_told() -> None:
    async def app(scope, receive, send) -> None:
        raise TypeError("File is not an instance of GradioUploadFile")

    sent, _ = answered(Doors(app, upload=9), "/gradio_api/upload", {"type": "http.request"})
    assert sent[0]["status"] == 400
    assert json.loads(sent[1]["body"]) == {"detail": "The request holds something else than files."}


def test_answers_that_last_are_counted(monkeypatch) -> None:
    """One address cannot hold all places; a place comes back when its visitor goes."""
    monkeypatch.setattr(doors_module, "LASTING_OF_ONE", 2)
    monkeypatch.setattr(doors_module, "LASTING", 3)

    async def visits() -> list[int]:
        over = asyncio.Event()

        async def app(scope, receive, send) -> None:
            await over.wait()
            await send({"type": "http.response.start", "status": 200})

        doors, told = Doors(app, upload=9), []

        async def come(host: str, path: str = "/gradio_api/heartbeat/me") -> int:
            sent = []

            async def send(message) -> None:
                sent.append(message)

            async def receive() -> dict:
                return {"type": "http.request", "body": b""}

            scope = {"type": "http", "method": "GET", "path": path, "headers": []}
            await doors({**scope, "client": (host, 1)}, receive, send)
            return sent[0]["status"]

        staying = [asyncio.create_task(come("a")) for _ in range(2)]
        await asyncio.sleep(0)
        told.append(await come("a", "/gradio_api/queue/data"))
        staying.append(asyncio.create_task(come("b")))
        await asyncio.sleep(0)
        told.append(await come("c"))
        over.set()
        return [*told, *await asyncio.gather(*staying), await come("a"), len(doors._lasting)]

    assert loops.run(visits()) == [503, 503, 200, 200, 200, 200, 0]


def test_without_room_nothing_that_leaves_files_is_let_in(monkeypatch) -> None:
    """Neither uploads nor endpoints and tools, which hand out files; presses are."""
    now, looks, room = [100.0], [], [False]
    monkeypatch.setattr("app.web.doors.time.monotonic", lambda: now[0])

    async def inner(scope, receive, send) -> None:
        await JSONResponse({})(scope, receive, send)

    def has_room(coming: int) -> bool:
        looks.append(coming)
        return room[0]

    client = TestClient(Doors(inner, upload=1000, room=has_room))
    for path in ("/gradio_api/run/decode", "/gradio_api/call/sweep", "/gradio_api/mcp/"):
        answer = client.post(path, content=b"{}")
        assert answer.status_code == 507 and "no room for files" in answer.json()["detail"]
    assert client.post(RUN, content=b"{}").status_code == 200
    assert len(looks) == 1, "all files are counted once a second"
    now[0], room[0] = 102.0, True
    assert client.post("/gradio_api/run/decode", content=b"{}").status_code == 200
