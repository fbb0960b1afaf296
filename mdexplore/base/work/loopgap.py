"""How long an event loop was held up: what a user feels as a frozen page."""
from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any


class LoopGap:
    """Measures the longest time for which the running event loop did not turn, for tests and benchmarks.

    Use it as ``async with LoopGap() as gap: ...``; afterwards `longest` is in seconds and `count` says how often the loop was looked at.
    """

    def __init__(self, every: float = 0.005) -> None:
        self._every = every
        self.longest, self.count = 0.0, 0

    async def __aenter__(self) -> LoopGap:
        self._last = time.perf_counter()
        self._ticker = asyncio.create_task(self._tick())
        return self

    async def __aexit__(self, *exception: Any) -> None:
        self._look()   # a gap that has just ended is seen, too
        self._ticker.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._ticker

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            self._look()

    def _look(self) -> None:
        now = time.perf_counter()
        self.longest, self.count = max(self.longest, now - self._last - self._every), self.count + 1
        self._last = now
