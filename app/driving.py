"""What lies beside a checkpoint for driving its dreams: learned keys and familiar ground.

Both are written by `python -m lapa drive` and belong to these weights; a checkpoint without them
can be driven all the same, with codes instead of keys.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from app.cache import Cache
from app.checkpoints import Checkpoints
from app.codes import parse_codes
from app.keepsakes import weights_digest
from app.limits import UserError
from app.views import DreamKey, Model

log = logging.getLogger(__name__)


class Driving:
    """Keys and ground by checkpoint, read once. dreaming: lapa's part, which reads grounds."""

    def __init__(self, checkpoints: Checkpoints, dreaming: Any) -> None:
        self._checkpoints, self._lapa = checkpoints, dreaming
        self._kept = Cache(100, size=lambda _: 1)

    def keys(self, model: Model, embodiment: str) -> tuple[DreamKey, ...]:
        """The keys that `python -m lapa drive` learned for an embodiment; () where none were."""
        own = self._all_keys(model).get(embodiment, {})
        return tuple(
            DreamKey(name, tuple(map(int, key["codes"])), _note(name, key, embodiment))
            for name, key in own.items()
        )

    def ground(self, model: Model, embodiment: str) -> Any:
        """Familiar ground of an embodiment, or None."""
        path = self._checkpoints.path(model.name) / "ground.npz"

        def load() -> dict[str, Any]:
            try:
                return self._lapa.grounds(path)
            except (OSError, ValueError):
                log.info("no familiar ground at %s", path)
                return {}

        ground = self._kept.get_or_make((model.name, "ground"), load).get(embodiment)
        return ground if ground is not None and ground.image_size == model.image_size else None

    def _all_keys(self, model: Model) -> dict[str, Any]:
        path = self._checkpoints.path(model.name) / "keys.json"

        def load() -> dict[str, Any]:
            try:
                found = json.loads(path.read_text(encoding="utf-8"))["embodiments"]
                for own in found.values():
                    for key in own.values():
                        parse_codes(key["codes"], model)
                return found
            except FileNotFoundError:
                return {}
            except (OSError, ValueError, KeyError, TypeError, AttributeError, UserError):
                log.warning("keys.json of %s is damaged or of another model", model.name)
                return {}

        return self._kept.get_or_make((model.name, "keys"), load)

    def weights(self, model: Model) -> str:
        """A digest of a checkpoint's weights."""
        path = self._checkpoints.path(model.name)
        return self._kept.get_or_make((model.name, "weights"), lambda: weights_digest(path))


def _note(name: str, key: dict[str, Any], embodiment: str) -> str:
    whose = "all robots together" if key.get("everyone") else embodiment
    did = {"stay": "stayed where it was", "close": "closed its grip", "open": "opened its grip"}
    says = did.get(name, f"moved {name} in the picture")
    return (
        f"Inferred from {key['pairs']} real frame pairs of {whose}; "
        f"in {100 * key['agree']:.0f} % of them it {says}."
    )
