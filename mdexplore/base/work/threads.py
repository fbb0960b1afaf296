"""One thread for the numerical libraries: several processes on few cores must not each start a thread per core."""
from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS")
_held = False   # this process is held for good: asking each library again would cost more than a small step


@contextmanager
def single_threaded() -> Iterator[None]:
    """Hold BLAS and OpenMP to one thread inside a ``with`` block, or as a decorator inside a function.

    Libraries that are loaded inside the block keep their own number of threads; scipy's, which has its own, is therefore loaded first.
    """
    if _held:
        yield
        return
    import scipy.linalg  # noqa: F401
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield


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
