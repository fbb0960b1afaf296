"""Results by key, bounded: a long session with the lag dial must not fill the memory of a small machine."""
from __future__ import annotations

from collections import OrderedDict
from typing import Any

KEPT = 60


class Memory(OrderedDict[str, Any]):
    """The results that were not used for longest go first; they are computed anew, or read from the cache, where they are wanted again."""

    def get(self, key: str, default: Any = None) -> Any:
        if key in self:
            self.move_to_end(key)
        return super().get(key, default)

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, value)
        self.move_to_end(key)
        while len(self) > KEPT:
            self.popitem(last=False)
