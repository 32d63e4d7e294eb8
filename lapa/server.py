"""A finetuned policy over HTTP, for robots that speak to LAPA's own server (`deploy.py`).

    POST /act    {"image": IMAGE, "instruction": "push the red star"}   ->   [0.012, -0.004]

IMAGE is an array as json-numpy writes it ({"__numpy__": base64, "dtype", "shape"}), nested lists
(H, W, 3) of 0 to 255, or a PNG, JPEG or WebP file in base64. As there, {"encoded": TEXT} holds the
same as JSON in a text, and is answered by JSON in a text. Unlike there, an image is never a path on
the server, unless it is told a folder of images, and what is wrong is an HTTP status with one
sentence instead of the word "error".

With a fast head (`lapa fast`) the door has two rates, and the robot keeps what the head has to
know. {"image", "instruction"} asks the large policy, slowly, for a new word (a latent action) of
this frame; {"image", "word": {"codes", "age", "moved"}} asks the head alone, at any tick, and waits
for no question to the policy. Both answer with the next action, the word in force and its age:

    {"action": [0.012, -0.004], "codes": [3, 1, 0, 6], "age": 0.2}

age: seconds from the frame that the word was said of to the one that came; moved: the sum of the
actions since.

Many robots may ask, and strangers too: a body is counted while it arrives and read in a time that
its size bounds, large ones one after the other beside all else.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import io
import json
import math
import re
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lapa.files import parsed

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from lapa.models.fast_head import FastHead
    from lapa.models.policy import LatentPolicy

# the most that is taken: bytes of a request, pixels a side, characters
BODY_BYTES, SIDE, INSTRUCTION = 32_000_000, 4096, 500
# seconds in which a body must have arrived, and bytes of bodies that may be here at once
BODY_SECONDS, HELD_BYTES = 30.0, 256_000_000
# from here on bodies are read one at a time; 640 x 480 as lists are less
LARGE_BYTES = 5_000_000
# signs that cost a parser of JSON time: a request without a list of pixels has a few dozen
MOST_SIGNS = 50_000
LISTED = re.compile(rb'image\\*"\s*:\s*\[')
# what stands in the JSON for a list that was read already; no pixel is that
TAKEN_OUT = -(2**53)
# the alphabet of base64 in addresses -> the usual one
URL_SAFE = bytes.maketrans(b"-_", b"+/")
# requests that may wait for the policy, or for the fast head; each answers one at a time
WAITING = 16
# the oldest word, in seconds, and the longest way, in an action's units, that are taken
OLDEST, FARTHEST = 3600.0, 1e6
ACCEPTED = (
    "accepted are a uint8 array (H, W, 3) as json-numpy writes it, nested lists of 0 to 255, or a "
    "PNG, JPEG or WebP file in base64"
)


class Refused(Exception):
    """A request that is answered with this status and sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def server(
    policy: LatentPolicy, *, images: Path | None = None, head: FastHead | None = None
) -> Starlette:
    """The application.

    Args:
        policy: with bins, so that it can act; with `head` a latent policy.
        images: a folder whose files an image may name, as LAPA's server lets it name any.
        head: acts between the policy's words.

    Raises:
        ValueError: the policy has no bins, or says other words than the head takes.
    """
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.requests import ClientDisconnect
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    acting = Acting(policy) if head is None else Hierarchy(policy, head)
    large, arriving = asyncio.Semaphore(1), Arriving()

    def understood(body: bytes) -> tuple[np.ndarray, str | Word, bool]:
        payload, encoded = read(body)
        frame = image_of(payload.get("image"), images)
        return frame, acting.question(payload), encoded

    async def read_aside(body: bytes) -> tuple[np.ndarray, str | Word, bool]:
        # waiting for one's turn takes no thread from the others
        async with large if len(body) > LARGE_BYTES else nullcontext():
            return await run_in_threadpool(understood, body)

    def act(frame: np.ndarray, question: str | Word, encoded: bool) -> Any:
        action = acting.answer(frame, question)
        return json.dumps(action) if encoded else action

    async def answer(request: Any) -> JSONResponse:
        try:
            async with arriving.body(request) as body:
                asked = await read_aside(body)
            return JSONResponse(await run_in_threadpool(act, *asked))
        except Refused as refused:
            return JSONResponse({"error": str(refused)}, refused.status)
        except ClientDisconnect:
            return JSONResponse({"error": "the client went away"}, 400)  # nobody reads it

    async def about(request: Any) -> JSONResponse:
        return JSONResponse({**acting.about, "post": "/act"})

    return Starlette(routes=[Route("/act", answer, methods=["POST"]), Route("/", about)])


