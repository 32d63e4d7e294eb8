"""The Explore page as a visitor handles it, so that the tests read like what a person does."""

from __future__ import annotations

import hashlib
import re
import time

from playwright.sync_api import Locator, Page, expect

TIMEOUT = 60_000


class Screen:
    """One open page. `opened_in` is the time from navigation to the first picture, in seconds."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.opened_in = 0.0
        page.set_default_timeout(TIMEOUT)
        expect.set_options(timeout=TIMEOUT)

    def goto(self, url: str, *, wait: bool = True) -> None:
        start = time.monotonic()
        self.page.goto(url)
        if wait:
            expect(self.stage).to_have_attribute("data-painted", re.compile(r"\d"))
            self.opened_in = time.monotonic() - start

    # what is there

    @property
    def stage(self) -> Locator:
        return self.page.locator(".lx-stage")

    @property
    def action(self) -> Locator:
        return self.page.get_by_role("textbox", name="Latent action", exact=True)

    def code(self, position: int, code: int) -> Locator:
        return self.page.locator(f'.lx-code[data-p="{position}"][data-k="{code}"]')

    def swept(self, code: int) -> Locator:
        return self.page.locator(f'.lx-cell[data-k="{code}"]')

    @property
    def strip(self) -> Locator:
        return self.page.locator(".lx-strip")

    @property
    def upload_error(self) -> Locator:
        return self.page.locator(".lx-upload .lx-error")

    # what it says

    def codes(self) -> list[int]:
        """The latent action of the picture that is painted now."""
        return [int(code) for code in self.stage.get_attribute("data-codes").split(".")]

    def picture(self, selector: str = ".lx-next") -> str:
        """A fingerprint of a canvas's pixels."""
        script = "canvas => canvas.toDataURL('image/png')"
        pixels = self.page.locator(selector).first.evaluate(script)
        return hashlib.sha256(pixels.encode()).hexdigest()

    def latency(self) -> float:
        """Milliseconds from the last press to its painted image, measured in the page."""
        return float(self.stage.get_attribute("data-latency"))

    # what one does

    def other_code(self, position: int) -> int:
        """A code that is not pressed at this position."""
        return (self.codes()[position] + 3) % 8

    def expect_codes(self, codes: list[int]) -> None:
        """Waits until the picture of this latent action is painted."""
        expect(self.stage).to_have_attribute("data-codes", ".".join(map(str, codes)))
        expect(self.action).to_have_value("[" + ",".join(map(str, codes)) + "]")

    def press(self, position: int, code: int) -> None:
        wanted = self.codes()
        wanted[position] = code
        self.code(position, code).click()
        self.expect_codes(wanted)

    def sweep(self, position: int) -> None:
        self.page.locator(f'[data-sweep="{position}"]').click()
        expect(self.strip).to_have_attribute("data-position", str(position))
        expect(self.strip).not_to_have_class("old")

    def upload(self, path) -> None:
        self.page.locator(".lx-file").set_input_files(str(path))

    def scrolls_sideways(self) -> bool:
        return self.page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
