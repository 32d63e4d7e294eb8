"""What is chosen in the tab Policy as query parameters:
`?tab=policy&s=7&k=block2block&e=cylinder&t=sim&i=push+the+red+star&p=lapa`, or `r=EPISODE&f=3`;
where a hierarchy acts, `w=2.5` words a second.

As in links.py nothing in a query is trusted, and whatever had to be dropped is told in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from app.core.limits import UserError
from app.tabs.policy import words as say
from app.tabs.policy.service import INSTRUCTION, SEEDS, USUAL, Choice
from app.tabs.policy.simulator_process import FAST
from app.tabs.policy.views import Tabletop
from app.web.link import VERSION, whole

TAB = "policy"
LONGEST = 60
# where somebody begins who asks for nothing
FIRST = Choice(seed=7)


def read(query: Mapping[str, str], about: Tabletop) -> tuple[Choice, list[str]]:
    """A choice that can be run here, and a sentence for everything that had to be changed."""
    notes: list[str] = []
    if query.get("tab") != TAB or about.problem:
        return FIRST, notes

    def known(name: str, words: str, there: tuple[str, ...], otherwise: str) -> str:
        asked = query.get(name, otherwise)
        if asked in there:
            return asked
        notes.append(say.NO_CHOICE.format(words=words, asked=asked[:LONGEST], otherwise=otherwise))
        return otherwise

    recording = query.get("r", "")
    frames = {each.id: each.frames for each in about.recordings}
    if recording and recording not in frames:
        notes.append(say.NO_RECORDING.format(recording=recording[:LONGEST]))
        recording = ""
    seed = whole(query.get("s"), FIRST.seed)
    if not 0 <= seed < SEEDS:
        notes.append(say.SEED_OUTSIDE.format(seed=FIRST.seed))
        seed = FIRST.seed
    frame = min(max(whole(query.get("f"), 0), 0), frames[recording] - 2) if recording else 0
    asked, speaks = query.get("w", f"{FIRST.speaks:g}"), FIRST.speaks
    if known_speaks := [each for each in about.speaks if f"{each:g}" == asked]:
        [speaks] = known_speaks
    else:
        notes.append(say.NO_SPEAKS.format(asked=asked[:LONGEST], otherwise=speaks))
    policies = about.policies or (FIRST.policy,)
    choice = Choice(
        seed=seed,
        kind=known("k", say.KIND_OF_TASK, about.kinds, FIRST.kind),
        embodiment=known("e", "embodiment", about.embodiments, FIRST.embodiment),
        theme=known("t", "theme", about.themes, FIRST.theme),
        instruction=query.get("i", "")[:INSTRUCTION],
        policy=known("p", "policy", policies, policies[0]),
        recording=recording,
        frame=frame,
        speaks=speaks,
    )
    return choice, notes


def write(choice: Choice) -> str:
    """The query string of a choice, without the question mark."""
    pairs = {"tab": TAB, "v": VERSION}
    if choice.recording:
        pairs |= {"r": choice.recording, "f": str(choice.frame)}
    else:
        pairs |= {"s": str(choice.seed), "k": choice.kind, "e": choice.embodiment}
        pairs["t"] = choice.theme
    if choice.instruction:
        pairs["i"] = choice.instruction
    pairs["p"] = choice.policy
    if choice.policy == FAST:
        pairs["w"] = f"{choice.speaks:g}"
    return urlencode(pairs)


def from_event(event: Mapping[str, Any]) -> Choice:
    """The choice an event of the browser carries, checked for type here, for meaning later.

    Raises:
        UserError: it is none; the sentence is for the page.
    """
    words = ("kind", "embodiment", "theme")
    numbers: tuple[Any, Any] = event.get("seed"), event.get("frame", 0)
    if not all(isinstance(each, int) and not isinstance(each, bool) for each in numbers):
        raise UserError(say.SEED_WHOLE.format(last=SEEDS - 1))
    speaks: Any = event.get("speaks", USUAL)
    number = isinstance(speaks, int | float) and not isinstance(speaks, bool)
    if not number or not all(isinstance(event.get(name), str) for name in (*words, "policy")):
        raise UserError(say.CHOICE_UNREAD)
    return Choice(
        seed=numbers[0],
        frame=numbers[1],
        policy=event["policy"],
        speaks=float(speaks),
        instruction=str(event.get("instruction") or ""),
        recording=str(event.get("recording") or ""),
        **{name: event[name] for name in words},
    )


def to_event(choice: Choice) -> dict[str, Any]:
    """A choice as the browser keeps it; `from_event` is the inverse."""
    return dict(vars(choice))
