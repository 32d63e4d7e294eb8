"""The card of what goes to the Hub without one of its own: only what is known is said."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lapa.files import read_json
from lapa.hub.kinds import Kind

CARD = "README.md"
Report = Mapping[str, Any]


def card_of(kind: Kind, folder: Path, repo_id: str, report: Report | None) -> str:
    """A card in Markdown with the Hub's header."""
    head, body = _WRITERS[kind.name](folder, repo_id, report)
    tags = "\n".join(f"  - {tag}" for tag in ("robotics", "latent-actions", "lapa"))
    name = repo_id.split("/")[1]
    return f"---\n{head}tags:\n{tags}\n---\n\n# {name}\n\n{body}"


def _quantizer(folder: Path, repo_id: str, report: Report | None) -> tuple[str, str]:
    config = _json(folder / "config.json")
    return (
        "library_name: lapa-explorer\n",
        f"""\
A latent action quantizer (LAPA, arXiv 2410.11758): it names what changed between two frames with
{config["code_length"]} codes out of {config["codebook_size"]}, and imagines with them.

```python
from lapa import LatentActionQuantizer
laq = LatentActionQuantizer.from_pretrained("{repo_id}")
codes = laq.encode(frame, future)     # frames uint8 (H, W, 3), {config["gap_seconds"]:g} s apart
image = laq.decode(frame, codes)
```

| | |
| --- | --- |
| image size | {config["image_size"]} px |
| codes | {config["code_length"]}, each of {config["codebook_size"]} |
| latent | {config["quant_dim"]} numbers a code |
| gap | {config["gap_seconds"]:g} s |

## Measured

{_measured(report)}""",
    )


def _measured(report: Report | None) -> str:
    """The figures of a checkup as a table."""
    if report is None:
        return "Nothing was measured yet; `python -m lapa checkup --json` does it for this card.\n"
    rows = "\n".join(
        f"| {each['question']} | {each['name']} | {each['figure']} | {each['verdict']} |"
        for each in report["findings"]
        if each["value"] is not None
    )
    source = report.get("data") or report.get("command")
    return f"""\
{report["pairs"]} frame pairs of {report["episodes"]} episodes ({source}).
Brackets are 95 % intervals over episodes.

| question | figure | value | verdict |
| --- | --- | --- | --- |
{rows}
"""


def _policy(folder: Path, repo_id: str, report: Report | None) -> tuple[str, str]:
    acts = (folder / "bins.csv").is_file()
    call = "action = policy.act" if acts else "codes = policy.predict"
    what = "acts: a robot's own actions" if acts else "predicts latent actions"
    return (
        "library_name: lapa-explorer\n",
        f"""\
A policy by LAPA's stages (arXiv 2410.11758). From a frame and an instruction it {what}.

```python
from lapa import LatentPolicy
policy = LatentPolicy.from_pretrained("{repo_id}")
{call}(frame, "push the red star to the blue cube")
```

## Measured

{_tables(report)}""",
    )


def _actions(folder: Path, repo_id: str, report: Report | None) -> tuple[str, str]:
    config = _json(folder / "config.json")
    fast = "rate" in config
    name, module = ("FastHead", "fast_head") if fast else ("InverseDynamics", "inverse_dynamics")
    what = (
        "A small fast head: from a frame and the latent action in force it tells the robot's next\n"
        f"action, {config.get('rate', 0):g} times a second"
        if fast
        else "An inverse dynamics model (VPT, arXiv 2206.11795): from the frames before and after\n"
        "it tells the action between them"
    )
    return (
        "library_name: lapa-explorer\n",
        f"""\
{what}, {config["dimensions"]} numbers in {config["bins"]} bins each.

```python
from lapa.models.{module} import {name}
model = {name}.from_pretrained("{repo_id}")
```

## Measured

{_tables(report)}""",
    )


def _tables(report: Report | None) -> str:
    """Tables that `evaluate --write` and `readme` make of a policy, as they are."""
    if report is None:
        return "Nothing was measured yet: `python -m lapa evaluate` counts successes.\n"
    return "\n\n".join(report["tables"]) + "\n"


def _atlas(folder: Path, repo_id: str, report: Report | None) -> tuple[str, str]:
    from pyarrow import parquet

    file = parquet.ParquetFile(folder / "atlas.parquet")
    about = json.loads(file.schema_arrow.metadata[b"atlas"])
    rows = "\n".join(
        f"| {name} | {_figure(own.get('embodiment'))} | {_figure(own.get('direction'))} "
        f"| {_figure(own.get('trustworthiness'))} |"
        for name, own in about["quality"].items()
    )
    return (
        _data("atlas.parquet"),
        f"""\
{file.metadata.num_rows} frame pairs by the latents of `{about["model"]}`.
There are maps, codes and motion, and in `thumbnails-*.webp` the frames, small. Made by

```
{about["command"]}
```

Share of each point's nearest points of other clips that have the same label, and the
trustworthiness of each map (Venna and Kaski 2001):

| | embodiment | direction | trustworthiness |
| --- | --- | --- | --- |
{rows}
""",
    )


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _labels(folder: Path, repo_id: str, report: Report | None) -> tuple[str, str]:
    from pyarrow import parquet

    about = _json(folder / "labels.json")
    rows = sum(parquet.read_metadata(path).num_rows for path in folder.glob("part-*.parquet"))
    codes = about["code_length"]
    gap = f", {about['gap_seconds']:g} s apart" if "gap_seconds" in about else ""
    what = "inferred actions, as bins" if "bins" in about else "latent actions"
    return (
        _data("part-*.parquet"),
        f"""\
The {what} of {rows} frame pairs{gap}: {codes} codes out of {about["codebook_size"]}.

```python
from datasets import load_dataset
labels = load_dataset("{repo_id}", split="train")
```

| column | what it is |
| --- | --- |
| `episode` | the episode's id |
| `t` | the number of the first frame |
| `gap_frames` | how many frames later the second one is |
| `codes` | the codes, a list of {codes} |
""",
    )


def _lerobot(folder: Path, repo_id: str, report: Report | None) -> tuple[str, str]:
    info = _json(folder / "meta" / "info.json")
    features = "\n".join(
        f"| `{name}` | {own['dtype']} | {own['shape']} |" for name, own in info["features"].items()
    )
    return (
        _data("data/*/*.parquet"),
        f"""\
{info["total_episodes"]} episodes of {info["robot_type"]}, {info["total_frames"]} frames.
They come at {info["fps"]} a second, in LeRobot's format {info["codebase_version"]}.

| feature | type | shape |
| --- | --- | --- |
{features}
""",
    )


def _data(files: str) -> str:
    """The header of a data set: which files are its rows."""
    return f"configs:\n  - config_name: default\n    data_files: {json.dumps(files)}\n"


def _json(path: Path) -> dict[str, Any]:
    return dict(read_json(path))


_WRITERS: dict[str, Callable[[Path, str, Report | None], tuple[str, str]]] = {
    "quantizer": _quantizer,
    "policy": _policy,
    "network of actions": _actions,
    "atlas": _atlas,
    "labels": _labels,
    "LeRobot data set": _lerobot,
}
