"""Small pieces of the bundled peptides, as data sets in memory."""
from __future__ import annotations

from pathlib import Path

import mdtraj as md
import pytest

import mdexplore.data
from mdexplore.data.loading import load

BUNDLED = Path(mdexplore.data.__file__).parent / "bundled"


def piece(name, short, number, n_frames=300):
    folder = BUNDLED / name
    return md.load(folder / f"{short}-{number:02d}.xtc", top=folder / f"{short}.pdb")[:n_frames]


@pytest.fixture(scope="session")
def ala2():
    return piece("alanine-dipeptide", "ala2", 10)


@pytest.fixture(scope="session")
def ala5():
    return piece("penta-alanine", "ala5", 3)


@pytest.fixture
def dipeptide(cache, ala2):
    return load([ala2, ala2[50:150]])


@pytest.fixture
def pentapeptide(cache, ala5):
    return load([ala5])
