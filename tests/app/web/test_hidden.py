"""Where files lie on the server is told to nobody, and what a visitor was told is understood."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from app.web.hidden import Hidden, hidden, real


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    folder = tmp_path / "own folder"
    (folder / "0a").mkdir(parents=True)
    (folder / "0a" / "a.json").write_text(f'{{"in": "{folder}"}}')
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
    return folder


@pytest.fixture
def client(folder: Path) -> TestClient:
    heard = []

    async def upload(request: Request) -> Response:
        return JSONResponse([str(folder / "0a" / "a.json"), (await request.body()).decode()])

    async def run(request: Request) -> Response:
        heard.append((await request.json())["data"])
        return JSONResponse({"heard": heard.pop(), "is": str(folder)})

    async def stream(request: Request) -> Response:
        lines = (f"data: {folder}/{n}\n\n" for n in range(2))
        return StreamingResponse(lines, media_type="text/event-stream")

    async def file(request: Request) -> Response:
        path = Path(request.path_params["path"])
        if not path.is_file():
            return JSONResponse({"detail": f"File not found: {path}"}, 404)
        return FileResponse(path)

    routes = [
        Route("/gradio_api/upload", upload, methods=["POST"]),
        Route("/gradio_api/run/x", run, methods=["POST"]),
        Route("/gradio_api/queue/data", stream),
        Route("/gradio_api/file={path:path}", file),
    ]
    return TestClient(Hidden(Starlette(routes=routes)))


def test_paths_have_another_name_on_the_way_out(client, folder) -> None:
    sent = client.post("/gradio_api/upload", content=b'"lapa-files/x')
    # what a file holds is the visitor's
    assert sent.json() == ["lapa-files/0a/a.json", '"lapa-files/x']
    assert client.get("/gradio_api/queue/data").text == (
        "data: lapa-files/0\n\ndata: lapa-files/1\n\n"
    )
    missing = client.get("/gradio_api/file=lapa-files/0a/b.json")
    assert missing.status_code == 404
    assert missing.json() == {"detail": "File not found: lapa-files/0a/b.json"}
    assert hidden(b"file=" + str(folder).replace(" ", "%20").encode()) == b"file=lapa-files"


def test_and_their_own_on_the_way_in(client, folder) -> None:
    body = {"data": ["lapa-files/0a/a.json", "lapa-filesystem", "the lapa-files/x"]}
    told = client.post("/gradio_api/run/x", json=body).json()
    assert told == {"heard": body["data"], "is": "lapa-files"}
    assert real("lapa-files/0a/a.json") == str(folder / "0a" / "a.json")
    assert real("/etc/passwd") == "/etc/passwd" and real("lapa-files") == "lapa-files"
    escaped = client.post("/gradio_api/run/x", content=b'{"data": "lapa-files\\/0a"}').json()
    assert escaped["heard"] == "lapa-files/0a"
    # a file goes as it is
    found = client.get("/gradio_api/file=lapa-files/0a/a.json")
    assert found.json() == {"in": str(folder)}
