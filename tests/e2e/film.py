"""Makes the README's film of ten seconds: `python -m tests.e2e.film [MODEL]`.

Starts the app on the shipped checkpoints and clips, presses every code of a model (`eight`) at
position 0 on the frame that it opens on, and writes assets/media/ten-seconds.gif, at most 3 MB.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from playwright.sync_api import Page, sync_playwright

from tests.e2e.conftest import running_app
from tests.e2e.screen import Screen

ROOT = Path(__file__).resolve().parents[2]
FILM = ROOT / "assets" / "media" / "ten-seconds.gif"
LARGEST = 3_000_000
WIDTH = 860
# milliseconds of x_t and of the imagined frame, each shown twice a code: 1.3 s for each of eight
NOW, NEXT = 250, 400
# what of the page is in the picture
PARTS = ("#lx-stage .lx-frames", "#lx-pads")
MARGIN, RING = 10, 15
# the page's colour of what really happened, of which there is too little to get a place by itself
TRUTH = (0xB0, 0x56, 0x0A)
# grey levels between the channels of what is coloured, and its share of the palette
BRIGHT, BLOCKS = 40, 0.4


def pictures(screen: Screen) -> list[tuple[Image.Image, int]]:
    """x_t and the imagined frame of every code in turn, each with its milliseconds."""
    page, taken = screen.page, []
    for code in range(page.locator('.lx-code[data-p="0"]').count()):
        screen.press(0, code)
        next_frame = picture(page, code)
        # where motion is reduced, pressing the overlay again shows the other picture
        page.get_by_role("radio", name="Blink").click()
        now = picture(page, code)
        page.get_by_role("radio", name="Blink").click()
        taken += [(now, NOW), (next_frame, NEXT)] * 2
    return taken


def picture(page: Page, code: int) -> Image.Image:
    """The parts of the page, with a ring where the code is pressed."""
    boxes = [page.locator(part).bounding_box() for part in PARTS]
    left, top = (min(box[side] for box in boxes) - MARGIN for side in "xy")
    right = max(box["x"] + box["width"] for box in boxes) + MARGIN
    bottom = max(box["y"] + box["height"] for box in boxes) + MARGIN
    clip = {"x": left, "y": top, "width": right - left, "height": bottom - top}
    image = Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB")
    pad = page.locator(f'.lx-code[data-p="0"][data-k="{code}"]').bounding_box()
    x = pad["x"] + 0.82 * pad["width"] - left
    y = pad["y"] + 0.62 * pad["height"] - top
    ring = ImageDraw.Draw(image)
    ring.ellipse((x - RING, y - RING, x + RING, y + RING), outline="white", width=5)
    ring.ellipse((x - RING, y - RING, x + RING, y + RING), outline="#1b1e23", width=2)
    height = round(image.height * WIDTH / image.width)
    return image.resize((WIDTH, height), Image.Resampling.LANCZOS)


def save(taken: list[tuple[Image.Image, int]], path: Path) -> None:
    """As a GIF that plays for ever, with as many colours as LARGEST allows."""
    images, durations = zip(*taken, strict=True)
    for colours in (256, 192, 128, 96, 64):
        # one palette for all: what stands still is stored once
        palette = palette_of([images[0], images[-1]], colours)
        flat = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]
        path.parent.mkdir(parents=True, exist_ok=True)
        flat[0].save(
            path, save_all=True, append_images=flat[1:], duration=list(durations), loop=0,
            optimize=True,
        )  # fmt: skip
        if path.stat().st_size <= LARGEST:
            return
    raise ValueError(f"{path} has {path.stat().st_size} bytes; at most {LARGEST} are wanted")


def palette_of(images: list[Image.Image], colours: int) -> Image.Image:
    """An image whose palette has places for the blocks, however small they are.

    A median cut by area turns a green block grey, as most of the page is grey. So a share of the
    palette is cut from the distinct colours alone, and the rest from all that is grey, by area.
    """
    pixels = np.concatenate([np.asarray(image.convert("RGB")).reshape(-1, 3) for image in images])
    bright = np.ptp(pixels.astype(int), axis=1) > BRIGHT
    few = round(BLOCKS * colours)
    # of the distinct ones, however often each occurs, the most different ones
    cover = Image.Quantize.MAXCOVERAGE
    cut = [TRUTH, *_cut(np.unique(pixels[bright], axis=0), few - 1, cover)]
    cut += _cut(pixels[~bright], colours - len(cut), Image.Quantize.MEDIANCUT)
    sheet = Image.new("P", (1, 1))
    # what is left of the 256 places repeats one that is taken
    sheet.putpalette(np.array(cut + cut[:1] * (256 - len(cut)), np.uint8).ravel().tolist())
    return sheet


def _cut(pixels: np.ndarray, colours: int, method: Image.Quantize) -> list[tuple[int, int, int]]:
    """The colours that stand for pixels (n, 3) uint8, at most so many."""
    if not len(pixels):
        return []
    row = Image.fromarray(np.ascontiguousarray(pixels)[None])
    flat = row.quantize(colours, method=method).getpalette() or []
    return [(flat[i], flat[i + 1], flat[i + 2]) for i in range(0, min(len(flat), 3 * colours), 3)]


def main() -> None:
    model = sys.argv[1] if len(sys.argv) > 1 else "eight"
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    log = Path(tempfile.mkdtemp()) / "app.log"
    app = running_app(ROOT, ROOT / "assets" / "checkpoints", ROOT / "assets" / "clips", log)
    with app as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context(
            viewport={"width": 1440, "height": 960}, reduced_motion="reduce", device_scale_factor=1
        )
        context.add_init_script("localStorage.setItem('lapa-tour', 'seen')")
        screen = Screen(context.new_page())
        screen.goto(f"{url}?m={model}")
        # the milliseconds of the machine that films are nobody else's
        screen.page.add_style_tag(content=".lx-says { visibility: hidden }")
        save(pictures(screen), FILM)
        browser.close()
    print(f"{FILM.relative_to(ROOT)}: {FILM.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
