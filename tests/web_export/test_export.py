"""A quantizer as ONNX graphs: what is written, whether it is torch's, and what is refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from lapa.models.quantizer import LatentActionQuantizer
from lapa.nn.reduce import cost_volume
from lapa.web_export import ModelFiles, export_model, model
from lapa.web_export.native import NativeModel
from lapa.web_export.network import gathered_volume
from tests.web_export.models import layers, official

GRAPHS = ("prepare", "decode", "encode")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> ModelFiles:
    folder = tmp_path_factory.mktemp("exported")
    return export_model(layers(), folder, name="small", embodiments=["arm", "hand"])


def test_a_folder_says_what_lies_in_it(exported: ModelFiles) -> None:
    about = json.loads((exported.folder / "model.json").read_text())
    own = {
        key: about[key] for key in ("name", "image_size", "code_length", "codebook_size", "head")
    }
    assert own == {
        "name": "small", "image_size": 32, "code_length": 2, "codebook_size": 8, "head": "layers",
    }  # fmt: skip
    assert about["gap_seconds"] == 0.3 and about["embodiments"] == ["arm", "hand"]
    assert set(exported.names) == {"model.json", *(f"{name}.onnx" for name in GRAPHS)}
    for graph in about["graphs"].values():
        data = (exported.folder / graph["file"]).read_bytes()
        assert len(data) == graph["bytes"] and hashlib.sha256(data).hexdigest() == graph["sha256"]
        # nothing of where it was made
        assert str(Path.home()).encode() not in data and b"site-packages" not in data
    assert about["graphs"]["prepare"]["outputs"] == ["start", "skip0", "tokens", "map"]
    assert about["graphs"]["decode"]["inputs"] == ["codes", "start", "skip0"]
    assert about["graphs"]["decode"]["outputs"] == ["flow", "paint", "masks"]
    sizes = sum((exported.folder / name).stat().st_size for name in exported.names)
    assert exported.bytes == sizes and exported.levels <= model.LEVELS


def held(laq: LatentActionQuantizer, folder: Path) -> None:
    """Pictures and codes of the files against those of torch, on frames that no export compared."""
    native = NativeModel(laq, {name: (folder / f"{name}.onnx").read_bytes() for name in GRAPHS})
    generator = np.random.default_rng(7)
    first, last = generator.integers(0, 256, (2, 40, 48, 3), dtype=np.uint8)
    scene, after = native.prepare(first), native.prepare(last)
    assert native.encode(scene, after).tolist() == laq.encode(first, last).tolist()
    pictures = []
    for code in range(8):
        row = np.full(laq.config.code_length, code)
        pictures.append(native.decode(scene, row))
        assert np.abs(pictures[-1] - laq.decode(first, row)).max() <= model.LEVELS
    # codes make a difference, or equal pictures would prove nothing
    assert np.abs(pictures[0] - pictures[5]).max() > 4 * model.LEVELS


def test_pictures_and_codes_are_those_of_torch(exported: ModelFiles) -> None:
    held(layers(), exported.folder)


@pytest.mark.slow
def test_so_are_those_of_the_official_network(tmp_path: Path) -> None:
    export_model(official(), tmp_path, name="official", precision="float32")
    held(official(), tmp_path)
    about = json.loads((tmp_path / "model.json").read_text())
    assert about["graphs"]["decode"]["outputs"] == ["pixels"]


def test_weights_take_the_bytes_that_their_precision_says() -> None:
    from lapa.web_export.graphs import to_onnx

    linear = torch.nn.Linear(64, 64, bias=False).eval().requires_grad_(False)
    x = torch.ones(1, 64)
    sizes, outputs = {}, {}
    for precision in ("float32", "float16", "int8"):
        data = to_onnx(linear, {"x": x}, ["y"], precision)
        sizes[precision] = len(data)
        outputs[precision] = _run(data, x)
    assert to_onnx(linear, {"x": x}, ["y"], "int8") == data
    assert sizes["float32"] > 4 * 4096 > sizes["float16"] > 2 * 4096 > sizes["int8"]
    wanted = linear(x).numpy()
    assert np.abs(outputs["float32"] - wanted).max() < 1e-5
    assert np.abs(outputs["float16"] - wanted).max() < 64 * 0.125 * 2**-11
    # each weight is off by half a step at most
    assert np.abs(outputs["int8"] - wanted).max() < 64 * 0.125 / 254


def _run(data: bytes, x: torch.Tensor) -> np.ndarray:
    import onnxruntime

    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x.numpy()})[0]


def test_places_are_compared_as_in_training() -> None:
    one, two = torch.randn(2, 1, 8, 6, 5).unbind()
    # sums in another order: equal to the last bit on some processors alone
    wanted = cost_volume(one, two, 2)
    torch.testing.assert_close(gathered_volume(one, two, 2), wanted, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("levels", "precision", "reason"),
    [
        (-1, "float16", "grey levels away from its own; accepted are -1; choose float32"),
        (model.LEVELS, "bfloat16", "precision is 'bfloat16'; accepted are float32, float16, int8"),
    ],
)
def test_what_is_refused_leaves_no_file(
    levels: int,
    precision: str,
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    made_once: Callable[..., None],
) -> None:
    made_once(monkeypatch)
    monkeypatch.setattr(model, "LEVELS", levels)
    with pytest.raises(ValueError, match=reason):
        export_model(layers(), tmp_path / "site", name="small", precision=precision)
    assert not (tmp_path / "site").exists()


@pytest.fixture
def made_once(exported: ModelFiles) -> Callable[..., None]:
    """Lets an export take the graphs that are there already, which is most of its time."""
    about = json.loads((exported.folder / "model.json").read_text())["graphs"]
    graphs = [
        model._Graph(
            name,
            (exported.folder / graph["file"]).read_bytes(),
            tuple(graph["inputs"]),
            tuple(graph["outputs"]),
        )
        for name, graph in about.items()
    ]
    return lambda patch: patch.setattr(model, "_graphs", lambda *_: graphs)


def test_other_codes_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made_once: Callable[..., None]
) -> None:
    made_once(monkeypatch)
    other = layers()
    with torch.no_grad():
        # every code is called by another number
        other.codebook.vectors.copy_(other.codebook.vectors.roll(1, -2))
    with pytest.raises(
        ValueError, match=r"small in float16 encodes a pair as \[.*\], its own codes"
    ):
        export_model(other, tmp_path, name="small")


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(model, "NEEDED", ("onnx", "onnx_that_nobody_has"))
    with pytest.raises(RuntimeError, match=r"needs onnx_that_nobody_has.*pip install '.\[web\]'"):
        export_model(layers(), tmp_path, name="small")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["eight", "drive", "robots", "tabletop"])
def test_shipped_models_keep_their_pictures_in_half_the_bytes(
    name: str, root: Path, tmp_path: Path
) -> None:
    laq = LatentActionQuantizer.from_pretrained(root / "assets" / "checkpoints" / name)
    made = export_model(laq, tmp_path, name=name)
    assert made.levels <= model.LEVELS and made.bytes < 7.5e6
    held(laq, tmp_path)
