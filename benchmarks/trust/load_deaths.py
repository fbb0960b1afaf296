"""Workers that die: each death becomes an error with an offer to try again that works, and leaves nothing behind."""
from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mdexplore as mdx
from benchmarks.trust.dying import WAYS
from benchmarks.trust.figure import Outcome, figure
from benchmarks.trust.live_sessions import fresh_cache, opened, settled
from mdexplore.base.errors import UserError
from mdexplore.base.work import launch
from mdexplore.session.session import Session

STEPS = ("clustering", "model", "bootstrap")   # one in each lane
SPARED = 3                                     # descriptors that may come and go (a log, an event loop)


def dying(session: Session, job: str, way: str) -> None:
    """From now on the worker of a job dies, once."""
    submit: Callable[..., Any] = session.work.submit

    def first(name: str, task: str, *args: Any, **options: Any) -> int:
        if name != job:
            return submit(name, task, *args, **options)
        session.work.submit = submit   # type: ignore[method-assign]
        return submit(name, f"benchmarks.trust.dying:{way}", **options)

    session.work.submit = first   # type: ignore[method-assign]


async def one_death(session: Session, job: str, way: str, seed: int) -> bool:
    """Whether a death is said as an error of its step, with a notice, and trying again gives the result."""
    dying(session, job, way)
    session.configure("study", seed=seed)
    await settled(session)
    step = "kinetics" if job == "model" else job
    error = session.errors.get(step)
    # Steps that one worker computes together share its notice, which names the first of them.
    said = isinstance(error, UserError) and bool(error.what and error.do) and any(n.level == "error" and error.what in n.text for n in session.notices)
    session.retry(step)
    await settled(session)
    return said and not session.errors and not session.stale


def left_over(server: int) -> tuple[int, int, int]:
    """Open descriptors of this process, of the fork server, and ended children that nobody has taken note of."""
    return len(os.listdir("/proc/self/fd")), len(os.listdir(f"/proc/{server}/fd")), len(_zombies({os.getpid(), server}))


def _zombies(parents: set[int]) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = entry.read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state == "Z" and int(parent) in parents:
            found.append(int(entry.parent.name))
    return found


async def _deaths(n: int) -> tuple[int, int, int, int]:
    right = 0
    data = mdx.example("two-state", n_frames=1000, n_trajectories=5)
    async with opened(mdx.Study(data, clustering=mdx.settings.KMeans(n_clusters=5), lagtime=2)) as session:
        await settled(session)
        server = int(launch.launcher().report()["pid"])   # type: ignore[attr-defined]
        before = left_over(server)
        for i in range(n):
            right += await one_death(session, STEPS[i % len(STEPS)], WAYS[i % len(WAYS)], 1 + i)
        after = left_over(server)
    return right, after[0] - before[0], after[1] - before[1], after[2]


@figure("workers killed, crashed, aborted, gone or out of memory", f"each an error whose Retry works; 0 zombies, at most {SPARED} more open files", short=5, full=100)
def worker_deaths(n: int) -> Outcome:
    """Each way in turn, in each lane in turn, in one session."""
    with fresh_cache():
        right, ours, servers, zombies = asyncio.run(_deaths(n))
    return Outcome(f"{right} of {n} mended; {zombies} zombies; {ours:+d} open files here, {servers:+d} in the fork server", right == n and not zombies and max(ours, servers) <= SPARED)
