"""Evaluation in an original, on a world made for tests: in processes, by address, and resumed."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import json_numpy
import numpy as np
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from lapa.__main__ import main
from lapa.evaluation import benchmarks
from lapa.evaluation.benchmarks import Films, counts, evaluate, play
from lapa.evaluation.remote import Remote
from lapa.media.videos import stream_video
from lapa.server import server
from lapa.sim.benchmarks import BENCHMARKS
from tests.sim.fake_world import FAKE, Line

# the oracle takes three steps from number 0 and one more from each next; six are the most
FAR = [("far", number) for number in range(5)]


class Brightness:
    """A policy that pushes by how bright a picture is."""

    bins = type("Bins", (), {"counts": (4, 4), "__len__": lambda self: 2})()

    def act(self, frame: np.ndarray, instruction: str) -> np.ndarray:
        return np.array([frame.mean() / 2000, len(instruction) / 1000])


@contextmanager
def serving(app: Starlette) -> Iterator[str]:
    """The address of an application, on this machine only."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    run = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=run.run)
    thread.start()
    try:
        while not run.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{port}"
    finally:
        run.should_exit = True
        thread.join()


def test_baselines_in_processes_of_their_own(tmp_path: Path) -> None:
    films = Films(tmp_path)
    found = list(evaluate(FAKE, "oracle", FAR, workers=2, films=films))
    by_number = {each.number: each for each in found}
    assert [by_number[n].steps for n in range(5)] == [3, 4, 5, 6, 6]
    assert [by_number[n].success for n in range(5)] == [True] * 4 + [False]
    assert by_number[0].instruction == "push far"
    assert counts(FAKE, found) == {"far": {"successes": 4, "episodes": 5, "moved": 5}}
    # the first of each, however the processes ended
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "far-failure-004.mp4", "far-success-000.mp4",
    ]  # fmt: skip
    film = list(stream_video(tmp_path / "far-success-000.mp4"))
    assert len(film) == 4 and film[0].shape == (32, 48, 3)


def test_still_and_random_are_the_same_every_time() -> None:
    assert not any(each.success for each in evaluate(FAKE, "still", FAR[:2]))
    seen = [play(Line(image_size=0), "random", "near", 1, filmed=True)[1] for _ in range(2)]
    assert np.array_equal(*seen)
    other = play(Line(image_size=0), "random", "near", 2, filmed=True)[1]
    assert not np.array_equal(np.stack(other) - other[0], np.stack(seen[0]) - seen[0][0])


def test_what_was_predicted_is_done_before_the_policy_is_asked_again() -> None:
    asked = []

    def act(images: np.ndarray, instructions: list[str]) -> np.ndarray:
        asked.append((images.shape, instructions))
        return np.array([[[0.1, 0], [0.05, 0], [0.05, 0], [0.1, 0]]])

    played, pictures = play(Line(image_size=16), act, "near", 1, filmed=True)
    assert (played.success, played.steps, len(pictures)) == (True, 5, 6)
    assert asked == [((1, 16, 16, 3), ["push near"])] * 2


def test_a_policy_behind_http_does_the_same_as_in_process() -> None:
    policy = Brightness()

    def act(images: np.ndarray, instructions: list[str]) -> np.ndarray:
        return np.stack([policy.act(images[0], instructions[0])])

    with serving(server(policy)) as address:
        remote = Remote(f"{address}/act")
        assert remote.numbers() == 2
        for kind, number in [("near", 0), ("far", 1)]:
            here = play(Line(), act, kind, number, filmed=True)
            there = play(Line(), remote, kind, number, filmed=True)
            assert here[0] == there[0] and np.array_equal(here[1], there[1])
            assert here[0].success == (number == 0)
        found = list(evaluate(FAKE, address, [("near", 0)], image_size=16))
        assert found == [play(Line(), act, "near", 0)[0]]


def test_a_server_that_answers_as_lapas_own_or_not_at_all() -> None:
    async def official(request: Request) -> Any:
        image = json_numpy.loads(json.dumps((await request.json())["image"]))
        assert image.shape == (4, 4, 3) and image.dtype == np.uint8
        return JSONResponse(json.loads(json_numpy.dumps(np.array([0.5, image.max()]))))

    async def broken(request: Request) -> Any:
        return JSONResponse("error")

    image = np.full((4, 4, 3), 7, np.uint8)
    with serving(Starlette(routes=[Route("/act", official, methods=["POST"])])) as address:
        assert Remote(address).act(image, "push").tolist() == [0.5, 7.0]
        assert Remote(address).numbers() is None
    app = Starlette(routes=[Route("/act", broken, methods=["POST"])])
    with serving(app) as address, pytest.raises(OSError, match="'error', which is no action"):
        Remote(address).act(image, "push")
    with pytest.raises(OSError, match="nobody answers at"):
        Remote(address).act(image, "push")
    with serving(server(Brightness())) as address, pytest.raises(OSError, match="422: .*1 to 500"):
        Remote(address).act(image, " ")


