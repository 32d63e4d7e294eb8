"""What happens to a page when its files are damaged and its disk is full."""

from __future__ import annotations

import gc
import resource
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.core.limits import UserError
from app.explorer import Explorer
from app.tabs.transfer.service import Pair
from tests.served import ROOT, Served, launched

ASSETS = ROOT / "assets"
LAQS = ("eight", "robots", "tabletop")
# without these there is no model
NEEDED = ("config.json", "model.safetensors")
# a card's text, and a picture that only a card shows; the checksum of damaged weights is another's
SILENT = ("README.md", "SHA256SUMS")
FEW = [("eight", "config.json"), ("eight", "model.safetensors")]
SMALL_DISK = 400_000


def shipped() -> list[tuple[str, str]]:
    """(checkpoint, file) of all that lies beside the weights of a quantizer."""
    return [
        (name, p.name) for name in LAQS for p in sorted((ASSETS / "checkpoints" / name).iterdir())
    ]


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def other(data: bytes) -> bytes:
    return b"[1, null]"


def damaged(folder: Path, name: str, file: str, damage: Callable[[bytes], bytes]) -> Explorer:
    """The explorer on one shipped checkpoint of which one file is damaged."""
    home = folder / "checkpoints" / name
    home.mkdir(parents=True)
    for path in (ASSETS / "checkpoints" / name).iterdir():
        (home / path.name).symlink_to(path)
    (home / file).unlink()
    (home / file).write_bytes(damage((ASSETS / "checkpoints" / name / file).read_bytes()))
    for each in ("atlas", "results.json"):
        (folder / each).symlink_to(ASSETS / each)
    return Explorer(folder / "checkpoints", ASSETS / "clips")


def asked(explorer: Explorer, name: str) -> list[str]:
    """Everything that the page asks of a model once; the sentences of what was refused."""
    clips = explorer.clips.all(next(iter(explorer.clips.embodiments(explorer.models.get(name)))))
    clip, said = clips[0], []
    for ask in (
        lambda: explorer.explore.predict(name, clip.id, 0),
        lambda: explorer.explore.names(name, clip.embodiment),
        lambda: explorer.explore.presets(name, clip.embodiment),
        lambda: explorer.transfer.carry(name, Pair(clip.id, 0)),
        lambda: explorer.transfer.nearest(name, Pair(clip.id, 0)),
        lambda: explorer.transfer.matrix(name),
        lambda: explorer.atlas.table(name),
        lambda: explorer.checkup.measured(name),
        lambda: explorer.imagine.begin(name, clip.id, 0, "me"),
        lambda: explorer.imagine.keys(name, clip.embodiment),
        lambda: explorer.models.offered(),
    ):
        try:
            ask()
        except UserError as error:
            said.append(str(error))
    return said


def check(folder: Path, name: str, file: str, damage: Callable[[bytes], bytes]) -> None:
    explorer = damaged(folder, name, file, damage)
    try:
        _check(explorer, folder, name, file)
    finally:
        # its thread would stay, and what it holds; a service and its tools hold each other
        explorer.close()
        del explorer
        gc.collect()


def _check(explorer: Explorer, folder: Path, name: str, file: str) -> None:
    model = explorer.models.get(name)
    said = asked(explorer, name) if model.usable else [str(model.error)]
    for sentence in said:
        assert str(folder) not in sentence and "\n" not in sentence and sentence[-1] == "."
    if file in NEEDED:
        assert not model.usable and name in said[0], said
    else:
        assert model.usable, said
        note = explorer.models.get(name).note
        known = file in note or file in SILENT or file.endswith(".webp")
        assert known, f"nobody is told that {file} cannot be used"
        assert not note or note == f"It works without {file}: damaged, or of another model."


@pytest.mark.parametrize(("name", "file"), FEW)
def test_a_damaged_file_is_said(tmp_path: Path, name: str, file: str) -> None:
    check(tmp_path, name, file, cut)


@pytest.mark.slow
@pytest.mark.parametrize("damage", [cut, other])
@pytest.mark.parametrize(("name", "file"), shipped())
def test_each_damaged_file_is_said(tmp_path: Path, name: str, file: str, damage) -> None:
    check(tmp_path, name, file, damage)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An app that can write no file larger than SMALL_DISK, as on a disk that is nearly full."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL_DISK, SMALL_DISK))

    with launched(tmp_path_factory.mktemp("small"), "--offer", "eight", before=limit) as app:
        yield app


def loose(app: Served) -> list[Path]:
    return [path for path in app.temporary.glob("*/gradio/*") if path.is_file()]


def test_a_full_disk_is_said_and_its_room_comes_back(small: Served) -> None:
    status, told = small.send("long.mp4", b"x" * (2 * SMALL_DISK))
    assert status == 507 and "The server has no room for files now; try again later." in told
    # the answer may be here before the file is closed
    small.until(lambda: not loose(small))
    status, path = small.send("short.mp4", b"x" * (SMALL_DISK // 2))
    assert status == 200
    told = small.queued("page_upload", "me", path=path)
    assert "neither a picture nor a video" in told["error"]


def test_an_upload_that_breaks_off_leaves_nothing(small: Served) -> None:
    head = b'--e\r\nContent-Disposition: form-data; name="files"; filename="a.mp4"\r\n\r\n'
    with socket.create_connection(("127.0.0.1", small.port)) as connection:
        connection.sendall(
            b"POST /gradio_api/upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000\r\n"
            b"Content-Type: multipart/form-data; boundary=e\r\n\r\n" + head + b"x" * 100_000
        )
        small.until(lambda: loose(small))
    small.until(lambda: not loose(small))


def is_zombie(process: Any) -> bool:
    import psutil

    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.slow
def test_the_page_goes_on_without_its_simulator(tmp_path: Path) -> None:
    """Its worker is killed between two runs, and the next run has another one."""
    import psutil

    with launched(tmp_path, "--offer", "tabletop") as app:
        choice = {"seed": 3, "kind": "block2block", "embodiment": "cylinder", "theme": "sim",
                  "policy": "oracle", "seq": 1}  # fmt: skip
        for session in ("first", "second"):
            assert not app.event("policy_begin", session, **choice).get("error")
            (worker,) = psutil.Process(app.process.pid).children()
            worker.kill()
            # the app may take notice of its end only when it asks it next
            app.until(lambda worker=worker: not worker.is_running() or is_zombie(worker))
            last = app.queued("policy_act", session, seq=2, policy="oracle")
            # noticed before the run, another worker does it; noticed on the way, a sentence says so
            assert last["kind"] == "ended" and last.get("error", ".").endswith("."), last
        assert app.ask("/config")[0] == 200


def test_a_copy_of_a_checkpoint_opens(tmp_path: Path) -> None:
    """So that what the tests above damage is what is wrong."""
    shutil.copytree(ASSETS / "checkpoints" / "eight", tmp_path / "eight")
    explorer = Explorer(tmp_path, ASSETS / "clips")
    assert explorer.models.get("eight").usable and not explorer.models.get("eight").note
