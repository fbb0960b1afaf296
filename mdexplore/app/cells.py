"""Which cell of a notebook has made which session: when it is run again, or deleted, what the earlier run still computes is stopped.

A kernel is not told when a page no longer shows a widget, but JupyterLab and Notebook 7 name the cell, and those deleted since, with every run.
"""
from __future__ import annotations

import sys
import weakref
from typing import Any

from mdexplore.session.session import Session

_sessions: dict[str, weakref.WeakSet[Session]] = {}
_watched: weakref.WeakSet[Any] = weakref.WeakSet()


def remember(session: Session) -> None:
    """Note that the running cell has made this session; nothing is done outside a notebook."""
    shell = _shell()
    cell = _asked(shell).get("cellId")
    if shell is None or not isinstance(cell, str):
        return
    _sessions.setdefault(cell, weakref.WeakSet()).add(session)
    if shell not in _watched:
        _watched.add(shell)
        shell.events.register("pre_run_cell", lambda info: stop_earlier(_asked(shell)))


def stop_earlier(asked: dict[str, Any]) -> None:
    """Stop what was begun by the cell that is about to run, and by those deleted since; what is drawn stays.

    Parameters
    ----------
    asked : dict
        The metadata of the request: ``cellId`` (str) and ``deletedCells`` (list of str), where the page sends them.
    """
    for cell in (asked.get("cellId"), *(asked.get("deletedCells") or ())):
        for session in _sessions.pop(cell, ()):
            for job in list(session.jobs.values()):
                if job.is_active:
                    session.cancel(job.name)


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def _asked(shell: Any) -> dict[str, Any]:
    kernel = getattr(shell, "kernel", None)
    return (kernel.get_parent("shell") or {}).get("metadata", {}) if kernel is not None else {}
