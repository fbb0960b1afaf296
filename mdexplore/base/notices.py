"""What the program wants a user to know: a value that panels, reports and scripts show alike."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from mdexplore.base.errors import printable
from mdexplore.base.plain import storable

Level = Literal["info", "warning", "error"]


@storable
@dataclass(frozen=True)
class Mend:
    """A change of settings that would mend what a notice is about.

    Parameters
    ----------
    label : str
        What the button says, such as ``"Use a lag time of 0.1 ns"``.
    slot : str
        The slot to change, as `Session.configure` takes it; ``"load"`` for settings of `mdexplore.load`, in a `UserError` of loading.
    settings : tuple of (str, value)
        The new settings of that slot: pairs of a name and a plain value.
    """

    label: str
    slot: str
    settings: tuple[tuple[str, Any], ...]

    @property
    def changes(self) -> dict[str, Any]:
        """The settings as keywords: ``session.configure(mend.slot, **mend.changes)``."""
        return dict(self.settings)


@storable
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
    mend : Mend or None
        One change of settings that mends it, where there is one.
    """

    level: Level
    text: str
    hint: str = ""
    where: str = ""
    mend: Mend | None = None

    def __str__(self) -> str:
        return printable(f"{self.text} {self.hint}".strip())
