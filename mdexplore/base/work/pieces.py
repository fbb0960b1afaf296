"""Long passes over all frames, cut into pieces: each runs here or on another computer, and what is done is kept until the whole is.

A function of some rows and of small numbers is all that a piece is. Where it runs is said by `spreading`, once for everything below it. Pieces
are cut and put together in the same way everywhere, so that the numbers do not depend on who computed them.
"""
from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

import mdexplore
from mdexplore.base.errors import UserError
from mdexplore.base.folders import cache_folder
from mdexplore.base.scratch import empty
from mdexplore.base.store import Store, array_key, content_key
from mdexplore.base.work.crew import Crew, Work, nobody
from mdexplore.base.work.cutting import Part, cut
from mdexplore.base.work.rows import Rows, in_file, to_file
from mdexplore.base.work.threads import single_threaded

PIECE_BYTES = 256 << 20     # of rows that are read once: half a second or more
NEEDS = 2                   # times that much memory for a piece and what becomes of it
PATIENCE_S = 90.0           # until a file that a worker wrote is seen here: a network file system may tell late
Tick = Callable[[int], None]


class Executor(Protocol):
    """What runs pieces elsewhere (`mdexplore.base.work.cluster`)."""

    def run(self, function: Callable[..., Any], calls: Sequence[tuple[Any, ...]], shared: dict[str, Any]) -> Iterator[tuple[int, Any]]:
        """Yield (number of the call, ``function(*call, **shared)``) as they are done."""


@dataclass
class Spread:
    """Who runs the pieces of a step, and the keys under which what is done is kept meanwhile."""

    executor: Executor | None
    keys: list[str] = field(default_factory=list)
    crew: Crew = field(default_factory=Crew)   # who does it where there is no executor

    def forget(self) -> None:
        """The whole is kept now: drop its pieces."""
        for key in self.keys:
            shutil.rmtree(Store().folder(key), ignore_errors=True)
        self.keys.clear()


_current: ContextVar[Spread | None] = ContextVar("spread", default=None)


@contextmanager
def spreading(executor: Executor | None) -> Iterator[Spread]:
    """Within the block, long passes run on an executor (on the cores of this machine where it is None), and their finished pieces outlive a kill."""
    made = Spread(executor)
    token = _current.set(made)
    try:
        yield made
    finally:
        _current.reset(token)
        made.crew.close()


@contextmanager
def staying() -> Iterator[None]:
    """Within the block everything runs in this process: for what is itself a part of work that is shared out."""
    token = _current.set(None)
    try:
        yield
    finally:
        _current.reset(token)


def elsewhere() -> Executor | None:
    """The executor of the block we are in."""
    current = _current.get()
    return None if current is None else current.executor


def crew() -> Crew | None:
    """Who shares out work on this machine in the block we are in; None outside of one, and where it has an executor."""
    current = _current.get()
    return None if current is None or current.executor is not None else current.crew


def shared_out(work: Work, tick: Tick) -> Iterator[tuple[int, Any]]:
    """Do calls that do not depend on each other: on the executor of the block we are in, else on the cores of this machine, or here outside of a block.

    Parameters
    ----------
    work : Work
    tick : callable
        Called with how much of all sizes is done.

    Yields
    ------
    (int, object)
        Number of a call and its result, in any order.
    """
    executor, others = elsewhere(), crew()
    if others is not None:
        yield from others.run(work, tick)
        return
    done = 0
    for i, value in _one_by_one(work, tick) if executor is None else executor.run(work.function, work.calls, work.shared()):
        done += work.sizes[i]
        tick(done)
        yield i, value


def _one_by_one(work: Work, tick: Tick) -> Iterator[tuple[int, Any]]:
    done = 0
    for i, size in enumerate(work.sizes):
        yield i, work.here(i, lambda n, before=done: tick(before + n))   # type: ignore[misc]
        done += size


def row_bytes(arrays: Sequence[np.ndarray]) -> int:
    """Bytes of one row; 1 where there is none."""
    return max([int(x[:1].nbytes) for x in arrays if len(x)], default=1) or 1


def sums(function: Callable[..., Any], arrays: Sequence[np.ndarray], most_rows: int, *shared: Any, overlap: int = 0, tick: Tick | None = None) -> list[Any]:
    """What a function finds in each piece.

    Parameters
    ----------
    function : callable
        At module level: ``function(list of row arrays, *shared, tick=...)`` gives something small that can be stored.
    arrays : sequence of ndarray, shape (n_i, ...)
    most_rows : int
        Of a piece; choose them so that it takes half a second or more.
    shared
        The same for all pieces: numbers and small arrays.
    overlap : int
        That many rows of the same array after each part are handed over as well.
    tick : callable
        Called with the number of rows done.
    """
    return _run(function, arrays, cut([len(x) for x in arrays], most_rows), shared, overlap, tick, travels=True)


