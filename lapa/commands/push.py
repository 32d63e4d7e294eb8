"""`python -m lapa push`: a quantizer, a policy, an atlas or labels on the Hugging Face Hub.

    python -m lapa push runs/robots owner/robots --report report.json
    python -m lapa push labels owner/bridge-labels --dry-run

Exactly the files that belong to it go up, in one commit, with the folder's own card or one that
is made of its configuration and, for a quantizer, of the figures of a checkup. --dry-run lists
them.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from lapa.commands.console import checkpoint_folder


def add_arguments(options: argparse.ArgumentParser) -> None:
    """The options of the command."""
    options.add_argument(
        "folder",
        type=Path,
        help="quantizer, policy or network of actions, its run, atlas, or labels",
    )
    options.add_argument("repo", help="where: owner/name")
    options.add_argument(
        "--report",
        type=Path,
        help="figures for the card: of `checkup --json`, or results.json, also of policies",
    )
    options.add_argument("--private", action="store_true", help="a new repository is private")
    options.add_argument("--dry-run", action="store_true", help="only list what would go up")


def command(options: argparse.Namespace) -> int:
    """Put it there, or list it; returns the exit code."""
    from lapa.hub import push_to_hub, uploads

    folder = checkpoint_folder(options.folder)
    report = figures(options.report, folder) if options.report else None
    if options.dry_run:
        for name, content in uploads(folder, options.repo, report).items():
            size = len(content) if isinstance(content, bytes) else content.stat().st_size
            print(f"{size:>12,} {name}")
        return 0
    private = options.private or None
    print(push_to_hub(folder, options.repo, report=report, private=private))
    return 0


def figures(path: Path, folder: Path) -> dict[str, Any]:
    """The findings of a checkup, from its own file or from results.json, where they have the name
    of the checkpoint's folder.

    Raises:
        ValueError: the file holds none.
    """
    from lapa.checkup.report.published import published
    from lapa.files import read_json
    from lapa.models.config import LAQConfig
    from lapa.pretrained import load_config

    try:
        told = read_json(path)
    except ValueError as error:
        raise ValueError(f"{path} is not valid JSON") from error
    if isinstance(told, dict) and isinstance(told.get("findings"), list):
        return told
    name = folder.resolve().name
    if (folder / "tokenizer.model").is_file():
        return _of_policy(told, path, name)
    codes = LAQConfig.from_dict(load_config(folder)).codebook_size
    kept = published(path, name, codes=codes)
    if kept is None:
        raise ValueError(
            f"{path} holds no checkup of {name}: `python -m lapa checkup {folder} --json FILE` "
            "makes one"
        )
    return {**kept.as_json(), "data": kept.data}


def _of_policy(results: dict[str, Any], path: Path, name: str) -> dict[str, Any]:
    """The tables of a policy: how often it succeeds, how often it predicts the code."""
    from lapa.commands.readme import ACCURACY, SUCCESS, predicted, successes

    tables = []
    if name in results.get(SUCCESS, {}):
        tables.append(successes({name: results[SUCCESS][name]}))
    if name in results.get(ACCURACY, {}):
        tables.append(predicted(results[ACCURACY][name]))
    if not tables:
        raise ValueError(f"{path} holds nothing of {name}: `python -m lapa evaluate` measures it")
    return {"tables": tables}