@dataclass(frozen=True)
class Word:
    """A latent action in force: codes (S,), its age in seconds, and what was moved since (A,)."""

    codes: tuple[int, ...]
    age: float
    moved: tuple[float, ...]


class Turns:
    """One at a time; at most WAITING wait."""

    def __init__(self) -> None:
        self._alone, self._places = threading.Lock(), threading.Semaphore(WAITING)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """One's turn. Raises Refused (503) where too many wait already."""
        if not self._places.acquire(blocking=False):
            raise Refused(503, f"{WAITING} requests are waiting already; try again")
        try:
            with self._alone:
                yield
        finally:
            self._places.release()


class Acting:
    """A policy that acts by itself. ValueError of one that cannot."""

    def __init__(self, policy: LatentPolicy) -> None:
        from lapa.models.policy import NO_BINS

        if policy.bins is None:
            raise ValueError(NO_BINS)
        self._policy, self._turns = policy, Turns()
        counts = list(policy.bins.counts)
        self.about: dict[str, Any] = {"actions": len(counts), "bins": counts}

    def question(self, payload: dict[str, Any]) -> str | Word:
        """The instruction."""
        return instruction_of(payload.get("instruction"))

    def answer(self, frame: np.ndarray, question: str | Word) -> Any:
        """The action."""
        assert isinstance(question, str)
        with self._turns.turn():
            return self._policy.act(frame, question).tolist()


class Hierarchy:
    """A latent policy, and the head that acts between its words. ValueError if they do not fit."""

    def __init__(self, policy: LatentPolicy, head: FastHead) -> None:
        from lapa.models.fast_head import check_words

        check_words(head, policy)
        self._policy, self._head = policy, head
        # so that who has a word never waits for who needs one
        self._slow, self._fast = Turns(), Turns()
        counts, c = list(head.bins.counts), head.config
        self._size = (c.code_length, c.codebook_size, c.dimensions)
        self.about: dict[str, Any] = {
            "actions": len(counts), "bins": counts, "rate": c.rate,
            "word": {"codes": c.code_length, "values": c.codebook_size},
        }  # fmt: skip

    def question(self, payload: dict[str, Any]) -> str | Word:
        """A word to act on, or the instruction for a new one."""
        if "word" in payload:
            return word_of(payload["word"], *self._size)
        return instruction_of(payload.get("instruction"))

    def answer(self, frame: np.ndarray, question: str | Word) -> Any:
        """The action, the word in force and its age at this frame."""
        if isinstance(question, str):
            with self._slow.turn():
                codes = self._policy.predict(frame, question)
            word = Word(tuple(codes.tolist()), 0.0, (0.0,) * self._size[2])
        else:
            word = question
        with self._fast.turn():
            action = self._head.act(frame, list(word.codes), list(word.moved), word.age)
        return {"action": action.tolist(), "codes": list(word.codes), "age": word.age}


class Arriving:
    """The bodies that are here, counted while they arrive."""

    def __init__(self) -> None:
        self.held = 0

    @asynccontextmanager
    async def body(self, request: Any) -> AsyncIterator[bytes]:
        """The whole body of a request, counted until the block ends.

        Raises:
            Refused: 413 as soon as it is too large, 408 where it takes too long, 503 where those of
                others take all the room, 415 where it is packed.
        """
        import anyio

        if request.headers.get("content-encoding", "identity") != "identity":
            raise Refused(415, "the request is packed (content-encoding), which is not accepted")
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or int(length[:20]) > BODY_BYTES:
            raise _too_large()
        body = bytearray()
        try:
            try:
                with anyio.fail_after(BODY_SECONDS):
                    async for part in request.stream():
                        self.held += len(part)
                        body += part
                        if len(body) > BODY_BYTES:
                            raise _too_large()
                        if self.held > HELD_BYTES:
                            raise Refused(503, "too many large requests at once; try again")
            except TimeoutError as error:
                text = f"the request took longer than {BODY_SECONDS:.0f} s to arrive"
                raise Refused(408, text) from error
            yield bytes(body)
        finally:
            self.held -= len(body)


