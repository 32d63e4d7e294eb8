"""One's own image or video: what works, and what is said about what does not."""

from __future__ import annotations

import os
import time
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from app.core.limits import Limits
from app.page import build, launch_options
from tests.app.fake import FakeExplorer

pytestmark = pytest.mark.browser


def picture(width: int = 200, height: int = 120) -> np.ndarray:
    columns = np.linspace(0, 255, width, dtype=np.uint8)
    return np.stack([np.tile(columns, (height, 1))] * 3, axis=-1)


def write_video(path: Path, frames: int = 24) -> Path:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for t in range(frames):
            image = np.full((96, 160, 3), 230, np.uint8)
            image[30:60, 4 * t : 4 * t + 30] = (200, 30, 30)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        out.mux(stream.encode())
    return path


@pytest.mark.detail
def test_an_image(visit, tmp_path: Path) -> None:
    Image.fromarray(picture()).save(tmp_path / "mine.png")
    screen = visit()
    screen.upload(tmp_path / "mine.png")
    clip = screen.page.locator(".lx-clip").first
    expect(clip).to_contain_text("mine")
    expect(screen.stage).to_have_attribute("data-clip", clip.get_attribute("data-clip"))
    expect(screen.upload_error).to_be_empty()
    expect(screen.page.locator(".lx-none")).to_contain_text("no true future")
    expect(screen.page.locator(".lx-scrub")).to_be_hidden()
    screen.press(0, screen.other_code(0))


@pytest.mark.detail
def test_a_video(visit, tmp_path: Path) -> None:
    screen = visit()
    screen.upload(write_video(tmp_path / "mine.mp4"))
    expect(screen.stage).to_have_attribute("data-clip", screen_upload_id(screen))
    expect(screen.page.get_by_role("slider", name="Frame of the episode")).to_be_visible()
    expect(screen.page.get_by_label("The true future", exact=True)).to_contain_text("dB")


def screen_upload_id(screen) -> str:
    own = screen.page.locator('.lx-clip[data-clip^="upload"]')
    expect(own).to_have_count(1)
    return own.get_attribute("data-clip")


def test_a_bad_file_is_explained_next_to_the_control(visit, tmp_path: Path) -> None:
    screen = visit()
    clip, codes = screen.stage.get_attribute("data-clip"), screen.codes()
    for name, content in {
        "words.mp4": b"just some words\n" * 40,
        "empty.mp4": b"",
        "truncated.mp4": write_video(tmp_path / "whole.mp4").read_bytes()[:900],
    }.items():
        (tmp_path / name).write_bytes(content)
        screen.upload(tmp_path / name)
        expect(screen.upload_error).to_contain_text(name)
        assert screen.upload_error.inner_text().endswith(".")
    assert screen.stage.get_attribute("data-clip") == clip and screen.codes() == codes
    screen.upload(write_video(tmp_path / "good.mp4"))
    expect(screen.stage).to_have_attribute("data-clip", screen_upload_id(screen))
    expect(screen.upload_error).to_be_empty()


@pytest.mark.detail
def test_a_file_over_the_limit_is_refused_before_it_is_sent(visit, tmp_path: Path) -> None:
    path = tmp_path / "huge.mp4"
    with path.open("wb") as out:
        out.truncate(51_000_000)
    screen = visit()
    screen.upload(path)
    expect(screen.upload_error).to_have_text("huge.mp4 has 51 MB. At most 50 MB are accepted.")


def test_an_upload_belongs_to_its_session(visit, tmp_path: Path) -> None:
    Image.fromarray(picture()).save(tmp_path / "mine.png")
    screen = visit()
    screen.upload(tmp_path / "mine.png")
    own = screen_upload_id(screen)
    expect(screen.stage).to_have_attribute("data-clip", own)
    other = visit("?c=" + own)
    expect(other.page.locator(".lx-notes")).to_contain_text("Uploads are private")
    assert other.stage.get_attribute("data-clip") != own


@pytest.mark.detail
def test_files_do_not_stay_on_disk(visit, tmp_path: Path, tmp_path_factory) -> None:
    Image.fromarray(picture()).save(tmp_path / "mine.png")
    screen = visit()
    screen.upload(tmp_path / "mine.png")
    screen_upload_id(screen)
    left = list(tmp_path_factory.getbasetemp().glob("app*/uploads/**/mine.png"))
    for path in left:
        # as if it had been sent a while ago, so that nobody can be about to read it
        os.utime(path, times=(time.time() - Limits.upload_grace - 1,) * 2)
    Image.fromarray(255 - picture()).save(tmp_path / "next.png")
    screen.upload(tmp_path / "next.png")
    expect(screen.page.locator('.lx-clip[data-clip^="upload"]')).to_have_count(2)
    assert left and not any(path.exists() for path in left)


@pytest.mark.detail
def test_a_closed_page_drops_its_uploads(visit) -> None:
    explorer = FakeExplorer()
    page = build(explorer)
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, **launch_options())
    try:
        screen = visit(base=url)
        screen.page.close()
        deadline = time.monotonic() + 15
        while not explorer.dropped and time.monotonic() < deadline:
            time.sleep(0.1)
        assert explorer.dropped and explorer.dropped[0]
    finally:
        page.close()
