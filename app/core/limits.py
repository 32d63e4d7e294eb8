"""What one visitor may send, how much is kept, and the error a visitor can read."""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

MB = 1_000_000


class UserError(Exception):
    """A request that cannot be served; the message is one clear sentence for the page, which gets
    `more` beside it."""

    more: Mapping[str, Any] = MappingProxyType({})


class Unusable(UserError):
    """The checkpoint could not be loaded; the clips can be looked at."""


class NoPictures(UserError):
    """The simulator cannot draw here; recorded episodes can be shown."""


class Busy(UserError):
    """More is asked than can be done now. seconds: after which the page asks again, by itself
    (web/wire.js)."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(f"{reason}; try again in {seconds:g} seconds.")
        self.more = {"busy": seconds}


class SeveralNetworks(UserError):
    """An official file that can be of several networks. readings: image_size in pixels and
    code_length of each; whoever sent it can say which (web/readings.js)."""

    def __init__(self, readings: Sequence[Mapping[str, int]]) -> None:
        told = " or ".join(
            f"{each['image_size']} px with {each['code_length']} codes" for each in readings
        )
        super().__init__(f"The file does not say what it is, and fits {told}. Choose one.")
        self.more = {"readings": [[each["image_size"], each["code_length"]] for each in readings]}


# what the system says where a file cannot be written: full, over a quota, read-only, not allowed
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES)
FULL = "The server has no room for files now; try again later."


def is_full(error: BaseException) -> bool:
    """Whether an error means that there is no room for a file, which `FULL` tells."""
    return isinstance(error, OSError) and error.errno in NO_ROOM


NO_UPLOADS = "Sending files is turned off here; choose one of the clips of the page."


class SequenceProblem(UserError):
    """Text that is no sequence of latent actions. position: the first character that does not fit.
    pointer: its line, and below it a caret under the character."""

    def __init__(self, message: str, position: int, pointer: str) -> None:
        # "character 8: found …" reads on its own as a sentence
        super().__init__(f"{message[0].upper()}{message[1:]}.")
        self.position, self.pointer = position, pointer


# what reading a file raises that is damaged, or another one than its name says
DAMAGED = (
    OSError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError, UserError,
)  # fmt: skip


@dataclass(frozen=True)
class Limits:
    """Bounds on uploads, memory and threads; every number is checked where it is used.

    uploads: whether visitors may send files at all.
    upload_bytes, upload_seconds, upload_pixels: largest file, longest video, largest picture or
        video frame (width x height, read from the header before anything is decoded).
    upload_work: pixels of all frames of a file together, as they lie in it, known before
        anything is decoded where the header says so.
    temporary_bytes, temporary_bytes_of_one: files that lie here for a while, of all visitors
        together and of one address; while there are more, no other may be sent.
    upload_grace: seconds for which a file that was read stays, for others who sent the same one.
    upload_side: smallest accepted width or height in pixels, as shown (after rotation).
    decode_seconds: wall-clock time after which decoding an upload is given up.
    stored_side, stored_fps, stored_frames: what an upload is reduced to before it is kept.
    uploads_per_session, session_bytes_total: kept uploads; the oldest go first.
    clip_bytes, prediction_bytes: memory for decoded shipped clips and for recent predictions.
    decoders: uploads decoded at the same time. thinkers: longer model work, as a transfer, that
        goes on at once, presses between its pieces. waiting_of_one, waiting_of_all: such things
        that may wait, of a visitor (a page, or the address of a program) and of all together.
    threads: of torch, at most, for each of the two threads of model work.
    checkpoint_bytes: largest checkpoint that may be sent; LAPA's released one has 1.4 GB.
    checkpoints_per_session, checkpoint_bytes_total: sent checkpoints that are kept, on disk; the
        oldest go first.
    jobs_waiting, jobs_of_one: checkups in the queue, of all and of a visitor. visitor_seconds: how
        long a checkup is kept going for a page that no longer asks about it. reports_kept: finished
        ones that are shown again.
    dream_moments: kept of one dream; dream_bytes_total: pictures of all dreams, the least recently
        used dream goes first. players: dreams that play at once, others wait. play_seconds: after
        which a playing dream pauses by itself. replay_steps: longest replay of a clip.
    acting: runs of the tab Policy, imagined and simulated, that go on at once.
    open_models: whether visitors may open models from folders of this machine and from the Hub;
        opened_models: how many of those are kept.
    """

    uploads: bool = True
    upload_bytes: int = 50 * MB
    upload_seconds: float = 60.0
    upload_pixels: int = 50 * MB
    upload_work: int = 8_000 * MB
    temporary_bytes: int = 8_000 * MB
    temporary_bytes_of_one: int = 4_000 * MB
    upload_grace: float = 120.0
    upload_side: int = 16
    decode_seconds: float = 20.0
    stored_side: int = 320
    stored_fps: float = 10.0
    stored_frames: int = 600
    uploads_per_session: int = 4
    session_bytes_total: int = 1_000 * MB
    clip_bytes: int = 400 * MB
    prediction_bytes: int = 100 * MB
    decoders: int = 2
    thinkers: int = 4
    waiting_of_one: int = 3
    waiting_of_all: int = 100
    # two take a quarter off a picture's time, and nearly twice the processor
    threads: int = 1
    checkpoint_bytes: int = 1_600 * MB
    checkpoints_per_session: int = 2
    checkpoint_bytes_total: int = 6_000 * MB
    jobs_waiting: int = 20
    jobs_of_one: int = 4
    visitor_seconds: float = 180.0
    reports_kept: int = 40
    dream_moments: int = 640
    dream_bytes_total: int = 400 * MB
    players: int = 2
    play_seconds: float = 30.0
    replay_steps: int = 64
    acting: int = 20
    open_models: bool = False
    opened_models: int = 3
