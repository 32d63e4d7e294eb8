"""A stand-in for `Explorer` with coloured moving squares, so that page tests start at once.

The square moves right by position 0's code and down by position 1's; the other positions change
its colour. It answers with the same views and raises the same errors as the real service.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from app.core.limits import Limits, Unusable, UserError
from app.core.views import Clip, Figures, Model, Prediction, Preset, Sweep

SIZE, LENGTH, BOOK, GAP, FRAMES = 64, 4, 8, 5, 20


class FakeExplorer:
    """Two embodiments of two clips each; `error` makes the only checkpoint unusable.

    Of the services only Explore's is there; the others are None. dropped: sessions that left.
    """

    def __init__(self, error: str | None = None) -> None:
        self.limits, self.dropped = Limits(), []
        self.clips = FakeClips()
        self.models = FakeModels(error)
        self.explore = FakeExplore(self.clips, self.models)
        self.addresses = SimpleNamespace(of=lambda clip_id, session=None: "0" * 32)
        self.guess = None
        self.imagine = self.policy = self.transfer = self.atlas = self.learn = self.checkup = None

    def drop_session(self, session: str | None) -> None:
        self.dropped.append(session)
        self.clips.sent.pop(session, None)


class FakeModels:
    def __init__(self, error: str | None) -> None:
        self.error = error

    def all(self) -> tuple[Model, ...]:
        return (self.get("squares"),)

    def get(self, name: str) -> Model:
        if name != "squares":
            raise UserError(f"There is no checkpoint named {name}.")
        if self.error:
            return Model(name, "Squares", error=self.error)
        return Model(name, "Squares", SIZE, LENGTH, BOOK, 0.5, 1_234_567)


class FakeClips:
    def __init__(self) -> None:
        self.sent: dict[str | None, list[Clip]] = {}

    def all(self, embodiment: str | None = None, task: str | None = None) -> tuple[Clip, ...]:
        return tuple(
            Clip(
                f"{robot}-{job}-0", "fake", robot, job, f"{job} it", 10.0, FRAMES, 48, 64, "holdout"
            )
            for robot in ("red-arm", "blue-arm")
            for job in ("push", "lift")
            if embodiment in (None, robot) and task in (None, job)
        )

    def get(self, clip_id: str, session: str | None = None) -> Clip:
        for clip in (*self.all(), *self.sent.get(session, ())):
            if clip.id == clip_id:
                return clip
        raise UserError(f"There is no clip named {clip_id}.")

    def frame(self, clip_id: str, index: int, session: str | None = None) -> np.ndarray:
        clip = self.get(clip_id, session)
        return drawn(clip, index, (0, 0, 0, 0))

    def thumbnail(self, clip_id: str) -> np.ndarray:
        return self.frame(clip_id, 0)

    def add_upload(self, path, session: str | None, *, delete: bool = False) -> Clip:
        if not str(path).endswith((".png", ".mp4")):
            raise UserError("This file is neither an image nor a video that can be read.")
        kept = self.sent.setdefault(session, [])
        clip = Clip(f"upload-{len(kept)}", "upload", "upload", "", "", 10.0, 8, 48, 64, "", True)
        kept.append(clip)
        return clip


class FakeExplore:
    def __init__(self, clips: FakeClips, models: FakeModels) -> None:
        self._clips, self._models = clips, models

    def predict(self, model, clip_id, index, codes=None, session=None) -> Prediction:
        if self._models.error:
            raise Unusable(self._models.error)
        clip = self._clips.get(clip_id, session)
        has_future = index + GAP < clip.frames
        inferred = (index % BOOK, 2, 0, 0) if has_future else None
        codes = tuple(codes) if codes is not None else inferred or (0, 0, 0, 0)
        return Prediction(
            model=self._models.get(model),
            clip=clip,
            index=index,
            codes=codes,
            frame=drawn(clip, index, (0, 0, 0, 0)),
            image=drawn(clip, index, codes),
            future=drawn(clip, index + GAP, (0, 0, 0, 0)) if has_future else None,
            future_index=index + GAP if has_future else None,
            inferred=inferred,
            figures=Figures(27.5, 25.0, 0.56, "The prediction is closer to the true future.")
            if has_future
            else None,
            milliseconds=3.0,
            gap_frames=GAP,
            note="" if has_future else "The clip ends before 0.5 s have passed.",
        )

    def sweep(self, model, clip_id, index, codes, position, session=None) -> Sweep:
        clip = self._clips.get(clip_id, session)
        every = tuple(
            tuple(k if p == position else code for p, code in enumerate(codes)) for k in range(BOOK)
        )
        images = tuple(drawn(clip, index, each) for each in every)
        here = drawn(clip, index, (0, 0, 0, 0)).astype(float)
        change = tuple(float(np.abs(image - here).mean()) for image in images)
        return Sweep(position, images, every, change)

    def presets(self, model: str, embodiment: str) -> tuple[Preset, ...]:
        return (
            Preset("do nothing", (0, 0, 0, 0), "leaves the frame as it is"),
            Preset("frequent 1", (3, 1, 0, 6), f"12 % of {embodiment} pairs"),
        )

    def names(self, model: str, embodiment: str) -> None:
        return None


def drawn(clip: Clip, index: int, codes: tuple[int, ...]) -> np.ndarray:
    image = np.full((SIZE, SIZE, 3), 235, np.uint8)
    left = (2 * index + 4 * codes[0]) % (SIZE - 12)
    top = (20 + 4 * codes[1]) % (SIZE - 12)
    colour = (200, 40, 40) if clip.embodiment == "red-arm" else (40, 60, 200)
    image[top : top + 12, left : left + 12] = colour
    image[top + 4 : top + 8, left + 4 : left + 8] = (30 * codes[2], 30 * codes[3], 90)
    return image
