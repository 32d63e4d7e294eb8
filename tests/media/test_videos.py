"""Videos that are whole although they look cut, cut although they look whole, and turned oddly."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from app.clips.decode import read
from app.core.limits import UserError
from lapa.media.videos import CutShort, opened_video, stream_video

HEIGHT, WIDTH = 48, 64
MILLISECONDS = Fraction(1, 1000)


def shades(number: int) -> list[np.ndarray]:
    return [np.full((HEIGHT, WIDTH, 3), 20 + 10 * n, np.uint8) for n in range(number)]


def write(path: Path, at: list[int], last: int = 100, turned: bool = False) -> Path:
    """Frames that begin at these milliseconds; last: for how long the last one is shown.

    turned: the first picture alone says that all lie on their side, as H.264 can.
    """
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"crf": "5", "preset": "ultrafast", "bf": "0", "threads": "1"}
        stream.codec_context.time_base = MILLISECONDS
        told = "h264_metadata=display_orientation=insert:rotate=90"
        turn = av.BitStreamFilterContext(told, stream) if turned else None
        packets = []
        for image, time in zip(shades(len(at)), at, strict=True):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = time, MILLISECONDS
            packets += stream.encode(frame)
        packets += stream.encode()
        for number, packet in enumerate(packets):
            following = [*at[1:], at[-1] + last][number]
            packet.duration = int((following - at[number]) * MILLISECONDS / packet.time_base)
            container.mux(turn.filter(packet) if turn else packet)
    return path


@pytest.mark.parametrize("ending", ["mkv", "mp4", "mov"])
def test_a_recording_whose_clock_begins_late_is_whole(tmp_path, ending) -> None:
    path = write(tmp_path / f"a.{ending}", [5000 + 100 * n for n in range(12)])
    assert len(list(stream_video(path))) == 12
    with opened_video(path) as video:
        assert video.seconds == pytest.approx(1.2, abs=0.11)
    assert len(read(path).frames) == 12


@pytest.mark.parametrize("ending", ["mkv", "mp4"])
def test_a_picture_that_stays_at_the_end_is_no_cut(tmp_path, ending) -> None:
    """As a screen recorder writes it, where nothing changes any more."""
    path = write(tmp_path / f"a.{ending}", [100 * n for n in range(12)], last=6000)
    assert len(list(stream_video(path))) == 12
    assert len(read(path).frames) >= 12


def test_frames_lie_as_the_first_one_says(tmp_path) -> None:
    path = write(tmp_path / "a.ts", [100 * n for n in range(12)], turned=True)
    frames = list(stream_video(path))
    assert len(frames) == 12 and {frame.shape for frame in frames} == {(WIDTH, HEIGHT, 3)}
    assert read(path).frames.shape == (12, WIDTH, HEIGHT, 3)


def gif(path: Path) -> bytes:
    dice = np.random.default_rng(0)
    noise = [Image.fromarray(dice.integers(0, 255, (48, 64, 3), np.uint8)) for _ in range(8)]
    noise[0].save(path, save_all=True, append_images=noise[1:], duration=100)
    return path.read_bytes()


@pytest.mark.parametrize("share", [0.2, 0.5, 0.6, 0.97])
def test_a_cut_gif_is_refused_at_both_doors(tmp_path, share) -> None:
    path = tmp_path / "a.gif"
    data = gif(path)
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(CutShort, match="is cut short: it ends within a frame|holds no frame"):
        list(stream_video(path))
    with pytest.raises(UserError, match="damaged or incomplete"):
        read(path)


@pytest.mark.parametrize("end", ["whole", "no trailer", "more behind it"])
def test_a_whole_gif_is_read(tmp_path, end) -> None:
    path = tmp_path / "a.gif"
    data = gif(path)
    ends = {"whole": data, "no trailer": data[:-1], "more behind it": data + b"x" * 99}
    path.write_bytes(ends[end])
    assert len(list(stream_video(path, fps=10))) == len(read(path).frames) == 8
