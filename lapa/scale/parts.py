"""A folder of parts: parquet files that are whole or absent, and a file that says what made them.

labels.json          what made them, and whether all are there
part-00000.parquet   whole episodes; its header lists them
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lapa.files import read_json, replacing, write_text

# in the header of a part: the ids of its episodes, in order, those that gave no row among them
EPISODES = b"episodes"


class Parts:
    """The parts in a folder. name: of the file that says what made them; about: what does now.

    Raises:
        ValueError: the folder holds parts that were made otherwise.
    """

    def __init__(self, folder: str | Path, name: str, about: Mapping[str, Any]) -> None:
        self.folder, self._name, self._about = Path(folder), name, dict(about)
        known = read_about(self.folder, name)
        changed = [key for key in about if known is not None and known.get(key) != about[key]]
        if changed:
            raise ValueError(
                f"{self.folder} holds other {Path(name).stem} ({', '.join(changed)} differ): "
                f"choose another folder"
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write_about(complete=False)

    def part(self, number: int) -> Path:
        """The file of a part."""
        return self.folder / f"part-{number:05d}.parquet"

    def there(self) -> list[Path]:
        """The parts that are there, in order."""
        return part_files(self.folder)

    def write(self, number: int, content: bytes) -> None:
        """Put a part in its place, whole."""
        with replacing(self.part(number)) as draft:
            draft.write_bytes(content)

    def check(self, wanted: Sequence[Sequence[str]]) -> None:
        """Hold what is there against a work list: the ids of each part's episodes, in order.

        Raises:
            ValueError: a part holds other episodes, cannot be read, or is none of the list's.
        """
        files = [self.part(number) for number in range(len(wanted))]
        for path in sorted(set(self.there()) - set(files)):
            raise ValueError(
                f"{path.name} is no part of this work of {len(files)} parts: take it away"
            )
        for path, episodes in zip(files, wanted, strict=True):
            if episodes_in(path) != list(episodes):
                raise ValueError(
                    f"{path.name} holds other episodes than it should: delete it, and run the "
                    f"same command again"
                )

    def finish(self) -> None:
        """All parts are there."""
        self._write_about(complete=True)

    def _write_about(self, *, complete: bool) -> None:
        text = json.dumps({**self._about, "complete": complete}, indent=1) + "\n"
        write_text(self.folder / self._name, text)


def part_files(folder: Path) -> list[Path]:
    """The parts in a folder, in order."""
    return sorted(folder.glob("part-*.parquet"))


def read_about(folder: Path, name: str) -> dict[str, Any] | None:
    """What the file `name` says; None where there is none.

    Raises:
        ValueError: it cannot be read.
    """
    path = folder / name
    if not path.is_file():
        return None
    try:
        return dict(read_json(path))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path} is not valid JSON") from error


def content(
    table: Any, episodes: Sequence[str], header: Mapping[bytes, bytes] | None = None
) -> bytes:
    """The bytes of a part: a pyarrow table whose header lists its episodes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    about = {EPISODES: json.dumps(list(episodes)).encode(), **(header or {})}
    sink = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata(about), sink)
    return bytes(sink.getvalue())


def episodes_in(path: Path) -> list[str]:
    """The episodes that a part lists.

    Raises:
        ValueError: it cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        listed = json.loads(pq.read_schema(path).metadata[EPISODES])
    except (pa.ArrowException, KeyError, TypeError, OSError, ValueError) as error:
        raise ValueError(
            f"{path.name} is damaged ({error}): delete it, and run the same command again"
        ) from error
    return [str(each) for each in listed]
