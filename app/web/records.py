"""Pure: views -> what the browser draws (JPEG data URLs and plain JSON records).

Images travel at the size at which the model's pictures are shown and are fitted by the browser: a
JPEG of 256 x 256 is about 15 kB, so a pressed code moves less data than a line of fonts.
"""

from __future__ import annotations

import base64
import io
import math
from typing import Any

import numpy as np
from PIL import Image

from app.core.views import Clip, Figures, Model, Prediction, Preset, Queued, Sweep

Record = dict[str, Any]
MIME = {
    "mp4": "video/mp4",
    "gif": "image/gif",
    "png": "image/png",
    "json": "application/json",
}


JPEG_QUALITY = 92
THUMB_SIDE = 160


def data_url(image: np.ndarray, quality: int = JPEG_QUALITY) -> str:
    """A uint8 RGB image (H, W, 3) as a JPEG data URL without chroma subsampling."""
    return _encode(Image.fromarray(image), "JPEG", "jpeg", quality=quality, subsampling=0)


def thumb_url(image: np.ndarray, side: int = THUMB_SIDE) -> str:
    """A small WebP data URL of at most `side` pixels for the gallery, about 3 kB."""
    small = Image.fromarray(image)
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    return _encode(small, "WEBP", "webp", quality=70, method=2)


def model_record(model: Model) -> dict[str, Any]:
    """What the pads need to draw themselves, and the checkpoint's error if it has one."""
    return {
        "name": model.name,
        "title": model.title,
        "positions": model.code_length,
        "values": model.codebook_size,
        "size": model.image_size,
        "gap": model.gap_seconds,
        "parameters": in_millions(model.parameters),
        "embodiments": list(model.embodiments),
        "error": model.error,
        "note": model.note,
        "about": model.about,
        "moves": model.moves,
        "nested": model.nested,
    }


def in_millions(count: int) -> str:
    """Parameters in words: 5 100 000 -> "5.1 million"."""
    return f"{count / 1e6:.1f} million" if count >= 100_000 else f"{count:,}".replace(",", " ")


def in_bytes(count: int) -> str:
    """Memory in words: 21 400 000 -> "21 MB"."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{max(count / 1e6, 1):.0f} MB"


def in_milliseconds(time: float) -> str:
    """A short time in words."""
    return f"{time / 1000:.1f} s" if time >= 1000 else f"{max(time, 1):.0f} ms"


def clip_record(clip: Clip) -> dict[str, Any]:
    """One line of the gallery."""
    return {
        "id": clip.id,
        "source": clip.source,
        "embodiment": clip.embodiment,
        "task": clip.task,
        "instruction": clip.instruction,
        "fps": clip.fps,
        "frames": clip.frames,
        "aspect": round(clip.aspect, 4),
        "uploaded": clip.uploaded,
        "note": clip.note,
    }


def preset_record(preset: Preset) -> dict[str, Any]:
    """A latent action that has a name."""
    return {"name": preset.name, "codes": list(preset.codes), "note": preset.note}


def prediction_record(prediction: Prediction, *, kept: bool = False) -> dict[str, Any]:
    """Everything the stage, the pads and the comparison show for one prediction.

    kept: the browser has the pictures that do not depend on the codes; they are not sent again.
    """
    future = None if kept else prediction.future
    return {
        "index": prediction.index,
        "codes": [int(code) for code in prediction.codes],
        "frame": None if kept else data_url(prediction.frame),
        "image": data_url(prediction.image),
        "future": None if future is None else data_url(future),
        "futureIndex": prediction.future_index,
        "inferred": None if prediction.inferred is None else [int(c) for c in prediction.inferred],
        "figures": figures_record(prediction.figures, prediction.chance, prediction.blur),
        "aspect": round(prediction.clip.aspect, 4),
        "milliseconds": round(prediction.milliseconds, 1),
        "note": prediction.note,
    }


def figures_record(
    figures: Figures | None, chance: str = "", blur: str = ""
) -> dict[str, Any] | None:
    """Decibels with one decimal; an exact match (infinite) is written as text."""
    if figures is None:
        return None
    return {
        "psnr": decibels(figures.psnr),
        "copy": decibels(figures.copy_psnr),
        "ratio": None if figures.mse_ratio is None else round(figures.mse_ratio, 3),
        "sentence": figures.sentence,
        "chance": chance,
        "blur": blur,
    }


def decibels(value: float) -> str:
    """A PSNR in words; that of equal pictures is infinite."""
    return f"{value:.1f} dB" if np.isfinite(value) else "identical"


def sweep_record(sweep: Sweep) -> dict[str, Any]:
    """Every value of one position: image and latent action."""
    return {
        "position": sweep.position,
        "items": [
            {"codes": [int(c) for c in codes], "image": data_url(image)}
            for codes, image in zip(sweep.codes, sweep.images, strict=True)
        ],
    }


def rounded(value: float) -> float | None:
    """Three digits after the point; None, which JSON knows, for what is no number."""
    return round(value, 3) if math.isfinite(value) else None


def _encode(image: Image.Image, kind: str, mime: str, **options: Any) -> str:
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, kind, **options)
    return f"data:image/{mime};base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def queued_record(queued: Queued) -> Record:
    """How many come before a visitor who waits to play."""
    return {"kind": "queued", "ahead": queued.ahead}


def file_record(kind: str, name: str, data: bytes) -> Record:
    """A file for the browser to save."""
    text = base64.b64encode(data).decode("ascii")
    return {"kind": "file", "name": f"{name}.{kind}", "url": f"data:{MIME[kind]};base64,{text}"}
