"""The style sheet of the app as text: theme.css and the icons."""
from __future__ import annotations

from functools import cache
from pathlib import Path

from mdexplore.app import icons

PATH = Path(__file__).with_name("theme.css")


@cache
def stylesheet() -> str:
    """Everything the page needs to look right; the first child of every root carries it."""
    return f"{PATH.read_text(encoding='utf-8')}\n{icons.css()}"
