"""Sessions under an event loop of their own, for figures of what happens while workers compute."""
from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import mdexplore as mdx
from mdexplore.session.session import Session

PATIENCE_S = 300   # reached only where something hangs


@contextmanager
def fresh_cache() -> Iterator[str]:
    """An empty cache for one figure."""
    before = os.environ.get("MDEXPLORE_CACHE")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MDEXPLORE_CACHE"] = folder
        try:
            yield folder
        finally:
            os.environ.pop("MDEXPLORE_CACHE")
            if before is not None:
                os.environ["MDEXPLORE_CACHE"] = before


@asynccontextmanager
async def opened(study: mdx.Study, **options: Any) -> AsyncIterator[Session]:
    """A session over a study; its workers end with the block."""
    session = Session(study, **options)
    try:
        yield session
    finally:
        session.close()


async def until(session: Session, condition: Callable[[], bool]) -> None:
    """Wait until something is so, looking again at each change of the session."""
    changed = asyncio.Event()

    def look(_: Any) -> None:
        changed.set()

    session.observe(look)
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                changed.clear()
                await changed.wait()
    finally:
        session.unobserve(look)


async def settled(session: Session) -> None:
    """Wait until nothing runs or waits any more."""
    async with asyncio.timeout(PATIENCE_S):
        await session.work.idle()
