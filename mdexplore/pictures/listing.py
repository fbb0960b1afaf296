"""A numbered list of frames with what is said of each, as panels that are opened from the rail show them."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """One row.

    Parameters
    ----------
    number : int
        Counted from 1.
    color : int
        Place of its state in the palette; -1 outside the model.
    title : str
        Which frame.
    aside : str
        Which state, in words.
    text : str
        What is said of it.
    share : float
        Length of a bar, 0 to 1; NaN draws none.
    is_doubtful : bool
        A word of warning stands in `text`.
    """

    number: int
    color: int
    title: str
    aside: str
    text: str
    share: float = float("nan")
    is_doubtful: bool = False


@dataclass(frozen=True)
class Listed:
    """All rows, and what stands above them.

    Parameters
    ----------
    items : tuple of Item
    frames : tuple of (int, int)
        (trajectory, frame) of the real frame of each row.
    said : str
        What they are, and what they come to together.
    """

    items: tuple[Item, ...]
    frames: tuple[tuple[int, int], ...]
    said: str


def state_word(state: int) -> str:
    """``"state 2"`` of a state counted from 0; -1 lies outside the model."""
    return "outside the model" if state < 0 else f"state {state + 1}"
