"""Where long passes are cut: the same for everybody, so that numbers do not depend on who computes them."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST_PIECES = 4096   # of one pass, short trajectories aside: a scheduler hands out some hundred a second, and their sums meet in one process


@dataclass(frozen=True)
class Part:
    """Rows of one of several arrays, from start to before stop."""

    array: int
    start: int
    stop: int


def cut(lengths: Sequence[int], most_rows: int) -> list[tuple[Part, ...]]:
    """Pieces of at most so many rows: parts of long arrays, or several short ones together; larger ones where there would be too many."""
    most_rows = max(most_rows, -(-sum(lengths) // MOST_PIECES))
    pieces: list[tuple[Part, ...]] = []
    open_piece: list[Part] = []
    room = most_rows
    for i, n in enumerate(lengths):
        n_parts = -(-n // most_rows)
        for k in range(n_parts):
            part = Part(i, k * n // n_parts, (k + 1) * n // n_parts)   # of one length: no stub at the end
            if part.stop - part.start > room:
                pieces.append(tuple(open_piece))
                open_piece, room = [], most_rows
            open_piece.append(part)
            room -= part.stop - part.start
    return [*pieces, tuple(open_piece)] if open_piece else pieces
