"""What settings find out by themselves of the files that they name: read where they are made, or left to a worker."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from mdexplore.base.store import content_key

_may_read: ContextVar[bool] = ContextVar("may_read", default=True)


class UnreadError(Exception):
    """Files would have to be read where nobody has the time."""


@contextmanager
def unread() -> Iterator[None]:
    """A block in which settings whose files are not yet known raise `UnreadError`: an event loop must not wait for gigabytes."""
    token = _may_read.set(False)
    try:
        yield
    finally:
        _may_read.reset(token)


def noted(content: str, named: Sequence[Any], held: Callable[[], str]) -> str:
    """What files held, so that other numbers in files of the same name give another key.

    Parameters
    ----------
    content : str
        As it was noted before; it stays where it belongs to the same names, so that whoever uses it can say that files have changed since.
    named : sequence of plain values
        By which files are named and read.
    held : callable
        Gives a hash of what they hold now.

    Raises
    ------
    UnreadError
        If they would have to be read inside `unread`.
    """
    if content.startswith(marked(named, "")):
        return content
    if not _may_read.get():
        raise UnreadError
    return marked(named, held())


def marked(named: Sequence[Any], held: str) -> str:
    """What `noted` gives for files that hold just that: for whoever has read them."""
    return f"{content_key(*named)}-{held}"


def held_in(content: str) -> str:
    """The hash of `noted` that tells of numbers alone, not of names."""
    return content.rpartition("-")[2]
