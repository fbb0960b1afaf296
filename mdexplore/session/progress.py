"""A progress bar for scripts and notebooks: it shows only where a step takes long, and leaves nothing behind."""
from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mdexplore.methods.method import Progress

PATIENCE_S = 1.0
BETWEEN_S = 0.1
WIDTH = 24


@contextmanager
def bar(step: str, progress: Progress | None) -> Iterator[Progress]:
    """Give the callback to call: the listener's own, or one that moves a bar."""
    if progress is not None:
        yield progress
    elif _in_notebook():
        shown = _CellBar(step)
        try:
            yield shown.report
        finally:
            shown.close()
    else:
        with _terminal_bar(step) as report:
            yield report


class _CellBar:
    """A line of text under the cell. A widget would not do: what stays of a closed one is an error message in the saved notebook."""

    def __init__(self, step: str) -> None:
        self._step = step
        self._handle: Any = None   # of the output, once there is one
        self._next = time.monotonic() + PATIENCE_S

    def report(self, done: int, total: int, text: str = "") -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + BETWEEN_S
        share = min(done / max(total, 1), 1.0)
        self._show({"text/plain": f"{self._step}: {share:4.0%} {'█' * round(share * WIDTH):░<{WIDTH}} {text}"})

    def close(self) -> None:
        """Take the line away: an output without any form takes no room."""
        if self._handle is not None:
            self._show({})

    def _show(self, bundle: dict[str, str]) -> None:
        from IPython.display import display

        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)


@contextmanager
def _terminal_bar(step: str) -> Iterator[Progress]:
    from tqdm import tqdm

    # disable=None: no bar in a log file.
    with tqdm(total=1, desc=step, delay=PATIENCE_S, leave=False, disable=None, bar_format="{desc}: {percentage:3.0f}% {bar} {postfix}") as shown:
        def report(done: int, total: int, text: str = "") -> None:
            shown.total = max(total, 1)
            shown.set_postfix_str(text, refresh=False)
            shown.update(done - shown.n)
        yield report


def _in_notebook() -> bool:
    """Whether a cell shows what is displayed; IPython in a terminal has no kernel."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None
