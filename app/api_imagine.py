"""The named endpoint /imagine, for programs, and the same as an MCP tool: a rollout as a video.

As in app/api.py, the docstring is what a reader sees who sees nothing else.
"""

# No `from __future__ import annotations` here: gradio reads the annotations as types.
import secrets
from pathlib import Path
from typing import Any

import gradio as gr
from gradio import FileData
from gradio.utils import get_upload_folder

from app.api import NO_FILE, Endpoints, _one_sentence, _only, _whole
from app.service import Explorer

RATE = 8.0


def register(explorer: Explorer) -> None:
    """Add the endpoint to the page being built; call it inside `gr.Blocks`."""
    # as in api.register: past gradio's queue, because the service queues by itself
    gr.api(DreamEndpoint(explorer).imagine_rollout, api_name="imagine", queue=False)


class DreamEndpoint(Endpoints):
    """The endpoint over one service."""

    @_one_sentence
    def imagine_rollout(
        self,
        actions: str = "",
        frame: FileData = NO_FILE,
        clip: str = "",
        index: int = 0,
        steps: int = 16,
        model: str = "",
    ) -> tuple[FileData, dict[str, Any]]:
        """Imagine many steps ahead: the model is fed its own frames, one latent action after the other.

        Give a picture with actions, or a clip and the index of its frame with or without actions.

        Args:
            actions: Latent actions in their order, like "[3,1,0,6] x4, [0,0,2,1]"; empty to follow the ones inferred from the clip.
            frame: Picture of the first frame.
            clip: Id of a clip from browse_robot_frames, instead of the picture.
            index: Frame of that clip, counted from 0.
            steps: At most so many steps, 1 to 256.
            model: Name of the model; empty for the first one.

        Returns:
            The frames as an MP4 video; and {"model", "codes": one latent action per step, "text": the same as a sequence, "sharpness": per frame, against the first, "distance": per frame, from real frames of the embodiment (above 1 is unfamiliar) or null, "untrusted_from": the first step whose picture should not be trusted or null, "why", "psnr" and "copy_psnr": per step in dB against the true frames where the clip's own actions were followed, else null}.
        """  # noqa: E501
        view = self._model(model)
        steps = min(max(_whole(steps, "steps"), 1), 256)
        if clip:
            _only(clip=clip, picture=frame)
        picture = None if clip else self._picture(frame, "frame")
        made = self._explorer.dreams.rollout(
            view.name, picture, clip, _whole(index, "index"), str(actions), steps
        )
        return _video(made.video(RATE)), {
            "model": view.name,
            "codes": [list(codes) for codes in made.codes],
            "text": made.text,
            "sharpness": [round(step.sharpness, 4) for step in made.steps],
            "distance": [
                None if step.distance is None else round(step.distance, 4) for step in made.steps
            ],
            "untrusted_from": made.steps[-1].untrusted_from,
            "why": made.steps[-1].doubt,
            "psnr": made.psnr,
            "copy_psnr": made.copy_psnr,
        }


def _video(data: bytes) -> Any:
    folder = Path(get_upload_folder()) / secrets.token_hex(16)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "rollout.mp4"
    path.write_bytes(data)
    file = FileData(path=str(path), orig_name=path.name, mime_type="video/mp4")
    return file.model_dump()
