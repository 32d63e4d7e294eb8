"""Many visitors at once: `python -m tests.load [--clients 100] [--seconds 45] [--only-presses]`.

Starts the app on the shipped checkpoints. Of ten visitors seven press a code every two seconds,
one carries latent actions over to all other robots, one sends pictures and looks at them, and one
opens pairs of the atlas, each again two seconds after its answer. All of it goes through the
page's own events over loopback, from this machine, which so has both to do. Prints what they
waited; a busy page that asks a visitor to wait is counted apart, and is tried again as the page
does. Ends with exit code 1 where a bar of docs/reliability.md is broken.

`--against FOLDER` lets them come to the app of another checkout, too, to both in turns of one run:
what they waited there and here can be compared on a machine that does other things as well.

`--alone` lets one visitor come instead and prints the processor's milliseconds for an answer of
each kind, and for an event that is refused at once, which is what gradio and the web server take;
and how many cores all those visitors ask for: with less nobody can answer them all.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from PIL import Image

from tests.served import ROOT, Served, launched

MODEL, EVERY, PATIENCE = "robots", 2.0, 60.0
# seconds: the median of a transfer among 100 visitors, p95 of an answered press among any number
TRANSFER, PRESS = 6.0, 2.0
KINDS = ("press",) * 7 + ("transfer", "upload", "atlas")


@dataclass
class Seen:
    """What all visitors waited in seconds, by kind; when each answer of a press came; how often the
    page was busy, and what went wrong."""

    waits: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    came: list[tuple[float, float]] = field(default_factory=list)
    busy: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)


class Visitor:
    """One connection, kept open, as a browser's."""

    def __init__(self, app: Served, name: str) -> None:
        self._app, self.name = app, name
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: bytes, kind: str = "application/json") -> Any:
        """The JSON that a request is answered with."""
        return json.loads(await self._ask("POST", path, body, kind))

    async def event(self, name: str, data: dict[str, Any]) -> dict[str, Any]:
        """The record that one of the page's events answers with, past the queue."""
        told = await self.post("/gradio_api/run/predict", self._event(name, data))
        return told["data"][0] if "data" in told else told

    async def queued(self, name: str, data: dict[str, Any]) -> dict[str, Any]:
        """The same through the queue."""
        await self.post("/gradio_api/queue/join", self._event(name, data))
        reader, writer = await self._connected()
        path = f"/gradio_api/queue/data?session_hash={self.name}"
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        try:
            while line := await asyncio.wait_for(reader.readline(), PATIENCE):
                told = json.loads(line[5:]) if line.startswith(b"data:") else {}
                if told.get("msg") == "process_completed":
                    return told["output"]["data"][0]
        finally:
            self.close()
        raise ConnectionError("the stream ended early")

    async def upload(self, data: bytes) -> str:
        """Sends a file; where it lies."""
        head = b'--e\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
        kind = "multipart/form-data; boundary=e"
        told = await self.post("/gradio_api/upload", head + data + b"\r\n--e--\r\n", kind)
        return told[0]

    def close(self) -> None:
        """Ends the connection."""
        if self._streams:
            self._streams[1].close()
        self._streams = None

    def _event(self, name: str, data: dict[str, Any]) -> bytes:
        event = {"data": [], "event_data": data, "session_hash": self.name, **self._app.of(name)}
        return json.dumps(event).encode()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._app.port)
        return self._streams

    async def _ask(self, method: str, path: str, body: bytes, kind: str) -> bytes:
        reader, writer = await self._connected()
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n"
        writer.write(head.encode() + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        async with asyncio.timeout(PATIENCE):
            told = (await reader.readuntil(b"\r\n\r\n")).lower()
            size = int(told.partition(b"content-length:")[2].split(b"\r\n")[0])
            answer = await reader.readexactly(size)
        if b"connection: close" in told:
            self.close()
        return answer


async def visit(kind: str, number: int, app: Served, clips: list[dict], until: float, seen: Seen):
    """One visitor until the end."""
    dice, visitor = random.Random(number), Visitor(app, f"{kind}{number}")
    await asyncio.sleep(EVERY * dice.random())
    while (begun := time.monotonic()) < until:
        try:
            told = await ASKED[kind](visitor, dice, clips)
        except (OSError, asyncio.IncompleteReadError, TimeoutError, ValueError) as error:
            seen.errors[f"{kind}: {type(error).__name__}"] += 1
            visitor.close()
            told = {}
        now = time.monotonic()
        if told.get("busy"):
            seen.busy[kind] += 1
            seen.waits["being told that it is busy"].append(now - begun)
        elif told.get("error"):
            seen.errors[f"{kind}: {told['error'][:100]}"] += 1
        elif told:
            seen.waits[kind].append(now - begun)
            if kind == "press":
                seen.came.append((now, now - begun))
        pause = EVERY - (now - begun) if kind == "press" else EVERY
        await asyncio.sleep(max(0.0, told.get("busy") or pause))
    visitor.close()


async def refused(visitor: Visitor, dice: random.Random, clips: list[dict]) -> dict[str, Any]:
    """A press on a clip that is not there."""
    return await visitor.event("page_predict", {"m": MODEL, "c": "none", "f": 0, "seq": 1})


async def press(visitor: Visitor, dice: random.Random, clips: list[dict]) -> dict[str, Any]:
    """A code pressed on a frame of a few clips, as a class on one hand-out does."""
    clip = clips[dice.randrange(min(4, len(clips)))]
    codes = [dice.randrange(8) for _ in range(4)]
    state = {"m": MODEL, "c": clip["id"], "f": clip["frames"] // 3, "a": codes, "p": 0}
    return await visitor.event("page_predict", {**state, "kept": False, "seq": 1})


async def transfer(visitor: Visitor, dice: random.Random, clips: list[dict]) -> dict[str, Any]:
    """A frame pair's latent action on all other robots."""
    clip = dice.choice(clips)
    state = {"m": MODEL, "c": clip["id"], "f": dice.randrange(clip["frames"] // 2), "n": 1}
    return await visitor.event("transfer_carry", {**state, "seq": 1})


async def upload(visitor: Visitor, dice: random.Random, clips: list[dict]) -> dict[str, Any]:
    """A picture of one's own."""
    data = io.BytesIO()
    noise = np.random.default_rng(dice.randrange(99)).integers(0, 255, (240, 320, 3), np.uint8)
    Image.fromarray(noise).save(data, "PNG")
    path = await visitor.upload(data.getvalue())
    return await visitor.queued("page_upload", {"path": path, "seq": 1})


async def atlas(visitor: Visitor, dice: random.Random, clips: list[dict]) -> dict[str, Any]:
    """The pair behind a point."""
    return await visitor.event("atlas_pair", {"m": MODEL, "i": dice.randrange(1000), "seq": 1})


ASKED = {"press": press, "transfer": transfer, "upload": upload, "atlas": atlas}


async def come(app: Served, clients: int, seconds: float, only: bool, seen: Seen) -> Counter[str]:
    """Lets them all come for so long; how many of each kind."""
    clips = app.run("frames", "", "", "", 0)[1]["data"][0]["clips"]
    kinds = ["press" if only else KINDS[number % len(KINDS)] for number in range(clients)]
    until = time.monotonic() + seconds
    await asyncio.gather(*(visit(kind, n, app, clips, until, seen) for n, kind in enumerate(kinds)))
    return Counter(kinds)


async def in_turns(apps: dict[str, Served], clients: int, seconds: float, only: bool) -> Any:
    """What they wait at each of the apps by its name, a third of the time after the other."""
    seen = {name: Seen() for name in apps}
    for app in apps.values():  # which opens clips
        await come(app, clients, 5.0, only, Seen())
    for turn in range(3):
        for name in sorted(apps, reverse=turn % 2 == 1):
            await come(apps[name], clients, seconds / 3, only, seen[name])
    return {
        name: {
            "waits": {kind: told(waits) for kind, waits in sorted(each.waits.items())},
            "busy": each.busy,
            "errors": each.errors,
        }
        for name, each in seen.items()
    }


async def measure(app: Served, clients: int, seconds: float, only: bool) -> dict[str, Any]:
    """What they wait at one app, and how much of the machine it had."""
    seen, start, spent = Seen(), time.monotonic(), cpu_seconds(app)
    kinds = await come(app, clients, seconds, only, seen)
    third = seconds / 3
    parts = [
        [w for at, w in seen.came if n * third <= at - start < (n + 1) * third] for n in (0, 2)
    ]
    return {
        "clients": kinds,
        "seconds": seconds,
        "waits": {kind: told(waits) for kind, waits in sorted(seen.waits.items())},
        "press_p95_in_the_first_and_last_third": [told(part)["p95"] for part in parts],
        # a machine that does other things, too, gives it less than its cores
        "cores_that_the_app_got": round((cpu_seconds(app) - spent) / (time.monotonic() - start), 2),
        "busy": seen.busy,
        "errors": seen.errors,
        "load": [round(each, 2) for each in os.getloadavg()],
        "cores": len(os.sched_getaffinity(0)),
    }


async def alone(app: Served, clients: int, only: bool) -> dict[str, Any]:
    """What an answer costs where nobody else is there, and all visitors together a second."""
    clips = app.run("frames", "", "", "", 0)[1]["data"][0]["clips"]
    found = {}
    for kind, ask in {"refused event": refused, **ASKED}.items():
        # the first answers open clips, which later ones find open
        visitor, counts = Visitor(app, kind), (8, 12) if kind == "transfer" else (40, 80)
        for count in counts:
            dice, spent = random.Random(count), cpu_seconds(app)
            for _ in range(count):
                told = await ask(visitor, dice, clips)
                assert kind == "refused event" or not told.get("error"), told
            found[kind] = round(1000 * (cpu_seconds(app) - spent) / count, 1)
        visitor.close()
    kinds = ["press" if only else KINDS[number % len(KINDS)] for number in range(clients)]
    asked = sum(found[kind] for kind in kinds) / EVERY / 1000
    return {
        "milliseconds of the processor": found,
        f"cores that {clients} clients ask for": round(asked, 2),
        "of these what gradio and the web server take": round(
            clients * found["refused event"] / EVERY / 1000, 2
        ),
    }


def cpu_seconds(app: Served) -> float:
    """What the app has computed so far, its simulator apart."""
    times = psutil.Process(app.process.pid).cpu_times()
    return times.user + times.system


def told(waits: list[float]) -> dict[str, float]:
    """Seconds."""
    if len(waits) < 2:
        return {"answers": len(waits), "p50": sum(waits), "p95": sum(waits)}
    p95 = statistics.quantiles(waits, n=20)[-1]
    return {
        "answers": len(waits),
        "p50": round(statistics.median(waits), 2),
        "p95": round(p95, 2),
    }


def broken(figures: dict[str, Any]) -> list[str]:
    """The bars that do not hold, a sentence each."""
    said = [f"{count} times {error}" for error, count in figures["errors"].items()]
    waits = figures["waits"]
    if "press" not in waits:
        return [*said, "no press was answered"]
    if waits["press"]["p95"] > PRESS:
        said.append(f"p95 of an answered press is {waits['press']['p95']} s; {PRESS} s are wanted")
    carried = waits.get("transfer")
    if carried and sum(figures["clients"].values()) <= 100 and carried["p50"] > TRANSFER:
        said.append(f"the median transfer takes {carried['p50']} s; {TRANSFER} s are wanted")
    return said


def main() -> None:
    """Prints the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=45.0)
    parser.add_argument("--only-presses", action="store_true")
    parser.add_argument("--against", type=Path)
    parser.add_argument("--alone", action="store_true")
    options = parser.parse_args()
    load = (options.clients, options.seconds, options.only_presses)
    with ExitStack() as stack:
        roots = {"here": ROOT} | ({"against": options.against} if options.against else {})
        apps = {
            name: stack.enter_context(launched(Path(tempfile.mkdtemp()), root=root))
            for name, root in roots.items()
        }
        for each in apps.values():
            each.until(lambda each=each: "Models loaded" in each.log.read_text(), 240.0)
        if options.alone:
            figures = asyncio.run(alone(apps["here"], options.clients, options.only_presses))
        elif options.against:
            figures = asyncio.run(in_turns(apps, *load))
        else:
            figures = asyncio.run(measure(apps["here"], *load))
    print(json.dumps(figures, indent=1))
    if options.alone or options.against:
        return
    said = broken(figures)
    print("\n".join(said) or "Every bar holds.")
    sys.exit(1 if said else 0)


if __name__ == "__main__":
    main()
