"""Counts and lists in words, and the sign of numbers: the one place that knows singular from plural, and a minus from a hyphen."""
from __future__ import annotations

import re
from collections.abc import Sequence

MINUS = "\u2212"
# Not in 0-5, 1e-7, --top, ALA-5 or names of files, where it is no sign.
_SIGN = re.compile(r"(?<![\w.\-+)°/'\"])-(?=\.?\d)")


def count_of(n: int, one: str, many: str = "") -> str:
    """``"1 trajectory"``, ``"16 trajectories"``, ``"no frames"``.

    Parameters
    ----------
    n : int
    one, many : str
        The noun, with a verb where there is one (``"process is", "processes are"``); the plural is ``one`` with an s where not given.
    """
    return f"{n or 'no'} {one if n == 1 else many or one + 's'}"


def listed(words: Sequence[object]) -> str:
    """``"1"``, ``"1 and 2"``, ``"1, 2 and 3"``."""
    told = [str(word) for word in words]
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}" if told else ""


def in_percent(share: float) -> str:
    """``"2.1 %"``, ``"0.062 %"``, ``"99.9 %"``: two digits, near all of it three."""
    return f"{100 * share:{'.2g' if share < 0.995 else '.3g'}} %"


def minus(text: str) -> str:
    """A text with the true minus sign in front of its numbers: ``"−0.5 to 2"``. Fields take either (`mdexplore.base.typed`)."""
    return _SIGN.sub(MINUS, text)
