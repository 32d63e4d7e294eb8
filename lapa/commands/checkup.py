"""`python -m lapa checkup`: measure a quantizer, print and keep what was found, hold bars.

The table and the verdicts go to standard output, progress to standard error. Exit code 1: a bar
is broken; 2: something was asked wrongly.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

from lapa.commands.console import (
    bar,
    cache_of,
    checkpoint_folder,
    data_options,
    duration,
    format_words,
    tell,
    warn,
    will_write,
)

if TYPE_CHECKING:
    from lapa.checkup import Report
    from lapa.checkup.examine import Stage
    from lapa.checkup.measure import Checkup
    from lapa.data import Cache, FramePairs
    from lapa.evaluation.inferred import Quantizer

DATA = "DATA is a prepared cache, or CLIPS."
EPILOG = """CHECKPOINT is a folder of ours, the folder of a run, or an official LAPA .pt file.
DATA is a prepared cache, or CLIPS.

bars know these names:
NAMES

examples:
  %(prog)s runs/mine --data videos --html report.html
  %(prog)s runs/mine --data videos --against laq_openx.pt --html both.html
  %(prog)s runs/mine --data videos --bar "ratio<=0.45" --bar "use>=8"
  %(prog)s --model theirs:UniVLA --data videos --html theirs.html
  %(prog)s runs/anchor/model --data videos --write-results --name official-recipe"""


class _Help(argparse.RawDescriptionHelpFormatter):
    """Fills in the formats of clips and the names of all figures: only who asks for help waits
    for the measures to load."""

    def add_text(self, text: str | None) -> None:
        if text is EPILOG:
            from lapa.checkup import keys
            from lapa.data.readers.registry import accepted

            names = fill(" ".join(keys()), 94, initial_indent="  ", subsequent_indent="  ")
            data = fill(DATA.replace("CLIPS", accepted()), 94)
            text = EPILOG.replace(DATA, data).replace("NAMES", names)
        super().add_text(text)


@dataclass(frozen=True)
class Measured:
    """A checkpoint's folder or file, what was found, and the same for people."""

    source: Path
    checkup: Checkup
    report: Report


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The options of `python -m lapa checkup`."""
    command.formatter_class = _Help
    command.epilog = EPILOG
    add = command.add_argument
    add("checkpoint", type=Path, nargs="?", help="checkpoint, run folder or official .pt")
    add("--model", help="somebody else's model as module:object (see lapa/checkup/foreign.py)")
    data_options(command)
    add("--split", choices=("holdout", "train", "all"), help="(holdout; all if none is held out)")
    add("--stride", type=int, default=1, help="every N-th frame (1)")
    add("--gap", type=float, help="gap in seconds (the model's own)")
    add("--drift-steps", type=int, default=16, help="length of a dream, at most 32 (16)")
    add("--learn", type=Path, help="other clips for the probe to learn from (DATA's train split)")
    add("--seed", type=int, default=0, help="of everything random (0)")
    add("--image-size", type=int, help="of a .pt file that leaves it open, pixels")
    add("--code-length", type=int, help="of a .pt file that leaves it open")
    add("--against", type=Path, help="another checkpoint, measured on the same clips")
    add("--json", type=Path, help="also write the figures and verdicts to this file")
    add("--html", type=Path, help="also write one self-contained page")
    add("--bar", action="append", default=[], help='as "ratio<=0.45"; repeatable, exit code 1')
    add("--name", help="what the checkpoint is called (its folder's name)")
    add("--write", action="store_true", help="update usage.json, model card and results.json")
    add("--write-results", action="store_true", help="update results.json only")
    add("--results", type=Path, default=Path("assets/results.json"), help="(assets/results.json)")


def command(options: argparse.Namespace) -> int:
    """Measure, tell, keep; returns the exit code. ValueError where something is asked wrongly."""
    from lapa.checkup import Bar, broken

    if (options.checkpoint is None) == (options.model is None):
        raise ValueError("name a checkpoint, or with --model somebody else's model; one of the two")
    if options.model is not None and options.write:
        raise ValueError(
            "--write fills a checkpoint's folder; --write-results takes a --model, too"
        )
    bars = [Bar.parse(text) for text in options.bar]
    kept = options.write or options.write_results
    will_write(options.json, options.html, options.results if kept else None)
    measured = [measure(options.checkpoint, options, options.name)]
    if options.against:
        measured.append(measure(options.against, options))
    try:
        _keep(measured, options)
    finally:
        # a file that could not be written leaves the figures on the terminal
        print("\n\n".join(_summary(each) for each in measured))
        if options.against:
            print("\n" + comparison(*(each.report for each in measured)))
    failures = broken(measured[0].report, bars)
    for sentence in failures:
        print(f"lapa checkup: {sentence}", file=sys.stderr)
    return 1 if failures else 0


def measure(path: Path | None, options: argparse.Namespace, name: str | None = None) -> Measured:
    """The checkup of one checkpoint, or of the model named by --model where there is none, on the
    clips that the options name."""
    from lapa.checkup import report_of

    quantizer, source, title = _opened(path, options)
    cache = cache_of(options.data, _cache_folder(options, quantizer), quantizer.config.image_size,
                      **format_words(options))  # fmt: skip
    pairs, notes = chosen_pairs(cache, quantizer, options)
    checkup = follow(quantizer, pairs, lessons(cache, pairs, quantizer, options), options)
    clips = (options.data or cache.folder).resolve().name
    data = f"{clips}, frame pairs {_apart(pairs)} s apart"
    report = report_of(checkup, checkpoint=name or title, data=data, notes=notes)
    return Measured(source, checkup, report)


def _opened(path: Path | None, options: argparse.Namespace) -> tuple[Quantizer, Path, str]:
    """What is measured, where it lies, and what it is called."""
    import torch

    from lapa.checkup.foreign import find
    from lapa.models.quantizer import LatentActionQuantizer

    if path is None:
        return find(options.model), Path(), options.model.partition(":")[2]
    source = checkpoint_folder(path)
    if options.write and path == options.checkpoint and not source.is_dir():
        raise ValueError(
            f"--write needs a checkpoint folder to write into; {source} is a file. "
            "--write-results keeps its figures in results.json only."
        )
    device = "cuda" if torch.cuda.is_available() else "cpu"
    mine = path == options.checkpoint
    quantizer = LatentActionQuantizer.from_pretrained(
        source,
        device=device,
        image_size=options.image_size if mine else None,
        code_length=options.code_length if mine else None,
    )
    return quantizer, source, path.resolve().name if source.is_dir() else path.stem


def _cache_folder(options: argparse.Namespace, quantizer: Quantizer) -> Path | None:
    """Where to prepare video; two checkpoints of different sizes need two caches."""
    cache: Path | None = options.cache
    if cache is None or not options.against:
        return cache
    return cache.with_name(f"{cache.name}-{quantizer.config.image_size}")


def chosen_pairs(
    cache: Cache, quantizer: Quantizer, options: argparse.Namespace
) -> tuple[FramePairs, list[str]]:
    """The frame pairs to measure, and what the reader must know about them."""
    from lapa.data import FramePairs

    notes = []
    split = options.split
    if split is None:
        split = "holdout" if any(e.split == "holdout" for e in cache.episodes) else "all"
        if split == "all":
            notes.append(
                "No episode of these clips is held out (about a tenth is, by their names), so "
                "all of them were measured. If the quantizer was trained on them, the figures "
                "flatter it."
            )
    if split == "train":
        notes.append("These are training clips: the figures flatter a quantizer trained on them.")
    chosen = None if split == "all" else split
    pairs = FramePairs(cache, _gap(quantizer, options), split=chosen)
    warn(pairs.report)
    if pairs.report.notes:
        far = len(pairs.report.notes)
        notes.append(
            f"Frame pairs of {far} of {pairs.report.kept} episodes are not "
            f"{_gap(quantizer, options):g} s apart as asked, but {_apart(pairs)} s: their frames "
            "a second have no nearer gap."
        )
    if options.stride > 1:
        notes.append(f"Only one frame in {options.stride} of an episode was measured.")
    return pairs, notes


def _apart(pairs: FramePairs) -> str:
    """The true gap in seconds, as one number or from the shortest to the longest."""
    shortest, longest = (f"{seconds:.2g}" for seconds in pairs.seconds)
    return shortest if shortest == longest else f"{shortest} to {longest}"


def _gap(quantizer: Quantizer, options: argparse.Namespace) -> float:
    """Seconds between the frames of a pair."""
    seconds: float = quantizer.config.gap_seconds if options.gap is None else options.gap
    return seconds


def lessons(
    cache: Cache, pairs: FramePairs, quantizer: Quantizer, options: argparse.Namespace
) -> FramePairs | None:
    """Pairs for the probe to learn from that are not measured; None where there are none."""
    from lapa.data import FramePairs

    gap = _gap(quantizer, options)
    if options.learn:
        other = cache_of(options.learn, None, quantizer.config.image_size, **format_words(options))
        return FramePairs(other, gap, split="train")
    measured = {cache.episodes[index].split for index, _, _ in pairs.all()}
    apart = any(e.split == "train" and e.action_dim for e in cache.episodes)
    return FramePairs(cache, gap, split="train") if measured == {"holdout"} and apart else None


def follow(
    quantizer: Quantizer,
    pairs: FramePairs,
    learn: FramePairs | None,
    options: argparse.Namespace,
) -> Checkup:
    """Run the checkup, telling how far it is and how long it will take."""
    from lapa.checkup.examine import checkup

    found = checkup(
        quantizer, pairs, watch=_tell_stage, stride=options.stride, seed=options.seed,
        drift_steps=options.drift_steps, learn=learn,
    )  # fmt: skip
    tell(f"measured in {duration(found.seconds)}", last=True)
    return found


def _tell_stage(stage: Stage) -> None:
    left = "" if stage.seconds_left is None else f", {duration(stage.seconds_left)} left"
    line = f"{bar(stage.done, stage.total)} {stage.name} {stage.done}/{stage.total}{left}"
    tell(line, last=stage.done == stage.total)


def _summary(measured: Measured) -> str:
    """The table by embodiment and the verdicts by question, for a terminal."""
    from lapa.checkup.text import as_text

    report = measured.report
    episodes = f"{report.episodes} episode{'' if report.episodes == 1 else 's'}"
    head = f"{report.checkpoint} on {report.data}: {episodes}"
    return "\n".join([head, *report.notes, "", as_text(measured.checkup), "", *verdicts(report)])


def verdicts(report: Report) -> list[str]:
    """A line a question with its verdict, and an indented one for each figure."""
    lines = []
    for card in report.cards:
        lines.append(f"{card.verdict:<8} {card.question}")
        lines += [f"         {each.name}: {each.figure}. {each.sentence}" for each in card.findings]
    return lines


def comparison(report: Report, other: Report) -> str:
    """Two checkpoints figure by figure, in aligned columns."""
    from lapa.checkup import differences

    rows = [("", report.checkpoint, other.checkpoint, "")]
    rows += [(d.name, d.mine, d.other, d.words) for d in differences(report, other)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _keep(measured: Sequence[Measured], options: argparse.Namespace) -> None:
    """Write the files that were asked for."""
    from lapa.checkup import as_json, page, publish
    from lapa.files import write_json, write_text

    reports = [each.report for each in measured]
    if options.json:
        records: Any = [as_json(each) for each in reports]
        write_json(options.json, records if options.against else records[0])
    if options.html:
        write_text(options.html, page(*reports))
    mine, line = measured[0], f"python -m lapa {options.line}"
    name = mine.report.checkpoint
    if options.write:
        publish.write_usage(mine.source, mine.checkup)
        publish.write_card(mine.source, name, mine.checkup, line)
    if options.write or options.write_results:
        publish.write_results(
            options.results,
            name,
            mine.checkup,
            line,
            findings=_figures(mine.report),
            sentences={each.key: each.sentence for each in mine.report.findings},
        )


def _figures(report: Report) -> dict[str, list[float | None]]:
    """Every finding by its key as [value, low, high], for the table of results.json."""
    from lapa.checkup import as_json

    findings = as_json(report)["findings"]
    return {each["key"]: [each["value"], *each["interval"]] for each in findings}
