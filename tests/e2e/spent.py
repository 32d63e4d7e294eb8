"""The processor's time, which on a busy machine says more than the clock."""

from __future__ import annotations

from collections.abc import Callable

import psutil
from playwright.sync_api import Page


def of_page(page: Page) -> Callable[[], float]:
    """Seconds that the page's own thread has worked so far, at every call."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def seconds() -> float:
        metrics = devtools.send("Performance.getMetrics")["metrics"]
        return next(each["value"] for each in metrics if each["name"] == "TaskDuration")

    return seconds


def of_app() -> Callable[[], float]:
    """Seconds that the app which this process has started has worked so far, at every call."""
    started = psutil.Process().children()
    app = next(each for each in started if "app.py" in each.cmdline())

    def seconds() -> float:
        times = app.cpu_times()
        return times.user + times.system

    return seconds
