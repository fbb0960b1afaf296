"""Trajectories: loading, checking, one frame at a time, and the examples that come with the package."""
from __future__ import annotations

from typing import Any

_HOMES = {"load": "mdexplore.data.loading", "example": "mdexplore.data.examples", "Dataset": "mdexplore.data.dataset"}


def __getattr__(name: str) -> Any:
    import importlib

    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"mdexplore.data has no {name}")
