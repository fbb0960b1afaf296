"""From the command to the page, in order: socket, address, skeleton, warm process, Voila. Standard library only until the address is printed."""
from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from mdexplore.app.serve import private
from mdexplore.app.serve.address import Address, bind
from mdexplore.app.serve.doors import given_address
from mdexplore.app.serve.listener import EarlyListener
from mdexplore.app.serve.logs import errors_to_file
from mdexplore.app.serve.warm import WarmProcess
from mdexplore.base.errors import UserError


def serve(what: Mapping[str, Any], *, port: int = 0, browser: bool = True, theme: str = "light") -> None:
    """Serve the page until a signal stops it.

    Parameters
    ----------
    what : mapping
        What the page shows; handed to it as JSON in the environment variable ``MDEXPLORE_APP``.
    port : int
        0 takes any free one.
    browser : bool
        Whether to open the address in the user's browser.
    theme : {"light", "dark"}

    Raises
    ------
    UserError
        If the port cannot be used, or the server does not start.
    """
    where = given_address()
    sock = bind(port, where)
    address = Address.of(sock.getsockname()[1], where)
    folder, lock = private.make()
    _stop_early_on_signals(folder)
    listener = EarlyListener(sock, address, theme)
    listener.start()
    print(f"mdexplore: {address.url}" if address.front else f"mdexplore: open {address.url} at the address of your hub", flush=True)
    os.environ["MDEXPLORE_APP"] = json.dumps(dict(what))
    try:
        with errors_to_file(folder) as log:
            if WarmProcess.can_run():
                WarmProcess(folder, lock)
            if browser and address.front:
                _open_browser(address)
            try:
                _run(sock, address, listener, folder, theme)
            except Exception as error:
                traceback.print_exc()
                raise UserError("The page could not be served.", f"{type(error).__name__}: {error}.",
                                f'Run "mdexplore doctor"; the details are in {log}.') from error
    finally:
        if WarmProcess.current is not None:
            WarmProcess.current.close()
        shutil.rmtree(folder, ignore_errors=True)


def _run(sock: socket.socket, address: Address, listener: EarlyListener, folder: Path, theme: str) -> None:
    from mdexplore.app.serve.server import Server, settings

    server = Server(sock, address, folder, config=settings(address, theme))
    server.initialize([])
    server.open_for_requests()
    listener.hand_over()
    if os.environ.get("MDEXPLORE_DIE_WITH_PARENT"):
        _die_with_parent()
    server.start()


def _stop_early_on_signals(folder: Path) -> None:
    """Until the server listens there is little to end: the warm process has no kernels yet, and imports cannot be unwound."""
    def stop(number: int, frame: FrameType | None) -> NoReturn:
        if WarmProcess.current is not None:
            WarmProcess.current.process.kill()
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and not (name == "SIGHUP" and signal.getsignal(number) == signal.SIG_IGN):
            signal.signal(number, stop)


def _open_browser(address: Address) -> None:
    import webbrowser

    # Without a display, Python would start a text browser in the user's terminal.
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return

    def run() -> None:
        with contextlib.suppress(webbrowser.Error):   # the address stands in the terminal
            webbrowser.open(address.url_once)

    threading.Thread(target=run, daemon=True).start()


def _die_with_parent() -> None:
    """For programs that start the command and may be killed: end when they do."""
    import tornado.ioloop

    parent = os.getppid()
    loop = tornado.ioloop.IOLoop.current()
    tornado.ioloop.PeriodicCallback(lambda: None if os.getppid() == parent else loop.stop(), 500).start()
