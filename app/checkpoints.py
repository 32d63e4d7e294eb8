"""The checkpoints on offer: loaded once when first asked for; a bad one becomes a sentence."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.codes import parse_codes
from app.limits import UserError
from app.views import Model, Preset

log = logging.getLogger(__name__)
# pixels a side that Explore shows pictures at: what the shipped clips are stored at
SHOWN = 256
CONTENT = "a checkpoint is a folder with config.json and model.safetensors"


@dataclass(frozen=True, eq=False)
class Loaded:
    """A checkpoint's view and, where it could be loaded, its quantizer and its use of codes."""

    view: Model
    quantizer: Any = None
    usage: dict[str, Any] | None = None


class Checkpoints:
    """Checkpoint folders and official `.pt` files by name; `folder` holds them, or is one itself.

    load: folder or file -> quantizer, raising ValueError or OSError with one sentence. offer: names
    to be offered, () for all.
    """

    def __init__(
        self, folder: Path, load: Callable[[Path], Any], offer: tuple[str, ...] = ()
    ) -> None:
        self._folder, self._offer = Path(folder), offer
        self._load = load
        self._loaded: dict[str, Loaded] = {}
        self._added: dict[str, Path] = {}
        self._lock = threading.Lock()

    def names(self) -> tuple[str, ...]:
        """Names in alphabetical order, then those added; the folder's own name when there is no
        checkpoint in it."""
        return (*self._own_names(), *self._added)

    def _own_names(self) -> tuple[str, ...]:
        if not self._folder.is_dir() or (self._folder / "config.json").is_file():
            return (self._folder.name,)
        inside = [p.name for p in self._folder.iterdir() if _is_offered(p)]
        if self._offer:
            inside = [name for name in inside if name in self._offer]
        return tuple(sorted(inside)) or (self._folder.name,)

    def add(self, name: str, path: Path, quantizer: Any) -> Loaded:
        """From now on there is this checkpoint, too, which is loaded already."""
        view = _view(name, path, quantizer)
        loaded = _measured(view, quantizer, _usage(path, view))
        with self._lock:
            self._added[name], self._loaded[name] = path, loaded
        return loaded

    def drop(self, name: str) -> None:
        """Forget a checkpoint that was added."""
        with self._lock:
            self._added.pop(name, None)
            self._loaded.pop(name, None)

    def get(self, name: str) -> Loaded:
        """The checkpoint, loaded at the first call.

        Raises:
            UserError: there is no checkpoint of this name.
        """
        with self._lock:
            if name not in self._loaded:
                if name not in self.names():
                    known = ", ".join(self.names())
                    raise UserError(f"There is no checkpoint {name!r}; there are: {known}.")
                self._loaded[name] = self._open(name)
            return self._loaded[name]

    def path(self, name: str) -> Path:
        """The folder or file of a checkpoint."""
        if name in self._added:
            return self._added[name]
        return self._folder / name if (self._folder / name).exists() else self._folder

    def _open(self, name: str) -> Loaded:
        folder = self.path(name)
        try:
            check_files(folder)
            quantizer = self._load(folder)
            view = _view(name, folder, quantizer)
            return _measured(view, quantizer, _usage(folder, view))
        # Whatever a wrong file makes a loader raise, the page must open and say so.
        except Exception as error:
            log.warning("could not load the checkpoint %s", name, exc_info=True)
            return Loaded(Model(name, _title(name, folder), error=_sentence(name, folder, error)))


def presets(usage: dict[str, Any], still: tuple[int, ...], embodiment: str) -> tuple[Preset, ...]:
    """ "Do nothing" first, then the most frequent latent actions of an embodiment.

    usage: as `python -m lapa checkup --write` leaves it, or empty. An embodiment that was not
    measured, like an upload, gets the overall ones.
    """
    measured = usage.get("embodiments", {}).get(embodiment)
    whose = f"{embodiment} pairs" if measured else "all pairs"
    measured = measured or usage.get("overall", {})
    offered = [Preset("do nothing", still, "the latent action of a pair in which nothing moves")]
    for rank, entry in enumerate(measured.get("frequent", []), start=1):
        note = f"{100 * entry['share']:.3g} % of {whose}"
        offered.append(Preset(f"frequent {rank}", tuple(map(int, entry["codes"])), note))
    return tuple(offered)


def still_codes(usage: dict[str, Any], embodiment: str) -> tuple[int, ...] | None:
    """The measured code of pairs in which nothing moves, where there is one."""
    for measured in (usage.get("embodiments", {}).get(embodiment), usage.get("overall")):
        if measured and measured.get("still"):
            return tuple(map(int, measured["still"]))
    return None


def _is_offered(path: Path) -> bool:
    policy = (path / "tokenizer.model").is_file()
    return path.name[0] not in "._" and (path.is_dir() or path.suffix == ".pt") and not policy


def check_files(folder: Path) -> None:
    """Raises FileNotFoundError, with one sentence, where a folder is no checkpoint's."""
    if folder.is_file():
        return
    if not folder.is_dir():
        raise FileNotFoundError(f"the folder is missing; {CONTENT}")
    missing = [f for f in ("config.json", "model.safetensors") if not (folder / f).is_file()]
    if missing:
        raise FileNotFoundError(f"{' and '.join(missing)} missing; {CONTENT}")


def _view(name: str, folder: Path, quantizer: Any) -> Model:
    config = quantizer.config
    return Model(
        name=name,
        title=_title(name, folder),
        image_size=int(config.image_size),
        code_length=int(config.code_length),
        codebook_size=int(config.codebook_size),
        gap_seconds=float(config.gap_seconds),
        parameters=sum(p.numel() for p in quantizer.parameters()),
        shown_size=max(int(config.image_size), SHOWN),
    )


def _measured(view: Model, quantizer: Any, usage: dict[str, Any]) -> Loaded:
    """A loaded checkpoint, with the embodiments that its use of codes was measured on."""
    known = tuple(sorted(usage.get("embodiments", {})))
    return Loaded(replace(view, embodiments=known), quantizer, usage)


def _title(name: str, folder: Path) -> str:
    card = folder / "README.md"
    if card.is_file():
        for line in card.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("# "):
                return line[2:].strip()
    return name.replace("-", " ").capitalize()


def _usage(folder: Path, view: Model) -> dict[str, Any]:
    path = folder / "usage.json"
    if not path.is_file():
        return {}
    try:
        usage = json.loads(path.read_text(encoding="utf-8"))
        for measured in (usage.get("overall", {}), *usage.get("embodiments", {}).values()):
            for preset in presets({"overall": measured}, measured.get("still") or (), ""):
                if preset.codes:
                    parse_codes(preset.codes, view)
        return usage
    except (ValueError, AttributeError, KeyError, TypeError, UserError) as error:
        raise ValueError(
            "usage.json is damaged or of another model; "
            "write it again with `python -m lapa checkup --write`"
        ) from error


def _sentence(name: str, folder: Path, error: Exception) -> str:
    """One sentence without this machine's paths."""
    known = isinstance(error, ValueError | OSError)
    reason = str(error) if known else f"its files are damaged or not a quantizer's; {CONTENT}"
    reason = " ".join(reason.replace(str(folder), folder.name).split()).rstrip(". ")
    return f"The checkpoint {name} cannot be loaded: {reason[:300]}."
