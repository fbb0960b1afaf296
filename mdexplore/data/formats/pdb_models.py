"""A multi-model PDB file, walked line by line: coordinates model by model, and what is odd; the file is never in memory as a whole."""
from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np

from mdexplore.data.formats.common import Damage

_ATOMS = (b"ATOM  ", b"HETATM")
# Records of version 3.3 of the format, and those that programs of the field add.
_RECORDS = frozenset(b"""HEADER OBSLTE TITLE SPLIT CAVEAT COMPND SOURCE KEYWDS EXPDTA NUMMDL MDLTYP AUTHOR REVDAT SPRSDE JRNL REMARK DBREF DBREF1 DBREF2 SEQADV SEQRES
MODRES HET HETNAM HETSYN FORMUL HELIX SHEET TURN SSBOND LINK LINKR CISPEP SITE CRYST1 ORIGX1 ORIGX2 ORIGX3 SCALE1 SCALE2 SCALE3 MTRIX1 MTRIX2 MTRIX3 MODEL ATOM ANISOU
SIGATM SIGUIJ TER HETATM ENDMDL CONECT MASTER END USER SLTBRG HYDBND TVECT FTNOTE""".split())


class PDBWalk:
    """One walk through the models of a file.

    Parameters
    ----------
    path : Path
        May be compressed by gzip.
    n_atoms : int, optional
        Atoms that each model should have; those of the first model where it is not given.

    Attributes
    ----------
    damage : Damage or None
        Where a model is not like the first; known at the end of `models`.
    n_odd_lines, first_odd_line : int
        Lines that are no PDB records; lines count from 1.
    has_end : bool
        Whether the last record is END or MASTER, or there was but one model.
    """

    def __init__(self, path: Path, n_atoms: int | None = None) -> None:
        self._path, self._n_atoms = path, n_atoms
        self.damage: Damage | None = None
        self.n_odd_lines = self.first_odd_line = 0
        self.has_end = False
        self._n_models, self._at, self._last_record = 0, 0, b""
        self._is_simple = True
        self._serials: list[int] = []
        self._has_endings = False

    def models(self) -> Iterator[np.ndarray]:
        """Positions of each model in nm, shape (n_atoms, 3), float32; ends before the first model that is damaged.

        Raises
        ------
        ValueError
            If a coordinate of the first model is no number.
        """
        fields: list[bytes] = []
        begin = place = 0
        with open_text(self._path) as file:
            for number, line in enumerate(file, start=1):
                place += len(line)
                if line[:6] in _ATOMS:
                    fields.append(line[30:54].ljust(24))
                    continue
                record = line[:6].strip()
                self._see(record, line, number)
                if fields and record in (b"ENDMDL", b"MODEL"):
                    xyz = self._model(fields, begin)
                    if xyz is None:
                        return
                    yield xyz
                    fields, begin = [], place
        if fields:
            xyz = self._model(fields, begin)
            if xyz is not None:
                yield xyz
            if self.damage is None and self._n_models > 1 and self._has_endings:
                self.damage = Damage(self._n_models, place, "the last model has no ENDMDL record")
        self.has_end = self._n_models < 2 or self._last_record in (b"END", b"MASTER", b"CONECT")

    def _see(self, record: bytes, line: bytes, number: int) -> None:
        if not record and not line.strip():
            return
        self._last_record = record
        self._has_endings |= record == b"ENDMDL"
        is_odd = record not in _RECORDS or not _is_text(line)
        if record == b"MODEL":
            try:
                self._serials.append(int(line[6:20]))
            except ValueError:
                is_odd = True
        if is_odd:
            self.n_odd_lines += 1
            self.first_odd_line = self.first_odd_line or number

    @property
    def skipped_models(self) -> int:
        """How many numbers of MODEL records are missing between the first and the last."""
        steps = np.diff(self._serials)
        return int((steps[steps > 1] - 1).sum()) if len(steps) and (steps != 0).any() and np.median(steps) == 1 else 0

    def _model(self, fields: list[bytes], begin: int) -> np.ndarray | None:
        wanted = self._n_atoms or len(fields)
        if self._n_models and len(fields) != wanted:
            self.damage = Damage(self._n_models, begin, f"the model has {len(fields)} atoms, not {wanted}", 1)
            return None
        try:
            angstrom = np.frombuffer(b"".join(fields), "S8").astype(np.float64)
        except ValueError:
            if not self._n_models:
                raise
            self.damage = Damage(self._n_models, begin, "a coordinate is no number", 1)
            return None
        self._n_models, self._n_atoms = self._n_models + 1, len(fields)
        return (angstrom.reshape(-1, 3) / 10).astype(np.float32)


def _is_text(line: bytes) -> bool:
    if line.isascii():
        return True
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def first_model(path: Path) -> bytes:
    """The file without its other models, in ASCII: all that its topology needs."""
    kept, n_atoms, is_first = [], 0, True
    with open_text(path) as file:
        for line in file:
            is_atom = line[:6] in (*_ATOMS, b"ANISOU", b"TER   ") or line.strip() == b"TER"
            if is_first and n_atoms and line[:6].strip() in (b"ENDMDL", b"MODEL"):
                is_first = False
                kept.append(b"ENDMDL\n")
            elif is_first or not (is_atom or line[:6].strip() in (b"ENDMDL", b"MODEL", b"CRYST1", b"REMARK", b"TITLE")):
                kept.append(line)
            n_atoms += is_atom
    return b"".join(kept).decode("ascii", "replace").replace("\ufffd", "?").encode()


def unit_cell(path: Path) -> tuple[np.ndarray, np.ndarray] | None:
    """Lengths in nm and angles in degrees of the CRYST1 record before the first atom; None where there is none or it is a placeholder."""
    with open_text(path) as file:
        for line in file:
            if line.startswith(b"CRYST1"):
                numbers = [float(line[a:b]) for a, b in ((6, 15), (15, 24), (24, 33), (33, 40), (40, 47), (47, 54))]
                placeholder = numbers[:3] == [1, 1, 1] or not all(numbers)
                return None if placeholder else (np.array(numbers[:3], np.float32) / 10, np.array(numbers[3:], np.float32))
            if line.startswith(_ATOMS):
                return None
    return None


def open_text(path: Path) -> IO[bytes]:
    """A text file that may be compressed by gzip."""
    return gzip.open(path) if path.suffix == ".gz" else open(path, "rb")   # type: ignore[return-value]
