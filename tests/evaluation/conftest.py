"""Frame pairs and quantizers whose figures are known in closed form."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

SIZE, LENGTH, CODES = 8, 2, 4


class KnownPairs:
    """Pairs whose future is the frame plus 16 grey levels times a number that `steps` gives."""

    def __init__(self, steps, embodiment):
        self.steps = np.asarray(steps)
        self.embodiment = np.asarray(embodiment)
        # nobody says what the robot was told to do
        self.cache = SimpleNamespace(episodes=[SimpleNamespace(action_dim=0)] * len(self.steps))

    def all(self, stride=1):
        return [(index // 4, index % 4, 1) for index in range(0, len(self.steps), stride)]

    def take(self, rows):
        index = np.array([4 * episode + t for episode, t, _ in rows])
        frame = np.full((len(index), SIZE, SIZE, 3), 60, np.uint8)
        moved = (60 + 16 * self.steps[index]).astype(np.uint8)
        future = np.broadcast_to(moved[:, None, None, None], frame.shape).copy()
        return SimpleNamespace(
            frame=frame,
            future=future,
            embodiment=self.embodiment[index],
            episode=np.array([row[0] for row in rows]),
            t=np.array([row[1] for row in rows]),
            gap_frames=np.array([row[2] for row in rows]),
        )


class Known:
    """A quantizer that codes the number of steps in position 0; position 1 is always 3."""

    config = SimpleNamespace(codebook_size=CODES, code_length=LENGTH, image_size=SIZE)

    def resize(self, frame):
        return frame

    def prepare(self, frame):
        return frame

    def encode(self, frame, future):
        steps = (future[:, 0, 0, 0].astype(int) - frame[:, 0, 0, 0]) // 16
        return np.stack([steps, np.full_like(steps, 3)], axis=1)

    def latent(self, frame, future):
        return self.encode(frame, future)[..., None].astype(np.float32)


class Oracle(Known):
    def decode(self, frame, codes):
        return (frame + 16 * codes[:, 0, None, None, None]).astype(np.uint8)


class Copier(Known):
    def decode(self, frame, codes):
        return frame


class Halfway(Known):
    def decode(self, frame, codes):
        return (frame + 8 * codes[:, 0, None, None, None]).astype(np.uint8)


@pytest.fixture
def pairs():
    """Twelve pairs: arm "a" moves 1, 2, 3, 0 …, arm "b" always 2."""
    return KnownPairs([1, 2, 3, 0, 1, 2, 3, 0, 2, 2, 2, 2], ["a"] * 8 + ["b"] * 4)


@pytest.fixture
def quantizers():
    return SimpleNamespace(oracle=Oracle(), copier=Copier(), halfway=Halfway())


@pytest.fixture
def known_pairs():
    """The class, for pairs of a test's own."""
    return KnownPairs
