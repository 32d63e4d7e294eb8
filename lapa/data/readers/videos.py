"""Reader for any folder of videos, or for one video.

Videos may lie in folders of any depth. The first folder below the root names the embodiment
(`videos/panda/…`, `videos/human/…`); videos directly in the root are all of one embodiment, the
root's name. Folders named `train` and `holdout` name no embodiment but the split
(`lapa.data.splits`). Frames are put on a steady grid at the video's own average rate.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from lapa.data.episodes import SPLITS, Episode, Report, Skipped
from lapa.data.readers.reader import Reader
from lapa.data.splits import TRAIN, Splits
from lapa.data.walk import any_file, hidden, walk
from lapa.media.videos import VIDEO_SUFFIXES, probe_video, stream_video


def is_video(path: Path) -> bool:
    """Whether the name says video; hidden files do not count."""
    return path.suffix.lower() in VIDEO_SUFFIXES and not hidden(path.name)


def accepts(path: Path) -> bool:
    """Whether the path is a video, or a folder with a video right in it."""
    return is_video(path) if path.is_file() else any_file(path, lambda name: is_video(Path(name)))


def read(path: Path) -> tuple[list[Episode], Report]:
    """Read the header and two frames of each video at `path`.

    Returns:
        the episodes sorted by name, and the report. A video that is read alone is no set, and
        trained on.
    """
    root = path if path.is_dir() else path.parent
    videos = (
        [path]
        if not path.is_dir()
        else sorted(
            Path(folder, name)
            for folder, _, names in walk(root)
            for name in names
            if is_video(Path(name))
        )
    )
    splits = Splits.of(root) if path.is_dir() else None
    episodes: list[Episode] = []
    skipped: list[Skipped] = []
    for video in videos:
        name = video.relative_to(root).as_posix()
        split = splits.split(name) if splits else TRAIN
        try:
            episodes.append(episode_of(video, name, root.name, embodiment_of(video, root), split))
        except ValueError as error:
            skipped.append(Skipped(name, str(error)))
    names = [video.relative_to(root).as_posix() for video in videos]
    notes = splits.unknown(names) if splits else []
    return episodes, Report(len(episodes), tuple(skipped), tuple(notes))


def embodiment_of(clip: Path, root: Path) -> str:
    """The first folder between `root` and the clip, or the root's own name; a folder that names a
    split is passed by."""
    parents = [part for part in clip.relative_to(root).parts[:-1] if part not in SPLITS]
    own = root.parent.name if root.name in SPLITS else root.name
    return parents[0] if parents else own or root.name


def episode_of(video: Path, name: str, source: str, embodiment: str, split: str) -> Episode:
    """One video file as an episode, whose frames are decoded when they are asked for."""
    info = probe_video(video)
    return Episode(
        id=name,
        source=source,
        embodiment=embodiment,
        fps=info.fps,
        split=split,
        height=info.height,
        width=info.width,
        path=video,
        files=(video,),
        stream=partial(stream_video, video, fps=info.fps),
    )


READER = Reader(
    name="videos",
    accepts=accepts,
    read=read,
    words="a video, a folder of videos",
    nested=True,
)
