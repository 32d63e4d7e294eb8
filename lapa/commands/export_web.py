"""`python -m lapa export-web`: the page as a folder that any web server serves, a static Space or a
USB stick with one; the models run in the visitor's browser.

    python -m lapa export-web assets/checkpoints/eight --clips assets/clips --out site
    python -m http.server --directory site

The page's own panels and scripts are copied, so this runs in a copy of the repository. The same
checkpoints and clips always give the same bytes. `make web` builds what runs networks in a browser.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

# frame pairs of the clips that a network's pictures are compared on, at most
PAIRS = 4


def add_arguments(options: argparse.ArgumentParser) -> None:
    """What the command takes."""
    add = options.add_argument
    add("checkpoints", nargs="+", type=Path, metavar="CHECKPOINT", help="folders of quantizers")
    add("--clips", type=Path, required=True, help="the clips that are looked at, any format")
    add("--out", type=Path, required=True, help="folder of the site; a former site is renewed")
    add("--lessons", action="store_true", help="with the lessons, as these models answer them")
    add("--only", metavar="TABS", default="", help="of explore, imagine, atlas: explore,imagine")
    add("--url", default="", metavar="ADDRESS", help="where it will lie: makes qr.html to print")
    add("--precision", default="float16", help="of the weights: float32, float16 or int8")


def command(options: argparse.Namespace) -> int:
    """Writes the site; 0 when it is whole."""
    from lapa.data import read_episodes
    from lapa.web_export.runtime import BROWSER

    site = _page()
    tabs, address = _tabs(options, site.TABS), _address(options.url)
    plan = site.Plan(tuple(options.checkpoints), options.clips, tabs, address)
    # all that can be refused is, before anything is written
    paths = dict(zip(site.names(plan.checkpoints), plan.checkpoints, strict=True))
    scripts, episodes = _scripts(), read_episodes(options.clips)[0]
    folder = site.Folder(options.out)
    for file in scripts:
        folder.add(f"runtime/{file.relative_to(BROWSER).as_posix()}", file.read_bytes())

    def network(name: str) -> None:
        with tempfile.TemporaryDirectory() as place:
            _network(paths[name], name, Path(place), episodes, options.precision)
            folder.add_folder(f"models/{name}", Path(place))

    with _quiet():
        for words in site.write(plan, folder, network):
            print(f"{words} …", file=sys.stderr, flush=True)
    site.serve(folder, list(paths), address)
    folder.close()
    print(
        f"{options.out}: {len(folder)} files, {folder.bytes / 1e6:.1f} MB, with {', '.join(tabs)}"
    )
    return 0


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the page's warnings: that a policy, or a file beside a checkpoint, is not there is
    said in the site itself."""
    log = logging.getLogger("app")
    usual = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(usual)


def _scripts() -> list[Path]:
    """The scripts that run a network in a browser, and the runtime that `make web` built."""
    from lapa.web_export.runtime import BROWSER, runtime_files

    return [*sorted(BROWSER.glob("*.js")), *runtime_files()]


def _network(checkpoint: Path, name: str, place: Path, episodes: Sequence[Any], how: str) -> None:
    from lapa.models.quantizer import LatentActionQuantizer
    from lapa.web_export import export_model

    laq = LatentActionQuantizer.from_pretrained(checkpoint)
    pairs = _pairs(episodes, laq.config.gap_seconds)
    try:
        export_model(laq, place, name=name, precision=how, pairs=pairs or None)
    except RuntimeError as error:
        # what it needs is not installed, which it says
        raise ValueError(str(error)) from error


def _pairs(episodes: Sequence[Any], seconds: float) -> list[Any]:
    """Frames and their futures from the middle of a few clips, evenly over all."""
    from lapa.gap import gap_in_frames

    found = []
    for episode in episodes[:: max(1, len(episodes) // PAIRS)][:PAIRS]:
        gap, frames = gap_in_frames(seconds, episode.fps), episode.frames
        at = len(frames) // 2
        if at + gap < len(frames):
            found.append((frames[at], frames[at + gap]))
    return found


def _page() -> Any:
    """What writes the page's part; the library alone does not carry the page."""
    try:
        from app import site
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("app", "gradio", "plotly", "segno"):
            raise
        raise ValueError(
            f"the page is not here ({error.name} is missing): run it in a copy of the repository, "
            "with what requirements.txt names"
        ) from None
    return site


def _tabs(options: argparse.Namespace, known: Sequence[str]) -> tuple[str, ...]:
    chosen = [name.strip() for name in options.only.split(",") if name.strip()]
    for name in chosen:
        if name not in known:
            raise ValueError(f"--only names {name}; accepted are {', '.join(known)}")
    # all tabs show what Explore shows
    wanted = {"explore", *(chosen or (name for name in known if name != "learn"))}
    if options.lessons:
        wanted.add("learn")
    return tuple(name for name in known if name in wanted)


def _address(text: str) -> str:
    parts = urlsplit(text)
    if text and (parts.scheme not in ("http", "https") or not parts.netloc or parts.query):
        raise ValueError(
            f"--url is {text}; accepted is an address such as https://example.org/lapa/"
        )
    return text if not text or text.endswith(("/", ".html")) else f"{text}/"
