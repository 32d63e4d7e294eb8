"""A `.pt` file of unknown origin, opened without trusting it.

A `.pt` file is a zip: a pickle that names the tensors, and their bytes. The pickle may hold code,
and the zip may claim more than it has. So the zip's own table of contents is read first, the
pickle is only read by PyTorch's loader that knows tensors and nothing else, and the bytes stay in
the file (mapped) until every size has been held against it.
"""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

ZIP = b"PK\x03\x04"
# PyTorch's format before 1.6: a bare pickle that opens with this number
LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
# under these averaged weights lie, beside those they are the average of or alone: EMA's of several
# libraries
AVERAGES = (
    "ema_model", "ema", "model_ema", "ema_state_dict", "state_dict_ema", "model_ema_state_dict",
    "ema_model_state_dict",
)  # fmt: skip
# keys under which training scripts keep the weights, beside their optimiser and their step
WRAPPERS = (*AVERAGES, "state_dict", "model_state_dict", "model", "module", "network", "net", "laq")
PREFIXES = frozenset({
    *AVERAGES, "module", "_orig_mod", "_fsdp_wrapped_module", "_forward_module", "model", "net",
    "online_model", "laq", "network",
})  # fmt: skip
# how many wrappers around each other are taken off
NESTED = 4
GIGABYTE = 1_000_000_000
# the released network has 1.4 GB; names of tensors need little
LARGEST_FILE, LARGEST_PICKLE, MOST_RECORDS = 6 * GIGABYTE, 16_000_000, 20_000


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a `.pt` file by name; still in the file.

    Whatever training wraps around a state dict is taken off: `state_dict`, `model` and the like
    around it, DDP's `module.`, compile's `_orig_mod.`, Lightning's and EMA's prefixes. Of a file
    with averaged weights (`ema_model.`) those are taken.

    Raises:
        ValueError: one sentence that says why the file was not loaded. FileNotFoundError: no file.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    _check_archive(path)
    state = unwrapped(_load(path))
    if state is None:
        raise ValueError(f"{path.name} does not hold a state dict (names with tensors)")
    _check_tensors(path, state)
    return state


def unwrapped(saved: object, nested: int = NESTED) -> dict[str, Tensor] | None:
    """The tensors of a network out of what training saved around them; None where there are none.

    Numbers that stand beside them (steps, an EMA's `initted`) are left.
    """
    if not isinstance(saved, Mapping):
        return None
    for name in WRAPPERS if nested else ():
        found = unwrapped(saved.get(name), nested - 1)
        if found:
            return found
    tensors = {str(n): v for n, v in saved.items() if isinstance(v, Tensor)}
    if not tensors or len(tensors) < len(saved) / 2:
        return None
    weights = {name: value for name, value in tensors.items() if value.ndim} or tensors
    averaged = {n: v for n, v in weights.items() if not set(AVERAGES).isdisjoint(n.split("."))}
    names = {name: _plain(name) for name in averaged or weights}
    return {plain: tensors[name] for name, plain in names.items()}


def _plain(name: str) -> str:
    """A parameter's name without what DDP, compile, EMA and Lightning put before it."""
    parts = name.split(".")
    while len(parts) > 1 and parts[0] in PREFIXES:
        del parts[0]
    return ".".join(parts)


def _check_archive(path: Path) -> None:
    """Everything that can be said before the pickle is read."""
    size = path.stat().st_size
    if not size:
        raise _refused(path, "it is empty")
    if size > LARGEST_FILE:
        raise _refused(
            path, f"it has {size / GIGABYTE:.1f} GB, accepted are {LARGEST_FILE // GIGABYTE}"
        )
    with path.open("rb") as file:
        head = file.read(len(LEGACY))
    if head == LEGACY:
        raise _refused(
            path, "it has PyTorch's format from before 1.6; load and save it with a newer PyTorch"
        )
    if not head.startswith(ZIP):
        raise _refused(path, "it does not begin like one")
    try:
        with zipfile.ZipFile(path) as archive:
            records = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise _refused(path, "it is cut short or damaged") from error
    _check_records(path, records, size)


def _check_records(path: Path, records: list[zipfile.ZipInfo], size: int) -> None:
    if len(records) > MOST_RECORDS:
        raise _refused(path, f"it holds {len(records)} records")
    names = [record.filename for record in records]
    pickles = [each for each in records if each.filename.endswith("/data.pkl")]
    if len(pickles) != 1 or len(set(names)) != len(names):
        raise _refused(path, "it is a zip file of something else")
    if any(record.compress_type != zipfile.ZIP_STORED for record in records):
        raise _refused(path, "its records are compressed, which PyTorch never does")
    if sum(record.file_size for record in records) > size:
        raise _refused(path, "its records claim to be larger than the file")
    if pickles[0].file_size > LARGEST_PICKLE:
        raise _refused(path, f"its list of names has {pickles[0].file_size / 1e6:.0f} MB")


def _load(path: Path) -> object:
    """What the pickle describes, tensors mapped from the file; nothing in it is executed."""
    try:
        return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except pickle.UnpicklingError as error:
        raise _refused(path, "its pickle holds something else than tensors, maybe code") from error
    except (RuntimeError, EOFError, ValueError, KeyError, TypeError, IndexError) as error:
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise _refused(path, reason) from error
    except (AttributeError, OSError, MemoryError, OverflowError, RecursionError) as error:
        raise _refused(path, f"it is damaged ({type(error).__name__})") from error


def _check_tensors(path: Path, state: Mapping[str, Tensor]) -> None:
    """Plain numbers, each with bytes of its own: no view can claim more than the file has."""
    odd = [
        str(name)
        for name, value in state.items()
        if value.layout != torch.strided or value.device.type != "cpu" or value.is_quantized
    ]
    if odd:
        raise _refused(path, f"{odd[0]} is no plain tensor")
    claimed = sum(value.numel() * value.element_size() for value in state.values())
    if claimed > path.stat().st_size:
        raise _refused(path, f"its tensors claim {claimed / 1e6:.0f} MB, more than the file has")


def _refused(path: Path, why: str) -> ValueError:
    return ValueError(
        f"{path.name} is not a plain PyTorch tensor file, so it was not loaded: {why}"
    )
