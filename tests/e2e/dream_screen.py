"""The Imagine tab as a visitor handles it."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

# a dream is imagined step by step, on whatever machine this is
TIMEOUT = 60_000


class DreamScreen:
    """The tab Imagine of an open page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.set_default_timeout(TIMEOUT)
        expect.set_options(timeout=TIMEOUT)

    def open(self) -> DreamScreen:
        """Press the tab and wait for the first frame."""
        self.page.get_by_role("tab", name="Imagine").click()
        return self.ready()

    def ready(self) -> DreamScreen:
        expect(self.root).to_have_attribute("data-painted", re.compile(r"\d"))
        return self

    @property
    def root(self) -> Locator:
        return self.page.locator(".lx-dreamer")

    @property
    def player(self) -> Locator:
        return self.page.locator(".lx-player")

    @property
    def says(self) -> Locator:
        return self.root.locator(".lx-says")

    def do(self, name: str) -> Locator:
        """A button of the player."""
        return self.root.locator(f'[data-do="{name}"]')

    def leaf(self, number: int) -> Locator:
        return self.page.locator(f'.lx-leaf[data-n="{number}"]')

    def step(self) -> int:
        """The frame counter: at which step the picture stands."""
        return int(self.root.get_attribute("data-step"))

    def board(self) -> list[int]:
        """The latent action of the picture, after the board's pads, its heading and the caption of
        the picture have all said the same."""
        lit = self.root.locator('.lx-code[aria-checked="true"]')
        codes = [
            int(code) for code in lit.evaluate_all("pads => pads.map((pad) => pad.dataset.dk)")
        ]
        expect(self.root.locator('[data-at="action"]')).to_have_text(self.written(codes))
        expect(self.root.locator('[data-at="step"]')).to_contain_text(self.written(codes))
        return codes

    @staticmethod
    def written(codes: list[int]) -> str:
        return "[" + ",".join(map(str, codes)) + "]"

    def expect_step(self, step: int) -> None:
        expect(self.root).to_have_attribute("data-step", str(step))

    def picture(self) -> str:
        """The pixels that are shown."""
        script = "canvas => canvas.toDataURL('image/png')"
        return self.page.locator(".lx-imagined").evaluate(script)

    def focus(self) -> None:
        self.player.click()
        expect(self.player).to_be_focused()

    def press(self, *keys: str) -> None:
        """One key after the other, each a step of its own."""
        for key in keys:
            before = self.step()
            self.page.keyboard.press(key)
            self.expect_step(before + 1)

    def keep(self, kind: str, folder: Path) -> Path:
        """Save a file of this kind."""
        with self.page.expect_download() as saved:
            self.page.locator(f'.lx-keep [data-kind="{kind}"]').click()
        path = folder / saved.value.suggested_filename
        saved.value.save_as(path)
        return path
