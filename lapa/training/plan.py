"""What a training would take, before anything is bought: memory a GPU, work a step, days.

The network of the run is built without numbers (fake tensors: "meta" tensors that say they lie on
the CPU) and asked for one step of a process's rows: what it keeps for the backward pass and how
often it multiplies is counted, not guessed. With P parameters of which T are trained, N processes,
and k = N where they hold shares, else 1, a GPU holds, in bytes:

    weights      4 P / k           float32
    gradients    4 T / k
    optimiser    8 T / k           AdamW's two moments; Muon's one is counted as two
    average      4 P / k           the weight average, which is what is exported
    gathered     e (P_rest + 2 P_block), in shards only: what lies outside of the blocks, and two
                 blocks, of which the next one is under way; e is 2 with bfloat16, else 4
    activations  what the forward pass of its rows keeps; with gradient checkpointing the blocks'
                 inputs and one block

A step multiplies 3 times what the forward pass does (the backward pass twice), and once more what
lies in blocks under gradient checkpointing. Left out: the allocator's slack, what collectives use,
the discriminator and features of settled quantizers. Precision "auto" is taken for bfloat16.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils.flop_counter import FlopCounterMode

from lapa.models.policy import FRAMES, settings
from lapa.models.quantizer import LatentActionQuantizer
from lapa.models.tokenizers import load_tokenizer
from lapa.models.vision_language import VisionLanguageConfig, VisionLanguageModel
from lapa.training.parallel import InBlocks
from lapa.training.policy.recipe import PolicyRun
from lapa.training.quantizer.recipe import QuantizeConfig
from lapa.training.recipe import LoopConfig

# TFLOP/s that a GPU is taken to reach: 40 % of what an H100 (SXM) is sold to multiply in bfloat16
TFLOPS = 400.0
DAY = 86_400
# LAPA-7B's: tokens of a frame, of what stands between it and the answer (with LLaMA's pieces), and
# of the answer: four codes, or the seven dimensions of an arm in 256 bins
VISION, TAIL, BINS = 256, 8, 256
LENGTHS = {"latent": 4, "action": 7}


@dataclass(frozen=True)
class Plan:
    """Bytes are of one process, operations of one sample. tokens: of a sample, 0 where it has none.
    name: of the network. unit: what a sample is."""

    name: str
    unit: str
    processes: int
    sharded: bool
    loop: LoopConfig
    parameters: int
    trained: int
    tokens: int
    gathered: int
    activations: int
    operations: float

    @property
    def samples(self) -> int:
        """Of an optimiser step."""
        return self.loop.batch_size * self.loop.accumulate

    @property
    def memory(self) -> dict[str, int]:
        """Bytes on one GPU, by what they are for."""
        share = self.processes if self.sharded else 1
        return {
            "weights": 4 * self.parameters // share,
            "gradients": 4 * self.trained // share,
            "optimiser": 8 * self.trained // share,
            "average": 4 * self.parameters // share,
            "gathered": self.gathered,
            "activations": self.activations,
        }

    def rate(self, tflops: float = TFLOPS) -> float:
        """Samples a second of all GPUs at so many TFLOP/s each."""
        return self.processes * tflops * 1e12 / self.operations

    def days(self, rate: float) -> float:
        """Of the whole run at so many samples a second."""
        return self.loop.steps * self.samples / rate / DAY

    def text(self, *, rate: float | None = None, tflops: float = TFLOPS) -> str:
        """The plan in lines. rate: samples a second of all GPUs, where it was measured."""
        many = f"{self.processes} processes" if self.processes > 1 else "1 process"
        how = "each holds a share (FSDP2)" if self.sharded else "each holds all of it (DDP)"
        parts = ", ".join(f"{name} {size / 1e9:.2f}" for name, size in self.memory.items() if size)
        tokens = f", {self.samples * self.tokens:,} tokens" if self.tokens else ""
        speed = rate or self.rate(tflops)
        source = "as stated" if rate else f"if a GPU reaches {tflops:g} TFLOP/s"
        return "\n".join(
            [
                f"network      {self.name}, {self.parameters / 1e6:,.1f} million parameters, "
                f"{self.trained / 1e6:,.1f} trained",
                f"processes    {many}{f': {how}' if self.processes > 1 else ''}",
                f"a step       {self.samples} {self.unit}{tokens}; "
                f"{self.loop.batch_size // self.processes} {self.unit} a process at once",
                f"memory       {sum(self.memory.values()) / 1e9:.1f} GB a GPU: {parts} GB",
                f"work         {self.operations / 1e12:.3f} TFLOP of the matrices for each of them",
                f"throughput   {speed:,.1f} {self.unit} a second, {source}",
                f"time         {self.loop.steps:,} steps: {self.days(speed):.3g} days "
                f"({24 * self.days(speed):.3g} h)",
            ]
        )


def plan(
    build: Callable[[], nn.Module],
    step: Callable[[Any, int], Any],
    loop: LoopConfig,
    *,
    unit: str,
    processes: int = 1,
    sharded: bool = False,
    tokens: int = 0,
) -> Plan:
    """A run of `loop` on so many processes.

    build: makes the network. step: its forward pass of so many samples, without numbers. sharded:
    FSDP2 in place of DDP. tokens: of a sample.

    Raises:
        ValueError: the processes do not divide the batch.
    """
    if processes < 1 or loop.batch_size % processes:
        raise ValueError(
            f"{processes} processes cannot share a batch of {loop.batch_size} {unit} equally"
        )
    with FakeTensorMode():
        return _plan(build, step, loop, unit, processes, sharded and processes > 1, tokens)


def plan_quantizer(config: QuantizeConfig, processes: int) -> Plan:
    """A run of stage 1; ValueError as `plan`."""
    size = config.model.image_size

    def step(model: LatentActionQuantizer, pairs: int) -> Any:
        frame = torch.zeros(pairs, 3, size, size)
        return model(frame, frame)

    build = partial(LatentActionQuantizer, config.model)
    return plan(build, step, config.loop, unit="pairs", processes=processes)


def plan_policy(
    run: PolicyRun, processes: int, *, kind: str = "latent", start: Path | None = None
) -> Plan:
    """A run of stage 2 or, with kind "action", 3. start: the policy that it begins with, of which
    only the settings are read; without it LAPA-7B's vocabularies and tokens are meant.

    Raises:
        ValueError: as `plan`, or the policy's settings are none. FileNotFoundError: there are none.
    """
    network = VisionLanguageConfig(dim=run.dim, layers=run.layers, heads=run.heads,
                                   hidden=run.hidden)  # fmt: skip
    prompt, vision, length = run.prompt_length, VISION, LENGTHS[kind]
    if start is not None:
        own, network = settings(start)
        prompt, length = own.prompt_length, own.code_length if kind == "latent" else length
        frames = load_tokenizer(start / FRAMES).config
        vision = network.keypoints or frames.grid**2 * frames.parts
    vocabularies = {"latent": network.latent or 8} if kind == "latent" else {"action": BINS}
    network = replace(network, **{"latent": 0, "action": 0, **vocabularies})
    tokens = prompt + vision + 1 + TAIL + length - 1

    def step(model: VisionLanguageModel, frames: int) -> Any:
        row = torch.zeros(frames, tokens, dtype=torch.int64)
        return model(row, row, heads=(kind,))

    build = partial(VisionLanguageModel, network)
    return plan(
        build, step, run.loop, unit="frames", processes=processes, sharded=True, tokens=tokens
    )


def _plan(
    build: Callable[[], nn.Module],
    step: Callable[[Any, int], Any],
    loop: LoopConfig,
    unit: str,
    processes: int,
    sharded: bool,
    tokens: int,
) -> Plan:
    model, half = build().train(), loop.precision != "float32"
    blocks = _blocks(model)
    multiplied, within = _operations(model, blocks, lambda: step(model, 1))
    again = within if loop.gradient_checkpointing else 0
    inside = [sum(p.numel() for p in block.parameters()) for block in blocks]
    total = sum(p.numel() for p in model.parameters())
    gathered = (total - sum(inside) + 2 * max(inside, default=0)) if sharded else 0
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    if half and sharded:
        model = _in_bfloat16(build).train()
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        kept = _activations(
            model, _blocks(model) if loop.gradient_checkpointing else [],
            lambda: step(model, loop.batch_size // processes),
        )  # fmt: skip
    return Plan(
        type(model).__name__, unit, processes, sharded, loop, total, trained, tokens,
        gathered * (2 if half else 4), kept, 3 * multiplied + again,
    )  # fmt: skip


def _blocks(model: nn.Module) -> list[nn.Module]:
    return model.blocks() if isinstance(model, InBlocks) else []


def _in_bfloat16(build: Callable[[], nn.Module]) -> nn.Module:
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    try:
        return build()
    finally:
        torch.set_default_dtype(before)


def _operations(
    model: nn.Module, blocks: list[nn.Module], forward: Callable[[], Any]
) -> tuple[float, float]:
    """Floating point operations of a forward pass, and of those the blocks'."""
    names = {module: name for name, module in model.named_modules()}
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        forward()
    by_module = counter.get_flop_counts()
    root = type(model).__name__
    within = sum(sum(by_module[f"{root}.{names[block]}"].values()) for block in blocks)
    return float(counter.get_total_flops()), float(within)


