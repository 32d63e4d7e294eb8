"""`python -m lapa sheets`: pictures of what each code does on each embodiment, for a model card.

A sheet a position: a row an embodiment, a column a code. Each sheet is a picture of two frames
that alternate, x_t and what the decoder makes of it, so that the eye sees what moves. And a sheet
of pairs that were drawn, not chosen: x_t, the imagined and the true frame a gap later.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from lapa.commands.console import (
    data_options,
    open_data,
)
from lapa.data import FramePairs
from lapa.evaluation.sample import by_embodiment, draw
from lapa.models.quantizer import LatentActionQuantizer

# pixels: a picture, between pictures, the line of heads, the column of names
SIDE, GAP, HEAD, MARGIN = 88, 3, 18, 124
INK, PAPER = (30, 30, 40), (255, 255, 255)
# x_t is shown a little shorter than what is imagined
MILLISECONDS = (600, 900)
QUALITY = 70
# pairs of each embodiment on the sheet of pairs
DRAWN = 3


def examples(pairs: FramePairs) -> dict[str, np.ndarray]:
    """A frame (h, w, 3) uint8 of each embodiment, in alphabetical order.

    Of the frames in the middle of an episode, the one that changes most within its gap.
    """
    middle: dict[int, tuple[int, int, int]] = {}
    for episode, t, gap in pairs.all():
        if t <= (pairs.cache.episodes[episode].length - gap) // 2:
            middle[episode] = (episode, t, gap)
    batch = pairs.take(list(middle.values()))
    moved = np.square(batch.future.astype(np.float32) - batch.frame).mean((1, 2, 3))
    frames: dict[str, np.ndarray] = {}
    for index in np.argsort(-moved, kind="stable"):
        frames.setdefault(batch.embodiment[index], batch.frame[index])
    return dict(sorted(frames.items()))


def sheet(
    quantizer: LatentActionQuantizer, frames: Mapping[str, np.ndarray], position: int
) -> tuple[Image.Image, Image.Image]:
    """x_t everywhere, and what every code of `position` makes of it.

    The other positions hold the code of a pair in which nothing moves: what is seen is what this
    code adds to standing still.

    Args:
        frames: a frame (H, W, 3) uint8 for each name of a row.
    """
    codes = range(quantizer.config.codebook_size)
    still, imagined = _paper(len(frames), codes), _paper(len(frames), codes)
    for row, (name, frame) in enumerate(frames.items()):
        first = quantizer.resize(frame)
        rest = quantizer.encode(first, first)
        images = quantizer.sweep(first, rest, position=position)
        for page, shown in ((still, [first] * len(images)), (imagined, images)):
            ImageDraw.Draw(page).text((GAP, _top(row) + SIDE // 2 - 6), name, fill=INK)
            for code, image in enumerate(shown):
                small = Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
                page.paste(small, (_left(code), _top(row)))
                if code == rest[position]:
                    _frame(page, row, code)
    return still, imagined


def drawn_pairs(pairs: FramePairs, *, seed: int) -> dict[str, list[tuple[int, int, int]]]:
    """DRAWN pairs of each embodiment, as (episode, t, gap_frames), in alphabetical order."""
    rng = np.random.default_rng(seed)
    groups = by_embodiment(pairs, pairs.all())
    return {name: draw(rows, DRAWN, rng) for name, rows in groups.items()}


def pairs_sheet(quantizer: LatentActionQuantizer, pairs: FramePairs, *, seed: int) -> Image.Image:
    """Of each drawn pair x_t, what the decoder makes of it with the pair's codes, and x_t+H."""
    chosen = drawn_pairs(pairs, seed=seed)
    page = Image.new("RGB", (_left(3 * DRAWN) + DRAWN * GAP, _top(len(chosen))), PAPER)
    heads = ("x_t", "imagined", "true")
    for row, (name, rows) in enumerate(chosen.items()):
        ImageDraw.Draw(page).text((GAP, _top(row) + SIDE // 2 - 6), name, fill=INK)
        batch = pairs.take(rows)
        imagined = quantizer.decode(batch.frame, quantizer.encode(batch.frame, batch.future))
        for number, images in enumerate(zip(batch.frame, imagined, batch.future, strict=True)):
            for place, image in enumerate(images):
                # a little room between one pair and the next
                left = _left(3 * number + place) + number * GAP
                if row == 0:
                    ImageDraw.Draw(page).text((left + GAP, 3), heads[place], fill=INK)
                small = Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
                page.paste(small, (left, _top(row)))
    return page


def save(pages: tuple[Image.Image, Image.Image], path: Path) -> Path:
    """As an animated WebP that repeats without end."""
    first, second = pages
    first.save(
        path, "WEBP", save_all=True, append_images=[second], duration=list(MILLISECONDS), loop=0,
        quality=QUALITY, method=6,
    )  # fmt: skip
    return path


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    options.add_argument("checkpoint", type=Path, help="checkpoint folder")
    data_options(options)
    options.add_argument("--out", type=Path, help="folder of the pictures (CHECKPOINT)")
    options.add_argument("--seed", type=int, default=0, help="of the pairs that are drawn (0)")


def command(options: argparse.Namespace) -> int:
    """Write a picture a position, and one of pairs; returns the exit code."""
    quantizer = LatentActionQuantizer.from_pretrained(options.checkpoint)
    config = quantizer.config
    cache = open_data(options, config.image_size)
    held_out = any(episode.split == "holdout" for episode in cache.episodes)
    pairs = FramePairs(cache, config.gap_seconds, split="holdout" if held_out else None)
    frames = examples(pairs)
    out = options.out or options.checkpoint
    out.mkdir(parents=True, exist_ok=True)
    for position in range(config.code_length):
        path = out / f"codes-{position}.webp"
        print(save(sheet(quantizer, frames, position), path))
    path = out / "pairs.webp"
    page = pairs_sheet(quantizer, pairs, seed=options.seed)
    page.save(path, "WEBP", quality=QUALITY, method=6)
    print(path)
    return 0


def _paper(rows: int, codes: range) -> Image.Image:
    page = Image.new("RGB", (_left(len(codes)), _top(rows)), PAPER)
    for code in codes:
        ImageDraw.Draw(page).text((_left(code) + SIDE // 2 - 3, 3), str(code), fill=INK)
    return page


def _left(code: int) -> int:
    return MARGIN + code * (SIDE + GAP)


def _top(row: int) -> int:
    return HEAD + row * (SIDE + GAP)


def _frame(page: Image.Image, row: int, code: int) -> None:
    """A border around the code that stands still."""
    left, top = _left(code), _top(row)
    box = (left, top, left + SIDE - 1, top + SIDE - 1)
    ImageDraw.Draw(page).rectangle(box, outline=INK, width=2)
