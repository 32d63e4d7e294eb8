"""POST /act: every way in, the official client's included, and every refusal as a status."""

from __future__ import annotations

import base64
import io
import json
import threading
from pathlib import Path

import json_numpy
import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from lapa.__main__ import main
from lapa.data.bins import ActionBins
from lapa.models.fast_head import FastHead, FastHeadConfig
from lapa.server import server
from tests import loops

RNG = np.random.default_rng(0)
FRAME = RNG.integers(0, 256, (20, 30, 3), np.uint8)
TOLD = "push the red star"


class Slow:
    """A latent policy that takes its time; its word is always the same."""

    config = type("Config", (), {"code_length": 2})()
    model = type("Model", (), {"config": type("Config", (), {"latent": 8})()})()

    def __init__(self) -> None:
        self.hold: threading.Event | None = None

    def predict(self, frame: np.ndarray, instruction: str) -> np.ndarray:
        if self.hold is not None:
            assert self.hold.wait(20)
        return np.array([3, 1])


def small_head() -> FastHead:
    bins = ActionBins((np.linspace(-1, 1, 5), np.linspace(-1, 1, 5)))
    config = FastHeadConfig(image_size=16, keypoints=4, hidden=16, code_length=2, bins=4)
    return FastHead(config, bins).eval()


class Brightness:
    """A policy whose action is the mean of each channel."""

    bins = type("Bins", (), {"counts": (4, 4, 4), "__len__": lambda self: 3})()

    def __init__(self) -> None:
        self.seen: list[tuple[np.ndarray, str]] = []
        self.hold: threading.Event | None = None

    def act(self, frame: np.ndarray, instruction: str) -> np.ndarray:
        if self.hold is not None:
            self.hold.wait(20)
        assert frame.dtype == np.uint8 and frame.flags.writeable
        self.seen.append((frame, instruction))
        return frame.mean((0, 1))


@pytest.fixture
def policy() -> Brightness:
    return Brightness()


@pytest.fixture
def client(policy) -> TestClient:
    return TestClient(server(policy))


def png(frame: np.ndarray) -> str:
    data = io.BytesIO()
    Image.fromarray(frame).save(data, "PNG")
    return base64.b64encode(data.getvalue()).decode()


@pytest.mark.parametrize("way", ["json-numpy", "lists", "base64", "data url"])
def test_every_way_in_gives_the_same_action(client, policy, way: str) -> None:
    image = {
        "json-numpy": json.loads(json_numpy.dumps(FRAME)),
        "lists": FRAME.tolist(),
        "base64": png(FRAME),
        "data url": f"data:image/png;base64,{png(FRAME)}",
    }[way]
    answer = client.post("/act", json={"image": image, "instruction": TOLD})
    assert answer.status_code == 200
    assert answer.json() == FRAME.mean((0, 1)).tolist()
    assert np.array_equal(policy.seen[0][0], FRAME) and policy.seen[0][1] == TOLD


def test_the_official_double_encoding(client) -> None:
    inner = json_numpy.dumps({"image": FRAME, "instruction": TOLD})
    answer = client.post("/act", json={"encoded": inner}).json()
    assert isinstance(answer, str)
    assert json_numpy.loads(answer) == FRAME.mean((0, 1)).tolist()


def test_paths_only_where_a_folder_is_given(policy, tmp_path: Path) -> None:
    (tmp_path / "shots").mkdir()
    Image.fromarray(FRAME).save(tmp_path / "shots" / "now.png")
    Image.fromarray(FRAME).save(tmp_path / "secret.png")
    open_client = TestClient(server(policy, images=tmp_path / "shots"))
    for name, status in (
        ("now.png", 200), (str(tmp_path / "shots" / "now.png"), 200), ("../secret.png", 422),
        (str(tmp_path / "secret.png"), 422), ("/etc/passwd", 422), ("gone.png", 422),
    ):  # fmt: skip
        answer = open_client.post("/act", json={"image": name, "instruction": TOLD})
        assert answer.status_code == status, name
    closed = TestClient(server(policy))
    answer = closed.post("/act", json={"image": str(tmp_path / "secret.png"), "instruction": TOLD})
    assert answer.status_code == 422
    assert "names a file, which needs `lapa serve --images FOLDER`" in answer.json()["error"]


