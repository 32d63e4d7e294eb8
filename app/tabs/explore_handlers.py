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
from typing import Any
from urllib.parse import parse_qsl

import gradio as gr

from app import figures
from app.service import Explorer, UserError, gap_frames
from app.tabs import links
from app.tabs.uploaded import uploaded_path
from app.views import Clip, Model

# where a first visit begins: an arm that fills the picture, halfway through a clear motion
OPENING_CLIP, OPENING_FRAME = "metaworld-sawyer-window-open-00004", 50
THUMBNAILS_AT_ONCE = 24
BROKEN = "Something went wrong on the server; its log has the details. Please try another frame."
log = logging.getLogger(__name__)

Record = dict[str, Any]


def _answers(handle: Callable[..., Record]) -> Callable[..., Record]:
    """Turns errors into answers, so that the page is never left waiting."""

    def answer(self: Handlers, evt: gr.EventData, request: gr.Request) -> Record:
        event = evt._data if isinstance(evt._data, dict) else {}
        seq = event.get("seq")
        try:
            return {**handle(self, event, request.session_hash), "seq": seq}
        except UserError as error:
            return {"seq": seq, "kind": "upload", "error": str(error)}
        except Exception:
            log.exception("The event %s failed.", handle.__name__)
            return {"seq": seq, "kind": "upload", "error": BROKEN}

    answer.__name__, answer.__doc__ = handle.__name__, handle.__doc__
    return answer


