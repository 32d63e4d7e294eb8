"""Where the figures of a checkup are written: beside the checkpoint, and in results.json.

Files are changed in place and only where they are ours: between two markers of the model card, and
under one name of results.json.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lapa.checkup.measure import Checkup
from lapa.checkup.text import as_json, as_markdown, legend, usage
from lapa.files import update_json, write_json, write_text

START, END = "<!-- checkup:start -->", "<!-- checkup:end -->"


def write_usage(folder: Path, report: Checkup) -> Path:
    """`usage.json` of a checkpoint: what the page offers as presets."""
    return write_json(folder / "usage.json", usage(report))


def write_card(folder: Path, name: str, report: Checkup, command: str) -> Path:
    """Put the held-out table into the model card, between the markers; appended if there are none.

    `command` is the line that makes the figures, for the reader to repeat; `name` heads a new card.
    """
    path = folder / "README.md"
    text = path.read_text(encoding="utf-8") if path.exists() else f"# {name}\n"
    block = f"{START}\n{_section(report, command)}\n{END}"
    pattern = re.compile(re.escape(START) + ".*?" + re.escape(END), re.DOTALL)
    if pattern.search(text):
        text = pattern.sub(lambda _: block, text, count=1)
    else:
        text = f"{text.rstrip()}\n\n## Held-out figures\n\n{block}\n"
    return write_text(path, text)


def write_results(
    path: Path,
    name: str,
    report: Checkup,
    command: str,
    *,
    findings: Mapping[str, Sequence[float | None]] | None = None,
    sentences: Mapping[str, str] | None = None,
) -> Path:
    """Set `name` in results.json to the figures and the command that made them.

    findings: key -> [value, low, high], the figures that answer the questions of a report; None
    stands for what is unknown. Kept as they are, for the table that holds them to the bars.
    sentences: key -> what the report said of the figure, for whoever reads it again.
    """
    figures: dict[str, Any] = {"command": command, **as_json(report)}
    if findings is not None:
        figures["findings"] = dict(findings)
    if sentences is not None:
        figures["sentences"] = dict(sentences)
    return update_json(path, {(name,): figures})


def _section(report: Checkup, command: str) -> str:
    return (
        f"{report.pairs} frame pairs of {report.episodes} episodes, brackets are 95 % intervals "
        f"over episodes. Made by:\n\n```\n{command}\n```\n\n{as_markdown(report)}\n\n{legend()}"
    )
