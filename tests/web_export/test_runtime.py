"""The browser's runtime laid beside its scripts."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from lapa.web_export import runtime


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """onnxruntime-web as npm unpacks it, with other bytes."""
    folder = tmp_path / "onnxruntime-web"
    (folder / "dist").mkdir(parents=True)
    (folder / "package.json").write_text('{"version": "9.8.7"}')
    for script, build in runtime.BUILDS.values():
        for name in (script, f"{build}.mjs", f"{build}.wasm"):
            (folder / "dist" / name).write_bytes(name.encode() * 100)
    return folder


def test_binaries_are_packed_and_listed(package: Path, tmp_path: Path) -> None:
    folder = tmp_path / "runtime"
    written = runtime.lay_out(package, folder)
    assert {path.suffix for path in written} == {".js", ".gz", ".json"}
    about = json.loads((folder / "runtime.json").read_text())
    assert about["version"] == "9.8.7"
    for backend, (script, build) in runtime.BUILDS.items():
        listed = about[backend]
        packed = (folder / listed["binary"]["file"]).read_bytes()
        assert gzip.decompress(packed) == f"{build}.wasm".encode() * 100
        assert listed["binary"]["bytes"] == len(packed)
        assert listed["binary"]["sha256"] == hashlib.sha256(packed).hexdigest()
        assert (folder / listed["script"]).read_bytes() == script.encode() * 100
        assert (folder / listed["glue"]).read_bytes() == f"{build}.mjs".encode() * 100
    before = {path.name: path.read_bytes() for path in written}
    again = runtime.lay_out(package, folder)
    assert before == {path.name: path.read_bytes() for path in again}


def test_a_site_takes_the_files_of_its_backends(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "RUNTIME", tmp_path / "runtime")
    with pytest.raises(FileNotFoundError, match="`make web` builds it"):
        runtime.runtime_files()
    runtime.lay_out(package, runtime.RUNTIME)
    names = [path.name for path in runtime.runtime_files(("wasm",))]
    assert names == [
        "runtime.json", "ort.wasm.min.js", "ort-wasm-simd-threaded.js",
        "ort-wasm-simd-threaded.wasm.gz",
    ]  # fmt: skip
    assert len(runtime.runtime_files()) == 7


def test_another_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert runtime.main([str(tmp_path)]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert "is not the package onnxruntime-web; `make web` gets it" in line
