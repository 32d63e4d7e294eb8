"""How the explorer is served: options, environment, public mode, and what the access log tells."""

from __future__ import annotations

import io
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from app.core.limits import Limits, UserError
from app.explorer import Explorer
from app.page import launch_options
from app.server import AccessLog, leave_out, look_no_more_for, opened_log, serving, told_path
from tests import loops
from tests.app.conftest import SmallQuantizer, recordings


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    for name in ("robots", "mine"):
        (tmp_path / "checkpoints" / name).mkdir(parents=True)
    return tmp_path


def test_without_anything_the_shipped_folders_are_served(assets: Path) -> None:
    told = serving([], {}, assets)
    assert told.checkpoints == assets / "checkpoints" and told.clips == assets / "clips"
    assert (told.host, told.port, told.offer, told.public, told.log) == (
        None,
        None,
        (),
        False,
        None,
    )


def test_the_environment_says_the_same_and_an_option_wins(assets: Path) -> None:
    environment = {
        "LAPA_OFFER": "robots, mine", "LAPA_PUBLIC": "1", "GRADIO_SERVER_NAME": "0.0.0.0",
        "GRADIO_SERVER_PORT": "8000", "GRADIO_ROOT_PATH": "/lapa/", "LAPA_ACCESS_LOG": "-",
    }  # fmt: skip
    told = serving(["--port", "9000"], environment, assets)
    assert told.offer == ("robots", "mine") and told.public and told.host == "0.0.0.0"
    assert told.port == 9000 and told.root_path == "/lapa" and told.log == "-"


@pytest.mark.parametrize(
    ("argv", "environment", "words"),
    [
        (["--port", "0"], {}, "'0' is no port (also as GRADIO_SERVER_PORT); 1 to 65535"),
        (["--port", "http"], {}, "'http' is no port"),
        (["--offer", "robots,other"], {}, "there is no checkpoint 'other' in checkpoints"),
        (["--root-path", "lapa"], {}, "must begin with /"),
        ([], {"LAPA_PUBLIC": "perhaps"}, "LAPA_PUBLIC is 'perhaps'; accepted are 1 and 0"),
        ([], {"GRADIO_SERVER_PORT": "x"}, "'x' is no port"),
    ],
)
def test_what_cannot_be_is_one_sentence(assets, capsys, argv, environment, words) -> None:
    with pytest.raises(SystemExit) as stopped:
        serving(argv, environment, assets)
    assert stopped.value.code == 2
    assert words in capsys.readouterr().err.splitlines()[-1]


def test_an_empty_variable_is_none_and_a_whole_address_is_a_root(assets: Path) -> None:
    told = serving([], {"GRADIO_SERVER_PORT": "", "GRADIO_SERVER_NAME": ""}, assets)
    assert told.port is None and told.host is None
    told = serving([], {"GRADIO_ROOT_PATH": "https://example.org/lapa/"}, assets)
    assert told.root_path == "https://example.org/lapa"


@pytest.mark.parametrize(
    ("argv", "can_open"),
    [
        ([], True),
        (["--host", "127.0.0.1"], True),
        (["--root-path", "/lapa"], False),
        (["--root-path", "https://example.org/lapa"], False),
        (["--root-path", "/lapa", "--open-models"], True),
        (["--host", "0.0.0.0"], False),
    ],
)
def test_behind_a_proxy_everybody_seems_to_be_here(assets: Path, argv, can_open: bool) -> None:
    assert serving(argv, {}, assets).open_models is can_open


@pytest.mark.parametrize(
    ("argv", "hosts"),
    [
        ([], ("127.0.0.1", "localhost", "::1")),
        (["--host", "lab.example"], ("127.0.0.1", "localhost", "::1", "lab.example")),
        (["--host", "0.0.0.0"], ()),
        (["--root-path", "/lapa"], ()),
        (["--host", "::", "--hosts", "Lab.example, b"],
         ("127.0.0.1", "localhost", "::1", "lab.example", "b")),
    ],
)  # fmt: skip
def test_the_names_that_it_may_be_asked_for_by(assets: Path, argv, hosts) -> None:
    assert serving(argv, {}, assets).hosts == hosts


def test_who_may_show_it_in_a_frame(assets: Path, capsys) -> None:
    assert serving([], {}, assets).frames == ()
    assert serving([], {"SPACE_ID": "me/lapa"}, assets).frames is None
    assert serving(["--frames", "*"], {}, assets).frames is None
    told = serving([], {"LAPA_FRAMES": "https://a.example,http://b:80"}, assets)
    assert told.frames == ("https://a.example", "http://b:80")
    with pytest.raises(SystemExit):
        serving(["--frames", "a; script-src *"], {}, assets)
    assert "'a; script-src *' is no origin" in capsys.readouterr().err.splitlines()[-1]


