"""Worker processes: progress, cancel, and the latest request wins.

`Jobs` runs named tasks beside an event loop, `run_in_child` runs one task in a throw-away process, `single_threaded` holds BLAS to one thread.
The names are loaded when first used, because the fork server and the workers import this package too and have to start fast.
"""
from __future__ import annotations

import importlib
from typing import Any

_HOMES = {"Jobs": "jobs", "JobState": "lanes", "run_in_child": "run", "single_threaded": "threads", "warm_up": "launch",
          "WorkerDied": "failures", "WorkerFailure": "failures", "LoopGap": "loopgap"}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
