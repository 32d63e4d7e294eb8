"""Where the user's Language Table lies, whether it is the tested one, and how it is imported.

It comes as a checkout of a public repository, not as a package. Of TensorFlow it needs a function
that opens files, of TF-Agents the names of two base classes: where those are not installed,
stand-ins of our own take their place while it is imported, and no longer.
"""

from __future__ import annotations

import builtins
import hashlib
import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

# names the folder of the checkout
VARIABLE = "LANGUAGE_TABLE_DIR"
REPOSITORY = "github.com/google-research/language-table"
COMMIT = "5b7bf0e9ff4edce323d5dd6d18e3341ae3ddb438"
# of all that its environment is made of at that commit; see `digest`
TESTED = "b5eabf95445fd4a85386f7079bfcc9b5df0e254b089251ebdb75c426e3f5fc5b"
PACKAGES = ("gym", "pybullet", "scipy", "absl", "six", "matplotlib", "imageio")


def check(folder: str | os.PathLike[str] | None = None) -> Path:
    """The checkout, found and as tested.

    Args:
        folder: it, or None for the one that LANGUAGE_TABLE_DIR names.

    Raises:
        ModuleNotFoundError: there is none, or a package that it needs is missing.
        ValueError: it is another version than the tested one.
    """
    checkout = Path(folder or os.environ.get(VARIABLE, ""))
    where = checkout / "language_table" / "environments"
    if not (folder or os.environ.get(VARIABLE)) or not where.is_dir():
        received = f"{checkout} is none" if folder or VARIABLE in os.environ else "none is named"
        raise ModuleNotFoundError(
            f"Language Table is read from a checkout that --language-table or {VARIABLE} names, "
            f"and {received}: clone {REPOSITORY} (Apache License 2.0) and check out {COMMIT[:7]}"
        )
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise ModuleNotFoundError(
            f"Language Table needs {', '.join(missing)}, not installed here: "
            "pip install -r requirements-benchmarks.txt (pybullet: zlib licence, gym: MIT)"
        )
    if digest(where) != TESTED:
        raise ValueError(
            f"the environment in {checkout} is not the tested one, so its results would not "
            f"compare: check out commit {COMMIT[:7]} of {REPOSITORY} there, unchanged"
        )
    return checkout


def digest(where: Path) -> str:
    """SHA-256 over the code and the models of an environment, whatever ends their lines."""
    found = hashlib.sha256()
    for file in sorted(where.rglob("*")):
        if file.suffix in (".py", ".urdf", ".obj"):
            found.update(file.relative_to(where).as_posix().encode())
            found.update(file.read_bytes().replace(b"\r\n", b"\n"))
    return found.hexdigest()


def modules(names: Sequence[str], folder: str | os.PathLike[str] | None = None) -> list[Any]:
    """Modules below `language_table.environments`. Raises as `check`."""
    checkout = str(check(folder))
    if checkout not in sys.path:
        sys.path.append(checkout)
    with stand_ins(), silence():
        return [importlib.import_module(f"language_table.environments.{name}") for name in names]


@contextmanager
def silence() -> Iterator[None]:
    """Nothing is printed, by compiled code neither: pybullet greets on standard output, and gym
    on standard error, whenever they begin."""
    kept, nothing = [os.dup(1), os.dup(2)], os.open(os.devnull, os.O_WRONLY)
    try:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os.dup2(kept[0], 1)
        os.dup2(kept[1], 2)
        for each in (*kept, nothing):
            os.close(each)


@contextmanager
def stand_ins() -> Iterator[None]:
    """TensorFlow and TF-Agents as far as the environment uses them, where they are missing."""
    made: dict[str, ModuleType] = {}
    if importlib.util.find_spec("tensorflow") is None:
        made |= _files()
    if importlib.util.find_spec("tf_agents") is None:
        made |= _agents()
    sys.modules.update(made)
    try:
        yield
    finally:
        # others look whether TensorFlow is there, and it is not
        for name in made:
            sys.modules.pop(name, None)


def _files() -> dict[str, ModuleType]:
    """tensorflow.io.gfile on the disk."""
    found = {name: ModuleType(name) for name in ("tensorflow", "tensorflow.io")}
    gfile = ModuleType("tensorflow.io.gfile")
    vars(gfile).update(GFile=builtins.open, exists=os.path.exists)
    vars(found["tensorflow.io"])["gfile"] = gfile
    vars(found["tensorflow"])["io"] = found["tensorflow.io"]
    return found | {gfile.__name__: gfile}


class _Policy:
    """What the oracle's class descends from: `action` asks its own `_action`."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def action(self, time_step: Any, policy_state: Any = (), seed: Any = None) -> Any:
        return self._action(time_step, policy_state, seed)  # type: ignore[attr-defined]


@dataclass
class _Step:
    """What the oracle answers with."""

    action: Any = ()
    state: Any = ()
    info: Any = ()


def _agents() -> dict[str, ModuleType]:
    """The three names of tf_agents that the oracle asks for."""
    policies, paths = "tf_agents.policies", "tf_agents.trajectories"
    names = ("py_policy", "policy_step", "time_step")
    places = {name: f"{policies if name == 'py_policy' else paths}.{name}" for name in names}
    found = {name: ModuleType(name) for name in ("tf_agents", policies, paths, *places.values())}
    vars(found[places["py_policy"]])["PyPolicy"] = _Policy
    vars(found[places["policy_step"]])["PolicyStep"] = _Step
    vars(found[places["time_step"]])["TimeStep"] = object
    for name, place in places.items():
        parent = place.rpartition(".")[0]
        vars(found[parent])[name] = found[place]
    vars(found["tf_agents"]).update(policies=found[policies], trajectories=found[paths])
    return found
