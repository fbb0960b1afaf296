"""Coordinates of a multi-model PDB file, model by model; the file is never in memory as a whole."""
from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np


def models(path: Path) -> Iterator[np.ndarray]:
    """Positions of each model in nm, shape (n_atoms, 3), float32.

    Raises
    ------
    ValueError
        If a coordinate is no number.
    """
    fields: list[bytes] = []
    with _open(path) as file:
        for line in file:
            record = line[:6]
            if record in (b"ATOM  ", b"HETATM"):
                fields.append(line[30:54].ljust(24))
            elif fields and record in (b"ENDMDL", b"MODEL "):
                yield _positions(fields)
                fields = []
    if fields:
        yield _positions(fields)


def unit_cell(path: Path) -> tuple[np.ndarray, np.ndarray] | None:
    """Lengths in nm and angles in degrees of the CRYST1 record before the first atom; None where there is none or it is a placeholder."""
    with _open(path) as file:
        for line in file:
            if line.startswith(b"CRYST1"):
                numbers = [float(line[a:b]) for a, b in ((6, 15), (15, 24), (24, 33), (33, 40), (40, 47), (47, 54))]
                placeholder = numbers[:3] == [1, 1, 1] or not all(numbers)
                return None if placeholder else (np.array(numbers[:3], np.float32) / 10, np.array(numbers[3:], np.float32))
            if line.startswith((b"ATOM  ", b"HETATM")):
                return None
    return None


def _open(path: Path) -> IO[bytes]:
    return gzip.open(path) if path.suffix == ".gz" else open(path, "rb")   # type: ignore[return-value]


def _positions(fields: list[bytes]) -> np.ndarray:
    """Columns 31 to 54 of atom lines: three numbers of eight characters in Angstrom."""
    angstrom = np.frombuffer(b"".join(fields), "S8").astype(np.float64)
    return (angstrom.reshape(-1, 3) / 10).astype(np.float32)
