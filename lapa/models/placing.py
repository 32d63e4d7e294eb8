"""Where a large network goes: what it needs, whether there is room, and loading it there.

    need(config, torch.bfloat16).text       "13.6 GB (6.8 B parameters in bfloat16)"

Weights come one at a time, so memory holds the result and one tensor. Places are accelerate's:
`device_map="auto"` fills the GPUs, then memory, then a folder on disk; 4 bits are bitsandbytes'
(NF4, Dettmers et al. 2023), for the linear layers of the trunk.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from lapa.pretrained import built, check_numbers

Network = TypeVar("Network", bound=nn.Module)
# what a forward pass and Python themselves take, beside the weights
SPARE = 0.4e9
LAYER = "LlamaDecoderLayer"
# bytes a number: four bits, and for each block of 64 numbers a float32 scale
_NF4 = 0.5 + 4 / 64


@dataclass(frozen=True)
class Need:
    """parameters; bytes of them where they will lie; precision, in words."""

    parameters: int
    bytes: int
    precision: str

    @property
    def text(self) -> str:
        """In words."""
        return f"{_size(self.bytes)} ({_count(self.parameters)} parameters in {self.precision})"


def need(
    make: Callable[[], nn.Module], dtype: torch.dtype = torch.float32, bits: int | None = None
) -> Need:
    """What a network takes, without making it.

    Args:
        make: makes the network. bits: 4, or None for `dtype` alone.
    """
    return _need(_empty(make), dtype, bits)


def _empty(make: Callable[[], Network]) -> Network:
    """The network without memory for its weights."""
    from accelerate import init_empty_weights

    with init_empty_weights():
        return make()


def _need(model: nn.Module, dtype: torch.dtype, bits: int | None) -> Need:
    quantized = sum(p.numel() for p in _linears(model).values()) if bits else 0
    parameters = sum(p.numel() for p in model.parameters())
    rest = (parameters - quantized) * torch.empty(0, dtype=dtype).element_size()
    name = str(dtype).removeprefix("torch.")
    return Need(
        parameters, int(rest + quantized * _NF4), f"{bits} bits and {name}" if bits else name
    )


def room(*, disk: bool = False) -> tuple[int, str]:
    """Bytes that are free now, and where: the GPUs and memory, and the disk if that may be used."""
    import shutil

    import psutil

    free = psutil.virtual_memory().available
    where = f"{_size(free)} of memory"
    for number in range(torch.cuda.device_count()):
        own = torch.cuda.mem_get_info(number)[0]
        free, where = free + own, f"{where}, {_size(own)} of GPU {number}"
    if disk:
        own = shutil.disk_usage(".").free
        free, where = free + own, f"{where}, {_size(own)} of disk"
    return free, where


def check(needed: Need, name: str, *, disk: bool = False) -> None:
    """Raises ValueError with one sentence where there is no room."""
    free, where = room(disk=disk)
    if needed.bytes + SPARE > free:
        raise ValueError(
            f"{name} needs {needed.text}, free here are {where}; bfloat16 takes half of float32, "
            "4 bits a quarter of that, and device_map='auto' with an offload_folder uses the disk"
        )


def load(
    make: Callable[[], Network],
    tensors: Iterable[tuple[str, Tensor]],
    name: str,
    *,
    dtype: torch.dtype = torch.float32,
    device_map: str | dict[str, Any] | None = None,
    bits: int | None = None,
    offload_folder: str | Path | None = None,
    max_memory: dict[int | str, int | str] | None = None,
) -> Network:
    """A network with its weights in their places.

    Args:
        tensors: (name, value), each once. name: of the source, for what is said.
        device_map: None keeps it in memory; "auto" or a dict as accelerate takes it.
        bits: 4 keeps the trunk's linear layers in 4 bits.
        offload_folder, max_memory: as in transformers; without a folder nothing goes to the disk.

    Raises:
        ValueError: no room, weights that do not fit or are no numbers, 4 bits without
            bitsandbytes.
    """
    from accelerate import dispatch_model, infer_auto_device_map
    from accelerate.utils import set_module_tensor_to_device

    _check_bits(bits, device_map)
    model = built(lambda: _empty(make), name)
    check(_need(model, dtype, bits), name, disk=offload_folder is not None)
    device = "cuda" if bits and torch.cuda.is_available() else "cpu"
    small = _into_4_bits(model, dtype) if bits else {}
    waiting = {key: tuple(value.shape) for key, value in model.state_dict().items()}
    for key, value in tensors:
        expected = waiting.pop(key, None)
        if expected != tuple(value.shape):
            wrong = "unexpected" if expected is None else f"of another shape, not {expected}"
            raise ValueError(
                f"the weights of {name} do not fit its configuration; {wrong}: {key} "
                f"{tuple(value.shape)}"
            )
        check_numbers({key: value}, name, {key: torch.empty(0, dtype=dtype)})
        if key in small:
            _quantize(small[key], value.to(dtype), device)
        else:
            set_module_tensor_to_device(model, key, device, value=value, dtype=dtype)
    if waiting:
        raise ValueError(
            f"the weights of {name} do not fit its configuration; missing: "
            f"{', '.join(sorted(waiting)[:6])}"
        )
    if bits:
        model.to(device)
    if device_map is not None:
        if device_map == "auto":
            device_map = infer_auto_device_map(
                model, max_memory=max_memory, no_split_module_classes=[LAYER], dtype=dtype
            )
        model = dispatch_model(model, device_map, offload_dir=offload_folder, force_hooks=True)
    return model.eval()


def _check_bits(bits: int | None, device_map: object) -> None:
    if bits not in (None, 4):
        raise ValueError(f"bits is {bits}; 4 and None are accepted")
    if bits and importlib.util.find_spec("bitsandbytes") is None:
        raise ValueError(
            "4 bits need bitsandbytes, which is not installed: pip install bitsandbytes"
        )
    if bits and device_map is not None:
        raise ValueError("4 bits lie on one device; leave device_map out")


def _linears(model: nn.Module) -> dict[str, Tensor]:
    """The weights of the trunk that 4 bits are for."""
    return {
        f"{name}.weight": module.weight
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and name.startswith("trunk.")
    }


def _into_4_bits(model: nn.Module, dtype: torch.dtype) -> dict[str, nn.Module]:
    """Exchange the trunk's linear layers; their weights' names -> the new layers."""
    import bitsandbytes as bnb

    layers = {}
    for key in _linears(model):
        path = key.removesuffix(".weight")
        parent, _, last = path.rpartition(".")
        old = model.get_submodule(path)
        with torch.device("meta"):
            new = bnb.nn.Linear4bit(
                old.in_features, old.out_features, bias=False, compute_dtype=dtype,
                quant_type="nf4",
            )  # fmt: skip
        setattr(model.get_submodule(parent), last, new)
        layers[key] = new
    return layers


def _quantize(layer: nn.Module, value: Tensor, device: str) -> None:
    import bitsandbytes as bnb

    weight = bnb.nn.Params4bit(value.contiguous(), requires_grad=False, quant_type="nf4")
    layer.weight = weight.to(device)


def _size(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"


def _count(count: int) -> str:
    return f"{count / 1e9:.1f} B" if count >= 1e8 else f"{count / 1e6:.1f} M"
