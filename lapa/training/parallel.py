"""All that training knows of several processes: who there is, whose rows, sums over all, wrapping.

One rule: N processes train what one does. A batch is the whole batch of all processes, of which
process r of N takes rows r, r + N, r + 2 N, …; random numbers are those that one process would
draw for the whole batch, of which each takes its rows; every statistic is of all rows. What is left
is the order in which floats are summed. Alone, everything here gives back what it was given.

Models are either whole in every process (DistributedDataParallel) or in shards (FSDP2,
`fully_shard`), on an explicit device mesh of one dimension, "data".
"""

from __future__ import annotations

import copy
import inspect
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from typing import Any, Protocol, runtime_checkable

import torch
import torch.distributed as dist
import torch.nn.functional as F
from accelerate import PartialState
from torch import Tensor, nn
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.tensor import DTensor, distribute_tensor
from torch.overrides import TorchFunctionMode

from lapa.training.average import Model

# The longest that a process waits for the others, who may be looking at what is held out
# meanwhile; then the run ends with a sentence instead of hanging.
PATIENCE = timedelta(minutes=30)
# gloo and NCCL raise plain RuntimeErrors; these words are in those of a process that went away
_GONE = ("closed by peer", "reset by peer", "timed out", "timeout", "nccl", "broken pipe")


@runtime_checkable
class InBlocks(Protocol):
    """A model that can be trained in shards."""

    def blocks(self) -> list[nn.Module]:
        """The parts that hold most of its weights, each of which is gathered by itself."""

    def checkpoint_gradients(self) -> None:
        """Keep of each block its input alone for the backward pass, which computes the rest
        again."""


# ---- who there is ----------------------------------------------------------------------------


def processes() -> PartialState:
    """This process among those of a distributed run; alone it is the main one.

    accelerate joins CPU processes only when told that there is no GPU.

    Raises:
        ValueError: there are more processes here than GPUs. ConnectionError: they did not find each
            other.
    """
    if not PartialState._shared_state:
        here, gpus = int(os.environ.get("LOCAL_WORLD_SIZE", 1)), torch.cuda.device_count()
        if gpus and here > gpus:
            refuse(f"{here} processes were started on a machine of {gpus} GPUs: one GPU each")
        if int(os.environ.get("WORLD_SIZE", 1)) > 1:
            try:
                return PartialState(cpu=not gpus, timeout=PATIENCE)
            except dist.DistError as error:
                there = ":".join(os.environ.get(f"MASTER_{each}", "") for each in ("ADDR", "PORT"))
                raise ConnectionError(
                    f"process {os.environ.get('RANK')} did not find the others at {there} ({error})"
                ) from error
    return PartialState(cpu=not torch.cuda.is_available())


def alone() -> bool:
    """Whether this process trains by itself."""
    return processes().num_processes == 1


def refuse(sentence: str) -> None:
    """End the run over a mistake that every process sees: the first says which."""
    if int(os.environ.get("RANK", 0)):
        raise SystemExit(2)
    raise ValueError(sentence)


@contextmanager
def together() -> Iterator[None]:
    """Around work that waits for other processes: ConnectionError, in a sentence, when one of
    them went away."""
    try:
        yield
    except RuntimeError as error:
        lost = isinstance(error, dist.DistError) or any(w in str(error).lower() for w in _GONE)
        if alone() or not lost:
            raise
        me = processes()
        raise ConnectionError(
            f"process {me.process_index} of {me.num_processes} waited for another one that ended "
            "or no longer answers (what it had to say stands with its own lines); the last "
            "checkpoint is untouched, go on with --resume"
        ) from error


# ---- whose rows ------------------------------------------------------------------------------


def rows(*sizes: int) -> slice:
    """Of a batch of `size` rows, or of several laid after each other, those of this process.

    Raises:
        ValueError: the processes do not divide a size.
    """
    me = processes()
    for size in sizes:
        if size % me.num_processes:
            fitting = [str(n) for n in range(1, size + 1) if size % n == 0]
            refuse(
                f"{me.num_processes} processes cannot share {size} rows of a batch equally; "
                f"start {', '.join(fitting)}, or give another --batch-size"
            )
    return slice(me.process_index, None, me.num_processes)


