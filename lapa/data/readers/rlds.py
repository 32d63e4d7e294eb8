"""Reader for RLDS, the format of Open X-Embodiment: an episode a record of a TFRecord file.

    <name>/<version>/features.json                              what a record holds
    <name>/<version>/dataset_info.json                          which files belong to it
    <name>/<version>/<name>-<split>.tfrecord-00000-of-00008     records

Every set has its own names: `lapa.data.open_x` knows the common ones, the features' kinds tell the
rest, and the options say otherwise. Files are gone through record by record; frames are decoded
when they are asked for. TensorFlow is not needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from lapa.data import tfds
from lapa.data.episodes import Episode, Report, Skipped
from lapa.data.example import features as lists
from lapa.data.example import values
from lapa.data.open_x import RobotSet, robot_set
from lapa.data.readers.reader import ACTION, CAMERA, FPS, Option, Reader, of_one_size, rate
from lapa.data.splits import Splits
from lapa.data.tfds import Feature
from lapa.data.tfrecord import Damaged, Place, read_record, records
from lapa.data.walk import hidden, walk
from lapa.files import read_json

FEATURES, INFO = "features.json", "dataset_info.json"
FILE = re.compile(r".*-(?P<split>\w+)\.tfrecord(-(?P<shard>\d+)-of-(?P<shards>\d+))?(\.gz)?$")
VERSION = re.compile(r"\d+\.\d+\.\d+$")
INSTRUCTIONS = (
    "steps/language_instruction",
    "steps/observation/natural_language_instruction",
    "steps/observation/language_instruction",
    "steps/natural_language_instruction",
    "steps/observation/instruction",
    "episode_metadata/language_instruction",
)
# what sees no scene from outside is looked at last
INSIDE = ("wrist", "hand", "gripper")


@dataclass(frozen=True)
class Choice:
    """What of a set is read: its frames, its actions as one or more features, its instruction; and
    what is known of it besides, the gap perhaps not."""

    camera: Feature
    action: tuple[Feature, ...]
    instruction: Feature | None
    names: tuple[str, ...]
    fps: float
    embodiment: str
    gap_seconds: float | None


def accepts(path: Path) -> bool:
    """Whether the path is a version of a set, or one of its files."""
    if path.is_file():
        return bool(FILE.match(path.name)) and (path.parent / FEATURES).is_file()
    return (path / FEATURES).is_file()


def _folders(path: Path) -> Iterator[Path]:
    """The versions of sets at or below `path`, a folder or a file of one."""
    if path.is_file():
        yield path.parent
        return
    for folder, subfolders, names in walk(path):
        if FEATURES in names:
            yield Path(folder)
            subfolders.clear()


def read(
    path: Path,
    *,
    fps: float | None = None,
    camera: str | None = None,
    action: str | None = None,
    instruction: str | None = None,
) -> tuple[list[Episode], Report]:
    """Read every set at `path` (a folder of sets, a set, a version, or one of its files).

    Args:
        fps: steps a second, for sets that `lapa.data.open_x` does not know.
        camera, instruction: a feature by its path or the end of it (`image_1`).
        action: the same; several, after commas, are one action together, and a group is all in it.

    Raises:
        ValueError: nothing of it can be read as it was asked for.
    """
    episodes: list[Episode] = []
    skipped: list[Skipped] = []
    notes: list[Skipped] = []
    newest, old = _newest(list(_folders(path)))
    if not newest:
        raise ValueError(f"{path} holds no {FEATURES}, and no RLDS")
    notes += [Skipped(folder.name, "is an older version of a set that is read") for folder in old]
    splits = Splits.of(path if path.is_dir() else path.parent)
    for folder in newest:
        name = _name(folder)
        try:
            tree = tfds.read_features(folder / FEATURES)
            choice = _choice(name, tree, fps, camera, action, instruction)
            files, twice = ([path], []) if path.is_file() else _files(folder)
        except ValueError as error:
            if len(newest) == 1:
                raise ValueError(f"{name}: {error}") from error
            skipped.append(Skipped(name, str(error)))
            continue
        counts = {}
        skipped += twice
        for file in files:
            own, wrong = _read_file(file, name, choice, splits, files)
            episodes += own
            skipped += wrong
            counts[file.name] = len(own) + sum(item.name != file.name for item in wrong)
        notes.append(Skipped(name, _told(choice, tree)))
        notes += _missing(folder, counts) if path.is_dir() else []
    notes += splits.unknown([episode.id for episode in episodes])
    return episodes, Report(len(episodes), tuple(skipped), tuple(notes))


def _newest(found: list[Path]) -> tuple[list[Path], list[Path]]:
    """One version of each set, and those that are older."""
    sets: dict[tuple[Path, str], list[Path]] = {}
    for folder in found:
        of_version = VERSION.match(folder.name)
        key = folder.parent if of_version else folder, _name(folder)
        sets.setdefault(key, []).append(folder)
    ordered = [sorted(versions, key=_version) for versions in sets.values()]
    return [each[-1] for each in ordered], [old for each in ordered for old in each[:-1]]


def _version(folder: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in folder.name.split(".")) if VERSION.match(folder.name) else ()


def _info(folder: Path) -> dict[str, Any]:
    try:
        told = read_json(folder / INFO)
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _name(folder: Path) -> str:
    own = _info(folder).get("name")
    if isinstance(own, str) and own:
        return own
    return folder.parent.name if VERSION.match(folder.name) else folder.name


def _files(folder: Path) -> tuple[list[Path], list[Skipped]]:
    """The files of records, and those that are there twice: compressed, too, or left over from
    another number of shards. Where one number of them is whole, that is taken."""
    visible = sorted(file for file in folder.iterdir() if not hidden(file.name))
    found = ((file, FILE.match(file.name)) for file in visible)
    named = [(file, own["split"], own["shard"], own["shards"]) for file, own in found if own]
    if not named:
        raise ValueError(f"{folder} has {FEATURES} and no file <name>-<split>.tfrecord-…")
    chosen: dict[str, str | None] = {}
    for split in {own for _, own, _, _ in named}:
        sizes = {of: {n for _, own, n, o in named if (own, o) == (split, of)}
                 for _, each, _, of in named if each == split}  # fmt: skip
        chosen[split] = max(sizes, key=lambda of: (len(sizes[of]) == int(of or 1), len(sizes[of])))
    files: dict[tuple[str, str | None], Path] = {}
    twice = []
    for file, split, shard, of in named:
        first = files.setdefault((split, shard), file) if of == chosen[split] else None
        if first is None:
            twice.append(
                Skipped(file.name, f"is of another number of shards than the rest of {split}")
            )
        elif first != file:
            twice.append(Skipped(file.name, f"is there twice: {first.name} is read"))
    return list(files.values()), twice


def _choice(
    name: str,
    tree: dict[str, Feature],
    fps: float | None,
    camera: str | None,
    action: str | None,
    instruction: str | None,
) -> Choice:
    known = robot_set(name)
    frequency = known.fps if known and fps is None else fps
    if frequency is None:
        raise ValueError("RLDS does not say how many steps a second it has: it needs fps")
    return Choice(
        camera=_camera(tree, camera, known),
        action=_action(tree, action, known),
        instruction=_instruction(tree, instruction),
        names=known.names if known and action is None else (),
        fps=rate(frequency),
        embodiment=known.embodiment if known else name,
        gap_seconds=known.gap_seconds if known else None,
    )


def _named(tree: Mapping[str, Feature], name: str) -> list[Feature]:
    """The feature of a name, or all of a group; the name may be the end of a path.

    Raises:
        ValueError: there is none, or several are meant.
    """
    for full in (name, f"steps/{name}", f"steps/observation/{name}"):
        if full in tree:
            return [tree[full]]
        inside = [feature for path, feature in tree.items() if path.startswith(f"{full}/")]
        if inside:
            return inside
    ends = [feature for path, feature in tree.items() if path.endswith(f"/{name}")]
    if len(ends) == 1:
        return ends
    found = "has no feature" if not ends else "has several features"
    raise ValueError(f"it {found} {name!r}; it has {', '.join(tree)}")


def cameras(tree: Mapping[str, Feature]) -> list[Feature]:
    """The features that are frames; where there is none, texts that may hold encoded pictures."""
    found = [feature for feature in tree.values() if feature.is_camera]
    texts = [each for each in tree.values() if each.kind == "text" and each.depth in (1, 2)]
    return found or [each for each in texts if "image" in each.name or "rgb" in each.name]


def _camera(tree: Mapping[str, Feature], asked: str | None, known: RobotSet | None) -> Feature:
    if asked is not None:
        [*chosen] = _named(tree, asked)
        seen = [each for each in chosen if each.is_camera or (each.kind == "text" and each.depth)]
        if len(seen) != 1:
            offered = ", ".join(each.path for each in cameras(tree)) or "none"
            raise ValueError(f"{asked!r} is no camera of it; its cameras are {offered}")
        return seen[0]
    found = cameras(tree)
    if not found:
        raise ValueError(f"it has no camera; it has {', '.join(tree)}")
    for each in found:
        if known and each.name == known.camera:
            return each
    return min(found, key=lambda each: any(word in each.name for word in INSIDE))


def _action(
    tree: Mapping[str, Feature], asked: str | None, known: RobotSet | None
) -> tuple[Feature, ...]:
    if asked is not None:
        chosen = [each for name in asked.split(",") for each in _named(tree, name.strip())]
        odd = [each.path for each in chosen if not each.is_numeric]
        if odd:
            raise ValueError(f"{', '.join(odd)} is no action: numbers, some a step, are accepted")
        return tuple(chosen)
    paths = [f"steps/{path}" for path in known.action] if known else []
    if paths and all(path in tree for path in paths):
        return tuple(tree[path] for path in paths)
    for name in ("steps/action", "steps/actions"):
        found = [f for path, f in tree.items() if path == name or path.startswith(f"{name}/")]
        if found:
            return tuple(each for each in found if each.is_numeric)
    return ()


def _instruction(tree: Mapping[str, Feature], asked: str | None) -> Feature | None:
    if asked is not None:
        chosen = _named(tree, asked)
        if len(chosen) != 1:
            raise ValueError(f"{asked!r} is several features: one is the instruction")
        return chosen[0]
    for path in INSTRUCTIONS:
        if path in tree:
            return tree[path]
    named = [f for f in tree.values() if f.kind == "text" and "instruction" in f.name]
    return named[0] if named else None


def _told(choice: Choice, tree: Mapping[str, Feature]) -> str:
    """How a set is read, in a sentence."""
    others = [each.path for each in cameras(tree) if each != choice.camera]
    besides = f" (also there: {', '.join(others)})" if others else ""
    action = ", ".join(each.path for each in choice.action) or "unknown"
    said = choice.instruction.path if choice.instruction else "unknown"
    gap = f"; LAPA's gap for it is {choice.gap_seconds:g} s" if choice.gap_seconds else ""
    return (
        f"{choice.fps:g} steps a second, camera {choice.camera.path}{besides}, action {action}, "
        f"instruction {said}{gap}"
    )


def _missing(folder: Path, counts: Mapping[str, int]) -> list[Skipped]:
    """Notes on files and records that the set announces and that are not there."""
    notes = []
    told = _info(folder).get("splits")
    for split in told if isinstance(told, list) else ():
        sizes = split.get("shardLengths") if isinstance(split, dict) else None
        if not isinstance(sizes, list) or not sizes:
            continue
        start = f"-{split.get('name')}.tfrecord"
        names = [name for name in counts if start in name]
        if len(names) < len(sizes):
            absent = f"{len(sizes) - len(names)} of its {len(sizes)} files"
            notes.append(Skipped(f"{_name(folder)}, split {split.get('name')}", f"lacks {absent}"))
            continue
        for name, size in zip(names, sizes, strict=False):
            if str(counts[name]) != str(size):
                notes.append(Skipped(name, f"has {counts[name]} records, {INFO} says {size}"))
    return notes


def _read_file(
    file: Path, name: str, choice: Choice, splits: Splits, files: list[Path]
) -> tuple[list[Episode], list[Skipped]]:
    """The episodes of one file, and what of it cannot be used."""
    match = FILE.match(file.name)
    assert match, file
    own, others = match["split"], [each.name for each in files]
    parts = [each["split"] for other in others if (each := FILE.match(other))]
    shard = f"{own}-{match['shard']}" if match["shard"] else own
    episodes: list[Episode] = []
    skipped: list[Skipped] = []
    try:
        for number, (place, record) in enumerate(records(file)):
            clip = f"{name}/{shard}/{number}"
            try:
                split = splits.given(clip, own, parts)
                episodes.append(_episode(clip, split, name, file, place, record, choice))
            except ValueError as error:
                skipped.append(Skipped(f"{file.name} record {number}", str(error)))
    except Damaged as error:
        skipped.append(Skipped(file.name, f"{error}; nothing after that can be read"))
    return episodes, skipped


def _episode(
    clip: str,
    split: str,
    source: str,
    file: Path,
    place: Place,
    record: bytes | None,
    choice: Choice,
) -> Episode:
    if record is None:
        raise ValueError("its checksum is wrong: the data is damaged")
    example = lists(record)
    frames = tfds.rows(choice.camera, example)
    if len(frames) < 2:
        raise ValueError(f"holds {len(frames)} frame, a pair needs two")
    _check_not_blank(choice.camera, example, frames[0])
    height, width = _size(choice.camera, frames[0])
    actions = _actions(choice.action, example, len(frames))
    return Episode(
        id=clip,
        source=source,
        embodiment=choice.embodiment,
        instruction=_said(choice.instruction, example),
        fps=choice.fps,
        split=split,
        height=height,
        width=width,
        action_names=_action_names(choice, actions),
        path=file,
        files=(),
        stream=partial(_stream, file, place, choice.camera),
        length=len(frames),
        actions=actions,
        part=f"{choice.camera.path} {place.length} {place.crc:08x}",
    )


def _check_not_blank(camera: Feature, example: Mapping[str, memoryview], first: Any) -> None:
    """BridgeData V2 has blank frames of one grey where a camera was not there, and a flag; the
    flag alone is not to be trusted."""
    flag = example.get(f"episode_metadata/has_{camera.name}")
    if (
        flag is not None
        and not np.any(np.asarray(values(flag)))
        and not np.ptp(tfds.picture(camera, first))
    ):
        raise ValueError(f"has no {camera.name}: its frames are blank")


def _size(camera: Feature, first: Any) -> tuple[int, int]:
    """Height and width of a frame."""
    if camera.kind == "tensor" or camera.depth == 2:
        height, width = tfds.picture(camera, first).shape[:2]
        return height, width
    with tfds.opened(camera, first) as image:
        return image.height, image.width


def _actions(
    chosen: tuple[Feature, ...], example: Mapping[str, memoryview], steps: int
) -> np.ndarray | None:
    """(steps - 1, A) float32: the last action leads to no frame."""
    if not chosen:
        return None
    parts = []
    for feature in chosen:
        values_ = tfds.rows(feature, example, steps)
        sizes = {np.shape(row) for row in values_}
        if len(values_) != steps or len(sizes) != 1:
            raise ValueError(f"{feature.path} is not one value for each of {steps} frames")
        parts.append(np.asarray(values_, np.float32).reshape(steps, -1))
    actions = np.ascontiguousarray(np.concatenate(parts, axis=1)[:-1])
    if not np.isfinite(actions).all():
        raise ValueError("has actions that are not finite")
    return actions


def _action_names(choice: Choice, actions: np.ndarray | None) -> tuple[str, ...]:
    if actions is None:
        return ()
    width = actions.shape[1]
    return choice.names if len(choice.names) == width else tuple(f"a{i}" for i in range(width))


def _said(feature: Feature | None, example: Mapping[str, memoryview]) -> str:
    """The first instruction of an episode that is not empty."""
    if feature is None:
        return ""
    values_ = tfds.rows(feature, example)
    each = (value for row in values_ for value in (row if feature.depth == 2 else [row]))
    return next((said for value in each if (said := tfds.text(value))), "")


def _stream(file: Path, place: Place, camera: Feature) -> Iterator[np.ndarray]:
    rows = tfds.rows(camera, lists(read_record(file, place)))
    frames = (tfds.picture(camera, row) for row in rows)
    yield from of_one_size((f"frame {number}", frame) for number, frame in enumerate(frames))


READER = Reader(
    name="rlds",
    accepts=accepts,
    read=read,
    words="RLDS as of Open X-Embodiment (a folder with features.json and .tfrecord files)",
    options=(
        FPS,
        CAMERA,
        ACTION,
        Option(
            "instruction",
            str,
            "the instruction, by its name or its end",
            elsewhere="say their instructions",
        ),
    ),
    nested=True,
)
