"""Parts made by the actors of a Ray cluster: Ray Data schedules, tries again, and moves the blocks.

One actor a GPU, or a core where there is none, opens the work's model once. A part travels back as
one row, the bytes of its file, and is written here: workers need to read the input, and nothing
else is shared. An actor that is killed is started again, and its part made anew.
"""

from __future__ import annotations

import pickle
import socket
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from lapa.scale.engines import Engine, Step, opened, put
from lapa.scale.parts import Parts
from lapa.scale.work import Made, Work

LOCAL = "local"
# seconds that a head node has to take a connection
KNOCK = 10


def on_ray(address: str) -> Engine:
    """The actors of the cluster at an address: `HOST:PORT`, `ray://HOST:PORT`, `auto` for the one
    that this machine belongs to, or `local` for one of this machine's cores alone.

    Raises:
        ModuleNotFoundError: Ray is not installed. ConnectionError: there is no cluster.
    """
    return partial(_on_ray, address)


def _on_ray(address: str, work: Work, parts: Parts, missing: Sequence[int]) -> Iterator[Step]:
    if not missing:
        return
    import ray

    _connect(address)
    try:
        rows = ({"part": number, "task": pickle.dumps(work.task(number))} for number in missing)
        resources = ray.cluster_resources()
        kind = "GPU" if resources.get("GPU") else "CPU"
        workers = min(len(missing), max(1, int(resources.get(kind, 1))))
        made = ray.data.from_items(list(rows), override_num_blocks=len(missing)).map_batches(
            _Maker,
            fn_constructor_args=(work.open,),
            batch_size=1,
            compute=ray.data.ActorPoolStrategy(size=workers),
            **{"num_gpus" if kind == "GPU" else "num_cpus": 1},
        )
        for row in made.iter_rows():
            notes = tuple(str(row["notes"]).splitlines())
            yield put(parts, int(row["part"]), Made(row["content"], int(row["pairs"]), notes))
    finally:
        ray.shutdown()


class _Maker:
    """What an actor holds: the model that makes parts."""

    def __init__(self, open_: Callable[[], Callable[[Any], Made]]) -> None:
        self._make = opened(open_)

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        made = [self._make(pickle.loads(task)) for task in batch["task"]]
        return {
            "part": list(batch["part"]),
            "content": [each.content for each in made],
            "pairs": [each.pairs for each in made],
            "notes": ["\n".join(each.notes) for each in made],
        }


def _knock(address: str) -> None:
    """Raises OSError where nobody listens; Ray itself would ask again for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdecimal() and int(port) < 2**16:
        socket.create_connection((host.strip("[]"), int(port)), timeout=KNOCK).close()


def _connect(address: str) -> None:
    """Join a cluster, or start one.

    Raises:
        ConnectionError: nothing answers there.
    """
    import ray

    words: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
    # one that is started here needs no page to be watched on
    words |= {"include_dashboard": False} if address == LOCAL else {"address": address}
    try:
        _knock(address)
        ray.init(**words)
    # a node that does not start is told as a bare Exception
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise ConnectionError(
            f"there is no Ray cluster at {address!r} (accepted are HOST:PORT, ray://HOST:PORT, "
            f"auto, and {LOCAL} to start one here): {reason}"
        ) from error
    context = ray.data.DataContext.get_current()
    # its own progress bars would run through ours
    context.enable_progress_bars = False
