"""The endpoint /imagine: a rollout as a video."""

# No `from __future__ import annotations` here: gradio reads the annotations as types.
from collections.abc import Callable
from typing import Any

from gradio import FileData

from app.clips.gallery import Gallery
from app.core.checkpoints import ModelList
from app.tabs.imagine.service import Imagine
from app.web.api import NO_FILE, only, sent_picture, video_file, whole

RATE = 8.0


def endpoints(imagine: Imagine, clips: Gallery, models: ModelList) -> dict[str, Callable[..., Any]]:
    """The tab's endpoint by its name."""
    return {"imagine": ImagineEndpoint(imagine, clips, models).imagine_rollout}


class ImagineEndpoint:
    """The endpoint over one service."""

    def __init__(self, imagine: Imagine, clips: Gallery, models: ModelList) -> None:
        self._imagine, self._clips, self._models = imagine, clips, models

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
            The frames as an MP4 video; and {"model", "codes": one latent action per step, "text": the same as a sequence, "sharpness": per frame, of the robot against the first, "distance": per frame, of the robot from real frames (above 1 is unfamiliar) or null, "untrusted_from": the first step whose picture should not be trusted or null, "why", "psnr" and "copy_psnr": per step in dB against the true frames where the clip's own actions were followed, else null}.
        """  # noqa: E501
        view = self._models.named(model)
        steps = min(max(whole(steps, "steps"), 1), 256)
        if clip:
            only(clip=clip, picture=frame)
        picture = None if clip else sent_picture(frame, "frame", self._clips.read_picture)
        made = self._imagine.rollout(
            view.name, picture, clip, whole(index, "index"), str(actions), steps
        )
        return video_file(made.video(RATE)), {
            "model": view.name,
            "codes": [list(codes) for codes in made.codes],
            "text": made.text,
            "sharpness": [round(step.sharpness, 4) for step in made.steps],
            "distance": [
                None if step.distance is None else round(step.distance, 4) for step in made.steps
            ],
            "untrusted_from": made.steps[-1].trust.since,
            "why": made.steps[-1].trust.doubt,
            "psnr": made.psnr,
            "copy_psnr": made.copy_psnr,
        }
