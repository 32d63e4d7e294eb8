"""What the lessons show and ask, from the models, the clips and the atlas that are here."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import Any

import numpy as np

from app.clips.gallery import Gallery
from app.core.cache import Cache
from app.core.checkpoints import Checkpoints, Loaded
from app.core.codes import parse_codes
from app.core.compare import gap_in_frames
from app.core.compute import Compute
from app.core.frames import Frames
from app.core.limits import UserError
from app.core.views import Clip
from app.tabs.atlas.service import Atlas
from app.tabs.atlas.views import CodeCard
from app.tabs.imagine.service import Imagine
from app.tabs.learn import facts
from app.tabs.learn import words as say
from app.tabs.learn.examples import Examples
from app.tabs.learn.figures import PaperFigures
from app.tabs.learn.lesson import Answer, Asked, Lesson
from app.tabs.learn.lessons import LESSONS
from app.tabs.learn.stages import CLIP, INDEX, INSTRUCTIONS, QUANTIZER, Stages
from app.tabs.learn.views import Codes, Dream, Guess, Instructed, Pair, Plane, Steered, Swap
from app.tabs.policy.simulator import Acting

DOTS = 240
# where the lesson on dreaming dreams, and how many its question compares
DREAM_CLIP, DREAM_INDEX, DREAM_STEPS = "metaworld-sawyer-window-open-00004", 0, 8
ASKED_DREAMS = 3
# answers from which on there is a choice
LEAST_KEYS = 3


class Learn:
    """Everything the tab Learn can ask for. A lesson asks for the model that it is about, whatever
    else the page shows. folder: of the checkpoints."""

    def __init__(
        self,
        clips: Gallery,
        checkpoints: Checkpoints,
        compute: Compute,
        frames: Frames,
        atlas: Atlas,
        imagine: Imagine,
        acting: Acting,
        folder: Path,
    ) -> None:
        self._clips, self._checkpoints, self._compute = clips, checkpoints, compute
        self._frames, self._atlas, self._imagine = frames, atlas, imagine
        self._examples = Examples(clips, checkpoints, compute, frames)
        self.stages = Stages(self._examples, compute, frames, acting, folder)
        self.figures = PaperFigures(clips, checkpoints, compute, frames, imagine)
        self._planes: Cache[Plane] = Cache(30, size=lambda _: 1)
        self._dreams: Cache[Dream] = Cache(10, size=lambda _: 1)
        self._known: Cache[dict[str, Any]] = Cache(10, size=lambda _: 1)
        self._prepared: set[str] = set()

    def lesson(self, name: str) -> Lesson:
        """A lesson by name."""
        for each in LESSONS:
            if each.name == name:
                return each
        raise UserError(say.NO_LESSON.format(name=name[:40]))

    def loaded(self, name: str) -> Loaded:
        """The quantizer that a lesson is about."""
        return self._examples.usable(self.lesson(name).model)

    def question(self, name: str) -> Asked:
        """A lesson's question, as these models make it."""
        return self.lesson(name).question.put(self._facts(name))

    def prepare(self, name: str) -> None:
        """Begin to look for what the question and the later stages need, once, so that nobody has
        to wait for it."""
        if self.lesson(name).name not in self._prepared:
            self._prepared.add(name)
            threading.Thread(target=self._look, args=(name,), daemon=True).start()

    def check(self, name: str, chosen: Any, wrong: Any = 0) -> Answer:
        """Whether an answer is right: `lesson.Question.check`."""
        return self.lesson(name).question.check(chosen, self._facts(name), wrong)

    def pairs(self, name: str) -> tuple[str, ...]:
        """The embodiments of the pairs that `pair` gives, by number."""
        return tuple(clip.embodiment for clip in self._examples.clips(self.lesson(name).model))

    def pair(self, name: str, number: int = 0) -> Pair:
        """A pair of one of the robots that the lesson's model knows. The last lesson has one only,
        whose frame goes through all three stages."""
        model = self.lesson(name).model
        if model == QUANTIZER and CLIP in {clip.id for clip in self._clips.all()}:
            return self._examples.pair_of(model, self._clips.get(CLIP), INDEX)
        return self._examples.pair(model, number)

    def imagine(self, name: str, clip_id: Any, index: Any, codes: Any) -> np.ndarray:
        """What the lesson's model imagines from a clip's frame with these codes."""
        loaded = self.loaded(name)
        clip = self._clips.at(str(clip_id), index)
        if index + gap_in_frames(loaded.view.gap_seconds, clip.fps) >= clip.frames:
            raise UserError(say.NO_FUTURE)
        chosen = parse_codes(codes, loaded.view)
        return self._examples.imagine(loaded.view.name, clip.id, int(index), chosen)[1]

    def instructed(self, number: int) -> Instructed:
        """What stages two and three make of an instruction; UserError where there is none."""
        if number not in range(len(INSTRUCTIONS)):
            raise UserError(say.NO_INSTRUCTION.format(number=number))
        return self.stages.instructed(number)

    def plane(self, name: str, position: int) -> Plane:
        """A flat view of a position's codebook with real latents."""
        loaded = self.loaded(name)
        if isinstance(position, bool) or position not in range(loaded.view.code_length):
            raise UserError(say.NO_POSITION.format(position=position))
        return self._planes.get_or_make(
            (loaded.view.name, position), lambda: self._make_plane(loaded, position)
        )

    def scenes(self, name: str, code: int) -> tuple[CodeCard, Codes]:
        """What a code of the first position stands for, and the latent action in which it is shown:
        the others stay as where nothing moves."""
        loaded = self.loaded(name)
        view = loaded.view
        if isinstance(code, bool) or code not in range(view.codebook_size):
            raise UserError(say.NO_CODE.format(code=code, last=view.codebook_size - 1))
        card = self._atlas.card(view.name, (code, *(None,) * (view.code_length - 1)))
        whose = card.shown[0][0] if card.shown else ""
        return card, (code, *self._frames.still(loaded, whose)[1:])

    def words(self, name: str) -> list[tuple[str, int]]:
        """How often each latent action occurs in the atlas: `facts.word_counts`."""
        return facts.word_counts(self._atlas.table(self.lesson(name).model).codes)

    def still(self, name: str) -> Codes:
        """The latent action in which nothing happens."""
        return self._frames.still(
            self.loaded(name), self._examples.clips(self.lesson(name).model)[0].embodiment
        )

    def guess(self, name: str) -> Guess:
        """The pair whose code the lesson asks for."""
        return self._examples.guess(self.lesson(name).model)

    def swap(self, name: str) -> Swap:
        """The word whose positions the lesson compares."""
        return self._examples.swap(self.lesson(name).model)

    def dream(self, name: str) -> Dream:
        """A clip's own latent actions in closed loop, beside the truth; computed once."""
        loaded = self.loaded(name)
        clips = self._clips.all()
        if not clips:
            raise UserError(say.NO_CLIPS)
        named = next((clip for clip in clips if clip.id == DREAM_CLIP), None)
        return self._dreamt(loaded, named or max(clips, key=lambda clip: clip.frames / clip.fps))

    def asked_dreams(self, name: str) -> tuple[Dream, ...]:
        """The dreams that the question compares, each of another robot."""
        loaded = self.loaded(name)
        clips = [clip for clip in self._examples.clips(loaded.view.name) if clip.id != DREAM_CLIP]
        return tuple(self._dreamt(loaded, clip) for clip in clips[:ASKED_DREAMS])

    def steered(self, name: str) -> Steered:
        """The latent actions of the arrow keys of the lesson's model, on a clip that no step shows.

        Raises:
            UserError: the model knows too few keys, or none to the left.
        """
        model = self.lesson(name).model
        clip = self._examples.clips(model, turn=1)[0]
        keys = {key.codes: key for key in self._imagine.keys(model, clip.embodiment)}
        options = tuple(sorted(keys))
        left = next((n for n, codes in enumerate(options) if keys[codes].name == "left"), None)
        if left is None or len(options) < LEAST_KEYS:
            raise UserError(say.NO_KEYS.format(model=model))
        pair = self._examples.pair_of(model, clip)
        return Steered(pair, options, left, keys[options[left]].note)

    # Inside

    def _look(self, name: str) -> None:
        # what is wrong is told to who asks for the question
        with contextlib.suppress(UserError):
            self._facts(name)
        self.stages.warm()

    def _facts(self, name: str) -> dict[str, Any]:
        """What the question of a lesson asks about; each lesson asks for its own part only."""
        make = {
            "changed": lambda: facts.of_guess(self.guess(name)),
            "inside": lambda: facts.of_plane(self.plane(name, 0)),
            "scenes": lambda: facts.of_directions(self._atlas.table(self.lesson(name).model)),
            "words": lambda: facts.of_swap(self.swap(name)),
            "dream": lambda: facts.of_dreams(self.asked_dreams(name)),
            "stages": lambda: facts.of_instructed(self.stages.every()),
            "road": lambda: facts.of_steered(self.steered(name)),
        }[self.lesson(name).name]
        return self._known.get_or_make(name, make)

    def _make_plane(self, loaded: Loaded, position: int) -> Plane:
        vectors = self._compute.run(_codebook, loaded.quantizer)[position]
        points = self._atlas.latents(loaded.view.name, position)
        some = points[:: max(1, len(points) // DOTS)][:DOTS]
        middle = vectors.mean(0)
        _, _, axes = np.linalg.svd(
            np.vstack([vectors - middle, some - middle]), full_matrices=False
        )
        flat = (vectors - middle) @ axes[:2].T
        apart = np.linalg.norm((vectors - middle) - flat @ axes[:2], axis=1)
        latents = (some - middle) @ axes[:2].T
        return Plane(flat, apart, latents, _between(flat, apart, latents))

    def _dreamt(self, loaded: Loaded, clip: Clip) -> Dream:
        key = (loaded.view.name, clip.id)
        return self._dreams.get_or_make(key, lambda: self._make_dream(loaded, clip))

    def _make_dream(self, loaded: Loaded, clip: Clip) -> Dream:
        made = self._imagine.rollout(loaded.view.name, None, clip.id, DREAM_INDEX, "", DREAM_STEPS)
        assert made.psnr is not None and made.copy_psnr is not None  # as it follows a clip
        gap = gap_in_frames(loaded.view.gap_seconds, clip.fps)
        true = tuple(
            self._frames.prepared(loaded, clip.id, at)
            for at in range(DREAM_INDEX, DREAM_INDEX + len(made.steps) * gap, gap)
        )
        images = tuple(step.image for step in made.steps)
        return Dream(
            clip.embodiment, images, true, made.codes, tuple(made.psnr), tuple(made.copy_psnr)
        )


def _between(codes: np.ndarray, apart: np.ndarray, latents: np.ndarray) -> np.ndarray:
    """Of real latents in the plane the one farthest from its nearest code, but still among the
    codes: a point on a code, or far outside, asks for nothing."""
    reach = np.abs(codes).max()
    inside = latents[(np.abs(latents) <= reach).all(1)]
    candidates = inside if len(inside) else codes.mean(0)[None] + 0.3 * reach
    far = np.sqrt(np.square(candidates[:, None] - codes).sum(-1) + apart**2).min(1)
    chosen: np.ndarray = candidates[far.argmax()]
    return chosen


def _codebook(quantizer: Any) -> np.ndarray:
    """The vectors of all codes at every position, (S, K, D) float64."""
    import torch

    length, size = quantizer.config.code_length, quantizer.config.codebook_size
    codes = torch.arange(size)[:, None].expand(size, length)
    with torch.inference_mode():
        vectors = quantizer.codebook.lookup(codes)
    lookup: np.ndarray = vectors.transpose(0, 1).double().numpy()
    return lookup
