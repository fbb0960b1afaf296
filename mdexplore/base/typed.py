"""Numbers as people write them into forms and tables."""
from __future__ import annotations

import re

from mdexplore.base import limits
from mdexplore.base.errors import UserError
from mdexplore.base.words import MINUS

LONGEST_COUNT = 20   # digits; Python refuses to read thousands of them
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")   # 0,125 groups nothing


def count_in(text: str, what: str, cap: str) -> int:
    """How many of something a person wrote.

    Parameters
    ----------
    text : str
    what : str
        What is counted, in the plural, for messages.
    cap : str
        The limit for it, of `mdexplore.base.limits`.

    Raises
    ------
    UserError
        For what is no whole number of at least 1, and for more than the limit.
    """
    limits.check("text", len(text), "A number")
    written = text.strip()
    if not written.isdecimal() or len(written) > LONGEST_COUNT or not int(written):
        raise UserError(f"How many: {written[:LONGEST_COUNT]!r} is no number of {what}.", do="Write a whole number of at least 1.")
    limits.check(cap, int(written))
    return int(written)


def number_in(text: str, what: str) -> float:
    """A number that a person wrote, with a point or a comma before its decimals.

    Parameters
    ----------
    text : str
    what : str
        What it was to be, for messages.

    Raises
    ------
    UserError
        For what is no number, and for a comma that may as well group thousands.
    """
    limits.check("text", len(text), what)
    written = text.strip()
    if _GROUPED.fullmatch(written):
        raise UserError(f"{what}: {written!r} can be read in two ways.", "A comma with three digits behind it groups thousands for some and begins the decimals for others.",
                        f"Write {written.replace(',', '')} or {written.replace(',', '.')}.")
    try:
        if "_" in written:   # Python reads 1_000
            raise ValueError
        return float(written.replace(",", ".").replace(MINUS, "-"))
    except ValueError:
        raise UserError(f"{what}: {written!r} is not a number.", do="Write a number.") from None
