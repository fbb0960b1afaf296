"""Two hundred lasso events while a fit runs: how often each panel is drawn, and how long the page is held."""
from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

import mdexplore as mdx
from benchmarks.trust.figure import Outcome, figure
from benchmarks.trust.live_sessions import fresh_cache, opened, settled, until
from mdexplore.app.explorer import Explorer
from mdexplore.panels.panel import Panel

EVENTS = 200
MOST_DRAWS = 3
ANSWER_S = 0.1
DRAWINGS = ("draw", "show_selection", "show_current")


def count_drawings(explorer: Explorer) -> Counter[tuple[str, str]]:
    """Counts, from now on, how often each panel draws what: (panel, method) -> times."""
    counts: Counter[tuple[str, str]] = Counter()
    for name, panel in explorer.panels.items():
        if isinstance(panel, Panel):
            for method in DRAWINGS:
                setattr(panel, method, _counting(counts, (name, method), getattr(panel, method)))
    return counts


def _counting(counts: Counter, key: tuple[str, str], method: Callable[[], None]) -> Callable[[], None]:
    def counted() -> None:
        counts[key] += 1
        method()
    return counted


class LongestTurn:
    """The longest turn of the event loop in processor time of its thread, so that other programs do not count."""

    def __init__(self) -> None:
        self.seconds = 0.0

    async def watch(self) -> None:
        last = time.thread_time()
        while True:
            await asyncio.sleep(0)
            now = time.thread_time()
            self.seconds, last = max(self.seconds, now - last), now


async def burst(explorer: Explorer, rng: np.random.Generator) -> int:
    """Lasso events as the page sends them, each in a turn of the loop of its own; the number of frames that the last one selects."""
    panel = explorer.panels["projection"]
    n_cells = len(panel._grid.occupied)
    for _ in range(EVENTS):
        panel.cells.selected = rng.choice(n_cells, n_cells // 5, replace=False)
        panel.cells.selected = np.array([], int)   # what the page answers to the reset
        await asyncio.sleep(0)
    return explorer.session.selection.n


async def _bursts(n: int) -> tuple[int, float, int]:
    """Most drawings of one kind in a burst, longest turn in seconds, bursts after which every panel showed the last selection."""
    data, rng = mdx.example("prinz", n_frames=50_000, n_trajectories=4), np.random.default_rng(1)
    most, right, turn = 0, 0, LongestTurn()
    async with opened(mdx.Study(data, clustering=mdx.settings.KMeans(n_clusters=100), lagtime=5)) as session:
        explorer = Explorer(session)
        await until(session, lambda: "chapman" in session.results)
        await settled(session)
        shown: dict[str, Any] = {}
        trace = explorer.panels["trace"]
        show = trace.show_selection
        trace.show_selection = lambda: (show(), shown.update(selection=session.selection))
        counts = count_drawings(explorer)
        for i in range(n):
            session.configure("clustering", n_clusters=300 + i, max_iter=200)
            await asyncio.sleep(0.2)   # the page is at rest but for the fit
            counts.clear()
            watch = asyncio.create_task(turn.watch())
            await burst(explorer, rng)
            watch.cancel()
            await until_quiet(explorer)
            most = max(most, *counts.values())
            right += shown["selection"] is session.selection and session.work.is_busy
            session.cancel("clustering")
            await settled(session)
    return most, turn.seconds, right


async def until_quiet(explorer: Explorer) -> None:
    """Wait until no panel has anything left to draw."""
    panels = [panel for panel in explorer.panels.values() if isinstance(panel, Panel)]
    while any(panel.is_behind for panel in panels):
        await asyncio.sleep(0.01)


@figure("200 lasso events in a burst during a fit", f"each panel drawn at most {MOST_DRAWS} times; the loop never held for {ANSWER_S * 1000:.0f} ms of processor time; the last one shown",
        short=1, full=20)
def lasso_bursts(n: int) -> Outcome:
    """On the whole page, in a session whose worker fits microstates."""
    with fresh_cache():
        most, seconds, right = asyncio.run(_bursts(n))
    return Outcome(f"at most {most} drawings; longest turn {seconds * 1000:.0f} ms; {right} of {n} bursts end with the last selection", most <= MOST_DRAWS and seconds < ANSWER_S and right == n)
