"""Writes a site: the page's own panels, scripts and styles, clips as frames, records as JSON, the
networks, and what serves them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.core.limits import Limits
from app.explorer import Explorer
from app.page import browser_limits, build
from app.site import atlas, lessons, markup, scripts
from app.site.folder import Folder
from app.site.recorded import Recorded

# what a site can have: these need no server
TABS = ("explore", "learn", "imagine", "atlas")
# policies of the lesson on the three stages, where they lie beside the checkpoints
POLICIES = ("tabletop-policy", "tabletop-acting")


@dataclass(frozen=True)
class Plan:
    """checkpoints: folders. clips: a folder of episodes. tabs: of TABS, Explore among them.
    address: where the site will lie, empty where nobody knows it yet."""

    checkpoints: tuple[Path, ...]
    clips: Path
    tabs: tuple[str, ...]
    address: str = ""


def write(plan: Plan, folder: Folder, network: Callable[[str], None]) -> Iterator[str]:
    """Writes the page's files of a site; yields what it does, a few words each time.

    network: writes the network of the checkpoint of a name (`names`).

    Raises:
        ValueError: a checkpoint or the clips cannot be used, one sentence.
    """
    with _laid_out(plan.checkpoints) as place:
        explorer = Explorer(place / "checkpoints", plan.clips, Limits(uploads=False))
        try:
            yield from write_from(explorer, plan, folder, network)
        finally:
            explorer.close()


def write_from(
    explorer: Explorer, plan: Plan, folder: Folder, network: Callable[[str], None]
) -> Iterator[str]:
    """As `write`, with the explorer's own checkpoints and clips."""
    if problem := explorer.clips.problem():
        raise ValueError(problem)
    yield "the page"
    page = build(explorer)
    own = scripts.modules(markup.panels(page, plan.tabs))
    first = scripts.first(own)
    folder.add("index.html", markup.index(page, plan.tabs, first).encode())
    folder.add("style.css", scripts.style())
    folder.add("config.js", scripts.config(plan.tabs, browser_limits(explorer.limits)))
    for path, text in own.items():
        folder.add(path, text)
    recorded = Recorded(explorer)
    folder.add_json("data/catalogue.json", recorded.catalogue())
    for model in recorded.models:
        yield f"the network of {model.name}"
        network(model.name)
        yield f"what {model.name} reads off the clips"
        for address, episode in recorded.episodes(model):
            folder.add_json(f"data/episodes/{model.name}/{address}.json", episode)
        has_atlas = "atlas" in plan.tabs and atlas.write(explorer, model.name, folder)
        about = {**recorded.about(model), "atlas": has_atlas}
        folder.add_json(f"data/models/{model.name}.json", about)
    if "learn" in plan.tabs:
        yield "the lessons"
        for name, record in lessons.files(explorer, plan.address):
            folder.add_json(f"data/learn/{name}.json", record)
    yield "the clips"
    for clip in explorer.clips.all():
        for path, picture in recorded.frames(clip):
            folder.add(path, picture)


def names(checkpoints: Sequence[Path]) -> list[str]:
    """What each checkpoint is called: its folder, or that of its run where it is RUN/model.

    Raises:
        ValueError: two of one name, or a path that is no folder.
    """
    found: list[str] = []
    for path in checkpoints:
        if not path.is_dir():
            raise ValueError(f"{path} is no folder; a checkpoint is one with config.json in it")
        whole = path.resolve()
        name = whole.parent.name if whole.name == "model" else whole.name
        if name in found:
            raise ValueError(f"two checkpoints are called {name}; rename the folder of one")
        found.append(name)
    return found


@contextmanager
def _laid_out(checkpoints: Sequence[Path]) -> Iterator[Path]:
    """A folder with these checkpoints, their atlases and policies, as the page expects them."""
    with tempfile.TemporaryDirectory() as text:
        place = Path(text)
        (place / "checkpoints").mkdir()
        (place / "atlas").mkdir()
        for name, path in zip(names(checkpoints), checkpoints, strict=True):
            whole = path.resolve()
            (place / "checkpoints" / name).symlink_to(whole)
            # beside the checkpoints' folder, or in the run itself
            for near in (whole.parent.parent / "atlas" / name, whole.parent / "atlas"):
                if near.is_dir() and not (place / "atlas" / name).exists():
                    (place / "atlas" / name).symlink_to(near)
            for policy in POLICIES:
                beside, link = whole.parent / policy, place / "checkpoints" / policy
                if beside.is_dir() and not link.exists():
                    link.symlink_to(beside)
        yield place
