"""The one error a user is meant to read: what happened, why, and what to do next."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mdexplore.base.notices import Mend


def printable(text: object) -> str:
    """Text that can always be written as UTF-8; bytes of odd file names become ``\\udcXX`` escapes."""
    return str(text).encode("utf-8", "backslashreplace").decode("utf-8")


class UserError(Exception):
    """Something the user can mend.

    Parameters
    ----------
    what, why, do : str
        What happened, why, and what to do next; numbers stand in the user's units.
    mend : Mend, optional
        The settings with which what failed would work, where the user need only agree: what a button offers.
    """

    def __init__(self, what: str, why: str = "", do: str = "", mend: Mend | None = None) -> None:
        self.mend = mend
        self.what, self.why, self.do = printable(what), printable(why), printable(do)
        super().__init__(self.what, self.why, self.do)

    def __str__(self) -> str:
        return " ".join(part for part in (self.what, self.why, self.do) if part)
