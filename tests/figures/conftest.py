"""A study with everything that figures draw."""
from __future__ import annotations

import pytest

import mdexplore as mdx


@pytest.fixture(scope="session")
def alanine():
    return mdx.Study(mdx.example("alanine-dipeptide"), lagtime="20 ps")


@pytest.fixture(scope="session")
def frames_only():
    """Without a time step, in one dimension, with two states."""
    return mdx.Study(mdx.example("two-state", n_frames=3000, n_trajectories=3), lagtime=2)
