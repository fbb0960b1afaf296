"""Calls for the tests of crews; workers find this module because the tests put its folder on the import path."""
from __future__ import annotations

import os
import threading
from pathlib import Path

from mdexplore.base.errors import UserError
from mdexplore.base.work import crew


def begin_at_once(n, put=setattr):
    """Crews of n processes that are started at the first look and waited for: without this the calls of a test are done before anybody is there."""
    look_round = crew.Crew._look_round

    def look_and_wait(self, shift):
        look_round(self, shift)
        while self._members and not all(member.is_ready for member in self._members):
            self._hear(shift, None)

    put(crew, "cores", lambda: n)
    put(crew, "WORTH_S", -1.0)
    put(crew, "COLD_S", 0.0)
    put(crew.Crew, "_look_round", look_and_wait)


def work(function, calls, here=None, **shared):
    """A `Work` of calls of size 10."""
    def do_here(number, tick):
        tick(0)
        found = function(*calls[number], **shared)
        tick(10)
        return found

    return crew.Work(function, calls, [10] * len(calls), lambda: shared, here or do_here, "the answer", 1 << 20)


def square(k):
    return k * k, os.getpid()


def square_and_note(k, folder):
    (Path(folder) / f"{k}-{os.getpid()}").touch()
    return k * k


def tell(k, progress):
    for n in range(1, 11):
        progress(n, 10, "")
    return k


def refuse_in_a_worker(k, parent):
    if os.getpid() != parent:
        raise UserError("A lag time of 50 ns is too long.", "The longest has 20 ns.", "Choose less.")


def stumble_in_a_worker(k, parent):
    if os.getpid() != parent:
        return [][1]


def die_in_a_worker(k, parent, number):
    if os.getpid() != parent:
        os.kill(os.getpid(), number)


def hang(k, folder):
    (Path(folder) / str(os.getpid())).touch()
    threading.Event().wait()


def threads(k):
    import scipy.linalg  # noqa: F401
    from threadpoolctl import threadpool_info

    return max(pool["num_threads"] for pool in threadpool_info())


def share_out_and_hang(folder, progress=None):
    """A job that waits for three others, all of which hang."""
    begin_at_once(3)

    def here(number, tick):
        (Path(folder) / str(os.getpid())).touch()
        tick(10)

    list(crew.Crew().run(work(hang, [(k, ) for k in range(6)], here=here, folder=folder)))


def is_warm(progress=None):
    from mdexplore.base.work import launch

    return launch.launcher().is_warm()