@pytest.fixture
def fake(monkeypatch) -> None:
    monkeypatch.setitem(BENCHMARKS, "fake", FAKE)


def words(folder: Path, *more: str) -> list[str]:
    kinds = ["--kind", "near", "--kind", "far", "--episodes", "5"]
    files = ["--json", str(folder / "told.json"), "--results", str(folder / "results.json")]
    return ["evaluate", "oracle", "--in", "fake", *kinds, *files, *more]


@pytest.mark.usefixtures("fake")
def test_from_the_command_line_into_the_results(tmp_path: Path, capsys) -> None:
    assert main(words(tmp_path, "--write", "oracle")) == 0
    told = capsys.readouterr()
    assert "A line, made for tests" in told.out and "10/10" in told.err
    assert told.out.splitlines()[-1].split() == ["all", "8/10", "49", "to", "94", "%", "10"]
    record = json.loads((tmp_path / "results.json").read_text())["benchmarks"]["fake"]["oracle"]
    wanted = {"successes": 4, "episodes": 5, "moved": 5}
    assert record["near"] == record["far"] == wanted
    assert record["name"] == FAKE.title
    assert record["command"].startswith("python -m lapa evaluate oracle --in fake --kind near")
    told = json.loads((tmp_path / "told.json").read_text())["episodes"]
    assert [(each["kind"], each["number"]) for each in told] == [
        (kind, number) for kind in ("near", "far") for number in range(5)
    ]


@pytest.mark.usefixtures("fake")
def test_it_goes_on_where_it_was(tmp_path: Path, monkeypatch) -> None:
    run, plain, stop_after = [], benchmarks.evaluate, 3

    def counted(benchmark, who, episodes, **rest):
        for played in plain(benchmark, who, episodes, **rest):
            run.append((played.kind, played.number))
            yield played
            if len(run) == stop_after:
                raise KeyboardInterrupt

    monkeypatch.setattr(benchmarks, "evaluate", counted)
    assert main(words(tmp_path)) == 130 and not (tmp_path / "told.json").exists()
    begun, stop_after = list(run), None
    run.clear()
    assert main(words(tmp_path, "--resume")) == 0
    # the one that was told as it stopped was kept, too
    assert len(run) == 7 and not set(run) & set(begun)
    told = json.loads((tmp_path / "told.json").read_text())
    assert told["far"] == {"successes": 4, "episodes": 5, "moved": 5}
    assert len(told["episodes"]) == 10


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--kind", "fly"], "no kind 'fly'; there are near, far, deadly"),
        (["--episodes", "6"], "--episodes is 1 to 5"),
        (["--write", "best"], "--write names a method, one of lapa, scratch, actionvla, oracle"),
        (["--theme", "real"], "--theme is the tabletop's"),
    ],
)
def test_what_cannot_be_is_one_sentence(tmp_path: Path, capsys, more, sentence) -> None:
    assert main(words(tmp_path, *more)) == 2
    told = capsys.readouterr().err
    assert told.startswith("lapa evaluate: ") and sentence in told and told.count("\n") == 1


@pytest.mark.usefixtures("fake")
def test_a_process_that_dies_and_a_policy_that_is_not_there(tmp_path: Path, capsys) -> None:
    assert main(["evaluate", "oracle", "--in", "fake", "--kind", "deadly"]) == 2
    assert "a process of fake died; --resume goes on" in capsys.readouterr().err
    assert main(["evaluate", str(tmp_path / "none"), "--in", "fake"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_without_the_original_it_says_what_to_install(capsys, monkeypatch) -> None:
    monkeypatch.delenv("LANGUAGE_TABLE_DIR", raising=False)
    assert main(["evaluate", "oracle", "--in", "language-table"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("lapa evaluate: Language Table is read from a checkout")
    assert told.count("\n") == 1
    assert main(["record", "language-table", "--out", "nowhere", "--episodes", "1"]) == 2
    assert "lapa record: Language Table is read from a checkout" in capsys.readouterr().err
