"""Checkups for visitors: which checkpoint on which clips, as jobs that are shared and kept.

What is measured and what it means is lapa's (the instrument, examine.py); here it is
decided what a visitor may ask for, how much of the clips is looked at, and who waits for what.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from app.clips.gallery import Footage, Gallery
from app.clips.uploads import UPLOAD
from app.core.checkpoints import Checkpoints, Quantizer
from app.core.compute import Compute
from app.core.interleave import Turns
from app.core.limits import NO_UPLOADS, Limits, UserError
from app.core.views import Clip, Model
from app.tabs.checkup import words as say
from app.tabs.checkup.examine import Instrument
from app.tabs.checkup.jobs import Job, Jobs
from app.tabs.checkup.sample import SIZES, Sample, sample
from app.tabs.checkup.uploads import CheckpointUploads, SentCheckpoint
from app.tabs.checkup.views import CheckupPlan, CheckupProgress

if TYPE_CHECKING:
    from lapa.checkup import Difference, Finding, Published, Report

# seconds to decode and shrink a frame of a clip on one core
FRAME_SECONDS = 0.003


@dataclass(frozen=True)
class Wanted:
    """A checkup as a visitor asks for it: a checkpoint by name, shipped clips by embodiment, own
    uploads by id, and one of SIZES."""

    checkpoint: str
    embodiments: tuple[str, ...] = ()
    uploads: tuple[str, ...] = ()
    size: str = "quick"


@dataclass(frozen=True, eq=False)
class _Subject:
    """A checkpoint to be examined. open: () -> its quantizer. sent: by a visitor."""

    view: Model
    open: Callable[[], Quantizer]
    sent: bool = False


class Checkup:
    """Everything the Checkup tab and the endpoint can do.

    load: checkpoint folder or file -> quantizer. results: the file of figures that were measured
    before, which may be missing.
    """

    def __init__(
        self,
        clips: Gallery,
        checkpoints: Checkpoints,
        compute: Compute,
        instrument: Instrument,
        limits: Limits,
        *,
        load: Callable[..., Quantizer],
        results: Path,
    ) -> None:
        self._clips = clips
        self._checkpoints = checkpoints
        self._limits = limits
        self._compute = compute
        self._instrument = instrument
        self._load = load
        self._results = results
        self._sent = CheckpointUploads(limits, instrument.inspect)
        self._jobs = Jobs(limits)
        self._speeds: dict[str, float] = {}
        self._probing = threading.Lock()

    def models(self, session: str | None = None) -> tuple[Model, ...]:
        """The checkpoints that can be examined: the shipped ones, then this session's own."""
        shipped = [self._checkpoints.get(name).view for name in self._checkpoints.names()]
        return (*(view for view in shipped if view.usable), *self._sent.models(session))

    def measured(self, name: str) -> Published | None:
        """What was measured of a shipped checkpoint before it came here, if anything was."""
        if name not in self._checkpoints.names():
            return None
        return self._instrument.measured(self._results, name, self._checkpoints.get(name).view)

    def add_checkpoint(
        self,
        paths: Sequence[Path],
        session: str | None,
        reading: Mapping[str, int] = MappingProxyType({}),
    ) -> Model:
        """Take a visitor's checkpoint over, for this session only; the files are deleted.

        reading: image_size and code_length of an official file that fits several networks.
        """
        if not self._limits.uploads:
            raise UserError(NO_UPLOADS)
        if not session:
            raise UserError(say.UPLOAD_NEEDS_PAGE)
        return self._sent.add(paths, session, reading)

    def plan(self, wanted: Wanted, session: str | None = None) -> CheckupPlan:
        """What would be looked at, and for how long."""
        subject, clips, chosen = self._settled(wanted, session)
        every = sample(clips, subject.view.gap_seconds, "thorough")
        return CheckupPlan(
            episodes=len(chosen.clips),
            pairs=chosen.pairs,
            all_episodes=len(every.clips),
            all_pairs=every.pairs,
            seconds=self._expected(subject.view, chosen),
        )

    def start(self, wanted: Wanted, session: str) -> str:
        """A ticket for the checkup, which is begun, joined or found finished."""
        subject, clips, chosen = self._settled(wanted, session)
        private = subject.sent or any(clip.uploaded for clip in clips)
        owner = session if private else None
        return self._jobs.submit(
            (owner, subject.view.name, tuple(clip.id for clip in clips), wanted.size),
            lambda job: self._examined(job, subject, chosen, wanted, session),
            session,
            seconds=self._expected(subject.view, chosen),
        )

    def progress(self, ticket: str) -> CheckupProgress:
        """How it is doing; to be asked now and then by whoever waits for it."""
        return self._jobs.progress(ticket)

    def doing(self, progress: CheckupProgress) -> str:
        """What a checkup is at, in words."""
        stage = progress.stage
        return self._instrument.activities().get(stage, stage.capitalize())

    def cancel(self, ticket: str) -> None:
        """Wait for it no longer; it goes on only if somebody else does."""
        self._jobs.leave(ticket)

    def report(self, ticket: str) -> Report:
        """The finished report. UserError while there is none."""
        found: Report = self._jobs.result(ticket)
        return found

    def differences(self, report: Report, other: Report) -> Sequence[Difference]:
        """Two reports figure by figure."""
        return self._instrument.differences(report, other)

    def gauge(self, finding: Finding) -> str:
        """A figure on its scale from poor to good, as inline SVG."""
        return self._instrument.gauge(finding)

    def as_json(self, report: Report) -> dict[str, Any]:
        """Everything in a report but its pictures."""
        return self._instrument.as_json(report)

    def kept(self, name: str) -> Report:
        """What was measured before of a shipped checkpoint as a report. UserError without any."""
        found = self.measured(name)
        if found is None:
            raise UserError(say.NOTHING_MEASURED.format(name=name[:60]))
        return found.as_report()

    def page(self, reports: Sequence[Report]) -> str:
        """One finished report, or two side by side, as a self-contained HTML page."""
        return self._instrument.page(*reports[:2])

    def drop_session(self, session: str) -> None:
        """End what a session waits for; forget its checkpoints and what was found in private."""
        self._jobs.leave_all(session)
        for model in self._sent.models(session):
            self._speeds.pop(model.name, None)
        self._sent.drop(session)
        self._jobs.forget(lambda key: key[0] == session)

    # Inside

    def _settled(self, wanted: Wanted, session: str | None) -> tuple[_Subject, list[Clip], Sample]:
        subject = self._subject(wanted.checkpoint, session)
        clips = self._chosen(wanted, session)
        return subject, clips, sample(clips, subject.view.gap_seconds, wanted.size)

    def _subject(self, name: str, session: str | None) -> _Subject:
        sent = self._sent.get(name, session)
        if sent is not None:
            return _Subject(sent.model, lambda: self._opened(sent), True)
        if name.startswith(f"{UPLOAD}-"):
            raise UserError(say.CHECKPOINT_GONE)
        loaded = self._checkpoints.usable(name)
        return _Subject(loaded.view, lambda: loaded.quantizer)

    def _opened(self, sent: SentCheckpoint) -> Quantizer:
        # on the job's own thread: reading a gigabyte must not hold up a visitor's press
        try:
            return self._load(sent.path, **sent.reading)
        except (ValueError, OSError, MemoryError, RuntimeError) as error:
            raise UserError(say.CANNOT_LOAD.format(title=sent.model.title)) from error

    def _chosen(self, wanted: Wanted, session: str | None) -> list[Clip]:
        chosen = [
            clip
            for embodiment in sorted(set(wanted.embodiments))
            for clip in self._clips.all(embodiment)
        ]
        chosen += [self._clips.get(clip_id, session) for clip_id in sorted(set(wanted.uploads))]
        if not chosen:
            raise UserError(say.CHOOSE_CLIPS)
        return chosen

    def _expected(self, model: Model, chosen: Sample) -> float | None:
        """Seconds, from how quick this checkpoint has been here; None for one not yet loaded."""
        speed = self._speed(model)
        if speed is None:
            return None
        return chosen.frames * FRAME_SECONDS + speed * self._instrument.workload(chosen)

    def _speed(self, model: Model) -> float | None:
        """How many times as long as the shipped quantizer on one free core it takes."""
        with self._probing:
            shipped = model.name in self._checkpoints.names()
            if model.name not in self._speeds and shipped:
                self._probe(model.name, self._checkpoints.get(model.name).quantizer)
            return self._speeds.get(model.name)

    def _probe(self, name: str, quantizer: Quantizer) -> None:
        turns = Turns(quantizer, self._compute, threading.Event())
        self._speeds[name] = self._instrument.speed(turns)

    def _examined(
        self, job: Job, subject: _Subject, chosen: Sample, wanted: Wanted, session: str
    ) -> Report:
        """The report; raises Stopped once nobody waits for it."""
        start, model = time.monotonic(), subject.view
        if subject.view.name not in self._speeds:
            job.tell(say.LOADING, 0, 1, None)
        quantizer = subject.open()
        if model.name not in self._speeds:
            self._probe(model.name, quantizer)
            job.seconds = self._expected(model, chosen)
        turns = Turns(quantizer, self._compute, job.stopped)
        footage = self._read(job, turns, chosen, session)
        work = self._instrument.workload(chosen)
        begun = time.monotonic()
        with closing(self._instrument.examine(turns, footage, chosen)) as stages:
            for stage in stages:
                left = stage.seconds_left
                job.tell(stage.name, stage.done, stage.total, left)
                if stage.report is not None:
                    found = stage.report
        self._speeds[model.name] = (time.monotonic() - begun) / work
        return self._instrument.report(
            found,
            checkpoint=model.title if subject.sent else model.name,
            data=_data(wanted, chosen, self._clips.embodiments()),
            notes=chosen.notes,
            seconds=time.monotonic() - start,
        )

    def _read(self, job: Job, turns: Turns, chosen: Sample, session: str) -> list[Footage]:
        """The chosen clips at the model's image size."""
        found, read = [], 0
        for clip in chosen.clips:
            job.tell(say.READING, read, chosen.frames, job.seconds_left())
            footage = self._clips.footage(clip.id, session)
            found.append(
                Footage(
                    clip,
                    turns.resize(np.asarray(footage.frames)),
                    footage.actions,
                    footage.action_names,
                )
            )
            read += clip.frames
        return found


def _data(wanted: Wanted, chosen: Sample, every: Sequence[str]) -> str:
    """The clips in words. every: all embodiments that there are."""
    bodies = sorted(set(wanted.embodiments))
    told = []
    if len(bodies) == len(every):
        told.append(say.ALL_CLIPS)
    elif bodies:
        named = _and(bodies) if len(bodies) <= 3 else f"{len(bodies)} embodiments"
        told.append(say.CLIPS_OF.format(named=named))
    if wanted.uploads:
        count = len(set(wanted.uploads))
        told.append("your video" if count == 1 else say.OWN_VIDEOS.format(count=count))
    return f"{_and(told)}, frame pairs {chosen.apart} s apart"


def _and(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


__all__ = ["SIZES", "Checkup", "Wanted"]
