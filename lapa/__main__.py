"""The command line: python -m lapa prepare | quantize | label | pretrain | finetune | checkup …

Results go to standard output, progress to standard error. What the user got wrong ends in one
sentence and exit code 2, a run that went wrong (collapse, divergence) in advice and exit code 1.
"""

from __future__ import annotations

import argparse
import importlib
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lapa.console import build, follow, open_data, warn

if TYPE_CHECKING:
    from lapa.training.quantize_config import QuantizeConfig

# commands whose options live with them: name -> (module, what it is for)
ASIDE = {
    "checkup": ("lapa.checkup_command", "Measure a quantizer on held-out video."),
    "sheets": ("lapa.sheets_command", "Draw what each code does on each embodiment."),
    "ablate": ("lapa.ablation", "Measure what each choice of the shipped network is worth."),
    "drive": ("lapa.drive_command", "Learn the keys to drive a dream with, and familiar ground."),
    "transfer": ("lapa.transfer_command", "Measure what carries over from robot to robot."),
    "atlas": ("lapa.atlas_command", "Map frame pairs by their latents, for the tab Atlas."),
    "convert": (
        "lapa.convert_command",
        "Convert the official release's files, and back.",
    ),
    "bench": ("lapa.bench", "Time pressing a code and sweeping against the official call."),
    "label": ("lapa.label_command", "Label every frame pair with its latent action."),
    "tokenize": ("lapa.tokenize_command", "Train an image tokenizer."),
    "caption": ("lapa.caption_command", "Draw boards with what lies where, to learn to see."),
    "ground": ("lapa.ground_command", "Train a policy to see: what lies where in a picture."),
    "pretrain": ("lapa.pretrain_command", "Train a policy to predict latent actions (stage 2)."),
    "finetune": ("lapa.finetune_command", "Train a policy on a robot's own actions (stage 3)."),
    "evaluate": ("lapa.evaluate_command", "Let a policy act on the tabletop and count successes."),
    "serve": ("lapa.serve_command", "Serve a finetuned policy to robots over HTTP."),
    "record": ("lapa.record_command", "Record new clips in a simulator."),
    "generate": ("lapa.generate_command", "Generate oracle episodes of the tabletop."),
}
DESCRIPTION = "Train and measure latent action quantizers, and policies on their codes."
EXAMPLES = """examples:
  python -m lapa prepare ../shared/robots --out cache/robots-128
  python -m lapa quantize --preset robots --out runs/robots --resume
  python -m lapa checkup runs/robots --data assets/clips
  python -m lapa record robosuite --out clips --episodes 100 --workers 2
  python -m lapa bench"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    apart = bool(arguments) and arguments[0] in ASIDE
    options = aside(arguments) if apart else parser().parse_args(arguments)
    try:
        return options.run(options)
    except (ValueError, FileNotFoundError, NotADirectoryError, PermissionError) as error:
        print(f"lapa {options.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"\nlapa {options.command}: stopped", file=sys.stderr)
        return 130


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = argparse.ArgumentParser(
        prog="python -m lapa",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _prepare_options(commands.add_parser("prepare", help="decode video once into a cache"))
    _quantize_options(commands.add_parser("quantize", help="train a quantizer"))
    for name, (_, purpose) in ASIDE.items():
        commands.add_parser(name, help=purpose[0].lower() + purpose[1:-1])
    return top


def _prepare_options(command: argparse.ArgumentParser) -> None:
    command.description = "Decode a folder of video into a memory-mapped cache; can be resumed."
    command.add_argument("data", type=Path, help="robots set, folder of videos or of frame folders")
    command.add_argument("--out", type=Path, help="cache folder (default: cache/NAME-SIZE)")
    command.add_argument("--size", type=int, default=128, help="frame side in pixels (128)")
    command.add_argument("--fps", type=float, help="frames a second, for frame folders only")
    command.set_defaults(run=prepare)


def _quantize_options(command: argparse.ArgumentParser) -> None:
    command.description = "Train a quantizer; the model lies in RUN/model when it ends."
    command.add_argument(
        "--preset", default="robots",
        help="robots, tabletop, eight, debug, official or official-recipe (robots)",
    )  # fmt: skip
    command.add_argument("--data", type=Path, help="video or a prepared cache (../shared/robots)")
    command.add_argument("--cache", type=Path, help="where to prepare (default: cache/NAME-SIZE)")
    command.add_argument("--out", type=Path, help="folder of the run (default: runs/PRESET)")
    command.add_argument("--resume", action="store_true", help="go on where the run stopped")
    command.add_argument("--steps", type=int, help="optimiser steps instead of the preset's")
    command.add_argument(
        "--minutes", type=float, help="end by the clock: the whole schedule fits this time"
    )
    command.add_argument("--batch-size", type=int, help="frame pairs per step and process")
    command.add_argument("--seed", type=int, help="of everything random")
    command.add_argument("--start-from", help="checkpoint whose weights to begin with")
    command.add_argument(
        "--track", action="append", default=[], help="trackio, wandb or tensorboard; repeatable"
    )
    command.add_argument("--every", type=int, default=20, help="print every N-th step (20)")
    command.set_defaults(run=run_quantize)


def aside(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of a command of ASIDE: its module is read only when it is asked for."""
    name, *words = arguments
    module, purpose = ASIDE[name]
    chosen = importlib.import_module(module)
    top = argparse.ArgumentParser(prog=f"python -m lapa {name}", description=purpose)
    chosen.add_arguments(top)
    top.set_defaults(run=chosen.command, command=name, line=shlex.join(arguments))
    return top.parse_args(words)


