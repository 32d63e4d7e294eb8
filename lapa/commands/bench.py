"""`python -m lapa bench`: what a pressed code and a sweep cost, against the official call.

Both sides run the same random weights at the official sizes (LAQConfig's defaults: width 1024,
8 + 8 layers, 256 px) in one process, taking turns, so that a busy machine slows both alike. First
the pictures must agree; a fast wrong answer is no answer. Ours is timed in float32, and as
`from_pretrained(precision="auto")` imagines on this machine. The shipped quantizer is timed, too.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lapa.commands.readme import BENCH, RESULTS, speed
from lapa.files import update_json
from lapa.models.config import LAQConfig
from lapa.models.quantizer import LatentActionQuantizer
from lapa.models.scene import Scene
from lapa.nn.processor import multiplies_bfloat16
from lapa.official.laq import to_official
from lapa.official.reference import Network, official_call

# how many times faster than the official call a press and a sweep have to be
PRESS_RATIO, SWEEP_RATIO = 4.0, 6.0
# the same on a processor with units for bfloat16
NARROW_PRESS_RATIO, NARROW_SWEEP_RATIO = 8.0, 25.0
# a press on the shipped quantizer, in seconds
SHIPPED = Path(__file__).resolve().parents[2] / "assets" / "checkpoints" / "robots"
SHIPPED_SECONDS = 0.040
# of float32 pictures in [0, 1], whose sums are taken in another order
LARGEST_DIFFERENCE = 1e-4
# of bfloat16 pictures to the reference, grey levels
LARGEST_STEP = 2
# whose codes a sweep goes through
POSITION = 2


@dataclass(frozen=True)
class BenchResult:
    """Medians in seconds, and the largest difference of the two sides' pictures (0 to 1 scale).

    first_press, press, sweep: as this machine imagines, in bfloat16 where that is faster.
    exact_press, exact_sweep: in float32. step: the largest difference of the two, grey levels.
    shipped_press: a code on a new frame with the quantizer that the explorer opens with.
    """

    parameters: int
    threads: int
    repeats: int
    difference: float
    official_press: float
    first_press: float
    press: float
    official_sweep: float
    sweep: float
    exact_press: float
    exact_sweep: float
    step: int
    bfloat16: bool
    shipped_press: float

    @property
    def press_ratio(self) -> float:
        """How many times faster one pressed code is."""
        return self.official_press / self.press

    @property
    def sweep_ratio(self) -> float:
        """How many times faster a sweep of one position is."""
        return self.official_sweep / self.sweep

    @property
    def fast_enough(self) -> bool:
        """At least 4 times faster per pressed code and 6 times per sweep (8 and 25 with bfloat16);
        40 ms as shipped."""
        press, sweep = required(self.bfloat16)
        ratios = self.press_ratio >= press and self.sweep_ratio >= sweep
        return ratios and self.shipped_press <= SHIPPED_SECONDS

    def table(self) -> str:
        """The figures as a Markdown table, as README.md shows them."""
        return speed(asdict(self))


def required(bfloat16: bool) -> tuple[float, float]:
    """How many times faster a press and a sweep have to be."""
    return (NARROW_PRESS_RATIO, NARROW_SWEEP_RATIO) if bfloat16 else (PRESS_RATIO, SWEEP_RATIO)


@dataclass(frozen=True)
class _Sides:
    """The same press and sweep, done by either side on one frame pair."""

    laq: LatentActionQuantizer
    network: Network
    frame: np.ndarray
    scene: Scene[np.ndarray]
    video: Tensor

    def narrowed(self) -> _Sides:
        """Ours with a decoder in bfloat16, where the hardware has units for it."""
        if not multiplies_bfloat16(torch.device("cpu")):
            return self
        laq = copy.deepcopy(self.laq)
        laq.decoder.to(torch.bfloat16)
        return replace(self, laq=laq, scene=laq.prepare(self.frame))

    def official(self, codes: Sequence[int]) -> Tensor:
        return official_call(self.network, self.video, torch.tensor([codes]))[0]

    def first(self, codes: Sequence[int]) -> np.ndarray:
        return self.laq.decode(self.laq.prepare(self.frame), codes)

    def press(self, codes: Sequence[int]) -> np.ndarray:
        return self.laq.decode(self.scene, codes)

    def sweep(self, codes: Sequence[int]) -> np.ndarray:
        return self.laq.sweep(self.scene, codes, position=_swept(self.laq.config))


def run(
    config: LAQConfig | None = None, *, repeats: int = 3, threads: int = 2, seed: int = 0
) -> BenchResult:
    """Check that both sides agree, then time them by turns.

    Args:
        config: an official-layout network; the released one's sizes if None.
        repeats: rounds of eight presses and one sweep on each side.
        threads: torch threads for both sides.
        seed: of weights, frames and codes.

    Raises:
        ValueError: `repeats` or `threads` below 1.
        ArithmeticError: the two sides' pictures differ by more than 1e-4.
    """
    if repeats < 1 or threads < 1:
        raise ValueError(f"repeats and threads start at 1, received {repeats} and {threads}")
    with _threads(threads), torch.inference_mode():
        sides = _build(config or LAQConfig(), seed)
        codes = _codes(sides.laq.config, seed)
        difference = _compare(sides, codes)
        narrow = sides.narrowed()
        step = _apart(sides, narrow, codes)
        return _time(sides, narrow, codes, repeats, threads, (difference, step))


def _build(config: LAQConfig, seed: int) -> _Sides:
    torch.manual_seed(seed)
    laq = LatentActionQuantizer(config).eval()
    # random weights paint around 0; kept near mid-grey so that clipping hides no difference
    laq.get_parameter("head.project.weight").mul_(0.1)
    laq.get_parameter("head.project.bias").fill_(0.5)
    size = config.image_size
    frames = np.random.default_rng(seed).integers(0, 256, (2, size, size, 3), dtype=np.uint8)
    video = torch.from_numpy(frames).permute(3, 0, 1, 2)[None].float().div(255)
    network = Network(to_official(laq.state_dict()), config.patch_size, config.heads)
    return _Sides(laq, network, frames[0], laq.prepare(frames[0]), video)


def _codes(config: LAQConfig, seed: int) -> list[list[int]]:
    """One latent action for every value of the swept position."""
    drawn = np.random.default_rng(seed + 1).integers(0, config.codebook_size, config.code_length)
    rows = np.tile(drawn, (config.codebook_size, 1))
    rows[:, _swept(config)] = np.arange(config.codebook_size)
    latent_actions: list[list[int]] = rows.tolist()
    return latent_actions


def _swept(config: LAQConfig) -> int:
    return min(POSITION, config.code_length - 1)


def _compare(sides: _Sides, codes: list[list[int]]) -> float:
    """The largest difference of any pixel over presses and sweep; also warms both sides up."""
    official = sides.official(codes[0]).clamp(0, 1)
    ours = sides.laq.decode(sides.video[:, :, 0], [codes[0]])[0]
    difference = float((ours - official).abs().max())
    if difference > LARGEST_DIFFERENCE:
        raise ArithmeticError(
            f"our picture differs from the official call's by {difference:.2g}, "
            f"more than {LARGEST_DIFFERENCE:g}: the timing would compare different things"
        )
    swept = sides.sweep(codes[0])
    for index in (0, len(codes) - 1):
        expected = sides.official(codes[index]).clamp(0, 1).mul(255).permute(1, 2, 0).numpy()
        # 0.5 is the rounding to whole grey levels
        apart = np.abs(swept[index] - expected).max() - 0.5
        if apart > LARGEST_DIFFERENCE * 255:
            raise ArithmeticError(f"sweep value {index} differs by {apart:.2g} grey levels")
    sides.press(codes[0])
    return difference


def _apart(sides: _Sides, narrow: _Sides, codes: list[list[int]]) -> int:
    """The largest difference of any pixel of a sweep, grey levels; also warms `narrow` up.

    Raises:
        ArithmeticError: it is more than LARGEST_STEP.
    """
    exact, rounded = sides.sweep(codes[0]).astype(int), narrow.sweep(codes[0]).astype(int)
    narrow.press(codes[0])
    step = int(np.abs(exact - rounded).max())
    if step > LARGEST_STEP:
        raise ArithmeticError(
            f"the picture in bfloat16 differs by {step} grey levels, more than {LARGEST_STEP}"
        )
    return step


def _time(
    sides: _Sides,
    narrow: _Sides,
    codes: list[list[int]],
    repeats: int,
    threads: int,
    differences: tuple[float, int],
) -> BenchResult:
    times: tuple[list[float], ...] = ([], [], [], [], [], [])
    official, first, press, sweep, exact_press, exact_sweep = times
    for _ in range(repeats):
        for row in codes:
            official.append(_seconds(sides.official, row))
            press.append(_seconds(narrow.press, row))
            exact_press.append(_seconds(sides.press, row))
        first.append(_seconds(narrow.first, codes[0]))
        sweep.append(_seconds(narrow.sweep, codes[0]))
        exact_sweep.append(_seconds(sides.sweep, codes[0]))
    width = len(codes)
    rounds = [sum(official[i : i + width]) for i in range(0, len(official), width)]
    return BenchResult(
        parameters=sum(p.numel() for p in sides.laq.parameters()),
        threads=threads,
        repeats=repeats,
        difference=differences[0],
        official_press=statistics.median(official),
        first_press=statistics.median(first),
        press=statistics.median(press),
        official_sweep=statistics.median(rounds),
        sweep=statistics.median(sweep),
        exact_press=statistics.median(exact_press),
        exact_sweep=statistics.median(exact_sweep),
        step=differences[1],
        bfloat16=narrow is not sides,
        shipped_press=_shipped_press(8 * repeats),
    )


def _shipped_press(presses: int) -> float:
    """Median seconds of `decode` on a frame that was not prepared."""
    laq = LatentActionQuantizer.from_pretrained(SHIPPED)
    size = laq.config.image_size
    frame = np.random.default_rng(0).integers(0, 256, (size, size, 3), dtype=np.uint8)
    codes = _codes(laq.config, 0)[0]

    def press(codes: Sequence[int]) -> np.ndarray:
        return laq.decode(frame, codes)

    press(codes)
    return statistics.median(_seconds(press, codes) for _ in range(presses))


def _seconds(call: Callable[[Sequence[int]], object], codes: Sequence[int]) -> float:
    start = time.perf_counter()
    call(codes)
    return time.perf_counter() - start


@contextmanager
def _threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `python -m lapa bench`, of `bench train` and `bench label`."""
    parser.add_argument(
        "what", nargs="?", choices=("press", "train", "label"), default="press",
        help="press: codes and sweeps against the official call; train: frame pairs a second; "
        "label: those that are labelled and embedded, and what a large set costs",
    )  # fmt: skip
    parser.add_argument(
        "--repeats", type=int, help="rounds, steps of train, or clips of label (3, 12, 12)"
    )
    parser.add_argument("--threads", type=int, help="torch threads for all sides (2; train: 1)")
    parser.add_argument("--write", action="store_true", help="keep the figures in results.json")
    parser.add_argument(
        "--require",
        action="store_true",
        help=f"fail below {PRESS_RATIO:g} times a pressed code or {SWEEP_RATIO:g} times a sweep "
        f"({NARROW_PRESS_RATIO:g} and {NARROW_SWEEP_RATIO:g} with units for bfloat16), or above "
        f"{1000 * SHIPPED_SECONDS:.0f} ms a code as shipped",
    )


