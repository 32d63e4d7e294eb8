"""Many visitors at once: the model is never used by two threads, and nothing is done twice."""

from __future__ import annotations

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from app.core.cache import Cache
from app.core.compute import DRAWS
from app.core.limits import Limits, UserError
from app.explorer import Explorer

VISITORS = 30


def all_at_once(work, count: int = VISITORS) -> list:
    """Runs `work(i)` on as many threads, started together; errors come out here."""
    barrier = threading.Barrier(count)

    def start(i: int):
        barrier.wait(timeout=10)
        return work(i)

    with ThreadPoolExecutor(count) as pool:
        return [
            future.result(timeout=30) for future in [pool.submit(start, i) for i in range(count)]
        ]


def test_thirty_visitors_get_their_own_answers(explorer: Explorer, quantizer) -> None:
    def visit(i: int) -> list[tuple]:
        dice = np.random.default_rng(i)
        seen = []
        for _ in range(6):
            codes = tuple(int(code) for code in dice.integers(8, size=4))
            clip = ("red-push-0", "red-lift-0", "blue-push-0")[dice.integers(3)]
            index = int(dice.integers(4))
            if dice.random() < 0.3:
                swept = explorer.explore.sweep("small", clip, index, codes, 1)
                seen.append((clip, index, swept.codes[3], swept.images[3]))
            else:
                answer = explorer.explore.predict("small", clip, index, codes)
                seen.append((answer.clip.id, answer.index, answer.codes, answer.image))
        return seen

    answers = [answer for visit in all_at_once(visit) for answer in visit]
    assert len(answers) == 6 * VISITORS
    for clip, index, codes, image in answers:
        level = 40 + 4 * index
        corners = [image[y, x, 0] for y in (0, -1) for x in (0, -1)]
        assert [int(corner) - level for corner in corners] == [8 * code for code in codes], clip
    assert not quantizer.overlapped and len(quantizer.threads) == 1


def test_the_same_question_is_answered_once(explorer: Explorer, quantizer, make_explorer) -> None:
    all_at_once(lambda i: explorer.explore.predict("small", "red-push-0", 3, (1, 2, 3, 4)))
    # its own picture, and those of the random codes beside it
    assert quantizer.calls.count("decode") == 1 + DRAWS and quantizer.calls.count("encode") == 1
    assert quantizer.calls.count("resize") == 2 and quantizer.calls.count("prepare") == 1


def test_models_and_clips_are_loaded_once(make_explorer, quantizer, small_clips) -> None:
    loads, reads = [], []

    def load(folder):
        loads.append(folder)
        time.sleep(0.05)
        return quantizer

    def read(folder):
        reads.append(folder)
        time.sleep(0.05)
        return small_clips, None

    service = make_explorer(load=load, read=read)
    all_at_once(lambda i: service.explore.predict("small", "red-push-0", 0))
    assert len(loads) == len(reads) == 1
    assert [clip.decoded for clip in small_clips] == [1, 0, 0]


def test_one_visitors_mistake_is_not_anothers(explorer: Explorer) -> None:
    def visit(i: int) -> str:
        try:
            explorer.explore.predict("small", "red-push-0", 0, (i % 2 * 9, 0, 0, 0))
        except UserError:
            return "refused"
        return "answered"

    assert all_at_once(visit) == ["answered", "refused"] * (VISITORS // 2)


def test_uploads_at_once_stay_apart(make_explorer, send_picture) -> None:
    service = make_explorer(Limits(session_bytes_total=100_000_000))
    paths = [send_picture(f"{i}.png", level=8 * i) for i in range(VISITORS)]

    def visit(i: int) -> None:
        for _ in range(3):
            clip = service.clips.add_upload(paths[i], f"visitor {i}")
            assert int(service.clips.frame(clip.id, 0, f"visitor {i}")[0, 0, 0]) == 8 * i
            assert (
                int(
                    service.explore.predict("small", clip.id, 0, None, f"visitor {i}").frame[
                        0, 0, 0
                    ]
                )
                == 8 * i
            )
            with pytest.raises(UserError):
                service.clips.frame(clip.id, 0, f"visitor {(i + 1) % VISITORS}")
        service.drop_session(f"visitor {i}")

    all_at_once(visit)
    assert service.clips._sessions.bytes == 0 and len(service._compute._results) == 0


def test_few_uploads_are_decoded_at_a_time(make_explorer, send_picture, monkeypatch) -> None:
    from app.clips import decode

    now, most, lock = 0, 0, threading.Lock()
    read = decode.read

    def slow(path, limits):
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.01)
        with lock:
            now -= 1
        return read(path, limits)

    monkeypatch.setattr(decode, "read", slow)
    service, path = make_explorer(Limits(decoders=2)), send_picture()
    all_at_once(lambda i: service.clips.add_upload(path, f"visitor {i}"), 12)
    assert most == 2


def test_a_failed_answer_is_asked_again() -> None:
    kept, tries = Cache(100, size=lambda value: 1), []

    def make() -> str:
        tries.append(1)
        if len(tries) == 1:
            raise RuntimeError("out of luck")
        return "good"

    with pytest.raises(RuntimeError):
        kept.get_or_make("key", make)
    assert kept.get_or_make("key", make) == kept.get_or_make("key", make) == "good"
    assert len(tries) == 2 and not kept._making


