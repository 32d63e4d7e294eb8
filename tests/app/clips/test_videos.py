"""Videos of every kind end as upright frames at a constant rate or as one clear sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from app.clips.decode import read
from app.core.limits import Limits, UserError

MILLISECOND = Fraction(1, 1000)


def picture(level: int, size: tuple[int, int] = (64, 48)) -> np.ndarray:
    """A grey frame whose brightness tells its number, with a bright bar on the left."""
    frame = np.full((size[1], size[0], 3), level, np.uint8)
    frame[:, : size[0] // 8] = 250
    return frame


def write(
    path: Path,
    frames: Iterable[np.ndarray],
    *,
    fps: float = 10,
    codec: str = "libx264",
    stamps: Sequence[int] | None = None,
    pixel: Fraction | None = None,
    options: dict[str, str] | None = None,
    sound: bool = False,
) -> Path:
    """A video file; `stamps` are the frames' times in milliseconds for a variable rate."""
    with av.open(str(path), "w", options=options or {}) as container:
        frames = list(frames)
        stream = container.add_stream(codec, rate=Fraction(fps).limit_denominator(1000))
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        if pixel is not None:
            stream.codec_context.sample_aspect_ratio = pixel
        if stamps is not None:
            stream.time_base = stream.codec_context.time_base = MILLISECOND
        # the header is written with the first packet, so every stream comes before it
        audio = container.add_stream("aac", rate=44100) if sound else None
        for i, array in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(array, format="rgb24")
            if stamps is not None:
                frame.pts, frame.time_base = stamps[i], MILLISECOND
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if audio is not None:
            write_sound(container, audio)
    return path


def write_sound(container, stream) -> None:
    for i in range(20):
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.rate, frame.pts, frame.time_base = 44100, 1024 * i, Fraction(1, 44100)
        container.mux(stream.encode(frame))
    container.mux(stream.encode())


