"""Plays frames on the kernel's event loop, never faster than the page draws them."""
from __future__ import annotations

import asyncio
from collections.abc import Callable

from mdexplore.base.errors import UserError


class Player:
    """Calls a step again and again.

    Parameters
    ----------
    step : callable
        Shows the next frame; False ends the play.
    ended : callable
        Called once when it ends for any reason, with the error or None.
    per_second : float
        At most so many steps.
    patience_s : float
        How long to wait until the page has drawn; then nobody looks any more (closed, or a hidden tab) and the play ends.
    """

    def __init__(self, step: Callable[[], bool], ended: Callable[[Exception | None], None], per_second: float = 8.0, patience_s: float = 4.0) -> None:
        self._step, self._ended, self._pause, self._patience = step, ended, 1 / per_second, patience_s
        self._task: asyncio.Task | None = None
        self._is_drawn = asyncio.Event()
        self._is_stopping = False
        self._failed: Exception | None = None

    @property
    def is_playing(self) -> bool:
        return self._task is not None

    def start(self) -> None:
        """Begin; `UserError` where no event loop runs."""
        if self._task is not None:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError as error:
            raise UserError("Frames cannot be played here.", "No event loop runs in this process.", "Open the panel in a notebook or in the app.") from error
        self._is_stopping, self._failed = False, None
        self._task = loop.create_task(self._run())
        self._task.add_done_callback(self._done)   # a task that is cancelled before it has begun does not run at all

    def stop(self) -> None:
        """End at once."""
        if self._task is not None:
            self._is_stopping = True   # `wait_for` of Python 3.11 can swallow a cancellation that comes together with its answer
            self._task.cancel()

    def drawn(self) -> None:
        """The page has drawn the frame of the last step."""
        self._is_drawn.set()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while not self._is_stopping:
                begun = loop.time()
                self._is_drawn.clear()
                if not self._step():
                    break
                await asyncio.wait_for(self._is_drawn.wait(), self._patience)
                await asyncio.sleep(max(self._pause - (loop.time() - begun), 0.01))
        except (asyncio.CancelledError, TimeoutError):
            pass
        except Exception as error:   # a frame that cannot be read: the panel shows it
            self._failed = error

    def _done(self, task: asyncio.Task) -> None:
        self._task = None
        self._ended(self._failed)
