"""A thread-safe least-recently-used cache, bounded in bytes, that makes each value only once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


class Cache(Generic[Value]):
    """Maps keys to values; `size` gives a value's bytes, the least recently used go first.

    A value larger than `max_bytes` is returned to its caller but not kept.
    """

    def __init__(self, max_bytes: int, size: Callable[[Value], int]) -> None:
        self._max_bytes = max_bytes
        self._size = size
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._bytes = 0
        self._lock = threading.Lock()

    @property
    def bytes(self) -> int:
        """Bytes held now."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._values

    def get(self, key: Hashable) -> Value | None:
        """The kept value, or None."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def get_or_make(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The kept value, or `make()`; threads that ask for the same key meanwhile wait for it."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                if key in self._values:
                    return self._values[key]
            try:
                value = make()
                self.keep(key, value)
            finally:
                with self._lock:
                    self._making.pop(key, None)
        return value

    def drop(self, matches: Callable[[Any], bool]) -> None:
        """Forget every key for which `matches(key)` holds."""
        with self._lock:
            for key in [key for key in self._values if matches(key)]:
                self._bytes -= self._size(self._values.pop(key))

    def keep(self, key: Hashable, value: Value) -> None:
        """From now on this is the value; others go for it."""
        size = self._size(value)
        if size > self._max_bytes:
            return
        with self._lock:
            if key in self._values:
                self._bytes -= self._size(self._values[key])
            self._values[key] = value
            self._bytes += size
            while self._bytes > self._max_bytes:
                self._bytes -= self._size(self._values.popitem(last=False)[1])
