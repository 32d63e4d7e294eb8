"""`python -m lapa atlas`: a map of frame pairs by their latents, for the tab Atlas.

    python -m lapa atlas assets/checkpoints/robots --data ../shared/robots --out assets/atlas/robots

Writes atlas.parquet and sheets of thumbnails. Needs umap-learn; the app, which reads them, does
not. Pairs are embedded in parts that are kept in OUT/parts until the map is there: a run that is
stopped goes on, and several processes, machines (--shard) or actors of a Ray cluster (--ray) share
them. With --shard no map is drawn: the command without it checks that nothing is missing, embeds
what is, and draws it.
"""

from __future__ import annotations

import argparse
import math
import shutil
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lapa.commands.console import (
    bar,
    checkpoint_folder,
    duration,
    engine_of,
    format_options,
    format_words,
    from_anywhere,
    open_quantizer,
    scale_options,
    shared_data,
    tell,
)
from lapa.data.episodes import SPLITS

if TYPE_CHECKING:
    from lapa.data import Episode
    from lapa.models.quantizer import LatentActionQuantizer
    from lapa.scale import Parts, Shard


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    options.add_argument("checkpoint", type=Path, help="folder of a checkpoint, or of a run")
    options.add_argument(
        "--data", type=Path, help="video, or a prepared cache of it (../shared/robots)"
    )
    options.add_argument("--split", choices=SPLITS, help="only the episodes of this split (all)")
    format_options(options)
    options.add_argument("--out", type=Path, default=Path("atlas"), help="folder (atlas)")
    options.add_argument(
        "--thin", type=int, default=3, help="pairs that begin within one gap, about (3)"
    )
    scale_options(options, workers=2)
    options.add_argument("--neighbours", type=int, default=15, help="of UMAP (15)")
    options.add_argument("--metric", default="euclidean", help="of UMAP (euclidean)")
    options.add_argument("--seed", type=int, default=0, help="of UMAP and of all draws (0)")


def command(options: argparse.Namespace) -> int:
    """Embed, project, measure and write, telling progress; returns the exit code, 1 where another
    process still embeds a part."""
    from lapa.atlas import Atlas, gather, put_sheets, write_atlas
    from lapa.scale import Shard

    if options.thin < 1:
        raise ValueError(f"--thin is {options.thin}; accepted are 1 and more")
    shard, start = Shard.parse(options.shard), time.perf_counter()
    engine_of(options)  # what is wrong with its options is told before anything is opened
    folder = from_anywhere(checkpoint_folder(options.checkpoint))
    quantizer = open_quantizer(folder)
    parts = embedded(options, shard, folder, quantizer)
    if shard.of > 1:
        print(f"{options.out}: share {shard} is embedded; without --shard the map is drawn")
        return 0
    if parts is None:
        return 1
    seconds = time.perf_counter() - start
    gathered = gather(parts)
    points = gathered.points
    if len(points) <= options.neighbours:
        raise ValueError(
            f"these clips give {len(points)} frame pairs; a map of {options.neighbours} neighbours "
            "needs more of them: take more clips, a smaller --thin or fewer --neighbours"
        )
    maps, made = projections(points.flat, options)
    config = quantizer.config
    about = {
        "command": f"python -m lapa {options.line}",
        "model": folder.name,
        "image_size": config.image_size,
        "code_length": config.code_length,
        "codebook_size": config.codebook_size,
        "gap_seconds": config.gap_seconds,
        "maps": made,
        **measured(points, maps, config.codebook_size, options.seed),
    }
    put_sheets(parts, options.out)
    print(write_atlas(options.out, Atlas(points, maps, about)))
    # they are in the atlas now
    shutil.rmtree(parts.folder)
    rest = time.perf_counter() - start - seconds
    took = f"{seconds:.0f} s for embedding, {rest:.0f} s for the rest"
    skipped = f", {len(gathered.skipped)} skipped" if gathered.skipped else ""
    print(f"{len(points)} pairs of {gathered.episodes} episodes{skipped} in {took}")
    print("\n".join(lines(about)))
    return 0


