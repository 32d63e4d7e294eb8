"""Heavy work in turns: one thing of a visitor at a time, and whoever waited longest for a turn."""

from __future__ import annotations

import asyncio

import pytest

from app.core.crowd import BEHIND_SECONDS, FEW, Crowd
from app.core.limits import Busy, UserError
from app.core.shares import Shares
from tests import loops


class Work:
    """Things of visitors that go on until they are let go; `begun` in the order of their turns."""

    def __init__(self, shares: Shares) -> None:
        self._shares = shares
        self.begun: list[str] = []
        self._ends: dict[str, asyncio.Event] = {}

    async def ask(self, name: str) -> asyncio.Task:
        """`anna 1` is a thing of anna."""
        self._ends[name] = asyncio.Event()

        async def work() -> None:
            async with self._shares.turn(name.split()[0]):
                self.begun.append(name)
                await self._ends[name].wait()

        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        return task

    async def end(self, name: str) -> None:
        self._ends[name].set()
        for _ in range(4):
            await asyncio.sleep(0)


def test_visitors_take_turns() -> None:
    async def visits() -> list[str]:
        work = Work(Shares(places=2, own=5, most=9))
        for name in ("anna 1", "anna 2", "anna 3", "ben 1", "clara 1", "ben 2"):
            await work.ask(name)
        assert work.begun == ["anna 1", "ben 1"], "one at a time of each"
        for name in ("anna 1", "ben 1", "clara 1", "anna 2", "ben 2", "anna 3"):
            await work.end(name)
        return work.begun

    assert loops.run(visits()) == ["anna 1", "ben 1", "clara 1", "anna 2", "ben 2", "anna 3"]


def test_a_visitor_may_not_fill_the_queue() -> None:
    async def visits() -> None:
        work = Work(Shares(places=1, own=2, most=3))
        tasks = [await work.ask(f"anna {number}") for number in range(4)]
        with pytest.raises(UserError, match=r"^2 things of yours wait already; let it end first"):
            await tasks[3]
        await work.ask("ben 1")
        with pytest.raises(Busy, match=r"^3 visitors wait for this already; try again in 5 sec"):
            await (await work.ask("clara 1"))
        for name in ("anna 0", "ben 1", "anna 1", "anna 2"):
            await work.end(name)
        assert work.begun == ["anna 0", "ben 1", "anna 1", "anna 2"]

    loops.run(visits())


def test_who_goes_away_leaves_its_place() -> None:
    async def visits() -> list[str]:
        work = Work(Shares(places=1, own=5, most=9))
        first, second = await work.ask("anna 1"), await work.ask("ben 1")
        await work.ask("clara 1")
        second.cancel()
        await asyncio.sleep(0)
        first.cancel()
        await work.end("clara 1")
        await work.ask("ben 2")
        return work.begun

    assert loops.run(visits()) == ["anna 1", "clara 1", "ben 2"]


def test_a_crowd_is_told_at_once(monkeypatch) -> None:
    now = [100.0]
    monkeypatch.setattr("app.core.crowd.time.monotonic", lambda: now[0])
    crowd = Crowd()
    inside = [crowd.inside() for _ in range(FEW + 5)]
    for each in inside:
        each.__enter__()
    now[0] += BEHIND_SECONDS + 0.1
    with pytest.raises(Busy, match="Many visitors are here just now; try again in") as told:
        crowd.inside().__enter__()
    assert told.value.more["busy"] > 0
    for each in inside[:5]:
        each.__exit__(None, None, None)
    # so few may wait for something slow
    with crowd.inside():
        pass


def test_those_who_came_just_now_are_no_crowd() -> None:
    crowd = Crowd()
    for _ in range(10 * FEW):
        crowd.inside().__enter__()
