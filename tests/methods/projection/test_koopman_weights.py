"""Koopman reweighting: short trajectories that start in one state give the exact eigenvalue, and deeptime's weights."""
from __future__ import annotations

import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.base.numerics.moments import choose_shift, lagged_moments, merge
from mdexplore.methods.checks.score import vamp2_score
from mdexplore.methods.projection.koopman_weights import koopman_weights
from mdexplore.methods.projection.tica import TICA, tica


@pytest.fixture(scope="module")
def swarm():
    """4000 trajectories of 6 frames of a three-state chain, all of which start in one state; the exact matrix."""
    matrix = np.array([[0.9, 0.1, 0.0], [0.02, 0.93, 0.05], [0.0, 0.1, 0.9]])
    rng, states, frames = np.random.default_rng(2), np.zeros(4000, int), []
    for _ in range(6):
        frames.append(states)
        states = (rng.random(4000)[:, None] > np.cumsum(matrix, axis=1)[states]).sum(axis=1)
    return [np.eye(3)[:, 1:][path] for path in np.stack(frames, axis=1)], matrix


def test_reweighted_tica_has_the_exact_eigenvalues(swarm, features):
    arrays, matrix = swarm
    exact = np.sort(np.linalg.eigvals(matrix).real)[::-1][1:]
    as_sampled = tica(TICA(), features(*arrays), lagtime=1).singular_values
    reweighted = tica(TICA(sampling="reweighted"), features(*arrays), lagtime=1)
    np.testing.assert_allclose(reweighted.singular_values, exact, atol=0.02)
    assert np.abs(as_sampled - exact).max() > 2 * np.abs(reweighted.singular_values - exact).max()


def test_weights_are_those_of_deeptime(swarm, features):
    from deeptime.covariance import KoopmanWeightingEstimator

    arrays, _ = swarm
    theirs = KoopmanWeightingEstimator(lagtime=1).fit(arrays).fetch_model()
    shift = choose_shift(arrays)
    ours = koopman_weights(merge(lagged_moments(x, [1], shift)[1] for x in arrays), epsilon=1e-6, relative_noise=1e-9)
    a, b = ours.of(np.array([[0.0, 0], [1, 0], [0, 1]])), theirs.weights(np.array([[0.0, 0], [1, 0], [0, 1]]))
    np.testing.assert_allclose(a / a[0], b / b[0], rtol=1e-3)


def test_data_in_equilibrium_are_hardly_changed(ar1, features):
    x = features(ar1([0.95, 0.7], 50_000))
    a, b = tica(TICA(), x, lagtime=3), tica(TICA(sampling="reweighted"), x, lagtime=3)
    np.testing.assert_allclose(a.singular_values, b.singular_values, atol=5e-3)
    assert "% of them count" in " ".join(map(str, b.notices))


def test_a_drift_without_an_equilibrium_is_refused(features):
    rng = np.random.default_rng(0)
    drifting = [np.cumsum(1 + rng.standard_normal((50, 1)), axis=0) for _ in range(20)]
    with pytest.raises(UserError, match="reweighted"):
        tica(TICA(sampling="reweighted"), features(*drifting), lagtime=5)


def test_a_reweighted_projection_has_a_held_out_score(ar1, features):
    x = features(*[ar1([0.95, 0.7], 4000, s) for s in range(3)])
    settings = (TICA(dim=1), TICA(dim=1, sampling="reweighted"))
    a, b = (vamp2_score(x, s, lagtime=2, folds=3).mean for s in settings)
    assert a == pytest.approx(b, abs=0.01)
