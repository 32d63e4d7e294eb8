"""Long work in pieces: the same answers as at once, stopped at once, and presses come between."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from app.core.compute import Compute
from app.core.interleave import LARGEST, PIECE_SECONDS, Stopped, Turns
from app.core.limits import Limits
from lapa import LAQConfig, LatentActionQuantizer
from lapa.checkup.examine import checkup
from tests.app.checkups import BatchQuantizer
from tests.app.conftest import SIZE
from tests.synthetic import ARM, RED, frame_pairs


class SlowQuantizer(BatchQuantizer):
    """Takes 10 ms a frame."""

    def encode(self, frames: np.ndarray, futures: np.ndarray) -> np.ndarray:
        time.sleep(0.01 * len(frames))
        return super().encode(frames, futures)


@pytest.fixture
def compute() -> Compute:
    return Compute(Limits())


def batch(count: int) -> np.ndarray:
    brightness = np.arange(count, dtype=np.uint8)[:, None, None, None]
    return np.broadcast_to(brightness, (count, SIZE, SIZE, 3))


def turns_of(quantizer, compute: Compute) -> Turns:
    return Turns(quantizer, compute, threading.Event())


def test_pieces_give_what_a_whole_batch_gives(compute) -> None:
    quantizer, frames = BatchQuantizer(), batch(40)
    turns, futures = turns_of(quantizer, compute), batch(40) + 3
    codes = turns.encode(frames, futures)
    np.testing.assert_array_equal(codes, BatchQuantizer().encode(frames, futures))
    np.testing.assert_array_equal(turns.latent(frames, futures), codes)
    np.testing.assert_array_equal(turns.decode(frames, codes), futures)
    np.testing.assert_array_equal(turns.decode(turns.prepare(frames), codes), futures)
    assert quantizer.sizes[0] == 1 and max(quantizer.sizes) <= LARGEST
    assert all(name.startswith("quantizer") for name in quantizer.threads)


def test_many_latent_actions_on_one_frame(compute) -> None:
    quantizer, codes = BatchQuantizer(), BatchQuantizer().encode(batch(40), batch(40) + 3)
    turns, one = turns_of(quantizer, compute), batch(1)
    told = BatchQuantizer().decode(np.repeat(one, 40, 0), codes)
    for frame in (one, turns.prepare(one)):
        np.testing.assert_array_equal(turns.decode(frame, codes), told)
    assert max(quantizer.sizes) <= LARGEST


def test_frames_of_the_right_size_are_not_touched(compute) -> None:
    turns, frames = turns_of(BatchQuantizer(), compute), batch(3)
    assert turns.resize(frames) is frames
    assert turns.resize(np.zeros((3, 10, 12, 3), np.uint8)).shape == (3, SIZE, SIZE, 3)


def test_pieces_stay_short(compute) -> None:
    quantizer = SlowQuantizer()
    turns_of(quantizer, compute).encode(batch(30), batch(30))
    assert max(quantizer.sizes) * 0.01 <= 2 * PIECE_SECONDS


def test_nobody_waits_means_no_further_piece(compute) -> None:
    quantizer, stopped = SlowQuantizer(), threading.Event()
    turns = Turns(quantizer, compute, stopped)
    threading.Timer(0.1, stopped.set).start()
    with pytest.raises(Stopped):
        turns.encode(batch(2000), batch(2000))
    assert sum(quantizer.sizes) < 1000


def test_a_press_comes_between(compute) -> None:
    """A visitor waits for the piece under way, never for the whole work."""
    quantizer, stopped = SlowQuantizer(), threading.Event()
    turns = Turns(quantizer, compute, stopped)

    def work() -> None:
        with pytest.raises(Stopped):
            turns.encode(batch(5000), batch(5000))

    worker = threading.Thread(target=work)
    worker.start()
    while len(quantizer.sizes) < 4:
        time.sleep(0.005)
    taken = []
    for _ in range(8):
        start = time.perf_counter()
        assert compute.run(lambda: "pressed") == "pressed"
        taken.append(time.perf_counter() - start)
    stopped.set()
    worker.join(20)
    assert sorted(taken)[4] < 0.5, "the whole work takes 50 seconds"


def test_work_goes_on_under_a_stream_of_presses(compute) -> None:
    quantizer, over = BatchQuantizer(), threading.Event()

    def press() -> None:
        while not over.is_set():
            compute.run(time.sleep, 0.002)

    visitor = threading.Thread(target=press)
    visitor.start()
    try:
        turns_of(quantizer, compute).encode(batch(2), batch(2))
    finally:
        over.set()
        visitor.join(20)
    assert sum(quantizer.sizes) == 2


def test_what_somebody_looks_at_goes_on_beside_a_press(compute) -> None:
    """However long a press takes, and the other way round."""
    pressed, looked = threading.Event(), threading.Event()
    press = threading.Thread(target=compute.run, args=(looked.wait, 20))
    press.start()
    assert compute.watched(lambda: "a row") == "a row"
    looked.set()
    press.join(20)
    look = threading.Thread(target=compute.watched, args=(pressed.wait, 20))
    look.start()
    assert compute.run(lambda: "a picture") == "a picture"
    pressed.set()
    look.join(20)
    assert not press.is_alive() and not look.is_alive()


def test_pieces_of_what_somebody_looks_at_take_turns(compute) -> None:
    """Two transfers at once: neither waits until the other is done."""
    done: list[str] = []
    both = threading.Barrier(2)

    class Named(BatchQuantizer):
        def encode(self, frames: np.ndarray, futures: np.ndarray) -> np.ndarray:
            done.append(threading.current_thread().name)
            time.sleep(0.05)
            sizes.append(len(frames))
            return super().encode(frames, futures)

    sizes: list[int] = []
    order: list[str] = []

    def transfer(name: str) -> None:
        turns = Turns(Named(), compute, watched=True)
        both.wait(20)
        for at in range(4):
            turns.encode(batch(1), batch(1) + at)
            order.append(name)

    works = [threading.Thread(target=transfer, args=(name,)) for name in "ab"]
    for each in works:
        each.start()
    for each in works:
        each.join(20)
    assert set(done) == {"quantizer-watched_0"} and sizes == [1] * 8
    assert "".join(order) not in ("aaaabbbb", "bbbbaaaa")


def test_work_of_the_threads_asks_them_for_more_at_once(compute) -> None:
    for door in (compute.run, compute.watched):
        assert door(lambda: compute.run(threading.current_thread)) is door(threading.current_thread)


@pytest.mark.usefixtures("quick_probe")
def test_a_real_quantizer_is_examined_in_turns_as_at_once(compute) -> None:
    small = LAQConfig(
        image_size=64, patch_size=16, dim=16, heads=2, dim_head=8, quant_dim=4,
        spatial_depth=1, temporal_depth=1, decoder_depth=1,
    )  # fmt: skip
    quantizer = LatentActionQuantizer(small).eval()
    pairs = frame_pairs(ARM, RED, episodes=3, length=18)
    quiz = {"drift_steps": 4, "stride": 8}
    at_once, in_turns = (
        checkup(each, pairs, **quiz) for each in (quantizer, turns_of(quantizer, compute))
    )
    found, told = (
        (
            each["reconstruction"].overall.ratio.value,
            each["distinctness"].overall.distinctness.value,
        )
        for each in (in_turns, at_once)
    )
    # batches of another size round differently
    assert found == pytest.approx(told, rel=0.01) and told[0] > 1 and told[1] > 0
