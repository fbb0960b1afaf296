"""Undo and redo: earlier values, bounded in bytes."""
from __future__ import annotations

from typing import Any

LIMIT_BYTES = 64 << 20


class History:
    """Two stacks of (selection, study, ends); the oldest are forgotten when selections take too much room."""

    def __init__(self) -> None:
        self._before: list[Any] = []
        self._after: list[Any] = []

    @property
    def can_undo(self) -> bool:
        return bool(self._before)

    @property
    def can_redo(self) -> bool:
        return bool(self._after)

    def remember(self, now: Any) -> None:
        """Keep what is about to be replaced."""
        self._before.append(now)
        self._after.clear()
        while len(self._before) > 1 and sum(selection.nbytes for selection, *_ in self._before) > LIMIT_BYTES:
            self._before.pop(0)

    def back(self, now: Any) -> Any:
        """The value before, or None; `now` can be had again by `forth`."""
        return self._move(self._before, self._after, now)

    def forth(self, now: Any) -> Any:
        return self._move(self._after, self._before, now)

    @staticmethod
    def _move(source: list[Any], target: list[Any], now: Any) -> Any:
        if not source:
            return None
        target.append(now)
        return source.pop()
