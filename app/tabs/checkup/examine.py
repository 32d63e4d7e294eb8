"""lapa's checkup: what to measure, and what it means."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.clips.gallery import Footage
from app.core.interleave import Turns
from app.core.limits import SeveralNetworks
from app.core.views import Model
from app.tabs.checkup.sample import Sample

if TYPE_CHECKING:
    from lapa.checkup import Difference, Finding, Published, Report
    from lapa.checkup.examine import Stage


class Instrument:
    """lapa's checkup for the page's jobs: what to measure, and what it means."""

    # encode and decode of a frame with the quantizer that `lapa.evaluation` states its costs for
    USUAL_SECONDS = 0.011

    def inspect(self, path: Path, **reading: int) -> tuple[Any, int]:
        """The configuration of a stranger's checkpoint and its parameters, without loading it.

        Args:
            reading: image_size and code_length of an official file that fits several networks.

        Raises:
            ValueError: one sentence that says what is wrong with it.
            SeveralNetworks: without a reading it may be this or that.
        """
        from lapa.models.config import LAQConfig
        from lapa.models.untrusted import check_folder, check_sizes, shapes
        from lapa.official import laq

        if path.is_dir():
            config = check_folder(path)
        else:
            try:
                values = laq.read(path, **reading)[0]
            except laq.SeveralNetworks as error:
                raise SeveralNetworks(error.readings) from error
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

        return int(psutil.virtual_memory().available)

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
        from lapa.checkup.examine import workload

        blank = [Footage(clip, np.empty((clip.frames, 0, 0, 3), np.uint8)) for clip in sample.clips]
        pairs = _pairs(blank, 0, sample.gap_seconds)
        return sum(workload(pairs, stride=sample.stride, transfers=sample.transfers).values())

    def activities(self) -> Mapping[str, str]:
        """Name of a stage of `examine` -> what is done in it, told to people."""
        from lapa.checkup.examine import activities

        return activities()

    def examine(
        self, turns: Turns, footage: Sequence[Footage], sample: Sample
    ) -> Generator[Stage, None, None]:
        """`lapa.checkup.examine.examine` on clips at the model's image size."""
        from lapa.checkup.examine import examine

        pairs = _pairs(footage, turns.config.image_size, sample.gap_seconds)
        yield from examine(turns, pairs, stride=sample.stride, transfers=sample.transfers)

    def report(self, checkup: Any, *, seconds: float, **told: Any) -> Report:
        """What was found, for people. told: as `lapa.checkup.report_of` takes it."""
        from lapa.checkup import report_of

        return replace(report_of(checkup, **told), seconds=seconds)

    def measured(self, results: Path, name: str, model: Model) -> Published | None:
        """The figures of a checkpoint in results.json."""
        from lapa.checkup import published

        return published(results, name, codes=model.codebook_size)

    def differences(self, report: Report, other: Report) -> Sequence[Difference]:
        """Two reports figure by figure."""
        from lapa.checkup import differences

        return differences(report, other)

    def gauge(self, finding: Finding) -> str:
        """A figure on its scale, as inline SVG."""
        from lapa.checkup import gauge

        return gauge(finding)

    def as_json(self, report: Report) -> dict[str, Any]:
        """Everything in a report but its pictures."""
        from lapa.checkup import as_json

        return as_json(report)

    def page(self, *reports: Report) -> str:
        """Reports side by side as a self-contained HTML page."""
        from lapa.checkup import page

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
