"""Figures for papers (matplotlib: ax in, ax out), and the self-contained report.

``mdx.figures.timescales(study)``; every function takes ``ax=None`` and gives the axes back.
"""
from __future__ import annotations

import importlib
from typing import Any

_PLACES = {"projection": "projection", "timescales": "timescales", "chapman_kolmogorov": "chapman", "network": "network", "trace": "trace",
           "loadings": "loadings", "overview": "overview", "write_report": "report"}
__all__ = list(_PLACES)


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"mdexplore.figures has no {name!r}; it has {', '.join(_PLACES)}")
    # The function takes the place of the module of the same name.
    value = getattr(importlib.import_module(f"mdexplore.figures.{_PLACES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
