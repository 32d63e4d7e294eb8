"""Copy one split of the `robots` set, files as they are: how `assets/clips` was made.

python -m lapa.data.export ../shared/robots assets/clips
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

from lapa.data.episodes import SPLITS
from lapa.data.robots import indices, rows


def export_episodes(path: str | Path, folder: str | Path, *, split: str = "holdout") -> int:
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
        (Path(folder) / index.name).write_text("".join(lines), encoding="utf-8")
        total += len(chosen)
    if not total:
        raise ValueError(f"{path} has no episode of the split {split}.")
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", help="the robots set")
    parser.add_argument("folder", help="where to write")
    parser.add_argument("--split", default="holdout", choices=SPLITS)
    arguments = parser.parse_args()
    number = export_episodes(arguments.path, arguments.folder, split=arguments.split)
    print(f"{number} episodes in {arguments.folder}")


if __name__ == "__main__":
    main()
