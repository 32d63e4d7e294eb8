"""The licences of everything that is installed with the page: `python -m tests.licences`.

Reads what the installed packages say of themselves, beginning with requirements.txt and following
what each requires; ends with exit code 1 where one says nothing.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
# of many that are named together the first say which kind they are
LONGEST = 60


def needed(lines: list[str]) -> Iterator[Requirement]:
    """The requirements in lines of a file that hold here."""
    for line in lines:
        text = line.partition("#")[0].strip()
        if text:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                yield requirement


def installed(requirements: list[Requirement]) -> dict[str, Distribution]:
    """The packages behind them and all that these require, by name."""
    found: dict[str, Distribution] = {}
    waiting = [(each.name, frozenset(each.extras)) for each in requirements]
    seen = set()
    while waiting:
        name, extras = waiting.pop()
        key = re.sub(r"[-_.]+", "-", name).lower()
        if (key, extras) in seen:
            continue
        seen.add((key, extras))
        try:
            found[key] = distribution(name)
        except PackageNotFoundError:  # of another system, or left to the user
            continue
        for text in found[key].requires or ():
            each = Requirement(text)
            wanted = [{"extra": extra} for extra in ("", *extras)]
            if each.marker is None or any(each.marker.evaluate(extra) for extra in wanted):
                waiting.append((each.name, frozenset(each.extras)))
    return dict(sorted(found.items()))


def licence(package: Distribution) -> str:
    """What a package says of its licence, empty where it says nothing."""
    told = package.metadata
    for text in (told.get("License-Expression"), told.get("License")):
        # some have all of its text there
        if text and text != "UNKNOWN" and "\n" not in text:
            return text[:LONGEST]
    classes = told.get_all("Classifier") or []
    names = [each.rpartition(" :: ")[2] for each in classes if each.startswith("License ::")]
    return ", ".join(names)


def table() -> list[tuple[str, str, str]]:
    """(package, version, licence) of all."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    packages = installed(list(needed(lines)))
    return [(name, each.version, licence(each)) for name, each in packages.items()]


def main() -> None:
    """Prints the table."""
    rows = table()
    for name, version, told in rows:
        print(f"{name:28} {version:14} {told or 'says nothing'}")
    sys.exit(0 if all(told for _, _, told in rows) else 1)


if __name__ == "__main__":
    main()
