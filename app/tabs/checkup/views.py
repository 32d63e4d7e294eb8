"""Checkups: what would be looked at, how it goes, what is known."""

from __future__ import annotations

from dataclasses import dataclass


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
