"""A finetuned policy over HTTP, for robots that speak to LAPA's own server (`deploy.py`).

    POST /act    {"image": IMAGE, "instruction": "push the red star"}   ->   [0.012, -0.004]

IMAGE is an array as json-numpy writes it ({"__numpy__": base64, "dtype", "shape"}), nested lists
(H, W, 3) of 0 to 255, or a PNG, JPEG or WebP file in base64. As there, {"encoded": TEXT} holds the
same as JSON in a text, and is answered by JSON in a text. Unlike there, an image is never a path on
the server, unless it is told a folder of images, and what is wrong is an HTTP status with one
sentence instead of the word "error".
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import math
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from lapa.models.policy import LatentPolicy

BODY_BYTES, SIDE, INSTRUCTION = 32_000_000, 4096, 500
# the alphabet of base64 in addresses -> the usual one
URL_SAFE = str.maketrans("-_", "+/")
# requests that may wait for the policy; it answers one at a time
WAITING = 16
ACCEPTED = (
    "accepted are a uint8 array (H, W, 3) as json-numpy writes it, nested lists of 0 to 255, or a "
    "PNG, JPEG or WebP file in base64"
)


class Refused(Exception):
    """A request that is answered with this status and sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def server(policy: LatentPolicy, *, images: Path | None = None) -> Starlette:
    """The application.

    Args:
        policy: with bins, so that it can act.
        images: a folder whose files an image may name, as LAPA's server lets it name any.

    Raises:
        ValueError: the policy has no bins.
    """
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.requests import ClientDisconnect
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    from lapa.models.policy import NO_BINS

    if policy.bins is None:
        raise ValueError(NO_BINS)
    alone, places = threading.Lock(), threading.Semaphore(WAITING)

    def act(body: bytes) -> Any:
        payload, encoded = read(body)
        frame = image_of(payload.get("image"), images)
        instruction = instruction_of(payload.get("instruction"))
        if not places.acquire(blocking=False):
            raise Refused(503, f"{WAITING} requests are waiting already; try again")
        try:
            with alone:
                action = policy.act(frame, instruction).tolist()
        finally:
            places.release()
        return json.dumps(action) if encoded else action

    async def answer(request: Any) -> JSONResponse:
        try:
            return JSONResponse(await run_in_threadpool(act, await _body(request)))
        except Refused as refused:
            return JSONResponse({"error": str(refused)}, refused.status)
        except ClientDisconnect:
            return JSONResponse({"error": "the client went away"}, 400)  # nobody reads it

    async def about(request: Any) -> JSONResponse:
        bins = list(policy.bins.counts)
        return JSONResponse({"actions": len(bins), "bins": bins, "post": "/act"})

    return Starlette(routes=[Route("/act", answer, methods=["POST"]), Route("/", about)])


async def _body(request: Any) -> bytes:
    """The whole body, given up as soon as it is too large."""
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > BODY_BYTES:
            raise Refused(413, f"the request is larger than {BODY_BYTES // 1_000_000} MB")
    return bytes(found)


def read(body: bytes) -> tuple[dict[str, Any], bool]:
    """The request, and whether it came as JSON in a text.

    Raises:
        Refused: 400 where it is no JSON, 422 where it is no object.
    """
    payload = _json(body)
    encoded = isinstance(payload, dict) and "encoded" in payload
    if encoded:
        if len(payload) > 1 or not isinstance(payload["encoded"], str):
            raise Refused(422, "`encoded` must be a text and stand alone")
        payload = _json(payload["encoded"])
    if not isinstance(payload, dict):
        raise Refused(422, "the request must be an object with `image` and `instruction`")
    return payload, encoded


def instruction_of(told: Any) -> str:
    """Raises Refused (422) unless it is a text of 1 to INSTRUCTION characters."""
    if not isinstance(told, str) or not told.strip() or len(told) > INSTRUCTION:
        raise Refused(422, f"`instruction` must be a text of 1 to {INSTRUCTION} characters")
    if not whole_text(told):
        raise Refused(422, "`instruction` holds half of a character (a lone surrogate)")
    return told


