"""The second door: somebody's own vision-language model learns latent actions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from lapa.data.bins import ActionBins
from lapa.models.image_text import ImageTextConfig, ImageTextPolicy
from lapa.presets.policies import stages
from lapa.training.policy.recipe import train_policy
from lapa.training.policy.samples import Samples

CODES, LENGTH = 4, 2
TOLD = ["push the red star to the blue cube", "separate the moon from the green cube"]
SPECIAL = ["<pad>", "<s>", "</s>", "<unk>", "<fake_token_around_image>", "<image>",
           "<end_of_utterance>", "<global-img>"]  # fmt: skip


def processor():
    """As SmolVLM's, with a tokenizer that knows a few words and an image of four tokens."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import Idefics3ImageProcessorPil, Idefics3Processor, PreTrainedTokenizerFast

    words = sorted({word for each in TOLD for word in each.split()})
    rest = ["What", "action", "should", "the", "robot", "take", "to", "`", ":", "User", "Assistant"]
    vocabulary = {w: n for n, w in enumerate(dict.fromkeys([*SPECIAL, *words, *rest]))}
    inner = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, pad_token="<pad>", bos_token="<s>", eos_token="</s>",
        unk_token="<unk>", additional_special_tokens=SPECIAL[4:],
    )  # fmt: skip
    images = Idefics3ImageProcessorPil(
        size={"longest_edge": 32}, max_image_size={"longest_edge": 32}, do_image_splitting=False
    )
    return Idefics3Processor(
        images, tokenizer, image_seq_len=4,
        chat_template="{% for m in messages %}User: {% for c in m['content'] %}"
        "{% if c['type'] == 'image' %}<image>{% else %}{{ c['text'] }}{% endif %}{% endfor %}"
        "<end_of_utterance>\n{% endfor %}Assistant:",
    )  # fmt: skip


def model(size: int):
    """A SmolVLM of two small layers with random weights."""
    from transformers import AutoModelForImageTextToText, SmolVLMConfig

    torch.manual_seed(0)
    config = SmolVLMConfig(
        text_config={
            "model_type": "llama", "vocab_size": size, "hidden_size": 48, "num_hidden_layers": 2,
            "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 96,
            "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
        },
        vision_config={
            "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
            "intermediate_size": 64, "image_size": 32, "patch_size": 8,
        },
        scale_factor=2, image_token_id=5, pad_token_id=0, tie_word_embeddings=False,
    )  # fmt: skip
    return AutoModelForImageTextToText.from_config(config)


@pytest.fixture
def policy() -> ImageTextPolicy:
    own = processor()
    return ImageTextPolicy.extend(model(len(own.tokenizer)), own, codes=CODES, code_length=LENGTH)


def frames(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, 32, 32, 3), np.uint8)


def test_codes_and_their_probabilities(policy: ImageTextPolicy) -> None:
    found = policy.propose(frames(2), TOLD)
    assert found.codes.shape == (2, LENGTH) and found.probabilities.shape == (2, LENGTH, CODES)
    assert np.allclose(found.probabilities.sum(-1), 1, atol=1e-5)
    assert (found.probabilities.argmax(-1) == found.codes).all()
    # one of a batch is what it is alone, padding and all
    alone = policy.propose(frames(2)[1], TOLD[1])
    assert (alone.codes == found.codes[1]).all()
    assert np.allclose(alone.probabilities, found.probabilities[1], atol=1e-4)
    drawn = {
        tuple(policy.predict(frames(1)[0], TOLD[0], temperature=5.0, seed=n)) for n in range(9)
    }
    assert len(drawn) > 2
    again = [policy.predict(frames(1)[0], TOLD[0], temperature=5.0, seed=3) for _ in range(2)]
    assert (again[0] == again[1]).all()


def test_generation_gives_the_logits_of_training(policy: ImageTextPolicy) -> None:
    seen, codes = frames(2), torch.tensor([[3, 1], [0, 2]])
    inputs = policy.taught(seen, TOLD, codes[:, :-1], "latent")
    with torch.inference_mode():
        logits = policy.logits(policy.model, inputs, "latent", LENGTH)
    assert logits.shape == (2, LENGTH, CODES)
    first = policy.propose(seen, TOLD).probabilities[:, 0]
    assert np.allclose(logits[:, 0].softmax(-1).numpy(), first, atol=1e-4)


def test_it_learns_by_the_same_recipe(policy: ImageTextPolicy, tmp_path: Path) -> None:
    """Dark frames mean one latent action, bright ones another."""
    seen = np.stack([np.full((32, 32, 3), 40 + 170 * (n % 2), np.uint8) for n in range(8)])
    target = np.array([[3, 0] if n % 2 else [1, 2] for n in range(8)])
    samples = Samples(np.arange(8), tuple(TOLD[n // 4] for n in range(8)), target)
    run = stages("debug").pretrain
    run = replace(run, loop=replace(run.loop, steps=60, learning_rate=5e-3, save_every=60))
    last = list(train_policy(run, policy, seen, samples, samples, tmp_path / "run"))[-1]
    assert last is not None
    learned = ImageTextPolicy.from_pretrained(tmp_path / "run" / "model")
    assert learned.config == ImageTextConfig(LENGTH, CODES, 0)
    assert learned.predict(seen[:4], TOLD[0]).tolist() == target[:4].tolist()


def test_stage_3_gets_an_action_head(policy: ImageTextPolicy, tmp_path: Path) -> None:
    bins = ActionBins((np.linspace(-1, 1, 5), np.linspace(0, 2, 9)))
    acting = ImageTextPolicy.extend(
        policy.model, policy.processor, codes=0, code_length=LENGTH, bins=bins
    )
    action = acting.act(frames(1)[0], TOLD[0])
    assert action.shape == (2,)
    middles = [(edges[1:] + edges[:-1]) / 2 for edges in bins.edges]
    assert all(np.isclose(own, part).any() for own, part in zip(middles, action, strict=True))
    acting.save_pretrained(tmp_path)
    again = ImageTextPolicy.from_pretrained(tmp_path)
    assert np.allclose(again.act(frames(1)[0], TOLD[0]), action)
    with pytest.raises(ValueError, match="no latent head"):
        acting.predict(frames(1)[0], TOLD[0])


def test_what_is_wrong_is_said(policy: ImageTextPolicy) -> None:
    with pytest.raises(ValueError, match="no action bins"):
        policy.act(frames(1)[0], TOLD[0])
    with pytest.raises(ValueError, match="an instruction is empty"):
        policy.predict(frames(1)[0], " ")
    with pytest.raises(ValueError, match="2 instructions came for 1 frames"):
        policy.predict(frames(1), TOLD)
    with pytest.raises(ValueError, match="has no 4 latent tokens"):
        ImageTextPolicy(policy.model, processor(), ImageTextConfig(LENGTH, CODES))
