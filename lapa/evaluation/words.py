"""A checkup as a table for people and as figures for files."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from lapa.evaluation.checkup import Checkup
from lapa.evaluation.codes import FrequentCodes
from lapa.evaluation.estimate import Estimate
from lapa.evaluation.table import Groups

UNKNOWN = "–"


@dataclass(frozen=True)
class Column:
    """One column of the table: which measure it shows of a group, and how.

    mean: the name of the figure whose mean over embodiments is shown, too.
    """

    heading: str
    measure: str
    text: Callable[[Any], str]
    mean: str = ""
    digits: int = 2


COLUMNS = (
    Column("pairs", "codes", lambda group: str(group.pairs)),
    Column("MSE ratio", "reconstruction", lambda group: spread(group.ratio, 3), "ratio", 3),
    Column("random", "reconstruction", lambda group: number(group.random_ratio), "random_ratio"),
    Column("sharpness", "picture", lambda group: number(group.sharpness), "sharpness"),
    Column("features", "picture", lambda group: number(group.feature_distance), "feature_distance"),
    Column("ΔPSNR dB", "control", lambda group: spread(group.delta_psnr, 2), "delta_psnr"),
    Column("distinct", "distinctness", lambda group: number(group.distinctness), "distinctness"),
    Column("codes used", "codes", lambda group: " ".join(map(str, group.used))),
    Column("perplexity", "codes", lambda group: " ".join(f"{p:.1f}" for p in group.perplexity)),
    Column("named", "naming", lambda group: number(group.agreement), "agreement"),
    Column("cosine", "consistency", lambda group: number(group.cosine), "cosine"),
    Column("Δ-MSE", "consistency", lambda group: number(group.delta_mse), "delta_mse"),
    Column("Δ-Acc", "consistency", lambda group: number(group.delta_accuracy), "delta_accuracy"),
    Column("R² latent", "probe", lambda group: number(group.latent), "latent"),
    Column("R² codes", "probe", lambda group: number(group.codes), "codes"),
    Column("R² network", "probe", lambda group: number(group.mlp), "mlp"),
    Column("leak dB", "leak", lambda group: number(group.foreign_gain), "foreign_gain"),
    Column("drift dB", "drift", lambda group: number(group.gain), "gain"),
    Column("dream", "drift", lambda group: number(group.sharpness_at), "sharpness_at"),
)
HEADINGS = ("", *(column.heading for column in COLUMNS))
# figures that stand beside those of the reconstruction in results.json, and those in a group apart
TOGETHER = ("reconstruction", "control", "codes", "consistency")
APART = ("picture", "distinctness", "naming", "probe", "leak", "no_op", "drift")
# what pictures need, too long for results.json
PICTURES = ("counts", "effects", "scatter")


def number(value: float | Estimate, digits: int = 2) -> str:
    """A figure without its interval; a dash where it is unknown."""
    return UNKNOWN if math.isnan(float(value)) else f"{float(value):.{digits}f}"


def spread(figure: Estimate, digits: int = 2) -> str:
    """`0.520 [0.498, 0.544]`, without the interval where there is none."""
    low, high = (f"{bound:.{digits}f}" for bound in (figure.low, figure.high))
    return number(figure, digits) + ("" if math.isnan(figure.low) else f" [{low}, {high}]")


def rows(report: Checkup) -> list[tuple[str, ...]]:
    """The held-out table as text: embodiments, their mean, and all pairs together."""
    lines = [_row(name, report, name) for name in report.embodiments]
    mean = ("mean of embodiments", *(_mean(column, report) for column in COLUMNS))
    return [*lines, mean, _row("all pairs", report, None)]


def _row(title: str, report: Checkup, name: str | None) -> tuple[str, ...]:
    return (title, *(_cell(column, report, name) for column in COLUMNS))


def _cell(column: Column, report: Checkup, name: str | None) -> str:
    groups: Groups[Any] | None = getattr(report, column.measure)
    if groups is None or not (name is None or name in groups.embodiments):
        return UNKNOWN
    return column.text(groups.overall if name is None else groups.embodiments[name])


def _mean(column: Column, report: Checkup) -> str:
    groups: Groups[Any] | None = getattr(report, column.measure)
    if not column.mean or groups is None:
        return ""
    return number(groups.mean(column.mean), column.digits)


def as_text(report: Checkup) -> str:
    """The table in aligned columns, for a terminal."""
    lines = [HEADINGS, *rows(report)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    return "\n".join(_aligned(line, widths) for line in lines)


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = zip(line, widths, strict=True)
    return "  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)])


def as_markdown(report: Checkup) -> str:
    """The table for a model card."""
    lines = [HEADINGS, tuple("---" for _ in HEADINGS), *rows(report)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def as_json(report: Checkup) -> dict[str, Any]:
    """The figures by group, JSON-able: what results.json keeps. Unknown figures are None.

    Figures with an interval are plain numbers; their bounds are under `interval` of their group.
    """
    return {
        "pairs": report.pairs,
        "episodes": report.episodes,
        "overall": _group(report, None),
        "mean_of_embodiments": _plain(_means(report)),
        "embodiments": {name: _group(report, name) for name in report.embodiments},
        "divergence": _figures(report.divergence),
        "transfer": None if report.transfer is None else _figures(report.transfer),
    }


def _means(report: Checkup) -> dict[str, float]:
    """The means over embodiments that the table shows, under the name of their figure."""
    shown = [column for column in COLUMNS if _mean(column, report)]
    names = [f"{c.measure}_{c.mean}" if c.measure in APART else c.mean for c in shown]
    values = [getattr(report, column.measure).mean(column.mean) for column in shown]
    return dict(zip(names, values, strict=True))


def _group(report: Checkup, name: str | None) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    bounds: dict[str, Any] = {}
    for measure in (*TOGETHER, *APART):
        groups = getattr(report, measure)
        if groups is None or not (name is None or name in groups.embodiments):
            continue
        found = _figures(groups.overall if name is None else groups.embodiments[name])
        if measure in APART:
            figures[measure] = found
        else:
            bounds |= found.pop("interval", {})
            # the pairs of the first measure are all pairs; a later one may know fewer
            figures |= {key: value for key, value in found.items() if key not in figures}
    return figures | {"interval": bounds}


def _figures(measure: Any) -> dict[str, Any]:
    """A measure's fields, its Estimates as numbers and under `interval`."""
    fields = {name: value for name, value in vars(measure).items() if name not in PICTURES}
    estimates = {name: value for name, value in fields.items() if isinstance(value, Estimate)}
    plain = {name: float(v) if name in estimates else v for name, v in fields.items()}
    bounds = {name: [each.low, each.high] for name, each in estimates.items()}
    return _plain(plain | ({"interval": bounds} if bounds else {}))


def _plain(value: Any) -> Any:
    """JSON-able: six digits, tuples as lists, names of pairs joined, None for NaN."""
    if isinstance(value, dict):
        return {_key(name): _plain(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Estimate):
        return _plain(asdict(value))
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def _key(name: Any) -> str:
    return " to ".join(name) if isinstance(name, tuple) else str(name)


def usage(report: Checkup) -> dict[str, Any]:
    """The contents of a checkpoint's usage.json: frequent and still latent actions by group."""
    groups = report.frequent
    return {
        "pairs": report.pairs,
        "embodiments": {name: _usage(each) for name, each in groups.embodiments.items()},
        "overall": _usage(groups.overall),
    }


def _usage(group: FrequentCodes) -> dict[str, Any]:
    frequent = [{"codes": list(c), "share": round(share, 5)} for c, share in group.frequent]
    return {"pairs": group.pairs, "frequent": frequent, "still": list(group.still)}
