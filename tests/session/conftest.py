"""Small model systems for studies and sessions."""
from __future__ import annotations

import sys
from pathlib import Path

import pytest

import mdexplore as mdx

sys.path.insert(0, str(Path(__file__).parent))   # for `running`, and for workers, which search where this process does


@pytest.fixture(scope="session")
def chain():
    """Three trajectories of a two-state chain."""
    return mdx.example("two-state", n_frames=3000, n_trajectories=3)


@pytest.fixture(scope="session")
def wells():
    """Four wells, three of them told apart by slow processes."""
    return mdx.example("prinz", n_frames=4000, n_trajectories=4)


@pytest.fixture(scope="session")
def alanine():
    return mdx.example("alanine-dipeptide")
