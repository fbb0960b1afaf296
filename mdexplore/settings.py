"""Every settings dataclass under one roof: ``mdexplore.settings.TICA(lagtime=20, dim=3)``."""
from __future__ import annotations

from typing import Any


def _classes() -> dict[str, type]:
    from mdexplore.methods import method

    method.load()
    return {m.settings.__name__: m.settings for slot in method.SLOTS for m in method.methods(slot).values()}


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    try:
        return _classes()[name]
    except KeyError:
        from mdexplore.base.spelling import choose

        raise AttributeError(f"mdexplore.settings has no {name}. {choose(name, sorted(_classes()), 'It has')}") from None


def __dir__() -> list[str]:
    return sorted(_classes())