def embedded(
    options: argparse.Namespace, shard: Shard, folder: Path, quantizer: LatentActionQuantizer
) -> Parts | None:
    """Embed this share, telling progress; the parts, None where some of other shares are missing.

    Raises:
        ValueError: the folder of parts holds others.
    """
    from lapa.atlas import embedding, parts_in
    from lapa.scale import run
    from lapa.scale.work import complete
    from lapa.training.remember import fingerprint

    engine = engine_of(options)
    data = from_anywhere(options.data or shared_data())
    episodes = episodes_of(data, options.split, **format_words(options))
    about = {"quantizer": fingerprint(quantizer), "thin": options.thin}
    work = embedding(partial(open_quantizer, folder), episodes, thin=options.thin)
    parts = parts_in(options.out / "parts", episodes, about)
    start, first = time.perf_counter(), None
    for step in run(work, parts, engine, shard):
        if step.note:
            tell(step.note, last=True)
            continue
        first = step.done - step.fresh if first is None else first
        left = (time.perf_counter() - start) * (step.total - step.done) / (step.done - first)
        line = f"{bar(step.done, step.total)} episode {step.done}/{step.total}"
        tell(f"{line}, {duration(left)} left", last=step.done == step.total)
    return parts if complete(work, parts) else None


def episodes_of(data: Path, split: str | None, **words: Any) -> list[Episode]:
    """The episodes of a prepared cache or of video, telling what was skipped. words: what its
    format asks for, as `read_episodes` takes it."""
    from lapa.data import Cache, read_episodes
    from lapa.data.manifest import FILE

    if (data / FILE).is_file():
        cache = Cache.open(data)
        episodes, report = cache.recordings(), cache.report
    else:
        episodes, report = read_episodes(data, **words)
    if report.skipped:
        tell(report.summary(), last=True)
    return [episode for episode in episodes if split in (None, episode.split)]


def projections(latents: Any, options: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any]]:
    """UMAP and PCA in two and three dimensions: coordinates, and how each was made.

    A seeded UMAP keeps to one core, so both are fitted at once where there are two workers.
    """
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from lapa.atlas import principal

    tell("UMAP in two and in three dimensions", last=True)
    words = {"neighbours": options.neighbours, "metric": options.metric, "seed": options.seed}
    maps, made = {}, {}
    with ProcessPoolExecutor(min(options.workers, 2), mp_context=get_context("spawn")) as pool:
        fitted = {dims: pool.submit(_umap, latents, dims, words) for dims in (2, 3)}
        for dims, future in fitted.items():
            maps[f"umap{dims}"], made[f"umap{dims}"] = future.result()
            layout = principal(latents, dims)
            maps[f"pca{dims}"], made[f"pca{dims}"] = layout.coordinates, layout.about
    return maps, made


def _umap(latents: Any, dims: int, words: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    from lapa.atlas import umap

    layout = umap(latents, dims, **words)
    return layout.coordinates, layout.about


def measured(points: Any, maps: dict[str, Any], size: int, seed: int) -> dict[str, Any]:
    """What the maps suggest and how the codes are used, in figures."""
    from lapa.atlas import code_usage, map_quality

    tell("measuring the maps and the use of codes", last=True)
    quality = map_quality(points, maps, seed=seed)
    if len(set(points.clip.tolist())) == 1:
        quality["chance"] = dict.fromkeys(quality["chance"], float("nan"))
    rounded = {
        # of one clip alone no pair has a neighbour from another: that is unknown
        name: {what: None if math.isnan(value) else round(value, 4) for what, value in own.items()}
        for name, own in quality.items()
    }
    return {"quality": rounded, "usage": code_usage(points, size, seed=seed)}


def lines(about: dict[str, Any]) -> list[str]:
    """The quality of the maps, a line each."""
    return [
        f"{name:<8} " + ", ".join(f"{what} {_figure(value)}" for what, value in own.items())
        for name, own in about["quality"].items()
    ]


def _figure(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"