def _too_large() -> Refused:
    return Refused(413, f"the request is larger than {BODY_BYTES // 1_000_000} MB")


def read(body: bytes) -> tuple[dict[str, Any], bool]:
    """The request, and whether it came as JSON in a text; an image of lists is an array already
    where it is large.

    Raises:
        Refused: 400 where it is no JSON, 422 where it is no object.
    """
    body, pixels = _without_pixels(body)
    payload = _json(body)
    encoded = isinstance(payload, dict) and "encoded" in payload
    if encoded:
        if len(payload) > 1 or not isinstance(payload["encoded"], str):
            raise Refused(422, "`encoded` must be a text and stand alone")
        payload = _json(payload["encoded"])
    if not isinstance(payload, dict):
        raise Refused(422, "the request must be an object with `image` and `instruction`")
    if pixels is not None and payload.get("image") == TAKEN_OUT:
        payload["image"] = pixels
    return payload, encoded


def _without_pixels(body: bytes) -> tuple[bytes, np.ndarray | None]:
    """A body whose JSON is small, and the pixels that were taken out of it if it was not.

    Raises:
        Refused: it is not small without them either, or they are no pixels.
    """
    from lapa.data.nested import extent, pixels

    if _signs(body) <= MOST_SIGNS:
        return body, None
    match = LISTED.search(body)
    start = match.end() - 1 if match else len(body)
    end = extent(body, start) if match else start
    rest = body[:start] + str(TAKEN_OUT).encode() + body[end:]
    if _signs(rest) > MOST_SIGNS:
        raise Refused(
            400, "the request is no valid JSON, or holds more lists and objects than a request has"
        )
    try:
        return rest, pixels(body[start:end])
    except ValueError as error:
        raise Refused(422, f"`image` {error}; {ACCEPTED}") from error


def _signs(text: bytes) -> int:
    return sum(map(text.count, (b"[", b"{", b",", b"\\")))


def instruction_of(value: Any) -> str:
    """Raises Refused (422) unless it is a text of 1 to INSTRUCTION characters."""
    if not isinstance(value, str) or not value.strip() or len(value) > INSTRUCTION:
        raise Refused(422, f"`instruction` must be a text of 1 to {INSTRUCTION} characters")
    if not whole_text(value):
        raise Refused(422, "`instruction` holds half of a character (a lone surrogate)")
    return value


def word_of(value: Any, length: int, values: int, dimensions: int) -> Word:
    """A word in force: of `length` codes of so many `values`, for actions of some `dimensions`.

    Raises:
        Refused: 422, with what is accepted.
    """
    own = value if isinstance(value, dict) else {}
    parts: list[Any] = [own.get(name) for name in ("codes", "age", "moved")]
    codes, age, moved = parts
    if not (
        _numbers(codes, length, 0, values - 1)
        and all(type(code) is int for code in codes)
        and _numbers([age], 1, 0, OLDEST)
        and _numbers(moved, dimensions, -FARTHEST, FARTHEST)
    ):
        raise Refused(
            422,
            f"`word` is {_short(value)}; accepted is an object of `codes` ({length} whole numbers "
            f"from 0 to {values - 1}), `age` (0 to {OLDEST:.0f} seconds) and `moved` ({dimensions} "
            "numbers, the sum of the actions since)",
        )
    return Word(tuple(codes), float(age), tuple(map(float, moved)))


def _numbers(values: Any, count: int, low: float, high: float) -> bool:
    """Whether this is a list of so many numbers between two."""
    return (
        isinstance(values, list)
        and len(values) == count
        and all(type(each) in (int, float) and low <= each <= high for each in values)
    )


