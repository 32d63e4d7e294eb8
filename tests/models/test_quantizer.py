"""The quantizer's public door: shapes, kinds, determinism, errors; and what pairs must obey."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lapa.data import resize
from lapa.models.config import LAQConfig, explorer_config
from lapa.models.quantizer import LatentActionQuantizer

SMALL = {"image_size": 64, "dim": 32, "heads": 2, "dim_head": 16, "decoder_depth": 2}
LAPA_SMALL = {**SMALL, "patch_size": 8, "spatial_depth": 1, "temporal_depth": 1, "quant_dim": 8}


def explorer(**changes) -> LatentActionQuantizer:
    return built(explorer_config(**{**SMALL, "stem_widths": (8, 16), **changes}))


def lapa(**changes) -> LatentActionQuantizer:
    return built(LAQConfig(**{**LAPA_SMALL, **changes}))


def built(config: LAQConfig) -> LatentActionQuantizer:
    torch.manual_seed(0)
    model = LatentActionQuantizer(config).eval()
    with torch.no_grad():
        # a fresh head is copy-frame; give it something to say
        for parameter in model.head.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    return model


@pytest.fixture(params=[explorer, lapa], ids=["explorer", "lapa"])
def model(request) -> LatentActionQuantizer:
    return request.param()


def picture(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (*shape, 3), dtype=np.uint8)


def test_shapes_and_types_of_one_pair_and_of_a_batch(model):
    one, two = picture(64, 64), picture(64, 64, seed=1)
    codes, latent = model.encode(one, two), model.latent(one, two)
    assert codes.shape == (4,) and codes.dtype == np.int64
    assert latent.shape == (4, model.config.quant_dim) and latent.dtype == np.float32
    image = model.decode(one, codes)
    assert image.shape == (64, 64, 3) and image.dtype == np.uint8
    batch = model.encode(np.stack([one, two]), np.stack([two, one]))
    assert batch.shape == (2, 4) and np.array_equal(batch[0], codes)
    images = model.decode(np.stack([one, two]), batch)
    assert images.shape == (2, 64, 64, 3)
    assert np.abs(images[0].astype(int) - image).max() <= 1


def test_torch_in_torch_out(model):
    one, two = picture(1, 64, 64), picture(1, 64, 64, seed=1)
    frame, future = (torch.from_numpy(x).permute(0, 3, 1, 2) / 255 for x in (one, two))
    codes = model.encode(frame, future)
    assert isinstance(codes, torch.Tensor) and codes.shape == (1, 4)
    assert np.array_equal(codes.numpy(), model.encode(one, two))
    image = model.decode(frame, codes)
    assert image.shape == (1, 3, 64, 64) and image.min() >= 0 and image.max() <= 1
    rounded = (image * 255).round().byte().permute(0, 2, 3, 1).numpy()
    assert np.array_equal(rounded, model.decode(one, codes.numpy()))


def test_any_frame_size_is_resized_to_the_models(model):
    wide = picture(90, 160)
    assert model.resize(wide).shape == (64, 64, 3)
    direct = model.decode(wide, [0, 1, 2, 3])
    assert np.abs(direct.astype(int) - model.decode(model.resize(wide), [0, 1, 2, 3])).mean() < 1


def test_frames_are_resized_as_for_training():
    frame = picture(90, 160)
    trained_on = resize(frame[None], 64)[0]
    assert np.abs(explorer().resize(frame).astype(int) - trained_on).max() <= 1


def test_evaluation_is_deterministic_and_free_of_noise(model):
    frame = torch.rand(2, 3, 64, 64)
    future = torch.rand(2, 3, 64, 64)
    with torch.inference_mode():
        first, second = model(frame, future), model(frame, future)
    assert torch.equal(first.image, second.image)
    # eval-mode reconstruction is the decode of its codes: the official forward adds noise here
    assert torch.allclose(model.decode(frame, first.codes), first.image.clamp(0, 1), atol=1e-5)
    model.train()
    noisy, other = model(frame, future), model(frame, future)
    assert not torch.equal(noisy.image, other.image)


def test_sweep_is_eight_decodes_in_one_batch(model):
    frame, codes = picture(64, 64), [3, 1, 0, 6]
    images = model.sweep(frame, codes, position=2)
    assert images.shape == (8, 64, 64, 3)
    for value in range(8):
        alone = model.decode(frame, [3, 1, value, 6])
        assert np.abs(images[value].astype(int) - alone).max() <= 1


def test_codes_change_the_picture(model):
    frame = picture(64, 64)
    assert not np.array_equal(model.decode(frame, [0, 0, 0, 0]), model.decode(frame, [7, 7, 7, 7]))


def test_a_prepared_scene_gives_the_same_picture_without_the_encoders(model, monkeypatch):
    frame = picture(64, 64)
    expected = model.decode(frame, [1, 2, 3, 4])
    scene = model.prepare(frame)

    def forbidden(*args, **kwargs):
        raise AssertionError("a pressed code ran something besides the decoder")

    for part in (model.stem, model.spatial, model.temporal, model.reduce):
        if part is not None:
            monkeypatch.setattr(part, "forward", forbidden)
    monkeypatch.setattr(model.decoder, "begin", forbidden)
    assert np.array_equal(model.decode(scene, [1, 2, 3, 4]), expected)
    assert model.sweep(scene, [1, 2, 3, 4], position=0).shape == (8, 64, 64, 3)


def test_one_frame_takes_many_latent_actions(model):
    frame, rows = picture(64, 64), [[0, 1, 2, 3], [7, 6, 5, 4]]
    images = model.decode(frame, rows)
    assert images.shape == (2, 64, 64, 3)
    one_row = model.decode(np.stack([frame, frame]), [0, 1, 2, 3])
    assert np.abs(one_row[1].astype(int) - images[0]).max() <= 1


@pytest.mark.parametrize("encoder", ["pair", "motion"])
def test_encoders_of_a_pair_are_antisymmetric(encoder: str):
    model = explorer(spatial_depth=int(encoder == "pair"), encoder=encoder)
    one, two = picture(64, 64), picture(64, 64, seed=1)
    assert np.abs(model.latent(one, one)).max() == 0
    forward, back = model.latent(one, two), model.latent(two, one)
    assert np.abs(forward).max() > 1000 * np.abs(forward + back).max()


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 6, 8, 9, 16, 64])
def test_any_code_length_that_fits_the_grid(length):
    model = lapa(code_length=length)
    codes = model.encode(picture(64, 64), picture(64, 64, seed=1))
    assert codes.shape == (length,)
    assert model.decode(picture(64, 64), codes).shape == (64, 64, 3)


def test_a_code_length_that_does_not_fit_says_so():
    with pytest.raises(ValueError, match="code_length 11 needs a grid of at least 11 patch rows"):
        lapa(code_length=11)


@pytest.mark.parametrize("quantizer, dim", [("nsvq", 8), ("vq_ema", 8), ("fsq", 3)])
@pytest.mark.parametrize("head", ["pixels", "change", "warp", "layers"])
def test_quantizers_and_heads_are_swapped_by_config_and_train(quantizer, dim, head):
    model = explorer(quantizer=quantizer, quant_dim=dim, head=head).train()
    frame, future = torch.rand(2, 3, 64, 64), torch.rand(2, 3, 64, 64)
    out = model(frame, future)
    ((out.image - future).square().mean() + out.loss).backward()
    assert out.image.shape == (2, 3, 64, 64) and out.codes.shape == (2, 4)
    reduced = model.reduce.project.weight.grad
    assert reduced is not None and reduced.abs().max() > 0


def test_a_fresh_warp_head_starts_close_to_copy_frame():
    model = LatentActionQuantizer(explorer_config()).eval()
    frame = picture(128, 128) // 4 + 96
    assert np.abs(model.decode(frame, [0, 0, 0, 0]).astype(int) - frame).mean() < 8


def test_unmoved_pixels_of_the_layered_head_stay_the_same_to_the_last_bit():
    model = explorer(head="layers")
    with torch.no_grad():
        model.head.out.bias[-2 * 16 :] = -4.0  # both masks closed: sigmoid(-4) lies below the cut
    frame = torch.rand(1, 3, 64, 64)
    assert torch.equal(model.decode(frame, [1, 2, 3, 4]), frame)


def test_a_closed_loop_decodes_from_what_was_imagined_with_the_codes_of_the_truth():
    model = explorer()
    frame, future, imagined = torch.rand(3, 2, 3, 64, 64).unbind(0)
    out = model(frame, future, settled=True, imagined=imagined)
    codes = model.encode(frame, future)
    assert torch.equal(out.codes, codes)
    assert torch.allclose(out.image.clamp(0, 1), model.decode(imagined, codes), atol=1e-6)


BAD_FRAMES = [
    ("a list", "frame is a str"),
    (np.zeros((64, 64, 3), np.float32), "float32; accepted are uint8"),
    (np.zeros((64, 64), np.uint8), r"\(64, 64\)"),
    (np.zeros((64, 64, 4), np.uint8), r"\(64, 64, 4\)"),
    (np.zeros((0, 64, 3), np.uint8), r"\(0, 64, 3\)"),
    (torch.zeros(3, 64, 64), r"\(3, 64, 64\)"),
    (torch.full((1, 3, 64, 64), 255.0), "values from 255 to 255"),
    (torch.full((1, 3, 64, 64), float("nan")), "values from nan"),
    (torch.zeros(1, 3, 64, 64, dtype=torch.uint8), "torch.uint8"),
]


@pytest.mark.parametrize("frame, told", BAD_FRAMES)
def test_bad_frames_say_what_came_and_what_is_accepted(frame, told):
    with pytest.raises(ValueError, match=told):
        explorer().decode(frame, [0, 0, 0, 0])


@pytest.mark.parametrize(
    "codes", [[0, 1, 2], [0, 1, 2, 8], [0, 0, 0, -1], [0.5, 0, 0, 0], "abcd", [], [[0, 1], [2, 3]]]
)
def test_bad_codes_say_what_is_accepted(codes):
    with pytest.raises(ValueError, match="4 whole numbers from 0 to 7"):
        explorer().decode(picture(64, 64), codes)


def test_bad_combinations_are_named():
    model = explorer()
    with pytest.raises(ValueError, match="position is 4; accepted are 0 to 3"):
        model.sweep(picture(64, 64), [0, 0, 0, 0], position=4)
    with pytest.raises(ValueError, match="2 frames and 3 rows"):
        model.decode(picture(2, 64, 64), [[0, 0, 0, 0]] * 3)
    with pytest.raises(ValueError, match="frame and future must come alike"):
        model.encode(picture(64, 64), picture(2, 64, 64))
    with pytest.raises(ValueError, match="one frame and one latent action"):
        model.sweep(picture(2, 64, 64), [0, 0, 0, 0], position=0)


@pytest.mark.parametrize(
    "changes, told",
    [
        ({"image_size": 100}, "patch_size"),
        ({"dim": 0}, "dim must be a whole number of at least 1, received 0"),
        ({"gap_seconds": 0}, "gap_seconds"),
        ({"quantizer": "lfq"}, "quantizer must be one of"),
        ({"head": "warp"}, "warp"),
        ({"stem": "conv", "stem_widths": (8, 16)}, "stem_widths"),
        ({"encoder": "pair", "heads": 3}, "heads must be even"),
        ({"quantizer": "fsq", "quant_dim": 4}, "FSQ needs codebook_size"),
        ({"unit_latents": True, "normalise_latents": True}, "unit_latents must be False beside"),
    ],
)
def test_bad_configurations_are_named(changes, told):
    with pytest.raises(ValueError, match=told):
        lapa(**changes)


def test_save_and_load_give_the_same_model(tmp_path, model):
    model.save_pretrained(tmp_path)
    again = LatentActionQuantizer.from_pretrained(tmp_path)
    assert again.config == model.config
    frame = picture(64, 64)
    assert np.array_equal(again.decode(frame, [1, 2, 3, 4]), model.decode(frame, [1, 2, 3, 4]))
    names = sorted(p.name for p in tmp_path.iterdir())
    assert names == ["SHA256SUMS", "config.json", "model.safetensors"]


def test_usage_counts_codes_and_is_saved(tmp_path):
    model = explorer().train()
    model(torch.rand(3, 3, 64, 64), torch.rand(3, 3, 64, 64))
    assert model.codebook.usage.sum().item() == 3 * 4
    model.save_pretrained(tmp_path)
    again = LatentActionQuantizer.from_pretrained(tmp_path)
    assert torch.equal(again.codebook.usage, model.codebook.usage)


def test_latents_of_an_encoder_by_frame_add_up():
    a, b, c = (picture(64, 64, seed=seed) for seed in range(3))
    model = explorer(encoder="frame")
    whole, parts = model.latent(a, c), model.latent(a, b) + model.latent(b, c)
    assert np.allclose(whole, parts, atol=1e-5) and np.abs(whole).max() > 1e-3
    pair = explorer(encoder="pair")
    assert not np.allclose(pair.latent(a, c), pair.latent(a, b) + pair.latent(b, c), atol=1e-3)


def test_the_encoder_of_motion_does_not_see_where_it_happens():
    """A square moves by 8 pixels: to the right here, to the right there, and back."""

    def moving(model, row: int, start: int, to: int) -> np.ndarray:
        frames = np.full((2, 256, 256, 3), 40, np.uint8)
        for frame, column in zip(frames, (start, to), strict=True):
            frame[row : row + 8, column : column + 8] = 220
        return model.latent(frames[:1], frames[1:])

    def told(encoder: str) -> tuple[float, float]:
        """How far the latents of there and back differ from what they should be, in shares."""
        torch.manual_seed(0)
        model = explorer(encoder=encoder, image_size=256, patch_size=16, stem_widths=(8, 16))
        here, there = moving(model, 112, 112, 120), moving(model, 128, 128, 136)
        back, size = moving(model, 112, 120, 112), np.abs(here).max()
        return np.abs(here - there).max() / size, np.abs(here + back).max() / size

    assert max(told("motion")) < 0.01
    assert told("frame")[0] > 0.3


@pytest.mark.parametrize("encoder", ["frame", "pair", "factorised", "motion"])
def test_pairs_among_frames_are_inferred_as_one_by_one(encoder: str) -> None:
    torch.manual_seed(0)
    sizes = {"image_size": 32, "patch_size": 8, "dim": 16, "heads": 2, "dim_head": 8}
    sizes |= {"decoder_depth": 1, "temporal_depth": 1}
    sizes["spatial_depth"] = int(encoder == "factorised")
    config = explorer_config(**sizes, stem_widths=(8,), encoder=encoder)
    model = LatentActionQuantizer(config).eval()
    frames = np.random.default_rng(0).integers(0, 256, (6, 32, 32, 3), np.uint8)
    first, second = [0, 1, 2, 0], [3, 4, 5, 5]
    codes, latent = model.infer(frames, first, second)
    assert np.array_equal(codes, model.encode(frames[first], frames[second]))
    assert np.allclose(latent, model.latent(frames[first], frames[second]), atol=1e-5)


@pytest.mark.parametrize("head", ["pixels", "change", "warp", "layers"])
def test_a_picture_can_be_larger_than_what_the_network_sees(head):
    model = explorer(head=head)
    wide, codes = picture(100, 128), [3, 1, 0, 6]
    small, large = model.decode(wide, codes), model.decode(wide, codes, size=128)
    assert small.shape == (64, 64, 3) and large.shape == (128, 128, 3)
    # the same picture, larger
    assert np.corrcoef(model.resize(large).ravel(), small.ravel())[0, 1] > 0.8
    scene = model.prepare(wide, size=128)
    assert np.array_equal(model.decode(scene, codes), large)
    assert np.array_equal(model.decode(wide, codes, size=64), small)
    every = model.sweep(wide, codes, position=1, size=128)
    assert every.shape == (8, 128, 128, 3)
    assert np.abs(every[1].astype(int) - large).max() <= 1
    with pytest.raises(ValueError, match="prepared for pictures of 128 px"):
        model.decode(scene, codes, size=64)
    for wrong in (0, 15, 4096, 64.0, True):
        with pytest.raises(ValueError, match="accepted are whole numbers from 16 to 2048"):
            model.decode(wide, codes, size=wrong)


def test_what_does_not_move_keeps_the_cameras_pixels():
    model = LatentActionQuantizer(explorer_config(**SMALL, stem_widths=(8, 16))).eval()
    # as it is made, the head moves nothing and paints nothing
    with torch.no_grad():
        model.head.out.bias[-32:] = -20.0
    frame = picture(128, 128)
    for _ in range(3):
        frame, before = model.decode(frame, [0, 1, 2, 3], size=128), frame
        assert np.array_equal(frame, before)


def test_places_are_compared_up_to_their_reach():
    from lapa.nn.reduce import cost_volume

    one = torch.randn(2, 5, 6, 7)
    two = torch.roll(one, (1, 2), (2, 3))  # down by one, to the right by two
    volume = cost_volume(one, two, 2)
    assert volume.shape == (2, 25, 6, 7)
    inside = volume[:, :, 2:-2, 2:-2]
    best = (2 + 1) * 5 + (2 + 2)
    assert (inside.argmax(1) == best).all()
    assert torch.allclose(inside[:, best], torch.ones(()))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"encoder": "pair", "motion_reach": 2}, 'must be 0 unless encoder is "motion"'),
        ({"encoder": "motion", "motion_reach": 9}, "a whole number from 0 to 4, received 9"),
        ({"encoder": "motion", "motion_reach": True}, "received True"),
    ],
)
def test_a_reach_that_cannot_be_is_refused(wrong, said):
    with pytest.raises(ValueError, match=said):
        explorer_config(**SMALL, stem_widths=(8, 16), **wrong)


def test_half_the_precision_leaves_codes_alone_and_pictures_nearly(tmp_path):
    model = explorer()
    model.save_pretrained(tmp_path)
    narrow = LatentActionQuantizer.from_pretrained(tmp_path, precision="bfloat16")
    one, two = picture(64, 64), picture(64, 64, seed=1)
    assert np.array_equal(narrow.encode(one, two), model.encode(one, two))
    assert np.array_equal(narrow.latent(one, two), model.latent(one, two))
    here, there = narrow.decode(one, [3, 1, 0, 6]), model.decode(one, [3, 1, 0, 6])
    assert not np.array_equal(here, there), "nothing was rounded"
    # random weights move everything; a trained head's pictures are closer still
    assert np.abs(here.astype(int) - there).mean() < 1
    auto = LatentActionQuantizer.from_pretrained(tmp_path, precision="auto")
    assert np.array_equal(auto.decode(one, [3, 1, 0, 6]), there), "too small to gain"
    with pytest.raises(ValueError, match="precision is one of float32, bfloat16, auto; got 'half'"):
        LatentActionQuantizer.from_pretrained(tmp_path, precision="half")


def test_scenes_are_joined_to_be_decoded_at_once(model):
    frames = [picture(64, 64, seed=n) for n in range(3)]
    rows = [[0, 1, 2, 3], [7, 6, 5, 4], [1, 1, 1, 1]]
    scenes = [model.prepare(frames[0]), frames[1], model.prepare(frames[2])]
    images = model.decode(model.join(scenes), rows)
    assert images.shape == (3, 64, 64, 3)
    for image, frame, codes in zip(images, frames, rows, strict=True):
        assert np.abs(image.astype(int) - model.decode(frame, codes)).max() <= 1
