"""EDMD: known eigenfunctions and timescales with each basis, and deeptime's numbers."""
from __future__ import annotations

import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.methods.projection.edmd import EDMD, edmd
from mdexplore.methods.projection.lifting import evaluate, monomials, standardisation, waves
from mdexplore.methods.projection.model import deeptime_model, transform
from mdexplore.methods.projection.tica import TICA, tica

BASES = [EDMD(dim=3), EDMD(dim=3, basis="waves", degree=8), EDMD(dim=3, basis="powers", degree=10)]


@pytest.mark.parametrize("settings", BASES, ids=lambda s: s.basis)
def test_the_prinz_potential_has_its_exact_timescales(prinz, prinz_modes, settings):
    found = edmd(settings, prinz, lagtime=5)
    times = -5 / np.log(found.singular_values[:3])
    np.testing.assert_allclose(times, [83.4, 12.68, 6.51], rtol=0.25 if settings.basis == "powers" else 0.1)


def test_gaussians_follow_the_exact_eigenfunctions(prinz, prinz_modes):
    x, density, modes = prinz_modes
    ours = transform(edmd(EDMD(dim=3), prinz, lagtime=5), x[:, None]).astype(float)
    ours -= density @ ours
    overlap = np.abs((density[:, None] * ours * modes).sum(axis=0)) / np.sqrt(density @ ours**2)
    assert (overlap > 0.97).all()


def test_powers_of_the_first_degree_are_tica(mixed, features):
    a, b = edmd(EDMD(basis="powers", degree=1), features(*mixed), lagtime=3), tica(TICA(), features(*mixed), lagtime=3)
    np.testing.assert_allclose(a.singular_values, b.singular_values, rtol=1e-8)
    np.testing.assert_allclose(np.abs(a.values[1]), np.abs(b.values[1]), atol=1e-4)


def test_eigenvalues_equal_those_of_deeptime_on_pairs_in_both_directions(prinz):
    from deeptime.decomposition import EDMD as Deeptime

    x = np.concatenate([v[:-5] for v in prinz.values]).astype(float)
    y = np.concatenate([v[5:] for v in prinz.values]).astype(float)
    lift = monomials(standardisation(prinz, 1e-7), 6)
    theirs = Deeptime(lambda z: np.column_stack([np.ones(len(z)), evaluate(lift, z)])).fit((np.concatenate([x, y]), np.concatenate([y, x]))).fetch_model()
    ours = edmd(EDMD(dim=4, basis="powers", degree=6, epsilon=1e-12), prinz, lagtime=5)
    np.testing.assert_allclose(ours.singular_values[:4], np.real(theirs.eigenvalues[1:5]), rtol=1e-5)


def test_powers_are_all_products_up_to_the_degree(features):
    x = np.random.default_rng(1).standard_normal((50, 3))
    lift = monomials(standardisation(features(x), 0), 2)
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    wanted = np.column_stack([z, *[z[:, i] * z[:, j] for i in range(3) for j in range(i, 3)]])
    np.testing.assert_allclose(evaluate(lift, x), wanted, atol=1e-12)


def test_waves_have_the_period_that_is_asked_for(features):
    x = np.random.default_rng(1).uniform(-np.pi, np.pi, (50, 2))
    lift = waves(standardisation(features(x), 0), features(x), 2, 2 * np.pi)
    np.testing.assert_allclose(evaluate(lift, x), evaluate(lift, x + 2 * np.pi), atol=1e-9)
    assert evaluate(lift, x).shape == (50, 8)


def test_the_width_that_the_data_suggest_is_kept_beside_one_that_is_given(prinz):
    automatic, given = (edmd(EDMD(bandwidth=width), prinz, lagtime=5).parameters for width in (None, 0.3))
    assert automatic["automatic_bandwidth"] == given["automatic_bandwidth"] != 0.3


def test_the_same_seed_gives_the_same_bits(prinz):
    a, b = (edmd(EDMD(), prinz, lagtime=5, seed=3) for _ in range(2))
    np.testing.assert_array_equal(a.values[0], b.values[0])


def test_constant_features_are_left_out(prinz, features):
    wide = features(*[np.column_stack([v, np.ones(len(v))]) for v in prinz.values])
    np.testing.assert_allclose(edmd(EDMD(), wide, lagtime=5).singular_values[:3], edmd(EDMD(), prinz, lagtime=5).singular_values[:3], rtol=1e-9)
    with pytest.raises(UserError, match="constant"):
        edmd(EDMD(), features(np.ones((100, 2))), lagtime=5)


def test_that_there_is_no_deeptime_model_is_said_with_what_gives_one(prinz):
    with pytest.raises(UserError, match=r"'EDMD' has no deeptime model(.|\n)*deeptime's own estimator"):
        deeptime_model(edmd(EDMD(dim=2, n_functions=20), prinz, lagtime=5))
