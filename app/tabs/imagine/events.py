"""What the tab Imagine does when something is pressed: event in, plain JSON records out.

Every answer carries the `seq` of its event. What takes longer comes as a generator of records,
which ends early when the visitor says so, or closes the page.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Generator, Iterator
from typing import Any

import gradio as gr

from app.core.limits import SequenceProblem, UserError
from app.core.views import Queued
from app.tabs.imagine import link
from app.tabs.imagine import words as say
from app.tabs.imagine.curve import drift_curve, replay_curve
from app.tabs.imagine.records import (
    key_record,
    replay_record,
    replay_sentence,
    step_record,
)
from app.tabs.imagine.saved import Film
from app.tabs.imagine.service import Imagine
from app.tabs.imagine.views import DreamStep
from app.web.events import Callbacks, Record, answers, draws, event_of, streams
from app.web.records import clip_record, file_record, queued_record, thumb_url

BROKEN = say.WENT_WRONG
# pictures that travel together while a tree is built again, and how often a curve is drawn
TOGETHER, CURVE_EVERY = 6, 3
TEXT = 20_000
log = logging.getLogger(__name__)

KINDS = ("mp4", "gif", "png", "json")
# rounds of a looping MP4, as the page offers them
MOST_TIMES = 16
Op = Callable[[Record, "str | None"], Record]
Playing = Callable[[Record, "str | None"], Iterator[Record]]


class ImagineHandlers(Callbacks):
    """The callbacks of one Imagine tab over the service."""

    broken = BROKEN

    def __init__(self, imagine: Imagine) -> None:
        self._imagine = imagine
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
        self._playing: dict[str, Playing] = {
            "play": self._play,
            "run": self._run,
            "rebuild": self._rebuild,
            "recall": self._recall,
        }

    def failed(self, error: Exception, event: Record) -> Record:
        """As for every tab; a sequence that cannot be read is pointed into."""
        op = {"op": str(event.get("op"))}
        if isinstance(error, SequenceProblem):
            where = {"position": error.position, "pointer": error.pointer}
            return {**op, "kind": "problem", "error": str(error), **where}
        if isinstance(error, KeyError | TypeError | ValueError):
            log.info("the event %s cannot be read", op["op"], exc_info=error)
            return {**op, "kind": "error", "error": say.UNREAD}
        return {**op, "kind": "error", **super().failed(error, event)}

    # What gradio calls

    @answers
    def asked(self, event: Record, session: str | None) -> Record:
        """One thing that is done at once."""
        return self._asked[str(event.get("op"))](event, session)

    @streams
    def playing(self, event: Record, session: str | None) -> Generator[Record, None, Record]:
        """Something that goes on for a while."""
        op, why = str(event.get("op")), ""
        try:
            for record in self._playing[op](event, session):
                why = record.get("why", "")
                yield {"op": op, **record}
        except Exception as error:
            yield self.failed(error, event)
        return {"op": op, "why": why}

    def replaying(self, evt: gr.EventData, request: gr.Request) -> Iterator[tuple[Record, Any]]:
        """A replay, a step at a time, and its curve as it grows."""
        for record in self._replaying(evt, request):
            curve = record.pop("curve", None)
            yield record, gr.skip() if curve is None else curve

    @draws
    def chart(self, event: Record, session: str | None) -> Any:
        """The drift on the way to where the dream stands."""
        return drift_curve(self._imagine.dream(session).line)

    def acting(self, evt: gr.EventData, request: gr.Request) -> None:
        """What is pressed now; or nothing more is to be played."""
        event, session = event_of(evt), request.session_hash
        try:
            if event.get("op") == "halt":
                self._imagine.halt(session)
            else:
                self._imagine.act(session, event["a"], float(event["rate"]))
        except (UserError, KeyError, TypeError, ValueError) as error:
            # the loop that plays says what is wrong with the dream
            log.info("an act was left out: %s", error)

    # At once

    def _begin(self, event: Record, session: str | None) -> Record:
        imagine = self._imagine
        dream = imagine.begin(str(event["m"]), str(event["c"]), int(event["f"]), session)
        return self._begun(dream)

    def _begun(self, dream: Any) -> Record:
        imagine, model, clip = self._imagine, dream.model, dream.clip
        keys = imagine.keys(model.name, clip.embodiment)
        return {
            "kind": "begun",
            "start": {"m": model.name, "c": clip.id, "f": dream.index},
            "positions": model.code_length,
            "values": model.codebook_size,
            "gap": model.gap_seconds,
            "embodiment": clip.embodiment,
            "aspect": round(clip.aspect, 4),
            "keys": [key_record(key) for key in keys],
            "names": imagine.names(model.name, clip.embodiment),
            "longest": imagine.longest(dream, 0),
            "most": dream.most,
            "steps": [step_record(dream.steps[0])],
            "here": 0,
        }

    def _step(self, event: Record, session: str | None) -> Record:
        return _here(self._imagine.step(session, event["a"]))

    def _go(self, event: Record, session: str | None) -> Record:
        step = self._imagine.go(session, int(event["n"]))
        return {"kind": "here", "here": step.number}

    def _every(self, event: Record, session: str | None) -> Record:
        steps = self._imagine.every(session, int(event["n"]), event["a"], int(event["p"]))
        return {"kind": "grown", "steps": [step_record(step) for step in steps]}

    def _futures(self, event: Record, session: str | None) -> Record:
        """A line of text is a future."""
        imagine, text = self._imagine, str(event["text"])[:TEXT]
        model, futures, read = imagine.dream(session).model, [], 0
        for line in text.split("\n"):
            if line.strip():
                futures.append(_at_place(read, text, functools.partial(imagine.parse, line, model)))
            read += len(line) + 1
        if not futures:
            raise UserError(say.NO_SEQUENCE)
        grown = imagine.branch(session, int(event["n"]), futures)
        steps = {step.number: step for future in grown for step in future}
        return {
            "kind": "grown",
            "steps": [step_record(step) for step in steps.values()],
            "ends": [future[-1].number for future in grown],
        }

    def _read(self, event: Record, session: str | None) -> Record:
        """A sequence, repeated as often as is asked for, as this page writes it."""
        imagine, times = self._imagine, int(event.get("times", 1))
        actions = imagine.parse(str(event["text"])[:TEXT], imagine.dream(session).model)
        if not 1 <= times <= 64 or len(actions) * times > 4096:
            raise UserError(say.TOO_OFTEN)
        text = imagine.write(actions * times)
        return {"kind": "written", "text": text, "count": len(actions) * times}

    def _shuffle(self, event: Record, session: str | None) -> Record:
        imagine = self._imagine
        actions = imagine.parse(str(event["text"])[:TEXT], imagine.dream(session).model)
        mixed = imagine.shuffled(actions, abs(int(event["seed"])))
        return {"kind": "written", "text": imagine.write(mixed), "count": len(mixed)}

    def _keep(self, event: Record, session: str | None) -> Record:
        """A file to save: event {"what", "of": "dream" or "replay", "rate", "pins"}, and of a film
        "captions", "loop", "back" and "times"."""
        kind = str(event["what"])
        how = {name: event[name] is True for name in ("captions", "loop", "back") if name in event}
        times = min(max(int(event.get("times") or 1), 1), MOST_TIMES)
        film = Film(rate=float(event["rate"]), times=times, **how)
        if kind not in KINDS:
            known = ", ".join(KINDS)
            raise UserError(say.NO_FILE.format(kind=kind[:20], known=known))
        saved = self._imagine.saved
        of = "replay" if event.get("of") == "replay" else "dream"
        name = f"{of}-{self._imagine.dream(session).clip.id}"
        if kind == "json":
            pins = [int(pin) for pin in event.get("pins") or []]
            return file_record(kind, name, saved.json(session, pins).encode())
        return file_record(kind, name, saved.pictures(session, kind, of=of, film=film))

    # For a while

    def _play(self, event: Record, session: str | None) -> Iterator[Record]:
        played = self._imagine.play(
            session, event["a"], rate=float(event["rate"]), horizon=int(event["horizon"])
        )
        yield from _told(played)

    def _run(self, event: Record, session: str | None) -> Iterator[Record]:
        imagine = self._imagine
        actions = imagine.parse(str(event["text"])[:TEXT], imagine.dream(session).model)
        yield {"kind": "many", "total": len(actions)}
        yield from _told(imagine.run(session, actions))

    def _rebuild(self, event: Record, session: str | None) -> Iterator[Record]:
        """A dream as a link describes it."""
        yield self._begin(event, session)
        moves = link.read_tree(str(event["tree"]))
        yield from self._grown(session, moves, int(event["here"]), event.get("pins") or [], "")

    def _recall(self, event: Record, session: str | None) -> Iterator[Record]:
        """A dream as a JSON file describes it."""
        imagine = self._imagine
        dream, kept, note = imagine.recall(str(event["text"]), session)
        yield {**self._begun(dream), "clip": self._clip_of(dream)}
        yield from self._grown(session, kept.moves, kept.here, list(kept.pins), note)
        if imagine.saved.same_frames(session, kept):
            note = say.SAME_FRAMES
        else:
            note += say.OTHER_FRAMES
        yield {"kind": "note", "note": note.strip()}

    def _grown(
        self, session: str | None, moves: Any, here: int, pins: list[int], note: str
    ) -> Iterator[Record]:
        steps: list[Record] = []
        yield {"kind": "many", "total": len(moves)}
        for step in self._imagine.grow(session, moves, here):
            steps.append(step_record(step))
            if len(steps) == TOGETHER:
                yield {"kind": "grown", "steps": steps}
                steps = []
        yield {"kind": "grown", "steps": steps}
        here = self._imagine.dream(session).here
        yield {"kind": "here", "here": here, "pins": pins, "note": note}

    def _clip_of(self, dream: Any) -> Record | None:
        """An upload that came with the file, for the page's list of clips."""
        if not dream.clip.uploaded:
            return None
        record = {**clip_record(dream.clip), "opening": 0}
        return {**record, "thumbnail": thumb_url(dream.steps[0].image)}

    @streams
    def _replaying(self, event: Record, session: str | None) -> Generator[Record, None, Record]:
        told = {"op": "replay"}
        try:
            for record in self._replay(event, session):
                yield {**told, **record}
        except Exception as error:
            yield {**self.failed(error, event), **told}
        return {**told, "why": ""}

    def _replay(self, event: Record, session: str | None) -> Iterator[Record]:
        imagine = self._imagine
        dream, index = imagine.dream(session), int(event["f"])
        longest = imagine.longest(dream, index)
        asked = int(event["every"])
        every = None if asked >= longest else asked
        steps = []
        yield {"kind": "replay", "longest": longest, "f": index}
        for step in imagine.replay(session, index, every):
            steps.append(step)
            draw = len(steps) % CURVE_EVERY == 1
            curve = replay_curve(steps, longest) if draw else None
            yield {"kind": "replayed", "curve": curve, **replay_record(step)}
        if steps:
            words = replay_sentence(steps, imagine.replays.trusted_until(steps), every)
            yield {"kind": "judged", "sentence": words, "curve": replay_curve(steps, longest)}


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
