"""A class of thirty: `python -m tests.e2e.bench_class [--seconds 60] [--runners 10]`.

Starts the app on the shipped checkpoint, lets 30 students press a code every two seconds through
the page's own event, and 3 play Imagine meanwhile, all over loopback. Prints what they waited, and
ends with exit code 1 if a bar is broken: no error, p95 of a press at most 600 ms, nobody's median
more than 5 times the class's, and with `--players 1` 15 frames a second for that one.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.conftest import running_app

ROOT = Path(__file__).resolve().parents[2]
EVERY, PATIENCE = 2.0, 30.0
P95, STARVED = 600.0, 5.0
# frames a second that one player sees beside thirty who press
FRAMES = 15.0


@dataclass
class Visit:
    """What one of them waited, in milliseconds, from the first try on; how often the page was busy
    and asked them to wait; and what went wrong."""

    waits: list[float] = field(default_factory=list)
    busy: int = 0
    errors: list[str] = field(default_factory=list)
    frames: int = 0


def event_of(config: dict[str, Any], name: str) -> dict[str, Any]:
    """A page's event by its api_name: its number and the component it belongs to."""
    for each in config["dependencies"]:
        if each["api_name"] == name:
            return {"fn_index": each["id"], "trigger_id": each["targets"][0][0]}
    raise LookupError(f"the page has no event {name}")


def student(url: str, event: dict[str, Any], clips: list[dict], number: int, until: float) -> Visit:
    """Presses random codes on frames of a few clips, as a class on one hand-out does."""
    dice, visit = random.Random(number), Visit()
    session = f"student{number}"
    time.sleep(EVERY * dice.random())
    with httpx.Client(base_url=url, timeout=PATIENCE) as client:
        seq = 0
        while time.monotonic() < until:
            begun, seq = time.monotonic(), seq + 1
            clip = clips[dice.randrange(min(4, len(clips)))]
            codes = [dice.randrange(8) for _ in range(4)]
            data = {"seq": seq, "m": "robots", "c": clip["id"], "f": clip["opening"], "a": codes}
            body = {"data": [], "event_data": {**data, "p": 0, "kept": False}, **event}
            try:
                pressed(client, {**body, "session_hash": session}, visit, until)
            except httpx.HTTPError as error:
                visit.errors.append(type(error).__name__)
            visit.waits.append(1000 * (time.monotonic() - begun))
            time.sleep(max(0.0, EVERY - (time.monotonic() - begun)))
    return visit


def pressed(client: httpx.Client, body: dict[str, Any], visit: Visit, until: float) -> None:
    """A press, tried again as the page does where it is told that many are there."""
    while True:
        answer = client.post("/gradio_api/run/predict", json=body)
        told = answer.json()["data"][0] if answer.status_code == 200 else {}
        again = told.get("busy") or float(answer.headers.get("Retry-After", 0))
        if not again or time.monotonic() > until:
            break
        visit.busy += 1
        time.sleep(again)
    if not again and not told.get("image"):
        visit.errors.append(f"{answer.status_code} {str(told.get('error'))[:100]}")


def player(
    url: str, asked: dict, playing: dict, clip: dict, number: int, until: float, rate: int
) -> Visit:
    """Begins a dream and lets it play at `rate` steps a second, over and over, as the tab Imagine
    does."""
    visit, session, seq = Visit(), f"player{number}", 0
    with httpx.Client(base_url=url, timeout=httpx.Timeout(PATIENCE, read=60)) as client:

        def press(event: dict, data: dict) -> None:
            nonlocal seq
            seq += 1
            body = {
                "data": [],
                "event_data": {"seq": seq, **data},
                **event,
                "session_hash": session,
            }
            client.post("/gradio_api/queue/join", json=body).raise_for_status()

        while time.monotonic() < until:
            try:
                begin = {"op": "begin", "m": "robots", "c": clip["id"], "f": 0}
                body = {"data": [], "event_data": {"seq": 0, **begin}, **asked}
                client.post("/gradio_api/run/predict", json={**body, "session_hash": session})
                press(playing, {"op": "play", "a": [1, 2, 3, 4], "rate": rate, "horizon": 48})
                visit.frames += heard(client, session, until)
            except httpx.HTTPError as error:
                visit.errors.append(type(error).__name__)
    return visit


def runner(url: str, events: dict[str, dict], number: int, until: float) -> Visit:
    """Runs the policy over and over, imagined and in the simulator, as the tab Policy does."""
    visit, session = Visit(), f"runner{number}"
    choice = {"seed": number, "kind": "block2block", "embodiment": "cylinder", "theme": "sim",
              "policy": "lapa", "seq": 1}  # fmt: skip

    def stream(name: str, data: dict) -> None:
        own = f"{session}{name}"
        with httpx.Client(base_url=url, timeout=httpx.Timeout(PATIENCE, read=120)) as client:
            begin = {"data": [], "event_data": choice, **events["begin"], "session_hash": own}
            answer = client.post("/gradio_api/run/predict", json=begin).json()["data"][0]
            if answer.get("error"):
                visit.errors.append(answer["error"])
                return
            body = {"data": [], "event_data": {"seq": 1, **data}, **events[name]}
            client.post("/gradio_api/queue/join", json={**body, "session_hash": own})
            visit.frames += heard(client, own, until)

    while time.monotonic() < until and not visit.errors:
        begun = time.monotonic()
        sides = [
            threading.Thread(target=stream, args=told)
            for told in (("imagine", {"steps": 16}), ("act", {"policy": "lapa"}))
        ]
        for side in sides:
            side.start()
        for side in sides:
            side.join()
        visit.waits.append(1000 * (time.monotonic() - begun))
    return visit


