"""The composition root: makes the core, the clips and one service a tab. Nobody below knows it.

Models and clips are loaded on first use. All model work runs on two threads, so that visitors
queue instead of trampling each other's cores; decoded clips, prepared frames and recent
predictions are kept within `Limits`. Whatever a visitor got wrong is a `UserError`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.clips.addresses import Addresses
from app.clips.gallery import Gallery
from app.core.checkpoints import Checkpoints, Quantizer
from app.core.compute import Compute
from app.core.frames import Frames
from app.core.limits import Limits
from app.core.trust import Grounds
from app.tabs.atlas.service import Atlas
from app.tabs.checkup.examine import Instrument
from app.tabs.checkup.service import Checkup
from app.tabs.explore.guess.service import Guess
from app.tabs.explore.service import Explore
from app.tabs.imagine.service import Imagine
from app.tabs.learn.service import Learn
from app.tabs.models.service import Models
from app.tabs.policy.service import Policy
from app.tabs.policy.simulator import Acting
from app.tabs.transfer.service import Transfer


class Explorer:
    """All that the page and the endpoints are made of: `limits`, `clips` and their `addresses`, and
    a service a tab.

    checkpoints: a folder of checkpoint folders, or one such folder. clips: a folder of episodes.
    load: checkpoint folder or file -> quantizer; for an official file that fits several networks
    with image_size and code_length, too. read: clips folder -> (episodes, skipped). instrument:
    what examines a quantizer. acting: policies and the simulator. offer: checkpoints of other
    places that can be opened, too. lapa's own are taken where none are given.
    """

    def __init__(
        self,
        checkpoints: Path | str,
        clips: Path | str,
        limits: Limits | None = None,
        *,
        load: Callable[[Path], Quantizer] | None = None,
        read: Callable[[Path], Any] | None = None,
        instrument: Instrument | None = None,
        acting: Acting | None = None,
        offer: tuple[str, ...] = (),
    ) -> None:
        self.limits = limits = limits or Limits()
        folder, load, read = Path(checkpoints), load or self._load, read or _read_episodes
        instrument = instrument or Instrument()
        self._compute = compute = Compute(limits)
        self._checkpoints = known = Checkpoints(folder, lambda path: compute.run(load, path), offer)
        self.clips = Gallery(Path(clips), read, limits, forget=compute.forget)
        self.addresses = Addresses(self.clips)
        frames, grounds = Frames(self.clips, compute), Grounds(known)
        self.models = Models(known, compute, instrument, limits, load=load)
        self.explore = Explore(self.clips, known, compute, frames)
        self.guess = Guess(self.clips, known, compute, frames)
        self.imagine = Imagine(self.clips, known, compute, frames, limits, grounds)
        acting = acting or Acting()
        self.policy = Policy(known, compute, acting, limits, grounds, folder=folder, read=read)
        self.transfer = Transfer(self.clips, known, compute, frames)
        self.atlas = Atlas(self.clips, known, compute, frames, folder.parent / "atlas")
        self.learn = Learn(
            self.clips, known, compute, frames, self.atlas, self.imagine, acting, folder
        )
        self.checkup = Checkup(
            self.clips, known, compute, instrument, limits,
            load=load, results=folder.parent / "results.json",
        )  # fmt: skip

    def warm(self) -> None:
        """Load the models and the list of clips now; call it from a thread after launch."""
        self.clips.all()
        self.models.all()

    def close(self) -> None:
        """Let nothing be computed any more; returns once what was under way is done."""
        self._compute.close()

    def drop_session(self, session: str | None) -> None:
        """Forget what a visitor has sent and waits for, and everything computed from it."""
        if session:
            for each in (self.clips, self.imagine, self.policy, self.checkup):
                each.drop_session(session)

    def _load(
        self, folder: Path, *, image_size: int | None = None, code_length: int | None = None
    ) -> Quantizer:
        import torch

        from lapa.models.quantizer import LatentActionQuantizer

        # More threads than cores, or than the operator asked for, only wait for each other.
        threads = min(self.limits.threads, torch.get_num_threads())
        self._compute.on_each(torch.set_num_threads, threads)
        return LatentActionQuantizer.from_pretrained(
            folder, precision="auto", image_size=image_size, code_length=code_length
        ).freeze()


def _read_episodes(folder: Path) -> Any:
    from lapa.data import read_episodes

    return read_episodes(folder)
