"""The names that the page is asked for by, and the frames that it may be shown in."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from app.web.reach import Reach

LOOPBACK = ("127.0.0.1", "localhost", "::1")
INNER = Starlette(routes=[Route("/", lambda _: PlainTextResponse("the page"))])


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:7860", 200),
        ("LOCALHOST", 200),
        ("[::1]:7860", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example:7860", 421),
        ("localhost@evil.example", 421),
        ("", 421),
    ],
)
def test_a_page_of_this_machine_is_there_under_no_other_name(host: str, status: int) -> None:
    answer = TestClient(Reach(INNER, LOOPBACK)).get("/", headers={"host": host})
    assert answer.status_code == status
    if status == 421:
        assert answer.json()["detail"].startswith("This page is not there under that name")


def test_without_names_any_is_right() -> None:
    assert TestClient(Reach(INNER)).get("/", headers={"host": "evil.example"}).text == "the page"


@pytest.mark.parametrize(
    ("frames", "told"),
    [
        ((), "frame-ancestors 'self'"),
        (("https://school.example",), "frame-ancestors 'self' https://school.example"),
        (None, None),
    ],
)
def test_only_named_pages_may_show_it_in_a_frame(frames, told) -> None:
    answer = TestClient(Reach(INNER, frames=frames)).get("/")
    assert answer.headers.get("content-security-policy") == told
