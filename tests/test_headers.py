"""Who opens a connection and says nothing, or never comes to an end, does not keep it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn

from lapa.headers import in_time

SECONDS = 0.4


async def slow(scope, receive, send) -> None:
    """An app whose answer takes longer than headers may."""
    await receive()
    time.sleep(2 * SECONDS)
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    config = uvicorn.Config(slow, port=number, log_level="critical", lifespan="off")
    server = uvicorn.Server(in_time(config, SECONDS))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield number
    server.should_exit = True
    thread.join(10)


def closed_after(connection: socket.socket, start: float) -> float:
    """Seconds until the other side ends it without a word."""
    connection.settimeout(20)
    assert connection.recv(1) == b""
    return time.monotonic() - start


@pytest.mark.parametrize("first", [b"", b"GET / HTTP/1.1\r\nHost: a\r\n", b"G"])
def test_headers_that_do_not_come_are_given_up(port: int, first: bytes) -> None:
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(first)
        assert SECONDS <= closed_after(connection, start) < 10


def test_drops_do_not_prolong_it(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        with pytest.raises(OSError):
            for _ in range(400):
                connection.sendall(b"a: b\r\n")
                time.sleep(SECONDS / 8)


def test_an_answer_may_take_longer_and_the_next_request_comes_on_the_same_connection(port) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.settimeout(20)
        for _ in range(2):
            connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            told = b""
            while not told.endswith(b"ok"):
                told += connection.recv(1000)
            assert told.startswith(b"HTTP/1.1 200")
        start = time.monotonic()
        connection.sendall(b"GET / HTT")
        assert SECONDS <= closed_after(connection, start) < 10
