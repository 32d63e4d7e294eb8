"""What the game asks of the server: its rounds. Who answers what is told to nobody."""

from __future__ import annotations

import functools

from app.core.limits import UserError
from app.tabs.explore import words as say
from app.tabs.explore.guess.service import Guess
from app.tabs.explore.service import Explore
from app.web.events import Callbacks, Record, answers
from app.web.records import data_url

# rounds whose pictures are kept: a class that was sent one link plays the same ten
KEPT = 64


class GuessHandlers(Callbacks):
    """The callbacks of the game on one service."""

    def __init__(self, guess: Guess, explore: Explore) -> None:
        self._guess, self._explore = guess, explore
        self._round = functools.lru_cache(maxsize=KEPT)(self._make_round)

    @answers
    def round(self, event: Record, session: str | None) -> Record:
        """A round of a game, with its answer."""
        return self._round(str(event.get("m"))[:200], _whole(event, "game"), _whole(event, "n"))

    def _make_round(self, model: str, seed: int, number: int) -> Record:
        found = self._guess.round(model, seed, number)
        return {
            "m": model,
            "clip": found.clip.id,
            "index": found.index,
            "embodiment": found.clip.embodiment,
            "gap": found.model.gap_seconds,
            "aspect": round(found.clip.aspect, 4),
            "frame": data_url(found.frame),
            "future": data_url(found.future),
            "names": self._explore.names(model, found.clip.embodiment),
            "options": [
                {"codes": list(option.codes), "image": data_url(option.image)}
                for option in found.options
            ],
            "right": found.right,
        }


def _whole(event: Record, name: str) -> int:
    value = event.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise UserError(say.NUMBER_UNREAD)
    return value
