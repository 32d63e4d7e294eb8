"""What is chosen in the Checkup tab as query parameters: `?tab=checkup&m=robots&s=quick&e=panda`.

As in links.py nothing in a query is trusted, and whatever had to be dropped is told in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from app.core.limits import UserError
from app.tabs.checkup import words as say
from app.tabs.checkup.sample import SIZES
from app.tabs.checkup.service import Wanted
from app.web.link import UPLOAD_PREFIX, VERSION

TAB = "checkup"
LONGEST = 60


@dataclass(frozen=True)
class Choice:
    """What the tab is asked to examine. other: a second checkpoint beside the first, or None.

    embodiments: of the shipped clips. uploads: ids of the visitor's own videos. size: of SIZES.
    """

    model: str
    other: str | None = None
    embodiments: tuple[str, ...] = ()
    uploads: tuple[str, ...] = ()
    size: str = next(iter(SIZES))

    @property
    def wanted(self) -> tuple[Wanted, ...]:
        """One checkup for each checkpoint."""
        names = [self.model] if self.other is None else [self.model, self.other]
        return tuple(Wanted(name, self.embodiments, self.uploads, self.size) for name in names)


def read(
    query: Mapping[str, str], *, models: Sequence[str], embodiments: Sequence[str]
) -> tuple[Choice | None, list[str]]:
    """A choice that can be made here, and a sentence for everything that had to be changed.

    Args:
        models: names of checkpoints; without any there is no choice.
        embodiments: of the shipped clips; all of them are chosen where none is asked for.
    """
    notes: list[str] = []
    if not models:
        return None, notes
    chosen = [each for each in query.get("e", "")[:2000].split(".") if each]
    known = tuple(each for each in embodiments if each in chosen)
    notes += [
        say.NO_CLIPS_OF.format(each=each[:LONGEST]) for each in chosen if each not in embodiments
    ]
    size = query.get("s") or next(iter(SIZES))
    if size not in SIZES:
        notes.append(say.LINK_SIZE.format(size=size[:LONGEST], usual=next(iter(SIZES))))
        size = next(iter(SIZES))
    model = _known(query.get("m"), models, notes) or models[0]
    other = _known(query.get("b"), models, notes)
    choice = Choice(
        model=model,
        other=other if other != model else None,
        embodiments=known or tuple(embodiments),
        size=size,
    )
    return choice, notes


def write(choice: Choice, embodiments: Sequence[str]) -> str:
    """The query string of a choice, without the question mark; own videos cannot be linked."""
    pairs = {"v": VERSION, "tab": TAB, "m": choice.model}
    if choice.other is not None:
        pairs["b"] = choice.other
    if choice.size != next(iter(SIZES)):
        pairs["s"] = choice.size
    if choice.embodiments and set(choice.embodiments) != set(embodiments):
        pairs["e"] = ".".join(choice.embodiments)
    return urlencode(pairs)


def from_event(event: Mapping[str, Any]) -> Choice:
    """The choice an event of the browser carries, checked for type here, for meaning later.

    Raises:
        UserError: it is not a choice; the sentence is for the page.
    """
    try:
        embodiments, uploads = event["embodiments"], event["uploads"]
        if not isinstance(embodiments, list) or not isinstance(uploads, list):
            raise TypeError
        other = event.get("other")
        return Choice(
            model=str(event["model"]),
            other=None if other is None else str(other),
            embodiments=tuple(str(each) for each in embodiments[:200]),
            uploads=tuple(str(each) for each in uploads[:50]),
            size=str(event["size"]),
        )
    except (KeyError, TypeError):
        raise UserError(say.CHOICE_UNREAD) from None


def to_event(choice: Choice) -> dict[str, Any]:
    """A choice as the browser keeps it; `from_event` is the inverse."""
    return {
        "model": choice.model,
        "other": choice.other,
        "embodiments": list(choice.embodiments),
        "uploads": list(choice.uploads),
        "size": choice.size,
    }


def _known(name: str | None, models: Sequence[str], notes: list[str]) -> str | None:
    if not name or name in models:
        return name or None
    if name.startswith(UPLOAD_PREFIX):
        notes.append(say.LINK_UPLOADED)
    else:
        notes.append(say.NO_CHECKPOINT.format(name=name[:LONGEST]))
    return None
