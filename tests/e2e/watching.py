"""What a page of ours never does: ask another host, or log an error."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import Page


def watch(page: Page, host: str, problems: list[str]) -> None:
    """Adds a sentence to `problems` for every request to another host and every logged error."""

    def request(made) -> None:
        parts = urlsplit(made.url)
        if parts.scheme not in ("data", "blob") and parts.netloc != host:
            problems.append(f"request to another host: {made.url[:200]}")

    def console(message) -> None:
        if message.type == "error":
            problems.append(f"console error: {message.text[:300]}")

    page.on("request", request)
    page.on("console", console)
    page.on("pageerror", lambda error: problems.append(f"page error: {error}"))
