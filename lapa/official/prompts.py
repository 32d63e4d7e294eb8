"""LAPA's prompt: what surrounds an instruction, and its tokens (sentencepiece, as LLaMA's)."""

from __future__ import annotations

from pathlib import Path

# tokens of LLaMA's vocabulary
BOS, PAD = 1, 0
QUESTION = "What action should the robot take to `{}`"
TEMPLATE = f"You are a helpful assistant. USER: {QUESTION} ASSISTANT: <vision>"
TAILS = {"latent": "</vision> <delta>", "action": "</vision> <action>", "text": "</vision>"}


class Text:
    """A sentencepiece model. path: of its file."""

    def __init__(self, path: Path) -> None:
        from sentencepiece import SentencePieceProcessor

        if not path.is_file():
            raise FileNotFoundError(f"there is no tokenizer at {path}")
        self.path = path
        try:
            self._pieces = SentencePieceProcessor(model_file=str(path))
        except (RuntimeError, OSError) as error:
            raise ValueError(f"{path.name} is no sentencepiece model") from error

    def __len__(self) -> int:
        return self._pieces.vocab_size()

    def prompt(self, instruction: str, length: int) -> tuple[list[int], list[int]]:
        """Tokens of the prompt up to the frame, and which of them are no padding; `length` each.

        Padded on the left; of a longer prompt the end is kept. LAPA's prompt begins with two
        beginnings: one in its text, one by its tokenizer.
        """
        tokens = [BOS, BOS, *self._pieces.encode(TEMPLATE.format(instruction))][-length:]
        padding = length - len(tokens)
        return [PAD] * padding + tokens, [0] * padding + [1] * len(tokens)

    def pieces(self, words: str) -> list[int]:
        """The tokens of words."""
        return self._pieces.encode(words)

    def words(self, tokens: list[int]) -> str:
        """The text of tokens."""
        return self._pieces.decode(tokens)

    def tail(self, kind: str) -> list[int]:
        """Tokens between the frame and what is predicted."""
        return self._pieces.encode(TAILS[kind])
