"""Numbers as people write them into forms and tables."""
from __future__ import annotations

import re

from mdexplore.base import limits
from mdexplore.base.errors import UserError

_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")   # 0,125 groups nothing


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
        return float(written.replace(",", "."))
    except ValueError:
        raise UserError(f"{what}: {written!r} is not a number.", do="Write a number.") from None