def numbers(count: int, device: torch.device) -> Tensor:
    """(count,) int64: which rows of the whole batch the `count` rows of this process are."""
    me = processes()
    return torch.arange(count, device=device) * me.num_processes + me.process_index


def gather_rows(mine: Tensor) -> Tensor:
    """(B, …) of this process -> (N · B, …) of all, in the order of the whole batch."""
    if alone():
        return mine
    parts = [torch.empty_like(mine.contiguous()) for _ in range(processes().num_processes)]
    dist.all_gather(parts, mine.contiguous())
    return torch.stack(parts, 1).flatten(0, 1)


# ---- sums over all ---------------------------------------------------------------------------


@torch.compiler.disable  # type: ignore[untyped-decorator]  # it has no types
@torch.no_grad()
def total(mine: Tensor) -> Tensor:
    """The sum over all processes; no gradient flows back from it."""
    if alone():
        return mine
    whole = mine.detach().clone()
    dist.all_reduce(whole)
    return whole


def mean(mine: Tensor) -> Tensor:
    """The mean over all processes, likewise."""
    return mine if alone() else total(mine) / processes().num_processes


def weight(count: Tensor) -> Tensor:
    """What a mean over `count` items of this process counts, so that the mean over processes is
    that over all items: 1 where all have as many."""
    return count / mean(count.float())


# ---- random numbers --------------------------------------------------------------------------


