"""Reactive flux: deeptime's numbers, states that keep their names, and refusals in words."""
import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.data.chains import two_state
from mdexplore.methods.coarse.pcca import PCCA, pcca
from mdexplore.methods.kinetics.flux import reactive_flux
from mdexplore.methods.kinetics.model import deeptime_model
from mdexplore.methods.kinetics.msm import MSM, msm


@pytest.fixture(scope="module")
def wells(three_wells):
    kinetics = msm(MSM(), three_wells[0], lagtime=5, timestep_ns=0.1)
    return kinetics, pcca(PCCA(n_states=3), kinetics, three_wells[0])


def members(coarse, state):
    return np.flatnonzero(coarse.microstates == state)


def test_committor_flux_and_rate_are_deeptimes(wells):
    kinetics, coarse = wells
    found = reactive_flux(kinetics, coarse, [0, 1, 2], [28, 29])
    theirs = deeptime_model(kinetics).reactive_flux([0, 1, 2], [28, 29])
    assert np.allclose(found.committor[kinetics.active], theirs.forward_committor, atol=1e-10)
    assert np.allclose(found.net_flux[np.ix_(kinetics.active, kinetics.active)], np.asarray(theirs.net_flux) / 5, atol=1e-14)
    assert found.rate == pytest.approx(theirs.rate / 5, rel=1e-10)
    assert found.lower_per_frame < found.rate < found.upper_per_frame
    assert found.rate_per_ns == pytest.approx(found.rate / 0.1) and found.lower == pytest.approx(found.lower_per_frame / 0.1)


def test_states_keep_their_numbers_in_paths_and_fluxes(wells):
    # Along the line the wells are a, b, c; every path from one end to the other goes through the middle one.
    kinetics, coarse = wells
    ends = coarse.microstates[2], coarse.microstates[28]
    middle = ({0, 1, 2} - set(ends)).pop()
    found = reactive_flux(kinetics, coarse, members(coarse, ends[0]), members(coarse, ends[1]))
    assert found.pathways[0] == (ends[0], middle, ends[1])
    assert found.coarse_net_flux[ends[0], middle] > 0 and found.coarse_net_flux[middle, ends[1]] > 0
    assert found.coarse_net_flux[middle, ends[0]] == 0
    back = reactive_flux(kinetics, coarse, members(coarse, ends[1]), members(coarse, ends[0]))
    assert back.pathways[0] == (ends[1], middle, ends[0])


def test_shares_add_up_to_the_whole_flux(wells):
    kinetics, coarse = wells
    found = reactive_flux(kinetics, coarse, [2], [28])
    assert sum(found.shares) == pytest.approx(1.0, abs=0.02)
    assert list(found.shares) == sorted(found.shares, reverse=True)


def test_two_states_leave_with_their_exact_rate(clustered):
    clustering = clustered(two_state((0.01, 0.02), 100_000, seed=1))
    kinetics = msm(MSM(), clustering, lagtime=1)
    found = reactive_flux(kinetics, pcca(PCCA(n_states=2), kinetics, clustering), [0], [1])
    assert found.rate == pytest.approx(kinetics.transition_matrix[0, 1], rel=1e-10)
    assert found.lower_per_frame < 0.01 < found.upper_per_frame
    assert found.lower == found.lower_per_frame   # the time step is unknown


def test_outside_the_model_the_committor_is_nan(clustered):
    clustering = clustered(np.append(two_state((0.1, 0.1), 1000, seed=1), [2, 2]))
    kinetics = msm(MSM(), clustering, lagtime=1)
    found = reactive_flux(kinetics, pcca(PCCA(), kinetics, clustering), [0, 2], [1])
    assert np.isnan(found.committor[2]) and found.source == (0,)


@pytest.mark.parametrize("source, target, words", [([0, 1], [1, 2], "overlap"), ([], [1], "source of the flux is empty"), ([0], [99], "does not exist")])
def test_groups_that_make_no_sense_are_refused(wells, source, target, words):
    with pytest.raises(UserError, match=words):
        reactive_flux(*wells, source, target)


def test_a_source_outside_the_model_is_refused(clustered):
    clustering = clustered(np.append(two_state((0.1, 0.1), 1000, seed=1), [2, 2]))
    kinetics = msm(MSM(), clustering, lagtime=1)
    with pytest.raises(UserError, match="outside the model"):
        reactive_flux(kinetics, pcca(PCCA(), kinetics, clustering), [2], [1])
