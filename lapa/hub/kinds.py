"""What a folder holds, and which of its files go to the Hub. A kind is a line in KINDS."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lapa.files import SUMS, read_json

# beside the weights of a quantizer: what `drive`, `transfer` and `checkup` learned of it
BESIDE = (
    "usage.json", "keys.json", "names.json", "ground.npz", "transfer.json",
    "pairs.safetensors", "pairs.webp", "codes-*.webp",
)  # fmt: skip
WEIGHTS = ("config.json", "model*.safetensors", "model.safetensors.index.json", SUMS)


@dataclass(frozen=True)
class Kind:
    """name: in plain words. needs: files that tell it. patterns: of the files that go up, within
    the folder. repo: "model" or "dataset"."""

    name: str
    needs: tuple[str, ...]
    patterns: tuple[str, ...]
    repo: str = "model"

    def files(self, folder: Path) -> list[Path]:
        """The files that go up, in order of their names."""
        found = {path for each in self.patterns for path in folder.glob(each) if path.is_file()}
        return sorted(found)


# each file of a model in one of a policy's folders
_PARTS = tuple(f"{part}/{each}" for part in ("model", "image_tokenizer") for each in WEIGHTS)
# the first one whose files are all there
KINDS = (
    Kind("policy", ("config.json", "tokenizer.model", "model/config.json"),
         ("config.json", "tokenizer.model", "bins.csv", *_PARTS)),
    # the fast head and the inverse dynamics model, whose actions are bins, too
    Kind("network of actions", ("config.json", "model.safetensors", "bins.csv"),
         (*WEIGHTS, "bins.csv")),
    Kind("quantizer", ("config.json", "model.safetensors"), (*WEIGHTS, *BESIDE)),
    Kind("atlas", ("atlas.parquet",), ("atlas.parquet", "thumbnails-*.webp"), "dataset"),
    Kind("labels", ("labels.json",), ("labels.json", "part-*.parquet"), "dataset"),
    Kind("LeRobot data set", ("meta/info.json",),
         ("meta/**/*", "data/**/*.parquet", "videos/**/*.mp4"), "dataset"),
)  # fmt: skip


def kind_of(folder: Path) -> Kind:
    """What a folder holds.

    Raises:
        ValueError: nothing that is known, or labels that are unfinished.
    """
    for kind in KINDS:
        if all((folder / name).is_file() for name in kind.needs):
            break
    else:
        known = "; ".join(f"{kind.name} ({', '.join(kind.needs)})" for kind in KINDS)
        raise ValueError(f"{folder} holds none of these: {known}")
    if kind.name == "labels" and not read_json(folder / "labels.json")["complete"]:
        raise ValueError(f"the labels in {folder} are unfinished: run the same command again")
    return kind
