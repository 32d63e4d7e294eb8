"""The state of the Explore tab as query parameters: `?v=1&m=robots&c=<clip>&f=12&a=3.1.0.6`.

`read` takes a query apart without trusting it, `settle` fits what was wanted to what exists, and
`write` is their inverse: the same state always gives the same link. In events of the browser the
same state travels as a record (`from_event`, `to_event`). Whatever had to be dropped
or clamped is told in words, one sentence each, instead of being corrected silently.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from app.core.codes import Unread, counted, latent_action, positions, read_codes
from app.core.limits import UserError
from app.core.views import Clip, Model
from app.tabs.explore import words as say
from app.tabs.explore.starts import opening_clip
from app.web.link import VERSION, missing_clip, short

# characters of a latent action in a link
LONGEST = 200
OVERLAYS = ("none", "diff", "blink", "slider")
# the usual one: what moves is seen where it alternates with the frame
USUAL = "blink"


@dataclass(frozen=True)
class State:
    """What the tab shows. `codes` None means the inferred codes; `position` None is no sweep."""

    model: str
    clip: str
    index: int
    codes: tuple[int, ...] | None = None
    position: int | None = 0
    overlay: str = USUAL


@dataclass(frozen=True)
class Wanted:
    """What a link asks for, taken apart but not yet compared with what exists."""

    model: str | None = None
    clip: str | None = None
    index: int | None = None
    codes: tuple[int, ...] | None = None
    position: int | None = 0
    overlay: str = USUAL


def read(query: Mapping[str, str]) -> tuple[Wanted, list[str]]:
    """Takes a query apart.

    Returns:
        what is wanted, and a sentence for each parameter that could not be understood.
    """
    notes: list[str] = []
    if query.get("v", VERSION) != VERSION:
        notes.append(say.OTHER_VERSION)
    wanted = Wanted(
        model=query.get("m") or None,
        clip=query.get("c") or None,
        index=_number(query.get("f"), "frame", notes),
        codes=_codes(query.get("a"), notes),
        position=_position(query, notes),
        overlay=_overlay(query.get("o"), notes),
    )
    return wanted, notes


def settle(
    wanted: Wanted,
    *,
    models: Sequence[Model],
    clips: Sequence[Clip],
    opening: Callable[[Clip], int],
) -> tuple[State, list[str]]:
    """Fits a wanted state to the models and clips at hand.

    Args:
        wanted: from `read`.
        models: at least one; the first is the default.
        clips: at least one; the one that the model opens on is the default.
        opening: the frame at which a clip is opened when none is wanted.

    Returns:
        a state that can be shown, and a sentence for everything that had to be changed.
    """
    notes: list[str] = []
    model = next((m for m in models if m.name == wanted.model), models[0])
    if wanted.model and model.name != wanted.model:
        notes.append(say.NO_CHECKPOINT.format(model=short(wanted.model), name=model.name))
    clip = next((c for c in clips if c.id == wanted.clip), None)
    if clip is None and wanted.clip:
        notes.append(missing_clip(wanted.clip))
    index, codes = wanted.index, wanted.codes
    if clip is None:
        known = opening_clip(clips, model)
        clip = next((c for c in clips if c.id == known), clips[0])
        index = None if wanted.clip else index
    state = State(
        model=model.name,
        clip=clip.id,
        index=opening(clip) if index is None else _clamp_index(index, clip, notes),
        codes=_fit_codes(codes, model, notes),
        position=_fit_position(wanted.position, model, notes),
        overlay=wanted.overlay,
    )
    return state, notes


def write(state: State) -> str:
    """The query string of a state, without the question mark."""
    pairs = {"v": VERSION, "m": state.model, "c": state.clip, "f": str(state.index)}
    if state.codes is not None:
        pairs["a"] = ".".join(map(str, state.codes))
    pairs["p"] = "-" if state.position is None else str(state.position)
    if state.overlay != USUAL:
        pairs["o"] = state.overlay
    return urlencode(pairs)


def from_event(event: Mapping[str, Any]) -> State:
    """The state an event of the browser carries, checked for type here, for meaning later.

    Raises:
        UserError: it is not a state; the sentence is for the page.
    """
    codes, position = event.get("a"), event.get("p")
    try:
        return State(
            model=str(event["m"]),
            clip=str(event["c"]),
            index=int(event["f"]),
            codes=None if codes is None else tuple(int(code) for code in codes),
            position=None if position is None else int(position),
            overlay=str(event.get("o", USUAL)),
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        raise UserError(say.STATE_UNREAD) from None


def to_event(state: State) -> dict[str, Any]:
    """A state as the browser keeps it; `from_event` is the inverse."""
    return {
        "m": state.model,
        "c": state.clip,
        "f": state.index,
        "a": None if state.codes is None else list(state.codes),
        "p": state.position,
        "o": state.overlay,
    }


def _number(text: str | None, name: str, notes: list[str]) -> int | None:
    if text is None or text == "":
        return None
    try:
        return int(text[:12])
    except ValueError:
        notes.append(say.NOT_WHOLE.format(name=name, text=short(text)))
        return None


def _codes(text: str | None, notes: list[str]) -> tuple[int, ...] | None:
    if text is None or text == "":
        return None
    try:
        codes = [code for _, code in read_codes(text[:LONGEST].replace(".", ","))]
    except Unread:
        codes = [None]
    if None not in codes:
        return tuple(code for code in codes if code is not None)
    notes.append(say.NOT_CODES.format(text=short(text)))
    return None


def _position(query: Mapping[str, str], notes: list[str]) -> int | None:
    text = query.get("p")
    if text == "-":
        return None
    return _number(text, "position", notes) or 0


def _overlay(text: str | None, notes: list[str]) -> str:
    if text in (None, "", *OVERLAYS):
        return text or USUAL
    notes.append(say.NOT_OVERLAY.format(text=short(text), names=", ".join(OVERLAYS), usual=USUAL))
    return USUAL


def _clamp_index(index: int, clip: Clip, notes: list[str]) -> int:
    clamped = min(max(index, 0), clip.frames - 1)
    if clamped != index:
        notes.append(say.FRAME_OUTSIDE.format(index=index, last=clip.frames - 1, clamped=clamped))
    return clamped


def _fit_codes(
    codes: tuple[int, ...] | None, model: Model, notes: list[str]
) -> tuple[int, ...] | None:
    if codes is None or not model.usable:
        return None
    if len(codes) == model.code_length and all(0 <= c < model.codebook_size for c in codes):
        return codes
    notes.append(
        say.CODES_MISFIT.format(
            codes=short(latent_action(codes)),
            name=model.name,
            length=counted(model.code_length, "code"),
            last=model.codebook_size - 1,
        )
    )
    return None


def _fit_position(position: int | None, model: Model, notes: list[str]) -> int | None:
    if position is None or not model.usable or 0 <= position < model.code_length:
        return position
    notes.append(
        say.POSITION_OUTSIDE.format(position=position, name=model.name, positions=positions(model))
    )
    return 0