def _activations(model: nn.Module, blocks: list[nn.Module], forward: Callable[[], Any]) -> int:
    """Bytes that a forward pass keeps for the backward pass; of `blocks` it keeps what comes in,
    and one of them is computed again at a time."""
    own = {id(p.untyped_storage()._cdata): p for p in model.parameters()}
    kept: dict[int, Tensor] = {}
    own_data = {p.untyped_storage()._cdata for p in own.values()}

    def pack(tensor: Tensor) -> Tensor:
        if tensor.untyped_storage()._cdata not in own_data:
            kept.setdefault(tensor.untyped_storage()._cdata, tensor)
        return tensor

    def size() -> int:
        return sum(each.untyped_storage().nbytes() for each in kept.values())

    marks: list[int] = []
    incoming: list[int] = []

    def before(_: nn.Module, given: tuple[Any, ...]) -> None:
        marks.append(size())
        incoming.append(sum(t.nbytes for t in given if isinstance(t, Tensor)))

    def after(_: nn.Module, given: Any, out: Any) -> None:
        marks.append(size())

    hooks = [block.register_forward_pre_hook(before) for block in blocks]
    hooks += [block.register_forward_hook(after) for block in blocks]
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        out = forward()
    for hook in hooks:
        hook.remove()
    own_sizes = [end - start for start, end in zip(marks[::2], marks[1::2], strict=True)]
    del out
    return size() - sum(own_sizes) + sum(incoming) + max(own_sizes, default=0)