def command(options: argparse.Namespace) -> int:
    """Run with parsed options, print the table, and return the exit code."""
    if options.what == "train":
        from lapa.commands import bench_train

        return bench_train.command(options)
    if options.what == "label":
        from lapa.commands import bench_label

        return bench_label.command(options)
    print("Building the official network with random weights …", file=sys.stderr, flush=True)
    try:
        result = run(
            repeats=3 if options.repeats is None else options.repeats,
            threads=2 if options.threads is None else options.threads,
        )
    except (ArithmeticError, ValueError) as error:
        print(f"lapa bench: {error}", file=sys.stderr)
        return 1 if isinstance(error, ArithmeticError) else 2
    print(
        f"{result.parameters / 1e6:.0f} million parameters, {result.threads} threads, "
        f"medians of {result.repeats} rounds; the pictures differ by {result.difference:.1g}."
    )
    print(result.table())
    if options.write:
        _keep(result)
    if options.require and not result.fast_enough:
        press, sweep = required(result.bfloat16)
        bars = (
            f"{press:g} times a pressed code, {sweep:g} times a sweep and "
            f"{1000 * SHIPPED_SECONDS:.0f} ms a code as shipped"
        )
        print(f"lapa bench: too slow, required are {bars}", file=sys.stderr)
        return 1
    return 0


def _keep(result: BenchResult) -> None:
    figures = {name: float(f"{value:.4g}") for name, value in asdict(result).items()}
    names = ("parameters", "threads", "repeats", "step", "bfloat16")
    counts = {name: getattr(result, name) for name in names}
    command = {"command": "python -m lapa bench --write"}
    update_json(RESULTS, {(BENCH,): command | figures | counts})
