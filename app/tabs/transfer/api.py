"""The endpoint /transfer: one latent action done on every other embodiment."""

# No `from __future__ import annotations` here: gradio reads the annotations as types.
from collections.abc import Callable
from typing import Any

from gradio import FileData

from app.clips.gallery import Gallery
from app.core.checkpoints import ModelList
from app.core.codes import latent_action
from app.tabs.transfer.service import Pair, Transfer
from app.tabs.transfer.views import CarriedRow, KnownPair
from app.web.api import NO_FILE, only, picture_file, sent_picture, whole
from app.web.events import heavy


def endpoints(
    transfer: Transfer, clips: Gallery, models: ModelList
) -> dict[str, Callable[..., Any]]:
    """The tab's endpoint by its name."""
    return {"transfer": TransferEndpoint(transfer, clips, models).carry_to_other_robots}


class TransferEndpoint:
    """The endpoint over one service."""

    def __init__(self, transfer: Transfer, clips: Gallery, models: ModelList) -> None:
        self._transfer, self._clips, self._models = transfer, clips, models

    @heavy("models")
    def carry_to_other_robots(
        self,
        clip: str = "",
        index: int = 0,
        frame: FileData = NO_FILE,
        future: FileData = NO_FILE,
        steps: int = 1,
        model: str = "",
    ) -> dict[str, Any]:
        """Infer the latent action between two frames and do it on a frame of every other robot.

        Give a clip and the index of its first frame, or two pictures.

        Args:
            clip: Id of a clip from browse_robot_frames; the second frame is one gap later.
            index: Frame of that clip, counted from 0.
            frame: Picture of the first frame, instead of the clip.
            future: Picture of the frame a short gap later, of the same scene.
            steps: How often the action is done, each time on what was imagined before, 1 to 8.
            model: Name of the model; empty for the first one.

        Returns:
            {"model", "codes", "text", "motion": of the pair, right and down, as shares of the frame's side, "sentence": what was found, "gain_db": what the codes gain on a foreign scene (appearance leak), "embodiments": a list of {"embodiment", "clip", "index", "image": the last imagined frame as PNG, "motion", "cosine": with the pair's motion, "verdict": same, aside, opposite or still, "returned": the codes read back, "nearest": real pairs with the nearest codes, each {"clip", "index", "codes", "differ", "motion", "cosine"}}}.
        """  # noqa: E501
        view = self._models.named(model)
        if clip:
            only(clip=clip, picture=frame or future)
            pair = Pair(clip, whole(index, "index"))
        else:
            read = self._clips.read_picture
            pictures = sent_picture(frame, "frame", read), sent_picture(future, "future", read)
            pair = Pair("", pictures=pictures)
        carried = self._transfer.carry(view.name, pair, whole(steps, "steps"))
        nearest = self._transfer.nearest(view.name, pair)
        return {
            "model": view.name,
            "codes": list(carried.codes),
            "text": latent_action(carried.codes),
            "motion": _shares(carried.frame.vector),
            "sentence": carried.sentence,
            "gain_db": round(carried.gain, 3),
            "embodiments": [_row(row, nearest.get(row.embodiment, ())) for row in carried.rows],
        }


def _row(row: CarriedRow, nearest: tuple[KnownPair, ...]) -> dict[str, Any]:
    return {
        "embodiment": row.embodiment,
        "clip": row.clip_id,
        "index": row.index,
        "image": picture_file(row.images[-1]),
        "motion": _shares(row.frame.vector),
        "cosine": round(row.cosine, 4),
        "verdict": row.verdict,
        "returned": list(row.returned),
        "nearest": [
            {
                "clip": pair.clip_id,
                "index": pair.index,
                "codes": list(pair.codes),
                "differ": pair.differ,
                "motion": _shares(pair.frame.vector),
                "cosine": round(pair.cosine, 4),
            }
            for pair in nearest
        ],
    }


def _shares(vector: Any) -> list[float]:
    return [round(float(each), 4) for each in vector]
