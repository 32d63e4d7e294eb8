"""`python -m lapa convert`: the official release's files into ours, and back.

    python -m lapa convert laq_openx.pt --out checkpoints/openx --bf16
    python -m lapa convert checkpoints/openx --out laq.pt
    python -m lapa convert vqgan --out checkpoints/tokenizer
    python -m lapa convert params --out checkpoints/lapa-7b --bf16
    python -m lapa convert finetune.json --out data/finetune --bins 256

What a file is follows from its name and first byte: `.pt` is a latent action quantizer, `vqgan` the
image tokenizer, `params` the vision-language model, a folder a quantizer of ours, `.json` a
finetuning set, which becomes `finetune.jsonl` and `finetune.bins.csv`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

# what a stream of msgpack entries, each a list of two, begins with
STREAM = b"\x92"


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    options.add_argument("source", type=Path, help="a .pt file, a checkpoint folder or a .json")
    options.add_argument("--out", type=Path, required=True, help="folder, or .pt file to write")
    options.add_argument("--bf16", action="store_true", help="keep weights in half the bytes")
    options.add_argument("--heads", type=int, help="of a params file that is not LLaMA's size")
    options.add_argument("--bins", type=int, default=256, help="action bins a dimension (256)")


def command(options: argparse.Namespace) -> int:
    """Convert one file; returns the exit code."""
    source = options.source
    if source.suffix in (".pt", ".pth"):
        return _to_ours(source, options.out, bf16=options.bf16)
    if source.is_dir():
        return _to_official(source, options.out)
    if source.suffix == ".json":
        return _finetuning(source, options.out, options.bins)
    if not source.exists():
        raise FileNotFoundError(f"there is no file {source}")
    with source.open("rb") as file:
        head = file.read(1)
    if head == STREAM:
        return _vision_language(source, options.out, bf16=options.bf16, heads=options.heads)
    if not source.suffix:
        return _tokenizer(source, options.out)
    raise ValueError(f"{source.name} is none of .pt, .json, vqgan, params and a checkpoint folder")


def _to_ours(source: Path, out: Path, *, bf16: bool) -> int:
    import torch

    from lapa import pretrained
    from lapa.models.config import LAQConfig
    from lapa.official import laq

    values, state = laq.read(source)
    config = LAQConfig.from_dict(values)
    if bf16:
        state = {
            name: value.to(torch.bfloat16) if value.is_floating_point() else value
            for name, value in state.items()
        }
    pretrained.save(out, config.to_dict(), state)
    count = sum(value.numel() for value in state.values() if value.is_floating_point())
    print(f"{out}: {config.image_size} px, {config.code_length} codes of {config.codebook_size}, "
          f"{count / 1e6:.1f} million parameters{' in bfloat16' if bf16 else ''}")  # fmt: skip
    return 0


def _tokenizer(source: Path, out: Path) -> int:
    from lapa.models.image_tokenizer import ImageTokenizer

    tokenizer = ImageTokenizer.from_pretrained(source)
    tokenizer.save_pretrained(out)
    c = tokenizer.config
    print(f"{out}: {c.image_size} px, {c.grid} x {c.grid} tokens of {c.codebook_size}")
    return 0


def _vision_language(source: Path, out: Path, *, bf16: bool, heads: int | None) -> int:
    """In shards, so that memory holds one array and one shard."""
    import torch

    from lapa import pretrained
    from lapa.official import vlm
    from lapa.official.streaming import read_params

    shapes: dict[str, torch.Tensor] = {}

    def told() -> Iterator[tuple[str, torch.Tensor]]:
        for name, value in vlm.named(read_params(source), heads):
            shapes[name] = torch.empty(value.shape, device="meta")
            yield name, value.to(torch.bfloat16) if bf16 else value

    pretrained.save_sharded(out, told())
    config = vlm.config_of(shapes, heads)
    pretrained.save_config(out, config)
    print(f"{out}: {config['layers']} layers of {config['dim']}, {config['heads']} heads")
    return 0


def _to_official(source: Path, out: Path) -> int:
    import torch

    from lapa.models.quantizer import LatentActionQuantizer
    from lapa.official import laq

    if out.suffix not in (".pt", ".pth"):
        raise ValueError(f"--out is {out.name}; an official checkpoint is a .pt file")
    state = laq.to_official(LatentActionQuantizer.from_pretrained(source).state_dict())
    try:
        laq.from_official(state)
    except ValueError as error:
        raise ValueError(
            f"{source.name} is not laid out like LAPA's network, so its code could not read it: "
            f"{error}"
        ) from error
    out.parent.mkdir(parents=True, exist_ok=True)
    torch.save({name: value.clone() for name, value in state.items()}, out)
    print(out)
    return 0


def _finetuning(source: Path, out: Path, bins: int) -> int:
    import numpy as np

    from lapa.data.bins import ActionBins, write_bins
    from lapa.official.records import finetuning, read_entries

    entries = read_entries(source)
    actions = np.array([each["conversations"][1]["raw_actions"] for each in entries], np.float64)
    # the last dimension is the gripper, open or closed, and cut to a whole number as LAPA does
    actions[:, -1] = np.trunc(actions[:, -1])
    fitted = ActionBins.fit(actions, bins, gripper=actions.shape[1] - 1)

    def encode(raw: list[float]) -> np.ndarray:
        found = fitted.encode(np.array([*raw[:-1], np.trunc(raw[-1])]))
        found[-1] = int(raw[-1])
        return found

    out.mkdir(parents=True, exist_ok=True)
    lines = out / f"{source.stem}.jsonl"
    with lines.open("w", encoding="utf-8") as file:
        for record in finetuning(entries, encode):
            file.write(json.dumps(record) + "\n")
    print(f"{lines}: {len(entries)} records")
    print(write_bins(out / f"{source.stem}.bins.csv", fitted))
    return 0
