"""What strangers have sent to stop the page or to read its machine, at one running app."""

from __future__ import annotations

import http.server
import io
import json
import random
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.served import JSON, Served, launched

ROUTES = ("/gradio_api/run/frames", "/gradio_api/queue/join", "/gradio_api/component_server")
# 30 MB of lists of lists, and the same of one text
NESTED = b'{"data": [' + b"[[0]]," * 5_000_000 + b"0]}"
LONG = b'{"data": ["' + b"x" * 30_000_000 + b'"]}'
CHUNK = 1 << 16


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("attacked")
    with launched(folder, "--offer", "tabletop") as served:
        yield served
        assert "Traceback" not in served.log.read_text()


@pytest.fixture(scope="module")
def clip(app: Served) -> str:
    return app.run("frames", "", "", "", 0)[1]["data"][0]["clips"][0]["id"]


def picture() -> bytes:
    data = io.BytesIO()
    Image.fromarray(np.full((48, 64, 3), 90, np.uint8)).save(data, "PNG")
    return data.getvalue()


def pieces(body: bytes, seen: list[int] | None = None) -> Iterator[bytes]:
    """A body that is sent without its length; `seen` counts the pieces that were asked for."""
    for at in range(0, len(body), CHUNK):
        if seen is not None:
            seen.append(at)
        yield body[at : at + CHUNK]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/gradio_api/process_recording"),
        ("GET", "/gradio_api/proxy=http://127.0.0.1:1/"),
        ("GET", "/gradio_api/stream/s/1/2/playlist.m3u8"),
        ("GET", "/monitoring/summary"),
        ("POST", "/login"),
    ],
)
def test_routes_that_the_page_does_not_use_are_not_there(app: Served, method, path) -> None:
    status, _, body = app.ask(path, method=method, body=b"x")
    assert status == 404 and json.loads(body) == {"detail": "There is nothing here."}


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """A server that nobody should ask anything."""

    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        data = picture()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def elsewhere() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    Elsewhere.asked.clear()
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.mp4", "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{secret}\n#EXT-X-ENDLIST\n"),
        ("a.mp4", "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{address}/a.ts\n#EXT-X-ENDLIST\n"),
        ("a.mp4", "ffconcat version 1.0\nfile {secret}\n"),
        ("a.mp4", "ffconcat version 1.0\nfile {address}/a.mp4\n"),
        ("a.mpd", '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>{address}/</BaseURL></MPD>'),
        ("a.sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n"),
    ],
)
def test_no_decoder_follows_a_playlist(app: Served, elsewhere, tmp_path, name, text) -> None:
    secret = tmp_path / "secret.gif"
    moving = [Image.new("L", (64, 48), level) for level in (10, 200)]
    moving[0].save(secret, save_all=True, append_images=moving[1:])
    data = text.format(secret=secret, address=elsewhere).encode()
    for event in ("page_upload", "transfer_bring", "atlas_bring", "checkup_bring"):
        path = app.send(name, data)[1]
        told = app.queued(event, f"playlist-{event}", path=path)
        assert "neither a picture nor a video" in told["error"], told
    assert Elsewhere.asked == []


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("body", [NESTED, LONG], ids=["nested", "long"])
def test_a_body_that_is_too_large_is_refused_while_it_arrives(app: Served, route, body) -> None:
    status, _, answer = app.ask(route, method="POST", body=body, **JSON)
    assert status == 413 and "larger than 3 MB" in json.loads(answer)["detail"]
    seen: list[int] = []
    status, _, answer = app.ask(route, method="POST", body=pieces(body, seen), **JSON)
    told = json.loads(answer)["detail"]
    assert status == 413 and ("larger than 3 MB" in told or "20000 lists" in told)
    # what was sent when the answer came may still lie in the sockets
    assert len(seen) * CHUNK < len(body) / 2


def pressed(app: Served, clip: str, dice: random.Random) -> float:
    """p95 of presses one after the other, each of another latent action, in seconds."""
    took = []
    for seq in range(60):
        start, codes = time.perf_counter(), [dice.randrange(8) for _ in range(4)]
        told = app.event("page_predict", "me", seq=seq, m="tabletop", c=clip, f=3, a=codes, p=0)
        took.append(time.perf_counter() - start)
        assert told.get("image"), told.get("error")
    return statistics.quantiles(took, n=20)[-1]


