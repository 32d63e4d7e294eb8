"""LAPA's data files: stage-2 jsonl, and finetuning json to jsonl with a csv of action bins.

What is written here is what the official scripts write (data/finetune_preprocess.py), so that data
prepared for the one runs in the other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lapa.files import parsed, read_json

# actions (A,) -> bins (A,)
Encode = Callable[[Sequence[float]], Iterable[int]]
STAGE2_FIELDS = "[instruction],[vision],delta"
STAGE3_FIELDS = "[instruction],[vision],action"
SYSTEM = "<s> You are a helpful assistant. USER: {} ASSISTANT:"
PLACE = "<image>\n"


@dataclass(frozen=True)
class Stage2Record:
    """A frame with its latent action, as latent pretraining reads it.

    vision: the frame's tokens; delta: the codes (S). fields: the order of the parts; names in
    square brackets get no loss.
    """

    image: str
    vision: tuple[int, ...]
    instruction: str
    delta: tuple[int, ...]
    fields: str = STAGE2_FIELDS


def prompt(text: str) -> str:
    """The official prompt around what a person asks; a place for the image is left out."""
    return SYSTEM.format(text.replace(PLACE, ""))


def write_stage2(path: Path, records: Iterable[Stage2Record]) -> int:
    """One line of JSON a record; returns how many. The codes are written as text, as there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for count, each in enumerate(records, start=1):  # noqa: B007
            record = {
                "image": each.image,
                "vision": list(each.vision),
                "instruction": each.instruction,
                "delta": [str(code) for code in each.delta],
                "fields": each.fields,
            }
            file.write(json.dumps(record) + "\n")
    return count


def read_stage2(path: Path) -> Iterator[Stage2Record]:
    """The records of a stage-2 file, one after the other.

    Raises:
        ValueError: naming the line and what is wrong with it.
    """
    for number, line in _lines(path):
        try:
            yield Stage2Record(
                image=str(line["image"]),
                vision=tuple(int(token) for token in line["vision"]),
                instruction=str(line["instruction"]),
                delta=tuple(int(code) for code in line["delta"]),
                fields=str(line["fields"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path.name}, line {number}: no stage-2 record ({error})") from error


def finetuning(entries: Iterable[Mapping[str, Any]], encode: Encode) -> Iterator[dict[str, Any]]:
    """Lines of a finetuning jsonl from the entries of the official json.

    Args:
        entries: {"id", "image", "conversations": [the question, {"raw_actions"}]}.
        encode: actions (A,) -> bins (A,), as `ActionBins.encode`.
    """
    for entry in entries:
        question, answer = entry["conversations"][:2]
        yield {
            "id": entry["id"],
            "image": entry["image"],
            "raw_actions": answer["raw_actions"],
            "action": [int(each) for each in encode(answer["raw_actions"])],
            "fields": STAGE3_FIELDS,
            "instruction": prompt(question["value"]),
        }


def deployed(edges: Sequence[Sequence[float]], action: Sequence[int]) -> list[float]:
    """Bins as the official deployment decodes them: the middle of a bin, and 1 for one that is not
    there; counted from the end where they are negative."""
    values = []
    for own, place in zip(edges, action, strict=True):
        try:
            values.append((own[place] + own[place + 1]) / 2)
        except IndexError:
            values.append(1.0)
    return values


def read_entries(path: Path) -> list[dict[str, Any]]:
    """The entries of a finetuning json.

    Raises:
        ValueError: naming the entry and what is wrong with it.
    """
    try:
        entries = read_json(path)
    except ValueError as error:
        raise ValueError(f"{path.name} is not valid JSON ({error})") from error
    if not isinstance(entries, list) or not entries:
        raise ValueError(f"{path.name} must be a list of at least one entry")
    for number, entry in enumerate(entries):
        try:
            actions = entry["conversations"][1]["raw_actions"]
            known = isinstance(entry["id"], str) and isinstance(entry["image"], str)
            question = isinstance(entry["conversations"][0]["value"], str)
            good = known and question and all(isinstance(each, int | float) for each in actions)
        except (KeyError, IndexError, TypeError) as error:
            raise ValueError(f"{path.name}, entry {number}: {error!r} is missing") from error
        if not good or len(actions) != len(entries[0]["conversations"][1]["raw_actions"]):
            raise ValueError(
                f"{path.name}, entry {number}: id, image, question and as many numbers"
            )
    return entries


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                yield number, parsed(line)
            except ValueError as error:
                raise ValueError(f"{path.name}, line {number}: not JSON ({error})") from error
