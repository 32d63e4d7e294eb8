"""Shared jobs: joined, watched, left, cancelled, kept, and never in each other's way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from app.core.limits import Limits, UserError
from app.tabs.checkup.jobs import BROKEN, Job, Jobs

PATIENCE = 20.0


class Work:
    """Work that tells its steps until it is let go; counts how often it was begun."""

    def __init__(self, result: object = "found", error: Exception | None = None) -> None:
        self.result, self.error = result, error
        self.go, self.began = threading.Event(), threading.Event()
        self.runs = 0

    def __call__(self, job: Job) -> object:
        self.runs += 1
        job.tell("looking", 1, 4, 3.0)
        self.began.set()
        while not self.go.wait(0.005):
            job.tell("looking", 2, 4, 2.0)
        if self.error:
            raise self.error
        return self.result


def until(jobs: Jobs, ticket: str, *states: str):
    """The progress once it is in one of these states."""
    deadline = time.monotonic() + PATIENCE
    while (found := jobs.progress(ticket)).state not in states:
        assert time.monotonic() < deadline, found
        time.sleep(0.005)
    return found


@pytest.fixture
def jobs() -> Jobs:
    return Jobs(Limits())


@pytest.fixture
def works() -> Iterator[Callable[..., Work]]:
    made: list[Work] = []

    def make(*args, **kwargs) -> Work:
        made.append(Work(*args, **kwargs))
        return made[-1]

    yield make
    for work in made:
        work.go.set()


def test_a_job_runs_tells_and_gives_its_result(jobs, works) -> None:
    work = works()
    ticket = jobs.submit("key", work, "anna", seconds=9.0)
    work.began.wait(PATIENCE)
    running = until(jobs, ticket, "running")
    assert running.stage == "looking" and running.total == 4 and running.ahead == 0
    assert 0 <= running.share < 1 and running.seconds_left <= 3.0 and running.visitors == 1
    with pytest.raises(UserError, match="not finished"):
        jobs.result(ticket)
    work.go.set()
    assert until(jobs, ticket, "done").share == 1.0
    assert jobs.result(ticket) == "found"


def test_who_asks_for_the_same_joins_it(jobs, works) -> None:
    work, other = works(), works()
    first = jobs.submit("key", work, "anna")
    second = jobs.submit("key", other, "ben")
    assert first != second and jobs.progress(first).visitors == 2
    work.go.set()
    until(jobs, second, "done")
    assert jobs.result(second) == "found" and other.runs == 0
    third = jobs.submit("key", other, "clara")
    assert jobs.progress(third).state == "done" and other.runs == 0


def test_jobs_run_one_after_the_other(jobs, works) -> None:
    first, second, third = works(), works(), works()
    tickets = [jobs.submit(place, work, "anna", seconds=5.0) for place, work in
               enumerate((first, second, third))]  # fmt: skip
    first.began.wait(PATIENCE)
    waiting = jobs.progress(tickets[2])
    assert waiting.state == "waiting" and waiting.ahead == 2
    assert 10.0 < waiting.seconds_left <= 13.0 and not second.began.is_set()
    for work in (first, second, third):
        work.go.set()
    until(jobs, tickets[2], "done")


def test_the_time_is_unknown_while_one_before_is(jobs, works) -> None:
    first = works()
    jobs.submit(1, first, "anna")
    first.began.wait(PATIENCE)
    jobs.submit(2, works(), "ben")
    last = jobs.submit(3, works(), "clara", seconds=5.0)
    assert jobs.progress(last).seconds_left is None


def test_leaving_ends_what_nobody_else_waits_for(jobs, works) -> None:
    first, second = works(), works()
    running = jobs.submit(1, first, "anna")
    waiting = jobs.submit(2, second, "anna")
    first.began.wait(PATIENCE)
    jobs.leave(waiting)
    jobs.leave(running)
    # the worker is free for the next one, and the one that waited never begins
    third = works()
    third.go.set()
    until(jobs, jobs.submit(3, third, "ben"), "done")
    assert second.runs == 0
    for ticket in (running, waiting):
        with pytest.raises(UserError, match="start it again"):
            jobs.progress(ticket)


def test_leaving_does_not_end_what_another_waits_for(jobs, works) -> None:
    work = works()
    anna, ben = jobs.submit("key", work, "anna"), jobs.submit("key", work, "ben")
    work.began.wait(PATIENCE)
    jobs.leave_all("anna")
    work.go.set()
    until(jobs, ben, "done")
    with pytest.raises(UserError):
        jobs.result(anna)


def test_a_left_job_is_not_joined(jobs, works) -> None:
    work, again = works(), works("again")
    jobs.leave(jobs.submit("key", work, "anna"))
    ticket = jobs.submit("key", again, "ben")
    again.go.set()
    until(jobs, ticket, "done")
    assert jobs.result(ticket) == "again"


def test_a_page_that_went_silent_is_not_worked_for(works) -> None:
    jobs, work, next_one = Jobs(Limits(visitor_seconds=0.2)), works(), works()
    silent = jobs.submit(1, work, "anna")
    next_one.go.set()
    until(jobs, jobs.submit(2, next_one, "ben"), "done")
    with pytest.raises(UserError):
        jobs.progress(silent)


def test_asking_keeps_it_going(works) -> None:
    jobs, work = Jobs(Limits(visitor_seconds=0.5)), works()
    ticket = jobs.submit(1, work, "anna")
    for _ in range(10):
        time.sleep(0.1)
        assert jobs.progress(ticket).state in ("waiting", "running")
    work.go.set()
    until(jobs, ticket, "done")


def test_the_queue_has_an_end(works) -> None:
    jobs, work = Jobs(Limits(jobs_waiting=2)), works()
    jobs.submit(0, work, "anna")
    work.began.wait(PATIENCE)
    jobs.submit(1, works(), "ben")
    jobs.submit(2, works(), "clara")
    with pytest.raises(UserError, match="2 checkups are waiting"):
        jobs.submit(3, works(), "david")
    assert jobs.submit(1, works(), "david"), "joining one that waits needs no place"


def test_visitors_take_turns_and_none_fills_the_queue(works) -> None:
    """26 checkups of one program: four wait, the others are refused, and a visitor comes second."""
    jobs, order = Jobs(Limits(jobs_of_one=4)), []
    first = works()
    tickets = [jobs.submit("running", first, "program")]
    first.began.wait(PATIENCE)
    for place in range(25):
        try:
            tickets.append(
                jobs.submit(place, lambda job, place=place: order.append(place), "program")
            )
        except UserError as error:
            assert str(error).startswith("4 checkups of yours wait already")
    assert len(tickets) == 5
    for name in ("anna", "ben", "anna"):
        tickets.append(jobs.submit(len(tickets), lambda job, name=name: order.append(name), name))
    assert [jobs.progress(ticket).ahead for ticket in tickets[5:]] == [1, 2, 4]
    first.go.set()
    for ticket in tickets:
        until(jobs, ticket, "done")
    assert order == ["anna", "ben", 0, "anna", 1, 2, 3]


@pytest.mark.parametrize(
    ("error", "said"), [(UserError("The clip is damaged."), "The clip is damaged."),
                        (ZeroDivisionError("secret"), BROKEN)],
)  # fmt: skip
def test_a_failure_is_one_sentence_and_is_not_kept(jobs, works, error, said) -> None:
    work = works(error=error)
    work.go.set()
    ticket = jobs.submit("key", work, "anna")
    assert until(jobs, ticket, "failed").error == said
    with pytest.raises(UserError, match=said[:20]):
        jobs.result(ticket)
    again = works()
    again.go.set()
    until(jobs, jobs.submit("key", again, "anna"), "done")
    assert again.runs == 1


def test_only_the_latest_reports_are_kept(works) -> None:
    jobs = Jobs(Limits(reports_kept=2))
    made = [works(place) for place in range(3)]
    for place, work in enumerate(made):
        work.go.set()
        until(jobs, jobs.submit(place, work, "anna"), "done")
    until(jobs, jobs.submit(2, made[2], "anna"), "done")
    until(jobs, jobs.submit(0, made[0], "anna"), "done")
    assert [work.runs for work in made] == [2, 1, 1]


def test_what_is_forgotten_runs_again(jobs, works) -> None:
    work = works()
    work.go.set()
    until(jobs, jobs.submit(("anna", 1), work, "anna"), "done")
    jobs.forget(lambda key: key[0] == "anna")
    until(jobs, jobs.submit(("anna", 1), work, "anna"), "done")
    assert work.runs == 2
