"""The endpoints of the tab Explore: /frames, /encode, /decode and /sweep."""

# No `from __future__ import annotations` here: gradio reads the annotations as types.
from collections.abc import Callable
from typing import Any

import numpy as np
from gradio import FileData

from app.clips.gallery import Gallery
from app.core.checkpoints import ModelList
from app.core.codes import latent_action, parse_codes
from app.core.views import Clip, Model, Prediction
from app.tabs.explore.service import Explore
from app.web.api import NO_FILE, only, picture_file, sent_picture, whole


def endpoints(explore: Explore, clips: Gallery, models: ModelList) -> dict[str, Callable[..., Any]]:
    """Every endpoint of the tab by its name."""
    made = ExploreEndpoints(explore, clips, models)
    return {
        "frames": made.browse_robot_frames,
        "encode": made.encode_frame_pair,
        "decode": made.imagine_next_frame,
        "sweep": made.sweep_one_position,
    }


class ExploreEndpoints:
    """The endpoints over one service."""

    def __init__(self, explore: Explore, clips: Gallery, models: ModelList) -> None:
        self._explore, self._clips, self._models = explore, clips, models

    def browse_robot_frames(
        self, embodiment: str = "", task: str = "", clip: str = "", index: int = 0
    ) -> tuple[dict[str, Any], FileData | None]:
        """Find robot clips and look at their frames.

        Without a clip it lists the models and the clips; with a clip it gives one frame of it.

        Args:
            embodiment: Only clips of this robot, for example "panda"; empty for all.
            task: Only clips of this task, for example "lift"; empty for all.
            clip: Id of a clip, as listed; empty to list clips.
            index: Frame of that clip, counted from 0.

        Returns:
            The list {"models", "embodiments", "clips"} or the clip with the index; and the frame as a PNG file, or null for a list.
        """  # noqa: E501
        if clip:
            frame = self._clips.frame(clip, whole(index, "index"))
            record = _clip_record(self._clips.get(clip))
            return {"clip": record, "index": index}, picture_file(frame)
        clips = self._clips.all(embodiment or None, task or None)
        return {
            "models": [_model_record(model) for model in self._models.all()],
            "embodiments": list(self._clips.embodiments()),
            "clips": [_clip_record(clip) for clip in clips],
        }, None

    def encode_frame_pair(
        self,
        frame: FileData = NO_FILE,
        future: FileData = NO_FILE,
        clip: str = "",
        index: int = 0,
        model: str = "",
    ) -> dict[str, Any]:
        """Encode what happens between two frames as a latent action, such as [3,1,0,6].

        Give two pictures, or a clip and the index of its first frame.

        Args:
            frame: Picture of the first frame.
            future: Picture of the frame a short gap later, of the same scene.
            clip: Id of a clip from browse_robot_frames, instead of the pictures.
            index: Frame of that clip, counted from 0; the second frame is one gap later.
            model: Name of the model; empty for the first one.

        Returns:
            {"model", "codes": one whole number per position, "text": the same written [3,1,0,6], "latent": one list of numbers per position, before quantization, "gap_seconds": time between the frames}.
        """  # noqa: E501
        view = self._models.named(model)
        if clip:
            only(clip=clip, picture=frame or future)
            encoding = self._explore.encode_clip(view.name, clip, whole(index, "index"))
        else:
            first, last = self._picture(frame, "frame"), self._picture(future, "future")
            encoding = self._explore.encode_images(view.name, first, last)
        return {
            "model": view.name,
            "codes": list(encoding.codes),
            "text": latent_action(encoding.codes),
            "latent": encoding.latent.astype(float).round(6).tolist(),
            "gap_seconds": view.gap_seconds,
        }

    def imagine_next_frame(
        self,
        codes: str | list[int] = "",
        frame: FileData = NO_FILE,
        clip: str = "",
        index: int = 0,
        model: str = "",
    ) -> tuple[FileData, dict[str, Any]]:
        """Imagine the frame that follows when a latent action is done in a frame.

        Give a picture, or a clip and the index of its frame.

        Args:
            codes: The latent action, like [3,1,0,6]; empty for the one inferred from the clip, or for "do nothing" where the true future is not known.
            frame: Picture of the frame.
            clip: Id of a clip from browse_robot_frames, instead of the picture.
            index: Frame of that clip, counted from 0.
            model: Name of the model; empty for the first one.

        Returns:
            The imagined frame as a square PNG file at the model's size; and {"model", "codes", "text"}, for a clip also "inferred" (the latent action that really happened) and "figures" (the comparison with the true future, at the size that the page shows), or null.
        """  # noqa: E501
        view = self._models.named(model)
        if clip:
            only(clip=clip, picture=frame)
            at = whole(index, "index")
            seen = self._explore.predict(view.name, clip, at, _given(codes))
            record = {"inferred": _listed(seen.inferred), "figures": _figures_record(seen)}
            picture, chosen = self._clips.frame(clip, at), seen.codes
        else:
            picture, record = self._picture(frame, "frame"), {}
            chosen = self._chosen(view, picture, codes)
        image = self._explore.decode_image(view.name, picture, chosen)
        return picture_file(image), {**_action_record(view, chosen), **record}

    def sweep_one_position(
        self,
        position: int,
        codes: str | list[int] = "",
        frame: FileData = NO_FILE,
        clip: str = "",
        index: int = 0,
        model: str = "",
    ) -> tuple[FileData, dict[str, Any]]:
        """Try every value of one position of a latent action, to see what it controls.

        Give a picture, or a clip and the index of its frame.

        Args:
            position: Position in the latent action, counted from 0.
            codes: The latent action whose other positions are kept, like [3,1,0,6]; empty as for imagine_next_frame.
            frame: Picture of the frame.
            clip: Id of a clip from browse_robot_frames, instead of the picture.
            index: Frame of that clip, counted from 0.
            model: Name of the model; empty for the first one.

        Returns:
            All imagined frames side by side as one PNG file, value 0 first; and {"model", "position", "codes": one latent action per value, "images": one PNG file per value, "change": mean absolute difference of each to the frame, from 0 to 255}.
        """  # noqa: E501
        view, position = self._models.named(model), whole(position, "position")
        if clip:
            only(clip=clip, picture=frame)
            at = whole(index, "index")
            chosen = self._explore.predict(view.name, clip, at, _given(codes)).codes
            picture = self._clips.frame(clip, at)
        else:
            picture = self._picture(frame, "frame")
            chosen = self._chosen(view, picture, codes)
        swept = self._explore.sweep_image(view.name, picture, chosen, position)
        return picture_file(np.concatenate(swept.images, axis=1)), {
            "model": view.name,
            "position": swept.position,
            "codes": [list(codes) for codes in swept.codes],
            "images": [picture_file(image) for image in swept.images],
            "change": [round(change, 3) for change in swept.change],
        }

    def _picture(self, file: FileData, argument: str) -> np.ndarray:
        return sent_picture(file, argument, self._clips.read_picture)

    def _chosen(self, model: Model, picture: np.ndarray, codes: Any) -> tuple[int, ...]:
        given = _given(codes)
        if given is None:
            return self._explore.still_codes(model.name, picture)
        return parse_codes(given, model)


def _given(codes: Any) -> Any:
    return None if codes in ("", None) else codes


def _listed(codes: tuple[int, ...] | None) -> list[int] | None:
    return None if codes is None else list(codes)


def _action_record(model: Model, codes: tuple[int, ...]) -> dict[str, Any]:
    return {"model": model.name, "codes": list(codes), "text": latent_action(codes)}


def _figures_record(seen: Prediction) -> dict[str, Any] | None:
    return None if seen.figures is None else vars(seen.figures).copy()


def _clip_record(clip: Clip) -> dict[str, Any]:
    shown = ("id", "embodiment", "task", "instruction", "fps", "frames", "height", "width", "split")
    return {name: getattr(clip, name) for name in shown}


def _model_record(model: Model) -> dict[str, Any]:
    return vars(model).copy()
