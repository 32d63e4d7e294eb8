"""`python -m lapa convert`: the official release's files into ours, and back.

    python -m lapa convert laq_openx.pt --out checkpoints/openx --bf16
    python -m lapa convert checkpoints/openx --out laq.pt
    python -m lapa convert runs/eight --out checkpoints/eight --fp16
    python -m lapa convert vqgan --out checkpoints/tokenizer
    python -m lapa convert params --out checkpoints/lapa-7b --bf16
    python -m lapa convert finetune.json --out data/finetune --bins 256

What a file is follows from its name and first byte: `.pt` is a latent action quantizer, `vqgan` the
image tokenizer, `params` the vision-language model, a folder a quantizer of ours (with --fp16 it
becomes the same in half the bytes), `.json` a finetuning set, which becomes `finetune.jsonl` and
`finetune.bins.csv`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
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
    options.add_argument(
        "--fp16", action="store_true", help="a quantizer of ours in half the bytes"
    )
    options.add_argument("--heads", type=int, help="of a params file that is not LLaMA's size")
    options.add_argument("--image-size", type=int, help="of a .pt file that leaves it open, pixels")
    options.add_argument("--code-length", type=int, help="of a .pt file that leaves it open")
    options.add_argument("--bins", type=int, default=256, help="action bins a dimension (256)")


def command(options: argparse.Namespace) -> int:
    """Convert one file; returns the exit code."""
    source = options.source
    if source.suffix in (".pt", ".pth"):
        open_to = {"image_size": options.image_size, "code_length": options.code_length}
        return _to_ours(source, options.out, bf16=options.bf16, **open_to)
    if source.is_dir():
        return (_halved if options.fp16 else _to_official)(source, options.out)
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


def _to_ours(source: Path, out: Path, *, bf16: bool, **open_to: int | None) -> int:
    import torch

    from lapa import pretrained
    from lapa.models.config import LAQConfig
    from lapa.official import laq

    values, state = laq.read(source, **open_to)
    config = LAQConfig.from_dict(values)
    pretrained.check_numbers(state, source.name)
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

    def parts() -> Iterator[tuple[str, torch.Tensor]]:
        for name, value in vlm.renamed(read_params(source), heads):
            pretrained.check_numbers({name: value}, source.name)
            shapes[name] = torch.empty(value.shape, device="meta")
            yield name, value.to(torch.bfloat16) if bf16 else value

    pretrained.save_sharded(out, parts())
    config = vlm.config_of(shapes, heads)
    pretrained.save_config(out, config)
    print(f"{out}: {config['layers']} layers of {config['dim']}, {config['heads']} heads")
    return 0


def _halved(source: Path, out: Path) -> int:
    """A quantizer with weights in float16; what is computed stays float32."""
    import torch

    from lapa import pretrained
    from lapa.commands.console import checkpoint_folder
    from lapa.models.quantizer import LatentActionQuantizer

    model = LatentActionQuantizer.from_pretrained(checkpoint_folder(source))
    state = {
        name: value.to(torch.float16) if value.is_floating_point() else value
        for name, value in model.state_dict().items()
    }
    pretrained.check_numbers(state, source.name)
    pretrained.save(out, model.config.to_dict(), state)
    size = (out / pretrained.WEIGHTS).stat().st_size
    print(f"{out}: {size / 1e6:.1f} MB in float16")
    return 0


def _to_official(source: Path, out: Path) -> int:
    import torch

    from lapa.files import replacing
    from lapa.models.quantizer import LatentActionQuantizer
    from lapa.official import laq

    if out.suffix not in (".pt", ".pth"):
        raise ValueError(f"--out is {out.name}; an official checkpoint is a .pt file")
    model = LatentActionQuantizer.from_pretrained(source)
    c, state = model.config, laq.to_official(model.state_dict())
    try:
        laq.from_official(state, image_size=c.image_size, code_length=c.code_length)
    except ValueError as error:
        raise ValueError(
            f"{source.name} is not laid out like LAPA's network, so its code could not read it: "
            f"{error}"
        ) from error
    with replacing(out) as draft:
        try:
            torch.save({name: value.clone() for name, value in state.items()}, draft)
        except RuntimeError as error:
            told = str(error).partition("\n")[0]
            raise OSError(f"{out} cannot be written: {told}") from error
    print(out)
    return 0


def _finetuning(source: Path, out: Path, bins: int) -> int:
    import numpy as np

    from lapa.data.bins import ActionBins, write_bins
    from lapa.files import replacing
    from lapa.official.records import finetuning, read_entries

    entries = read_entries(source)
    actions = np.array([each["conversations"][1]["raw_actions"] for each in entries], np.float64)
    # the last dimension is the gripper, open or closed, and cut to a whole number as LAPA does
    actions[:, -1] = np.trunc(actions[:, -1])
    fitted = ActionBins.fit(actions, bins, gripper=actions.shape[1] - 1)

    def encode(raw: Sequence[float]) -> np.ndarray:
        action = fitted.encode(np.array([*raw[:-1], np.trunc(raw[-1])]))
        action[-1] = int(raw[-1])
        return action

    lines = out / f"{source.stem}.jsonl"
    with replacing(lines) as draft, draft.open("w", encoding="utf-8") as file:
        for record in finetuning(entries, encode):
            file.write(json.dumps(record) + "\n")
    print(f"{lines}: {len(entries)} records")
    print(write_bins(out / f"{source.stem}.bins.csv", fitted))
    return 0
