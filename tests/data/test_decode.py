"""Videos as a player shows them: turned, flipped, in the usual range, whole or not at all."""

from __future__ import annotations

import struct
import tracemalloc
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from lapa.data import Cache, read_episodes
from lapa.media.orientation import oriented
from lapa.media.videos import stream_video

from .conftest import HEIGHT, WIDTH, shades

ONE, UNIT = 1 << 16, 1 << 30
CORNERS = np.array([[1, 2], [3, 4]])


@pytest.mark.parametrize(
    ("matrix", "seen"),
    [
        ((ONE, 0, 0, ONE), [[1, 2], [3, 4]]),
        ((-ONE, 0, 0, ONE), [[2, 1], [4, 3]]),
        ((ONE, 0, 0, -ONE), [[3, 4], [1, 2]]),
        ((-ONE, 0, 0, -ONE), [[4, 3], [2, 1]]),
        ((0, ONE, -ONE, 0), [[3, 1], [4, 2]]),
        ((0, -ONE, ONE, 0), [[2, 4], [1, 3]]),
        ((0, ONE, ONE, 0), [[1, 3], [2, 4]]),
        ((0, -ONE, -ONE, 0), [[4, 2], [3, 1]]),
        ((0, 0, 0, 0), [[1, 2], [3, 4]]),
        ((ONE, 0, ONE, 0), [[1, 2], [3, 4]]),
    ],
)
def test_a_matrix_turns_and_flips_as_a_player_does(tmp_path, write_video, matrix, seen):
    a, b, c, d = matrix
    told = np.array([[a, b, 0], [c, d, 0], [0, 0, UNIT]], np.int32)
    assert oriented(CORNERS, told).tolist() == seen
    # and the same through a file: four fields of 60, 120, 180 and 240
    fields = np.kron(CORNERS, np.ones((HEIGHT // 2, WIDTH // 2))) * 60
    frames = [np.repeat(fields[..., None], 3, 2).astype(np.uint8)] * 2
    path = write_video(tmp_path / "clip.mp4", frames)
    data = bytearray(path.read_bytes())
    at = data.find(b"tkhd") + 44
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, UNIT)
    path.write_bytes(data)
    shown = next(stream_video(path)).mean(2)
    tall, wide = shown.shape
    found = [[shown[y, x] for x in (wide // 4, 3 * wide // 4)] for y in (tall // 4, 3 * tall // 4)]
    assert np.abs(np.array(found) - 60 * np.array(seen)).max() < 6


@pytest.mark.parametrize(
    ("transfer", "value", "grey"),
    # 203 cd/m², black, a highlight, and 43.8 cd/m², the light of an sRGB 128, as PQ and HLG
    [(16, 0.5807, 255), (16, 0.0, 0), (16, 0.9, 255), (16, 0.4278, 128),
     (18, 0.75, 255), (18, 0.0, 0), (18, 0.4706, 128)],
)  # fmt: skip
def test_high_dynamic_range_is_brought_to_the_usual_one(tmp_path, transfer, value, grey):
    path = tmp_path / "hdr.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.height, stream.width, stream.pix_fmt = HEIGHT, WIDTH, "yuv420p10le"
        stream.options = {"crf": "1", "preset": "ultrafast"}
        context = stream.codec_context
        context.color_trc, context.color_primaries, context.colorspace = transfer, 9, 9
        luma = np.full((HEIGHT * 3 // 2, WIDTH), 512, np.uint16)
        luma[:HEIGHT] = round(64 + 876 * value)
        for number in range(3):
            frame = av.VideoFrame.from_ndarray(luma, format="yuv420p10le")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            frame.color_trc, frame.color_primaries, frame.colorspace = transfer, 9, 9
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    shown = next(stream_video(path))
    assert shown.dtype == np.uint8 and shown.shape == (HEIGHT, WIDTH, 3)
    assert np.abs(shown.astype(int) - grey).max() <= 4


@pytest.mark.parametrize("suffix", ["mkv", "avi"])
def test_a_video_that_was_cut_is_not_taken_as_whole(tmp_path, write_video, suffix):
    noise = list(np.random.default_rng(0).integers(0, 255, (30, 48, 64, 3), dtype=np.uint8))
    path = write_video(tmp_path / f"cut.{suffix}", noise)
    write_video(tmp_path / f"whole.{suffix}", noise)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 6 // 10])
    [cut, whole], _ = read_episodes(tmp_path)
    assert len(whole.frames) == 30
    with pytest.raises(ValueError, match=r"is cut short: it announces 3.0 s, and 1?\d frames"):
        _ = cut.frames
    cache = Cache.build(tmp_path, tmp_path / "cache", 16)
    assert [e.id for e in cache.episodes] == [f"whole.{suffix}"]
    assert "is cut short" in cache.report.skipped[0].reason


def test_a_playlist_under_the_name_of_a_video_opens_nothing(tmp_path, write_video):
    write_video(tmp_path / "secret.ts", shades(4))
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "a.mp4").write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n../secret.ts\n#EXT-X-ENDLIST\n"
    )
    (tmp_path / "clips" / "b.mp4").write_text("ffconcat version 1.0\nfile ../secret.ts\n")
    episodes, report = read_episodes(tmp_path / "clips")
    assert not episodes and len(report.skipped) == 2
    assert all("not a readable video" in item.reason for item in report.skipped)


def test_a_still_picture_under_the_name_of_a_video_is_told(tmp_path):
    from PIL import Image

    Image.new("RGB", (64, 48), "red").save(tmp_path / "a.avif")
    Path(tmp_path / "a.avif").rename(tmp_path / "a.mp4")
    _, report = read_episodes(tmp_path)
    assert report.skipped[0].reason == "is a picture (avif), no video"


def test_large_frames_are_shrunk_one_by_one(tmp_path, write_video):
    """The memory that numpy takes does not grow with the clip: 40 frames are 97 MB here."""
    frame = np.zeros((900, 900, 3), np.uint8)
    write_video(tmp_path / "clips" / "wide.mp4", [frame] * 40)
    tracemalloc.start()
    Cache.build(tmp_path / "clips", tmp_path / "cache", 32)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 8 * frame.nbytes
