"""The drawer Models: what is offered, opening another, and everything that may go wrong."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
import torch

from app.core.limits import Limits, UserError
from app.core.views import Model
from app.explorer import Explorer
from app.server import serving
from app.tabs.models.tab import ModelHandlers
from lapa.models.config import LAQConfig, explorer_config
from lapa.models.quantizer import LatentActionQuantizer
from lapa.official.laq import to_official
from tests.app.checkups import write_two_networks

OPEN = Limits(open_models=True, opened_models=2)
TINY = explorer_config(
    image_size=32, patch_size=8, dim=16, heads=2, dim_head=8, temporal_depth=1, decoder_depth=1,
    stem_widths=(8,), code_length=2, codebook_size=4, quant_dim=4, head="warp",
)  # fmt: skip


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    LatentActionQuantizer(TINY).save_pretrained(folder)
    return folder


@pytest.fixture
def explorer(tmp_path: Path, tiny: Path) -> Explorer:
    """The service with lapa's own loader and one shipped checkpoint."""
    shipped = tmp_path / "checkpoints" / "shipped"
    shutil.copytree(tiny, shipped)
    (tmp_path / "clips").mkdir()
    return Explorer(tmp_path / "checkpoints", tmp_path / "clips", OPEN)


def opened(explorer: Explorer, source: str | Path) -> tuple[list[str], Model]:
    told = list(explorer.models.open(str(source)))
    return told[:-1], told[-1]


def test_what_each_takes_is_told(explorer: Explorer, tiny: Path) -> None:
    (offer,) = explorer.models.offered()
    assert offer.model.name == "shipped" and offer.source == ""
    assert offer.bytes == 4 * offer.model.parameters and 0 < offer.milliseconds < 5000


def test_another_is_opened_and_used_like_the_shipped_one(explorer: Explorer, tiny: Path) -> None:
    stages, model = opened(explorer, tiny)
    assert stages[0] == "Looking for it" and stages[2].startswith("Loading 0.1 million")
    assert (model.name, model.code_length, model.codebook_size) == ("tiny", 2, 4)
    assert [offer.model.name for offer in explorer.models.offered()] == ["shipped", "tiny"]
    assert explorer.models.offered()[1].source == "tiny", "no path of the server"
    frame = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    alone = LatentActionQuantizer.from_pretrained(tiny).decode(frame, [3, 1])
    assert (
        np.abs(explorer.explore.decode_image("tiny", frame, [3, 1]).astype(int) - alone).max() <= 1
    )


def test_names_do_not_meet_and_the_first_opened_goes(explorer: Explorer, tiny: Path) -> None:
    assert [opened(explorer, tiny)[1].name for _ in range(3)] == ["tiny", "tiny-2", "tiny-3"]
    assert [model.name for model in explorer.models.all()] == ["shipped", "tiny-2", "tiny-3"]
    with pytest.raises(UserError, match="no checkpoint 'tiny'"):
        explorer.models.get("tiny")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("", "Name a folder"),
        ("x" * 501, "Name a folder"),
        ("/nowhere/at/all", "cannot be opened: no checkpoint at '/nowhere/at/all'"),
        ("{empty}", r"config.json and model.safetensors missing"),
        ("{broken}", "config.json"),
        ("{text}", "text.pt"),
    ],
)
def test_what_is_no_model_is_a_sentence(explorer, tmp_path, tiny, source: str, said: str) -> None:
    for name in ("empty", "broken"):
        (tmp_path / name).mkdir()
    shutil.copy(tiny / "model.safetensors", tmp_path / "broken")
    (tmp_path / "broken" / "config.json").write_text("{")
    (tmp_path / "text.pt").write_text("hello")
    for name in ("empty", "broken"):
        source = source.replace(f"{{{name}}}", str(tmp_path / name))
    source = source.replace("{text}", str(tmp_path / "text.pt"))
    with pytest.raises(UserError, match=said) as error:
        list(explorer.models.open(source))
    assert "\n" not in str(error.value) and "Errno" not in str(error.value)
    assert [model.name for model in explorer.models.all()] == ["shipped"], "all is as it was"


def test_what_does_not_fit_is_not_loaded(explorer: Explorer, tiny: Path, monkeypatch) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=1000))
    with pytest.raises(UserError, match=r"needs 0.2 GB while it is loaded; 0.0 GB are free"):
        list(explorer.models.open(str(tiny)))
    monkeypatch.undo()

    def full(path: Path):
        raise MemoryError

    monkeypatch.setattr(explorer.models, "_load", full)
    with pytest.raises(UserError, match="not enough memory"):
        list(explorer.models.open(str(tiny)))


