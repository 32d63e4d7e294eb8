"""`python -m lapa roadtest`: whether a car's codes steer and brake, and its dreams keep the road.

python -m lapa roadtest assets/checkpoints/drive --data assets/clips --write
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from lapa.commands.console import bar, checkpoint_folder, data_options, open_data, tell, will_write
from lapa.commands.readme import OPEN
from lapa.files import update_json

if TYPE_CHECKING:
    from lapa.checkup.road_test import RoadTest

# among what the paper left open, in results.json
NAME = "drive"


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    options.add_argument("checkpoint", type=Path, help="folder of a checkpoint, or of a run")
    data_options(options)
    options.add_argument("--stride", type=int, default=1, help="every N-th frame of an episode (1)")
    options.add_argument("--write", action="store_true", help="keep the figures in results.json")
    options.add_argument(
        "--results", type=Path, default=Path("assets/results.json"), help="(assets/results.json)"
    )


def command(options: argparse.Namespace) -> int:
    """Test held-out episodes, or all where none are; returns the exit code."""
    from lapa.checkup.road_test import road_test
    from lapa.data import FramePairs
    from lapa.models.quantizer import LatentActionQuantizer

    if options.stride < 1:
        raise ValueError(f"--stride is {options.stride}; accepted are 1 and more")
    will_write(options.results if options.write else None)
    quantizer = LatentActionQuantizer.from_pretrained(checkpoint_folder(options.checkpoint))
    cache = open_data(options, quantizer.config.image_size)
    held_out = any(episode.split == "holdout" for episode in cache.episodes)
    pairs = FramePairs(cache, quantizer.config.gap_seconds, split="holdout" if held_out else None)

    def progress(done: int, total: int) -> None:
        tell(f"{bar(done, total)} frame pairs {done}/{total}", last=done == total)

    test = road_test(quantizer, pairs, stride=options.stride, tick=progress)
    print("\n".join(lines(test)))
    if options.write:
        made = {"command": f"python -m lapa {options.line}"}
        print(update_json(options.results, {(OPEN, NAME): made | test.as_json()}))
    return 0


def lines(test: RoadTest) -> list[str]:
    """What came of it, a line a question."""
    rows = zip(
        ("steers the right way", "changes speed the right way"),
        (test.steering, test.speed),
        test.commonest,
        strict=True,
    )
    return [
        f"{test.pairs} frame pairs of {test.episodes} episodes",
        *(
            f"{words}: {each.value:.0%} [{each.low:.0%}, {each.high:.0%}] of the pairs in which it "
            f"does; the commoner sign alone {common:.0%}"
            for words, each, common in rows
        ),
        f"sharpness where it moves, after ten imagined steps: {test.sharpness:.2f}",
    ]
