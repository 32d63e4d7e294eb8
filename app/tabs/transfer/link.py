"""What is chosen in the tab Transfer as query parameters:
`?tab=transfer&m=robots&c=CLIP&f=12&n=4&on=panda~CLIP~30`, or with two uploads `c=ID&d=ID`.

As in links.py nothing in a query is trusted, and whatever had to be dropped is told in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from app.core.limits import UserError
from app.core.views import Clip
from app.tabs.transfer import words as say
from app.tabs.transfer.service import MOST_STEPS, Pair
from app.web.link import UPLOAD_PREFIX, VERSION, whole

TAB, BETWEEN = "transfer", "~"
LONGEST, MOST_FRAMES = 60, 40


@dataclass(frozen=True)
class Choice:
    """What is carried over. onto: embodiment -> (clip, frame), where another than the usual frame
    was chosen."""

    model: str
    pair: Pair
    steps: int = 1
    onto: Mapping[str, tuple[str, int]] = field(default_factory=dict)


def read(
    query: Mapping[str, str], *, models: Sequence[str], clips: Sequence[Clip]
) -> tuple[Choice | None, list[str]]:
    """A choice that can be made here, None where the query asks for none of this tab's, and a
    sentence for everything that had to be changed.

    Args:
        models: names of usable checkpoints. clips: the shipped ones.
    """
    notes: list[str] = []
    if query.get("tab") != TAB or not query.get("c") or not models:
        return None, notes
    known = {clip.id: clip for clip in clips}
    clip = known.get(query["c"])
    if clip is None or query.get("d"):
        notes.append(_missing(query["c"]))
        return None, notes
    model = query.get("m") or models[0]
    if model not in models:
        notes.append(say.NO_CHECKPOINT.format(model=model[:LONGEST], other=models[0]))
        model = models[0]
    steps = whole(query.get("n"), 1)
    if not 1 <= steps <= MOST_STEPS:
        notes.append(say.LINK_STEPS.format(steps=steps, most_steps=MOST_STEPS))
        steps = 1
    index = min(max(whole(query.get("f"), 0), 0), clip.frames - 1)
    return Choice(model, Pair(clip.id, index), steps, _onto(query.get("on"), known, notes)), notes


def write(choice: Choice) -> str:
    """The query string of a choice, without the question mark."""
    pairs = {"tab": TAB, "v": VERSION, "m": choice.model, "c": choice.pair.clip_id}
    if choice.pair.other is None:
        pairs["f"] = str(choice.pair.index)
    else:
        pairs["d"] = choice.pair.other
    if choice.steps > 1:
        pairs["n"] = str(choice.steps)
    if choice.onto:
        pairs["on"] = ".".join(
            BETWEEN.join((name, clip, str(index))) for name, (clip, index) in choice.onto.items()
        )
    return urlencode(pairs)


def from_event(event: Mapping[str, Any]) -> Choice:
    """The choice an event of the browser carries, checked for type here, for meaning later.

    Raises:
        UserError: it is none; the sentence is for the page.
    """
    try:
        other = event.get("d")
        pair = Pair(str(event["c"]), int(event["f"]), None if other is None else str(other))
        onto = {
            str(name): (str(clip), int(index))
            for name, (clip, index) in list(dict(event.get("on") or {}).items())[:MOST_FRAMES]
        }
        return Choice(str(event["m"]), pair, int(event.get("n", 1)), onto)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise UserError(say.CHOICE_UNREAD) from None


def to_event(choice: Choice) -> dict[str, Any]:
    """A choice as the browser keeps it; `from_event` is the inverse."""
    pair, onto = choice.pair, {name: list(where) for name, where in choice.onto.items()}
    return {
        "m": choice.model, "c": pair.clip_id, "f": pair.index, "d": pair.other,
        "n": choice.steps, "on": onto,
    }  # fmt: skip


def _onto(
    text: str | None, known: Mapping[str, Clip], notes: list[str]
) -> dict[str, tuple[str, int]]:
    found = {}
    for part in (text or "")[:4000].split(".")[:MOST_FRAMES]:
        name, _, rest = part.partition(BETWEEN)
        clip_id, _, index = rest.partition(BETWEEN)
        clip = known.get(clip_id)
        if clip is not None and clip.embodiment == name:
            found[name] = (clip_id, min(max(whole(index, 0), 0), clip.frames - 1))
        elif part:
            notes.append(say.LINK_FRAME.format(name=name[:LONGEST]))
    return found


def _missing(clip_id: str) -> str:
    if clip_id.startswith(UPLOAD_PREFIX):
        return say.LINK_UPLOADED
    return say.NO_CLIP.format(clip_id=clip_id[:LONGEST])
