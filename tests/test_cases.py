"""Small files that once failed, through every door that takes them, with the value that is right.

tests/cases holds them as they came; `plain.mp4` is what the turned and packed ones are made of:
purple at the top left, red at the bottom left, cyan on the right.
"""

from __future__ import annotations

import base64
import json
import shutil
import struct
from pathlib import Path

import av
import numpy as np
import pytest

from app.clips.decode import read
from app.core.limits import Limits, UserError
from lapa.data import read_episodes
from lapa.data.readers.frame_folders import read_frame
from lapa.media.videos import probe_video, stream_video
from lapa.server import Refused, image_of

CASES = Path(__file__).parent / "cases"
PURPLE, RED, CYAN = (32, 0, 63), (253, 0, 0), (0, 255, 255)
# top left, top right, bottom left, bottom right
PLAIN = (PURPLE, CYAN, RED, CYAN)
VIDEOS = {
    "plain.mp4": PLAIN,
    "hflip.mp4": (CYAN, PURPLE, CYAN, RED),
    "vflip.mp4": (RED, CYAN, PURPLE, CYAN),
    "matrix0.mp4": PLAIN,
    "x.3gp": PLAIN,
    "x.mts": PLAIN,
    "hdr_pq_white.mp4": ((253, 253, 253),) * 4,
}
GREEN, BLUE, WHITE = (0, 255, 0), (0, 0, 255), (255, 255, 255)
PICTURES = {
    "exif99.jpg": ((120, 160), ((3, 254, 0), (250, 0, 1), (3, 0, 0), (250, 0, 1))),
    "grey16.png": ((64, 64), ((8, 8, 8), (12, 12, 12), (243, 243, 243), (247, 247, 247))),
    "grid.avif": ((512, 512), ((255, 0, 0), GREEN, BLUE, WHITE)),
}
REFUSED = {
    "cover_audio.mp4": "has sound but no video",
    "cut.avi": "is cut short: it announces 3.0 s, and 22 frames up to 1.8 s can be decoded",
    "cut.mkv": "is cut short: it announces 3.0 s, and 20 frames up to 1.6 s can be decoded",
}


def corners(frame: np.ndarray) -> np.ndarray:
    """(4, 3) of a frame (H, W, 3), two pixels from each edge."""
    return frame[[2, 2, -3, -3], [2, -3, 2, -3]].astype(int)


@pytest.mark.parametrize("name", VIDEOS)
def test_a_video_is_seen_as_a_player_shows_it(name: str) -> None:
    (episode,), report = read_episodes(CASES / name)
    page, library = read(CASES / name).frames, episode.frames
    assert page.shape[1:] == library.shape[1:] == (120, 160, 3) and not report.skipped
    for frame in (page[0], library[0]):
        assert np.abs(corners(frame) - np.array(VIDEOS[name])).max() < 4


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_whole_video_is_refused_at_both_doors(name: str) -> None:
    with pytest.raises(UserError, match=REFUSED[name]):
        read(CASES / name)
    episodes, report = read_episodes(CASES / name)
    said = [each.reason for each in report.skipped]
    for episode in episodes:
        with pytest.raises(ValueError) as told:
            list(episode.stream())
        said.append(str(told.value))
    assert said == [REFUSED[name]]


# of formats that say nowhere how long they are; (container, codec, and how a file is made)
ENDLESS = {
    "ts": ("mpegts", "libx264", {}),
    "m2ts": ("mpegts", "libx264", {"mpegts_m2ts_mode": "1"}),
    "mpg": ("mpeg", "mpeg1video", {}),
    "vob": ("vob", "mpeg2video", {}),
    "h264": ("h264", "libx264", {}),
    "m4v": ("m4v", "mpeg4", {}),
    "mjpeg": ("mjpeg", "mjpeg", {}),
    "wmv": ("asf", "wmv2", {}),
    "nut": ("nut", "mpeg4", {}),
    "y4m": ("yuv4mpegpipe", "wrapped_avframe", {}),
    "dv": ("dv", "dvvideo", {}),
    # which says it, but of so few frames the last ones would not be missed
    "webm": ("webm", "libvpx", {}),
}


