"""What the tab Imagine does when something is pressed: event in, plain JSON records out.

Every answer carries the `seq` of its event. What takes longer comes as a generator of records,
which ends early when the visitor says so, or closes the page.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from app import figures
from app.service import Explorer, SequenceProblem, UserError
from app.tabs import dream_links
from app.tabs.curves import replay_curve
from app.tabs.dream_files import kept_file
from app.tabs.dream_records import (
    key_record,
    queued_record,
    replay_record,
    replay_sentence,
    step_record,
)
from app.views import DreamStep, Queued

BROKEN = "Something went wrong on the server; its log has the details. Reset the dream to go on."
# pictures that travel together while a tree is built again, and how often a curve is drawn
TOGETHER, CURVE_EVERY = 6, 3
TEXT = 20_000
log = logging.getLogger(__name__)

Record = dict[str, Any]
Op = Callable[[Record, "str | None"], Any]


def _error(error: Exception, name: str) -> Record:
    """What the visitor is told; what went wrong here is logged."""
    if isinstance(error, SequenceProblem):
        told = {"position": error.position, "pointer": error.pointer}
        return {"kind": "problem", "error": str(error), **told}
    if isinstance(error, UserError):
        return {"kind": "error", "error": str(error)}
    if isinstance(error, KeyError | TypeError | ValueError):
        log.info("an event %s cannot be read", name, exc_info=error)
        return {"kind": "error", "error": "The page sent something that cannot be read; reload it."}
    log.error("The event %s failed.", name, exc_info=error)
    return {"kind": "error", "error": BROKEN}


def _event(evt: gr.EventData) -> Record:
    return evt._data if isinstance(evt._data, dict) else {}


class DreamHandlers:
    """The callbacks of one Imagine tab over the service."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer
        self._asked: dict[str, Op] = {
            "begin": self._begin,
            "step": self._step,
            "go": self._go,
            "every": self._every,
            "futures": self._futures,
            "read": self._read,
            "shuffle": self._shuffle,
            "keep": self._keep,
        }
        self._playing: dict[str, Op] = {
            "play": self._play,
            "run": self._run,
            "rebuild": self._rebuild,
            "recall": self._recall,
        }

    # What gradio calls

    def asked(self, evt: gr.EventData, request: gr.Request) -> Record:
        """One thing that is done at once."""
        event = _event(evt)
        name, seq = str(event.get("op")), event.get("seq")
        try:
            return {"seq": seq, **self._asked[name](event, request.session_hash)}
        except Exception as error:
            return {"seq": seq, "op": name, **_error(error, name)}

    def playing(self, evt: gr.EventData, request: gr.Request) -> Iterator[Record]:
        """Something that goes on for a while; its last record is of the kind "ended"."""
        event = _event(evt)
        name, seq = str(event.get("op")), event.get("seq")
        why = ""
        try:
            for record in self._playing[name](event, request.session_hash):
                why = record.get("why", "")
                yield {"seq": seq, "op": name, **record}
        except Exception as error:
            yield {"seq": seq, "op": name, **_error(error, name)}
        yield {"seq": seq, "op": name, "kind": "ended", "why": why}

    def replaying(self, evt: gr.EventData, request: gr.Request) -> Iterator[tuple[Record, Any]]:
        """A replay, a step at a time, and its curve as it grows."""
        event = _event(evt)
        told = functools.partial(dict, seq=event.get("seq"), op="replay")
        try:
            for record, curve in self._replay(event, request.session_hash):
                yield told(record), gr.skip() if curve is None else curve
        except Exception as error:
            yield told(_error(error, "replay")), gr.skip()
        yield told(kind="ended", why=""), gr.skip()

    def acting(self, evt: gr.EventData, request: gr.Request) -> None:
        """What is pressed now; or nothing more is to be played."""
        event, session = _event(evt), request.session_hash
        try:
            if event.get("op") == "halt":
                self._explorer.dreams.halt(session)
            else:
                self._explorer.dreams.act(session, event["a"], float(event["rate"]))
        except (UserError, KeyError, TypeError, ValueError) as error:
            # the loop that plays says what is wrong with the dream
            log.info("an act was left out: %s", error)

    # At once

    def _begin(self, event: Record, session: str | None) -> Record:
        dreams = self._explorer.dreams
        dream = dreams.begin(str(event["m"]), str(event["c"]), int(event["f"]), session)
        return self._begun(dream)

    def _begun(self, dream: Any) -> Record:
        dreams, model, clip = self._explorer.dreams, dream.model, dream.clip
        keys = dreams.keys(model.name, clip.embodiment)
        loaded = dreams.usable(model.name)
        return {
            "kind": "begun",
            "start": {"m": model.name, "c": clip.id, "f": dream.index},
            "positions": model.code_length,
            "values": model.codebook_size,
            "gap": model.gap_seconds,
            "embodiment": clip.embodiment,
            "aspect": round(clip.aspect, 4),
            "keys": [key_record(key) for key in keys],
            "longest": dreams.replays.longest(loaded, clip, 0),
            "most": dream.most,
            "steps": [step_record(dream.steps[0])],
            "here": 0,
        }

    def _step(self, event: Record, session: str | None) -> Record:
        return _here(self._explorer.dreams.step(session, event["a"]))

    def _go(self, event: Record, session: str | None) -> Record:
        step = self._explorer.dreams.go(session, int(event["n"]))
        return {"kind": "here", "here": step.number}

    def _every(self, event: Record, session: str | None) -> Record:
        steps = self._explorer.dreams.every(session, int(event["n"]), event["a"], int(event["p"]))
        return {"kind": "grown", "steps": [step_record(step) for step in steps]}

    def _futures(self, event: Record, session: str | None) -> Record:
        """A line of text is a future."""
        dreams, text = self._explorer.dreams, str(event["text"])[:TEXT]
        model, futures, read = dreams.dream(session).model, [], 0
        for line in text.split("\n"):
            if line.strip():
                futures.append(_at_place(read, text, functools.partial(dreams.parse, line, model)))
            read += len(line) + 1
        if not futures:
            raise UserError("Write at least one sequence; every line becomes a future.")
        grown = dreams.branch(session, int(event["n"]), futures)
        steps = {step.number: step for future in grown for step in future}
        return {
            "kind": "grown",
            "steps": [step_record(step) for step in steps.values()],
            "ends": [future[-1].number for future in grown],
        }

    def _read(self, event: Record, session: str | None) -> Record:
        """A sequence, repeated as often as is asked for, as this page writes it."""
        dreams, times = self._explorer.dreams, int(event.get("times", 1))
        actions = dreams.parse(str(event["text"])[:TEXT], dreams.dream(session).model)
        if not 1 <= times <= 64 or len(actions) * times > 4096:
            raise UserError("Repeated so often, the sequence is longer than 4096 steps.")
        text = dreams.write(actions * times)
        return {"kind": "written", "text": text, "count": len(actions) * times}

    def _shuffle(self, event: Record, session: str | None) -> Record:
        dreams = self._explorer.dreams
        actions = dreams.parse(str(event["text"])[:TEXT], dreams.dream(session).model)
        mixed = dreams.shuffled(actions, abs(int(event["seed"])))
        return {"kind": "written", "text": dreams.write(mixed), "count": len(mixed)}

    def _keep(self, event: Record, session: str | None) -> Record:
        return kept_file(self._explorer.dreams, event, session)

    # For a while

    def _play(self, event: Record, session: str | None) -> Iterator[Record]:
        played = self._explorer.dreams.play(
            session, event["a"], rate=float(event["rate"]), horizon=int(event["horizon"])
        )
        yield from _told(played)

    def _run(self, event: Record, session: str | None) -> Iterator[Record]:
        dreams = self._explorer.dreams
        actions = dreams.parse(str(event["text"])[:TEXT], dreams.dream(session).model)
        yield {"kind": "many", "total": len(actions)}
        yield from _told(dreams.run(session, actions))

    def _rebuild(self, event: Record, session: str | None) -> Iterator[Record]:
        """A dream as a link describes it."""
        yield self._begin(event, session)
        moves = dream_links.read_tree(str(event["tree"]))
        yield from self._grown(session, moves, int(event["here"]), event.get("pins") or [], "")

    def _recall(self, event: Record, session: str | None) -> Iterator[Record]:
        """A dream as a JSON file describes it."""
        dreams = self._explorer.dreams
        dream, kept, note = dreams.recall(str(event["text"]), session)
        yield {**self._begun(dream), "clip": self._clip_of(dream)}
        yield from self._grown(session, kept.moves, kept.here, list(kept.pins), note)
        if dreams.same_frames(session, kept):
            note = "The same frames as when it was kept, to the last bit."
        else:
            note += " The frames are not the same as when it was kept."
        yield {"kind": "note", "note": note.strip()}

    def _grown(
        self, session: str | None, moves: Any, here: int, pins: list[int], note: str
    ) -> Iterator[Record]:
        steps: list[Record] = []
        yield {"kind": "many", "total": len(moves)}
        for step in self._explorer.dreams.grow(session, moves, here):
            steps.append(step_record(step))
            if len(steps) == TOGETHER:
                yield {"kind": "grown", "steps": steps}
                steps = []
        yield {"kind": "grown", "steps": steps}
        here = self._explorer.dreams.dream(session).here
        yield {"kind": "here", "here": here, "pins": pins, "note": note}

    def _clip_of(self, dream: Any) -> Record | None:
        """An upload that came with the file, for the page's list of clips."""
        if not dream.clip.uploaded:
            return None
        record = {**figures.clip_record(dream.clip), "opening": 0}
        return {**record, "thumbnail": figures.thumb_url(dream.steps[0].image)}

    def _replay(self, event: Record, session: str | None) -> Iterator[tuple[Record, Any]]:
        dreams = self._explorer.dreams
        dream, index = dreams.dream(session), int(event["f"])
        longest = dreams.replays.longest(dreams.usable(dream.model.name), dream.clip, index)
        asked = int(event["every"])
        every = None if asked >= longest else asked
        steps = []
        yield {"kind": "replay", "longest": longest, "f": index}, None
        for step in dreams.replay(session, index, every):
            steps.append(step)
            draw = len(steps) % CURVE_EVERY == 1
            curve = replay_curve(steps, longest) if draw else None
            yield {"kind": "replayed", **replay_record(step)}, curve
        if steps:
            words = replay_sentence(steps, dreams.replays.trusted_until(steps), every)
            yield {"kind": "judged", "sentence": words}, replay_curve(steps, longest)


def _here(step: DreamStep) -> Record:
    return {"kind": "grown", "steps": [step_record(step)], "here": step.number}


def _told(played: Iterator[Any]) -> Iterator[Record]:
    for item in played:
        if isinstance(item, Queued):
            yield queued_record(item)
        elif isinstance(item, str):
            yield {"kind": "over", "why": item}
        else:
            yield _here(item)


def _at_place(start: int, text: str, read: Callable[[], Any]) -> Any:
    """Places in a line counted in the whole text."""
    try:
        return read()
    except SequenceProblem as problem:
        line = text[:start].count("\n") + 1
        problem.position += start
        problem.args = (f"Line {line}: {problem.args[0]}",)
        raise
