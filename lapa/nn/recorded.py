"""A computation of tensors as one call: recorded once, then replayed without Python in between.

Eager torch gives Python's lock back at every operation and asks for it anew. Where another thread
computes in Python, each of the hundred operations of a small network may wait for it up to
`sys.getswitchinterval()`: a picture of 11 ms takes a second beside a thread that never rests, and
40 ms when it is replayed (`python -m tests.nn.bench_recorded`).
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any
from weakref import WeakMethod

import torch
from torch import Tensor

# shapes that are remembered, those that were asked for latest
KEPT = 64
Computation = Callable[..., tuple[Tensor, ...]]


class Recorded:
    """A model's method `compute(*tensors)`, a tuple of tensors, once its weights change no more.

    Inputs of a new shape are computed as ever; when the shape comes again, what is done to them is
    recorded (torch.jit.trace), and replayed from then on. So what the code decides by shapes is
    decided anew for each. Weights are not copied; none may ask for a gradient. The model may keep
    this and still goes as soon as nobody else has it.
    """

    def __init__(self, compute: Computation) -> None:
        self._compute = WeakMethod(compute)
        # None: met once
        self._by_shape: OrderedDict[Hashable, Computation | None] = OrderedDict()

    def __call__(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """What the method gives for these inputs."""
        shape = tuple((each.shape, each.stride(), each.dtype, each.device) for each in inputs)
        known = self._by_shape.get(shape)
        if known is None and shape in self._by_shape:
            known = self._record(inputs)
        self._by_shape[shape] = known
        self._by_shape.move_to_end(shape)
        while len(self._by_shape) > KEPT:
            self._by_shape.popitem(last=False)
        return (known or self._plainly)(*inputs)

    def _plainly(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        compute = self._compute()
        assert compute is not None  # it is the model that asks
        return compute(*inputs)

    def _record(self, inputs: tuple[Tensor, ...]) -> Any:
        with warnings.catch_warnings():
            # that numbers read from shapes become constants is what is wanted here
            warnings.simplefilter("ignore", torch.jit.TracerWarning)  # type: ignore[attr-defined]
            # torch.compile needs a compiler and Python between its parts, torch.export Python
            warnings.simplefilter("ignore", DeprecationWarning)
            return torch.jit.trace(_free(self._plainly), inputs, check_trace=False)


def _free(method: Computation) -> Computation:
    """As a function, because methods are refused."""
    weak = WeakMethod(method)
    return lambda *inputs: weak()(*inputs)  # type: ignore[misc]  # alive while it records
