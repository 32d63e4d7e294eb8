"""The clips shipped with the app: which there are, and their frames, decoded when asked for."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from app.clips.media import THUMBNAIL_SIDE, shrink
from app.core.cache import Cache
from app.core.limits import Limits, UserError
from app.core.views import Clip

log = logging.getLogger(__name__)


class Library:
    """Reads a folder of episodes once, on first use; decoded clips are kept up to a limit.

    read: folder -> (episodes, report of what was skipped), as `lapa.data.read_episodes`.
    """

    def __init__(self, folder: Path, read: Callable[[Path], Any], limits: Limits) -> None:
        self._folder = Path(folder)
        self._read = read
        self._lock = threading.Lock()
        self._episodes: dict[str, Any] = {}
        self._opened = False
        self._clips: dict[str, Clip] = {}
        self._problem = ""
        self._frames: Cache[np.ndarray] = Cache(
            limits.clip_bytes, size=lambda frames: frames.nbytes
        )
        self._thumbnails: Cache[np.ndarray] = Cache(
            limits.clip_bytes // 20, size=lambda image: image.nbytes
        )

    def clips(self, embodiment: str | None = None, task: str | None = None) -> tuple[Clip, ...]:
        """Clips in the order embodiment, task, id; filtered where a filter is given."""
        self._open()
        return tuple(
            clip
            for clip in self._clips.values()
            if embodiment in (None, clip.embodiment) and task in (None, clip.task)
        )

    def get(self, clip_id: str) -> Clip | None:
        """The clip of this id, or None."""
        self._open()
        return self._clips.get(clip_id)

    def problem(self) -> str:
        """One sentence when the folder holds no usable clip, otherwise empty."""
        self._open()
        return self._problem

    def frames(self, clip_id: str) -> np.ndarray:
        """All frames of a known clip, (T, H, W, 3) uint8, read-only."""
        return self._frames.get_or_make(clip_id, lambda: self._decode(clip_id))

    def recorded(self, clip_id: str) -> tuple[np.ndarray, np.ndarray | None, tuple[str, ...]]:
        """The frames, the robot's actions and their names; decoded anew and not kept."""
        return self._decode(clip_id), *self.actions(clip_id)

    def actions(self, clip_id: str) -> tuple[np.ndarray | None, tuple[str, ...]]:
        """The robot's actions and their names, of a known clip."""
        episode = self._episodes[clip_id]
        return episode.actions, tuple(episode.action_names)

    def thumbnail(self, clip_id: str) -> np.ndarray:
        """The clip's first frame, small."""
        return self._thumbnails.get_or_make(
            clip_id, lambda: shrink(self.frames(clip_id)[0], THUMBNAIL_SIDE)
        )

    def _open(self) -> None:
        with self._lock:
            if self._opened:
                return
            try:
                episodes = self._read(self._folder)[0] if self._folder.is_dir() else []
            except (OSError, ValueError) as error:
                log.warning("could not read the clips", exc_info=True)
                episodes, self._problem = [], f"The clips cannot be read: {error}"
            for episode in sorted(episodes, key=lambda e: (e.embodiment, e.task, e.id)):
                clip = _clip(episode, clips=self._clips)
                if clip is not None:
                    self._clips[clip.id], self._episodes[clip.id] = clip, episode
            if not self._episodes and not self._problem:
                self._problem = f"The folder {self._folder.name} holds no clips; upload your own."
            self._opened = True

    def _decode(self, clip_id: str) -> np.ndarray:
        try:
            frames = np.ascontiguousarray(self._episodes[clip_id].frames)
        except (OSError, ValueError) as error:
            log.warning("could not decode the clip %s", clip_id, exc_info=True)
            raise UserError(f"The clip {clip_id} is damaged; choose another one.") from error
        if len(frames) != self._clips[clip_id].frames:
            raise UserError(f"The clip {clip_id} is incomplete; choose another one.")
        frames.setflags(write=False)
        return frames


def _clip(episode: Any, clips: Mapping[str, Clip]) -> Clip | None:
    try:
        # A plain video does not say how many frames it has.
        count = episode.length or len(episode.frames)
    except (OSError, ValueError):
        log.warning("left out the clip %s", episode.id, exc_info=True)
        return None
    return Clip(
        # An id is unique in its source only.
        id=episode.id if episode.id not in clips else f"{episode.source}/{episode.id}",
        source=episode.source,
        embodiment=episode.embodiment,
        task=episode.task,
        instruction=episode.instruction,
        fps=float(episode.fps),
        frames=count,
        height=episode.height,
        width=episode.width,
        split=episode.split,
    )