def prepare(options: argparse.Namespace) -> int:
    """python -m lapa prepare: build a cache and say what was skipped."""
    cache = build(options.data, options.out, options.size, fps=options.fps)
    print(f"{cache.folder}: {len(cache.episodes)} episodes, {len(cache.frames)} frames")
    return 0


def run_quantize(options: argparse.Namespace) -> int:
    """python -m lapa quantize: the run, its progress, and how it ended."""
    from lapa.evaluation.checkup import headline
    from lapa.presets import toy_data
    from lapa.training.health import CodebookCollapse
    from lapa.training.quantize import has_holdout, quantize
    from lapa.training.support import processes

    config = configured(options)
    out = options.out or Path("runs") / options.preset
    with processes().main_process_first():
        data, folder = options.data, options.cache
        if data is None and options.preset == "debug":
            data, folder = toy_data(out / "toy"), folder or out / "cache"
        cache = open_data(data, folder, config.model.image_size)
    warn(config.pairs(cache, "train").report)
    if not has_holdout(cache):
        print("No episode is held out (every tenth is), so nothing is evaluated.", file=sys.stderr)
    try:
        run = quantize(config, cache, out, resume=options.resume, judge=headline)
        print(follow(run, options.every if processes().is_main_process else 0))
    except (CodebookCollapse, FloatingPointError) as error:
        kept = sorted((out / "checkpoints").glob("step-*"))
        where = f" Last checkpoint: {kept[-1]}." if kept else " No checkpoint was saved yet."
        print(f"lapa quantize: {error}{where}", file=sys.stderr)
        return 1
    return 0


def configured(options: argparse.Namespace) -> QuantizeConfig:
    """The preset with what the command line changes."""
    from lapa.presets import preset

    config = preset(options.preset, steps=options.steps)
    named = {
        "batch_size": options.batch_size, "seed": options.seed, "minutes": options.minutes
    }  # fmt: skip
    changes = {name: value for name, value in named.items() if value is not None}
    loop = replace(config.loop, trackers=tuple(options.track), **changes)
    return replace(config, loop=loop, start_from=options.start_from)


if __name__ == "__main__":
    sys.exit(main())
