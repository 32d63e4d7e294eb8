"""lapa's imagined worlds, replays and sequences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from app.limits import SequenceProblem
from app.turns import Turns
from app.views import Model


class Dreaming:
    """lapa's imagined worlds, replays and sequences for the page's dreams."""

    def world(self, quantizer: Any, frame: np.ndarray, ground: Any, size: int | None) -> Any:
        """An `ImaginedWorld` that begins with a frame. size: of its pictures; None: the model's."""
        from lapa.imagine import ImaginedWorld

        world = ImaginedWorld(quantizer, frame, ground=ground, size=size)
        world.reset(seed=0)
        return world

    def grounds(self, path: Path) -> dict[str, Any]:
        """Familiar ground by embodiment."""
        from lapa.imagine import load_grounds

        return load_grounds(path)

    def replay(self, turns: Turns, frames: np.ndarray, every: int | None) -> Iterator[Any]:
        """`lapa.evaluation.replay.replay`."""
        from lapa.evaluation.replay import replay

        return replay(turns, frames, every=every)

    def parse(self, text: str, model: Model) -> list[tuple[int, ...]]:
        """The latent actions that a text names.

        Raises:
            SequenceProblem: with the place of the character that does not fit.
        """
        from lapa.imagine.sequences import SequenceError, parse_sequence

        try:
            return parse_sequence(
                text, code_length=model.code_length, codebook_size=model.codebook_size
            )
        except SequenceError as error:
            raise SequenceProblem(str(error), error.position, error.pointer) from error

    def write(self, actions: Sequence[Sequence[int]]) -> str:
        from lapa.imagine.sequences import write_sequence

        return write_sequence(actions)

    def shuffled(self, actions: Sequence[Sequence[int]], seed: int) -> list[tuple[int, ...]]:
        from lapa.imagine.sequences import shuffled

        return shuffled(actions, seed)
