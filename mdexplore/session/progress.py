"""A progress bar for scripts: it shows only where a step takes long."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mdexplore.methods.method import Progress

PATIENCE_S = 1.0


@contextmanager
def bar(step: str, progress: Progress | None) -> Iterator[Progress]:
    """Give the callback to call: the listener's own, or one that moves a tqdm bar."""
    if progress is not None:
        yield progress
        return
    from tqdm.auto import tqdm

    # None: no bar in a log file. A notebook is no terminal either, but shows one well.
    quiet = False if any(c.__module__ == "tqdm.notebook" for c in tqdm.__mro__) else None
    with tqdm(total=1, desc=step, delay=PATIENCE_S, leave=False, disable=quiet, bar_format="{desc}: {percentage:3.0f}% {bar} {postfix}") as shown:
        def report(done: int, total: int, text: str = "") -> None:
            shown.total = max(total, 1)
            shown.set_postfix_str(text, refresh=False)
            shown.update(done - shown.n)
        yield report
