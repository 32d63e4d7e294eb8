"""Stages two and three on one frame of the tabletop: an instruction becomes codes and a command."""

from __future__ import annotations

import importlib
import logging
import threading
from pathlib import Path
from typing import Any

from app.core.cache import Cache
from app.core.compute import Compute
from app.core.frames import Frames
from app.core.limits import UserError
from app.tabs.learn import words as say
from app.tabs.learn.examples import Examples
from app.tabs.learn.views import Instructed
from app.tabs.policy.simulator import Acting

log = logging.getLogger(__name__)
QUANTIZER, POLICY, FINETUNED = "tabletop", "tabletop-policy", "tabletop-acting"
# the frame that all stages are shown on, and blocks that lie on its board
CLIP, INDEX = "cylinder-block2relative-100211", 0
BLOCKS = ("red moon", "yellow cube", "green star", "red pentagon")
# what loading a policy imports, which takes longer than all else
IMPORTS = ("accelerate", "transformers.models.llama")
INSTRUCTIONS = tuple(say.INSTRUCTION.format(block=block) for block in BLOCKS)


class Stages:
    """What loading the policies needs is imported by a thread of its own, as that takes seconds: a
    first visitor is shown stage one meanwhile. folder: of the checkpoints."""

    def __init__(
        self, examples: Examples, compute: Compute, frames: Frames, acting: Acting, folder: Path
    ) -> None:
        self._examples, self._compute, self._frames = examples, compute, frames
        self._acting, self._folder = acting, folder
        self._made: Cache[Instructed] = Cache(20, size=lambda _: 1)
        self._lock, self._ready = threading.Lock(), threading.Event()
        self._loading = False
        self._policies: tuple[Any, Any] | None = None

    def warm(self) -> None:
        """Begin to load the policies, where nobody has."""
        with self._lock:
            begun, self._loading = self._loading, True
        if not begun:
            threading.Thread(target=self._load, name="policies", daemon=True).start()

    def ready(self) -> bool:
        """Whether they are loaded, or cannot be."""
        return self._ready.is_set()

    def instructed(self, number: int) -> Instructed:
        """What one of INSTRUCTIONS becomes; waits for the policies."""
        return self._made.get_or_make(number, lambda: self._make(INSTRUCTIONS[number]))

    def every(self) -> list[Instructed]:
        """What each of INSTRUCTIONS becomes."""
        return [self.instructed(number) for number in range(len(INSTRUCTIONS))]

    def _load(self) -> None:
        try:
            for module in IMPORTS:
                importlib.import_module(module)
            paths = [self._folder / name for name in (POLICY, FINETUNED)]
            # on the models' thread: while networks are built, torch gives none of them any memory
            policy, finetuned = (self._compute.between(self._acting.policy, path) for path in paths)
            self._policies = policy, finetuned
        except Exception:
            # whatever is wrong with their files, the lessons go on without stages two and three
            log.warning("the policies of the lessons cannot be loaded", exc_info=True)
        finally:
            self._ready.set()

    def _make(self, instruction: str) -> Instructed:
        self.warm()
        self._ready.wait()
        if self._policies is None:
            raise UserError(say.NO_POLICIES.format(policy=POLICY, finetuned=FINETUNED))
        policy, finetuned = self._policies
        loaded = self._examples.usable(QUANTIZER)
        frame = self._frames.prepared(loaded, CLIP, INDEX)
        codes = tuple(map(int, self._compute.between(policy.predict, frame, instruction)))
        towards, right = self._compute.between(finetuned.act, frame, instruction)[:2]
        shown, image = self._examples.imagine(QUANTIZER, CLIP, INDEX, codes)
        return Instructed(instruction, shown, codes, image, (float(right), -float(towards)))
