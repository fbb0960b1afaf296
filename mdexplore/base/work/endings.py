"""When workers end by themselves: after a while without work, and with the process that owns them."""
from __future__ import annotations

import math
import os

from mdexplore.base.errors import UserError
from mdexplore.base.work.launch import Worker

VARIABLE = "MDEXPLORE_IDLE_S"
IDLE_S = 300.0   # nobody tells a kernel that a page no longer shows an app


def idle_s() -> float:
    """How long a worker may be without work, s.

    Raises
    ------
    UserError
        If ``MDEXPLORE_IDLE_S`` is no number of seconds.
    """
    given = os.environ.get(VARIABLE, "")
    if not given:
        return IDLE_S
    try:
        found = float(given)
    except ValueError:
        found = math.nan
    if not 0 <= found < math.inf:
        raise UserError(f"{VARIABLE}={given!r} cannot be used.", "It says after how many seconds a worker without work ends.", f"Set it to a number of seconds, such as {IDLE_S:g}, or unset it.")
    return found


def end_all(workers: set[Worker], owner: int) -> None:
    """End the workers of a process, called by that process; a forked copy of it has no say in them."""
    if os.getpid() != owner:
        return
    for worker in workers:
        worker.close()
    workers.clear()
