"""The quantizer's recipe on the loop, on toy video; the whole run is in test_pipeline."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import replace

import numpy as np
import pytest
import torch
from accelerate import Accelerator

from lapa.data import Cache, FramePairs, read_episodes
from lapa.models.quantizer import LatentActionQuantizer
from lapa.presets.quantizers import debug
from lapa.training.checkpoint import list_checkpoints
from lapa.training.loop import fit
from lapa.training.quantizer.health import CodebookCollapse
from lapa.training.quantizer.recipe import QuantizeRecipe, preview_grid, quantize
from lapa.training.records import read_metrics
from lapa.training.toy import EMBODIMENTS, make_toy_videos


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return make_toy_videos(tmp_path_factory.mktemp("toy"), episodes=10, frames=12)


@pytest.fixture(scope="module")
def cache(video, tmp_path_factory):
    return Cache.build(video, tmp_path_factory.mktemp("cache") / "32", 32)


@pytest.fixture
def config():
    """Twelve steps of the debug preset, with everything random switched on."""
    short = debug(steps=12)
    loop = replace(short.loop, batch_size=8, save_every=5, evaluate_every=0, preview_every=0)
    care = replace(short.codebook, replace_every=2, replace_until=10)
    return replace(short, loop=loop, codebook=care, augment=True)


def losses(folder):
    return [record["loss"] for record in read_metrics(folder)]


def test_toy_video_is_in_the_robots_format(video):
    episodes, report = read_episodes(video)
    assert not report.skipped and len(episodes) == 20
    assert {e.embodiment for e in episodes} == set(EMBODIMENTS)
    assert sum(e.split == "holdout" for e in episodes) == 2
    one = episodes[0]
    assert one.frames.shape == (12, 48, 48, 3) and one.actions.shape == (11, 2)
    assert np.abs(one.actions).max() <= 2.01


def test_toy_shapes_move_as_their_actions_say(video):
    one = read_episodes(video, embodiment="toy-square")[0][0]
    red = one.frames[..., 0].astype(int) - one.frames[..., 1] > 60
    columns = np.array([np.nonzero(image)[1].mean() for image in red])
    assert np.diff(columns) == pytest.approx(one.actions[:, 0], abs=0.5)


@pytest.mark.parametrize("kind", ["nsvq", "vq_ema"])
def test_abandoned_run_resumes_bit_for_bit(config, cache, tmp_path, kind):
    config = replace(config, model=replace(config.model, quantizer=kind))
    list(quantize(config, cache, tmp_path / "whole"))
    run = quantize(config, cache, tmp_path / "cut")
    for progress in run:
        if progress.step == 8:
            break
    run.close()
    list(quantize(config, cache, tmp_path / "cut", resume=True))
    assert losses(tmp_path / "cut") == losses(tmp_path / "whole")
    models = [tmp_path / name / "model" / "model.safetensors" for name in ("cut", "whole")]
    assert models[0].read_bytes() == models[1].read_bytes()


def test_seed_decides_everything(config, cache, tmp_path):
    other = replace(config, loop=replace(config.loop, seed=1))
    for name, chosen in {"a": config, "b": config, "c": other}.items():
        list(quantize(chosen, cache, tmp_path / name))
    assert losses(tmp_path / "a") == losses(tmp_path / "b") != losses(tmp_path / "c")


def test_fsq_trains_and_replaces_nothing(config, cache, tmp_path):
    model = replace(config.model, quantizer="fsq", quant_dim=3)
    list(quantize(replace(config, model=model), cache, tmp_path))
    assert sum(r.get("codes_replaced", 0) for r in read_metrics(tmp_path)) == 0


def test_settled_codes_stay_while_the_decoder_learns(config, cache, tmp_path):
    config = replace(config, codebook=replace(config.codebook, settle_at=6))
    for progress in quantize(config, cache, tmp_path / "run"):
        if progress.event == "step" and progress.step == 6:
            break  # killed here: what was saved at step 5 resumes into the settled part
    deque(quantize(config, cache, tmp_path / "run", resume=True), 0)
    deque(quantize(config, cache, tmp_path / "whole"), 0)
    assert losses(tmp_path / "run") == losses(tmp_path / "whole")

    short = replace(config, loop=replace(config.loop, steps=6, final_share=1.0))
    long = replace(config, loop=replace(config.loop, steps=12, final_share=1.0))
    recipes = {}
    for name, each in {"short": short, "long": long}.items():
        recipes[name] = QuantizeRecipe(each, each.pairs(cache, "train"), each.pairs(cache, "train"))
        loop = replace(each.loop, learning_rate=1e-3, warmup_steps=12)
        deque(fit(recipes[name], loop, tmp_path / name), 0)
    before, after = (recipes[name].model.state_dict() for name in ("short", "long"))
    changed = {key.split(".")[0] for key in before if not torch.equal(before[key], after[key])}
    assert changed == {"decoder", "head", "to_context", "code_positions"}


def test_kept_codes_are_those_of_the_checkpoint_to_the_last_bit(config, cache, tmp_path):
    start = tmp_path / "start"
    torch.manual_seed(5)
    before = LatentActionQuantizer(config.model)
    before.save_pretrained(start)
    again = replace(config, start_from=str(start), keep_codes=True)
    deque(quantize(again, cache, tmp_path / "run"), 0)

    after = LatentActionQuantizer.from_pretrained(tmp_path / "run" / "model")
    mine, theirs = before.state_dict(), after.state_dict()
    changed = {key.split(".")[0] for key in mine if not torch.equal(mine[key], theirs[key])}
    assert changed == {"decoder", "head", "to_context", "code_positions"}
    assert sum(r.get("codes_replaced", 0) for r in read_metrics(tmp_path / "run")) == 0


def test_codes_begin_among_the_latents_of_a_start_without_them(config, cache, tmp_path):
    """Resumed or not; a run that keeps codes has none of that."""
    model = replace(config.model, quant_dim=2, normalise_latents=False, unit_latents=True)
    care = replace(config.codebook, continuous_until=7, replace_until=0)
    config = replace(config, model=model, codebook=care)
    recipe = QuantizeRecipe(config, *(config.pairs(cache, "train") for _ in range(2)))
    start = recipe.model.codebook.vectors.clone()
    for progress in fit(recipe, config.loop, tmp_path / "run"):
        if progress.event == "step" and progress.step == 6:
            assert torch.equal(recipe.model.codebook.vectors, start)
            break  # killed here: what was saved at step 5 still has no codes
    deque(quantize(config, cache, tmp_path / "run", resume=True), 0)
    deque(quantize(config, cache, tmp_path / "whole"), 0)
    assert losses(tmp_path / "run") == losses(tmp_path / "whole")
    after = LatentActionQuantizer.from_pretrained(tmp_path / "whole" / "model")
    assert (after.codebook.vectors - start).abs().amax(-1).min() > 0.01, "every code was placed"

    kept = replace(config, start_from=str(tmp_path / "whole" / "model"), keep_codes=True)
    deque(quantize(kept, cache, tmp_path / "kept"), 0)
    kept_model = LatentActionQuantizer.from_pretrained(tmp_path / "kept" / "model")
    assert torch.equal(kept_model.codebook.vectors, after.codebook.vectors)


def test_codes_are_kept_only_of_a_checkpoint(config):
    with pytest.raises(ValueError, match="no checkpoint is named"):
        replace(config, keep_codes=True)


@pytest.fixture
def looped(config):
    """Settled after step 4; then three of the eight pairs are steps of rollouts."""
    care = replace(config.codebook, settle_at=4)
    return replace(config, codebook=care, rollouts=3, rollout_steps=5)


def test_rollouts_go_on_from_what_was_imagined(looped, cache):
    pairs = looped.pairs(cache, "train")
    recipe = QuantizeRecipe(replace(looped, augment=False), pairs, pairs)
    calls, images = [], []

    def model(frame, future, settled, imagined=None, continuous=False):
        assert not continuous
        out = recipe.model(frame, future, settled=settled, imagined=imagined)
        calls.append((frame, imagined))
        images.append(out.image.detach().clamp(0, 1))
        return out

    for index in range(8):
        recipe.loss(model, recipe.batch(index), Accelerator(cpu=True))
    assert all(imagined is None for _, imagined in calls[:4])  # nothing is settled yet
    for index in range(5, 8):
        frame, imagined = calls[index]
        begins = recipe.batch(index)[2].begins
        assert frame.shape == imagined.shape == (8, 3, 32, 32)
        assert torch.equal(imagined[:5], frame[:5])
        for slot in range(3):
            expected = frame[5 + slot] if begins[slot] else images[index - 1][5 + slot]
            assert torch.equal(imagined[5 + slot], expected)


def test_a_run_with_rollouts_resumes_bit_for_bit(looped, cache, tmp_path):
    deque(quantize(looped, cache, tmp_path / "whole"), 0)
    for progress in quantize(looped, cache, tmp_path / "cut"):
        if progress.step == 11:
            break
    deque(quantize(looped, cache, tmp_path / "cut", resume=True), 0)
    assert losses(tmp_path / "cut") == losses(tmp_path / "whole")


def test_the_settled_loss_begins_when_the_codes_settle(looped, cache, tmp_path):
    sharp = replace(looped, settled_loss=replace(looped.loss, texture=1.0))
    deque(quantize(sharp, cache, tmp_path), 0)
    assert ["texture" in record for record in read_metrics(tmp_path)] == [False] * 4 + [True] * 8


def test_a_batch_of_rollouts_alone_is_refused(config, cache):
    pairs = config.pairs(cache, "train")
    with pytest.raises(ValueError, match="8 of 8 pairs of a batch are rollouts"):
        QuantizeRecipe(replace(config, rollouts=8), pairs, pairs)


def test_official_replacement_is_for_a_shared_nsvq_codebook(config, cache):
    pairs = config.pairs(cache, "train")
    care = replace(config.codebook, official=True)
    with pytest.raises(ValueError, match="for NSVQ with a shared codebook"):
        QuantizeRecipe(replace(config, codebook=care), pairs, pairs)


def test_official_replacement_runs_at_its_own_steps_and_resumes(config, cache, tmp_path):
    model = replace(config.model, shared_codebook=True)
    care = replace(config.codebook, official=True)
    config = replace(config, model=model, codebook=care)
    deque(quantize(config, cache, tmp_path / "whole"), 0)
    replaced = [r["step"] for r in read_metrics(tmp_path / "whole") if "codes_replaced" in r]
    assert replaced == [11]
    for progress in quantize(config, cache, tmp_path / "cut"):
        if progress.step == 8:
            break
    deque(quantize(config, cache, tmp_path / "cut", resume=True), 0)
    models = [tmp_path / name / "model" / "model.safetensors" for name in ("cut", "whole")]
    assert models[0].read_bytes() == models[1].read_bytes()


def test_every_other_pair_is_played_backwards(config, cache):
    plain = replace(config, augment=False, reverse=True)
    recipe = QuantizeRecipe(plain, *[config.pairs(cache, "train")] * 2)
    seen = []

    def model(frame, future, settled, continuous):
        seen.append((frame, future))
        return recipe.model(frame, future, settled=settled)

    for index in (0, 1):
        batch = recipe.batch(index)
        recipe.loss(model, batch, Accelerator(cpu=True))
        frame = torch.from_numpy(batch[1].frame).permute(0, 3, 1, 2) / 255
        swapped = [torch.equal(f, x) for f, x in zip(seen[index][1], frame, strict=True)]
        assert swapped == [pair % 2 == index for pair in range(len(frame))]


def test_a_settled_pass_is_exact_in_training_mode(config):
    model = LatentActionQuantizer(config.model).train()
    frame, future = torch.rand(2, 3, 32, 32), torch.rand(2, 3, 32, 32)
    out = model(frame, future, settled=True)
    assert torch.equal(out.image, model.eval()(frame, future).image)
    assert model.codebook.usage.sum() == 0
    out.image.mean().backward()
    assert model.stem.first.weight.grad is None and model.codebook.vectors.grad is None
    assert model.to_context.weight.grad is not None


def test_judge_sees_the_averaged_model_and_held_out_pairs(config, cache, tmp_path):
    seen = []

    def judge(quantizer, pairs):
        seen.append((quantizer, pairs))
        return {"score": 1.0}

    list(quantize(config, cache, tmp_path, judge=judge))
    ((quantizer, pairs),) = seen
    assert {cache.episodes[episode].split for episode, _, _ in pairs.all()} == {"holdout"}
    loaded = LatentActionQuantizer.from_pretrained(tmp_path / "model")
    same = zip(quantizer.parameters(), loaded.parameters(), strict=True)
    assert all(torch.equal(mine, theirs) for mine, theirs in same)


def test_cache_of_another_size_is_refused(config, cache, tmp_path):
    large = replace(config, model=replace(config.model, image_size=48))
    with pytest.raises(ValueError, match="32 px frames, the model takes 48"):
        next(quantize(large, cache, tmp_path))


def test_run_starts_from_given_weights_of_the_same_network(config, cache, tmp_path):
    LatentActionQuantizer(config.model).save_pretrained(tmp_path / "given")
    pairs = config.pairs(cache, "train")
    start = replace(config, start_from=str(tmp_path / "given"))
    given = LatentActionQuantizer.from_pretrained(tmp_path / "given")
    recipe = QuantizeRecipe(start, pairs, pairs)
    assert torch.equal(recipe.model.to_context.weight, given.to_context.weight)
    other = replace(start, model=replace(config.model, code_length=3))
    with pytest.raises(ValueError, match="another config"):
        QuantizeRecipe(other, pairs, pairs)


def test_gap_may_be_given_per_embodiment(config, cache):
    gaps = {"toy-square": 0.2, "toy-disc": 0.5}
    batch = replace(config, gap_seconds=gaps).pairs(cache, "train").batch(0, 16)
    found = set(zip(batch.embodiment, batch.gap_frames.tolist(), strict=True))
    assert found == {("toy-square", 2), ("toy-disc", 5)}


def test_collapse_stops_the_run_and_leaves_the_last_checkpoint(config, cache, tmp_path):
    care = replace(config.codebook, minimum_codes=9, grace=6, patience=3, replace_every=0)
    with pytest.raises(CodebookCollapse, match="step 7"):
        list(quantize(replace(config, codebook=care), cache, tmp_path))
    assert [p.name for p in list_checkpoints(tmp_path / "checkpoints")] == ["step-00000005"]


def test_run_json_is_the_config(config, cache, tmp_path):
    list(quantize(config, cache, tmp_path))
    kept = json.loads((tmp_path / "run.json").read_text())
    assert kept["loop"]["batch_size"] == 8 and kept["model"]["codebook_size"] == 8


def test_preview_shows_four_pictures_a_row(config, cache):
    pairs = FramePairs(cache, 0.3, split="holdout")
    grid = preview_grid(LatentActionQuantizer(config.model), pairs, rows=3)
    assert grid.shape == (3 * 36, 4 * 36, 3) and grid.dtype == np.uint8
    first = pairs.batch(0, 3)
    assert np.array_equal(grid[2:34, 2:34], first.frame[0])
    assert np.array_equal(grid[38:70, 38:70], first.future[1])
