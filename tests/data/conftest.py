"""A small molecule moving at random, in memory and in files of every format."""
from __future__ import annotations

import mdtraj as md
import numpy as np
import pytest

from mdexplore.data.examples import BUNDLED


@pytest.fixture(scope="session")
def molecule() -> md.Trajectory:
    """40 frames of alanine dipeptide, 20 ps apart from 20 ps on, in a skewed cell."""
    folder = BUNDLED / "alanine-dipeptide"
    trajectory = md.load(str(folder / "ala2-00.xtc"), top=str(folder / "ala2.pdb"))[:40]
    trajectory.unitcell_lengths = np.tile([3.0, 4.0, 5.0], (40, 1))
    trajectory.unitcell_angles = np.tile([90.0, 80.0, 70.0], (40, 1))
    return trajectory


@pytest.fixture
def files(molecule, tmp_path):
    """Writes the molecule as ``tmp_path / name`` and gives the path as text."""
    def write(name: str, trajectory: md.Trajectory = molecule) -> str:
        path = str(tmp_path / name)
        trajectory.save(path)
        return path
    return write


@pytest.fixture
def top(molecule, tmp_path) -> str:
    path = str(tmp_path / "top.pdb")
    molecule[0].save(path)
    return path
