"""bfloat16 everywhere: every preset trains under CPU autocast as in float32, and exactly resumes;
pairs in which nothing moves harm nothing; a compiled step is the same step; runs by the clock."""

from __future__ import annotations

import itertools
import shutil
from collections import deque
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from lapa.data import Cache
from lapa.models.quantizer import LatentActionQuantizer
from lapa.nn import processor
from lapa.nn.quantizers import build
from lapa.presets.quantizers import PRESETS, debug, preset
from lapa.training import hardware
from lapa.training import loop as loop_module
from lapa.training.quantizer.losses import LossWeights
from lapa.training.quantizer.recipe import quantize
from lapa.training.recipe import LoopConfig
from lapa.training.records import read_metrics
from lapa.training.toy import make_toy_videos

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return make_toy_videos(tmp_path_factory.mktemp("toy"), episodes=10, frames=12)


@pytest.fixture(scope="module")
def caches(video, tmp_path_factory):
    """The toy video at any size, each made once."""
    folder, made = tmp_path_factory.mktemp("caches"), {}

    def cache(size: int) -> Cache:
        if size not in made:
            made[size] = Cache.build(video, folder / str(size), size)
        return made[size]

    return cache


def small(name: str, steps: int = 6):
    """A preset as it is, but for the number of steps and what makes it heavy."""
    config = preset(name)
    model, loop, care = config.model, config.loop, config.codebook
    if model.dim > 256:  # LAPA's own size is for a GPU
        sizes = {"dim": 64, "heads": 2, "dim_head": 32, "image_size": 64, "patch_size": 16}
        depths = dict.fromkeys(("spatial_depth", "temporal_depth", "decoder_depth"), 1)
        model = replace(model, **sizes, **depths)
    elif model.image_size == 128:  # as many patches of half the side
        model = replace(model, image_size=64, patch_size=8, stem_widths=(64,))
    # the toy video is shorter than the gap of human video
    model = replace(model, gap_seconds=min(model.gap_seconds, 0.6))
    if care.settle_at:
        care = replace(care, settle_at=steps // 2)
    loop = replace(
        loop, steps=steps, batch_size=4, save_every=0, evaluate_every=0, preview_every=0, workers=1,
        warmup_steps=0, compiled="off",
    )  # fmt: skip
    rollouts = min(config.rollouts, 2)
    return replace(config, model=model, loop=loop, codebook=care, rollouts=rollouts)


def losses(folder):
    return np.array([record["loss"] for record in read_metrics(folder)])


def presets():
    """All; those that are the network of `eight` with another number of codes, of another size or
    for other video in the slow tests alone."""
    alike = {name for name in PRESETS if name.startswith("space-")} | {"tabletop", "drive"}
    return [
        pytest.param(name, marks=pytest.mark.slow) if name in alike else name
        for name in sorted(PRESETS)
    ]


@pytest.mark.parametrize("name", presets())
def test_every_preset_learns_alike_in_bfloat16(name, caches, tmp_path):
    config = small(name)
    cache = caches(config.model.image_size)
    for precision in ("float32", "bfloat16"):
        run = replace(config, loop=replace(config.loop, precision=precision))
        deque(quantize(run, cache, tmp_path / precision), 0)
    exact, rounded = losses(tmp_path / "float32"), losses(tmp_path / "bfloat16")
    assert len(exact) == 6 and np.isfinite(rounded).all()
    assert not np.array_equal(exact, rounded), "autocast did nothing"
    # the first steps start from the same weights; a discriminator's part may be near 0
    assert np.abs(rounded - exact)[:3].max() <= 0.04 * np.abs(exact).max()
    weights = LatentActionQuantizer.from_pretrained(tmp_path / "bfloat16" / "model").state_dict()
    assert all(torch.isfinite(w).all() and w.dtype != torch.bfloat16 for w in weights.values())


@pytest.mark.parametrize("head", ["pixels", "change", "warp", "layers"])
@pytest.mark.parametrize("quantizer", ["nsvq", "vq_ema", "fsq"])
def test_every_head_and_quantizer_takes_bfloat16(head, quantizer):
    width = 3 if quantizer == "fsq" else 4
    model = replace(debug().model, head=head, quantizer=quantizer, quant_dim=width)
    torch.manual_seed(0)
    laq = LatentActionQuantizer(model).train()
    frame, future = torch.rand(2, 4, 3, 32, 32)
    with torch.autocast("cpu", torch.bfloat16):
        out = laq(frame, future)
        loss = (out.image - future).square().mean() + out.loss
    loss.backward()
    assert out.image.dtype == out.latent.dtype == torch.float32
    assert all(torch.isfinite(p.grad).all() for p in laq.parameters() if p.grad is not None)
    exact, rounded = laq.eval()(frame, future), None
    with torch.autocast("cpu", torch.bfloat16):
        rounded = laq(frame, future)
    assert (exact.image - rounded.image).abs().max() < 0.05


def test_auto_precision_follows_the_processor(monkeypatch):
    auto = LoopConfig(steps=1, batch_size=1, learning_rate=1e-3)
    for flags, expected in ((frozenset({"avx512_bf16"}), True), (frozenset(), False)):
        monkeypatch.setattr(processor, "_processor_flags", lambda flags=flags: flags)
        assert hardware.autocasts(auto, CPU) is expected
        assert hardware.autocasts(replace(auto, precision="float32"), CPU) is False
        assert hardware.autocasts(replace(auto, precision="bfloat16"), CPU) is True


def test_short_runs_and_machines_without_a_compiler_are_not_compiled(monkeypatch):
    short = LoopConfig(steps=100, batch_size=8, learning_rate=1e-3)
    long = replace(short, steps=20_000)
    monkeypatch.setattr(hardware, "_compiler_works", lambda kind: True)
    assert not hardware.compiles(short, CPU) and hardware.compiles(long, CPU)
    assert hardware.compiles(replace(short, minutes=30), CPU)
    assert not hardware.compiles(replace(short, minutes=2), CPU)
    assert not hardware.compiles(replace(long, compiled="off"), CPU)
    monkeypatch.setattr(hardware, "_compiler_works", lambda kind: False)
    assert not hardware.compiles(long, CPU)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="there is no C++ compiler")
