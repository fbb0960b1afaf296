"""What the program wants a user to know: a value that panels, reports and scripts show alike."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mdexplore.base.errors import printable

Level = Literal["info", "warning", "error"]


@dataclass(frozen=True)
class Notice:
    """One thing to know.

    ``info`` was decided for the user, ``warning`` may make the result misleading, ``error`` means that there is no result.

    Parameters
    ----------
    level : {"info", "warning", "error"}
    text : str
        A sentence with numbers and units.
    hint : str
        What to do about it.
    where : str
        The slot or file it is about, such as ``"kinetics"``.
    """

    level: Level
    text: str
    hint: str = ""
    where: str = ""

    def __str__(self) -> str:
        return printable(f"{self.text} {self.hint}".strip())
