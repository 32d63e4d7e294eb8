"""The checkpoints on offer: loaded once when first asked for; a bad one becomes a sentence."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from app.core.codes import parse_codes
from app.core.limits import DAMAGED, Unusable, UserError
from app.core.names import NAMES, Names, read_names
from app.core.views import ROBOT, Model, Preset

log = logging.getLogger(__name__)
# pixels a side that Explore shows pictures at: what the shipped clips are stored at
SHOWN = 256
USAGE = "usage.json"
# the page opens with it: one press of one code moves the robot, which is the idea in ten seconds
FIRST = "eight"
# what a card says of its model in one sentence, among the lines of its front matter
# lines of a card's front matter: a sentence about the model, and what moves in its pictures
ABOUT, MOVES = "about:", "moves:"
CONTENT = "a checkpoint is a folder with config.json and model.safetensors"


class Quantizer(Protocol):
    """What the page asks of `lapa.models.quantizer`'s class, or of a test's stand-in for it.

    Frames are (h, w, 3) uint8, codes (S,) int64, each alone or as a batch. A scene is what was
    computed about frames before any code is looked at; a frame may stand for its own.
    """

    @property
    def config(self) -> Any:
        """Its numbers: image_size, code_length, codebook_size, gap_seconds."""

    def parameters(self) -> Iterable[Any]:
        """Its weights."""

    def resize(self, frame: np.ndarray, *, size: int | None = None) -> np.ndarray:
        """Frames at the model's image size, or at `size` pixels a side."""

    def encode(self, frame: np.ndarray, future: np.ndarray) -> np.ndarray:
        """The codes that lead from a frame to its future."""

    def latent(self, frame: np.ndarray, future: np.ndarray) -> np.ndarray:
        """What is quantized to the codes, (S, D) float32."""

    def prepare(self, frame: np.ndarray, *, size: int | None = None) -> Any:
        """The scene of frames, for pictures of `size` pixels a side."""

    def join(self, scenes: Sequence[Any]) -> Any:
        """Scenes of one size as one."""

    def decode(self, frame: Any, codes: np.ndarray) -> np.ndarray:
        """The imagined next frames of frames or of a scene."""

    def sweep(self, frame: Any, codes: np.ndarray, *, position: int) -> np.ndarray:
        """Every value of one position on one frame or scene, (K, h, w, 3)."""


@dataclass(frozen=True, eq=False)
class Loaded:
    """A checkpoint's view and, where it could be loaded, its quantizer, its use of codes and their
    names.

    damaged: names of files beside it that cannot be used.
    """

    view: Model
    opened: Quantizer | None = None
    usage: dict[str, Any] | None = None
    names: Names = field(default_factory=dict)
    damaged: tuple[str, ...] = ()

    @property
    def quantizer(self) -> Quantizer:
        """The quantizer; Unusable says why there is none."""
        if self.opened is None:
            raise Unusable(str(self.view.error))
        return self.opened


class ModelList(Protocol):
    """The models on offer, as every tab may ask for them; the drawer's service answers."""

    def all(self) -> tuple[Model, ...]:
        """Every checkpoint; one that cannot be loaded says why in `error`."""

    def get(self, name: str) -> Model:
        """The model of this name; UserError where there is none."""

    def named(self, name: str) -> Model:
        """As `get`; the first usable one without a name."""


class Checkpoints:
    """Checkpoint folders and official `.pt` files by name; `folder` holds them, or is one itself.

    load: folder or file -> quantizer, raising ValueError or OSError with one sentence. offer: names
    to be offered, () for all.
    """

    def __init__(
        self, folder: Path, load: Callable[[Path], Quantizer], offer: tuple[str, ...] = ()
    ) -> None:
        self._folder, self._offer = Path(folder), offer
        self._load = load
        self._loaded: dict[str, Loaded] = {}
        self._added: dict[str, Path] = {}
        self._lock = threading.Lock()

    def names(self) -> tuple[str, ...]:
        """Names in alphabetical order, FIRST before all, then those added; the folder's own name
        when there is no checkpoint in it."""
        return (*self._own_names(), *self._added)

    def _own_names(self) -> tuple[str, ...]:
        if not self._folder.is_dir() or (self._folder / "config.json").is_file():
            return (self._folder.name,)
        inside = [p.name for p in self._folder.iterdir() if _is_offered(p)]
        if self._offer:
            inside = [name for name in inside if name in self._offer]
        ordered = sorted(inside, key=lambda name: (name != FIRST, name))
        return tuple(ordered) or (self._folder.name,)

    def add(self, name: str, path: Path, quantizer: Quantizer) -> Loaded:
        """From now on there is this checkpoint, too, which is loaded already."""
        view = _view(name, path, quantizer)
        loaded = _measured(view, quantizer, path)
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
                    names = ", ".join(self.names())
                    raise UserError(f"There is no checkpoint {name[:60]!r}; there are: {names}.")
                self._loaded[name] = self._open(name)
            return self._loaded[name]

    def usable(self, name: str) -> Loaded:
        """As `get`, of a checkpoint that could be loaded; Unusable says why it could not."""
        loaded = self.get(name)
        if loaded.view.error is not None:
            raise Unusable(loaded.view.error)
        return loaded

    def leave_out(self, name: str, file: str) -> None:
        """A file beside a checkpoint cannot be used: from now on its view says so."""
        log.warning("%s of %s is damaged or of another model", file, name)
        with self._lock:
            if name in self._loaded:
                self._loaded[name] = _without(self._loaded[name], file)

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
            return _measured(view, quantizer, folder)
        # Whatever a wrong file makes a loader raise, the page must open and say so.
        except Exception as error:
            log.warning("could not load the checkpoint %s", name, exc_info=True)
            return Loaded(Model(name, _card(name, folder)[0], error=_sentence(name, folder, error)))


