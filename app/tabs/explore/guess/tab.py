"""The game "Which code did this?": a dialog over Explore, which tabs/explore/guess/game.js runs."""

from __future__ import annotations

from typing import Any

from app.tabs.explore.guess.events import GuessHandlers
from app.tabs.explore.guess.service import Guess
from app.tabs.explore.service import Explore
from app.web.components import panel


def layout(guess: Guess, explore: Explore) -> None:
    """Lays out the dialog and connects it to the service."""
    handlers = GuessHandlers(guess, explore)
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    game = panel("guess", events=["round"])
    game.round(handlers.round, None, game, api_name="page_guess", trigger_mode="multiple", **quiet)
