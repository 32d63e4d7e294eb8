"""`python -m lapa transfer`: what carries over to which robot, and the pairs to hold it against.

    python -m lapa transfer assets/checkpoints/robots --data ../shared/robots

Writes transfer.json (every embodiment's latent actions on every other's frames, with the best and
the worst examples) and pairs.safetensors (codes and motions of real frame pairs). Run it again
whenever the checkpoint changes.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from lapa.console import bar, checkpoint_folder, open_data, tell

if TYPE_CHECKING:
    from lapa.evaluation.transfer_matrix import Cell

MATRIX, PAIRS = "transfer.json", "pairs.safetensors"


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    options.add_argument("checkpoint", type=Path, help="folder of a checkpoint, or of a run")
    options.add_argument("--data", type=Path, help="video or a prepared cache (../shared/robots)")
    options.add_argument("--cache", type=Path, help="where to prepare (default: cache/NAME-SIZE)")
    options.add_argument("--pairs", type=int, default=24, help="frame pairs a cell (24)")
    options.add_argument("--out", type=Path, help="folder to write into (the checkpoint's own)")


def command(options: argparse.Namespace) -> int:
    """Measure both on held-out episodes, or on all where none are; returns the exit code."""
    from lapa.data import FramePairs
    from lapa.evaluation.known_pairs import save_pairs, watch_pairs
    from lapa.evaluation.publish import write_json
    from lapa.evaluation.transfer_matrix import as_json, transfer_matrix
    from lapa.models.quantizer import LatentActionQuantizer

    if options.pairs < 1:
        raise ValueError(f"--pairs is {options.pairs}; accepted are 1 and more")
    folder = checkpoint_folder(options.checkpoint)
    if not folder.is_dir() and options.out is None:
        raise ValueError(f"{folder} is no folder to write into; give one with --out")
    quantizer = LatentActionQuantizer.from_pretrained(folder)
    cache = open_data(options.data, options.cache, quantizer.config.image_size)
    held_out = any(episode.split == "holdout" for episode in cache.episodes)
    split = "holdout" if held_out else None
    pairs = FramePairs(cache, quantizer.config.gap_seconds, split=split)

    def told(done: int, total: int) -> None:
        tell(f"{bar(done, total)} carried over {done}/{total}", last=done == total)

    cells = transfer_matrix(quantizer, pairs, count=options.pairs, tick=told)
    for done, total, known in watch_pairs(quantizer, pairs):
        tell(f"{bar(done, total)} frame pairs {done}/{total}", last=known is not None)
    out, made_by = options.out or folder, f"python -m lapa {options.line}"
    print(write_json(out / MATRIX, {"command": made_by, **as_json(cells, pairs)}))
    print(save_pairs(out / PAIRS, known))
    print("\n".join(lines(cells)))
    return 0


def lines(cells: list[Cell]) -> list[str]:
    """Cosine and read-back codes, a line a cell."""
    return [
        f"{cell.source:<20} {cell.target:<20} {cell.cosine.value:+.2f} "
        f"[{cell.cosine.low:+.2f}, {cell.cosine.high:+.2f}]  "
        f"{cell.same_code:.0%} of codes read back, {cell.pairs} pairs"
        for cell in cells
    ]