@pytest.mark.parametrize("suffix", ENDLESS)
def test_a_video_that_ends_within_a_frame_is_named_at_both_doors(suffix, tmp_path: Path) -> None:
    kind, codec, options = ENDLESS[suffix]
    size = (720, 576) if kind == "dv" else (64, 48)
    count = 4 if kind == "dv" else 12
    dice = np.random.default_rng(0)
    with av.open(str(tmp_path / f"a.{suffix}"), "w", format=kind, options=options) as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height = size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for _ in range(count):
            noise = dice.integers(0, 255, (size[1], size[0], 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(noise)))
        container.mux(stream.encode())
    path = tmp_path / f"a.{suffix}"
    data = path.read_bytes()
    assert sum(1 for _ in stream_video(path)) == count and probe_video(path).fps == 25
    assert len(read(path).frames) == max(1, round(count / 25 * 10))
    path.write_bytes(data[: len(data) * 9 // 10 - 1])
    with pytest.raises(ValueError, match=r"(is cut short|breaks off after \d+ frames)"):
        list(stream_video(path))
    with pytest.raises(UserError, match="is damaged or incomplete, send the whole file"):
        read(path)


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_seen_as_a_viewer_shows_it(name: str, tmp_path: Path) -> None:
    size, seen = PICTURES[name]
    frames = [read(CASES / name, Limits(stored_side=512)).frames[0], read_frame(CASES / name)]
    sent = base64.b64encode((CASES / name).read_bytes()).decode()
    if name.endswith(".avif"):  # which the server says that it does not take
        with pytest.raises(Refused, match="a PNG, JPEG or WebP file"):
            image_of(sent)
    else:
        frames.append(image_of(sent))
    for frame in frames:
        assert frame.shape[:2] == size
        assert np.abs(corners(frame) - np.array(seen)).max() < 4


def test_a_picture_of_32_bit_colours_is_named_as_such(tmp_path: Path) -> None:
    """A TIFF of floating-point RGB, written by hand: Pillow neither writes nor reads one."""
    path, side = tmp_path / "float.tiff", 32
    pixels = np.random.default_rng(0).random((side, side, 3)).astype("<f4").tobytes()
    # (tag, type, count, value): size, bits, no compression, RGB, where the pixels lie, how they do
    tags = [
        (256, 3, 1, side), (257, 3, 1, side), (258, 3, 3, 138), (259, 3, 1, 1), (262, 3, 1, 2),
        (273, 4, 1, 150), (277, 3, 1, 3), (278, 3, 1, side), (279, 4, 1, len(pixels)),
        (339, 3, 3, 144),
    ]  # fmt: skip
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    head = b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)
    path.write_bytes(head.ljust(138, b"\0") + struct.pack("<6H", 32, 32, 32, 3, 3, 3) + pixels)
    for door, error in ((read, UserError), (read_frame, ValueError)):
        with pytest.raises(error, match="float.tiff is a TIFF .* as 32-bit colours, whose scale"):
            door(path)


ROW = {
    "embodiment": "panda",
    "fps": 12,
    "frames": 36,
    "split": "train",
    "height": 120,
    "width": 160,
}
# name of the case -> what its rows say besides, and what is said of those that are left out
INDICES = {
    "ls": ([{"instruction": "push\u2028the block"}, {"instruction": "next\x85line"}, {}], []),
    "o_intbody": ([{}, {"embodiment": 3}], ["e1: its embodiment is 3, a text is accepted"]),
    "o_nanfps": (
        [{}, {"fps": float("nan")}],
        ["e1: its fps is nan, a positive number is accepted"],
    ),
    "o_nullinstr": ([{}, {"instruction": None, "task": None}], []),
    "o_nullnames": ([{}, {"action_names": None}], []),
}


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "bom"])
@pytest.mark.parametrize("name", INDICES)
def test_a_row_that_is_wrong_is_named_and_the_others_are_read(name, mark, tmp_path: Path) -> None:
    rows, said = INDICES[name]
    (tmp_path / "src").mkdir()
    for number, _ in enumerate(rows):
        shutil.copy(CASES / "plain.mp4", tmp_path / "src" / f"e{number}.mp4")
    lines = [
        json.dumps({"id": f"e{n}", **ROW, **row}, ensure_ascii=False) for n, row in enumerate(rows)
    ]
    (tmp_path / "src.jsonl").write_bytes(mark + "\r\n".join(lines).encode())
    episodes, report = read_episodes(tmp_path)
    assert list(map(str, report.skipped)) == said
    assert len(episodes) == len(rows) - len(said)
    for episode in episodes:
        assert episode.instruction == (rows[int(episode.id[1:])].get("instruction") or "")
        assert episode.frames.shape == (36, 120, 160, 3)
