"""Takes the README's picture of the page: `python -m tests.e2e.screenshot`.

Starts the app on the shipped checkpoint and clips and writes assets/media/explore.webp, at most
200 kB. Pictures of every tab are taken by `tests.e2e.views`.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.conftest import running_app
from tests.e2e.screen import Screen

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / "assets" / "media" / "explore.webp"
LARGEST = 200_000
WIDE = {"viewport": {"width": 1440, "height": 1120}}


def view(browser: Browser, url: str) -> Image.Image:
    """The page once its first sweep and thumbnails are drawn."""
    context = browser.new_context(color_scheme="light", **WIDE)
    context.add_init_script("localStorage.setItem('lapa-tour', 'seen')")
    screen = Screen(context.new_page())
    screen.goto(url)
    screen.strip.scroll_into_view_if_needed()
    screen.swept(7).wait_for()
    screen.page.evaluate("window.scrollTo(0, 0)")
    screen.page.wait_for_timeout(3000)
    image = Image.open(io.BytesIO(screen.page.screenshot())).convert("RGB")
    context.close()
    return image


def save_small(image: Image.Image, path: Path) -> None:
    """As WebP, at the best quality that keeps within LARGEST."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for quality in range(90, 30, -5):
        image.save(path, "WEBP", quality=quality, method=6)
        if path.stat().st_size <= LARGEST:
            return
    raise ValueError(f"{path} has {path.stat().st_size} bytes; at most {LARGEST} are wanted")


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    log = Path(tempfile.mkdtemp()) / "app.log"
    app = running_app(ROOT, ROOT / "assets" / "checkpoints", ROOT / "assets" / "clips", log)
    with app as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        save_small(view(browser, url), PICTURE)
        browser.close()
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
