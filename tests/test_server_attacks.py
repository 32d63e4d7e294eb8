"""POST /act while strangers send what costs most: a bounded time, a status, and others go on."""

from __future__ import annotations

import base64
import http.client
import io
import json
import socket
import threading
import time
import zlib
from collections.abc import Iterator

import numpy as np
import pytest
import uvicorn
from PIL import Image, PngImagePlugin
from starlette.testclient import TestClient

from lapa.server import server

TOLD = "push the red star"


class Brightness:
    """A policy whose action is the mean of each channel."""

    bins = type("Bins", (), {"counts": (4, 4, 4), "__len__": lambda self: 3})()

    def act(self, frame: np.ndarray, instruction: str) -> np.ndarray:
        return frame.mean((0, 1))


@pytest.fixture
def client() -> TestClient:
    return TestClient(server(Brightness()))


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    running = uvicorn.Server(
        uvicorn.Config(server(Brightness()), port=number, log_level="critical", lifespan="off")
    )
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.05)
    yield number
    running.should_exit = True
    thread.join(10)


def post(port: int, body: bytes, *, chunked: bool = False) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        if chunked:
            parts = (body[at : at + 65536] for at in range(0, len(body), 65536))
            connection.request("POST", "/act", parts, encode_chunked=True)
        else:
            connection.request("POST", "/act", body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def request(image: object) -> bytes:
    return json.dumps({"image": image, "instruction": TOLD}).encode()


def png(frame: np.ndarray) -> str:
    data = io.BytesIO()
    Image.fromarray(frame).save(data, "PNG")
    return base64.b64encode(data.getvalue()).decode()


MANY = b'{"image": [' + b",".join([b"[0]"] * 7_000_000) + b'], "instruction": "push"}'
LARGE = b'{"image": [' + b",".join([b"[" + b",".join([b"[1,2,3]"] * 1600) + b"]"] * 2000)
LARGE += b'], "instruction": "push"}'


@pytest.mark.parametrize(("attack", "status"), [(MANY, 422), (LARGE, 200)], ids=["many", "large"])
def test_a_good_client_waits_half_a_second_at_most(port, attack, status) -> None:
    assert 25_000_000 < len(attack) < 30_000_000
    frame = np.random.default_rng(0).integers(0, 256, (128, 128, 3), np.uint8)
    over, answers = threading.Event(), []

    def stranger(chunked: bool) -> None:
        while not over.is_set():
            answers.append(post(port, attack, chunked=chunked)[0])

    strangers = [threading.Thread(target=stranger, args=(each % 2 == 0,)) for each in range(3)]
    for thread in strangers:
        thread.start()
    waited = []
    try:
        time.sleep(0.5)
        for body in [request(png(frame)), request(frame.tolist())] * 6:
            began = time.perf_counter()
            assert post(port, body)[0] == 200
            waited.append(time.perf_counter() - began)
    finally:
        over.set()
        for thread in strangers:
            thread.join(60)
    assert set(answers) == {status}
    assert np.percentile(waited, 90) <= 0.5, waited


@pytest.mark.parametrize("chunked", [True, False])
def test_a_body_is_refused_while_it_arrives(port, chunked) -> None:
    status, told = post(port, b" " * 40_000_000, chunked=chunked)
    assert status == 413 and b"larger than 32 MB" in told


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"[" * 29_000_000, 400, "no valid JSON"),
        (b'{"a": [' + b"0," * 14_000_000 + b"0]}", 400, "more lists and objects"),
        (b'{"image": "' + b"\\u0041" * 4_800_000 + b'"}', 400, "more lists and objects"),
        (b'{"image": {"' + b"A" * 29_000_000 + b'": 1}}', 422, "is an object of"),
        (b'{"image": "' + b"A" * 29_000_000 + b'"}', 422, "no picture"),
        (b'{"image": ' + b"9" * 29_000_000 + b"}", 400, "no valid JSON"),
        (request({"__numpy__": "", "dtype": "u1", "shape": [10**4000] * 2000}), 422, "an object"),
        (request({"\ud800": 1}), 422, "an object"),
        (request(["\ud800"]), 422, "0 to 255"),
    ],
    ids=lambda value: None,
)
def test_what_costs_most_is_a_status_in_bounded_time(client, body, status, said) -> None:
    began = time.perf_counter()
    answer = client.post("/act", content=body)
    assert answer.status_code == status and said in answer.json()["error"]
    assert len(answer.content) < 600
    assert time.perf_counter() - began < 5


def test_large_lists_are_read_also_within_a_text(client) -> None:
    frame = np.random.default_rng(0).integers(0, 256, (200, 100, 3), np.uint8)
    inner = json.dumps({"instruction": TOLD, "image": frame.tolist()})
    assert client.post("/act", content=inner).json() == frame.mean((0, 1)).tolist()
    answer = client.post("/act", json={"encoded": inner}).json()
    assert json.loads(answer) == frame.mean((0, 1)).tolist()
    floats = json.dumps({"instruction": TOLD, "image": (frame / 255).tolist()})
    assert client.post("/act", content=floats).status_code == 400
    four = json.dumps({"instruction": TOLD, "image": np.zeros((200, 100, 4), int).tolist()})
    answer = client.post("/act", content=four)
    assert answer.status_code == 422 and "pixels of three numbers" in answer.json()["error"]


def test_packed_bodies_and_bombs_are_refused(client) -> None:
    packed = zlib.compress(b" " * 50_000_000)
    answer = client.post("/act", content=packed, headers={"content-encoding": "deflate"})
    assert answer.status_code == 415 and "packed" in answer.json()["error"]
    bomb = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(bomb, "PNG")
    answer = client.post("/act", content=request(base64.b64encode(bomb.getvalue()).decode()))
    assert answer.status_code == 422 and "picture" in answer.json()["error"]
    notes, noted = PngImagePlugin.PngInfo(), io.BytesIO()
    notes.add_text("comment", "a" * 50_000_000, zip=True)
    Image.new("RGB", (8, 8)).save(noted, "PNG", pnginfo=notes)
    answer = client.post("/act", content=request(base64.b64encode(noted.getvalue()).decode()))
    assert answer.status_code == 422


def test_a_body_that_never_comes_is_given_up(port, monkeypatch) -> None:
    monkeypatch.setattr("lapa.server.BODY_SECONDS", 0.3)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as slow:
        slow.sendall(b"POST /act HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
        told = b""
        while b"took longer" not in told:  # head and body may come in two pieces
            told += slow.recv(2000)
    assert b" 408 " in told.split(b"\r\n")[0]


def test_the_bodies_of_all_are_counted_and_given_back(client, monkeypatch) -> None:
    body = request(png(np.zeros((8, 8, 3), np.uint8)))
    monkeypatch.setattr("lapa.server.HELD_BYTES", len(body) + 10)
    for _ in range(3):
        assert client.post("/act", content=body).status_code == 200
    answer = client.post("/act", content=body + b" " * 50)
    assert answer.status_code == 503 and "too many large requests" in answer.json()["error"]
    assert client.post("/act", content=body).status_code == 200


def test_names_that_no_file_can_have_are_refused(tmp_path) -> None:
    client = TestClient(server(Brightness(), images=tmp_path))
    for name in ("a" * 900, "\ud800.png", "a/" * 400, ".", ""):
        body = json.dumps({"image": name, "instruction": TOLD})
        assert client.post("/act", content=body).status_code == 422