def whole_text(told: str) -> bool:
    """Whether a text can be written as UTF-8: JSON lets halves of characters through."""
    try:
        told.encode()
    except UnicodeEncodeError:
        return False
    return True


def image_of(image: Any, images: Path | None = None) -> np.ndarray:
    """(H, W, 3) uint8.

    Raises:
        Refused: 422, with what is accepted.
    """
    if image is None:
        raise Refused(422, f"`image` is missing; {ACCEPTED}")
    if isinstance(image, dict):
        frame = _array(image)
    elif isinstance(image, list):
        frame = _nested(image)
    elif isinstance(image, str):
        frame = _file(image, images)
    else:
        raise Refused(422, f"`image` is {type(image).__name__}; {ACCEPTED}")
    if frame.ndim != 3 or frame.shape[2] != 3 or not min(frame.shape) >= 1:
        raise Refused(422, f"`image` has the shape {list(frame.shape)}; {ACCEPTED}")
    if max(frame.shape[:2]) > SIDE:
        raise Refused(422, f"`image` has sides {list(frame.shape[:2])}; at most {SIDE} px each")
    return frame


def _json(text: bytes | str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "the request is no valid JSON") from error


def _array(told: dict[str, Any]) -> np.ndarray:
    """An array as json-numpy writes it."""
    shape, dtype = told.get("shape"), told.get("dtype")
    whole = isinstance(shape, list) and all(type(n) is int and n >= 0 for n in shape)
    if (
        not whole
        or dtype not in ("|u1", "u1", "uint8")
        or not isinstance(told.get("__numpy__"), str)
    ):
        raise Refused(422, f"`image` is an object of {sorted(told)[:4]} and {dtype}; {ACCEPTED}")
    data = _decoded(told["__numpy__"])
    if data is None or len(data) != math.prod(shape):
        raise Refused(422, f"`image` has other data than its shape {shape} says; {ACCEPTED}")
    return np.frombuffer(data, np.uint8).reshape(shape).copy()


def _nested(told: list[Any]) -> np.ndarray:
    try:
        found = np.asarray(told)
    except ValueError as error:
        raise Refused(422, f"`image` has rows of different lengths; {ACCEPTED}") from error
    if found.dtype.kind not in "iu" or found.size == 0 or found.min() < 0 or found.max() > 255:
        raise Refused(422, f"`image` holds {found.dtype} that is no 0 to 255; {ACCEPTED}")
    return found.astype(np.uint8)


def _file(told: str, images: Path | None) -> np.ndarray:
    from PIL import Image, UnidentifiedImageError

    from lapa.data.pictures import upright_rgb

    data = _named(told, images) or _decoded(told)
    if data is None:
        path = told.startswith(("/", "./", "../", "~")) or Path(told[:200]).suffix != ""
        why = "names a file, which needs `lapa serve --images FOLDER`" if path else "is no base64"
        raise Refused(422, f"`image` is a text, but {why}; {ACCEPTED}")
    try:
        with Image.open(io.BytesIO(data), formats=["PNG", "JPEG", "WEBP"]) as picture:
            if max(picture.size) > SIDE:
                raise Refused(422, f"`image` has sides {picture.size}; at most {SIDE} px each")
            return upright_rgb(picture)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise Refused(422, f"`image` is no picture that can be read; {ACCEPTED}") from error


def _named(told: str, images: Path | None) -> bytes | None:
    """A file of the folder, if that is what is named."""
    if images is None or len(told) > 1000 or "\0" in told:
        return None
    path, root = (images / told).resolve(), images.resolve()
    return path.read_bytes() if root in path.parents and path.is_file() else None


def _decoded(text: str) -> bytes | None:
    """The bytes of base64 in either alphabet, with or without padding and white space; None if it
    is none."""
    letters = "".join(text.rpartition("base64,")[2].split()).translate(URL_SAFE).rstrip("=")
    try:
        return base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
