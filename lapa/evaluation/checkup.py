"""The health report of a quantizer: every measure of one table, for people and for files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from lapa.data import FramePairs
from lapa.evaluation.codes import CodeUse, FrequentCodes, code_use, frequent_codes
from lapa.evaluation.control import Control, control
from lapa.evaluation.reconstruction import Reconstruction, reconstruction
from lapa.evaluation.table import Groups, PairTable, Quantizer, measure


@dataclass(frozen=True)
class Checkup:
    """Closer to the future, controllability, use of the codes and the frequent ones."""

    reconstruction: Groups[Reconstruction]
    control: Groups[Control]
    codes: Groups[CodeUse]
    frequent: Groups[FrequentCodes]

    @property
    def pairs(self) -> int:
        return self.reconstruction.overall.pairs

    @property
    def embodiments(self) -> tuple[str, ...]:
        return tuple(self.reconstruction.embodiments)


def checkup(table: PairTable) -> Checkup:
    """All measures of one table."""
    return Checkup(reconstruction(table), control(table), code_use(table), frequent_codes(table))


def headline(quantizer: Quantizer, pairs: FramePairs, *, stride: int = 4) -> dict[str, float]:
    """The figures to watch while training, on every `stride`-th frame of the held-out episodes."""
    report = checkup(measure(quantizer, pairs, stride=stride))
    ratios = {f"ratio/{name}": r.ratio for name, r in report.reconstruction.embodiments.items()}
    return {
        "ratio": report.reconstruction.overall.ratio,
        "delta_psnr": report.control.overall.delta_psnr,
        "psnr": report.reconstruction.overall.psnr,
        "codes_used": report.codes.overall.least_used,
        "perplexity": report.codes.overall.least_perplexity,
        **ratios,
    }


HEADINGS = (
    "",
    "pairs",
    "MSE ratio",
    "ΔPSNR",
    "PSNR",
    "copy PSNR",
    "codes used",
    "perplexity",
)


def rows(report: Checkup) -> list[tuple[str, ...]]:
    """The held-out table as text: embodiments, their mean, and all pairs together."""
    lines = [_row(name, report, name) for name in report.embodiments]
    rebuilt, controlled = report.reconstruction, report.control
    mean = (f"{rebuilt.mean('ratio'):.3f}", f"{controlled.mean('delta_psnr'):.2f} dB")
    lines.append(("mean of embodiments", "", *mean, "", "", "", ""))
    return [*lines, _row("all pairs", report, None)]


def _row(title: str, report: Checkup, name: str | None) -> tuple[str, ...]:
    rebuilt, controlled, codes = (
        group.overall if name is None else group.embodiments[name]
        for group in (report.reconstruction, report.control, report.codes)
    )
    return (
        title,
        str(rebuilt.pairs),
        f"{rebuilt.ratio:.3f}",
        f"{controlled.delta_psnr:.2f} dB",
        f"{rebuilt.psnr:.2f}",
        f"{rebuilt.copy_psnr:.2f}",
        " ".join(str(used) for used in codes.used),
        " ".join(f"{value:.1f}" for value in codes.perplexity),
    )


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
    """The figures by group, JSON-able: what results.json keeps."""
    rebuilt, controlled = report.reconstruction, report.control
    return {
        "pairs": report.pairs,
        "overall": _figures(rebuilt.overall, controlled.overall, report.codes.overall),
        "mean_of_embodiments": {
            "ratio": round(rebuilt.mean("ratio"), 5),
            "delta_psnr": round(controlled.mean("delta_psnr"), 4),
        },
        "embodiments": {
            name: _figures(each, controlled.embodiments[name], report.codes.embodiments[name])
            for name, each in rebuilt.embodiments.items()
        },
    }


def _figures(rebuilt: Reconstruction, controlled: Control, codes: CodeUse) -> dict[str, Any]:
    figures = asdict(rebuilt) | asdict(controlled) | asdict(codes)
    return {name: _rounded(value) for name, value in figures.items()}


def _rounded(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_rounded(item) for item in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


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
