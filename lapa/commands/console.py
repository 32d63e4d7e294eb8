"""What commands share: clips opened for a model, and progress told on standard error."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from lapa.data import Cache, Report
    from lapa.models.policy import LatentPolicy
    from lapa.models.quantizer import LatentActionQuantizer
    from lapa.models.tokenizers import Tokenizer
    from lapa.scale import Engine
    from lapa.training.policy.frame_tokens import Pictures
    from lapa.training.policy.recipe import PolicyRun
    from lapa.training.progress import Progress


def open_data(options: argparse.Namespace, size: int) -> Cache:
    """The cache at `size` px of what `data_options` found."""
    return cache_of(options.data, options.cache, size, **format_words(options))


def cache_of(data: Path | None, folder: Path | None, size: int, **options: Any) -> Cache:
    """A cache at `size` px from a prepared cache, or from video, or from the default video.

    options: as for `read_episodes`; a prepared cache needs none.
    """
    from lapa.data import Cache

    data = data or shared_data()
    if (data / "manifest.jsonl").exists():
        return Cache.open(data)
    return build(data, folder, size, **options)


def checkpoint_folder(path: Path) -> Path:
    """The checkpoint meant by `path`; of a run's folder, the model in it."""
    inside = path / "model"
    # a policy has a folder of that name, too, beside its own config.json
    run = (inside / "config.json").exists() and not (path / "config.json").exists()
    return inside if run else path


def open_quantizer(folder: Path) -> LatentActionQuantizer:
    """The quantizer of a folder, on a GPU where there is one."""
    import torch

    from lapa.models.quantizer import LatentActionQuantizer

    device = "cuda" if torch.cuda.is_available() else "cpu"
    return LatentActionQuantizer.from_pretrained(folder, device=device)


def from_anywhere(folder: Path) -> Path:
    """The same for a process that may run in another folder; a Hub id stays one."""
    return folder.absolute() if folder.exists() else folder


def build(data: Path, folder: Path | None, size: int, **options: Any) -> Cache:
    """Prepare `data` at `size` px unless that is done, telling progress on standard error."""
    from lapa.data import Cache, build_cache
    from lapa.data.prepare import default_folder

    target = folder or default_folder(data, size)
    for step in build_cache(data, target, size, workers=2, **options):
        left = f", {duration(step.seconds_left)} left" if step.done < step.total else ""
        line = f"preparing {step.done}/{step.total} {step.name}{left}"
        tell(line, last=step.done == step.total)
    cache = Cache.open(target)
    warn(cache.report)
    return cache


def warn(report: Report) -> None:
    """Name what was left out, on standard error."""
    if report.skipped or report.notes:
        print(report.summary(), file=sys.stderr)


def beside_options(options: argparse.ArgumentParser, pairs: int, meaning: str) -> None:
    """What a command takes that measures frame pairs and keeps the outcome beside a checkpoint.
    pairs, meaning: of --pairs."""
    options.add_argument("checkpoint", type=Path, help="folder of a checkpoint, or of a run")
    data_options(options)
    options.add_argument("--pairs", type=int, default=pairs, help=f"{meaning} ({pairs})")
    options.add_argument("--out", type=Path, help="folder to write into (the checkpoint's own)")


def open_beside(
    options: argparse.Namespace, *names: str
) -> tuple[LatentActionQuantizer, Path, Cache]:
    """What `beside_options` found: the quantizer, the folder to write the files `names` into, and
    the clips at the quantizer's size.

    Raises:
        OSError, ValueError: an option is wrong, or there is no place to write to; told before
            the clips are prepared.
    """
    from lapa.models.quantizer import LatentActionQuantizer

    if options.pairs < 1:
        raise ValueError(f"--pairs is {options.pairs}; accepted are 1 and more")
    folder = checkpoint_folder(options.checkpoint)
    if not folder.is_dir() and options.out is None:
        raise ValueError(f"{folder} is no folder to write into; give one with --out")
    quantizer = LatentActionQuantizer.from_pretrained(folder)
    out: Path = options.out or folder
    will_write(*(out / name for name in names))
    return quantizer, out, open_data(options, quantizer.config.image_size)


def will_write(*files: Path | None) -> None:
    """Try before anything is measured whether these files can be written.

    Raises:
        OSError: one of them cannot.
    """
    for file in files:
        if file is None:
            continue
        if file.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(file))
        with suppress(FileExistsError):
            file.parent.mkdir(parents=True, exist_ok=True)
        probe = file.with_name(f".{file.name}.writing")
        probe.touch()
        probe.unlink()


def tell(line: str, *, last: bool) -> None:
    """Progress on standard error: one line that changes on a terminal, else only the last."""
    if sys.stderr.isatty():
        print(f"\r\033[K{line}", end="\n" if last else "", file=sys.stderr, flush=True)
    elif last:
        print(line, file=sys.stderr, flush=True)


