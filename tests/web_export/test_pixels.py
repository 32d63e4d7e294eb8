"""The browser's own sampling (pixels.js), run in node, against what torch computes."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lapa.models import frames
from lapa.nn.heads import PixelHead, WarpHead, as_large_as

PIXELS = "lapa/web_export/browser/pixels.js"
# arrays of numbers in, arrays of numbers out
SCRIPT = """
import { readFileSync } from "node:fs";
const { resize, compose } = await import(process.argv[1]);
const told = JSON.parse(readFileSync(0, "utf8"));
const floats = (numbers) => Float32Array.from(numbers);
if (told.head) {
  const fields = {};
  for (const [name, numbers] of Object.entries(told.fields)) fields[name] = floats(numbers);
  const rgba = compose(told.head, { size: told.size, rgb: floats(told.rgb) }, fields);
  console.log(JSON.stringify(Array.from(rgba)));
} else {
  const rgb = resize(floats(told.rgb), told.width, told.height, told.size);
  console.log(JSON.stringify(Array.from(rgb)));
}
"""


@pytest.fixture
def node(root: Path):
    """What the script answers to a record."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed, which runs the browser's scripts here")

    def run(**record: Any) -> np.ndarray:
        words = [program, "--input-type=module", "-e", SCRIPT, (root / PIXELS).as_uri()]
        done = subprocess.run(words, input=json.dumps(record), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return np.array(json.loads(done.stdout))

    return run


def interleaved(picture: torch.Tensor) -> list[float]:
    """(1, 3, h, w) as the browser keeps it."""
    return picture[0].permute(1, 2, 0).flatten().tolist()


@pytest.mark.parametrize(("width", "height", "size"), [(41, 30, 16), (9, 12, 24), (32, 20, 32)])
def test_pictures_are_resized_as_the_model_was_trained(node, width, height, size) -> None:
    picture = torch.rand(1, 3, height, width)
    answer = node(rgb=interleaved(picture), width=width, height=height, size=size)
    wanted = frames.resize(picture, size)[0].permute(1, 2, 0).flatten().numpy()
    assert np.abs(answer - wanted).max() < 1e-5


@pytest.mark.parametrize("head", ["layers", "warp"])
@pytest.mark.parametrize("size", [32, 72])
def test_pixels_are_moved_and_painted_as_by_the_head(node, head, size) -> None:
    torch.manual_seed(0)
    module = WarpHead(8, 4, (8,), layered=head == "layers")
    # far enough to leave the picture, and masks that are shut, open, and between
    flow, paint = torch.randn(1, 2, 8, 8) * 0.3, torch.rand(1, 3, 32, 32)
    masks = torch.randn(1, 2 if head == "layers" else 1, 32, 32) * 3
    frame = torch.rand(1, 3, size, size)
    with torch.no_grad():
        image = module.compose(frame, flow, paint, masks).image
    fields = {"flow": flow, "paint": paint, "masks": masks}
    numbers = {name: field.flatten().tolist() for name, field in fields.items()}
    answer = node(head=head, size=size, rgb=interleaved(frame), fields=numbers).reshape(-1, 4)
    wanted = frames.Kind(numpy=True, single=True).images(image).reshape(-1, 3)
    assert (answer[:, 3] == 255).all()
    # rounding alone
    assert np.abs(answer[:, :3] - wanted).max() <= 1
    assert (answer[:, :3] != wanted).mean() < 0.01


def test_what_does_not_move_stays_to_the_last_bit(node) -> None:
    frame = torch.arange(768).reshape(1, 3, 16, 16) % 256 / 255
    fields = {
        "flow": [0.2] * 32,
        "paint": [0.5] * 768,
        "masks": [-2.5] * 512,
    }
    answer = node(head="layers", size=16, rgb=interleaved(frame), fields=fields).reshape(-1, 4)
    assert np.array_equal(
        answer[:, :3].T.reshape(3, 16, 16), np.arange(768).reshape(3, 16, 16) % 256
    )


@pytest.mark.parametrize("head", ["pixels", "change"])
def test_pixels_of_the_other_heads(node, head) -> None:
    pixels, frame = torch.rand(1, 3, 16, 16) * 1.4 - 0.4, torch.rand(1, 3, 40, 40)
    large = as_large_as(frame, pixels)
    image = frame + large if PixelHead(4, 4, 4, change=head == "change").change else large
    wanted = frames.Kind(numpy=True, single=True).images(image).reshape(-1, 3)
    fields = {"pixels": pixels.flatten().tolist()}
    answer = node(head=head, size=40, rgb=interleaved(frame), fields=fields).reshape(-1, 4)
    assert np.abs(answer[:, :3] - wanted).max() <= 1