class Handlers:
    """The callbacks of one Explore tab.

    Args:
        explorer: the service.
        is_warm: whether the model is loaded; until then the first page shows the frame alone.
    """

    def __init__(self, explorer: Explorer, is_warm: Callable[[], bool]) -> None:
        self._explorer = explorer
        self._is_warm = is_warm
        self._thumbnail = functools.lru_cache(maxsize=2000)(self._make_thumbnail)
        self._presets = functools.lru_cache(maxsize=200)(self._make_presets)

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
        models, clips = self._models(), self._clips()
        catalogue = self._catalogue(clips, models)
        wanted, notes = links.read(query)
        if not clips:
            return catalogue, self._empty_page(models[0])
        state, more = links.settle(
            wanted, models=models, clips=clips, opening=_opening(models[0].gap_seconds)
        )
        return catalogue, {
            **self._picture(state, None),
            "state": links.to_event(state),
            "notes": notes + more,
        }

    def _cold_page(self, query: Mapping[str, str]) -> tuple[Record, Record]:
        """The frame alone: a model that is still loading is not waited for."""
        clips, unknown = self._clips(), Model("", "")
        if not clips:
            return self._page(query)
        wanted, _ = links.read(query)
        wanted = links.Wanted(clip=wanted.clip, index=wanted.index)
        state, _ = links.settle(
            wanted, models=[unknown], clips=clips, opening=_opening(unknown.gap_seconds)
        )
        frame = self._bare_frame(state, unknown, None)
        return self._catalogue(clips, ()), {
            **frame,
            "state": links.to_event(state),
            "pending": True,
        }

    def _catalogue(self, clips: Sequence[Clip], models: Sequence[Model]) -> Record:
        gap = models[0].gap_seconds if models else 0.0
        return {
            "kind": "catalogue",
            "models": [figures.model_record(model) for model in models],
            "clips": [self._clip_record(clip, gap) for clip in clips],
            "uploads": self._explorer.limits.uploads,
        }

    def _empty_page(self, model: Model) -> Record:
        state = links.State(model=model.name, clip="", index=0)
        return {
            "state": links.to_event(state),
            "model": figures.model_record(model),
            "error": self._explorer.clips_problem() + " You can upload an image or a video.",
        }

    @_answers
    def predict(self, event: Record, session: str | None) -> Record:
        """The imagined next frame for the state the browser sent."""
        return self._picture(links.from_event(event), session, kept=event.get("kept") is True)

    @_answers
    def sweep(self, event: Record, session: str | None) -> Record:
        """Every code of one position for the state the browser sent."""
        state = links.from_event(event)
        if state.codes is None or state.position is None:
            raise UserError("A sweep needs a latent action and a position.")
        swept = self._explorer.sweep(
            state.model, state.clip, state.index, state.codes, state.position, session
        )
        return figures.sweep_record(swept)

    @_answers
    def upload(self, event: Record, session: str | None) -> Record:
        """Reads an uploaded file and forgets the file itself."""
        path = uploaded_path(event.get("path"))
        clip = self._explorer.add_upload(path, session, delete=True)
        frame = self._explorer.frame(clip.id, 0, session)
        return {
            "kind": "upload",
            "clip": self._clip_record(clip, self._models()[0].gap_seconds),
            "thumbnail": figures.thumb_url(frame),
        }

    def thumbnails(self, clip_ids: list[str]) -> dict[str, str]:
        """Small pictures of shipped clips by id; ids that are not known are left out."""
        found = {}
        for clip_id in clip_ids[:THUMBNAILS_AT_ONCE]:
            try:
                found[clip_id] = self._thumbnail(clip_id)
            except UserError:
                log.info("No thumbnail for %r.", clip_id)
        return found

    def _make_thumbnail(self, clip_id: str) -> str:
        return figures.thumb_url(self._explorer.thumbnail(clip_id))

    def _make_presets(self, model: str, embodiment: str) -> list[Record]:
        presets = self._explorer.presets(model, embodiment)
        return [figures.preset_record(preset) for preset in presets]

    def _models(self) -> tuple[Model, ...]:
        return tuple(self._explorer.models())

    def _clips(self) -> list[Clip]:
        return by_turns(self._explorer.clips(), first=OPENING_CLIP)

    def _clip_record(self, clip: Clip, gap_seconds: float) -> Record:
        return {**figures.clip_record(clip), "opening": opening_frame(clip, gap_seconds)}

    def _picture(self, state: links.State, session: str | None, *, kept: bool = False) -> Record:
        model = self._explorer.model(state.model)
        if not model.usable:
            return self._bare_frame(state, model, session)
        prediction = self._explorer.predict(
            state.model, state.clip, state.index, state.codes, session
        )
        clip = self._explorer.clip(state.clip, session)
        return {
            **figures.prediction_record(prediction, kept=kept),
            "clip": state.clip,
            "link": links.write(replace(state, codes=prediction.codes)),
            "model": figures.model_record(model),
            "presets": self._presets(state.model, clip.embodiment),
            "stranger": stranger(model, clip),
        }

    def _bare_frame(self, state: links.State, model: Model, session: str | None) -> Record:
        """The frame without a prediction, in the same shape."""
        clip = self._explorer.clip(state.clip, session)
        frame = self._explorer.frame(state.clip, state.index, session)
        return {
            "clip": state.clip,
            "link": links.write(state),
            "index": state.index,
            "codes": None,
            "inferred": None,
            "frame": figures.data_url(frame),
            "image": None,
            "future": None,
            "aspect": round(clip.aspect, 4),
            "note": "",
            "model": figures.model_record(model),
            "presets": [],
        }


def stranger(model: Model, clip: Clip) -> str:
    """One sentence where a model has not learned the robot of a shipped clip, otherwise empty."""
    if clip.uploaded or model.knows(clip.embodiment):
        return ""
    return (
        f"{model.name} has not learned {clip.embodiment}: what it imagines here is a guess. "
        f"It knows {', '.join(model.embodiments)}."
    )


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


def opening_frame(clip: Clip, gap_seconds: float) -> int:
    """A third into the episode, or earlier when the true future would otherwise be missing."""
    last_with_future = clip.frames - 1 - gap_frames(gap_seconds, clip.fps)
    wanted = OPENING_FRAME if clip.id == OPENING_CLIP else clip.frames // 3
    return max(0, min(wanted, last_with_future))


def _opening(gap_seconds: float) -> Callable[[Clip], int]:
    return functools.partial(opening_frame, gap_seconds=gap_seconds)
