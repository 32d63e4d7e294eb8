"""What the lessons show and ask, from the model, the clips and the atlas that are here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from app.atlases import Atlases
from app.cache import Cache
from app.checkpoints import Checkpoints
from app.compare import gap_frames
from app.compute import Compute
from app.dreams import Dreams
from app.gallery import Gallery
from app.lessons import LESSONS, Answer, Lesson
from app.lessons.facts import (
    DREAM_CLIP,
    DREAM_INDEX,
    DREAM_STEPS,
    of_atlas,
    of_dream,
    word_grid,
)
from app.limits import UserError
from app.views import CodeCard

DOTS, AXES = 240, ("x", "y", "z")


@dataclass(frozen=True, eq=False)
class Told:
    """A pair of frames, its latent action, and what the robot was told between them.

    command: (name, sum of that action over the gap), of the translation and the gripper.
    """

    clip_id: str
    embodiment: str
    frame: np.ndarray
    future: np.ndarray
    codes: tuple[int, ...]
    command: tuple[tuple[str, float], ...]
    aspect: float


@dataclass(frozen=True, eq=False)
class Plane:
    """A flat view of one position's codebook: the two widest directions of codes and latents.

    codes (K, 2): the vectors. apart (K,): how far each lies out of the plane, so that the distance
    of a point p in the plane is sqrt(|p - codes|² + apart²). latents (n, 2): real ones.
    """

    codes: np.ndarray
    apart: np.ndarray
    latents: np.ndarray


@dataclass(frozen=True, eq=False)
class DreamShown:
    """A closed-loop rollout beside the truth. psnr, copy_psnr: dB a step."""

    imagined: tuple[np.ndarray, ...]
    true: tuple[np.ndarray, ...]
    psnr: tuple[float, ...]
    copy_psnr: tuple[float, ...]


class Learning:
    """Everything the tab Learn can ask for.

    teaching: lapa's part, as `app.service.Teaching`.
    """

    def __init__(
        self,
        explorer: Gallery,
        checkpoints: Checkpoints,
        compute: Compute,
        atlases: Atlases,
        dreams: Dreams,
        teaching: Any,
    ) -> None:
        self._explorer, self._checkpoints, self._compute = explorer, checkpoints, compute
        self._atlases, self._dreams, self._lapa = atlases, dreams, teaching
        self._kept = Cache(40, size=lambda _: 1)

    def lesson(self, name: str) -> Lesson:
        """A lesson by name."""
        for each in LESSONS:
            if each.name == name:
                return each
        raise UserError(f"There is no lesson {name[:40]!r}.")

    def options(self, model: str, name: str) -> tuple[str, ...]:
        """The options of a lesson's question."""
        return self.lesson(name).question.choices(self._facts(model, name))

    def check(self, model: str, name: str, chosen: Any) -> Answer:
        """Whether an answer is right, and why."""
        return self.lesson(name).question.check(chosen, self._facts(model, name))

    def pair(self, model: str, number: int) -> Told:
        """A pair of one of the clips whose commands are known, each of another embodiment."""
        clips = self._told_clips()
        clip = clips[number % len(clips)]
        loaded = self._checkpoints.get(model)
        if loaded.view.error:
            raise UserError(loaded.view.error)
        index = self._moving_frame(loaded, clip)
        gap = self._gap(loaded, clip)
        footage = self._explorer.footage(clip.id)
        frame, future = (
            self._compute.prepared(loaded, clip.id, at, lambda at=at: footage.frames[at])
            for at in (index, index + gap)
        )
        codes = self._compute.inferred(loaded, clip.id, index, frame, future)
        sums = footage.actions[index : index + gap].sum(0)
        command = tuple(
            (name, float(value))
            for name, value in zip(footage.action_names, sums, strict=True)
            if name in (*AXES, "gripper")
        )
        return Told(clip.id, clip.embodiment, frame, future, codes, command, clip.aspect)

    def pairs(self) -> tuple[str, ...]:
        """The embodiments of the pairs that `pair` gives, by number."""
        return tuple(clip.embodiment for clip in self._told_clips())

    def plane(self, model: str, position: int) -> Plane:
        """A flat view of a position's codebook with real latents."""
        loaded = self._checkpoints.get(model)
        if loaded.view.error:
            raise UserError(loaded.view.error)
        if isinstance(position, bool) or position not in range(loaded.view.code_length):
            raise UserError(f"There is no position {position!s:.20}.")
        return self._kept.get_or_make(
            (model, "plane", position), lambda: self._make_plane(model, loaded, position)
        )

    def scenes(self, model: str, code: int) -> CodeCard:
        """What a code of the first position stands for."""
        view = self._checkpoints.get(model).view
        if isinstance(code, bool) or code not in range(view.codebook_size):
            raise UserError(
                f"There is no code {code!s:.20}; they are 0 to {view.codebook_size - 1}."
            )
        return self._atlases.card(model, (code, *(None,) * (view.code_length - 1)))

    def words(self, model: str) -> np.ndarray:
        """How often each latent action occurs in the atlas: `lessons.facts.word_grid`."""
        size = self._checkpoints.get(model).view.codebook_size
        return word_grid(self._atlases.table(model).codes, size)

    def dream(self, model: str) -> DreamShown:
        """A clip's own latent actions in closed loop, beside the truth; computed once."""
        return self._kept.get_or_make((model, "dream"), lambda: self._make_dream(model))

    # Inside

    def _facts(self, model: str, name: str) -> dict[str, Any]:
        """What the question of a lesson asks about; each lesson asks for its own part only."""
        if name in ("scenes", "words"):
            make = lambda: of_atlas(self._atlases.table(model))  # noqa: E731
            return self._kept.get_or_make((model, "atlas"), make)
        if name == "dream":
            shown = self.dream(model)
            return of_dream(list(shown.psnr), list(shown.copy_psnr))
        return {}

    def _told_clips(self) -> list[Any]:
        def find() -> list[Any]:
            found = []
            # the lessons are about the model that the page opens with
            first = self._checkpoints.get(self._checkpoints.names()[0]).view
            for name in self._explorer.embodiments(first) or self._explorer.embodiments():
                for clip in self._explorer.clips(name)[:1]:
                    footage = self._explorer.footage(clip.id)
                    if footage.actions is not None and set(AXES[:2]) <= set(footage.action_names):
                        found.append(clip)
            if not found:
                raise UserError("No clip here comes with the robot's commands.")
            return found[:6]

        return self._kept.get_or_make("told", find)

    def _gap(self, loaded: Any, clip: Any) -> int:
        return gap_frames(loaded.view.gap_seconds, clip.fps)

    def _moving_frame(self, loaded: Any, clip: Any) -> int:
        """The start of the pair whose commands add up to most, so that something is to be seen."""
        footage, gap = self._explorer.footage(clip.id), self._gap(loaded, clip)
        names = [footage.action_names.index(a) for a in AXES if a in footage.action_names]
        sums = np.vstack([np.zeros(len(names)), np.cumsum(footage.actions[:, names], 0)])
        moved = np.linalg.norm(sums[gap:] - sums[:-gap], axis=1)
        return int(moved.argmax())

    def _make_plane(self, model: str, loaded: Any, position: int) -> Plane:
        vectors = self._compute.run(self._lapa.codebook, loaded.quantizer)[position]
        points = self._atlases.latents(model, position)
        some = points[:: max(1, len(points) // DOTS)][:DOTS]
        middle = vectors.mean(0)
        _, _, axes = np.linalg.svd(
            np.vstack([vectors - middle, some - middle]), full_matrices=False
        )
        flat = (vectors - middle) @ axes[:2].T
        rest = (vectors - middle) - flat @ axes[:2]
        return Plane(flat, np.linalg.norm(rest, axis=1), (some - middle) @ axes[:2].T)

    def _make_dream(self, model: str) -> DreamShown:
        clip = self._dream_clip()
        made = self._dreams.rollout(model, None, clip.id, DREAM_INDEX, "", DREAM_STEPS)
        loaded = self._checkpoints.get(model)
        gap = self._gap(loaded, clip)
        true = tuple(
            self._compute.prepared(
                loaded, clip.id, at, lambda at=at: self._explorer.frame(clip.id, at)
            )
            for at in range(DREAM_INDEX, DREAM_INDEX + len(made.steps) * gap, gap)
        )
        images = tuple(step.image for step in made.steps)
        return DreamShown(images, true, tuple(made.psnr), tuple(made.copy_psnr))

    def _dream_clip(self) -> Any:
        """The clip that was chosen for it, or the longest one."""
        clips = self._explorer.clips()
        if not clips:
            raise UserError("There are no clips here to dream from.")
        named = next((clip for clip in clips if clip.id == DREAM_CLIP), None)
        return named or max(clips, key=lambda clip: clip.frames / clip.fps)