def rows(function: Callable[..., np.ndarray], arrays: Sequence[np.ndarray], most_rows: int, *shared: Any, row: tuple[int, ...] = (), dtype: Any,
         tick: Tick | None = None) -> list[np.ndarray]:
    """An array of as many rows for each array.

    Parameters
    ----------
    function : callable
        At module level: ``function(row array, *shared, tick=...)`` gives as many rows.
    row : tuple of int
        Shape of a row of the answer.
    dtype : dtype
        Of the answer.

    Returns
    -------
    list of ndarray, shape (n_i, *row)
        Mapped from the disk where they are large.
    """
    pieces = cut([len(x) for x in arrays], most_rows)
    found = _run(_each, arrays, pieces, (function, *shared), 0, tick, travels=False)
    made: dict[int, np.ndarray] = {}
    together = sum(map(len, arrays)) * int(np.prod(row)) * np.dtype(dtype).itemsize
    for piece, values in zip(pieces, found):
        for part, value in zip(piece, values):
            n = len(arrays[part.array])
            if part.stop - part.start == n:
                made[part.array] = value
                continue
            if part.array not in made:
                made[part.array] = empty((n, *row), dtype, together=together)
            made[part.array][part.start:part.stop] = value
    return [made[i] if i in made else np.empty((0, *row), dtype) for i in range(len(arrays))]


def _each(parts: Sequence[np.ndarray], function: Callable[..., np.ndarray], *shared: Any, tick: Tick | None = None) -> tuple[np.ndarray, ...]:
    made, done = [], 0
    for part in parts:
        made.append(function(part, *shared, tick=_from(done, tick)))
        done += len(part)
    return tuple(made)


def _run(function: Callable[..., Any], arrays: Sequence[np.ndarray], pieces: list[tuple[Part, ...]], shared: tuple[Any, ...], overlap: int, tick: Tick | None,
         travels: bool) -> list[Any]:
    current = _current.get()
    if current is None or (current.executor is None and (len(pieces) == 1 or any(in_file(x) is None for x in arrays if len(x)))):
        return _run_here(function, arrays, pieces, shared, overlap, tick)
    files = {i: to_file(arrays[i]) for i in {part.array for piece in pieces for part in piece}}
    calls: list[tuple[Any, ...]] = []
    for piece in pieces:
        spans = tuple((files[p.array], p.start, min(len(arrays[p.array]), p.stop + overlap)) for p in piece)
        calls.append((spans, _key(function, spans, shared)))
    current.keys += [call[1] for call in calls]
    found = [None] * len(calls)
    given: dict[str, Any] = {"function": function, "shared": shared, "travels": travels, "cache": str(cache_folder())}
    sizes = [sum(p.stop - p.start for p in piece) for piece in pieces]
    work = Work(perform, calls, sizes, lambda: given, lambda i, _: perform(*calls[i], **given), "a pass over all frames", NEEDS * PIECE_BYTES)
    for i, value in shared_out(work, tick or nobody):
        found[i] = value if travels else arrived(calls[i][1])
    return found


def _run_here(function: Callable[..., Any], arrays: Sequence[np.ndarray], pieces: list[tuple[Part, ...]], shared: tuple[Any, ...], overlap: int, tick: Tick | None) -> list[Any]:
    """Nothing is kept: one piece, or arrays that no later run could know again."""
    found, done = [], 0
    for piece in pieces:
        found.append(function([arrays[p.array][p.start:p.stop + overlap] for p in piece], *shared, tick=_from(done, tick)))
        done += sum(p.stop - p.start for p in piece)
        if tick is not None:
            tick(done)
    return found


def perform(spans: tuple[tuple[Rows, int, int], ...], key: str, *, function: Callable[..., Any], shared: tuple[Any, ...], travels: bool, cache: str) -> Any:
    """One piece, as a worker does it: found in the cache, or computed and kept there.

    Returns
    -------
    object or None
        The result where it travels; otherwise it waits in the cache.
    """
    use_cache(cache)
    store = Store()
    found = store.load(key)
    if found is None:
        with single_threaded():
            found = function([rows.open(start, stop) for rows, start, stop in spans], *shared, tick=None)
        store.save(key, found)
    return found if travels else None


def use_cache(folder: str) -> None:
    """Keep results where the one who asks will look for them."""
    if str(cache_folder()) != folder:
        os.environ["MDEXPLORE_CACHE"] = folder


def arrived(key: str) -> Any:
    """What a worker left in the cache."""
    store, folder = Store(), Store().folder(key)
    until = time.monotonic() + PATIENCE_S
    while not store.has(key) and time.monotonic() < until:
        if folder.parent.is_dir():
            os.listdir(folder.parent)   # makes a network file system look again
        time.sleep(0.1)
    found = store.load(key)
    if found is None:
        raise UserError("The result of a worker is not in the cache.", f"It should lie in {folder}.",
                        "Keep the cache (MDEXPLORE_CACHE) in a folder that all workers see under the same name.")
    return found


def _key(function: Callable[..., Any], spans: tuple[tuple[Rows, int, int], ...], shared: tuple[Any, ...]) -> str:
    return content_key("piece", mdexplore.__version__, _name(function), [[r.key, start, stop] for r, start, stop in spans], [_plain(s) for s in shared])


def _plain(value: Any) -> Any:
    return array_key(value) if isinstance(value, np.ndarray) else _name(value) if callable(value) else value


def _name(function: Callable[..., Any]) -> str:
    return f"{function.__module__}:{function.__qualname__}"


def _from(done: int, tick: Tick | None) -> Tick | None:
    return None if tick is None else lambda n: tick(done + n)