@contextmanager
def attacked(app: Served) -> Iterator[list[int]]:
    """Large bodies at three routes at once, over and over; the statuses of the answers."""
    over, answers = threading.Event(), []

    def attack(route: str) -> None:
        while not over.is_set():
            for body in (NESTED, pieces(NESTED), LONG, pieces(LONG)):
                answers.append(app.ask(route, method="POST", body=body, **JSON)[0])
                over.wait(0.1)

    with ThreadPoolExecutor(len(ROUTES)) as attackers:
        done = [attackers.submit(attack, route) for route in ROUTES]
        try:
            yield answers
        finally:
            over.set()
        for each in done:
            each.result(60)


@pytest.mark.timed
def test_others_hardly_wait_while_large_bodies_are_sent(app: Served, clip: str) -> None:
    """p95 of a press is at most twice that without the attack, in the middle one of five turns."""
    dice, ratios = random.Random(0), []
    pressed(app, clip, dice)
    for _ in range(5):
        alone = pressed(app, clip, dice)
        with attacked(app) as answers:
            ratios.append(pressed(app, clip, dice) / alone)
        assert len(answers) > 4 and set(answers) == {413}
    assert statistics.median(ratios) <= 2, ratios


def test_thirty_visitors_send_the_same_file(app: Served) -> None:
    data = picture()

    def visit(number: int) -> str:
        path = app.send("same.png", data)[1]
        return app.queued("page_upload", f"same-{number}", path=path)["clip"]["id"]

    with ThreadPoolExecutor(30) as pool:
        assert len(set(pool.map(visit, range(30)))) == 30


def test_a_file_that_was_not_sent_is_not_named(app: Served, elsewhere: str) -> None:
    """Paths of the server are told to nobody, whatever gradio says of them."""
    for path in ("/etc/passwd", "HTTP://127.0.0.1:1/A.PNG", "a.png", f"{elsewhere}x/a.png"):
        file = {"path": path, "meta": {"_type": "gradio.FileData"}}
        status, told = app.run("encode", file, file, "", 0, "")
        assert status == 500 and told["error"] == (
            "A file of the request was not sent here, or cannot be fetched; send it as a file."
        )
    for event in ("page_upload", "checkup_bring", "page_predict"):
        told = app.event(event, "me", seq=1, path="/etc/passwd")
        assert told["error"].startswith("A file of the request was not sent here")


def test_no_path_of_the_server_is_told(app: Served, clip: str) -> None:
    """Neither of what was sent nor of what is handed out, and both are found by what is told."""
    sent = app.send("a.png", picture())[1]
    assert sent.startswith("lapa-files/") and sent.endswith("/a.png")
    file = {"path": sent, "meta": {"_type": "gradio.FileData"}}
    assert "codes" in app.run("encode", file, file, "", 0, "")[1]["data"][0]
    status, told = app.run("decode", [0, 1, 2, 3], file, "", 0, "")
    assert status == 200 and told["data"][0]["path"].startswith("lapa-files/")
    status, _, body = app.ask(f"/gradio_api/file={told['data'][0]['path']}")
    assert status == 200 and Image.open(io.BytesIO(body)).format == "PNG"
    assert str(app.temporary) not in json.dumps(told)
    for path in ("/", "/config", "/gradio_api/info", "/gradio_api/file=lapa-files/../.lock"):
        assert str(app.temporary.parent).encode() not in app.ask(path)[2]


def test_in_public_no_address_is_fetched(tmp_path: Path, elsewhere: str) -> None:
    address = {"path": f"{elsewhere}/a.png", "meta": {"_type": "gradio.FileData"}}
    link = {"url": f"{elsewhere}/a.png", **address}
    with launched(tmp_path, "--offer", "tabletop", "--public") as app:
        for file in (address, link, {**address, "path": address["path"].upper()}):
            status, told = app.run("encode", file, file, "", 0, "")
            assert status == 500 and "Sending files is turned off" in told["error"], told
        status, told = app.send("a.png", picture())
        assert status == 403 and "Sending files is turned off here" in told
    assert Elsewhere.asked == []
