"""What it costs to tell a visitor that the page is busy: `python -m tests.bench_crowd`.

A page over a small world is behind for good, so that every press is refused: at the door, and, with
the door left open, within gradio as before. Both sides in turns of one run, over one connection;
prints the processor's milliseconds a refusal, which other work on the machine hardly changes.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from app.core.crowd import AGAIN_SECONDS, Crowd
from app.core.limits import Busy
from app.explorer import Explorer
from app.page import build, launch_options
from tests.served import ROOT

TURNS = 6


class Always(Crowd):
    """Many who have waited for long."""

    def refusal(self) -> Busy | None:
        return Busy("Many visitors are here just now", AGAIN_SECONDS)


def cost(connection: http.client.HTTPConnection, body: bytes, presses: int) -> float:
    """Milliseconds of this process's processor time for one press."""
    start = time.process_time()
    for _ in range(presses):
        headers = {"Content-Type": "application/json"}
        connection.request("POST", "/gradio_api/run/predict", body, headers)
        told = json.loads(connection.getresponse().read())
        assert told.get("busy") or told["data"][0]["busy"], told
    return 1000 * (time.process_time() - start) / presses


def measured(presses: int) -> dict[str, Any]:
    """The median of TURNS turns of either side."""
    explorer = Explorer(Path(tempfile.mkdtemp()), ROOT / "assets" / "clips")
    page = build(explorer)
    page._crowd = Always()
    open_door = [False]

    class Door:
        @staticmethod
        def refusal(path: str, body: bytes) -> Busy | None:
            return None if open_door[0] else page.refusal(path, body)

    page.launch(
        prevent_thread_lock=True, server_name="127.0.0.1", quiet=True, _frontend=False,
        **launch_options(page=Door),
    )  # fmt: skip
    connection = http.client.HTTPConnection("127.0.0.1", page.server_port)
    event = next(each for each in page.fns.values() if each.api_name == "page_predict")
    told = {"data": [], "fn_index": event._id, "session_hash": "me", "event_data": {"seq": 1}}
    body, sides = json.dumps(told).encode(), {"at the door": [], "within gradio": []}
    for turn in range(2 * TURNS):
        open_door[0] = bool(turn % 2)
        sides["within gradio" if open_door[0] else "at the door"].append(
            cost(connection, body, presses)
        )
    page.close()
    explorer.close()
    found = {side: round(statistics.median(costs), 2) for side, costs in sides.items()}
    return {"milliseconds of the processor a refusal": found,
            "times cheaper": round(found["within gradio"] / found["at the door"], 1)}  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--presses", type=int, default=50)
    print(json.dumps(measured(parser.parse_args().presses), indent=1))
