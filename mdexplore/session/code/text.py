"""Values as Python source that a person likes to read and that gives back every bit."""
from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

WIDTH = 110


def literal(value: Any) -> str:
    """A value on one line."""
    return repr(value.item() if isinstance(value, np.generic) else value)


def lines(name: str, values: Iterable[Any], before: str = "[", after: str = "]") -> str:
    """``name = [ ... ]`` with as many values on a line as there is room for."""
    inside = ", ".join(literal(v) for v in values)
    short = f"{name} = {before}{inside}{after}"
    if len(short) <= WIDTH:
        return short
    wrapped = textwrap.fill(inside, WIDTH, initial_indent="    ", subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
    return f"{name} = {before}\n{wrapped},\n{after}"


def matrix(name: str, array: np.ndarray) -> str:
    """``name = np.array([...])`` with a row on each line; every number is written with all its digits."""
    rows = ",\n".join(textwrap.fill(f"[{', '.join(repr(float(v)) for v in row)}]", WIDTH, initial_indent="    ", subsequent_indent="     ") for row in array)
    return f"{name} = np.array([\n{rows},\n])"


def paths(name: str, files: Sequence[str]) -> str:
    """``name = [...]``, a path on each line.

    Parameters
    ----------
    name : str
    files : sequence of str
        Each as Python source, such as ``"FOLDER / 'run.xtc'"``.
    """
    inside = "\n".join(f"    {file}," for file in files)
    return f"{name} = [\n{inside}\n]"


def comment(text: str) -> str:
    """A comment, wrapped."""
    return textwrap.fill(text, WIDTH, initial_indent="# ", subsequent_indent="# ", break_long_words=False)