def test_a_compiled_step_is_the_same_step(caches, tmp_path):
    config = debug(steps=6)
    config = replace(config, codebook=replace(config.codebook, settle_at=3))
    settled = replace(config.loss, feature=1.0, adversarial=0.2)
    for compiled in ("on", "off"):
        loop = replace(config.loop, compiled=compiled, precision="float32")
        # from step 4 on no noise is drawn, so both can be compared
        run = replace(config, loop=loop, settled_loss=settled, start_from=None)
        run = replace(run, codebook=replace(run.codebook, settle_at=1))
        deque(quantize(run, caches(32), tmp_path / compiled), 0)
    on, off = losses(tmp_path / "on"), losses(tmp_path / "off")
    assert on[1:] == pytest.approx(off[1:], rel=0.05)


@pytest.mark.parametrize("kind", ["nsvq", "vq_ema", "fsq"])
def test_equal_frames_make_no_nan_and_seed_no_code(kind):
    torch.manual_seed(0)
    width = 3 if kind == "fsq" else 6
    book = build(kind, size=8, length=2, dim=width, shared=False, normalise=True).train()
    latent = torch.randn(6, 2, width)
    latent[:3] = 0  # what a motion encoder makes of two equal frames
    latent.requires_grad_(True)
    if kind != "fsq":
        with torch.no_grad():
            book.vectors[:, 0] = 0  # a code that lies exactly there
    found = book(latent)
    found.quantized.square().sum().backward()
    assert torch.isfinite(latent.grad).all() and torch.isfinite(found.quantized).all()
    moving = latent.detach()[3:]
    assert float(book.scale) == pytest.approx(float(moving.square().mean().sqrt()), rel=1e-5)
    if kind != "fsq":
        before = book.vectors.detach().clone()
        book.replace_unused(found.latent.detach())
        changed = (book.vectors != before).any(-1)
        assert changed.any() and (book.vectors[changed] != 0).any(-1).all()


