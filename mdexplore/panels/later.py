"""Doing something once for many events: a moment after the last, or at once and then after the last."""
from __future__ import annotations

import asyncio
from collections.abc import Callable

TURNS = 8   # of the event loop in which a message that has arrived becomes a call


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


class Burst:
    """Runs an action at once, and after a burst of calls once more; a burst that does not end is answered now and then. Without an event loop, always at once.

    Parameters
    ----------
    action : callable
        Takes nothing.
    quiet_s : float
        A burst is over when no call has come for this long, and none is on its way.
    patience_s : float
        How long a burst may go on without an answer.
    """

    def __init__(self, action: Callable[[], None], quiet_s: float = 0.04, patience_s: float = 2.0) -> None:
        self._action, self._quiet, self._patience = action, quiet_s, patience_s
        self._handle: asyncio.Handle | None = None
        self._ended = self._begun = float("-inf")   # of the last action, of the first call that waits

    @property
    def is_waiting(self) -> bool:
        """Whether a call has not been answered yet."""
        return self._handle is not None

    def call(self) -> None:
        """Ask for the action."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._run()
            return
        now, is_waiting = loop.time(), self.is_waiting
        self.cancel()
        if now - (self._begun if is_waiting else self._ended) > (self._patience if is_waiting else self._quiet):
            self._answer(loop)
            return
        self._begun = self._begun if is_waiting else now
        self._handle = loop.call_at(min(now + self._quiet, self._begun + self._patience), self._listen, loop, TURNS)

    def cancel(self) -> None:
        """Forget what waits."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _listen(self, loop: asyncio.AbstractEventLoop, turns: int) -> None:
        """On a machine under load the time may be over while calls are queued: they come first, and put the answer off."""
        if turns and loop.time() < self._begun + self._patience:
            self._handle = loop.call_soon(self._listen, loop, turns - 1)
        else:
            self._answer(loop)

    def _answer(self, loop: asyncio.AbstractEventLoop) -> None:
        self._run()
        self._ended = loop.time()

    def _run(self) -> None:
        self._handle = None
        self._action()
