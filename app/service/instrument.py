"""lapa's checkup: what to measure, and what it means."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from app.checkup_sample import Sample
from app.gallery import Footage
from app.turns import Turns
from app.views import Measured, Model


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

    def found(self, source: str) -> Path:
        """The folder or file behind a path or a Hub id, which is downloaded.

        Raises:
            FileNotFoundError: one sentence that says where nothing is.
        """
        from lapa.pretrained import resolve

        return resolve(source)

    def free_memory(self) -> int:
        """Bytes that this machine has free."""
        import psutil

        return psutil.virtual_memory().available

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
