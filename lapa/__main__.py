"""The command line: python -m lapa prepare | quantize | label | pretrain | finetune | checkup …

Results go to standard output, progress to standard error. What the user got wrong ends in one
sentence and exit code 2, a run that went wrong (collapse, divergence) in advice and exit code 1.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import io
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

# each is a module of lapa.commands (with _ for -) with `add_arguments` and `command`: name -> what
# it is for
COMMANDS = {
    "prepare": "Decode a folder of video once into a memory-mapped cache; can be resumed.",
    "quantize": "Train a quantizer; the model lies in RUN/model when it ends.",
    "checkup": "Measure a quantizer on held-out video.",
    "sheets": "Draw what each code does on each embodiment.",
    "ablate": "Measure what each choice of the shipped network is worth.",
    "space": "Train and measure larger spaces of latent actions at an equal budget.",
    "drive": "Learn the keys to drive a dream with, and familiar ground.",
    "roadtest": "Test whether a car's codes steer and brake, and its dreams keep the road.",
    "transfer": "Measure what carries over from robot to robot.",
    "atlas": "Map frame pairs by their latents, for the tab Atlas.",
    "convert": "Convert the official release's files, and back.",
    "bench": "Time pressing a code and sweeping against the official call.",
    "label": "Label every frame pair with its latent action, or with an inferred action.",
    "inverse": "Learn which action led from one frame to the next (VPT, UniPi).",
    "diffuse": "Learn to imagine the video of an instruction (UniPi).",
    "tokenize": "Train an image tokenizer.",
    "caption": "Draw boards with what lies where, to learn to see.",
    "ground": "Train a policy to see: what lies where in a picture.",
    "pretrain": "Train a policy to predict latent actions (stage 2), or actions.",
    "finetune": "Train a policy on a robot's own actions (stage 3).",
    "fast": "Train a small head that acts between a slow policy's latent actions.",
    "evaluate": "Let a policy act in a simulator and count successes.",
    "table": "Fill in the paper's tables: every method, seen and unseen, in small.",
    "serve": "Serve a finetuned policy to robots over HTTP.",
    "record": "Record new clips in a simulator.",
    "generate": "Generate oracle episodes of the tabletop.",
    "export": "Write clips, actions and latent actions as a data set of another format.",
    "export-web": "Write the page as a folder that any web server serves, models and all.",
    "push": "Put a quantizer, a policy, an atlas or labels on the Hugging Face Hub.",
    "extract": "Copy one split of recorded clips, files as they are.",
    "readme": "Fill the figures of assets/results.json into README and model cards.",
}
DESCRIPTION = "Train and measure latent action quantizers, and policies on their codes."
EXAMPLES = """examples:
  %(prog)s prepare ../shared/robots --out cache/robots-128
  %(prog)s quantize --preset robots --out runs/robots --resume
  %(prog)s checkup runs/robots --data assets/clips
  %(prog)s record robosuite --out clips --episodes 100 --workers 2
  %(prog)s bench"""
# what some commands need beside the library -> the extra that brings it
EXTRAS = {"mujoco": "sim", "gymnasium": "sim", "ray": "scale"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        # a terminal that lacks a character shows another one, and no figure is lost for it
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    if not arguments or arguments[0] not in COMMANDS:
        overview().parse_args(arguments[:1])  # ends with the help, or with what is there instead
    name = arguments[0]
    try:
        options = options_of(arguments)
        return int(options.run(options))
    except (ValueError, OSError, FloatingPointError) as error:
        print(f"lapa {name}: {sentence(error)}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        if error.name is None:  # one of ours, which says what to do
            print(f"lapa {name}: {error}", file=sys.stderr)
            return 2
        if error.name not in EXTRAS:
            raise
        extra = EXTRAS[error.name]
        print(f"lapa {name}: needs {error.name}: pip install '.[{extra}]'", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"\nlapa {name}: stopped", file=sys.stderr)
        return 130


def program() -> str:
    """The program as it was called: `lapa`, or `python -m lapa`."""
    return "lapa" if Path(sys.argv[0]).stem == "lapa" else "python -m lapa"


def sentence(error: Exception) -> str:  # noqa: PLR0911  one line a case
    """What went wrong, for people; of what the system refused, which file it was about."""
    if not isinstance(error, OSError) or error.errno is None:
        return str(error)
    name = error.filename2 or error.filename
    if error.errno == errno.ENOSPC:
        return "the disk is full" + (f" ({name} was not written)" if name else "")
    if name is None:
        return str(error.strerror)
    if isinstance(error, FileExistsError | NotADirectoryError):
        return f"{name} is a file, or lies in one, where a folder is needed"
    if isinstance(error, IsADirectoryError):
        return f"{name} is a folder where a file is needed"
    if isinstance(error, FileNotFoundError):
        return f"there is no file or folder {name}"
    return f"{name}: {error.strerror}"


def overview() -> argparse.ArgumentParser:
    """What there is, for --help and for a command that does not exist."""
    top = argparse.ArgumentParser(
        prog=program(),
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, purpose in COMMANDS.items():
        commands.add_parser(name, help=purpose[0].lower() + purpose[1:-1])
    return top


def options_of(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of a command: its module is read only when it is asked for."""
    name, *words = arguments
    chosen = importlib.import_module(f"lapa.commands.{name.replace('-', '_')}")
    top = argparse.ArgumentParser(prog=f"{program()} {name}", description=COMMANDS[name])
    chosen.add_arguments(top)
    top.set_defaults(run=chosen.command, command=name, line=shlex.join(arguments))
    return top.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())
