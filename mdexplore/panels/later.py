"""Doing something once, a moment after the last of many events."""
from __future__ import annotations

import asyncio
from collections.abc import Callable


class Later:
    """Runs an action when no call has come for a while; without an event loop, at once.

    Parameters
    ----------
    action : callable
        Takes nothing.
    delay_s : float
    """

    def __init__(self, action: Callable[[], None], delay_s: float = 0.15) -> None:
        self._action, self._delay = action, delay_s
        self._handle: asyncio.TimerHandle | None = None

    def call(self) -> None:
        """Ask for the action; an earlier request that still waits is dropped."""
        self.cancel()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._action()
            return
        self._handle = loop.call_later(self._delay, self._run)

    def cancel(self) -> None:
        """Forget a request that still waits."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _run(self) -> None:
        self._handle = None
        self._action()
