"""Reader for BridgeData V2 as it was recorded.

    <…>/raw/traj_group0/traj0/images0/im_0.jpg, im_1.jpg, …    frames of one camera of several
    <…>/raw/traj_group0/traj0/lang.txt                         what was asked for
    <…>/raw/traj_group0/traj0/policy_out.pkl, obs_dict.pkl     actions and states

The last two are pickles: to open one is to run what it says, so they are left alone, and the
actions of these clips are unknown. (The same data as RLDS has them.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from lapa.data.episodes import Episode, Report, Skipped
from lapa.data.readers.frame_folders import frame_number, in_order, read_frame, stream_frames
from lapa.data.readers.reader import CAMERA, FPS, Reader, rate
from lapa.data.splits import TRAIN, Splits
from lapa.data.walk import walk

TRAJECTORY, IMAGES = re.compile(r"traj\d+$"), re.compile(r"images\d+$")
FIRST = "images0"
# of the recordings, frames a second
RATE = 5.0
PICKLE = "policy_out.pkl"


def accepts(path: Path) -> bool:
    """Whether the path is a trajectory."""
    return bool(TRAJECTORY.match(path.name)) and path.is_dir() and bool(_cameras(path))


def read(
    path: Path, *, fps: float | None = None, camera: str | None = None
) -> tuple[list[Episode], Report]:
    """Find every trajectory at or below `path`; looks at one frame of each.

    Args:
        fps: frames a second, where it is not BridgeData's 5.
        camera: `images1`, … instead of the fixed camera that is there always.

    Raises:
        ValueError: fps is no rate.
    """
    frequency, chosen = rate(RATE if fps is None else fps), camera or FIRST
    splits = Splits.of(path)
    episodes: list[Episode] = []
    skipped: list[Skipped] = []
    names = []
    for folder, cameras in sorted(_trajectories(path)):
        name = path.name if folder == path else folder.relative_to(path).as_posix()
        split = TRAIN if folder == path else splits.split(name)
        names.append(name)
        try:
            if chosen not in cameras:
                raise ValueError(f"has no camera {chosen}; it has {', '.join(cameras) or 'none'}")
            episodes.append(_episode(folder, chosen, name, path.name, frequency, split))
        except ValueError as error:
            skipped.append(Skipped(name, str(error)))
    unknown = f"actions are unknown: {PICKLE} is a pickle, which is never opened"
    notes = [Skipped(path.name, unknown), *splits.unknown(names)]
    return episodes, Report(len(episodes), tuple(skipped), tuple(notes))


def _cameras(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir() if IMAGES.match(each.name))


def _trajectories(root: Path) -> Iterator[tuple[Path, list[str]]]:
    """Each trajectory with its cameras."""
    for folder, subfolders, _ in walk(root):
        if TRAJECTORY.match(Path(folder).name):
            yield Path(folder), list(filter(IMAGES.match, subfolders))
            # nothing below is a trajectory, and there are thousands of frames
            subfolders.clear()


def _episode(folder: Path, camera: str, name: str, source: str, fps: float, split: str) -> Episode:
    own = folder / camera
    numbered = [
        (number, each.name)
        for each in own.iterdir()
        if (number := frame_number(each.name)) is not None
    ]
    files = tuple(own / file for _, file in in_order(numbered))
    height, width = read_frame(files[0]).shape[:2]
    return Episode(
        id=name,
        source=source,
        embodiment="widowx",
        instruction=_instruction(folder / "lang.txt"),
        fps=fps,
        split=split,
        height=height,
        width=width,
        path=own,
        files=files,
        stream=partial(stream_frames, files),
        length=len(files),
        part=camera,
    )


def _instruction(file: Path) -> str:
    """The first line that somebody wrote; a line `confidence: …` is about the others."""
    if not file.is_file():
        return ""
    lines = file.read_text(encoding="utf-8-sig", errors="replace").split("\n")
    said = [line.strip() for line in lines if not line.startswith("confidence:")]
    return next((line for line in said if line), "")


READER = Reader(
    name="bridge",
    accepts=accepts,
    read=read,
    words="BridgeData V2 as recorded (folders traj0 with images0 in them)",
    options=(FPS, CAMERA),
    nested=True,
)
