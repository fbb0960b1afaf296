"""State-free reversible VAMPnets: eigenfunctions against exact ones."""
import importlib.util

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.methods.projection.model import transform
from mdexplore.methods.projection.srv import SRV, srv
from mdexplore.methods.results import Features

pytestmark = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="networks need the deep extra")


@pytest.fixture(scope="module")
def found():
    arrays = tuple(mdx.example("prinz", n_frames=3000).given)
    return srv(SRV(dim=3, width=32, epochs=18), Features(arrays, ("x",), ((),), ("given",)), lagtime=5)


def test_eigenfunctions_of_the_prinz_potential_are_the_exact_ones(found, prinz_modes):
    x, density, modes = prinz_modes
    ours = transform(found, x[:, None].astype(np.float32)).astype(float)
    ours -= density @ ours
    overlap = np.abs((density[:, None] * modes).T @ ours) / np.sqrt(density @ ours**2)
    assert np.diag(overlap) == pytest.approx(1, abs=0.03)


def test_timescales_of_the_prinz_potential_are_found(found):
    np.testing.assert_allclose(found.parameters["timescales"], [83.4, 12.68, 6.51], rtol=0.15)
