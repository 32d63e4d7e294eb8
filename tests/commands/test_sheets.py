"""`python -m lapa sheets`: a row an embodiment, a column a code, and the right picture in each."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import torch
from PIL import Image

from lapa.__main__ import main
from lapa.commands.sheets import GAP, HEAD, MARGIN, SIDE, drawn_pairs, examples, pairs_sheet, sheet
from lapa.data import FramePairs
from lapa.data.memory import Recording, cache_in_memory
from lapa.models.quantizer import LatentActionQuantizer
from lapa.presets.quantizers import debug
from lapa.training.toy import make_toy_videos

SIZE = 32


def recording(name: str, embodiment: str, values: list[int]) -> Recording:
    frames = np.stack([np.full((SIZE, SIZE, 3), value, np.uint8) for value in values])
    return Recording(
        id=name, source="test", embodiment=embodiment, fps=10.0, split="holdout",
        height=SIZE, width=SIZE, action_names=(), frames=frames, actions=None,
    )  # fmt: skip


class Grey:
    """Code k of position p makes everything 20·k + p grey; what stands still has the code 3."""

    config = SimpleNamespace(codebook_size=4, code_length=2, image_size=SIZE)

    def resize(self, frame):
        return frame

    def encode(self, frame, future):
        return np.array([3, 3])

    def sweep(self, frame, codes, *, position):
        assert list(codes) == [3, 3]
        shades = [np.full_like(frame, 20 * code + position) for code in range(4)]
        return np.stack(shades)


def middle_of(page: Image.Image, row: int, code: int) -> tuple[int, ...]:
    x, y = MARGIN + code * (SIDE + GAP) + SIDE // 2, HEAD + row * (SIDE + GAP) + SIDE // 2
    return page.getpixel((x, y))


def test_examples_take_what_moves_most_in_alphabetical_order():
    clips = [
        recording("slow", "b-arm", [10, 10, 11, 12, 13, 14]),
        recording("fast", "b-arm", [10, 30, 50, 70, 90, 110]),
        recording("only", "a-arm", [5, 5, 5, 5, 5, 5]),
    ]
    found = examples(FramePairs(cache_in_memory(clips, SIZE), 0.1))
    assert list(found) == ["a-arm", "b-arm"]
    assert int(found["a-arm"][0, 0, 0]) == 5
    assert int(found["b-arm"][0, 0, 0]) == 50


def test_a_cell_shows_what_its_code_makes_of_the_frame():
    frames = {"a-arm": np.full((SIZE, SIZE, 3), 200, np.uint8)}
    still, imagined = sheet(Grey(), frames, position=1)
    assert middle_of(still, 0, 2) == (200, 200, 200)
    assert [middle_of(imagined, 0, code)[0] for code in range(4)] == [1, 21, 41, 61]
    border = (MARGIN + 3 * (SIDE + GAP), HEAD)
    assert imagined.getpixel(border) == (30, 30, 40) != imagined.getpixel((MARGIN, HEAD))


def test_the_command_writes_two_alternating_pictures_a_position(tmp_path, capsys):
    video = make_toy_videos(tmp_path / "toy", episodes=10, frames=8)
    model = LatentActionQuantizer(debug().model)
    # an untrained head copies the frame, and a picture that stands still is stored as one
    torch.nn.init.normal_(model.head.out.weight)
    model.save_pretrained(tmp_path / "model")
    words = ["sheets", tmp_path / "model", "--data", video, "--cache", tmp_path / "cache"]
    assert main([str(word) for word in words]) == 0
    paths = [tmp_path / "model" / f"codes-{position}.webp" for position in range(2)]
    written = [str(path) for path in (*paths, tmp_path / "model" / "pairs.webp")]
    assert capsys.readouterr().out.split() == written
    for path in paths:
        with Image.open(path) as picture:
            assert picture.n_frames == 2 and picture.info["loop"] == 0


def test_pairs_are_drawn_and_stand_beside_their_truth():
    clips = [
        recording("one", "b-arm", [10, 30, 50, 70, 90, 110]),
        recording("two", "a-arm", [200, 190, 180, 170, 160, 150]),
    ]
    pairs = FramePairs(cache_in_memory(clips, SIZE), 0.1)

    class Halfway(Grey):
        def encode(self, frame, future):
            return np.zeros((len(frame), 2), int)

        def decode(self, frame, codes):
            return frame // 2

    page = pairs_sheet(Halfway(), pairs, seed=0)
    chosen = drawn_pairs(pairs, seed=0)
    assert list(chosen) == ["a-arm", "b-arm"] and all(len(rows) == 3 for rows in chosen.values())
    assert chosen != drawn_pairs(pairs, seed=1)
    for row, rows in enumerate(chosen.values()):
        batch = pairs.take(rows)
        for number in range(3):
            now, later = (int(x[number, 0, 0, 0]) for x in (batch.frame, batch.future))
            for place, value in enumerate((now, now // 2, later)):
                x = MARGIN + (3 * number + place) * (SIDE + GAP) + number * GAP + SIDE // 2
                y = HEAD + row * (SIDE + GAP) + SIDE // 2
                assert page.getpixel((x, y)) == (value,) * 3
