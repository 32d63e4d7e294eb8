"""What the browser does with the graphs, done here in onnxruntime: to compare, and to time."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from lapa.models import frames
from lapa.models.quantizer import LatentActionQuantizer
from lapa.nn.heads import PixelHead, WarpHead, as_large_as

Scene = dict[str, np.ndarray]


class NativeModel:
    """The three graphs on one thread of the CPU.

    Args:
        laq: whose graphs they are; its head alone is used, to make pictures.
        graphs: ONNX bytes of "prepare", "decode" and "encode".
    """

    def __init__(self, laq: LatentActionQuantizer, graphs: Mapping[str, bytes]) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self._laq = laq
        self._sessions = {
            name: onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
            for name, data in graphs.items()
        }

    def prepare(self, frame: np.ndarray) -> Scene:
        """(H, W, 3) uint8 -> what `decode` and `encode` take."""
        seen, _ = frames.to_batch(frame, self._laq.config.image_size)
        return {"frame": seen.numpy()} | self._run("prepare", {"frame": seen.numpy()})

    def decode(self, scene: Scene, codes: np.ndarray) -> np.ndarray:
        """Codes (S,) -> the imagined frame (h, w, 3) as int, at the model's own size."""
        made = self._run("decode", scene | {"codes": codes[None].astype(np.int32)})
        fields = {name: torch.from_numpy(value) for name, value in made.items()}
        frame, head = torch.from_numpy(scene["frame"]), self._laq.head
        if isinstance(head, PixelHead):
            pixels = as_large_as(frame, fields["pixels"])
            image = frame + pixels if head.change else pixels
        else:
            assert isinstance(head, WarpHead)
            image = head.compose(frame, **fields).image
        kind: frames.Kind[np.ndarray] = frames.Kind(numpy=True, single=True)
        return kind.images(image).astype(int)

    def encode(self, first: Scene, last: Scene) -> np.ndarray:
        """Two prepared frames -> codes (S,)."""
        pair = {
            f"{name}_{of}": value
            for of, scene in (("t", first), ("next", last))
            for name, value in scene.items()
        }
        codes: np.ndarray = self._run("encode", pair)["codes"][0]
        return codes

    def _run(self, name: str, values: Scene) -> Scene:
        session = self._sessions[name]
        feeds = {each.name: values[each.name] for each in session.get_inputs()}
        outputs = [each.name for each in session.get_outputs()]
        return dict(zip(outputs, session.run(outputs, feeds), strict=True))