def heard(client: httpx.Client, session: str, until: float) -> int:
    """Frames that came until what plays has ended."""
    frames = 0
    path = f"/gradio_api/queue/data?session_hash={session}"
    with client.stream("GET", path) as stream:
        for line in stream.iter_lines():
            told = json.loads(line[5:]) if line.startswith("data:") else {}
            frames += told.get("msg") == "process_generating"
            if told.get("msg") in ("process_completed", "close_stream") or time.monotonic() > until:
                return frames
    return frames


def measure(
    url: str, seconds: float, students: int = 30, players: int = 3, runners: int = 0
) -> dict[str, Any]:
    """Let them all work for so long; figures of the whole class."""
    config = httpx.get(url + "config", timeout=PATIENCE).json()
    clips = catalogue(url, config)
    until = time.monotonic() + seconds
    press = event_of(config, "page_predict")
    asked, playing = (event_of(config, f"dream_{name}") for name in ("asked", "playing"))
    acting = {name: event_of(config, f"policy_{name}") for name in ("begin", "imagine", "act")}
    visits = [Visit() for _ in range(students + players + runners)]
    # several play as the page does by itself, one as fast as the page can be told to
    rate = 10 if players > 1 else 30

    def run(place: int) -> None:
        if place < students:
            visits[place] = student(url, press, clips, place, until)
        elif place >= students + players:
            visits[place] = runner(url, acting, place, until)
        else:
            clip = clips[place % len(clips)]
            visits[place] = player(url, asked, playing, clip, place, until, rate)

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(visits))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    waits = sorted(wait for visit in visits[:students] for wait in visit.waits)
    medians = [statistics.median(visit.waits) for visit in visits[:students] if visit.waits]
    typical = statistics.median(waits)
    return {
        "students": students,
        "players": players,
        "seconds": seconds,
        "presses": len(waits),
        "median_ms": round(typical, 1),
        "p95_ms": round(waits[int(0.95 * (len(waits) - 1))], 1),
        "slowest_ms": round(waits[-1], 1),
        "worst_student_over_median": round(max(medians) / typical, 2),
        "frames_played_a_second": round(
            sum(v.frames for v in visits[students : students + players]) / seconds, 1
        ),
        "runners": runners,
        "policy_frames_a_second": round(
            sum(v.frames for v in visits[students + players :]) / seconds, 1
        ),
        "runs_ended": sum(len(v.waits) for v in visits[students + players :]),
        "told_to_come_again": sum(visit.busy for visit in visits),
        "errors": [error for visit in visits for error in visit.errors][:20],
        "load": [round(each, 2) for each in os.getloadavg()],
        "cores": len(os.sched_getaffinity(0)),
    }


def catalogue(url: str, config: dict[str, Any]) -> list[dict]:
    """The clips that the page lists, as its first event tells them."""
    event = event_of(config, "page_open_again")
    with httpx.Client(base_url=url, timeout=PATIENCE) as client:
        body = {"data": [], "event_data": {"query": ""}, **event, "session_hash": "teacher"}
        client.post("/gradio_api/queue/join", json=body).raise_for_status()
        with client.stream("GET", "/gradio_api/queue/data?session_hash=teacher") as stream:
            for line in stream.iter_lines():
                told = json.loads(line[5:]) if line.startswith("data:") else {}
                if told.get("msg") == "process_completed":
                    return told["output"]["data"][0]["clips"]
    raise LookupError("the page gave no catalogue")


def broken(figures: dict[str, Any]) -> list[str]:
    """The bars that do not hold, a sentence each."""
    said = [f"error: {error}" for error in figures["errors"]]
    if figures["p95_ms"] > P95:
        said.append(f"p95 of a press is {figures['p95_ms']} ms; at most {P95:.0f} ms are wanted")
    if figures["worst_student_over_median"] > STARVED:
        said.append(f"somebody waited {figures['worst_student_over_median']} times the median")
    if figures["players"] == 1 and figures["frames_played_a_second"] < FRAMES:
        seen = figures["frames_played_a_second"]
        said.append(f"the player saw {seen} frames a second; {FRAMES:.0f} are wanted")
    return said


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--players", type=int, default=3, help="of Imagine (3)")
    parser.add_argument("--runners", type=int, default=0, help="of Policy (0)")
    options = parser.parse_args()
    log = Path(tempfile.mkdtemp()) / "app.log"
    with running_app(ROOT, ROOT / "assets/checkpoints", ROOT / "assets/clips", log) as url:
        figures = measure(url, options.seconds, 30, options.players, options.runners)
    print(json.dumps(figures, indent=1))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")
    said = broken(figures)
    print("\n".join(said) or "Every bar holds.")
    sys.exit(1 if said else 0)


if __name__ == "__main__":
    main()
