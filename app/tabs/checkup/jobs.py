"""Checkups one after the other: a queue that visitors join, watch and leave.

Whoever asks for what is waiting, running or kept already gets a ticket for that instead of another
run. A job goes on as long as somebody holds a ticket for it and asks how it is doing.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

from app.core.interleave import Stopped
from app.core.limits import Limits, UserError
from app.core.shares import Turns, Visitor, asking, fullest
from app.tabs.checkup import words as say
from app.tabs.checkup.views import CheckupProgress

log = logging.getLogger(__name__)
BROKEN = say.WENT_WRONG
MOST_TICKETS = 2000
# a report is read for longer than a running checkup is left unwatched
READING = 20
WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"


@dataclass(eq=False)
class Job:
    """One run for everybody who asked for it. work(job) -> its result, telling `tell`.

    seconds: how long it will take, None while nobody knows. visitor: who asked for it first.
    """

    key: Hashable
    work: Callable[[Job], Any]
    seconds: float | None = None
    visitor: Visitor = Visitor("")
    state: str = WAITING
    stage: str = ""
    done: int = 0
    total: int = 0
    left: float | None = None
    share: float = 0.0
    error: str = ""
    result: Any = None
    stopped: threading.Event = field(default_factory=threading.Event)
    started: float = 0.0
    told: float = 0.0
    heard: Callable[[], None] = lambda: None

    def tell(self, stage: str, done: int, total: int, left: float | None) -> None:
        """How far the work is; left: seconds of the whole, None while unknown. Raises Stopped."""
        self.heard()
        if self.stopped.is_set():
            raise Stopped
        self.stage, self.done, self.total, self.left = stage, done, total, left
        self.told = time.monotonic()
        if left is not None:
            passed = self.told - self.started
            self.share = max(self.share, min(0.99, passed / max(passed + left, 1e-9)))

    def seconds_left(self) -> float | None:
        """From the last word of the work, or from what was expected of it."""
        now = time.monotonic()
        if self.left is not None:
            return max(self.left - (now - self.told), 0.0)
        if self.seconds is None:
            return None
        return max(self.seconds - (now - self.started if self.started else 0.0), 0.0)


@dataclass(eq=False)
class _Ticket:
    job: Job
    session: str
    asked: float


class Jobs:
    """The queue, one worker thread that lives while there is work, and the kept results."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = threading.RLock()
        self._waiting: list[Job] = []
        self._running: Job | None = None
        self._turns = Turns()
        self._kept: OrderedDict[Hashable, Job] = OrderedDict()
        self._tickets: OrderedDict[str, _Ticket] = OrderedDict()
        self._worker: threading.Thread | None = None

    def submit(
        self,
        key: Hashable,
        work: Callable[[Job], Any],
        session: str,
        *,
        seconds: float | None = None,
    ) -> str:
        """A ticket for the job of this key, which is begun, joined or found finished.

        session: of a page; of a program its address.

        Raises:
            UserError: too many wait already, of this session or of all.
        """
        visitor = Visitor(asking.get().address, session)
        with self._lock:
            self._forget_the_silent()
            job = self._known(key)
            if job is None:
                self._check_room(visitor)
                job = Job(key, work, seconds, visitor, heard=self._forget_the_silent)
                self._waiting.append(job)
            ticket = secrets.token_urlsafe(16)
            self._tickets[ticket] = _Ticket(job, session, time.monotonic())
            while len(self._tickets) > MOST_TICKETS:
                self._tickets.popitem(last=False)
            if self._waiting and self._worker is None:
                self._worker = threading.Thread(target=self._run, name="checkup", daemon=True)
                self._worker.start()
            return ticket

    def progress(self, ticket: str) -> CheckupProgress:
        """How the job of a ticket is doing; asking keeps it going."""
        with self._lock:
            self._forget_the_silent()
            held = self._held(ticket)
            held.asked = time.monotonic()
            job = held.job
            before = self._before(job)
            return CheckupProgress(
                state=job.state,
                stage=job.stage,
                done=job.done,
                total=job.total,
                share=1.0 if job.state == DONE else job.share,
                seconds_left=_sum([each.seconds_left() for each in (*before, job)])
                if job.state in (WAITING, RUNNING)
                else 0.0,
                ahead=len(before),
                visitors=sum(other.job is job for other in self._tickets.values()),
                error=job.error,
            )

    def result(self, ticket: str) -> Any:
        """What a finished job found. UserError while it is not finished, or has failed."""
        with self._lock:
            held = self._held(ticket)
            held.asked = time.monotonic()
            if held.job.state != DONE:
                raise UserError(held.job.error or say.NOT_FINISHED)
            return held.job.result

    def leave(self, ticket: str) -> None:
        """Give a ticket back; the job ends if nobody else holds one for it."""
        with self._lock:
            held = self._tickets.pop(ticket, None)
            if held is not None:
                self._end_if_alone(held.job)

    def leave_all(self, session: str) -> None:
        """Give back every ticket of a session."""
        with self._lock:
            mine = [key for key, held in self._tickets.items() if held.session == session]
            for ticket in mine:
                self.leave(ticket)

    def forget(self, matches: Callable[[Any], bool]) -> None:
        """Drop kept results whose key matches."""
        with self._lock:
            for key in [key for key in self._kept if matches(key)]:
                del self._kept[key]

    def _held(self, ticket: str) -> _Ticket:
        held = self._tickets.get(ticket)
        if held is None:
            raise UserError(say.UNKNOWN_CHECKUP)
        return held

    def _known(self, key: Hashable) -> Job | None:
        """A job that can be joined."""
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        alive = [self._running, *self._waiting]
        return next((j for j in alive if j and j.key == key and not j.stopped.is_set()), None)

    def _check_room(self, visitor: Visitor) -> None:
        own = sum(job.visitor == visitor for job in self._waiting)
        if own >= self._limits.jobs_of_one:
            raise UserError(say.TOO_MANY_OWN.format(own=own))
        if len(self._waiting) < self._limits.jobs_waiting:
            return
        place = fullest([job.visitor for job in self._waiting], visitor)
        if place is None:
            raise UserError(say.TOO_MANY.format(count=len(self._waiting)))
        gone = self._waiting.pop(place)
        gone.state, gone.error, gone.work = FAILED, say.GAVE_WAY, _nothing

    def _before(self, job: Job) -> list[Job]:
        if job not in self._waiting:
            return []
        running = [self._running] if self._running else []
        order = self._order()
        return [*running, *order[: order.index(job)]]

    def _order(self) -> list[Job]:
        """What waits, as it will come."""
        turns, waiting, order = self._turns.copy(), list(self._waiting), []
        while waiting:
            job = min(waiting, key=lambda job: turns.rank(job.visitor))
            waiting.remove(job)
            order.append(job)
            turns.begin(job.visitor)
        return order

    def _forget_the_silent(self) -> None:
        """Pages that were closed without a word: their unfinished jobs are left."""
        with self._lock:
            now, patience = time.monotonic(), self._limits.visitor_seconds
            silent = [
                key
                for key, held in self._tickets.items()
                if now - held.asked > patience * (READING if held.job.state == DONE else 1)
            ]
            for ticket in silent:
                self.leave(ticket)

    def _end_if_alone(self, job: Job) -> None:
        if any(held.job is job for held in self._tickets.values()):
            return
        job.stopped.set()
        if job in self._waiting:
            self._waiting.remove(job)
            job.state = CANCELLED

    def _run(self) -> None:
        while True:
            with self._lock:
                self._forget_the_silent()
                self._running = job = self._next()
                if job is None:
                    self._worker = None
                    return
                job.state, job.started = RUNNING, time.monotonic()
            state = self._worked(job)
            with self._lock:
                job.state, job.work, self._running = state, _nothing, None
                if state == DONE:
                    self._kept[job.key] = job
                    while len(self._kept) > self._limits.reports_kept:
                        self._kept.popitem(last=False)

    def _next(self) -> Job | None:
        if not self._waiting:
            return None
        job = self._order()[0]
        self._waiting.remove(job)
        self._turns.begin(job.visitor)
        return job

    @staticmethod
    def _worked(job: Job) -> str:
        """The state in which a job ends."""
        try:
            job.result = job.work(job)
            return CANCELLED if job.stopped.is_set() else DONE
        except Stopped:
            return CANCELLED
        except UserError as error:
            job.error = str(error)
        except Exception:
            log.exception("A checkup failed.")
            job.error = BROKEN
        return FAILED


def _nothing(job: Job) -> None:
    """In place of the work of a finished job, which holds clips and models."""


def _sum(seconds: list[float | None]) -> float | None:
    return None if None in seconds else sum(each for each in seconds if each is not None)