def test_a_public_page_pins_its_list(tmp_path: Path, tiny: Path) -> None:
    closed = Explorer(tiny.parent, tmp_path)
    assert not closed.models.open_models
    with pytest.raises(UserError, match="turned off here"):
        list(closed.models.open(str(tiny)))
    listed = ModelHandlers(closed.models).offered(
        SimpleNamespace(_data={}), SimpleNamespace(session_hash="a")
    )
    assert listed["open"] is False and [m["model"]["name"] for m in listed["models"]] == ["tiny"]


@pytest.mark.parametrize(
    ("words", "told", "open_models"),
    [
        ([], {}, True),
        (["--host", "0.0.0.0"], {}, False),
        (["--host", "0.0.0.0", "--open-models"], {}, True),
        (["--public"], {}, False),
        (["--public", "--open-models"], {}, False),
        ([], {"LAPA_PUBLIC": "1"}, False),
        ([], {"GRADIO_SERVER_NAME": "0.0.0.0"}, False),
    ],
)
def test_who_may_open_models(tmp_path: Path, words, told, open_models: bool) -> None:
    assert serving(words, told, tmp_path).open_models is open_models


def test_the_page_is_told_how_far_it_is(explorer: Explorer, tiny: Path) -> None:
    event = (
        SimpleNamespace(_data={"source": str(tiny), "seq": 4}),
        SimpleNamespace(session_hash="a"),
    )
    records = list(ModelHandlers(explorer.models).another(*event))
    assert [record["kind"] for record in records[-2:]] == ["opened", "ended"]
    assert {record["kind"] for record in records[:-2]} == {"stage"}
    assert records[-2]["name"] == "tiny" and len(records[-2]["models"]) == 2
    wrong = SimpleNamespace(_data={"source": "", "seq": 5}), SimpleNamespace(session_hash="a")
    (last,) = ModelHandlers(explorer.models).another(*wrong)
    assert last == {"kind": "ended", "seq": 5, "error": last["error"]} and last["error"]


def test_an_official_file_is_opened_by_its_path(explorer: Explorer, tmp_path: Path) -> None:
    network = LatentActionQuantizer(
        LAQConfig(
            image_size=64, patch_size=8, dim=32, heads=2, dim_head=16, spatial_depth=1,
            temporal_depth=1, decoder_depth=1, quant_dim=8,
        )
    )  # fmt: skip
    state = {f"module.{name}": value for name, value in to_official(network.state_dict()).items()}
    torch.save(state, tmp_path / "laq_mine.pt")
    _, model = opened(explorer, tmp_path / "laq_mine.pt")
    assert (model.name, model.code_length, model.codebook_size) == ("laq_mine", 4, 8)
    assert explorer.models.offered()[-1].source.endswith("laq_mine.pt")


@pytest.fixture(scope="module")
def two_networks(tmp_path_factory) -> Path:
    """An official file that can be of 128 px with 4 codes, or of 256 px with 16."""
    path = tmp_path_factory.mktemp("official") / "laq_two.pt"
    write_two_networks(path)
    return path


def test_a_file_that_fits_two_networks_asks_which(explorer: Explorer, two_networks) -> None:
    def asked(**more: object) -> list[dict]:
        event = SimpleNamespace(_data={"source": str(two_networks), "seq": 3, **more})
        return list(
            ModelHandlers(explorer.models).another(event, SimpleNamespace(session_hash="a"))
        )

    last = asked()[-1]
    assert last["kind"] == "ended" and last["readings"] == [[128, 4], [256, 16]]
    assert last["error"] == (
        "The file does not say what it is, and fits 128 px with 4 codes or 256 px with 16 codes. "
        "Choose one."
    )
    assert [model.name for model in explorer.models.all()] == ["shipped"]
    for size, length in last["readings"]:
        name = asked(reading=[size, length])[-2]["name"]
        model = explorer.models.get(name)
        assert (model.image_size, model.code_length) == (size, length)
    assert "does not fit these weights" in asked(reading=[256, 4])[-1]["error"]
    for junk in (7, [1], ["a", 4], [256, None]):
        assert "cannot be read; please reload it" in asked(reading=junk)[-1]["error"]
