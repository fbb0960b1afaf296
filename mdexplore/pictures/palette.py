"""One palette of states, used for states everywhere: panels, images, structures, figures and the report.

The first three keep apart for every common colour blindness and stand out on light and dark surfaces alike; more than four states cannot be told by hue
alone, so a number always stands beside the colour.
"""
from __future__ import annotations

import numpy as np

STATES = ("#2a7fc4", "#d4731c", "#0b9273", "#8a63c9", "#b59a12", "#7d8794", "#c4526b", "#4aa3b5")
OUTSIDE = "#9aa3ae"
ACCENT = "#b5257a"


def state_hex(place: int) -> str:
    """Colour of a place in the palette; frames outside the model (-1) are grey."""
    return OUTSIDE if place < 0 else STATES[place % len(STATES)]


def state_css(place: int) -> str:
    """The same as a CSS variable of the theme."""
    return "var(--mdx-outside)" if place < 0 else f"var(--mdx-s{place % len(STATES)})"


def soft_css(place: int) -> str:
    """A muted tone of the same, for what is there but not selected; the theme mixes it with its surface."""
    return "var(--mdx-outside-soft)" if place < 0 else f"var(--mdx-t{place % len(STATES)})"


def rgb(color: str) -> np.ndarray:
    """Red, green, blue of ``"#rrggbb"``, 0 to 255; shape (3,), float."""
    return np.array([int(color[i:i + 2], 16) for i in (1, 3, 5)], float)


def state_rgb(places: tuple[int, ...]) -> np.ndarray:
    """Colours of several places; shape (n, 3), float, 0 to 255."""
    return np.array([rgb(state_hex(p)) for p in places], float).reshape(-1, 3)