def test_the_cache_keeps_to_its_bytes_under_load() -> None:
    kept = Cache(1000, size=lambda value: len(value))

    def work(i: int) -> None:
        dice = np.random.default_rng(i)
        for _ in range(200):
            key = int(dice.integers(40))
            assert kept.get_or_make(key, lambda key=key: bytes(10 + 2 * key)) == bytes(10 + 2 * key)
            if dice.random() < 0.05:
                kept.drop(lambda k, key=key: k == key)

    all_at_once(work, 12)
    assert kept.bytes == sum(len(value) for value in kept._values.values()) <= 1000
    assert (
        kept.get_or_make("large", lambda: bytes(2000)) == bytes(2000)
        and "large" not in kept._values
    )


def test_a_press_is_one_job_of_the_thread(explorer: Explorer, monkeypatch) -> None:
    explorer.warm()
    jobs, submit = [], explorer._compute._presses.submit
    monkeypatch.setattr(
        explorer._compute._presses, "submit", lambda *job: jobs.append(job) or submit(*job)
    )

    def hops(*press) -> int:
        jobs.clear()
        explorer.explore.predict("small", "red-push-0", *press)
        return len(jobs)

    assert hops(3) == 1, "a frame seen for the first time"
    assert hops(3, (1, 0, 0, 0)) == 1, "another code"
    assert hops(3, (1, 0, 0, 0)) == 0, "a picture that is known waits for nobody"
    assert hops(19) == 1, "a frame without a future, where nothing is done"


def test_new_frames_of_many_are_all_answered(explorer: Explorer) -> None:
    """More new frames at once than one turn of the thread looks at."""
    seen = all_at_once(lambda i: explorer.explore.predict("small", "red-push-0", i % 15), 15)
    assert [answer.future_index for answer in seen] == [i + 5 for i in range(15)]
    assert not explorer._compute._waiting


def test_presses_that_wait_are_decoded_together(explorer: Explorer, quantizer) -> None:
    """While the thread is busy, presses of different visitors gather; each gets its own picture."""
    for index in range(8):
        explorer.explore.predict("small", "red-push-0", index, (0, 0, 0, 0))
    quantizer.calls.clear()
    hold, begun = threading.Event(), threading.Event()

    def busy() -> None:
        begun.set()
        hold.wait(10)

    blocker = threading.Thread(target=explorer._compute.run, args=(busy,))
    blocker.start()
    begun.wait(10)
    with ThreadPoolExecutor(8) as pool:
        asked = [
            pool.submit(explorer.explore.predict, "small", "red-push-0", index, (index, 0, 0, 0))
            for index in range(1, 8)
        ]
        deadline = time.monotonic() + 10
        while len(explorer._compute._waiting.get("small", ())) < 7 and time.monotonic() < deadline:
            time.sleep(0.01)
        hold.set()
        seen = [each.result(timeout=20) for each in asked]
    blocker.join()
    joined = [call for call in quantizer.calls if call.startswith("join")]
    assert joined == ["join 4", "join 2"], "seven are four, two and one"
    for index, answer in enumerate(seen, start=1):
        assert int(answer.image[0, 0, 0]) - int(answer.frame[0, 0, 0]) == 8 * index


def test_what_goes_wrong_in_a_batch_is_told_to_each(explorer: Explorer, quantizer) -> None:
    def broken(scene, codes):
        raise ValueError("no picture today")

    quantizer.decode = broken
    with pytest.raises(ValueError, match="no picture today"):
        explorer.explore.predict("small", "red-push-0", 3, (1, 2, 3, 4))


def test_a_press_is_one_job_of_the_models_thread(explorer, quantizer, monkeypatch) -> None:
    """A further code on a known frame: one hop between threads, and in the job hardly any way
    from file to file (ten changes at most; calls and returns above the network)."""
    files: list[str] = []
    jobs: list[object] = []

    def note(frame, event: str, _: object) -> None:
        at = frame if event == "call" else frame.f_back if event == "return" else None
        name = "" if at is None else at.f_code.co_filename
        if "/app/" in name and "/tests/" not in name and files[-1:] != [name]:
            files.append(name)

    prepare, submit = quantizer.prepare, ThreadPoolExecutor.submit

    def prepare_and_watch(*args, **options):
        sys.setprofile(note)  # from here on, on the model's thread
        return prepare(*args, **options)

    def count(pool, job, *args):
        jobs.append(job)
        return submit(pool, job, *args)

    monkeypatch.setattr(quantizer, "prepare", prepare_and_watch)
    monkeypatch.setattr(ThreadPoolExecutor, "submit", count)
    explorer.explore.predict("small", "red-push-0", 2, (0, 0, 0, 0))
    files.clear()
    jobs.clear()
    image = explorer.explore.predict("small", "red-push-0", 2, (1, 0, 0, 0)).image
    assert int(image[0, 0, 0]) - int(image[-1, -1, 0]) == 8
    assert len(jobs) == 1 and 1 <= len(files) - 1 <= 10
