"""Takes pictures of every tab to be looked at: `python -m tests.e2e.views FOLDER [NAME ...]`.

Whole pages at four widths, light and dark, as FOLDER/NAME-WIDTH-SCHEME.png; with names, those of
`VIEWS` alone, and with `--at URL` of a page that runs already.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, sync_playwright

from tests.e2e.conftest import running_app
from tests.e2e.screen import TIMEOUT

ROOT = Path(__file__).resolve().parents[2]
PAINTED = ".lx-stage[data-painted]"
# a name, the page's address, and what is there once it is drawn
VIEWS = {
    "explore": ("?m=eight", PAINTED),
    "explore-robots": ("?m=robots&p=1", PAINTED),
    "explore-drive": ("?m=drive", PAINTED),
    "imagine": ("?tab=imagine&m=robots", ".lx-player"),
    "imagine-drive": ("?tab=imagine&m=drive", ".lx-player"),
    "policy": ("?tab=policy", ".po-run:not([disabled])"),
    "transfer": ("?tab=transfer&m=robots", ".tf-row .tf-known >> nth=5"),
    "transfer-drive": ("?tab=transfer&m=drive", "#lx-carried:not(:empty)"),
    "atlas": ("?tab=atlas&m=eight", "#lx-atlas [data-ready]"),
    "atlas-point": ("?tab=atlas&m=robots&i=120", "#lx-atlas [data-ready]"),
    "atlas-drive": ("?tab=atlas&m=drive&q=1.*", "#lx-atlas [data-ready]"),
    **{
        f"learn-{n}": (f"?tab=learn&lesson={n}&step=1", '.ln-lesson[aria-busy="false"]')
        for n in range(1, 8)
    },
    **{
        f"learn-{n}-question": (f"?tab=learn&lesson={n}&step=9", '.ln-lesson[aria-busy="false"]')
        for n in range(1, 8)
    },
    "learn-summary": ("?tab=learn&lesson=summary", ".ln-certificate"),
    "learn-handout": ("?tab=learn&lesson=handout&teacher=1", ".ln-sheet >> nth=0"),
    "learn-teacher": ("?tab=learn&lesson=2&step=9&teacher=1", '.ln-lesson[aria-busy="false"]'),
    "checkup": ("?tab=checkup&m=robots", ".ck-card >> nth=9"),
    "checkup-drive": ("?tab=checkup&m=drive", ".ck-card >> nth=5"),
}
WIDTHS = {390: 844, 768: 1024, 1440: 900, 1920: 1080}
SCHEMES = ("light", "dark")
# pictures and charts that come after what is waited for
SETTLED_MS = 2500


def shots(browser: Browser, url: str, name: str, folder: Path) -> None:
    query, ready = VIEWS[name]
    for phone in (True, False):
        widths = [width for width in WIDTHS if (width == 390) == phone]
        context = browser.new_context(
            viewport={"width": widths[-1], "height": WIDTHS[widths[-1]]},
            has_touch=phone,
            is_mobile=phone,
            reduced_motion="reduce",
        )
        context.add_init_script("localStorage.setItem('lapa-tour', 'seen')")
        page = context.new_page()
        page.set_default_timeout(TIMEOUT)
        page.goto(url + query)
        try:
            page.locator(ready).first.wait_for(state="attached")
        except Error as error:
            print(f"{name}: {error.message.splitlines()[0]}")
        # some parts ask for what they show when they come into view
        for panel in page.locator(".lx-panel").all():
            if panel.is_visible():
                panel.scroll_into_view_if_needed()
        page.wait_for_timeout(SETTLED_MS)
        page.evaluate("scrollTo(0, 0)")
        for width in widths:
            page.set_viewport_size({"width": width, "height": WIDTHS[width]})
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                page.wait_for_timeout(300)
                page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
            for told in cut_off(page):
                print(f"{name} at {width}: {told}")
        context.close()


CUT_OFF = """() => {
  const root = document.documentElement, more = root.scrollWidth - root.clientWidth;
  const found = more > 0 ? [`the page scrolls sideways by ${more} px`] : [];
  for (const panel of document.querySelectorAll(".lx-panel")) {
    const edge = panel.getBoundingClientRect().right + 1;
    for (const each of panel.querySelectorAll("*")) {
      const box = each.getBoundingClientRect();
      const meant = each.closest(".tf-scroll, .lx-grid, .lx-strip, .lx-heard, [hidden]");
      if (!box.width || box.right <= edge || meant) continue;
      found.push(`${each.className || each.tagName} sticks out of ${panel.className}`);
      break;
    }
  }
  return found;
}"""


def cut_off(page: Page) -> list[str]:
    """What is wider than the window or sticks out of its panel, in words."""
    found: list[str] = page.evaluate(CUT_OFF)
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("folder", type=Path)
    options.add_argument("names", nargs="*", metavar="NAME", help=", ".join(VIEWS))
    options.add_argument("--at", metavar="URL", default="", help="of a page that runs already")
    asked = options.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")

    def take(url: str) -> None:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            for name in asked.names or VIEWS:
                shots(browser, url, name, asked.folder)
            browser.close()

    if asked.at:
        take(asked.at)
        return
    log = Path(tempfile.mkdtemp()) / "app.log"
    with running_app(ROOT, ROOT / "assets" / "checkpoints", ROOT / "assets" / "clips", log) as url:
        take(url)


if __name__ == "__main__":
    main()