def levels(frames: np.ndarray) -> list[int]:
    """Brightness of each frame, away from the bar."""
    return [int(frame[:, frame.shape[1] // 4 :].mean()) for frame in frames]


def refused(path: Path, limits: Limits | None = None) -> str:
    with pytest.raises(UserError) as caught:
        read(path, limits)
    sentence = str(caught.value)
    assert sentence.endswith(".") and sentence.count(". ") == 0, sentence
    assert len(sentence) < 260
    return sentence


@pytest.mark.parametrize(
    ("ending", "codec"),
    [
        ("mp4", "libx264"),
        ("mov", "mpeg4"),
        ("mkv", "libx264"),
        ("webm", "libvpx"),
        ("avi", "mpeg4"),
    ],
)
def test_every_container(tmp_path: Path, ending: str, codec: str) -> None:
    path = write(tmp_path / f"v.{ending}", (picture(20 * i) for i in range(8)), codec=codec)
    media = read(path)
    assert media.frames.shape == (8, 48, 64, 3) and media.frames.dtype == np.uint8
    assert media.fps == pytest.approx(10, abs=0.1) and media.note == ""
    assert np.abs(np.subtract(levels(media.frames), 20 * np.arange(8))).max() <= 4


def test_a_slow_video_keeps_its_rate(tmp_path: Path) -> None:
    media = read(write(tmp_path / "v.mp4", (picture(30 * i) for i in range(6)), fps=5))
    assert len(media.frames) == 6 and media.fps == pytest.approx(5)


@pytest.mark.parametrize("fps", [25, 30, Fraction(30000, 1001), 60])
def test_a_fast_video_is_thinned_to_ten_a_second(tmp_path: Path, fps) -> None:
    count = round(2 * fps)
    media = read(write(tmp_path / "v.mp4", (picture(4 * (i % 60)) for i in range(count)), fps=fps))
    assert media.fps == 10 and len(media.frames) == 20
    shown = [4 * (int(tick * fps / 10 + 1e-3) % 60) for tick in range(20)]
    assert np.abs(np.subtract(levels(media.frames), shown)).max() <= 6
    assert "10 frames per second" in media.note


def test_a_variable_rate_is_resampled_by_its_timestamps(tmp_path: Path) -> None:
    # a picture every 100 ms for half a second, then a pause of one second, then two more
    stamps = [0, 100, 200, 300, 400, 1400, 1500]
    frames = [picture(30 * i) for i in range(7)]
    media = read(write(tmp_path / "v.mp4", frames, stamps=stamps))
    assert media.fps < 10
    clock = np.arange(len(media.frames)) / media.fps
    due = [30 * (np.searchsorted(stamps, 1000 * t + 0.5, side="right") - 1) for t in clock]
    assert np.abs(np.subtract(levels(media.frames), due)).max() <= 4
    assert len(media.frames) / media.fps == pytest.approx(1.6, abs=0.15)


ONE = 1 << 16


def turned(path: Path, matrix: tuple[int, int, int, int]) -> Path:
    """Writes a display matrix (a, b, c, d) into an mp4."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    for offset, value in zip((0, 4, 12, 16), matrix, strict=True):
        data[at + offset : at + offset + 4] = value.to_bytes(4, "big", signed=True)
    path.write_bytes(bytes(data))
    return path


@pytest.mark.parametrize(
    ("matrix", "bar"),
    [
        ((ONE, 0, 0, ONE), "left"),
        ((0, ONE, -ONE, 0), "top"),
        ((-ONE, 0, 0, -ONE), "right"),
        ((0, -ONE, ONE, 0), "bottom"),
        ((-ONE, 0, 0, ONE), "right"),
        ((ONE, 0, 0, -ONE), "left"),
        ((0, ONE, ONE, 0), "top"),
        ((0, 0, 0, 0), "left"),
    ],
)
def test_frames_are_turned_and_flipped_as_a_player_does(tmp_path: Path, matrix, bar: str) -> None:
    """Turns of a phone, mirrors, and a matrix of zeros, which says nothing."""
    frame = read(turned(write(tmp_path / "v.mp4", [picture(40)] * 4), matrix)).frames[1]
    assert frame.shape[:2] == ((48, 64) if bar in ("left", "right") else (64, 48))
    bright = frame.mean(axis=2) > 150
    edge = {
        "left": bright[:, :3], "right": bright[:, -3:], "top": bright[:3], "bottom": bright[-3:],
    }[bar]  # fmt: skip
    assert edge.all() and bright.sum() < 48 * 12


def test_a_flip_upside_down_is_one(tmp_path: Path) -> None:
    frame = picture(40)
    frame[:12] = 120
    path = turned(write(tmp_path / "v.mp4", [frame] * 4), (ONE, 0, 0, -ONE))
    shown = read(path).frames[0][:, 32].mean(axis=1)
    assert shown[3] < 60 and shown[-3] > 100


def test_high_dynamic_range_is_brought_to_the_usual_one(tmp_path: Path) -> None:
    """203 cd/m² is white, as the library has it."""
    path = tmp_path / "hdr.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.height, stream.width, stream.pix_fmt = 48, 64, "yuv420p10le"
        context = stream.codec_context
        context.color_trc, context.color_primaries, context.colorspace = 16, 9, 9
        luma = np.full((72, 64), 512, np.uint16)
        luma[:48] = round(64 + 876 * 0.5807)
        for number in range(3):
            frame = av.VideoFrame.from_ndarray(luma, format="yuv420p10le")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            frame.color_trc, frame.color_primaries, frame.colorspace = 16, 9, 9
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    assert read(path).frames.min() >= 251


def test_a_frame_between_two_ticks_of_the_fastest_clock_is_not_lost(tmp_path: Path) -> None:
    # four frames in 1.1 s, so the clock ticks every 0.275 s; from 0.22 to 0.29 s, when the second
    # one is on the screen, no tenth of a second falls
    stamps = [0, 220, 290, 1000]
    media = read(write(tmp_path / "v.mkv", [picture(40 * i) for i in range(4)], stamps=stamps))
    assert media.fps == pytest.approx(1 / 0.275)
    assert np.abs(np.subtract(levels(media.frames), [0, 40, 80, 80])).max() <= 4


def test_many_frames_in_a_burst_are_thinned_and_all_ticks_kept(tmp_path: Path) -> None:
    # 20 s of 50 frames a second, more than may be kept
    path = write(tmp_path / "v.mp4", (picture(i // 5) for i in range(1000)), fps=50)
    media = read(path)
    assert media.fps == 10 and len(media.frames) == 200
    assert np.abs(np.subtract(levels(media.frames), np.arange(200))).max() <= 3


def test_wide_pixels_are_made_square(tmp_path: Path) -> None:
    path = write(tmp_path / "v.mp4", [picture(40)] * 3, pixel=Fraction(2, 1))
    assert read(path).frames.shape[1:3] == (48, 128)


def test_large_frames_are_kept_small(tmp_path: Path) -> None:
    path = write(tmp_path / "v.mp4", [picture(40, (1280, 720))] * 2)
    assert read(path).frames.shape[1:3] == (180, 320)


def test_one_frame_is_a_picture(tmp_path: Path) -> None:
    media = read(write(tmp_path / "v.mp4", [picture(80)]))
    assert len(media.frames) == 1 and "one frame" in media.note


def test_sound_beside_the_picture_does_not_matter(tmp_path: Path) -> None:
    assert len(read(write(tmp_path / "v.mp4", [picture(9)] * 5, sound=True)).frames) == 5


def test_a_minute_at_ten_a_second_is_kept_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "v.mp4", (picture(i % 200) for i in range(600)), fps=10)
    media = read(path)
    assert len(media.frames) == 600 and media.fps == 10


def test_longer_than_a_minute(tmp_path: Path) -> None:
    path = write(tmp_path / "v.mp4", (picture(i) for i in range(62)), fps=1)
    assert "60 s" in refused(path) and "62" in refused(path)


def test_longer_than_a_minute_without_saying_so(tmp_path: Path) -> None:
    # a raw stream announces no duration, so only decoding can tell
    path = write(tmp_path / "v.h264", (picture(i % 200) for i in range(1700)), fps=25)
    assert "60 s" in refused(path)


@pytest.mark.parametrize(("name", "found"), [("v.mp4", "50"), ("v.h264", "21")])
def test_too_many_pixels_in_all(tmp_path: Path, name: str, found: str) -> None:
    """By the header where it says so; otherwise as soon as they are too many."""
    path = write(tmp_path / name, (picture(i) for i in range(50)), fps=25)
    with pytest.raises(UserError, match=rf"has {found} or more frames of 64×48 pixels; at most"):
        read(path, Limits(upload_work=20 * 64 * 48))


def test_sound_alone(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    with av.open(str(path), "w") as container:
        write_sound(container, container.add_stream("aac", rate=44100))
    assert "sound but no video" in refused(path)


def test_text_renamed(tmp_path: Path) -> None:
    path = tmp_path / "notes.mp4"
    path.write_text("This is not a video. " * 500)
    assert "neither a picture nor a video" in refused(path)


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    path.touch()
    assert "0 bytes" in refused(path)


def noisy(count: int) -> list[np.ndarray]:
    dice = np.random.default_rng(0)
    return [dice.integers(0, 255, (48, 64, 3), np.uint8) for _ in range(count)]


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.95])
@pytest.mark.parametrize(
    ("ending", "codec", "options"),
    [
        ("mp4", "libx264", {}),
        ("mp4", "libx264", {"movflags": "faststart"}),
        ("webm", "libvpx", {}),
        ("mkv", "libx264", {}),
        ("avi", "mpeg4", {}),
    ],
    ids=["mp4", "mp4-faststart", "webm", "mkv", "avi"],
)
def test_a_truncated_video(tmp_path: Path, ending, codec, options, kept: float) -> None:
    whole = write(tmp_path / f"whole.{ending}", noisy(60), codec=codec, options=options)
    path = tmp_path / f"part.{ending}"
    path.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * kept)])
    try:
        media = read(path)
    except UserError as error:
        assert "complete" in str(error) or "damaged" in str(error)
    else:
        # only a file that lacks its very end may pass, as a video of (nearly) full length
        assert kept > 0.9 and len(media.frames) >= 50


@pytest.mark.parametrize("seed", range(6))
def test_bytes_changed_at_random_never_escape(tmp_path: Path, seed: int) -> None:
    dice = np.random.default_rng(seed)
    path = write(tmp_path / "v.mp4", noisy(10))
    data = np.frombuffer(path.read_bytes(), np.uint8).copy()
    data[dice.integers(0, len(data), 40)] = dice.integers(0, 255, 40)
    path.write_bytes(data.tobytes())
    try:
        assert read(path).frames.shape[-1] == 3
    except UserError as error:
        assert str(error).endswith(".")


def test_too_small(tmp_path: Path) -> None:
    path = write(tmp_path / "v.mp4", [np.zeros((8, 64, 3), np.uint8)] * 3)
    assert "64×8" in refused(path)


def test_too_many_pixels_a_frame(tmp_path: Path) -> None:
    path = write(tmp_path / "v.mp4", [picture(40, (640, 480))] * 2)
    assert "640×480" in refused(path, Limits(upload_pixels=100_000))


def test_decoding_is_given_up_in_time(tmp_path: Path) -> None:
    path = write(tmp_path / "v.mp4", [picture(40)] * 20)
    assert "longer than 0 s" in refused(path, Limits(decode_seconds=0.0))


@pytest.mark.parametrize("kind", ["playlist", "script"])
def test_a_file_that_names_other_files_is_refused(tmp_path: Path, kind: str) -> None:
    secret = write(tmp_path / "secret.mp4", [picture(99)] * 5)
    path = tmp_path / "v.mp4"
    path.write_text(
        f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{secret}\n#EXT-X-ENDLIST\n"
        if kind == "playlist"
        else f"ffconcat version 1.0\nfile {secret.name}\n"
    )
    assert "neither a picture nor a video" in refused(path)
