"""Keeps every page within its memory and its processor time: said on the page, and enforced by ending what uses too much."""
from __future__ import annotations

import contextlib
import logging
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mdexplore.app.serve.usage import Usage, tree
from mdexplore.base import limits

log = logging.getLogger(__name__)
EVERY_S = 2.0
STAYS_S = 30.0   # how long a page says that something was ended; the next look finds nothing to say
NEAR = 0.85   # share of a limit from which the page says so


@dataclass
class Account:
    """What is known about the kernel of one page.

    Attributes
    ----------
    said : str
        What its page should say; empty where all is well.
    said_until : float
        Seconds of the monotonic clock until which this stays, whatever is found meanwhile.
    is_spent : bool
        It has used up its processor time: nothing is computed for it any more.
    """

    said: str = ""
    said_until: float = 0.0
    is_spent: bool = False
    memory_mb: float = 0.0
    cpu_s: float = 0.0


class Watch:
    """Looks at all kernels again and again.

    Parameters
    ----------
    kernels : callable
        Gives the process numbers of all kernels by their names.
    processes : callable
        ``processes(pid, with_memory)`` gives a process and its descendants; for tests.
    kill : callable
        ``kill(pid)`` ends a process and what it has started.
    """

    def __init__(self, kernels: Callable[[], dict[str, int]], processes: Callable[[int, bool], Sequence[Usage]] = tree, kill: Callable[[int], None] | None = None) -> None:
        self._kernels, self._processes, self._kill = kernels, processes, kill or end
        self.accounts: dict[str, Account] = {}

    @staticmethod
    def is_wanted() -> bool:
        """Whether there is a limit to hold."""
        return bool(limits.limit("memory-mb") or limits.limit("cpu-s"))

    def look(self) -> None:
        """Take account of every kernel, and end what is beyond a limit."""
        running = self._kernels()
        self.accounts = {name: self.accounts.get(name, Account()) for name in running}
        for name, pid in running.items():
            account, found = self.accounts[name], self._processes(pid, bool(limits.limit("memory-mb")))
            if found:
                _take(account, found)
                said = self._hold_memory(account, found) or self._hold_time(account, found)
                if said or time.monotonic() > account.said_until:
                    account.said = said

    def said(self, name: str) -> str:
        """What the page of a kernel should say."""
        return self.accounts[name].said if name in self.accounts else ""

    def _hold_memory(self, account: Account, found: Sequence[Usage]) -> str:
        most = limits.limit("memory-mb")
        if not most or account.memory_mb < NEAR * most:
            return ""
        if account.memory_mb <= most:
            return f"This session uses {account.memory_mb:.0f} of its {most} MB of memory. Use fewer frames or features, or close other pages."
        # The largest worker goes first: its job becomes an error that can be tried again, and the page lives on.
        workers = found[1:]
        largest = max(workers, key=lambda process: process.memory_mb, default=None)
        if largest is not None and largest.memory_mb > NEAR * (account.memory_mb - most):
            self._kill(largest.pid)
            account.said_until = time.monotonic() + STAYS_S
            log.warning("a worker of kernel %d had %.0f MB and was ended: the session has %d", found[0].pid, largest.memory_mb, most)
            return f"A computation was ended: this session may use {most} MB of memory and needed {account.memory_mb:.0f}. Use fewer frames or features."
        self._kill(found[0].pid)
        log.warning("kernel %d had %.0f MB and was ended: the session has %d", found[0].pid, account.memory_mb, most)
        return f"This session was ended: it may use {most} MB of memory and had {account.memory_mb:.0f}."

    def _hold_time(self, account: Account, found: Sequence[Usage]) -> str:
        most = limits.limit("cpu-s")
        if not most or account.cpu_s < NEAR * most:
            return ""
        if account.cpu_s <= most and not account.is_spent:
            return f"This session has used {account.cpu_s:.0f} of its {most} s of computing time."
        account.is_spent = True
        # Workers are the children of the server that forks them, itself the kernel's child; without both nothing heavy can run.
        for worker in found[1:]:
            self._kill(worker.pid)
        if account.cpu_s > 1.5 * most:   # the kernel itself goes on computing
            self._kill(found[0].pid)
        return f"The computing time of this session ({most} s) is used up: nothing more is computed. Save what you need."


def _take(account: Account, found: Sequence[Usage]) -> None:
    account.memory_mb = sum(process.memory_mb for process in found)
    # The server that forks workers is charged with those that have ended; when it ends itself, what it was charged with stays on the account.
    account.cpu_s = max(account.cpu_s, sum(process.cpu_s for process in found))


def end(pid: int) -> None:
    """Kill a process, and its group where it leads one."""
    with contextlib.suppress(OSError):
        if os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(OSError):
        os.kill(pid, signal.SIGKILL)