def whole_text(text: str) -> bool:
    """Whether a text can be written as UTF-8: JSON lets halves of characters through."""
    try:
        text.encode()
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
    elif isinstance(image, np.ndarray):
        frame = image
    else:
        raise Refused(422, f"`image` is {type(image).__name__}; {ACCEPTED}")
    if frame.ndim != 3 or frame.shape[2] != 3 or not min(frame.shape) >= 1:
        raise Refused(422, f"`image` has the shape {list(frame.shape)}; {ACCEPTED}")
    if max(frame.shape[:2]) > SIDE:
        raise Refused(422, f"`image` has sides {list(frame.shape[:2])}; at most {SIDE} px each")
    return frame


def _json(text: bytes | str) -> Any:
    try:
        return parsed(text)
    except ValueError as error:
        raise Refused(400, "the request is no valid JSON") from error


def _array(image: dict[str, Any]) -> np.ndarray:
    """An array as json-numpy writes it."""
    shape, dtype = image.get("shape"), image.get("dtype")
    if (
        not isinstance(shape, list)
        or len(shape) > 4
        or not all(type(n) is int and 0 <= n <= BODY_BYTES for n in shape)
        or dtype not in ("|u1", "u1", "uint8")
        or not isinstance(image.get("__numpy__"), str)
    ):
        names = _short(sorted(image)[:4])
        raise Refused(422, f"`image` is an object of {names} and {_short(dtype)}; {ACCEPTED}")
    data = _bytes_of(image["__numpy__"])
    if data is None or len(data) != math.prod(shape):
        raise Refused(422, f"`image` has other data than its shape {shape} says; {ACCEPTED}")
    pixels: np.ndarray = np.frombuffer(data, np.uint8).reshape(shape).copy()
    return pixels


def _short(value: Any) -> str:
    """What came, cut to what a sentence can bear, without half characters."""
    text = ascii(value)
    return text if len(text) <= 80 else f"{text[:80]}…"


def _nested(rows: list[Any]) -> np.ndarray:
    try:
        values = np.asarray(rows)
    except ValueError as error:
        raise Refused(422, f"`image` has rows of different lengths; {ACCEPTED}") from error
    if values.dtype.kind not in "iu" or values.size == 0 or values.min() < 0 or values.max() > 255:
        raise Refused(422, f"`image` holds {values.dtype} that is no 0 to 255; {ACCEPTED}")
    return values.astype(np.uint8)


def _file(text: str, images: Path | None) -> np.ndarray:
    from PIL import Image

    from lapa.media.pictures import upright_rgb

    data = _contents(text, images) or _bytes_of(text)
    if data is None:
        path = text.startswith(("/", "./", "../", "~")) or Path(text[:200]).suffix != ""
        why = "names a file, which needs `lapa serve --images FOLDER`" if path else "is no base64"
        raise Refused(422, f"`image` is a text, but {why}; {ACCEPTED}")
    try:
        with Image.open(io.BytesIO(data), formats=["PNG", "JPEG", "WEBP"]) as picture:
            if max(picture.size) > SIDE:
                raise Refused(422, f"`image` has sides {picture.size}; at most {SIDE} px each")
            return upright_rgb(picture)
    except Refused:
        raise
    # decoders raise nearly anything on a damaged file, and bombs an error of their own
    except Exception as error:
        raise Refused(422, f"`image` is no picture that can be read; {ACCEPTED}") from error


def _contents(text: str, images: Path | None) -> bytes | None:
    """A file of the folder, if that is what is named."""
    if images is None or len(text) > 1000 or "\0" in text or not whole_text(text):
        return None
    path, root = (images / text).resolve(), images.resolve()
    try:
        inside = root in path.parents and path.is_file() and path.stat().st_size <= BODY_BYTES
        return path.read_bytes() if inside else None
    except OSError:  # a name that no file can have
        return None


def _bytes_of(text: str) -> bytes | None:
    """The bytes of base64 in either alphabet, with or without padding and white space; None if it
    is none."""
    try:
        data = text.rpartition("base64,")[2].encode("ascii")
        letters = data.translate(URL_SAFE, b" \t\r\n\v\f").rstrip(b"=")
        return base64.b64decode(letters + b"=" * (-len(letters) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
