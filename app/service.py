"""The only door to lapa: what the page needs of it behind plain calls, imported when first used.

`Explorer` is the page's whole service with lapa's own loaders and instrument.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from app import explorer
from app.checkup_sample import SIZES, Sample
from app.checkups import Wanted
from app.compare import gap_frames
from app.gallery import Footage
from app.limits import Limits, SequenceProblem, UserError
from app.transfers import MOST_STEPS, Pair
from app.turns import Turns
from app.views import Measured, Model

__all__ = [
    "MOST_STEPS",
    "SIZES",
    "Explorer",
    "Limits",
    "Pair",
    "SequenceProblem",
    "UserError",
    "Wanted",
    "gap_frames",
]


class Explorer(explorer.Explorer):
    """The explorer, with lapa's loader, reader and instrument where no others are given."""

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
        )

    def _load(self, folder: Path) -> Any:
        import torch

        from lapa.models.quantizer import LatentActionQuantizer

        # More threads than cores, or than the operator asked for, only wait for each other.
        torch.set_num_threads(min(self.limits.threads, torch.get_num_threads()))
        return LatentActionQuantizer.from_pretrained(folder)


class Instrument:
    """lapa's checkup for the page's jobs: what to measure, and what it means."""

    # encode and decode of a frame with the quantizer that `lapa.evaluation` states its costs for
    USUAL_SECONDS = 0.011

    def inspect(self, path: Path) -> tuple[Any, int]:
        """The configuration of a stranger's checkpoint and its parameters, without loading it.

        Raises:
            ValueError: one sentence that says what is wrong with it.
        """
        from lapa.models.config import LAQConfig
        from lapa.models.untrusted import check_folder, check_sizes, shapes
        from lapa.official import laq

        if path.is_dir():
            config = check_folder(path)
        else:
            values = laq.read(path)[0]
            check_sizes(values)
            config = LAQConfig.from_dict(values)
        return config, sum(int(np.prod(shape)) for shape in shapes(config).values())

    def speed(self, turns: Turns) -> float:
        """How many times as long as usual a quantizer takes here and now."""
        side, rows = turns.config.image_size, 4
        frames = np.random.default_rng(0).integers(0, 256, (rows, side, side, 3), np.uint8)
        taken = []
        # the first time is slower, and any time somebody else may have been at work
        for _ in range(4):
            start = time.perf_counter()
            turns.decode(frames, turns.encode(frames, frames[::-1]))
            taken.append((time.perf_counter() - start) / rows)
        return min(taken) / self.USUAL_SECONDS

    def workload(self, sample: Sample) -> float:
        """Seconds that the usual quantizer would take."""
        from lapa.evaluation.checkup import workload

        blank = [Footage(clip, np.empty((clip.frames, 0, 0, 3), np.uint8)) for clip in sample.clips]
        pairs = _pairs(blank, 0, sample.gap_seconds)
        return sum(workload(pairs, stride=sample.stride, transfers=sample.transfers).values())

    def examine(self, turns: Turns, footage: Sequence[Footage], sample: Sample) -> Iterator[Any]:
        """`lapa.evaluation.checkup.examine` on clips at the model's image size."""
        from lapa.evaluation.checkup import examine

        pairs = _pairs(footage, turns.config.image_size, sample.gap_seconds)
        return examine(turns, pairs, stride=sample.stride, transfers=sample.transfers)

    def report(self, checkup: Any, *, seconds: float, **told: Any) -> Any:
        """What was found, for people. told: as `lapa.report.report_of` takes it."""
        from lapa.report import report_of

        return replace(report_of(checkup, **told), seconds=seconds)

    def measured(self, results: Path, name: str, model: Model) -> Measured | None:
        """The figures of a checkpoint in results.json."""
        from lapa.report import published

        found = published(results, name, codes=model.codebook_size)
        if found is None:
            return None
        return Measured(**vars(found), cards=found.cards, record=found.as_json())

    def differences(self, report: Any, other: Any) -> Sequence[Any]:
        from lapa.report import differences

        return differences(report, other)

    def gauge(self, finding: Any) -> str:
        from lapa.report import gauge

        return gauge(finding)

    def as_json(self, report: Any) -> dict[str, Any]:
        from lapa.report import as_json

        return as_json(report)

    def page(self, *reports: Any) -> str:
        from lapa.report import page

        return page(*reports)


class Dreaming:
    """lapa's imagined worlds, replays and sequences for the page's dreams."""

    def world(self, quantizer: Any, frame: np.ndarray, ground: Any) -> Any:
        """An `ImaginedWorld` that begins with a frame."""
        from lapa.imagine import ImaginedWorld

        world = ImaginedWorld(quantizer, frame, ground=ground)
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


class Carrying:
    """lapa's motions and cosines for the page's transfers."""

    def moved(self, frame: np.ndarray, future: np.ndarray) -> Any:
        """`lapa.evaluation.flow.moved` of one pair (h, w, 3)."""
        from lapa.evaluation.flow import moved

        return moved(frame[None], future[None])

    def carry(self, turns: Turns, frames: np.ndarray, codes: np.ndarray, there: np.ndarray) -> Any:
        """`lapa.evaluation.transfer.carry`."""
        from lapa.evaluation.transfer import carry

        return carry(turns, frames, codes, there)

    def least(self, image_size: int) -> float:
        """The shortest motion that is one, in pixels."""
        from lapa.evaluation.transfer import LEAST

        return LEAST * image_size

    def cosine(self, one: np.ndarray, other: np.ndarray) -> float:
        """Of two motions (2,), as shares of the frame's side; 0 where one is none."""
        from lapa.evaluation.transfer import LEAST, cosines

        return float(cosines(one[None], other[None], LEAST)[0])

    def gain(self, imagined: np.ndarray, frames: np.ndarray, goals: np.ndarray) -> np.ndarray:
        """PSNR(imagined, goal) − PSNR(frame, goal) in dB, of batches (B, h, w, 3): (B,)."""
        from lapa.evaluation.table import psnr, squared_error

        return psnr(squared_error(imagined, goals)) - psnr(squared_error(frames, goals))

    def pairs(self, path: Path) -> Any:
        """The real pairs that `python -m lapa transfer` kept."""
        from lapa.evaluation.known_pairs import load_pairs

        return load_pairs(path)


def _pairs(footage: Sequence[Footage], image_size: int, gap_seconds: float) -> Any:
    """`lapa.data.FramePairs` of clips that lie in memory."""
    from lapa.data import FramePairs
    from lapa.data.memory import Recording, cache_in_memory

    recordings = [
        Recording(
            id=each.clip.id,
            source=each.clip.source,
            embodiment="your video" if each.clip.uploaded else each.clip.embodiment,
            fps=each.clip.fps,
            split=each.clip.split or "holdout",
            height=each.clip.height,
            width=each.clip.width,
            action_names=each.action_names,
            frames=each.frames,
            actions=each.actions,
        )
        for each in footage
    ]
    return FramePairs(cache_in_memory(recordings, image_size), gap_seconds)


def _read_episodes(folder: Path) -> Any:
    from lapa.data import read_episodes

    return read_episodes(folder)
