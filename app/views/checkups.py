"""Checkups: what would be looked at, how it goes, what is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class CheckupPlan:
    """What a checkup would look at. seconds: how long it would take, None while nobody knows."""

    episodes: int
    pairs: int
    all_episodes: int
    all_pairs: int
    seconds: float | None


@dataclass(frozen=True)
class CheckupProgress:
    """How a checkup is doing.

    state: waiting, running, done, failed or cancelled. stage, done, total: what it is at. share:
    of the whole, 0 to 1. seconds_left: until the report, those before it in the queue included;
    None while unknown. ahead: checkups before it. visitors: pages that wait for this one. error:
    one sentence where it has failed.
    """

    state: str
    stage: str
    done: int
    total: int
    share: float
    seconds_left: float | None
    ahead: int
    visitors: int
    error: str = ""


@dataclass(frozen=True)
class Measured:
    """Figures of a checkpoint that were measured before and came with it.

    findings: as in a report (key, question, verdict, name, figure, reference), without pictures.
    cards: the same by question, each with its verdict. command: what measured them. record: all
    of it, JSON-able, for programs.
    """

    command: str
    pairs: int
    episodes: int
    findings: tuple[Any, ...]
    cards: tuple[Any, ...]
    record: dict[str, Any]
