"""The folder of a site: every file that is written is counted in its manifest."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

FORMAT, VERSION = "lapa-site", 1
MANIFEST = "manifest.json"


class Folder:
    """Writes the files of a site into `path`, which is made; what a former site left there and this
    one has not is removed by `close`."""

    def __init__(self, path: Path) -> None:
        self._path = Path(path)
        self._files: dict[str, dict[str, Any]] = {}
        self._path.mkdir(parents=True, exist_ok=True)
        self._former = _former(self._path)
        if not self._former:
            # from now on the folder is ours, even if this run is stopped
            self._write_manifest({})

    def add(self, name: str, data: bytes) -> None:
        """A file by its path in the site."""
        file = self._path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        self._files[name] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}

    def add_json(self, name: str, record: Any) -> None:
        """A record; the same one always gives the same bytes."""
        text = json.dumps(
            _finite(record), ensure_ascii=False, separators=(",", ":"), allow_nan=False
        )
        self.add(name, text.encode())

    def add_folder(self, name: str, source: Path) -> None:
        """All files below a folder, as they are."""
        for file in sorted(source.rglob("*")):
            if file.is_file():
                self.add(f"{name}/{file.relative_to(source).as_posix()}", file.read_bytes())

    @property
    def bytes(self) -> int:
        """Of all files so far."""
        return sum(int(each["bytes"]) for each in self._files.values())

    def __len__(self) -> int:
        return len(self._files)

    def digest(self) -> str:
        """Of all files so far, hexadecimal: it changes with any of them."""
        whole = hashlib.sha256()
        for name in sorted(self._files):
            whole.update(f"{name}\0{self._files[name]['sha256']}\n".encode())
        return whole.hexdigest()

    def close(self) -> None:
        """Writes the manifest."""
        for name in self._former - set(self._files):
            (self._path / name).unlink(missing_ok=True)
        self._write_manifest(dict(sorted(self._files.items())))

    def _write_manifest(self, files: dict[str, dict[str, Any]]) -> None:
        head = {"format": FORMAT, "version": VERSION}
        manifest = {**head, "digest": self.digest(), "bytes": self.bytes, "files": files}
        text = json.dumps(manifest, indent=1, ensure_ascii=False)
        (self._path / MANIFEST).write_text(text + "\n", encoding="utf-8")


def _finite(value: Any) -> Any:
    """The same with null for what JSON has no word for, as Gradio sends it."""
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _former(path: Path) -> set[str]:
    """The files of the site that lies there.

    Raises:
        ValueError: something else lies there, which is not overwritten.
    """
    if not any(path.iterdir()):
        return set()
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        if manifest["format"] == FORMAT:
            return {name for name in manifest["files"] if ".." not in Path(name).parts}
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise ValueError(f"{path} is not empty and no site; give another folder, or empty it")