def test_a_port_that_is_none_ends_in_a_sentence_and_not_in_gradios_import(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "app.py"], cwd=root, capture_output=True, text=True, timeout=120,
        env=os.environ | {"GRADIO_SERVER_PORT": "abc"},
    )  # fmt: skip
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "'abc' is no port (also as GRADIO_SERVER_PORT)" in done.stderr.splitlines()[-1]


def test_what_gradio_would_read_beside_the_options_is_left_out(capsys) -> None:
    environment = {
        "GRADIO_SERVER_PORT": "8000", "GRADIO_NUM_PORTS": "abc", "GRADIO_SHARE": "true",
        "WEB_CONCURRENCY": "abc", "GRADIO_TEMP_DIR": "/own", "HOME": "/root",
    }  # fmt: skip
    leave_out(environment)
    assert environment == {"GRADIO_TEMP_DIR": "/own", "HOME": "/root"}
    said = capsys.readouterr().err
    assert said == "Not read here: GRADIO_NUM_PORTS, GRADIO_SHARE, WEB_CONCURRENCY.\n"
    leave_out(environment)
    assert capsys.readouterr().err == ""


def test_what_ends_the_import_of_a_library_is_one_sentence(root: Path, monkeypatch) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.setitem(sys.modules, "app.page", None)
    with pytest.raises(SystemExit, match="^python app.py: a library or what it reads of the"):
        runpy.run_path(str(root / "app.py"))["run"](None)


def test_only_what_is_offered_is_there(assets: Path) -> None:
    (assets / "checkpoints" / "eight").mkdir()
    for folder in (assets / "checkpoints").iterdir():
        (folder / "config.json").write_text("{}")
        (folder / "model.safetensors").write_bytes(b"weights")

    def make(offer: tuple[str, ...]) -> list[str]:
        explorer = Explorer(
            assets / "checkpoints", assets, load=lambda folder: SmallQuantizer(),
            read=lambda folder: (recordings(), None), offer=offer,
        )  # fmt: skip
        return [model.name for model in explorer.models.all()]

    assert make(()) == ["eight", "mine", "robots"] and make(("robots",)) == ["robots"]
    # eight opens the page, whatever comes before it in the alphabet
    (assets / "checkpoints" / "eight").rename(assets / "checkpoints" / "another")
    (assets / "checkpoints" / "mine").rename(assets / "checkpoints" / "eight")
    assert make(()) == ["eight", "another", "robots"]


def test_in_public_nothing_can_be_sent(make_explorer, send_picture) -> None:
    explorer = make_explorer(Limits(uploads=False))
    for send in (
        lambda: explorer.clips.add_upload(send_picture(), "me"),
        lambda: explorer.clips.read_picture(send_picture()),
        lambda: explorer.checkup.add_checkpoint([send_picture()], "me"),
    ):
        with pytest.raises(UserError, match="turned off here"):
            send()
    assert launch_options(Limits(uploads=False))["max_file_size"] == 1


# The access log


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/", "/"),
        ("/gradio_api/queue/join", "/gradio_api/queue/join"),
        ("/gradio_api/file=/tmp/secret/mine.png", "/gradio_api/…/…/…"),
        ("/gradio_api/call/decode/0a1b2c", "/gradio_api/call/…/…"),
        ("/a/b/c/d/e/f", "/…/…/…/…"),
    ],
)
def test_a_path_tells_what_and_not_who(path: str, told: str) -> None:
    assert told_path(path) == told


def test_a_line_a_request(tmp_path: Path) -> None:
    out = io.StringIO()

    async def app(scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def nothing(*_: object) -> None:
        return None

    scope = {
        "type": "http", "method": "GET", "path": "/gradio_api/upload/x", "client": ("9.8.7.6", 1),
        "query_string": b"session_hash=secret", "headers": [(b"cookie", b"me")],
    }  # fmt: skip
    loops.run(AccessLog(app, out)(scope, nothing, nothing))
    line = out.getvalue()
    assert (
        line.count("\n") == 1 and " GET /gradio_api/upload/… 404 " in line and line.endswith("ms\n")
    )
    assert not any(secret in line for secret in ("9.8.7.6", "secret", "cookie"))
    assert opened_log(None) is None
    with opened_log(str(tmp_path / "access.log")) as log:
        print("x", file=log)
    assert (tmp_path / "access.log").read_text() == "x\n"


def test_what_is_not_installed_is_not_looked_for_again(monkeypatch) -> None:
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    look_no_more_for("json")
    look_no_more_for("a_module_that_nobody_wrote")
    assert sys.modules["json"] is json and sys.modules["a_module_that_nobody_wrote"] is None
    with pytest.raises(ImportError):
        import a_module_that_nobody_wrote  # noqa: F401
