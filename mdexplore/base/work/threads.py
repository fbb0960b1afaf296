"""One thread for the numerical libraries: several processes on few cores must not each start a thread per core."""
from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS")
_held = False   # this process is held for good: asking each library again would cost more than a small step
_lock = threading.Lock()
_inside = 0              # blocks that are entered, in all threads: the limit is the process's, so the last one out lifts it
_limits: Any = None


@contextmanager
def single_threaded() -> Iterator[None]:
    """Hold BLAS and OpenMP to one thread inside a ``with`` block, or as a decorator inside a function.

    Blocks may overlap in several threads. Libraries that are loaded inside the block keep their own number of threads; scipy's, which has its own,
    is therefore loaded first.
    """
    if _held:
        yield
        return
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _inside, _limits
    with _lock:
        if _inside == 0:
            import scipy.linalg  # noqa: F401
            from threadpoolctl import threadpool_limits

            _limits = threadpool_limits(limits=1)
        _inside += 1


def _leave() -> None:
    global _inside, _limits
    with _lock:
        _inside -= 1
        if _inside == 0:
            _limits.restore_original_limits()
            _limits = None


def single_threaded_environment() -> dict[str, str]:
    """The environment variables that hold libraries which are not loaded yet to one thread."""
    return dict.fromkeys(_VARIABLES, "1")


def stay_single_threaded() -> None:
    """Hold this process to one thread for good: the libraries it has, and those it will load."""
    global _held
    from threadpoolctl import threadpool_limits

    _held = True
    os.environ.update(single_threaded_environment())
    threadpool_limits(limits=1)