def presets(
    usage: dict[str, Any], still: tuple[int, ...] | None, embodiment: str
) -> tuple[Preset, ...]:
    """ "Do nothing" first, then the most frequent latent actions of an embodiment.

    usage: as `python -m lapa checkup --write` leaves it, or empty. An embodiment that was not
    measured, like an upload, gets the overall ones. still: None where each latent action does
    something.
    """
    measured = usage.get("embodiments", {}).get(embodiment)
    whose = f"{embodiment} pairs" if measured else "all pairs"
    measured = measured or usage.get("overall", {})
    offered = []
    if still is not None:
        note = "the latent action of a pair in which nothing moves"
        offered.append(Preset("do nothing", still, note))
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
    """Whether it may be a quantizer, and is neither a policy nor a network that tells actions."""
    other = any((path / name).is_file() for name in ("tokenizer.model", "bins.csv"))
    return path.name[0] not in "._" and (path.is_dir() or path.suffix == ".pt") and not other


def check_files(folder: Path) -> None:
    """Raises FileNotFoundError, with one sentence, where a folder is no checkpoint's."""
    if folder.is_file():
        return
    if not folder.is_dir():
        raise FileNotFoundError(f"the folder is missing; {CONTENT}")
    missing = [f for f in ("config.json", "model.safetensors") if not (folder / f).is_file()]
    if missing:
        raise FileNotFoundError(f"{' and '.join(missing)} missing; {CONTENT}")


def _view(name: str, folder: Path, quantizer: Quantizer) -> Model:
    config = quantizer.config
    title, told = _card(name, folder)
    return Model(
        name=name,
        title=title,
        about=told.get(ABOUT, ""),
        moves=told.get(MOVES, ROBOT),
        image_size=int(config.image_size),
        code_length=int(config.code_length),
        codebook_size=int(config.codebook_size),
        gap_seconds=float(config.gap_seconds),
        parameters=sum(p.numel() for p in quantizer.parameters()),
        shown_size=max(int(config.image_size), SHOWN),
        nested=bool(getattr(config, "nested", False)),
    )


def _measured(view: Model, quantizer: Quantizer, folder: Path) -> Loaded:
    """A loaded checkpoint, with the embodiments that its use of codes was measured on."""
    usage, damaged = _beside(folder, USAGE, lambda: _usage(folder, view))
    names, more = _beside(folder, NAMES, lambda: read_names(folder, view))
    embodiments = tuple(sorted(usage.get("embodiments", {})))
    loaded = Loaded(replace(view, embodiments=embodiments), quantizer, usage, names)
    for file in (*damaged, *more):
        loaded = _without(loaded, file)
    return loaded


def _beside(
    folder: Path, file: str, read: Callable[[], dict[str, Any]]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What a file beside the weights says, and its name if it cannot be used."""
    try:
        return read(), ()
    except DAMAGED:
        log.warning("%s of %s cannot be used", file, folder.name, exc_info=True)
        return {}, (file,)


def _without(loaded: Loaded, file: str) -> Loaded:
    """The checkpoint with a file more that is left out, and said to be."""
    damaged = tuple(sorted({*loaded.damaged, file}))
    note = f"It works without {' and '.join(damaged)}: damaged, or of another model."
    return replace(loaded, view=replace(loaded.view, note=note), damaged=damaged)


def _card(name: str, folder: Path) -> tuple[str, dict[str, str]]:
    """The title of a model's card, the name where it has none, and what its front matter tells of
    the model."""
    title, card = name.replace("-", " ").capitalize(), folder / "README.md"
    told: dict[str, str] = {}
    if card.is_file():
        for line in card.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("# "):
                return line[2:].strip(), told
            for key in (ABOUT, MOVES):
                if line.startswith(key):
                    told[key] = line.removeprefix(key).strip().strip('"')
    return title, told


def _usage(folder: Path, view: Model) -> dict[str, Any]:
    """What usage.json says, {} where there is none; nearly any error where it is damaged."""
    from lapa.files import read_json

    try:
        usage: dict[str, Any] = read_json(folder / USAGE)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    for measured in (usage.get("overall", {}), *usage.get("embodiments", {}).values()):
        for preset in presets({"overall": measured}, measured.get("still") or (), ""):
            if preset.codes:
                parse_codes(preset.codes, view)
    return usage


def _sentence(name: str, folder: Path, error: Exception) -> str:
    """One sentence without this machine's paths."""
    ours = isinstance(error, ValueError | OSError)
    reason = str(error) if ours else f"its files are damaged or not a quantizer's; {CONTENT}"
    reason = " ".join(reason.replace(str(folder), folder.name).split()).rstrip(". ")
    return f"The checkpoint {name} cannot be loaded: {reason[:300]}."