def test_base64_in_either_alphabet_and_with_white_space(client) -> None:
    plain = png(np.random.default_rng(0).integers(0, 256, (24, 24, 3), dtype=np.uint8))
    assert "+" in plain and "/" in plain
    wanted = client.post("/act", json={"image": plain, "instruction": TOLD}).json()
    lines = "\r\n".join(plain[i : i + 76] for i in range(0, len(plain), 76))
    safe = plain.replace("+", "-").replace("/", "_").rstrip("=")
    for image in (lines, safe, f"data:image/png;base64,{safe}", f" {plain}\t"):
        answer = client.post("/act", json={"image": image, "instruction": TOLD})
        assert answer.status_code == 200 and answer.json() == wanted
    answer = client.post("/act", json={"image": "nonsense!", "instruction": TOLD})
    assert answer.status_code == 422 and "is no base64" in answer.json()["error"]


def test_half_a_character_is_refused(client) -> None:
    body = b'{"image": [[[0, 0, 0]]], "instruction": "push \\ud83d"}'
    answer = client.post("/act", content=body)
    assert answer.status_code == 422 and "half of a character" in answer.json()["error"]


def test_a_client_that_goes_away_is_met_with_silence(policy, caplog) -> None:
    app = server(policy)

    async def receive() -> dict:
        return {"type": "http.disconnect"}

    async def send(message: dict) -> None:
        sent.append(message)

    sent: list[dict] = []
    scope = {
        "type": "http", "method": "POST", "path": "/act", "raw_path": b"/act", "headers": [],
        "query_string": b"", "root_path": "", "scheme": "http", "http_version": "1.1",
        "server": ("test", 80), "client": ("test", 1),
    }  # fmt: skip
    loops.run(app(scope, receive, send))
    assert not caplog.records


WRONG = [
    (b"{", 400, "no valid JSON"),
    (b"[" * 100_000, 400, "no valid JSON"),
    (b"[1]", 422, "must be an object"),
    ({"instruction": TOLD}, 422, "`image` is missing"),
    ({"image": 3, "instruction": TOLD}, 422, "`image` is int"),
    ({"image": FRAME.tolist()}, 422, "`instruction` must be a text"),
    ({"image": FRAME.tolist(), "instruction": "  "}, 422, "`instruction` must be a text"),
    ({"image": FRAME.tolist(), "instruction": "a" * 501}, 422, "1 to 500 characters"),
    ({"image": [[[1, 2, 3], [4]]], "instruction": TOLD}, 422, "different lengths"),
    ({"image": [[[1, 2, 300]]], "instruction": TOLD}, 422, "0 to 255"),
    ({"image": [[[0.5, 1, 1]]], "instruction": TOLD}, 422, "0 to 255"),
    ({"image": [[1, 2, 3]], "instruction": TOLD}, 422, r"the shape \[1, 3\]"),
    ({"image": "aGVsbG8=", "instruction": TOLD}, 422, "no picture"),
    ({"image": {"__numpy__": "AA==", "dtype": "|O", "shape": [1]}, "instruction": TOLD}, 422, "O"),
    ({"image": {"__numpy__": "AA==", "dtype": "|u1", "shape": [9, 9, 3]}, "instruction": TOLD},
     422, "other data than its shape"),
    ({"image": {"__numpy__": "", "dtype": "|u1", "shape": [0, 9, 3]}, "instruction": TOLD},
     422, "the shape"),
    ({"encoded": "{", "more": 1}, 422, "stand alone"),
    ({"encoded": "{"}, 400, "no valid JSON"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "status", "said"), WRONG)
def test_what_is_wrong_is_a_status_and_a_sentence(client, policy, body, status, said) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = client.post("/act", content=content)
    assert answer.status_code == status
    assert set(answer.json()) == {"error"}
    assert __import__("re").search(said, answer.json()["error"])
    assert not policy.seen


