"""What somebody probably meant who has misspelt a name."""
from __future__ import annotations

import difflib
from collections.abc import Iterable


def meant(name: object, known: Iterable[str]) -> str:
    """``"Did you mean 'n_clusters'?"``: the name nearest to a misspelt one; empty where none is near.

    Parameters
    ----------
    name : object
        What was written; what is no text is near to nothing.
    known : iterable of str
    """
    if not isinstance(name, str):
        return ""
    by_plain = {_plain(one): one for one in known}
    near = difflib.get_close_matches(_plain(name), by_plain, 1, 0.6)
    return f"Did you mean {by_plain[near[0]]!r}?" if near else ""


def choose(name: object, known: Iterable[str], before: str) -> str:
    """The same, and all there are: ``"Did you mean 'tica'? Choose one of: tica, vamp."``, with `before` in front of the list."""
    every = list(known)
    return f"{meant(name, every)} {before}: {', '.join(every) or 'none'}.".lstrip()


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")
