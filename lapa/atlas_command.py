"""`python -m lapa atlas`: a map of frame pairs by their latents, for the tab Atlas.

    python -m lapa atlas assets/checkpoints/robots --data ../shared/robots --out assets/atlas

Writes atlas.parquet and sheets of thumbnails. Needs umap-learn; the app, which reads them, does
not.
"""

from __future__ import annotations

import argparse
import time
from functools import partial
from pathlib import Path
from typing import Any

from lapa.console import bar, checkpoint_folder, duration, tell


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    options.add_argument("checkpoint", type=Path, help="folder of a checkpoint, or of a run")
    options.add_argument("--data", type=Path, help="video (../shared/robots)")
    options.add_argument("--out", type=Path, default=Path("atlas"), help="folder (atlas)")
    options.add_argument(
        "--thin", type=int, default=3, help="pairs that begin within one gap, about (3)"
    )
    options.add_argument("--workers", type=int, default=2, help="processes that embed (2)")
    options.add_argument("--neighbours", type=int, default=15, help="of UMAP (15)")
    options.add_argument("--metric", default="euclidean", help="of UMAP (euclidean)")
    options.add_argument("--seed", type=int, default=0, help="of UMAP and of all draws (0)")


def command(options: argparse.Namespace) -> int:
    """Embed, project, measure and write, telling progress; returns the exit code."""
    from lapa.data import read_episodes
    from lapa.evaluation.atlas import Atlas, Thumbnails, embed_in_processes, join, write_atlas
    from lapa.models.quantizer import LatentActionQuantizer
    from lapa.presets import shared_data

    for name in ("thin", "workers"):
        if getattr(options, name) < 1:
            raise ValueError(f"--{name} is {getattr(options, name)}; accepted are 1 and more")
    load = partial(LatentActionQuantizer.from_pretrained, checkpoint_folder(options.checkpoint))
    quantizer = load()
    episodes, report = read_episodes(options.data or shared_data())
    if report.skipped:
        tell(report.summary(), last=True)
    start, parts = time.perf_counter(), []
    thumbnails = Thumbnails(options.out)
    for part in embed_in_processes(load, episodes, workers=options.workers, thin=options.thin):
        thumbnails.add(part.thumbnails)
        parts.append(part)
        left = (time.perf_counter() - start) * (part.total - part.done) / part.done
        line = f"{bar(part.done, part.total)} episode {part.done}/{part.total}"
        tell(f"{line}, {duration(left)} left", last=part.done == part.total)
    thumbnails.close()
    embedded = time.perf_counter() - start
    points = join(parts)
    maps, made = projections(points.flat, options)
    about = {
        "command": f"python -m lapa {options.line}",
        "model": checkpoint_folder(options.checkpoint).name,
        "image_size": quantizer.config.image_size,
        "code_length": quantizer.config.code_length,
        "codebook_size": quantizer.config.codebook_size,
        "gap_seconds": quantizer.config.gap_seconds,
        "maps": made,
        **measured(points, maps, quantizer.config.codebook_size, options.seed),
    }
    print(write_atlas(options.out, Atlas(points, maps, about)))
    rest = time.perf_counter() - start - embedded
    took = f"{embedded:.0f} s for embedding, {rest:.0f} s for the rest"
    print(f"{len(points)} pairs of {len(parts)} episodes in {took}")
    print("\n".join(lines(about)))
    return 0


def projections(latents: Any, options: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any]]:
    """UMAP and PCA in two and three dimensions: coordinates, and how each was made.

    A seeded UMAP keeps to one core, so both are fitted at once where there are two workers.
    """
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from lapa.evaluation.atlas import principal

    tell("UMAP in two and in three dimensions", last=True)
    words = {"neighbours": options.neighbours, "metric": options.metric, "seed": options.seed}
    maps, made = {}, {}
    with ProcessPoolExecutor(min(options.workers, 2), mp_context=get_context("spawn")) as pool:
        fitted = {dims: pool.submit(_umap, latents, dims, words) for dims in (2, 3)}
        for dims, future in fitted.items():
            maps[f"umap{dims}"], made[f"umap{dims}"] = future.result()
            found = principal(latents, dims)
            maps[f"pca{dims}"], made[f"pca{dims}"] = found.coordinates, found.about
    return maps, made


def _umap(latents: Any, dims: int, words: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    from lapa.evaluation.atlas import umap

    found = umap(latents, dims, **words)
    return found.coordinates, found.about


def measured(points: Any, maps: dict[str, Any], size: int, seed: int) -> dict[str, Any]:
    """What the maps suggest and how the codes are used, in figures."""
    from lapa.evaluation.atlas import code_usage, map_quality

    tell("measuring the maps and the use of codes", last=True)
    quality = map_quality(points, maps, seed=seed)
    rounded = {
        name: {what: round(value, 4) for what, value in own.items()}
        for name, own in quality.items()
    }
    return {"quality": rounded, "usage": code_usage(points, size, seed=seed)}


def lines(about: dict[str, Any]) -> list[str]:
    """The quality of the maps, a line each."""
    return [
        f"{name:<8} " + ", ".join(f"{what} {value:.3f}" for what, value in own.items())
        for name, own in about["quality"].items()
    ]
