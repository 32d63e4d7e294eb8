"""Reports of quantizers whose verdicts are known, on small synthetic clips."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lapa.checkup import Report, report_of
from lapa.checkup.examine import checkup
from tests.synthetic import (
    ARM,
    BLIND,
    HAND,
    RED,
    Cheater,
    Collapsed,
    Copier,
    Oracle,
    Random,
    frame_pairs,
)

KINDS = {
    "oracle": Oracle,
    "copier": Copier,
    "collapsed": Collapsed,
    "random": Random,
    "cheater": Cheater,
}


@pytest.fixture(scope="session")
def report() -> Callable[[str], Report]:
    """The report of a quantizer by name, on three embodiments; made once."""
    made: dict[str, Report] = {}

    def get(name: str) -> Report:
        if name not in made:
            pairs = frame_pairs(ARM, RED, HAND, episodes=5)
            found = checkup(KINDS[name](), pairs, stride=3, drift_steps=4)
            made[name] = report_of(found, checkpoint=name, data="synthetic")
        return made[name]

    return get


@pytest.fixture(scope="session")
def blind() -> Report:
    """One embodiment, no actions, short episodes: what a phone's video gives."""
    pairs = frame_pairs(BLIND, episodes=2, length=8)
    found = checkup(Oracle(), pairs)
    return report_of(found, checkpoint="<oracle>", data='a "b" & c', notes=["all were measured"])
