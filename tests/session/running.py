"""Sessions under an event loop: opened, waited for by what they say, and closed whatever happens."""
from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from types import MappingProxyType

from mdexplore.session.session import Session

PATIENCE_S = 120   # reached only by a test that fails, on however busy a machine


class NoJobs:
    """Takes requests and does nothing."""

    states = MappingProxyType({})

    def observe(self, *args): ...

    def submit(self, *args, **options): ...

    def cancel(self, name): ...


@asynccontextmanager
async def opened(study, **options):
    """A session over a study; its workers end with the block."""
    session = Session(study, **options)
    try:
        yield session
    finally:
        session.close()


async def until(session, condition):
    """Wait until something is so, looking again at each change of the session."""
    changed = asyncio.Event()

    def look(change):
        changed.set()

    session.observe(look)
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                changed.clear()
                await changed.wait()
    except TimeoutError:
        raise AssertionError(f"it did not happen; jobs {session.jobs}, errors {session.errors}, results {list(session.results)}") from None
    finally:
        session.unobserve(look)


async def settled(session):
    """Wait until nothing runs or waits any more."""
    async with asyncio.timeout(PATIENCE_S):
        await session.work.idle()
