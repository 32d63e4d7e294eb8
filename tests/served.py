"""The app as a process of its own, and what a visitor sends to it past every client."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
STARTING_SECONDS = 240.0
JSON = {"Content-Type": "application/json"}


@dataclass
class Served:
    """A running app. temporary: the only folder that it has for temporary files. log: what it
    prints."""

    process: subprocess.Popen
    port: int
    temporary: Path
    log: Path
    config: dict[str, Any] = field(default_factory=dict)

    def ask(
        self, path: str, *, method: str = "GET", body: bytes | Iterable[bytes] = b"", **headers: str
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """(status, headers, body) of one request; a body in pieces goes without its length. A
        server that answers before it has heard all is listened to."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            try:
                pieces = not isinstance(body, bytes)
                connection.request(method, path, body, headers, encode_chunked=pieces)
            except (BrokenPipeError, ConnectionResetError):
                pass
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def run(self, endpoint: str, *data: Any) -> tuple[int, dict[str, Any]]:
        """(status, answer) of an endpoint."""
        body = json.dumps({"data": data}).encode()
        path = f"/gradio_api/run/{endpoint}"
        status, _, answer = self.ask(path, method="POST", body=body, **JSON)
        return status, json.loads(answer)

    def event(self, name: str, session: str, **data: Any) -> dict[str, Any]:
        """The record that one of the page's events answers with, past the queue."""
        return self._post("/gradio_api/run/predict", name, session, data)["data"][0]

    def queued(self, name: str, session: str, **data: Any) -> dict[str, Any]:
        """The same through the queue; the last record of a stream."""
        self._post("/gradio_api/queue/join", name, session, data)
        told = self.ask(f"/gradio_api/queue/data?session_hash={session}")[2]
        lines = [json.loads(line[5:]) for line in told.split(b"\n") if line.startswith(b"data:")]
        ends = [each for each in lines if each["msg"] == "process_completed"]
        return ends[-1]["output"]["data"][0]

    def _post(self, path: str, name: str, session: str, data: dict[str, Any]) -> Any:
        event = {"data": [], "event_data": data, "session_hash": session, **self.of(name)}
        status, _, answer = self.ask(path, method="POST", body=json.dumps(event).encode(), **JSON)
        assert status == 200, (status, answer[:300])
        return json.loads(answer)

    def of(self, name: str) -> dict[str, int]:
        """A page's event by its api_name: its number and the component it belongs to."""
        self.config = self.config or json.loads(self.ask("/config")[2])
        for each in self.config["dependencies"]:
            if each["api_name"] == name:
                return {"fn_index": each["id"], "trigger_id": each["targets"][0][0]}
        raise LookupError(f"the page has no event {name}")

    def until(self, holds: Callable[[], Any], seconds: float = 20.0) -> None:
        """Waits until something is so."""
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end and self.process.poll() is None
            time.sleep(0.02)

    def send(self, name: str, data: bytes) -> tuple[int, str]:
        """The status of an upload, and where the file lies."""
        edge = "edge"
        head = (
            f'--{edge}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
        )
        body = head.encode() + data + f"\r\n--{edge}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={edge}"}
        status, _, answer = self.ask("/gradio_api/upload", method="POST", body=body, **kind)
        return status, json.loads(answer)[0] if status == 200 else answer.decode()


@contextmanager
def launched(
    folder: Path, *options: str, before: Callable[[], None] | None = None, root: Path = ROOT
) -> Iterator[Served]:
    """The app on a free port, with `folder` for its temporary files and its log beside that.

    before: called in the new process before it becomes the app. root: of the checkout it is of.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log, temporary = folder / "app.log", folder / "temporary"

    def begin() -> None:
        # tests that run in the background ignore Ctrl-C, and so would the app
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if before:
            before()

    temporary.mkdir()
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "app.py", "--port", str(port), *options],
            cwd=root, env={**os.environ, "TMPDIR": str(temporary)}, preexec_fn=begin,
            stdout=out, stderr=out,
        )  # fmt: skip
    app, end = Served(process, port, temporary, log), time.monotonic() + STARTING_SECONDS
    try:
        while not _answers(app):
            said = log.read_text()[-2000:]
            assert process.poll() is None and time.monotonic() < end, f"it did not start: {said}"
            time.sleep(0.2)
        yield app
    finally:
        process.kill()
        process.wait(20)


def _answers(app: Served) -> bool:
    try:
        return app.ask("/config")[0] == 200
    except OSError:
        return False
