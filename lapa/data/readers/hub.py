"""Data sets on the Hugging Face Hub: an id such as `lerobot/pusht` where a path is asked for."""

from __future__ import annotations

import re
from pathlib import Path

ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*$")
# what a set consists of, and nothing that runs
PATTERNS = ["*.json", "*.jsonl", "*.parquet", "*.mp4", "*.tfrecord*"]


def local(path: str | Path) -> Path:
    """The file or folder meant by `path`; the files of a Hub id are fetched, once.

    Raises:
        FileNotFoundError: nothing lies there, here or on the Hub.
    """
    if Path(path).exists():
        return Path(path)
    if ID.match(str(path)):
        return _fetched(str(path))
    raise FileNotFoundError(f"There is no file or folder {path}.")


def _fetched(repo: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    try:
        return Path(snapshot_download(repo, repo_type="dataset", allow_patterns=PATTERNS))
    except (HfHubHTTPError, HFValidationError, OSError) as error:
        raise FileNotFoundError(
            f"There is no file or folder {repo}, and no data set of this name can be reached on "
            f"the Hub ({type(error).__name__})."
        ) from error
