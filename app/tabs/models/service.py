"""The models on offer, what each takes, and opening another one from a folder or the Hub.

What is opened is there for everybody on this server, so strangers' servers turn it off
(`Limits.open_models`). A model that does not fit or load leaves everything as it was.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from app.core.checkpoints import Checkpoints, Loaded, Quantizer, check_files
from app.core.compute import Compute
from app.core.limits import Limits, UserError
from app.core.views import Model, Offered
from app.tabs.models import words as say

LONGEST = 500
# what loading takes beside the weights themselves, which exist twice for a moment
TWICE, SPARE = 2, 200_000_000
FLOAT = 4


class Models:
    """Which checkpoints there are, and what the drawer can do.

    instrument: what looks at a file before it is loaded. load: folder or file -> quantizer.
    """

    def __init__(
        self,
        checkpoints: Checkpoints,
        compute: Compute,
        instrument: Any,
        limits: Limits,
        *,
        load: Callable[..., Quantizer],
    ) -> None:
        self._checkpoints, self._compute, self._instrument = checkpoints, compute, instrument
        self._limits, self._load = limits, load
        self._opened: OrderedDict[str, str] = OrderedDict()
        self._took: dict[str, float] = {}
        self._lock = threading.Lock()

    def all(self) -> tuple[Model, ...]:
        """Every checkpoint; one that cannot be loaded says why in `error`."""
        return tuple(self._checkpoints.get(name).view for name in self._checkpoints.names())

    def get(self, name: str) -> Model:
        """One checkpoint by name; UserError if there is none of this name."""
        return self._checkpoints.get(name).view

    def named(self, name: str) -> Model:
        """As `get`; the first usable one without a name."""
        if name:
            return self.get(name)
        models = self.all()
        return next((model for model in models if model.usable), models[0])

    @property
    def open_models(self) -> bool:
        """Whether folders and Hub ids may be named."""
        return self._limits.open_models

    def offered(self) -> tuple[Offered, ...]:
        """Every model, with what it takes; one that cannot be used says why."""
        return tuple(self._offer(self._checkpoints.get(n)) for n in self._checkpoints.names())

    def open(
        self, source: str, reading: Mapping[str, int] = MappingProxyType({})
    ) -> Iterator[str | Model]:
        """What is being done, in words, and at last the model.

        Args:
            source: a folder, a `.pt` file, or a Hub id.
            reading: image_size and code_length of an official file that fits several networks.

        Raises:
            UserError: one sentence: it is turned off, not there, no quantizer, too large, or
                without a reading one of several networks.
        """
        source = source.strip()
        if not self._limits.open_models:
            raise UserError(say.CLOSED)
        if not source or len(source) > LONGEST or "\0" in source:
            raise UserError(say.NAME_ONE)
        yield say.LOOKING
        path = Path(source)
        try:
            path = self._instrument.found(source)
            check_files(path)
            yield say.READING
            parameters = self._instrument.inspect(path, **reading)[1]
            needed, free = TWICE * FLOAT * parameters + SPARE, self._instrument.free_memory()
            if needed > free:
                raise UserError(
                    say.NO_ROOM.format(
                        parameters=parameters / 1e6,
                        needed=needed / 1e9,
                        free=free / 1e9,
                    )
                )
            yield say.LOADING.format(parameters=parameters / 1e6)
            name = self._name(source, path)
            loaded = self._checkpoints.add(name, path, self._load(path, **reading))
        except (ValueError, OSError, MemoryError) as error:
            raise UserError(_sentence(error, source, path)) from error
        yield say.IMAGINING
        self._measure(loaded)
        # where folders lie on this machine is nobody else's business
        self._keep(loaded.view.name, path.name if Path(source).exists() else source)
        yield loaded.view

    def _offer(self, loaded: Loaded) -> Offered:
        view = loaded.view
        where = self._opened.get(view.name, "")
        if not view.usable:
            return Offered(view, where)
        return Offered(view, where, FLOAT * view.parameters, self._measure(loaded))

    def _measure(self, loaded: Loaded) -> float:
        """Milliseconds of a press, the best of three; measured once."""
        name = loaded.view.name
        if name not in self._took:
            size = loaded.view.image_size
            frame = np.full((size, size, 3), 128, np.uint8)
            codes, times = np.zeros(loaded.view.code_length, int), []
            for _ in range(3):
                start = time.perf_counter()
                self._compute.between(loaded.quantizer.decode, frame, codes)
                times.append(1000 * (time.perf_counter() - start))
            self._took[name] = min(times)
        return self._took[name]

    def _name(self, source: str, path: Path) -> str:
        """The folder's or file's name, and a number where that is taken."""
        hub = "/" in source and not Path(source).exists()
        name = source.rpartition("/")[2] if hub else (path.stem if path.is_file() else path.name)
        taken, number = self._checkpoints.names(), 2
        found = name
        while found in taken:
            found, number = f"{name}-{number}", number + 1
        return found

    def _keep(self, name: str, source: str) -> None:
        """The one opened first goes where there are too many."""
        with self._lock:
            self._opened[name] = source
            while len(self._opened) > self._limits.opened_models:
                gone = self._opened.popitem(last=False)[0]
                self._took.pop(gone, None)
                self._checkpoints.drop(gone)


def _sentence(error: Exception, source: str, path: Path) -> str:
    if isinstance(error, MemoryError):
        return say.NO_MEMORY
    # what was asked for is repeated as it came, and where it lies on this machine is not told
    text = str(error) if str(path) == source else str(error).replace(str(path), path.name)
    text = " ".join(text.split()).rstrip(". ")
    return say.CANNOT_OPEN.format(text=text[:400])
