"""Where the figures of a checkup are written: beside the checkpoint, and in results.json.

Files are changed in place and only where they are ours: between two markers of the model card, and
under one name of results.json.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lapa.evaluation.checkup import Checkup
from lapa.evaluation.words import as_json, as_markdown, usage

LEGEND = (
    "MSE ratio: MSE(decode, x_t+H) / MSE(x_t, x_t+H), below 1 is closer to the future than x_t. "
    "Random: the same with random codes. Sharpness: detail where the true frame moves, over the "
    "true frame's. Features: distance in the features of a small pretrained network, over x_t's. "
    "ΔPSNR: PSNR with the inferred codes minus PSNR with a random other latent action. Distinct: "
    "difference of the pictures of a sweep over that of the pair. Codes used and perplexity: one "
    "figure a position. Cosine: agreement of the true motions of pairs that share a code. Δ-MSE: "
    "variance of the motion that is left once a code is known. Δ-Acc: how often the direction is "
    "guessed from the codes (eight directions and still). Named: how often the word of the codes "
    "is the pair's direction in the picture. R²: linear probe to the end-effector's translation; "
    "network: a small one in place of the line. Leak: what the codes of a foreign scene gain over "
    "copying. Drift and dream: an imagined rollout with the true codes against copy-frame where "
    "the robot is, and its detail there over the true frame's."
)
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
    _replace(path, text)
    return path


def write_results(
    path: Path,
    name: str,
    report: Checkup,
    command: str,
    *,
    findings: Mapping[str, Sequence[float | None]] | None = None,
) -> Path:
    """Set `name` in results.json to the figures and the command that made them.

    findings: key -> [value, low, high], the figures that answer the questions of a report; None
    stands for what is unknown. Kept as they are, for the table that holds them to the bars.
    """
    results = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    results[name] = {"command": command, **as_json(report)}
    if findings is not None:
        results[name]["findings"] = dict(findings)
    return write_json(path, results)


def write_json(path: Path, value: Any) -> Path:
    """Indented JSON; short lists of numbers stay on one line, so that a change reads well."""
    text = json.dumps(value, indent=1, ensure_ascii=False)
    flat = re.sub(r"\[\s+((?:null|[-\d.e+,\s])+?)\s+\]", lambda m: f"[{_joined(m[1])}]", text)
    _replace(path, flat + "\n")
    return path


def write_text(path: Path, text: str) -> Path:
    """The whole text or nothing: a reader never sees half of it."""
    _replace(path, text)
    return path


def _joined(numbers: str) -> str:
    return ", ".join(part.strip() for part in numbers.split(","))


def _section(report: Checkup, command: str) -> str:
    return (
        f"{report.pairs} frame pairs of {report.episodes} episodes, brackets are 95 % intervals "
        f"over episodes. Made by:\n\n```\n{command}\n```\n\n{as_markdown(report)}\n\n{LEGEND}"
    )


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.writing")
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, path)
