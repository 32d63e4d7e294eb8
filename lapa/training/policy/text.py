"""A text tokenizer for a policy's own instructions (sentencepiece, laid out as LLaMA's)."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from lapa.official.prompts import TAILS, TEMPLATE, Text


def learn_text(
    instructions: Iterable[str], file: str | Path, *, size: int = 512, symbols: Sequence[str] = ()
) -> Text:
    """Learn up to `size` pieces from these instructions in LAPA's prompt, and write the model.

    symbols: pieces that are never divided, among them.

    Every character can be spelled, by its bytes where it was never seen. The same instructions
    give the same file.
    """
    import sentencepiece

    distinct = sorted(set(instructions))
    prompts = [TEMPLATE.format(each) for each in distinct]
    sentences = prompts + list(TAILS.values()) * len(distinct)
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences),
        model_writer=model,
        model_type="bpe",
        vocab_size=size,
        user_defined_symbols=list(symbols),
        hard_vocab_limit=False,
        byte_fallback=True,
        character_coverage=1.0,
        num_threads=1,
        minloglevel=2,
    )
    file = Path(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(model.getvalue())
    return Text(file)
