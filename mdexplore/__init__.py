"""mdexplore: look at molecular dynamics trajectories and understand their slow motions.

The public names are loaded when they are first used, so that ``import mdexplore`` costs next to nothing.
"""
from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_PLACES = {
    "load": ("mdexplore.data.loading", "load"),
    "example": ("mdexplore.data.examples", "example"),
    "examples": ("mdexplore.data.examples", "examples"),
    "model_system": ("mdexplore.data.toys", "of_potential"),
    "Study": ("mdexplore.session.study", "Study"),
    "open": ("mdexplore.session.saved", "open_saved"),
    "arena": ("mdexplore.session.arena", "arena"),
    "explore": ("mdexplore.app.explore", "explore"),
    "available": ("mdexplore.methods.method", "available"),
    "figures": ("mdexplore.figures", ""),
    "settings": ("mdexplore.settings", ""),
    "experiment": ("mdexplore.experiment", ""),
    "ensembles": ("mdexplore.ensembles", ""),
    "sampling": ("mdexplore.sampling", ""),
    "generation": ("mdexplore.generation", ""),
    "errors": ("mdexplore.base.errors", ""),
}
__all__ = [*_PLACES, "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'mdexplore' has no attribute {name!r}")
    module, attribute = _PLACES[name]
    found = importlib.import_module(module)
    value = getattr(found, attribute) if attribute else found
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
