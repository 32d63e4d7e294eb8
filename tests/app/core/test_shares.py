"""Heavy work in turns: one thing of a visitor at a time, and whoever waited longest for a turn."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

import pytest

from app.core.crowd import ANSWERS, BEHIND_SECONDS, FEW, LONG_SECONDS, Crowd
from app.core.limits import Busy, UserError
from app.core.queue import Players
from app.core.shares import (
    GAVE_WAY,
    NOBODY,
    Shares,
    Turns,
    Visitor,
    asking,
    crowded_out,
    network_of,
)
from tests import loops


class Work:
    """Things of visitors that go on until they are let go; `begun` in the order of their turns."""

    def __init__(self, shares: Shares) -> None:
        self._shares = shares
        self.begun: list[str] = []
        self._ends: dict[str, asyncio.Event] = {}

    async def ask(self, name: str) -> asyncio.Task:
        """`anna 1` is a thing of anna, `school/anna 1` of anna behind the school's address."""
        self._ends[name] = asyncio.Event()

        async def work() -> None:
            address, _, page = name.split()[0].rpartition("/")
            async with self._shares.turn(Visitor(address or page, page)):
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
        tasks = [await work.ask(f"school/anna {number}") for number in range(4)]
        with pytest.raises(UserError, match=r"^2 things of yours wait already; let it end first"):
            await tasks[3]
        await work.ask("school/ben 1")
        with pytest.raises(Busy, match=r"^3 visitors wait for this already; try again in 5 sec"):
            await (await work.ask("school/clara 1"))
        for name in ("school/anna 0", "school/ben 1", "school/anna 1", "school/anna 2"):
            await work.end(name)
        assert work.begun == ["school/anna 0", "school/ben 1", "school/anna 1", "school/anna 2"]

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


def test_who_comes_under_many_names_has_the_turns_of_one() -> None:
    """A program that changes its session with every question, beside one visitor and a class."""

    async def visits() -> list[str]:
        work = Work(Shares(places=2, own=3, most=99))
        names = [f"flood/{n} 1" for n in range(6)]
        for name in (*names, "home/anna 1", "school/ben 1", "school/clara 1", "home/anna 2"):
            await work.ask(name)
        for name in ("flood/0 1", "home/anna 1", "flood/1 1", "school/ben 1", "home/anna 2"):
            await work.end(name)
        return work.begun

    begun = loops.run(visits())
    assert begun[:2] == ["flood/0 1", "flood/1 1"], "all places are theirs who are alone"
    # one place of two is then another's, and the others have turns there
    assert begun[2:7] == [
        "home/anna 1", "school/ben 1", "flood/2 1", "home/anna 2", "school/clara 1"
    ]  # fmt: skip


def test_a_class_has_all_places_and_each_of_it_a_turn() -> None:
    async def visits() -> list[str]:
        work = Work(Shares(places=2, own=3, most=99))
        asked = [f"school/{n} {thing}" for n in range(4) for thing in (1, 2)]
        for name in asked:
            await work.ask(name)
        for at in range(len(asked)):
            await work.end(work.begun[at])
        return work.begun

    begun = loops.run(visits())
    assert sorted(begun[:4]) == [f"school/{n} 1" for n in range(4)]


def test_a_full_queue_has_room_for_another_address() -> None:
    async def visits() -> list[str]:
        work = Work(Shares(places=1, own=1, most=3))
        flood = [await work.ask(f"flood/{n} 1") for n in range(4)]
        await work.ask("home/anna 1")
        with pytest.raises(Busy, match=GAVE_WAY):
            await flood[3]
        with pytest.raises(Busy, match="^3 visitors wait for this already"):
            await (await work.ask("flood/9 1"))
        # two of another address are as many as the flood's
        with pytest.raises(Busy, match="^3 visitors wait for this already"):
            await (await work.ask("home/ben 1"))
        for name in ("flood/0 1", "home/anna 1", "flood/1 1", "flood/2 1"):
            await work.end(name)
        return work.begun

    assert loops.run(visits()) == ["flood/0 1", "home/anna 1", "flood/1 1", "flood/2 1"]


def test_turns_that_were_looked_ahead_at_are_not_taken() -> None:
    turns, anna, ben = Turns(), Visitor("school", "anna"), Visitor("home", "ben")
    turns.begin(anna)
    ahead = turns.copy()
    ahead.begin(ben)
    assert turns.rank(ben) == (0, 0) < turns.rank(Visitor("school", "clara")) < turns.rank(anna)
    assert ahead.rank(anna) < ahead.rank(ben)


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("10.0.0.7", "10.0.0.7"),
        ("::ffff:10.0.0.7", "10.0.0.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_an_address_is_that_of_a_network(host: str, network: str) -> None:
    assert network_of(host) == network


def test_what_has_to_go_is_of_who_has_most() -> None:
    kept = [("a", "home", 3), ("b", "flood", 2), ("c", "flood", 2), ("d", "flood", 2)]
    assert crowded_out(kept, 9) == []
    assert crowded_out(kept, 8) == ["b"]
    assert crowded_out(kept, 6) == ["b", "c"]
    assert crowded_out([], 0) == []


def test_players_of_an_address_wait_for_the_first_of_others() -> None:
    players, places = Players(1), []
    try:
        for address in ("flood", "flood", "flood", "home", "home"):
            asking.set(Visitor(address, str(len(places))))
            take = players.take()
            places.append((take, take.__enter__()))
        assert [players.ahead(place) for _, place in places] == [0, 2, 4, 1, 3]
    finally:
        asking.set(NOBODY)
        for take, _ in places:
            take.__exit__(None, None, None)


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


def test_a_crowd_is_told_before_it_has_waited(monkeypatch) -> None:
    """At twenty answers a second there is room for twenty who wait a second, and for no more."""
    now = [100.0]
    monkeypatch.setattr("app.core.crowd.time.monotonic", lambda: now[0])
    crowd, most = Crowd(), round(20 * LONG_SECONDS)
    # a visitor now and then tells nothing of the pace
    for _ in range(ANSWERS):
        now[0] += 2
        with crowd.inside():
            pass
    with ExitStack() as others:
        for _ in range(FEW):
            others.enter_context(crowd.inside())
        for _ in range(ANSWERS):
            with crowd.inside():
                now[0] += 0.049
    inside = [crowd.inside() for _ in range(most + 1)]
    assert most > FEW
    for each in inside[:-1]:
        each.__enter__()
    assert crowd.refusal() is None
    inside[-1].__enter__()
    assert crowd.refusal() is not None


def test_those_who_came_just_now_are_no_crowd() -> None:
    crowd = Crowd()
    inside = [crowd.inside() for _ in range(10 * FEW)]
    for each in inside:
        each.__enter__()
    assert crowd.refusal() is None