def test_a_batch_in_which_nothing_moves_leaves_the_scale_alone():
    book = build("nsvq", size=8, length=2, dim=4, shared=False, normalise=True).train()
    book(torch.randn(8, 2, 4))
    before = book.scale.clone()
    found = book(torch.zeros(8, 2, 4))
    assert torch.equal(book.scale, before) and torch.isfinite(found.quantized).all()
    assert book.replace_unused(found.latent) == 0, "there is nothing to seed from"


def still(cache: Cache, folder, chosen) -> Cache:
    """A copy of the cache in which nothing moves in the episodes for which `chosen(number)`."""
    shutil.copytree(cache.folder, folder)
    copy = Cache.open(folder)
    frames = np.memmap(folder / "frames.u8", np.uint8, "r+", shape=cache.frames.shape)
    for number, episode in enumerate(copy.episodes):
        if chosen(number):
            frames[episode.start : episode.start + episode.length] = 0
    frames.flush()
    return Cache.open(folder)


def test_black_clips_among_others_do_not_end_a_run(caches, tmp_path):
    cache = still(caches(32), tmp_path / "some", lambda number: number % 3 == 0)
    config = debug(steps=20)
    config = replace(config, loop=replace(config.loop, evaluate_every=0, preview_every=0))
    deque(quantize(config, cache, tmp_path / "run"), 0)
    assert np.isfinite(losses(tmp_path / "run")).all()


def test_clips_in_which_nothing_moves_are_refused_in_a_sentence(caches, tmp_path):
    cache = still(caches(32), tmp_path / "all", lambda number: True)
    with pytest.raises(ValueError, match=r"Nothing moves in any of the \d+ training clips"):
        deque(quantize(debug(steps=4), cache, tmp_path / "run"), 0)


def test_a_run_by_the_clock_fits_its_time_and_goes_through_its_whole_schedule(
    caches, tmp_path, monkeypatch
):
    # a clock that each look moves on: a busy machine's steps are not all of one length
    looks = itertools.count()
    monkeypatch.setattr(loop_module, "time", SimpleNamespace(monotonic=lambda: 0.02 * next(looks)))
    config = debug(steps=1000)
    loop = replace(
        config.loop, minutes=0.1, save_every=0, evaluate_every=0, preview_every=0, batch_size=4
    )
    care = replace(config.codebook, settle_at=500, replace_until=300, replace_every=2)
    sharp = LossWeights(mse=0.0, normalised=1.0, texture=0.1)
    config = replace(config, loop=loop, codebook=care, settled_loss=sharp, rollouts=2)
    run = [p for p in quantize(config, caches(32), tmp_path) if p.event == "step"]
    records = read_metrics(tmp_path)
    rates = [record["learning_rate"] for record in records]
    assert rates[-1] < 0.1 * max(rates), "the rate falls with the time"
    settled = ["texture" in record for record in records]
    assert settled == sorted(settled) and 0.35 < np.mean(settled) < 0.65
    seeded = [r["step"] for r in records if r.get("codes_replaced") is not None]
    assert max(seeded) < 0.45 * len(records)
    assert run[0].seconds_left <= 6 and run[-1].seconds_left < 0.5
    assert run[-1].steps <= run[-1].step + 5


def test_a_run_by_the_clock_that_is_resumed_counts_the_time_before(caches, tmp_path):
    config = debug(steps=100)
    loop = replace(config.loop, minutes=0.05, save_every=5, evaluate_every=0, preview_every=0)
    config = replace(config, loop=loop)
    run = quantize(config, caches(32), tmp_path)
    for progress in run:
        if progress.event == "saved" and progress.seconds_left < 1.5:
            break
    run.close()
    again = [p for p in quantize(config, caches(32), tmp_path, resume=True) if p.event == "step"]
    assert again[0].seconds_left < 1.6


def test_minutes_are_positive():
    with pytest.raises(ValueError, match="minutes is a positive number, got 0"):
        LoopConfig(steps=1, batch_size=1, learning_rate=1e-3, minutes=0)


def test_features_and_discriminator_never_teach_the_codes():
    with pytest.raises(ValueError, match="teach the decoder alone"):
        replace(debug(), loss=LossWeights(feature=1.0))
