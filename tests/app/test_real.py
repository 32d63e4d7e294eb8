"""The service and the endpoints on the shipped clips and the shipped checkpoint."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.explorer import Explorer

MODEL = "robots"


@pytest.fixture(scope="module")
def shipped(root: Path) -> Explorer:
    return Explorer(root / "assets" / "checkpoints", root / "assets" / "clips")


@pytest.fixture(scope="module")
def explorer(shipped: Explorer) -> Explorer:
    assert shipped.models.get(MODEL).error is None
    return shipped


@pytest.fixture(scope="module")
def client(explorer: Explorer) -> Iterator:
    import gradio as gr
    import gradio_client

    from app.page import register

    with gr.Blocks() as page:
        register(explorer)
    _, url, _ = page.launch(prevent_thread_lock=True, server_name="127.0.0.1", quiet=True)
    yield gradio_client.Client(url, verbose=False)
    page.close()


def one_of_each(explorer: Explorer) -> list:
    """A clip of every embodiment, and a frame early enough to have a future."""
    return [(clips[0], 3) for clips in map(explorer.clips.all, explorer.clips.embodiments())]


def test_every_shipped_clip_is_listed_and_one_of_each_opens(shipped: Explorer) -> None:
    assert shipped.clips.problem() == ""
    clips = shipped.clips.all()
    assert len(clips) >= 100 and len(shipped.clips.embodiments()) == 19
    assert {clip.split for clip in clips} == {"holdout"}
    for clip, _ in one_of_each(shipped):
        frame = shipped.clips.frame(clip.id, clip.frames - 1)
        assert frame.shape == (clip.height, clip.width, 3) and frame.std() > 5


def test_predictions_are_the_librarys_own(explorer: Explorer) -> None:
    from lapa.models.quantizer import LatentActionQuantizer

    laq = LatentActionQuantizer.from_pretrained(explorer._checkpoints._folder / MODEL)
    for clip, index in one_of_each(explorer)[:3]:
        seen = explorer.explore.predict(MODEL, clip.id, index)
        native = np.array(explorer.clips.frame(clip.id, index))
        later = np.array(explorer.clips.frame(clip.id, seen.future_index))
        assert np.array_equal(seen.frame, laq.resize(native, size=256))
        assert np.array_equal(seen.future, laq.resize(later, size=256))
        assert seen.codes == tuple(laq.encode(native, later).tolist())
        assert np.array_equal(seen.image, laq.decode(native, seen.codes, size=256))
        swept = explorer.explore.sweep(MODEL, clip.id, index, seen.codes, 1)
        here = swept.images[seen.codes[1]].astype(int)
        assert np.abs(here - seen.image).max() <= 2


def test_inferred_codes_bring_most_robots_closer_to_the_future(explorer: Explorer) -> None:
    ratios = []
    for embodiment in explorer.clips.embodiments():
        for clip in explorer.clips.all(embodiment)[:2]:
            figures = explorer.explore.predict(MODEL, clip.id, clip.frames // 3).figures
            ratios.append(figures.mse_ratio if figures and figures.mse_ratio else 1.0)
    assert np.median(ratios) < 0.95


@pytest.mark.timed
def test_a_pressed_code_costs_little_more_than_its_decoding(explorer: Explorer) -> None:
    clip, index = one_of_each(explorer)[0]
    explorer.explore.predict(MODEL, clip.id, index)
    laq = explorer._checkpoints.get(MODEL).quantizer
    scene = laq.prepare(np.array(explorer.clips.frame(clip.id, index)), size=256)
    presses, decodes = [], []
    for seed in range(15):
        codes = tuple(map(int, np.random.default_rng(seed).integers(8, size=4)))
        start = time.perf_counter()
        explorer.explore.predict(MODEL, clip.id, index, codes)
        presses.append(1000 * (time.perf_counter() - start))
        start = time.perf_counter()
        explorer._compute.run(laq.decode, scene, codes)
        decodes.append(1000 * (time.perf_counter() - start))
    press, decode = np.median(presses), np.median(decodes)
    print(f"a pressed code: {press:.1f} ms, of which decoding {decode:.1f} ms")
    assert press < 2.5 * decode, (presses, decodes)


def test_the_endpoints_with_the_shipped_model(client, explorer: Explorer, tmp_path: Path) -> None:
    from gradio_client import handle_file

    clip, index = one_of_each(explorer)[4]
    seen = explorer.explore.predict(MODEL, clip.id, index)
    place = {"clip": clip.id, "index": index, "model": MODEL}
    answer = client.predict(**place, api_name="/encode")
    assert tuple(answer["codes"]) == seen.inferred
    assert np.isfinite(answer["latent"]).all()
    path, record = client.predict(codes=answer["text"], **place, api_name="/decode")
    with Image.open(path) as image:
        native = np.array(explorer.clips.frame(clip.id, index))
        own = explorer.explore.decode_image(MODEL, native, seen.codes)
        assert np.array_equal(np.asarray(image), own) and own.shape[0] == 128
    assert record["figures"]["sentence"] == seen.figures.sentence
    _, record = client.predict(2, codes=answer["codes"], **place, api_name="/sweep")
    assert len(record["images"]) == explorer.models.get(MODEL).codebook_size
    # the same frames sent as files, as they are shown, give the same latent action
    for name, pixels in (("frame", seen.frame), ("future", seen.future)):
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    files = {n: handle_file(str(tmp_path / f"{n}.png")) for n in ("frame", "future")}
    sent = client.predict(**files, model=MODEL, api_name="/encode")
    assert tuple(sent["codes"]) == seen.inferred
