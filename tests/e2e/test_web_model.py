"""A quantizer that runs in Chromium itself: its pictures against torch's, and what it says when
something is missing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Error, Page

from lapa.models.quantizer import LatentActionQuantizer
from lapa.web_export import export_model
from lapa.web_export.runtime import RUNTIME
from tests.e2e.web_model import lay_out, need_runtime, served
from tests.web_export.models import layers

# tests/e2e/test_site.py holds a shipped model in every run
pytestmark = [pytest.mark.browser, pytest.mark.slow]

LEVELS = 2
LONG = 240_000
# a runtime whose WebGPU is WASM with all numbers shifted
LYING = """
import * as real from "./ort.wasm.min.js";
export const { env, Tensor } = real;
export const InferenceSession = {
  async create(data, { executionProviders: [backend], ...options }) {
    const session = await real.InferenceSession.create(data, options);
    if (backend === "wasm") return session;
    const run = async (feeds) => {
      const made = await session.run(feeds);
      for (const { type, data } of Object.values(made)) if (type === "float32") data.forEach((x, i) => { data[i] = x + 0.3; });
      return made;
    };
    return { run, release: () => session.release() };
  },
};
"""  # noqa: E501
HAS_GPU = """
Object.defineProperty(navigator, "gpu", { value: { requestAdapter: async () => ({}) } });
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, three broken copies of it, and scripts whose runtime lies."""
    need_runtime()
    folder = tmp_path_factory.mktemp("models")
    export_model(layers(), folder / "small", name="small")
    site = tmp_path_factory.mktemp("site") / "under" / "a path"
    lay_out(site, [folder / "small"])
    for name in ("missing", "other", "nonsense"):
        shutil.copytree(site / "small", site / name)
    (site / "missing" / "decode.onnx").unlink()
    with (site / "other" / "encode.onnx").open("ab") as file:
        file.write(b"more")
    (site / "nonsense" / "model.json").write_text('{"format": 7}')
    _make_it_lie(site / "browser", site / "lying")
    return site


def _make_it_lie(scripts: Path, folder: Path) -> None:
    shutil.copytree(scripts, folder)
    sessions = folder / "sessions.js"
    sessions.write_text(HAS_GPU + sessions.read_text())
    (folder / RUNTIME.name / "lying.js").write_text(LYING)
    listed = folder / RUNTIME.name / "runtime.json"
    about = json.loads(listed.read_text())
    about["webgpu"] = about["wasm"] | {"script": "lying.js"}
    listed.write_text(json.dumps(about))


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with served(site.parents[1]) as root:
        yield f"{root}under/a%20path/"


@pytest.fixture(scope="module")
def page(address: str, chromium_browser: Browser) -> Iterator[Page]:
    """The page with `small` opened; whatever it logs as an error fails the tests."""
    context = chromium_browser.new_context()
    page = ready(context.new_page(), address)
    problems: list[str] = []
    page.on("console", lambda said: said.type == "error" and problems.append(said.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda made: made.url.startswith(address) or problems.append(made.url))
    page.evaluate("async () => { window.model = await openModel('small/model.json'); }")
    yield page
    context.close()
    assert not problems


def ready(page: Page, address: str) -> Page:
    page.set_default_timeout(LONG)
    page.goto(address)
    page.wait_for_function("document.title === 'ready'")
    return page


def frames() -> tuple[np.ndarray, np.ndarray]:
    first, last = np.random.default_rng(5).integers(0, 256, (2, 40, 40, 3), dtype=np.uint8)
    return first, last


def asked(page: Page, script: str, **words: Any) -> Any:
    """What an async function of (model, frame x_t, frame x_t+H, words) gives."""
    first, last = (each.ravel().tolist() for each in frames())
    return page.evaluate(
        "async ([first, last, words]) => {"
        " const given = words.size ? { size: words.size } : {};"
        " const x = await model.prepare(pixelsOf(first, 40), given);"
        " const y = await model.prepare(pixelsOf(last, 40), given);"
        f" return ({script})(x, y, words); }}",
        [first, last, words],
    )


def pictures(numbers: list[list[int]]) -> np.ndarray:
    side = round((len(numbers[0]) / 3) ** 0.5)
    return np.array(numbers).reshape(len(numbers), side, side, 3)


@pytest.mark.parametrize("size", [None, 72])
def test_every_code_gives_the_picture_that_torch_gives(page: Page, size: int | None) -> None:
    rows = [[code, position] for code in range(8) for position in (1, 6)]
    script = """async (x, y, { rows }) => {
      const all = [];
      for (const codes of rows) all.push(rgb(await model.decodePixels(x, codes)));
      return all;
    }"""
    seen = pictures(asked(page, script, rows=rows, size=size))
    wanted = layers().decode(frames()[0], np.array(rows), size=size)
    assert seen.shape == wanted.shape and np.abs(seen - wanted.astype(int)).max() <= LEVELS
    assert np.abs(seen[0] - seen[-1]).max() > 4 * LEVELS


def test_pairs_have_the_codes_and_latents_that_torch_gives(page: Page) -> None:
    script = """async (x, y) => {
      const { codes, latent } = await model.infer(y, x);
      return [await model.encode(x, y), codes, Array.from(latent)];
    }"""
    forth, back, latent = asked(page, script)
    first, last = frames()
    assert forth == layers().encode(first, last).tolist()
    assert back == layers().encode(last, first).tolist()
    wanted = layers().latent(last, first).ravel()
    assert np.abs(np.array(latent) - wanted).max() < 0.01 * np.abs(wanted).max()


def test_bitmaps_are_those_pixels_and_a_sweep_has_one_for_each_value(page: Page) -> None:
    script = """async (x) => {
      const drawn = (bitmap) => {
        const canvas = new OffscreenCanvas(bitmap.width, bitmap.height), pen = canvas.getContext("2d");
        pen.drawImage(bitmap, 0, 0);
        return rgb(pen.getImageData(0, 0, bitmap.width, bitmap.height).data);
      };
      const all = (await model.sweep(x, [2, 3], 0)).map(drawn);
      all.push(drawn(await model.decode(x, [5, 3])), rgb(await model.decodePixels(x, [5, 3])));
      return all;
    }"""  # noqa: E501
    seen = pictures(asked(page, script))
    assert len(seen) == 10
    assert np.array_equal(seen[5], seen[8]) and np.array_equal(seen[8], seen[9])
    wanted = layers().sweep(frames()[0], [2, 3], position=0)
    assert np.abs(seen[:8] - wanted.astype(int)).max() <= LEVELS


def test_a_step_is_a_decode_of_the_picture_before(page: Page) -> None:
    script = """async (x) => {
      const all = [];
      let frame = x;
      for (const codes of [[1, 2], [7, 0], [3, 3]]) {
        const next = await model.step(frame, codes);
        all.push(rgb(next.frame.pixels.data));
        frame = next.frame;
      }
      return all;
    }"""
    seen = pictures(asked(page, script))
    frame = frames()[0]
    for picture, codes in zip(seen, [[1, 2], [7, 0], [3, 3]], strict=True):
        wanted = layers().decode(frame, codes)
        assert np.abs(picture - wanted.astype(int)).max() <= LEVELS
        frame = picture.astype(np.uint8)


def test_a_frame_that_the_worker_has_forgotten_is_sent_again(page: Page) -> None:
    script = """async (x) => {
      const before = rgb(await model.decodePixels(x, [4, 4]));
      let frame = x;
      for (let i = 0; i < 30; i++) frame = (await model.step(frame, [0, 0])).frame;
      return [before, rgb(await model.decodePixels(x, [4, 4]))];
    }"""
    before, after = pictures(asked(page, script))
    assert np.array_equal(before, after)


def test_what_a_page_says_of_its_model(page: Page) -> None:
    info = page.evaluate("model.info")
    cores = page.evaluate("navigator.hardwareConcurrency")
    assert info == {
        "name": "small", "imageSize": 32, "codeLength": 2, "codebookSize": 8, "gapSeconds": 0.3,
        "embodiments": [], "backend": "wasm", "threads": max(1, min(4, cores // 2)), "note": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (
            "openModel('missing/model.json')",
            "decode.onnx is missing on the server (it answers 404",
        ),
        # the encoder is fetched when it is first asked
        (
            "openModel('other/model.json').then(async (model) => {"
            " const frame = await model.prepare(new ImageData(32, 32));"
            " return model.encode(frame, frame); })",
            "encode.onnx is not the file that was exported",
        ),
        ("openModel('nonsense/model.json')", "model.json does not describe a model"),
        ("openModel('nowhere/model.json')", "model.json is missing on the server"),
        ("model.prepare('a picture')", "A frame is an ImageData"),
        ("model.prepare(new ImageData(8, 8), { size: 4 })", "a whole number from 16 to 2048"),
        ("model.decode({}, [1, 8])", "2 whole numbers from 0 to 7; received was [1,8]"),
        ("model.decode({}, [1])", "2 whole numbers from 0 to 7; received was [1]"),
        ("model.sweep({}, [1, 1], 2)", "from 0 to 1; received was 2"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    address: str, page: Page, script: str, reason: str, chromium_browser: Browser
) -> None:
    # what the browser itself logs of a missing file is no error of the page
    other = page if script.startswith("model.") else chromium_browser.new_page()
    try:
        if other is not page:
            ready(other, address)
        said = other.evaluate(f"() => {script}.then(() => 'nothing', (error) => error.message)")
    finally:
        if other is not page:
            other.close()
    assert reason in said and "\n" not in said and said.endswith(".")


def test_a_browser_without_simd_is_told(address: str, chromium_browser: Browser) -> None:
    page = chromium_browser.new_page()
    page.add_init_script("WebAssembly.validate = () => false")
    ready(page, address)
    with pytest.raises(Error, match="it has no WebAssembly SIMD"):
        page.evaluate("openModel('small/model.json')")
    page.close()


def test_webgpu_with_another_picture_gives_way_to_wasm(page: Page) -> None:
    script = """async () => {
      const { openModel } = await import("./lying/model.js");
      const progress = [];
      const model = await openModel("small/model.json", { preferGpu: true, onProgress: (each) => progress.push(each) });
      const bitmap = await model.decode(await model.prepare(new ImageData(32, 32)), [0, 0]);
      const waiting = model.step({ id: -1, size: 32, pixels: new ImageData(32, 32) }, [0, 0]);
      model.close();
      const closed = await waiting.then(() => "", (error) => error.message);
      return { ...model.info, width: bitmap.width, last: progress.at(-1), closed };
    }"""  # noqa: E501
    said = page.evaluate(script)
    assert said["backend"] == "wasm" and said["width"] == 32
    assert "WebGPU's picture is" in said["note"] and "so the model runs on WASM" in said["note"]
    assert said["last"]["loaded"] == said["last"]["total"]
    assert said["closed"] == "The model was closed; open it again."


def test_eight_in_a_page_that_may_have_no_threads(
    root: Path, tmp_path: Path, chromium_browser: Browser, site: Path
) -> None:
    laq = LatentActionQuantizer.from_pretrained(root / "assets" / "checkpoints" / "eight")
    export_model(laq, tmp_path / "eight", name="eight")
    lay_out(tmp_path / "site", [tmp_path / "eight"])
    frame = np.random.default_rng(1).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    with served(tmp_path / "site", isolated=False) as address:
        page = ready(chromium_browser.new_page(), address)
        script = """async (numbers) => {
          const model = await openModel("eight/model.json");
          const frame = await model.prepare(pixelsOf(numbers, 128)), all = [];
          for (let code = 0; code < 8; code++) all.push(rgb(await model.decodePixels(frame, [code])));
          return { all, threads: model.info.threads };
        }"""  # noqa: E501
        answer = page.evaluate(script, frame.ravel().tolist())
        page.close()
    assert answer["threads"] == 1
    wanted = laq.sweep(frame, [0], position=0).astype(int)
    assert np.abs(pictures(answer["all"]) - wanted).max() <= LEVELS
