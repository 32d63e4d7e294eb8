"""What a processor is good at."""

from __future__ import annotations

import functools

import torch


def multiplies_bfloat16(device: torch.device) -> bool:
    """Whether the hardware has units for products of bfloat16, which are several times faster than
    those of float32: AMX or AVX-512 BF16 on x86, BF16 on Arm, tensor cores since Ampere."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and bool(_processor_flags())


@functools.cache
def _processor_flags() -> frozenset[str]:
    """The names, as Linux spells them, of this processor's units for bfloat16."""
    known = {"amx_bf16", "avx512_bf16", "bf16"}
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if line.startswith(("flags", "Features")):
                    return frozenset(known & set(line.split()))
    except OSError:
        pass
    return frozenset()
