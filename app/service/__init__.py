"""The only door to lapa: what the page needs of it behind plain calls, imported when first used.

`Explorer` is the page's whole service with lapa's own loaders and instrument.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from app import explorer
from app.checkup_sample import SIZES
from app.checkups import Wanted
from app.compare import gap_frames
from app.lessons import LESSONS
from app.lessons.tables import METHODS as PAPER_METHODS
from app.lessons.tables import TABLES as PAPER_TABLES
from app.limits import Limits, NoPictures, SequenceProblem, UserError
from app.patterns import parse_pattern, written
from app.policies import INSTRUCTION, SEEDS, Choice
from app.service.acting import Acting
from app.service.carrying import Carrying
from app.service.dreaming import Dreaming
from app.service.instrument import Instrument
from app.service.mapping import Mapping
from app.service.teaching import Teaching
from app.transfers import MOST_STEPS, Pair

__all__ = [
    "Choice",
    "INSTRUCTION",
    "SEEDS",
    "LESSONS",
    "PAPER_METHODS",
    "PAPER_TABLES",
    "MOST_STEPS",
    "SIZES",
    "Explorer",
    "Limits",
    "NoPictures",
    "Pair",
    "SequenceProblem",
    "UserError",
    "Wanted",
    "gap_frames",
    "parse_pattern",
    "written",
]


class Explorer(explorer.Explorer):
    """The explorer, with lapa's own where no others are given."""

    def __init__(
        self,
        checkpoints: Path | str,
        clips: Path | str,
        limits: Limits | None = None,
        *,
        load: Callable[[Path], Any] | None = None,
        read: Callable[[Path], Any] | None = None,
        instrument: Any = None,
        dreaming: Any = None,
        carrying: Any = None,
        mapping: Any = None,
        teaching: Any = None,
        acting: Any = None,
        offer: tuple[str, ...] = (),
    ) -> None:
        super().__init__(
            checkpoints,
            clips,
            limits or Limits(),
            load=load or self._load,
            read=read or _read_episodes,
            instrument=instrument or Instrument(),
            dreaming=dreaming or Dreaming(),
            carrying=carrying or Carrying(),
            mapping=mapping or Mapping(),
            teaching=teaching or Teaching(),
            acting=acting or Acting(),
            offer=offer,
        )

    def _load(self, folder: Path) -> Any:
        import torch

        from lapa.models.quantizer import LatentActionQuantizer

        # More threads than cores, or than the operator asked for, only wait for each other.
        torch.set_num_threads(min(self.limits.threads, torch.get_num_threads()))
        return LatentActionQuantizer.from_pretrained(folder, precision="auto")


def _read_episodes(folder: Path) -> Any:
    from lapa.data import read_episodes

    return read_episodes(folder)
