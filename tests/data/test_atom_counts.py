from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import pytest

from mdexplore.data.atom_counts import count_atoms
from mdexplore.data.formats.signature import identify


@pytest.mark.parametrize("name", ["a.xtc", "a.trr", "a.dcd", "a.pdb", "a.gro"])
def test_atoms_of_a_file_are_counted_from_its_head(files, molecule, name):
    path = Path(files(name))
    assert count_atoms(path, identify(path)[0]) == molecule.n_atoms


@pytest.mark.parametrize("name", ["a.h5", "a.nc"])
def test_formats_without_a_plain_head_are_left_to_their_readers(files, name):
    path = Path(files(name))
    assert count_atoms(path, identify(path)[0]) is None


@pytest.mark.parametrize("form", ["xtc", "trr", "dcd", "pdb", "gro"])
def test_damage_counts_nothing(tmp_path, form):
    path = tmp_path / "a"
    path.write_bytes(b"\x00\x00\x07")
    assert count_atoms(path, form) is None
    path.write_bytes(b"")
    assert count_atoms(path, form) is None


@pytest.mark.parametrize("mark", ["<i", ">i", "<q", ">q"])
def test_a_dcd_file_of_any_marks_is_counted(tmp_path, mark):
    path = tmp_path / "run.dcd"
    records = (b"CORD" + bytes(80), struct.pack(mark[0] + "i", 1) + bytes(80), struct.pack(mark[0] + "i", 22))
    path.write_bytes(b"".join(struct.pack(mark, len(r)) + r + struct.pack(mark, len(r)) for r in records))
    assert count_atoms(path, "dcd") == 22


def test_an_atom_that_is_there_twice_is_left_to_the_reader(files):
    path = Path(files("a.pdb"))
    lines = path.read_text().splitlines(keepends=True)
    first = next(k for k, line in enumerate(lines) if line.startswith(("ATOM", "HETATM")))
    path.write_text("".join([*lines[:first], lines[first], *lines[first:]]))
    assert count_atoms(path, "pdb") is None


def test_counting_imports_nothing_heavy():
    code = "import sys, mdexplore.data.atom_counts; print([m for m in ('numpy', 'mdtraj') if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
