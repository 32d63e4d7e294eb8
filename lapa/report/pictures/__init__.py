"""A picture for each figure that one can show: key -> function of the checkup.

Inline SVG or HTML, without any other file; a function is called only where its figure is known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lapa.report import svg
from lapa.report.pictures import charts, matrices
from lapa.report.pictures.interval_bars import Mark, interval_bars
from lapa.report.pictures.rose import rose
from lapa.report.pictures.strips import worst
from lapa.report.pictures.usage import usage
from lapa.report.scales import scale_of

if TYPE_CHECKING:
    from lapa.evaluation.checkup import Checkup


def _by_embodiment(
    key: str, measure: str, name: str, title: str, *marks: Mark
) -> Callable[[Checkup], str]:
    """Bars of one figure, an embodiment each, and all pairs together."""

    def draw(checkup: Checkup) -> str:
        groups: Any = getattr(checkup, measure)
        rows = {body: getattr(group, name) for body, group in groups.embodiments.items()}
        if len(rows) > 1:
            rows["all pairs"] = getattr(groups.overall, name)
        return interval_bars(rows, scale_of(key), title=title, marks=marks)

    return draw


PICTURES: dict[str, Callable[[Checkup], str]] = {
    "use": usage,
    "ratio": _by_embodiment(
        "ratio",
        "reconstruction",
        "ratio",
        "Error of the imagined frame, as a share of the error of not moving",
        Mark(0.45, "our bar", svg.GOOD),
        Mark(1.0, "not moving", svg.WRONG),
    ),
    "ratio_worst": worst,
    "delta_psnr": _by_embodiment(
        "delta_psnr",
        "control",
        "delta_psnr",
        "What the right codes gain over random ones, in dB",
        Mark(1.91, "Genie", svg.GOOD),
    ),
    "delta_accuracy": rose,
    "probe_latent": charts.scatter,
    "leak": _by_embodiment(
        "leak",
        "leak",
        "foreign_gain",
        "How far a foreign scene is rebuilt from its codes, in dB",
        Mark(1.0, "our bar", svg.WRONG),
    ),
    "no_op": _by_embodiment(
        "no_op",
        "no_op",
        "share",
        "Share of standing frames that get the commonest code",
        Mark(0.9, "90 %", svg.GOOD),
    ),
    "drift": charts.drift,
    "transfer": matrices.transfer,
    "divergence": matrices.divergence,
}
