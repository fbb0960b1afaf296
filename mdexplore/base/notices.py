"""What the program wants a user to know: a value that panels, reports and scripts show alike."""
from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal

from mdexplore.base.errors import printable
from mdexplore.base.plain import storable
from mdexplore.base.words import count_of

Level = Literal["info", "warning", "error"]
WORDS: dict[Level, str] = {"error": "error", "warning": "warning", "info": "note"}   # the worst first
FEW, WIDTH = 4, 100   # notices, and characters of each, in what is printed


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


class NoticeList(list[Notice]):
    """Notices as a list; printed it is short: how many of each level, and the first few, the worst first."""

    def lines(self) -> list[str]:
        """A line a notice with its level, the worst first."""
        return [f"{n.level}: {n}" for n in sorted(self, key=lambda n: [*WORDS].index(n.level))]

    def __repr__(self) -> str:
        if not self:
            return "nothing to report"
        counts = Counter(n.level for n in self)
        head = ", ".join(count_of(counts[level], word) for level, word in WORDS.items() if counts[level])
        shown, more = self.lines()[:FEW], len(self) - FEW
        return "\n".join([head, *(f"  {_cut(line)}" for line in shown), *([f"  … {more} more: all by .lines()"] if more > 0 else [])])


def _cut(line: str) -> str:
    return line if len(line) <= WIDTH else f"{line[:WIDTH - 2].rsplit(' ', 1)[0]} …"
