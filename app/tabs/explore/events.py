"""What the tab Explore does when something is pressed: event in, plain JSON record out.

Every answer carries the `seq` of its event. What a visitor did wrong comes back as `error`, one
sentence; what went wrong here is logged and said as such.
"""

from __future__ import annotations

import functools
import itertools
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import parse_qsl

import gradio as gr

from app.clips.addresses import Addresses
from app.clips.gallery import Gallery
from app.core.checkpoints import ModelList
from app.core.limits import Limits, Unusable, UserError
from app.core.views import Clip, Model
from app.tabs.explore import link
from app.tabs.explore import words as say
from app.tabs.explore.service import Explore
from app.tabs.explore.starts import opening_clip, opening_frame, starts, stranger
from app.web import records
from app.web.events import Callbacks, Record, answers, heavy
from app.web.frames import root
from app.web.uploaded import take_in

THUMBNAILS_AT_ONCE = 24
BROKEN = say.WENT_WRONG
log = logging.getLogger(__name__)


class ExploreHandlers(Callbacks):
    """The callbacks of one Explore tab.

    is_warm: whether the model is loaded; until then the first page shows the frame alone.
    """

    broken = BROKEN

    def __init__(
        self,
        explore: Explore,
        clips: Gallery,
        models: ModelList,
        limits: Limits,
        is_warm: Callable[[], bool],
        addresses: Addresses,
    ) -> None:
        self._explore, self._clips, self._models = explore, clips, models
        self._limits, self._is_warm, self._addresses = limits, is_warm, addresses
        self._thumbnail = functools.lru_cache(maxsize=2000)(self._make_thumbnail)
        self._presets = functools.lru_cache(maxsize=200)(self._make_presets)

    def failed(self, error: Exception, event: Record) -> Record:
        """As for every tab, in the place where a refused upload is told."""
        return {"kind": "upload", **super().failed(error, event)}

    def open_page(self, request: gr.Request) -> tuple[Record, Record]:
        """The catalogue and the first picture for whatever the address asks for."""
        query = dict(request.query_params)
        if not self._is_warm():
            return self._cold_page(query)
        return self._page(query)

    def open_again(self, evt: gr.EventData) -> tuple[Record, Record]:
        """The same once the models are loaded, for a page opened before that."""
        query = evt._data.get("query", "") if isinstance(evt._data, dict) else ""
        return self._page(dict(parse_qsl(str(query).lstrip("?")[:2000])))

    def _page(self, query: Mapping[str, str]) -> tuple[Record, Record]:
        models = self._models.all()
        clips = self._ordered(models[0])
        catalogue = self._catalogue(clips, models)
        wanted, notes = link.read(query)
        if not clips:
            return catalogue, self._empty_page(models[0])
        state, more = link.settle(
            wanted, models=models, clips=clips, opening=_opening(models[0].gap_seconds)
        )
        return catalogue, {
            **self._picture(state, None),
            "state": link.to_event(state),
            "notes": [*notes, *more, *_note(self._models.get(state.model))],
        }

    def _cold_page(self, query: Mapping[str, str]) -> tuple[Record, Record]:
        """The frame alone: a model that is still loading is not waited for."""
        unknown = Model("", "")
        clips = self._ordered(unknown)
        if not clips:
            return self._page(query)
        wanted, _ = link.read(query)
        wanted = link.Wanted(clip=wanted.clip, index=wanted.index)
        state, _ = link.settle(
            wanted, models=[unknown], clips=clips, opening=_opening(unknown.gap_seconds)
        )
        frame = self._bare_frame(state, unknown, None)
        return self._catalogue(clips, ()), {
            **frame,
            "state": link.to_event(state),
            "pending": True,
        }

    def _catalogue(self, clips: Sequence[Clip], models: Sequence[Model]) -> Record:
        gap = models[0].gap_seconds if models else 0.0
        return {
            "kind": "catalogue",
            "models": [records.model_record(model) for model in models],
            "clips": [self._clip_record(clip, gap) for clip in clips],
            "starts": starts(models, clips),
            "uploads": self._limits.uploads,
        }

    def _empty_page(self, model: Model) -> Record:
        state = link.State(model=model.name, clip="", index=0)
        return {
            "state": link.to_event(state),
            "model": records.model_record(model),
            "error": self._clips.problem() + say.MAY_UPLOAD,
        }

    @answers
    def predict(self, event: Record, session: str | None) -> Record:
        """The imagined next frame for the state the browser sent."""
        return self._picture(link.from_event(event), session, kept=event.get("kept") is True)

    @answers
    def preview(self, event: Record, session: str | None) -> Record:
        """The imagined next frame alone, for a code that is looked at and not pressed."""
        state = link.from_event(event)
        seen = self._explore.predict(state.model, state.clip, state.index, state.codes, session)
        return {"codes": list(seen.codes), "image": records.data_url(seen.image)}

    @answers
    def sweep(self, event: Record, session: str | None) -> Record:
        """Every code of one position for the state the browser sent."""
        state = link.from_event(event)
        if state.codes is None or state.position is None:
            raise UserError(say.NEEDS_POSITION)
        swept = self._explore.sweep(
            state.model, state.clip, state.index, state.codes, state.position, session
        )
        return records.sweep_record(swept)

    @answers
    def lengths(self, event: Record, session: str | None) -> Record:
        """What the first codes of the latent action bring about, one picture a length."""
        state = link.from_event(event)
        if state.codes is None:
            raise UserError(say.NOTHING_TO_CUT)
        images = self._explore.shortened(state.model, state.clip, state.index, state.codes, session)
        return {"codes": list(state.codes), "images": [*map(records.data_url, images)]}

    @heavy("files")
    @answers
    def episode(self, event: Record, session: str | None) -> Record:
        """The codes of all frames of a clip, and the robot's commands."""
        found = self._explore.episode(str(event.get("m")), str(event.get("c")), session)
        return {"codes": found.codes, "commands": found.commands}

    @answers
    def upload(self, event: Record, session: str | None) -> Record:
        """Reads an uploaded file and forgets the file itself."""
        clip = take_in(self._clips, event, session)
        frame = self._clips.frame(clip.id, 0, session)
        return {
            "kind": "upload",
            "clip": self._clip_record(clip, self._models.all()[0].gap_seconds),
            "thumbnail": records.thumb_url(frame),
        }

    def thumbnails(self, clip_ids: object) -> dict[str, str]:
        """Small pictures of shipped clips by id; ids that are not known are left out."""
        found = {}
        for clip_id in clip_ids[:THUMBNAILS_AT_ONCE] if isinstance(clip_ids, list) else ():
            if not isinstance(clip_id, str):
                continue
            try:
                found[clip_id] = self._thumbnail(clip_id)
            except UserError:
                log.info("No thumbnail for %r.", clip_id)
        return found

    def _make_thumbnail(self, clip_id: str) -> str:
        return records.thumb_url(self._clips.thumbnail(clip_id))

    def _make_presets(self, model: str, embodiment: str) -> list[Record]:
        presets = self._explore.presets(model, embodiment)
        return [records.preset_record(preset) for preset in presets]

    def _ordered(self, model: Model) -> list[Clip]:
        clips = self._clips.all()
        return by_turns(clips, first=opening_clip(clips, model))

    def _clip_record(self, clip: Clip, gap_seconds: float) -> Record:
        return {**records.clip_record(clip), "opening": opening_frame(clip, gap_seconds)}

    def _picture(self, state: link.State, session: str | None, *, kept: bool = False) -> Record:
        try:
            prediction = self._explore.predict(
                state.model, state.clip, state.index, state.codes, session
            )
        except Unusable:
            return self._bare_frame(state, self._models.get(state.model), session)
        model, clip = prediction.model, prediction.clip
        return {
            **records.prediction_record(prediction, kept=kept),
            "clip": state.clip,
            "frames": root(self._addresses.of(state.clip, session)),
            "link": link.write(replace(state, codes=prediction.codes)),
            "model": records.model_record(model),
            "presets": self._presets(state.model, clip.embodiment),
            # they are those of the frame that the browser has
            "names": None if kept else self._explore.names(state.model, clip.embodiment),
            "stranger": stranger(model, clip),
        }

    def _bare_frame(self, state: link.State, model: Model, session: str | None) -> Record:
        """The frame without a prediction, in the same shape."""
        clip = self._clips.get(state.clip, session)
        frame = self._clips.frame(state.clip, state.index, session)
        return {
            "clip": state.clip,
            "frames": root(self._addresses.of(state.clip, session)),
            "link": link.write(state),
            "index": state.index,
            "codes": None,
            "inferred": None,
            "frame": records.data_url(frame),
            "image": None,
            "future": None,
            "aspect": round(clip.aspect, 4),
            "note": "",
            "model": records.model_record(model),
            "presets": [],
            "names": None,
        }


def _note(model: Model) -> list[str]:
    """What a visitor has to know of a model: that a file beside it could not be used."""
    return [f"{model.name}: {model.note}"] if model.note else []


def by_turns(clips: Sequence[Clip], *, first: str) -> list[Clip]:
    """One clip of each embodiment in turn, so that a gallery begins with all of them.

    Args:
        clips: in any order; the order within an embodiment is kept.
        first: id of the clip that begins, if it is one of them.
    """
    queues: dict[str, list[Clip]] = {}
    for clip in sorted(clips, key=lambda clip: clip.id != first):
        queues.setdefault(clip.embodiment, []).append(clip)
    rounds = itertools.zip_longest(*queues.values())
    return [clip for turn in rounds for clip in turn if clip is not None]


def _opening(gap_seconds: float) -> Callable[[Clip], int]:
    return functools.partial(opening_frame, gap_seconds=gap_seconds)
