"""What the page's services say that no press changes, as JSON files of a site: the catalogue, each
model's names, keys and presets, and what each model reads off each clip.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr
import numpy as np

from app.clips.addresses import Addresses
from app.core.compare import no_future
from app.core.views import Clip, Model
from app.explorer import Explorer
from app.site.asking import ask
from app.tabs.explore.events import ExploreHandlers
from app.tabs.explore.starts import opening_clip, stranger
from app.tabs.imagine.records import key_record
from app.web.records import in_bytes, model_record, preset_record

Record = dict[str, Any]
# a weight is a float32
BYTES = 4
# latent actions that a prediction is held against, as app/core/compute.py draws them
DRAWN = 16


class Recorded:
    """The files of a site that hold records, by their paths. Every model is loaded for them."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer, self.addresses = explorer, Addresses(explorer.clips)
        self._handlers = ExploreHandlers(
            explorer.explore, explorer.clips, explorer.models, explorer.limits, lambda: True,
            self.addresses,
        )  # fmt: skip
        self.models = self._usable()

    def _usable(self) -> tuple[Model, ...]:
        models = self._explorer.models.all()
        for model in models:
            if model.error:
                raise ValueError(model.error)
        return models

    def catalogue(self) -> Record:
        """Models, clips and ways in, as the page opens with them; `place` of a clip: in the list
        that a game draws from."""
        clips = self._explorer.clips.all()
        places = {clip.id: place for place, clip in enumerate(clips)}
        opened, _ = self._handlers.open_again(gr.EventData(None, {}))
        shown = []
        for record in opened["clips"]:
            address = self.addresses.of(record["id"])
            where = {"address": address, "folder": folder(address), "place": places[record["id"]]}
            shown.append({**record, **where})
        models = [
            {**model_record(model), "opening": opening_clip(clips, model)} for model in self.models
        ]
        return {"models": models, "clips": shown, "starts": opened["starts"]}

    def about(self, model: Model) -> Record:
        """Everything about a model by embodiment, and its sentences."""
        explorer = self._explorer
        bodies = explorer.clips.embodiments()
        of_body = {body: explorer.clips.all(body)[0] for body in bodies}
        longer = next(iter(explorer.clips.all()))
        return {
            "record": model_record(model),
            "weights": explorer.imagine.driving.weights(model),
            "memory": in_bytes(BYTES * model.parameters),
            "names": {body: explorer.explore.names(model.name, body) for body in bodies},
            "presets": {
                body: [preset_record(each) for each in explorer.explore.presets(model.name, body)]
                for body in bodies
            },
            "keys": {
                body: [key_record(key) for key in explorer.imagine.keys(model.name, body)]
                for body in bodies
            },
            "still": {body: explorer.explore.still(model.name, body) for body in bodies},
            "strangers": {body: stranger(model, clip) for body, clip in of_body.items()},
            "noFuture": no_future(longer, model),
            "draws": draws(model),
        }

    def episodes(self, model: Model) -> Iterator[tuple[str, Record]]:
        """Of every clip its address, the codes that the model infers at each frame, and the robot's
        commands."""
        for clip in self._explorer.clips.all():
            told = ask(self._handlers.episode, m=model.name, c=clip.id)
            if "error" in told:
                raise ValueError(f"{clip.id}: {told['error']}")
            yield self.addresses.of(clip.id), told

    def frames(self, clip: Clip) -> Iterator[tuple[str, bytes]]:
        """Every frame of a clip as the page sends it to a browser, by its path."""
        address = self.addresses.of(clip.id)
        for index in range(clip.frames):
            picture, _ = self.addresses.picture(address, index)
            yield f"{folder(address)}{index}.webp", picture


def folder(address: str) -> str:
    """Where the frames of a clip lie in a site."""
    return f"clips/{address}/"


def draws(model: Model) -> list[list[int]]:
    """Random latent actions, each once, the same at every call."""
    size, length = model.codebook_size, model.code_length
    rows = np.random.default_rng(0).integers(size, size=(DRAWN, length)).tolist()
    return [list(row) for row in dict.fromkeys(map(tuple, rows))]
