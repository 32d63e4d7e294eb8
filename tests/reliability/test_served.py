"""The app as a process of its own: what it answers, what it leaves behind, how it ends."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.served import STARTING_SECONDS, Served, launched


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with launched(tmp_path, "--offer", "tabletop") as app:
        yield app


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_it_answers_to_its_own_name_and_leaves_nothing_behind(served: Served, end) -> None:
    status, headers, _ = served.ask("/")
    assert status == 200 and headers["content-security-policy"] == "frame-ancestors 'self'"
    status, _, body = served.ask("/", Host="evil.example")
    assert status == 421 and b"not there under that name" in body
    assert served.ask("/monitoring")[0] == 404
    assert served.send("clip.mp4", b"x" * 100_000)[0] == 200
    (folder,) = served.temporary.iterdir()
    assert sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) >= 100_000
    served.process.send_signal(end)
    # as long as a start, which may still be under way
    assert served.process.wait(STARTING_SECONDS) == 0
    assert list(served.temporary.iterdir()) == []