def bar(done: int, total: int, width: int = 24) -> str:
    """A progress bar of `width` characters."""
    full = width * min(done, total) // max(total, 1)
    return "█" * full + "░" * (width - full)


def duration(seconds: float) -> str:
    """A time for people: `40 s`, `3 min`, `1 h 20 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def data_options(
    options: argparse.ArgumentParser, data: str = "video or a prepared cache (../shared/robots)"
) -> None:
    """Where a command finds its frames, as `open_data` takes it. data: help of --data."""
    options.add_argument("--data", type=Path, help=data)
    options.add_argument("--cache", type=Path, help="where to prepare (default: cache/NAME-SIZE)")
    format_options(options)


def scale_options(options: argparse.ArgumentParser, workers: int) -> None:
    """Who shares the work, as `engine_of` and `Shard.parse` take it. workers: unless told."""
    options.add_argument(
        "--shard", default="1/1", metavar="I/N", help="only the I-th of N shares of the work (1/1)"
    )
    options.add_argument(
        "--workers", type=int, default=workers, help=f"processes that share it ({workers})"
    )
    options.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="a Ray cluster whose actors share it: HOST:PORT, auto, or local to start one here",
    )


def engine_of(options: argparse.Namespace) -> Engine:
    """Who does the work that `scale_options` asks for.

    Raises:
        ValueError: --workers is below 1.
    """
    from lapa.scale import here, processes

    if options.workers < 1:
        raise ValueError(f"--workers is {options.workers}; accepted are 1 and more")
    if options.ray:
        from lapa.scale.cluster import on_ray

        return on_ray(options.ray)
    return here if options.workers == 1 else processes(options.workers)


def size_option(options: argparse.ArgumentParser) -> None:
    """The size of frames where no checkpoint gives it."""
    options.add_argument("--size", type=int, default=128, help="frame side in pixels (128)")


def format_options(options: argparse.ArgumentParser) -> None:
    """What the formats of clips ask for besides a path, an option each."""
    from lapa.data.readers.registry import reader_options, readers

    for name, option in reader_options().items():
        formats = " and ".join(
            each.name for each in readers().values() if name in each.option_names
        )
        options.add_argument(
            f"--{name.replace('_', '-')}",
            type=option.type,
            help=f"{option.meaning}, only for the format {formats}",
        )


def format_words(options: argparse.Namespace) -> dict[str, Any]:
    """What `format_options` found, as `read_episodes` takes it."""
    from lapa.data.readers.registry import reader_options

    return {name: getattr(options, name) for name in reader_options()}


def run_options(options: argparse.ArgumentParser, out: str) -> None:
    """What every training command takes. out: its run's folder unless told otherwise."""
    options.add_argument("--out", type=Path, default=Path(out), help=f"the run's folder ({out})")
    options.add_argument("--steps", type=int, help="optimiser steps instead of the preset's")
    options.add_argument("--seed", type=int, help="of everything random, instead of the preset's")
    options.add_argument("--resume", action="store_true", help="go on where the run stopped")
    options.add_argument("--every", type=int, default=20, help="print every N-th step (20)")


def processes_options(options: argparse.ArgumentParser, unit: str) -> None:
    """What a training on several processes takes besides, and how to see before what it costs.
    unit: what a batch is made of."""
    options.add_argument("--batch-size", type=int, help=f"{unit} a step, of all processes together")
    # torchrun reads a word that begins an option of its own, wherever it stands: there only the
    # first of these can be given
    options.add_argument(
        "--processes", "--nproc", "--nproc-per-node", type=int, metavar="N",
        help="of the run, which torchrun starts: held against those that are there",
    )  # fmt: skip
    options.add_argument(
        "--dry-run", action="store_true", help="say what the run would take, and end"
    )
    options.add_argument("--rate", type=float, help=f"of a dry run: {unit} a second, as measured")
    options.add_argument(
        "--tflops", type=float, default=400.0, help="of a dry run: TFLOP/s of a GPU (400)"
    )


def policy_options(options: argparse.ArgumentParser) -> None:
    """Whose sizes a policy's training takes, and what helps the large ones to fit."""
    options.add_argument(
        "--preset", default="space",
        help="space, vqgan, debug, or openx, bridge, sthv2: the paper's sizes (space)",
    )  # fmt: skip
    options.add_argument(
        "--gradient-checkpointing", action="store_true",
        help="compute blocks again for the backward pass: less memory, a third more work",
    )  # fmt: skip


def policy_run(options: argparse.Namespace, run: PolicyRun) -> PolicyRun:
    """A stage of the preset with what was asked for instead of its own."""
    from lapa.presets.policies import changed

    asked: PolicyRun = changed(
        run, steps=steps_of(options), seed=options.seed, batch_size=options.batch_size,
        gradient_checkpointing=options.gradient_checkpointing,
    )  # fmt: skip
    return asked


