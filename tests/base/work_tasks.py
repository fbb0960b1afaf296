"""Tasks for the tests of worker processes; workers find this module because the tests put its folder on the import path."""
from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path

from mdexplore.base.errors import UserError
from mdexplore.base.store import cache_folder


def echo(value, progress=None):
    return value


def note(value, folder, progress=None):
    """Leaves a file behind, so that a test can count how often it ran."""
    (Path(folder) / str(value)).touch()
    return value


def report(n, progress):
    for i in range(1, n + 1):
        progress(i, n, f"step {i}")
    return n


def tell_and_end(path, progress):
    """Says one thing, and ends when a file is there."""
    progress(1, 2, "begun")
    while not Path(path).exists():
        time.sleep(0.005)
    return "whole"


def show_and_end(path, progress, fails=False):
    """Shows something, and ends when a file is there."""
    progress(1, 2, "begun")
    progress.preview({"epoch": 1})
    while not Path(path).exists():
        time.sleep(0.005)
    if fails:
        raise UserError("It went wrong.")
    return "whole"


def is_stopped(progress):
    return progress.is_stopped()


def until_stopped(progress):
    n = 0
    while not progress.is_stopped():
        n += 1
        progress(n, 0, "going on")
        time.sleep(0.005)
    return "the best so far"


def hang(marker, progress=None):
    Path(marker).write_text(str(os.getpid()))
    threading.Event().wait()


def wait_for(path, progress=None):
    while not Path(path).exists():
        time.sleep(0.005)
    return str(path)


def refuse(progress=None):
    raise UserError("A lag time of 50 ns is too long.", "The longest has 20 ns.", "Choose less.")


def stumble(progress=None):
    return [][1]


def overflow(progress=None):
    raise MemoryError


def die(number, progress=None):
    os.kill(os.getpid(), number)


def crash(progress=None):
    signal.raise_signal(signal.SIGSEGV)


def leave(progress=None):
    os._exit(7)


def unpicklable(progress=None):
    return lambda: 0


def surroundings(progress=None):
    return {"cache": str(cache_folder()), "folder": os.getcwd(), "path": list(sys.path)}


def complain(progress=None):
    logging.getLogger("mdexplore.test").warning("odd %s", "thing")


def draw(progress=None):
    import numpy as np

    return float(np.random.random())


def threads(progress=None):
    import scipy.linalg  # noqa: F401  (brings its own BLAS)
    from threadpoolctl import threadpool_info

    return [pool["num_threads"] for pool in threadpool_info()]


def descriptors(progress=None):
    """What every open descriptor of this process points to."""
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            found[int(name)] = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue   # the one that listed the folder
    return found


def modules(progress=None):
    return {"main": getattr(sys.modules["__main__"], "__file__", None), "torch": "torch" in sys.modules, "pid": os.getpid()}


def count_calls(_calls=[], progress=None):  # noqa: B006  (the list is the cache that a worker keeps)
    _calls.append(1)
    return len(_calls)


def hold(pipe, progress=None):
    """Holds the lock of its interpreter, as a fit may, until somebody writes into a pipe; how many pipes were written to, 0 after a minute."""
    import ctypes

    class Poll(ctypes.Structure):
        _fields_ = (("fd", ctypes.c_int), ("events", ctypes.c_short), ("revents", ctypes.c_short))

    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        return ctypes.PyDLL(None).poll(ctypes.byref(Poll(reader, 1)), ctypes.c_ulong(1), 60_000)
    finally:
        os.close(reader)
