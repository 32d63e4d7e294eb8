"""A policy behind HTTP: `lapa serve`, or LAPA's server (`deploy.py`), asked as its clients do."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

import numpy as np

# a large policy without a GPU thinks for a while
_SECONDS = 300.0


def is_address(who: str) -> bool:
    """Whether who acts is named by an address."""
    return who.startswith(("http://", "https://"))


class Remote:
    """Asks a server for one action at a time."""

    def __init__(self, address: str) -> None:
        """address: of the server, with `/act` or without."""
        self.address = address.rstrip("/").removesuffix("/act")
        # a robot's server is asked directly, whatever proxy this machine goes through
        self._opener = build_opener(ProxyHandler({}))

    def __call__(self, images: np.ndarray, instructions: Sequence[str]) -> np.ndarray:
        """Actions (B, A) float64 for images (B, H, W, 3) uint8.

        Raises:
            OSError: the server is not there, or refused; with its own sentence.
        """
        return np.stack([self.act(*each) for each in zip(images, instructions, strict=True)])

    def act(self, image: np.ndarray, instruction: str) -> np.ndarray:
        """One action (A,); raises as the call."""
        data = base64.b64encode(np.ascontiguousarray(image).tobytes()).decode()
        array = {"__numpy__": data, "dtype": "|u1", "shape": list(image.shape)}
        answer = self._ask("/act", {"image": array, "instruction": instruction})
        if isinstance(answer, dict) and "__numpy__" in answer:
            raw = np.frombuffer(base64.b64decode(answer["__numpy__"]), np.dtype(answer["dtype"]))
            answer = raw.reshape(answer["shape"])
        try:
            action = np.asarray(answer, np.float64)
        except (TypeError, ValueError):
            action = np.empty(0)
        if action.ndim != 1 or not action.size:
            raise OSError(f"{self.address}/act answers {str(answer)[:80]!r}, which is no action")
        return action

    def numbers(self) -> int | None:
        """Numbers in an action, where the server tells.

        Raises:
            OSError: it is not there.
        """
        try:
            about = self._ask("/", None)
        except _Status:
            return None
        actions = about.get("actions") if isinstance(about, dict) else None
        return actions if isinstance(actions, int) else None

    def _ask(self, path: str, payload: dict[str, Any] | None) -> Any:
        data = None if payload is None else json.dumps(payload).encode()
        head = {"Content-Type": "application/json"}
        try:
            request = Request(self.address + path, data, head)
            with self._opener.open(request, timeout=_SECONDS) as answer:
                return json.load(answer)
        except HTTPError as error:
            told = error.read(2000).decode(errors="replace")
            raise _Status(f"{self.address}{path} answers {error.code}: {told}") from error
        except (URLError, TimeoutError) as error:
            raise OSError(f"nobody answers at {self.address}{path}: {error}") from error
        except ValueError as error:
            raise OSError(f"{self.address}{path} answers no JSON") from error


class _Status(OSError):
    """An answer that is a refusal."""