def processes_of(options: argparse.Namespace) -> int:
    """How many processes the run has, or would have.

    Raises:
        ValueError: another number than the launcher started, or one that cannot be.
    """
    started, asked = int(os.environ.get("WORLD_SIZE", "1")), options.processes
    for name in ("processes", "rate", "tflops", "batch_size"):
        value = getattr(options, name)
        if value is not None and not 0 < value < float("inf"):
            raise ValueError(f"--{name.replace('_', '-')} is {value}; it is more than 0")
    if options.dry_run or asked in (None, started):
        return asked or started
    if "WORLD_SIZE" in os.environ:
        raise ValueError(f"--processes is {asked}, and the launcher started {started}")
    raise ValueError(
        f"{asked} processes are asked for, and this is one by itself: "
        f"torchrun --standalone --nproc-per-node {asked} -m lapa {options.command} …"
    )


def steps_of(options: argparse.Namespace) -> int | None:
    """The optimiser steps asked for, or else those that a run to be resumed was begun with; None
    leaves them to the preset."""
    from lapa.training.remember import steps_begun

    steps: int | None = options.steps
    return steps_begun(options.out) if steps is None and options.resume else steps


def follow(run: Iterable[Progress], every: int) -> str:
    """Tell a run's progress on standard error (never if `every` is 0); returns the last line.

    Of several processes of one run the first one tells; the others' last line is empty.
    """
    last, first = "", os.environ.get("RANK", "0") == "0"
    for progress in run:
        last = progress.line() if first else ""
        if first and every and (progress.event != "step" or progress.step % every == 0):
            print(last, file=sys.stderr, flush=True)
    return last


def labelled_options(options: argparse.ArgumentParser) -> None:
    """Which labelled episodes, and the bins of their actions."""
    options.add_argument("--episodes", type=int, help="labelled episodes (all)")
    options.add_argument("--embodiment", help="only its episodes (all)")
    options.add_argument("--bins", type=int, default=256, help="bins a dimension (256)")


def share_option(options: argparse.ArgumentParser) -> None:
    """How much of the video."""
    options.add_argument("--share", type=float, default=1.0, help="of the episodes' video (1)")


def tokens_option(options: argparse.ArgumentParser) -> None:
    """Where vision tokens lie that several runs share."""
    options.add_argument("--tokens", type=Path, help="vision tokens, made once (OUT/vision.npy)")


def start_options(options: argparse.ArgumentParser) -> None:
    """What a run begins with, as `load_start` takes it."""
    options.add_argument("--policy", type=Path, help="a policy that learns on, or its run")
    options.add_argument(
        "--tokenizer", type=Path, help="image tokenizer, or its run; with --policy not needed"
    )


def load_start(options: argparse.Namespace) -> tuple[LatentPolicy | None, Tokenizer]:
    """The policy that learns on, None for a new one, and the image tokenizer.

    Raises:
        ValueError: neither is named.
    """
    from lapa.models.policy import LatentPolicy
    from lapa.models.tokenizers import load_tokenizer

    if options.policy:
        policy = LatentPolicy.from_pretrained(checkpoint_folder(options.policy))
        return policy, policy.image_tokenizer
    if options.tokenizer:
        return None, load_tokenizer(checkpoint_folder(options.tokenizer))
    raise ValueError("name an image tokenizer with --tokenizer, or a policy with --policy")


def vision_tokens(tokenizer: Tokenizer, pictures: Pictures, file: Path) -> np.ndarray:
    """The vision tokens of all frames, made unless they are there, telling progress."""
    from lapa.training.policy.frame_tokens import frame_tokens, open_tokens

    for done, total in frame_tokens(tokenizer, pictures, file):
        tell(f"{bar(done, total)} vision tokens of frame {done}/{total}", last=done == total)
    return open_tokens(file)


def checkout_option(options: argparse.ArgumentParser) -> None:
    """Where Language Table lies."""
    options.add_argument(
        "--language-table", type=Path, metavar="FOLDER",
        help="checkout of Language Table (LANGUAGE_TABLE_DIR)",
    )  # fmt: skip


def take_checkout(options: argparse.Namespace) -> None:
    """Hand what `checkout_option` found to this process and those that it begins."""
    from lapa.sim.language_table.install import VARIABLE

    if options.language_table:
        os.environ[VARIABLE] = str(options.language_table.resolve())


def shared_data() -> Path:
    """The `robots` video beside the repository, or where LAPA_DATA says.

    Raises FileNotFoundError naming the option when nothing is there.
    """
    beside = Path(__file__).resolve().parents[3] / "shared" / "robots"
    folder = Path(os.environ.get("LAPA_DATA", beside))
    if folder.is_dir():
        return folder
    raise FileNotFoundError("There is no ../shared/robots: name the video with --data.")


def toy_data(folder: Path) -> Path:
    """The debug preset's own video, made once."""
    from lapa.training.toy import make_toy_videos

    return folder if (folder / "toy.jsonl").exists() else make_toy_videos(folder)