def test_limits(client, policy, monkeypatch) -> None:
    monkeypatch.setattr("lapa.server.BODY_BYTES", 1000)
    answer = client.post("/act", json={"image": FRAME.tolist(), "instruction": TOLD})
    assert answer.status_code == 413
    monkeypatch.undo()
    wide = png(np.zeros((2, 5000, 3), np.uint8))
    answer = client.post("/act", json={"image": wide, "instruction": TOLD})
    assert answer.status_code == 422 and "at most 4096 px" in answer.json()["error"]


def test_too_many_at_once_are_sent_away(policy, monkeypatch) -> None:
    monkeypatch.setattr("lapa.server.WAITING", 2)
    policy.hold = threading.Event()
    client, codes = TestClient(server(policy)), []

    def ask() -> None:
        answer = client.post("/act", json={"image": FRAME.tolist(), "instruction": TOLD})
        codes.append(answer.status_code)
        if answer.status_code == 503:
            policy.hold.set()

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(codes) == 5 and codes.count(503) >= 1 and codes.count(200) >= 2
    assert set(codes) == {200, 503}


def test_it_tells_what_it_is_and_refuses_what_cannot_act(client, tmp_path: Path, capsys) -> None:
    assert client.get("/").json() == {"actions": 3, "bins": [4, 4, 4], "post": "/act"}
    blind = Brightness()
    blind.bins = None
    with pytest.raises(ValueError, match="no action bins"):
        server(blind)
    assert main(["serve", str(tmp_path)]) == 2
    assert "is no policy" in capsys.readouterr().err


def test_two_rates() -> None:
    """A word is slow; who has one gets the head's actions meanwhile."""
    policy, head = Slow(), small_head()
    client = TestClient(server(policy, head=head))
    assert client.get("/").json() == {
        "actions": 2, "bins": [4, 4], "rate": 10.0, "word": {"codes": 2, "values": 8},
        "post": "/act",
    }  # fmt: skip
    policy.hold, answers = threading.Event(), []
    body = {"image": FRAME.tolist(), "instruction": TOLD}
    slow = threading.Thread(target=lambda: answers.append(client.post("/act", json=body).json()))
    slow.start()
    word = {"codes": [7, 0], "age": 0.3, "moved": [0.1, -0.2]}
    fast = client.post("/act", json={"image": FRAME.tolist(), "word": word}).json()
    assert not answers
    policy.hold.set()
    slow.join(20)
    wanted = head.act(FRAME, [7, 0], [0.1, -0.2], 0.3).tolist()
    assert fast == {"action": wanted, "codes": [7, 0], "age": 0.3}
    wanted = head.act(FRAME, [3, 1], [0, 0], 0).tolist()
    assert answers == [{"action": wanted, "codes": [3, 1], "age": 0.0}]


@pytest.mark.parametrize(
    "changed",
    [
        {"moved": None}, {"codes": [3]}, {"codes": [3, 8]}, {"codes": 3}, {"codes": [3, 1.5]},
        {"codes": [3, True]}, {"age": -1}, {"age": "now"}, {"moved": [0]}, {"moved": [0, 1e9]},
    ],
)  # fmt: skip
def test_a_word_that_is_none(changed) -> None:
    client = TestClient(server(Slow(), head=small_head()))
    word = {"codes": [3, 1], "age": 0, "moved": [0, 0]} | changed
    answer = client.post("/act", json={"image": FRAME.tolist(), "word": word})
    assert answer.status_code == 422
    assert "2 whole numbers from 0 to 7" in answer.json()["error"]


def test_a_head_that_does_not_fit_is_refused(policy) -> None:
    other = Slow()
    other.config = type("Config", (), {"code_length": 4})()
    with pytest.raises(ValueError, match="takes words of 2 codes of 8 values; this policy says 4"):
        server(other, head=small_head())
    other.model = type("Model", (), {"config": type("Config", (), {"latent": 0})()})()
    with pytest.raises(ValueError, match="this policy says none"):
        server(other, head=small_head())