class WholeDraws(TorchFunctionMode):
    """What is drawn for each row is what one process would draw for it in the whole batch.

    All processes are seeded alike. Inside, `randn_like`, `rand_like`, `multinomial` of one sample
    and `dropout`, whose first dimension counts the rows, draw for all rows and keep those of this
    process. Other draws are alike in all processes. What attention kernels drop inside is not
    seen here.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        draw = _DRAWS.get(func)
        return func(*args, **kwargs) if draw is None else draw(*args, **kwargs)


def draws(*, compiled: bool) -> AbstractContextManager[Any]:
    """`WholeDraws` among several processes. A compiled step draws its own numbers anyway."""
    return nullcontext() if alone() or compiled else WholeDraws()


def _whole_like(mine: Tensor) -> Tensor:
    """An empty tensor for all rows, laid out in memory as those of this process are."""
    count, outermost = processes().num_processes, mine.stride(0) == mine[0].numel()
    shape = (count * len(mine), *mine.shape[1:])
    if outermost and mine[0].numel() and sorted(mine.stride())[0] == 1:
        return torch.empty_strided(shape, mine.stride(), dtype=mine.dtype, device=mine.device)
    return mine.new_empty(shape)


def _normal(mine: Tensor, **_: Any) -> Tensor:
    return _whole_like(mine).normal_()[rows()]


def _uniform(mine: Tensor, **_: Any) -> Tensor:
    return _whole_like(mine).uniform_()[rows()]


def _one_each(shares: Tensor, samples: int, *_: Any) -> Tensor:
    if samples != 1 or shares.ndim != 2:
        return torch.multinomial(shares, samples, *_)
    # the race of exponentials that torch itself runs for one sample
    return (shares / _whole_like(shares).exponential_()[rows()]).argmax(-1, keepdim=True)


def _drop(x: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    if not training or not p:
        return F.dropout(x, p, training, inplace)
    kept = _whole_like(x).bernoulli_(1 - p).div_(1 - p)[rows()]
    return x.mul_(kept) if inplace else x * kept


_DRAWS: dict[Any, Callable[..., Tensor]] = {
    torch.randn_like: _normal,
    torch.rand_like: _uniform,
    torch.multinomial: _one_each,
    F.dropout: _drop,
}


# ---- models in several processes -------------------------------------------------------------


def mesh(device: torch.device) -> DeviceMesh:
    """All processes in one row, named "data"."""
    return init_device_mesh(device.type, (processes().num_processes,), mesh_dim_names=("data",))


def replicate(model: nn.Module, device: torch.device) -> nn.Module:
    """The model, whole in every process, with gradients averaged over them; alone as it is.

    Buffers are not copied from process to process: what changes them follows the whole batch.
    """
    if alone():
        return model
    wrap = nn.parallel.DistributedDataParallel
    # torch 2.13 calls it by another name
    new = "forward_sync_buffers" in inspect.signature(wrap.__init__).parameters
    still: dict[str, Any] = {"forward_sync_buffers" if new else "broadcast_buffers": False}
    return wrap(
        model,
        device_ids=[device] if device.type == "cuda" else None,
        device_mesh=mesh(device),
        **still,
        find_unused_parameters=True,
        gradient_as_bucket_view=True,
    )


def shard(model: Model, device: torch.device, *, bfloat16: bool = False) -> Model:
    """FSDP2, in place: every process keeps a share of each parameter, and a block is gathered while
    it computes. bfloat16: gathered and computed so, reduced in float32.

    Raises:
        ValueError: the model has no blocks.
    """
    from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard

    if not isinstance(model, InBlocks):
        raise ValueError(f"{type(model).__name__} has no blocks that could be trained in shards")
    policy = MixedPrecisionPolicy()
    if bfloat16:
        policy = MixedPrecisionPolicy(param_dtype=torch.bfloat16, reduce_dtype=torch.float32)
    on = mesh(device)
    for block in model.blocks():
        fully_shard(block, mesh=on, mp_policy=policy)
    fully_shard(model, mesh=on, mp_policy=policy)
    return model


def unsynchronised(model: nn.Module, *, last: bool) -> AbstractContextManager[Any]:
    """Around a backward pass: gradients of a model that is whole everywhere are averaged after the
    last one of a step alone."""
    if last or not isinstance(model, nn.parallel.DistributedDataParallel):
        return nullcontext()
    return model.no_sync()


def clip(parameters: Iterable[Tensor], limit: float) -> float:
    """Gradients together no longer than `limit`; their length before."""
    norm = nn.utils.clip_grad_norm_(parameters, limit)
    return float(whole(norm))


def local(parameters: Iterable[Tensor]) -> list[Tensor]:
    """Of each tensor what this process holds, sharing memory."""
    return [p.to_local() if isinstance(p, DTensor) else p for p in parameters]


def whole(tensor: Tensor) -> Tensor:
    """A tensor in shards, put together in every process; any other as it is."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def like(tensor: Tensor, other: Tensor) -> Tensor:
    """A whole tensor in shards as `other` is, if it is."""
    if not isinstance(other, DTensor) or isinstance(tensor, DTensor):
        return tensor
    tensor = tensor.to(other.device)
    return distribute_tensor(tensor, other.device_mesh, other.placements, src_data_rank=None)


def place(tensors: Mapping[str, Tensor], model: nn.Module) -> dict[str, Tensor]:
    """Whole tensors as the model holds its own of the same names."""
    mine = model.state_dict()
    return {k: like(v, mine[k]) if k in mine else v for k, v in tensors.items()}


def skeleton(model: Model) -> Model:
    """The model without numbers, to be filled by `assembled`."""
    return copy.deepcopy(model).to("meta")


def assembled(model: nn.Module, empty: Model) -> Model:
    """The weights of a model in shards, put together on the CPU of the first process, in a model
    that was made by `skeleton`. All processes must call it; in the others it stays empty."""
    from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict

    tensors = get_model_state_dict(
        model, options=StateDictOptions(full_state_dict=True, cpu_offload=True)
    )
    if processes().is_main_process:
        empty.load_state_dict(tensors, assign=True)
    return empty


def agree(value: int, what: str, device: torch.device) -> None:
    """Raises ValueError unless every process has the same value."""
    if alone():
        return
    mine = torch.tensor([value], device=device)
    seen = gather_rows(mine).tolist()
    if len(set(seen)) > 1:
        refuse(f"{what} differs between processes ({', '.join(map(str, seen))}): is the run's "
               "folder the same for all of them?")  # fmt: skip
