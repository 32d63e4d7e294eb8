"""What is made here, on the Hugging Face Hub: exactly the files that belong to it, and a card.

push_to_hub(folder, "owner/name")   a quantizer, a policy, an atlas, or labels
kinds.py                            what a folder holds, and which files of it go up
card.py                             the card of one that has none: what it is, its use, figures

Models have it as a method, the command line as `python -m lapa push`. Reading is
`from_pretrained("owner/name")`; labels and atlases are parquet files, which `datasets` reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lapa.hub.card import CARD, card_of
from lapa.hub.kinds import kind_of

__all__ = ["push_to_hub", "uploads"]


def uploads(
    folder: str | Path, repo_id: str, report: Mapping[str, Any] | None = None
) -> dict[str, Path | bytes]:
    """What goes up, by its name there: files of the folder, and a card where it has none.

    Args:
        report: for the card. Of a quantizer the figures of a checkup, as its `--json` writes them;
            of a policy {"tables": in Markdown}.

    Raises:
        FileNotFoundError: there is no such folder. ValueError: it holds nothing that is known, is
            unfinished, or `repo_id` is no "owner/name".
    """
    folder = Path(folder)
    if repo_id.count("/") != 1 or not all(repo_id.split("/")):
        raise ValueError(f"a place on the Hub is owner/name; received {repo_id!r}")
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder}")
    kind = kind_of(folder)
    files: dict[str, Path | bytes] = {
        path.relative_to(folder).as_posix(): path for path in kind.files(folder)
    }
    own = folder / CARD
    if own.is_file():
        files[CARD] = own
    else:
        files[CARD] = card_of(kind, folder, repo_id, report).encode("utf-8")
    return files


def push_to_hub(
    folder: str | Path,
    repo_id: str,
    *,
    report: Mapping[str, Any] | None = None,
    private: bool | None = None,
    token: str | None = None,
) -> str:
    """Put a quantizer, a policy, an atlas or labels on the Hub, in one commit; returns the address.

    The repository is made where there is none: of type "model", or "dataset" for atlas and labels.

    Args:
        repo_id: "owner/name". report: as of `uploads`. private: None leaves it to the owner's
            settings. token: of an account that may write there; None takes the one of `hf auth
            login`.

    Raises:
        FileNotFoundError, ValueError: as of `uploads`. ConnectionError: the Hub cannot be reached,
            or refuses.
    """
    from huggingface_hub import CommitOperationAdd, HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalTokenNotFoundError

    files = uploads(folder, repo_id, report)
    kind = kind_of(Path(folder))
    api = HfApi(token=token)
    try:
        url = api.create_repo(repo_id, repo_type=kind.repo, private=private, exist_ok=True)
        api.create_commit(
            repo_id,
            [CommitOperationAdd(name, content) for name, content in files.items()],
            repo_type=kind.repo,
            commit_message=f"{kind.name} by lapa",
        )
    except (HfHubHTTPError, HFValidationError, LocalTokenNotFoundError, OSError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else ""
        raise ConnectionError(
            f"{repo_id} was not written on the Hub ({type(error).__name__}: {reason[:200]})"
        ) from error
    return str(url)
