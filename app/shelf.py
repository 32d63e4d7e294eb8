"""The models on offer, what each takes, and opening another one from a folder or the Hub.

What is opened is there for everybody on this server, so strangers' servers turn it off
(`Limits.open_models`). A model that does not fit or load leaves everything as it was.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from app.checkpoints import Checkpoints, Loaded, check_files
from app.compute import Compute
from app.limits import Limits, UserError
from app.views import Model, Offered

CLOSED = "Opening other models is turned off here; choose one of the list."
LONGEST = 500
# what loading takes beside the weights themselves, which exist twice for a moment
TWICE, SPARE = 2, 200_000_000
FLOAT = 4


class Shelf:
    """What the drawer Models can do.

    instrument: lapa's part, as `app.service.Instrument`. load: folder or file -> quantizer.
    """

    def __init__(
        self,
        checkpoints: Checkpoints,
        compute: Compute,
        instrument: Any,
        limits: Limits,
        *,
        load: Callable[[Path], Any],
    ) -> None:
        self._checkpoints, self._compute, self._lapa = checkpoints, compute, instrument
        self._limits, self._load = limits, load
        self._opened: OrderedDict[str, str] = OrderedDict()
        self._took: dict[str, float] = {}
        self._lock = threading.Lock()

    @property
    def open_models(self) -> bool:
        """Whether folders and Hub ids may be named."""
        return self._limits.open_models

    def offered(self) -> tuple[Offered, ...]:
        """Every model, with what it takes; one that cannot be used says why."""
        return tuple(self._offer(self._checkpoints.get(n)) for n in self._checkpoints.names())

    def open(self, source: str) -> Iterator[str | Model]:
        """What is being done, in words, and at last the model.

        source: a folder, a `.pt` file, or a Hub id.

        Raises:
            UserError: one sentence: it is turned off, not there, no quantizer, or too large.
        """
        source = source.strip()
        if not self._limits.open_models:
            raise UserError(CLOSED)
        if not source or len(source) > LONGEST or "\0" in source:
            raise UserError("Name a folder, LAPA's .pt file, or a Hub id such as owner/name.")
        yield "Looking for it"
        try:
            path = self._lapa.found(source)
            check_files(path)
            yield "Reading what it is"
            parameters = self._lapa.inspect(path)[1]
            needed, free = TWICE * FLOAT * parameters + SPARE, self._lapa.free_memory()
            if needed > free:
                raise UserError(
                    f"This model has {parameters / 1e6:.0f} million parameters and needs "
                    f"{needed / 1e9:.1f} GB while it is loaded; {free / 1e9:.1f} GB are free here."
                )
            yield f"Loading {parameters / 1e6:.1f} million parameters"
            name = self._name(source, path)
            loaded = self._checkpoints.add(name, path, self._load(path))
        except (ValueError, OSError, MemoryError) as error:
            raise UserError(_sentence(error)) from error
        yield "Imagining a first frame"
        self._measure(loaded)
        self._keep(loaded.view.name, source)
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


def _sentence(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "There is not enough memory for this model here."
    text = " ".join(str(error).split()).rstrip(". ")
    return f"This model cannot be opened: {text[:400]}."
