"""The named endpoints, for programs: /frames, /encode, /decode, /sweep, /checkup; all MCP tools.

Function names become MCP tool names, docstrings their descriptions, so both are written for a
reader who sees nothing else; an argument's description must stay on one line.
"""

# No `from __future__ import annotations` here: gradio reads the annotations as types.
import functools
import html
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import gradio as gr
import numpy as np
from gradio import FileData
from gradio.processing_utils import save_img_array_to_cache
from gradio.utils import get_upload_folder

from app.checkup_api import CheckupEndpoint
from app.codes import is_whole, parse_codes
from app.figures import latent_action
from app.service import Explorer, UserError
from app.views import Model

# An optional file must be annotated as a file alone for MCP to take an address for it; a default
# of None would make it a union on Python 3.10.
NO_FILE = cast(FileData, "")
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def register(explorer: Explorer) -> None:
    """Add the endpoints to the page being built; call it inside `gr.Blocks`."""
    endpoints = Endpoints(explorer)
    for name, function in {
        "frames": endpoints.browse_robot_frames,
        "encode": endpoints.encode_frame_pair,
        "decode": endpoints.imagine_next_frame,
        "sweep": endpoints.sweep_one_position,
        "checkup": _one_sentence(CheckupEndpoint(explorer).examine_quantizer),
    }.items():
        # The service queues by itself, and through gradio's queue an MCP tool that gives a picture
        # and a record would give both as one text.
        gr.api(function, api_name=name, queue=False)


def _one_sentence(endpoint: Endpoint) -> Endpoint:
    """Hands what the caller got wrong to the caller, and nothing else."""

    @functools.wraps(endpoint)
    def answer(*args: Any, **kwargs: Any) -> Any:
        try:
            return endpoint(*args, **kwargs)
        except UserError as error:
            # Gradio renders messages as HTML.
            message = html.escape(str(error), quote=False)
            raise gr.Error(message, print_exception=False) from error

    return cast(Endpoint, answer)


class Endpoints:
    """The endpoints over one service."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer

    @_one_sentence
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
            frame = self._explorer.frame(clip, _whole(index, "index"))
            return {"clip": _clip_record(self._explorer.clip(clip)), "index": index}, _file(frame)
        clips = self._explorer.clips(embodiment or None, task or None)
        return {
            "models": [_model_record(model) for model in self._explorer.models()],
            "embodiments": list(self._explorer.embodiments()),
            "clips": [_clip_record(clip) for clip in clips],
        }, None

    @_one_sentence
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
        view = self._model(model)
        if clip:
            _only(clip=clip, picture=frame or future)
            encoding = self._explorer.encode_clip(view.name, clip, _whole(index, "index"))
        else:
            first, last = self._picture(frame, "frame"), self._picture(future, "future")
            encoding = self._explorer.encode_images(view.name, first, last)
        return {
            "model": view.name,
            "codes": list(encoding.codes),
            "text": latent_action(encoding.codes),
            "latent": encoding.latent.astype(float).round(6).tolist(),
            "gap_seconds": view.gap_seconds,
        }

    @_one_sentence
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
            The imagined frame as a square PNG file at the model's size; and {"model", "codes", "text"}, for a clip also "inferred" (the latent action that really happened) and "figures" (the comparison with the true future), or null.
        """  # noqa: E501
        view = self._model(model)
        if clip:
            _only(clip=clip, picture=frame)
            at = _whole(index, "index")
            seen = self._explorer.predict(view.name, clip, at, _given(codes))
            record = {"inferred": _listed(seen.inferred), "figures": _figures_record(seen)}
            return _file(seen.image), {**_action_record(view, seen.codes), **record}
        picture = self._picture(frame, "frame")
        chosen = self._chosen(view, picture, codes)
        image = self._explorer.decode_image(view.name, picture, chosen)
        return _file(image), _action_record(view, chosen)

    @_one_sentence
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
        view, position = self._model(model), _whole(position, "position")
        if clip:
            _only(clip=clip, picture=frame)
            at = _whole(index, "index")
            swept = self._explorer.sweep(view.name, clip, at, _given(codes), position)
        else:
            picture = self._picture(frame, "frame")
            chosen = self._chosen(view, picture, codes)
            swept = self._explorer.sweep_image(view.name, picture, chosen, position)
        return _file(np.concatenate(swept.images, axis=1)), {
            "model": view.name,
            "position": swept.position,
            "codes": [list(codes) for codes in swept.codes],
            "images": [_file(image) for image in swept.images],
            "change": [round(change, 3) for change in swept.change],
        }

    def _model(self, name: str) -> Model:
        if name:
            return self._explorer.model(name)
        models = self._explorer.models()
        return next((model for model in models if model.usable), models[0])

    def _chosen(self, model: Model, picture: np.ndarray, codes: Any) -> tuple[int, ...]:
        given = _given(codes)
        if given is None:
            return self._explorer.still_codes(model.name, picture)
        return parse_codes(given, model)

    def _picture(self, file: Any, argument: str) -> np.ndarray:
        """The uploaded picture; only files that gradio itself took in are opened."""
        path = file.get("path") if isinstance(file, dict) else None
        if not isinstance(path, str) or not path:
            raise UserError(
                f"The picture `{argument}` is missing; send it as a file, or name a `clip`."
            )
        if Path(get_upload_folder()).resolve() not in Path(path).resolve().parents:
            raise UserError(f"The picture `{argument}` was not uploaded here; send it as a file.")
        return self._explorer.read_picture(path)


def _only(*, clip: str, picture: Any) -> None:
    if picture:
        raise UserError(f"Both a picture and the clip {clip[:60]} came; give one of them.")


def _given(codes: Any) -> Any:
    return None if codes in ("", None) else codes


def _whole(value: Any, argument: str) -> int:
    if not is_whole(value):
        raise UserError(f"`{argument}` must be a whole number; {value!r:.40} came.")
    return int(value)


def _file(image: np.ndarray) -> Any:
    path = save_img_array_to_cache(image, cache_dir=get_upload_folder(), format="png")
    # As a dictionary, because gradio looks for files in dictionaries only.
    return FileData(path=path, orig_name=Path(path).name, mime_type="image/png").model_dump()


def _listed(codes: tuple[int, ...] | None) -> list[int] | None:
    return None if codes is None else list(codes)


def _action_record(model: Model, codes: tuple[int, ...]) -> dict[str, Any]:
    return {"model": model.name, "codes": list(codes), "text": latent_action(codes)}


def _figures_record(seen: Any) -> dict[str, Any] | None:
    return None if seen.figures is None else vars(seen.figures).copy()


def _clip_record(clip: Any) -> dict[str, Any]:
    shown = ("id", "embodiment", "task", "instruction", "fps", "frames", "height", "width", "split")
    return {name: getattr(clip, name) for name in shown}


def _model_record(model: Model) -> dict[str, Any]:
    return vars(model).copy()
