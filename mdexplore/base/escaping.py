"""The one helper that makes text of a user's safe inside markup. Standard library only."""
from __future__ import annotations

import html

from mdexplore.base.errors import printable


def escape(text: object) -> str:
    """Text of the user's (file, residue, atom and group names, what was typed) made safe for a page, in an element as in an attribute."""
    return html.escape(printable(text))
