"""The endpoint /checkup: published at once, waited for, or gone on with by ticket."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.limits import UserError
from app.tabs.checkup.api import CheckupEndpoint
from tests.app.checkups import PATIENCE, BatchQuantizer, FakeInstrument


def endpoint_of(make_explorer, instrument: FakeInstrument, wait: float = PATIENCE):
    explorer = make_explorer(load=lambda path: BatchQuantizer(), instrument=instrument)
    return CheckupEndpoint(explorer.checkup, explorer.clips, explorer.models, wait)


def test_published_figures_at_once(make_explorer, tmp_path: Path) -> None:
    endpoint = endpoint_of(make_explorer, FakeInstrument())
    with pytest.raises(UserError, match="ask for the size quick"):
        endpoint.examine_quantizer()
    (tmp_path / "results.json").write_text("{}")
    told = endpoint.examine_quantizer()
    assert told["state"] == "published" and told["model"] == "small" and told["pairs"] == 40


@pytest.mark.parametrize("embodiments", ["", "red-arm", '["red-arm", "blue-arm"]', ["blue-arm"]])
def test_waited_for(make_explorer, embodiments) -> None:
    endpoint = endpoint_of(make_explorer, FakeInstrument())
    told = endpoint.examine_quantizer("small", embodiments, "quick")
    assert told["state"] == "done" and told["checkpoint"] == "small"


def test_gone_on_with_by_ticket(make_explorer) -> None:
    instrument = FakeInstrument(waits=True)
    endpoint = endpoint_of(make_explorer, instrument, wait=0.3)
    told = endpoint.examine_quantizer(size="quick")
    assert told["state"] in ("waiting", "running") and told["ticket"]
    assert instrument.began.wait(PATIENCE)
    told = endpoint.examine_quantizer(ticket=told["ticket"])
    assert told["state"] == "running" and told["seconds_left"] > 0 and told["ahead"] == 0
    instrument.go.set()
    for _ in range(60):
        told = endpoint.examine_quantizer(ticket=told["ticket"])
        if told["state"] == "done":
            break
    assert told["pairs"] == 12


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"model": "nobody"}, "There is no checkpoint 'nobody'"),
        ({"model": "nobody", "size": "quick"}, "There is no checkpoint 'nobody'"),
        ({"size": "huge"}, "There is no size"),
        ({"embodiments": "green", "size": "quick"}, "no embodiment 'green'"),
        ({"ticket": "x"}, "start it again"),
    ],
)
def test_mistakes_are_one_sentence(make_explorer, asked: dict, said: str) -> None:
    with pytest.raises(UserError, match=said):
        endpoint_of(make_explorer, FakeInstrument()).examine_quantizer(**asked)


def test_a_failure_is_told(make_explorer) -> None:
    endpoint = endpoint_of(make_explorer, FakeInstrument(broken=UserError("The clip is damaged.")))
    with pytest.raises(UserError, match="The clip is damaged"):
        endpoint.examine_quantizer(size="quick")
