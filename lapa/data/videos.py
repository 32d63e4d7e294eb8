"""Reader for any folder of videos, or for one video.

Videos may lie in folders of any depth. The first folder below the root names the embodiment
(`videos/panda/…`, `videos/human/…`); videos directly in the root are all of one embodiment, the
root's name. Frames are put on a steady grid at the video's own average rate.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from lapa.data.decode import VIDEO_SUFFIXES, probe_video, stream_video
from lapa.data.episodes import Episode, Report, Skipped, splits_for
from lapa.data.walk import hidden, walk


def is_video(path: Path) -> bool:
    """Whether the name says video; hidden files do not count."""
    return path.suffix.lower() in VIDEO_SUFFIXES and not hidden(path.name)


def read_videos(path: Path) -> tuple[list[Episode], Report]:
    """Read the header and two frames of each video at `path`.

    Returns:
        the episodes sorted by name, and the report. Every tenth of an embodiment is held out.
    """
    root = path if path.is_dir() else path.parent
    found = [path] if not path.is_dir() else sorted(
        Path(folder, name)
        for folder, _, names in walk(root)
        for name in names
        if is_video(Path(name))
    )
    embodiments = [embodiment_of(video, root) for video in found]
    episodes: list[Episode] = []
    skipped: list[Skipped] = []
    # The split counts broken files too, so that mending one moves no other clip.
    for video, body, split in zip(found, embodiments, splits_for(embodiments), strict=True):
        name = video.relative_to(root).as_posix()
        try:
            episodes.append(_episode(video, name, root.name, body, split))
        except ValueError as error:
            skipped.append(Skipped(name, str(error)))
    return episodes, Report(len(episodes), tuple(skipped))


def embodiment_of(clip: Path, root: Path) -> str:
    """The first folder between `root` and the clip, or the root's own name."""
    parents = clip.relative_to(root).parts[:-1]
    return parents[0] if parents else root.name


def _episode(video: Path, name: str, source: str, embodiment: str, split: str) -> Episode:
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
