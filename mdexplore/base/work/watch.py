"""Being called on an event loop's own thread whenever a socket has something to read."""
from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable

from mdexplore.base.work.launch import wait_readable


class Watch:
    """Calls `ready` on the loop's thread while there is something to read; a thread waits where the loop itself cannot (Windows)."""

    def __init__(self, loop: asyncio.AbstractEventLoop, sock: socket.socket, ready: Callable[[], None]) -> None:
        self._loop, self._sock, self._ready = loop, sock, ready
        self._is_stopped, self._heard = False, threading.Event()
        self._has_thread = False
        try:
            loop.add_reader(sock, ready)
        except NotImplementedError:
            self._has_thread = True
            threading.Thread(target=self._listen, daemon=True).start()

    def stop(self) -> None:
        """No more calls; call it before the socket is closed."""
        self._is_stopped = True
        self._heard.set()
        if not self._has_thread and not self._loop.is_closed():
            self._loop.remove_reader(self._sock)

    def _listen(self) -> None:
        # A closed socket or loop ends the thread: there is nobody left to be told.
        with contextlib.suppress(OSError, ValueError, RuntimeError):
            while not self._is_stopped:
                if wait_readable([self._sock], 0.5) and not self._is_stopped:
                    self._heard.clear()
                    self._loop.call_soon_threadsafe(self._tell)
                    self._heard.wait()

    def _tell(self) -> None:
        if not self._is_stopped:
            self._ready()
        self._heard.set()
