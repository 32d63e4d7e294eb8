"""A site as it is written: what is in its folder, and that it is the same every time."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
import yaml

from app import site
from app.site import markup, scripts, serving

TABS = ("explore", "imagine")


@pytest.fixture
def export(make_explorer, tmp_path: Path):
    def write(name: str = "site", tabs: tuple[str, ...] = TABS, address: str = "") -> Path:
        folder = site.Folder(tmp_path / name)
        explorer = make_explorer()
        plan = site.Plan((), tmp_path, tabs, address)

        def network(name: str) -> None:
            folder.add_json(f"models/{name}/model.json", {"name": name})

        list(site.build.write_from(explorer, plan, folder, network))
        site.serve(folder, ["small"], address)
        folder.close()
        explorer.close()
        return tmp_path / name

    return write


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_a_second_export_gives_the_same_bytes_and_renews_the_first(export) -> None:
    first = files(export())
    (other,) = {len(files(export("other")))}
    assert other == len(first) and files(export("third")) == first
    # without Imagine, into the same folder: what was only Imagine's is gone
    less = files(export(tabs=("explore",)))
    assert "app/tabs/imagine/player.js" in first and "app/tabs/imagine/player.js" not in less


def test_the_manifest_names_every_file_with_its_hash(export) -> None:
    found = files(export())
    manifest = json.loads(found.pop("manifest.json"))
    assert manifest["format"] == "lapa-site"
    assert set(manifest["files"]) == set(found)
    for name, data in found.items():
        told = manifest["files"][name]
        assert told == {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}, name
    assert manifest["bytes"] == sum(map(len, found.values()))
    # the worker that keeps the site is another one as soon as any file is
    version = re.match(r'self\.VERSION = "([0-9a-f]{16})";\n', found["service-worker.js"].decode())
    assert version


def test_the_page_has_the_tabs_asked_for_with_the_panels_of_the_page(export) -> None:
    text = (export() / "index.html").read_text()
    shown = re.findall(r'data-tab="(\w+)"', text)
    assert shown == list(TABS)
    panels = set(re.findall(r'data-panel="([\w-]+)"', text))
    assert {"header", "stage", "pads", "sweep", "guess", "dream", "keep", "drawer"} <= panels
    assert not panels & {"policy", "transfer", "checkup", "learn", "atlas"}
    assert "leaves this browser" in text and "leaves this server" not in text


def test_the_page_allows_no_inline_code_and_names_no_other_host(export) -> None:
    found = files(export())
    text = found["index.html"].decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)[1]
    assert "unsafe-inline" not in policy and "'unsafe-eval'" not in policy
    assert "default-src &#x27;none&#x27;" in policy and "wasm-unsafe-eval" in policy
    assert not re.search(r"<script>|\son\w+=|\sstyle=", text)
    addresses = re.findall(r'(?:src|href)="([^"]+)"', text)
    assert addresses and not [each for each in addresses if re.match(r"/|https?:", each)]
    for name, data in found.items():
        if name.endswith((".html", ".css", ".js", ".json")):
            hosts = re.findall(rb"""["'(](?:https?:)?//([\w.-]+\.\w+)""", data)
            assert set(hosts) <= {b"www.w3.org"}, name


def test_every_script_that_is_imported_is_there(export) -> None:
    folder = export()
    for path in (folder / "app").rglob("*.js"):
        for near in scripts.IMPORTED.findall(path.read_text()):
            assert (path.parent / near).resolve().is_file(), f"{path}: {near}"


def test_the_catalogue_has_every_clip_with_its_frames(export) -> None:
    folder = export()
    catalogue = json.loads((folder / "data/catalogue.json").read_text())
    assert [model["name"] for model in catalogue["models"]] == ["small"]
    assert sorted(clip["place"] for clip in catalogue["clips"]) == list(
        range(len(catalogue["clips"]))
    )
    for clip in catalogue["clips"]:
        episode = json.loads((folder / f"data/episodes/small/{clip['address']}.json").read_text())
        assert len(episode["codes"]) == clip["frames"]
        for index in range(clip["frames"]):
            assert (folder / clip["folder"] / f"{index}.webp").read_bytes()[8:12] == b"WEBP"


def test_a_static_space_reads_its_card() -> None:
    head = yaml.safe_load(serving.card(["eight"], "").split("---")[1])
    assert head["sdk"] == "static" and head["app_file"] == "index.html"
    assert head["custom_headers"] == {
        "cross-origin-embedder-policy": "require-corp",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "cross-origin",
    }
    # what Spaces refuse otherwise
    assert len(head["short_description"]) <= 60


def test_an_address_gives_a_page_to_print_and_is_escaped(export) -> None:
    folder = export(address="https://example.org/lapa/")
    page = (folder / "qr.html").read_text()
    assert "https://example.org/lapa/" in page and "<svg" in page
    assert not (export("without") / "qr.html").exists()


def test_a_folder_of_something_else_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(ValueError, match="is not empty and no site"):
        site.Folder(tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


def test_what_json_has_no_word_for_is_null(tmp_path: Path) -> None:
    folder = site.Folder(tmp_path / "site")
    folder.add_json("record.json", {"a": [float("nan"), 1.5], "b": (float("inf"), "x")})
    assert json.loads((tmp_path / "site/record.json").read_text()) == {
        "a": [None, 1.5],
        "b": [None, "x"],
    }


def test_a_manifest_that_names_files_elsewhere_removes_none(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    place = tmp_path / "site"
    place.mkdir()
    manifest = {"format": "lapa-site", "files": {"../mine.txt": {}, "old.txt": {}}}
    (place / "manifest.json").write_text(json.dumps(manifest))
    (place / "old.txt").write_text("old")
    folder = site.Folder(place)
    folder.close()
    assert (tmp_path / "mine.txt").exists() and not (place / "old.txt").exists()


def test_checkpoints_are_called_after_their_folders_or_runs(tmp_path: Path) -> None:
    for name in ("eight", "runs/mine/model", "other/eight"):
        (tmp_path / name).mkdir(parents=True)
    assert site.names([tmp_path / "eight", tmp_path / "runs/mine/model"]) == ["eight", "mine"]
    with pytest.raises(ValueError, match="two checkpoints are called eight"):
        site.names([tmp_path / "eight", tmp_path / "other/eight"])
    with pytest.raises(ValueError, match="is no folder"):
        site.names([tmp_path / "nothing"])


def test_words_that_a_template_says_no_more_are_missed(explorer, monkeypatch) -> None:
    from app.page import build

    monkeypatch.setattr(markup, "WITHOUT_A_SERVER", {"no template says this": ""})
    with pytest.raises(ValueError, match="No template says “no template says this”"):
        markup.index(build(explorer), TABS)
