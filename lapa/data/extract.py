"""One split of the `robots` set, files as they are: how `assets/clips` was made."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from lapa.data.readers.robots import indices, rows
from lapa.files import write_text


def extract_split(path: str | Path, folder: str | Path, *, split: str = "holdout") -> int:
    """Write the episodes of `split` at `path` to `folder`, in the same format.

    Returns:
        the number of episodes.

    Raises:
        ValueError: no such episode.
    """
    total = 0
    for index in indices(Path(path)):
        chosen = [row for _, row in rows(index) if row and row.get("split") == split]
        target = Path(folder) / index.stem
        target.mkdir(parents=True, exist_ok=True)
        for row in chosen:
            for file in sorted(index.with_suffix("").glob(f"{row['id']}.*")):
                shutil.copyfile(file, target / file.name)
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in chosen]
        write_text(Path(folder) / index.name, "".join(lines))
        total += len(chosen)
    if not total:
        raise ValueError(f"{path} has no episode of the split {split}.")
    return total
