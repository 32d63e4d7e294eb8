"""LatentPolicy: the official prompt and its tokens, codes with probabilities, files, refusals."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from lapa import LatentPolicy
from lapa.data.bins import ActionBins
from lapa.models.image_tokenizer import ImageTokenizer, ImageTokenizerConfig
from lapa.models.policy import PolicyConfig
from lapa.models.vision_language import VisionLanguageConfig, VisionLanguageModel
from lapa.official.prompts import Text

GOLDEN = Path(__file__).parent.parent / "golden"
TEXT = GOLDEN / "tokenizer.model"
ASKED = "open the drawer"
SETTINGS = PolicyConfig(code_length=4, prompt_length=60, vision_end=517)


@pytest.fixture(scope="module")
def image_tokenizer() -> ImageTokenizer:
    torch.manual_seed(0)
    config = ImageTokenizerConfig(
        image_size=16, widths=(32, 32, 32), blocks=1, latent=8, codebook_size=512, code_dim=8
    )
    return ImageTokenizer(config)


@pytest.fixture(scope="module")
def policy(image_tokenizer) -> LatentPolicy:
    model = VisionLanguageModel.from_pretrained(GOLDEN / "vlm2_a.bf16.params", heads=4)
    return LatentPolicy(model, image_tokenizer, TEXT, SETTINGS)


@pytest.fixture(scope="module")
def acting(image_tokenizer) -> LatentPolicy:
    torch.manual_seed(1)
    config = VisionLanguageConfig(
        dim=32, layers=2, heads=2, hidden=64, text=400, vision=520, latent=8, action=16
    )
    edges = np.arange(4.0), np.array([0.5]), np.linspace(-1, 1, 17)
    return LatentPolicy(
        VisionLanguageModel(config), image_tokenizer, TEXT, SETTINGS, bins=ActionBins(edges)
    )


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (3, 24, 24, 3), np.uint8)


def test_prompts_are_the_official_ones() -> None:
    told = json.loads((GOLDEN / "formats" / "inference_prompts.json").read_text())
    text = Text(TEXT)
    assert len(told["prompts"]) > 1
    for instruction, official in told["prompts"].items():
        # the fixture's keys are cut; what was asked stands in the text
        instruction = official["text"].split("`")[1]
        tokens, seen = text.prompt(instruction, told["max_length"])
        assert tokens == official["input_ids"] and seen == official["attention_mask"]
    for kind, words in (("latent", "</vision> <delta>"), ("action", "</vision> <action>")):
        assert text.tail(kind) == told["tails"][words]


def test_the_sequence_is_laid_out_as_the_official_sampler_does(policy, frames) -> None:
    official = np.load(GOLDEN / "vlm2_a.npz")
    row, seen = official["in.input_ids"][0], official["in.attention_mask"][0]
    pieces = policy.text.words(row[:60].tolist())
    instruction = pieces.split("`")[1]
    found = policy.tokens(frames[0], instruction)
    tokens, kinds, mask = (found[name][0].numpy() for name in ("tokens", "kinds", "mask"))
    where = official["in.vision_masks"][0]
    assert np.array_equal(kinds == 1, where) and np.array_equal(mask, seen)
    assert np.array_equal(tokens[~where], row[~where])
    assert tokens[where][-1] == row[where][-1] == 517
    expected = policy.image_tokenizer.encode(frames[0]).flatten()
    assert np.array_equal(tokens[where][:-1], expected)


def test_codes_come_with_their_probabilities(policy, frames) -> None:
    found = policy.propose(frames[0], ASKED)
    assert found.codes.shape == (4,) and found.codes.dtype == np.int64
    assert found.probabilities.shape == (4, 8)
    assert np.allclose(found.probabilities.sum(-1), 1, atol=1e-5)
    assert np.array_equal(found.codes, found.probabilities.argmax(-1))
    chosen, _ = policy.model.continued(**policy.tokens(frames[0], ASKED), count=4)
    assert np.array_equal(policy.predict(frames[0], ASKED), chosen[0].numpy())


def test_a_batch_is_its_rows(policy, frames) -> None:
    asked = [ASKED, "push it", "pick the long yellow spoon up and put it into the pot"]
    together = policy.propose(frames, asked)
    for at, instruction in enumerate(asked):
        alone = policy.propose(frames[at], instruction)
        assert np.array_equal(together.codes[at], alone.codes)
        assert np.allclose(together.probabilities[at], alone.probabilities, atol=1e-4)
    assert np.array_equal(policy.predict(frames, ASKED)[1], policy.predict(frames[1], ASKED))


def test_instruction_and_frame_both_matter(policy, frames) -> None:
    shares = policy.propose(frames[:2], ASKED).probabilities
    other = policy.propose(frames[0], "close the door").probabilities
    assert np.abs(shares[0] - shares[1]).max() > 1e-4
    assert np.abs(shares[0] - other).max() > 1e-4


def test_drawing_follows_its_seed(policy, frames) -> None:
    def drawn(seed: int, temperature: float = 3.0) -> tuple:
        return tuple(policy.predict(frames[0], ASKED, temperature=temperature, seed=seed))

    assert drawn(1) == drawn(1)
    assert len({drawn(seed) for seed in range(5)}) > 1
    assert drawn(0, 0.0) == tuple(policy.predict(frames[0], ASKED))


def test_actions_are_middles_of_their_bins(acting, frames) -> None:
    actions = acting.act(frames, ASKED)
    assert actions.shape == (3, 3) and (actions[:, 1] == 0.5).all()
    drawn = np.stack([acting.act(frames[0], ASKED, temperature=5.0, seed=s) for s in range(40)])
    assert set(drawn[:, 0]) <= {0.5, 1.5, 2.5} and len(set(drawn[:, 2])) > 6
    assert drawn[:, 2].min() >= -1 and drawn[:, 2].max() <= 1
    assert np.array_equal(acting.act(frames[1], ASKED), actions[1])


def test_what_is_saved_comes_back(policy, acting, frames, tmp_path) -> None:
    acting.save_pretrained(tmp_path / "acting")
    twin = LatentPolicy.from_pretrained(tmp_path / "acting")
    assert np.array_equal(twin.act(frames, ASKED), acting.act(frames, ASKED))
    policy.save_pretrained(tmp_path / "policy")
    again = LatentPolicy.from_pretrained(tmp_path / "policy")
    assert again.config == SETTINGS
    one, other = (each.propose(frames, ASKED).probabilities for each in (policy, again))
    assert np.array_equal(one, other)
    (tmp_path / "policy" / "tokenizer.model").unlink()
    with pytest.raises(FileNotFoundError, match=r"has no tokenizer\.model"):
        LatentPolicy.from_pretrained(tmp_path / "policy")


def test_what_does_not_fit_is_refused(policy, image_tokenizer, frames, tmp_path) -> None:
    with pytest.raises(ValueError, match="cannot act: it has no action bins"):
        policy.act(frames[0], ASKED)
    with pytest.raises(ValueError, match="up to 4 bins, the model's head 0"):
        LatentPolicy(
            policy.model, image_tokenizer, TEXT, SETTINGS, bins=ActionBins((np.arange(5.0),))
        )
    with pytest.raises(ValueError, match="2 instructions came for 3 frames"):
        policy.predict(frames, [ASKED, ASKED])
    with pytest.raises(ValueError, match="an instruction is empty"):
        policy.predict(frames[0], "  ")
    with pytest.raises(ValueError, match="temperature is -1"):
        policy.predict(frames[0], ASKED, temperature=-1)
    with pytest.raises(ValueError, match="frames have tokens up to 511, closed by 300"):
        LatentPolicy(policy.model, image_tokenizer, TEXT, replace(SETTINGS, vision_end=300))
    small = VisionLanguageModel(
        VisionLanguageConfig(dim=8, layers=1, heads=1, hidden=8, text=10, vision=520)
    )
    with pytest.raises(ValueError, match="the text tokenizer has .* tokens, the model 10"):
        LatentPolicy(small, image_tokenizer, TEXT, SETTINGS)
    broken = tmp_path / "tokenizer.model"
    broken.write_bytes(b"no model")
    with pytest.raises(ValueError, match="no sentencepiece model"):
        Text(broken)
    with pytest.raises(ValueError, match="unknown fields of a policy: colour"):
        PolicyConfig.from_dict({"colour": 1})


def test_the_trunk_takes_lora_as_people_know_it(acting, frames) -> None:
    """peft finds a transformers model: only the adapters learn, and merged they are the same."""
    from peft import LoraConfig, get_peft_model

    model = VisionLanguageModel(acting.model.config)
    model.load_state_dict(acting.model.state_dict())
    whole = sum(p.numel() for p in model.trunk.parameters())
    torch.manual_seed(0)
    model.trunk = get_peft_model(model.trunk, LoraConfig(r=4, target_modules=["q_proj", "v_proj"]))
    learned = [name for name, p in model.trunk.named_parameters() if p.requires_grad]
    assert learned and all("lora_" in name for name in learned)
    assert sum(p.numel() for p in model.trunk.parameters() if p.requires_grad) < whole / 10
    given = acting.tokens(frames, ASKED, "action")
    tokens, kinds, mask = (given[name] for name in ("tokens", "kinds", "mask"))
    before = model(tokens, kinds, mask=mask, heads=("action",))["action"]
    assert torch.allclose(before, acting.model(tokens, kinds, mask=mask)["action"], atol=1e-5)
    optimizer = torch.optim.SGD([p for p in model.trunk.parameters() if p.requires_grad], lr=5.0)
    for _ in range(2):
        optimizer.zero_grad()
        model(tokens, kinds, mask=mask, heads=("action",))["action"][
            :, -1, 3
        ].sum().neg().backward()
        optimizer.step()
    after = model(tokens, kinds, mask=mask, heads=("action",))["action"]
    assert after[:, -1, 3].sum() > before[:, -1, 3].sum()
    model.trunk = model.trunk.merge_and_unload()
    merged = model(tokens, kinds, mask=mask, heads=("action",))["action"]
    assert torch.allclose(merged, after, atol=1e-4)
