"""`python -m lapa transfer`: what carries over to which robot, and the pairs to hold it against.

    python -m lapa transfer assets/checkpoints/robots --data ../shared/robots

Writes transfer.json (every embodiment's latent actions on every other's frames, with the best and
the worst examples) and pairs.safetensors (codes and motions of real frame pairs). Run it again
whenever the checkpoint changes.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from lapa.commands.console import bar, beside_options, open_beside, tell

if TYPE_CHECKING:
    from lapa.transfer.matrix import Cell

MATRIX, PAIRS = "transfer.json", "pairs.safetensors"


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    beside_options(options, 24, "frame pairs a cell")


def command(options: argparse.Namespace) -> int:
    """Measure both on held-out episodes, or on all where none are; returns the exit code."""
    from lapa.data import FramePairs
    from lapa.files import write_json
    from lapa.transfer.matrix import as_json, transfer_matrix
    from lapa.transfer.pairs import save_pairs, watch_pairs

    quantizer, out, cache = open_beside(options, MATRIX, PAIRS)
    held_out = any(episode.split == "holdout" for episode in cache.episodes)
    split = "holdout" if held_out else None
    pairs = FramePairs(cache, quantizer.config.gap_seconds, split=split)

    def progress(done: int, total: int) -> None:
        tell(f"{bar(done, total)} carried over {done}/{total}", last=done == total)

    cells = transfer_matrix(quantizer, pairs, count=options.pairs, tick=progress)
    for done, total, known in watch_pairs(quantizer, pairs):
        tell(f"{bar(done, total)} frame pairs {done}/{total}", last=known is not None)
    made_by = f"python -m lapa {options.line}"
    print(write_json(out / MATRIX, {"command": made_by, **as_json(cells, pairs)}))
    if known is not None:
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
