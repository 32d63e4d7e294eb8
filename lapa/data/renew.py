"""What is kept of a cache whose clips have changed since it was made.

A clip that was mended, renamed or taken away leaves the cache; where only what is told of a clip
has changed (its instruction, its split, the name of the set), its frames stay and the manifest
says the new. Then the build adds what is missing.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import fields, replace
from pathlib import Path

from lapa.data import manifest
from lapa.data.episodes import Episode, EpisodeInfo
from lapa.data.manifest import ACTIONS, FRAMES, CachedEpisode, Manifest, read_manifest

PARTIAL = ".writing"


def renew(folder: Path, known: Manifest, wanted: dict[str, Episode], origin: str) -> Manifest:
    """Bring a cache to what `wanted` (digest -> episode) holds, without decoding.

    Raises:
        ValueError: nothing in the cache is of these clips.
    """
    held = set(known.digests)
    fresh: dict[str, dict[str, Episode]] = defaultdict(dict)
    for digest, episode in wanted.items():
        if digest not in held:
            fresh[episode.id][digest] = episode
    today = [(old, _now(old, wanted, fresh[old.id])) for old in known.episodes]
    kept = [(old, new) for old, new in today if new is not None]
    skipped = {digest: item for digest, item in known.skipped.items() if digest in wanted}
    same = len(kept) == len(known.episodes) and all(old == new for old, new in kept)
    if same and len(skipped) == len(known.skipped):
        return known
    names = {episode.id for episode in wanted.values()}
    if known.episodes and not names & {episode.id for episode in known.episodes}:
        raise ValueError(
            f"The cache {folder} holds other clips ({known.episodes[0].id}, …); choose another "
            f"folder, or delete this one."
        )
    lines = [manifest.header_line(known.image_size, origin)]
    lines += [manifest.skipped_line(item, digest) for digest, item in skipped.items()]
    frames = actions = 0
    for _, new in kept:
        lines.append(manifest.episode_line(replace(new, start=frames, action_start=actions)))
        frames += new.length
        actions += (new.length - 1) * new.action_dim
    _rewrite(folder, known.image_size, [old for old, _ in kept], lines)
    return read_manifest(folder)


def cut_to(folder: Path, known: Manifest) -> None:
    """Take off what a killed build left behind its last whole line.

    Raises:
        ValueError: a file is shorter than the manifest says.
    """
    frames, actions = known.extent
    for name, size in (
        (FRAMES, frames * known.image_size**2 * 3),
        (ACTIONS, actions * 4),
        (manifest.FILE, known.size),
    ):
        if (folder / name).stat().st_size < size:
            raise ValueError(
                f"The cache {folder} is damaged ({name} is cut); delete it and prepare it again."
            )
        os.truncate(folder / name, size)


def _now(
    old: CachedEpisode, wanted: dict[str, Episode], fresh: dict[str, Episode]
) -> CachedEpisode | None:
    """What an episode of the cache is today; None if its files are not what they were.

    fresh: the clips of its id that the cache does not know, by digest.
    """
    if old.digest in wanted:
        return old
    told = {field.name: getattr(old, field.name) for field in fields(EpisodeInfo)}
    for digest, episode in fresh.items():
        if manifest.digest(replace(episode, **told)) == old.digest:
            info = {name: getattr(episode, name) for name in told}
            return replace(old, **info, digest=digest)
    return None


def _rewrite(folder: Path, side: int, kept: list[CachedEpisode], lines: Iterable[str]) -> None:
    """New files of what is kept, put in place only when all are whole."""
    drafts = [folder / f"{name}{PARTIAL}" for name in (FRAMES, ACTIONS, manifest.FILE)]
    try:
        size = side * side * 3
        _copy(folder / FRAMES, drafts[0], [(e.start * size, e.length * size) for e in kept])
        values = [(e.action_start * 4, (e.length - 1) * e.action_dim * 4) for e in kept]
        _copy(folder / ACTIONS, drafts[1], values)
        drafts[2].write_text("".join(lines), encoding="utf-8")
        # killed from here on, the folder holds no cache until it is made anew
        (folder / manifest.FILE).unlink()
        for draft in drafts:
            os.replace(draft, draft.with_name(draft.name.removesuffix(PARTIAL)))
    finally:
        for draft in drafts:
            draft.unlink(missing_ok=True)


def _copy(source: Path, target: Path, ranges: list[tuple[int, int]]) -> None:
    """Some ranges (first byte, bytes) of a file, after each other."""
    with source.open("rb") as data, target.open("wb") as copy:
        for start, length in ranges:
            data.seek(start)
            copy.write(data.read(length))
