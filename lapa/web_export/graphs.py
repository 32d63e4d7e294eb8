"""From a torch module to ONNX bytes: exported, its weights made small, nothing of this machine in
it, the same bytes every time."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import onnx
    from torch import Tensor, nn

# float32 first: the reference
PRECISIONS = ("float32", "float16", "int8")
# onnxruntime and onnxruntime-web know it; from here on GELU is one operator
OPSET = 20
# weights with fewer numbers than this save nothing worth a rounding: gains, biases, code vectors
FEW = 1024


def to_onnx(
    module: nn.Module, inputs: dict[str, Tensor], outputs: Sequence[str], precision: str
) -> bytes:
    """The module's graph.

    Args:
        inputs: an example of each by its name, in the order of `forward`; the shapes are kept.
        outputs: the names of what comes out, in order.
        precision: how the weights are stored, one of PRECISIONS; all compute in float32.
    """
    import torch

    # it warns of operators of packages that are not installed, and logs every step
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                module,
                tuple(inputs.values()),
                dynamo=True,
                input_names=list(inputs),
                output_names=list(outputs),
                opset_version=OPSET,
                verbose=False,
            )
    finally:
        logger.setLevel(level)
    assert program is not None
    proto = program.model_proto
    _forget_origin(proto)
    if precision != "float32":
        _shrink(proto.graph, precision)
    data: bytes = proto.SerializeToString(deterministic=True)
    return data


def _forget_origin(proto: onnx.ModelProto) -> None:
    """Drop where every node came from: half the file, and paths of this machine."""
    graph = proto.graph
    proto.producer_version = ""
    del proto.metadata_props[:], graph.metadata_props[:], graph.value_info[:]
    parts: list[Any] = [*graph.node, *graph.initializer, *graph.input, *graph.output]
    for each in parts:
        each.doc_string = ""
        del each.metadata_props[:]
    graph.doc_string = proto.doc_string = ""


def _shrink(graph: onnx.GraphProto, precision: str) -> None:
    """Store large weights in fewer bits, each followed by the nodes that make it float32 again;
    a runtime folds those away when it loads the graph."""
    from onnx import TensorProto, helper, numpy_helper

    convolved = {node.input[1] for node in graph.node if node.op_type == "Conv"}
    widened = []
    for tensor in list(graph.initializer):
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < FEW:
            continue
        name, values = tensor.name, numpy_helper.to_array(tensor)
        graph.initializer.remove(tensor)
        if precision == "float16":
            stored, scale = values.astype(np.float16), None
        else:
            stored, scale = _to_int8(values, axis=0 if name in convolved else -1)
        graph.initializer.append(numpy_helper.from_array(stored, f"{name}.stored"))
        cast = name if scale is None else f"{name}.whole"
        widened.append(helper.make_node("Cast", [f"{name}.stored"], [cast], to=TensorProto.FLOAT))
        if scale is not None:
            graph.initializer.append(numpy_helper.from_array(scale, f"{name}.scale"))
            widened.append(helper.make_node("Mul", [cast, f"{name}.scale"], [name]))
    nodes = [*widened, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def _to_int8(values: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers from −127 to 127 and a scale for each output channel, which `axis` counts."""
    others = tuple(np.delete(np.arange(values.ndim), axis))
    scale = np.abs(values).max(others, keepdims=True).astype(np.float32) / 127
    scale[scale == 0] = 1
    return np.round(values / scale).astype(np.int8), scale
