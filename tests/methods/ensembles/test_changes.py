"""Timescales under a whole range of potentials, from one set of paths, are those of their generators."""
from __future__ import annotations

import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.base.work.threads import single_threaded
from mdexplore.data.diffusion import equilibrium, walk
from mdexplore.data.generator import exact_modes
from mdexplore.data.potentials import Potential
from mdexplore.methods.ensembles import changes
from mdexplore.methods.ensembles.changes import change_of, changed_timescales
from mdexplore.methods.ensembles.girsanov import reweighted_counts

DOUBLE = Potential(lambda x: 2 * (x[:, 0] ** 2 - 1) ** 2, ((-2.2, 2.2),), 1.0, 0.05, n_steps=10)


@pytest.fixture(scope="module", params=["scale", "tilt"])
def found(request):
    return changed_timescales(DOUBLE, request.param, 4)


def test_intervals_hold_the_exact_timescales_where_paths_count(found):
    counts = found.shares > 0.3
    inside = (found.lower < found.exact) & (found.exact < found.upper)
    assert counts.sum() >= 11 and inside[counts].mean() > 0.85
    np.testing.assert_allclose(found.values[counts], found.exact[counts], rtol=0.2)


def test_intervals_of_many_simulations_hold_the_exact_timescale_but_one_simulation_errs_as_a_whole():
    modes, strengths = DOUBLE.modes(), (0.0, 1.0, -2.0)
    lean = change_of(DOUBLE, "tilt", modes)
    exact = [exact_modes(lambda x, s=s: DOUBLE.energy(x) + s * lean(x), DOUBLE.bounds, diffusion=DOUBLE.frame, n_modes=1).timescales[0] for s in strengths]
    found = np.empty((24, 3, 3))
    with single_threaded():
        for seed in range(24):
            walks = walk(DOUBLE, equilibrium(modes, 250, seed), 30, seed=100 + seed, bias=lean)
            dtrajs = changes._binned(walks.frames)
            found[seed] = [changes._reweighted(walks, dtrajs, s, 4)[0] for s in strengths]
    holds = (found[..., 1] < exact) & (exact < found[..., 2])
    assert (holds.mean(axis=0) > 0.85).all()
    assert np.corrcoef(np.log(found[:, 0, 0]), np.log(found[:, 1, 0]))[0, 1] > 0.8


def test_the_potential_is_changed_enough_to_matter(found):
    assert found.exact.max() / found.exact.min() > 1.3
    np.testing.assert_allclose(found.exact[10], DOUBLE.modes().timescales[0], rtol=0.01)


def test_all_paths_count_without_a_change_and_ever_fewer_with_it(found):
    assert found.shares[10] == pytest.approx(1)
    assert (np.diff(found.shares[:11]) > 0).all() and (np.diff(found.shares[10:]) < 0).all()


def test_profiles_are_the_changed_potentials():
    found = changed_timescales(DOUBLE, "scale", 2)
    inside = np.abs(found.axis) < 1.3
    for k in (0, 10, 20):
        known = (1 + found.strengths[k]) * DOUBLE.energy(found.axis[inside][:, None])
        np.testing.assert_allclose(found.energies[k][inside], known, atol=0.01)


def test_there_is_no_value_where_hardly_a_path_counts():
    steep = Potential(lambda x: 8 * (x[:, 0] ** 2 - 1) ** 2, ((-2.0, 2.0),), 1.0, 0.05, n_steps=20)
    found = changed_timescales(steep, "scale", 20)
    assert found.shares[0] < changes.LEAST_SHARE and np.isnan(found.values[0])
    assert np.isfinite(found.values[10]) and np.isfinite(found.exact).all()


def test_a_tilt_is_told_from_end_to_end():
    modes = DOUBLE.modes()
    lean = change_of(DOUBLE, "tilt", modes)
    low, high = np.interp([0.01, 0.99], modes.density.cumsum(), modes.axes[0])
    assert lean(np.array([[high]]))[0] - lean(np.array([[low]]))[0] == pytest.approx(1)


def test_one_walk_serves_all_strengths():
    def bias(x):
        return np.exp(-4 * x[:, 0] ** 2)
    starts = equilibrium(DOUBLE.modes(), 30, seed=1)
    once = walk(DOUBLE, starts, 20, seed=2, bias=bias)
    anew = walk(DOUBLE, starts, 20, seed=2, bias=lambda x: -0.7 * bias(x))
    for ours, theirs in zip(once.under(-0.7), (anew.bias, anew.log_weights)):
        np.testing.assert_allclose(ours, theirs, atol=1e-8)
    with pytest.raises(UserError, match="no weights"):
        walk(DOUBLE, starts, 3).under(1.0)


def test_counts_of_groups_add_up_to_those_of_all_paths():
    starts = equilibrium(DOUBLE.modes(), 40, seed=1)
    walks = walk(DOUBLE, starts, 12, seed=2, bias=lambda x: x[:, 0])
    dtrajs = np.digitize(walks.frames[..., 0], [-0.5, 0.0, 0.5])
    parts, squares = changes._counts(walks, dtrajs, 0.4, 3)
    theirs, share = reweighted_counts(list(dtrajs), *map(list, walks.under(0.4)), 3, 4)
    np.testing.assert_allclose(parts.sum(axis=0) / parts.sum(), theirs / theirs.sum(), atol=1e-12)
    assert parts.sum() ** 2 / (theirs.sum() * squares.sum()) == pytest.approx(share)


@pytest.mark.parametrize(("kind", "lagtime", "text"), [("bend", 2, "not changed by"), ("scale", 0, "lag time"), ("scale", 101, "from 1 to 100")])
def test_what_cannot_be_asked_is_refused(kind, lagtime, text):
    with pytest.raises(UserError, match=text):
        changed_timescales(DOUBLE, kind, lagtime)
