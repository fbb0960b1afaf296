"""Metastable states: deeptime's memberships, honest numbers, no state more than the data resolve."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdexplore.base.errors import UserError
from mdexplore.base.numerics.spectrum import slow_modes
from mdexplore.data.chains import two_state
from mdexplore.methods.coarse.memberships import memberships
from mdexplore.methods.coarse.pcca import PCCA, pcca
from mdexplore.methods.kinetics.bayesian_msm import BayesianMSM, bayesian_msm
from mdexplore.methods.kinetics.model import deeptime_model
from mdexplore.methods.kinetics.msm import MSM, msm


@pytest.fixture(scope="module")
def kinetics(three_wells):
    return msm(MSM(), three_wells[0], lagtime=5, timestep_ns=0.1)


@pytest.mark.parametrize("n_states", [2, 3])
def test_memberships_are_deeptimes(kinetics, n_states):
    theirs = deeptime_model(kinetics).pcca(n_states)
    ours = memberships(slow_modes(kinetics.transition_matrix, kinetics.stationary, n_states - 1).right, kinetics.stationary)
    order = [int(np.abs(theirs.memberships - ours[:, [k]]).sum(axis=0).argmin()) for k in range(n_states)]
    assert sorted(order) == list(range(n_states))
    assert np.abs(theirs.memberships[:, order] - ours).max() < 1e-3


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 1000), st.integers(1, 5))
def test_memberships_are_probabilities(seed, n_states):
    rng = np.random.default_rng(seed)
    flow = rng.random((15, 15)) ** 8
    flow = flow + flow.T + 0.01
    stationary = flow.sum(axis=1) / flow.sum()
    found = memberships(slow_modes(flow / flow.sum(axis=1, keepdims=True), stationary, n_states - 1).right, stationary)
    assert np.all(found >= 0) and np.allclose(found.sum(axis=1), 1)


def test_three_wells_are_three_states_by_default_or_by_wish(kinetics, three_wells):
    found = pcca(PCCA(n_states=3), kinetics, three_wells[0])
    exact = sorted((three_wells[2][k:k + 10].sum() for k in (0, 10, 20)), reverse=True)
    assert np.all((found.lower - 0.02 < exact) & (exact < found.upper + 0.02))
    assert found.populations.sum() == pytest.approx(1) and np.all(np.diff(found.populations) <= 0)
    assert len({found.microstates[3], found.microstates[14], found.microstates[25]}) == 3


def test_passage_times_are_deeptimes(kinetics, three_wells):
    found, model = pcca(PCCA(n_states=3), kinetics, three_wells[0]), deeptime_model(kinetics)
    place = found.microstates[kinetics.active]
    for a in range(3):
        for b in range(3):
            if a != b:
                theirs = model.mfpt(np.flatnonzero(place == a), np.flatnonzero(place == b))
                assert found.mfpt[a, b] == pytest.approx(theirs, rel=1e-8)
                assert found.mfpt_lower[a, b] < found.mfpt[a, b] < found.mfpt_upper[a, b]
    assert np.all(np.diag(found.mfpt) == 0)
    assert found.mfpt_ns[0, 1] == pytest.approx(found.mfpt[0, 1] * 0.1)


def test_flow_between_states_is_balanced(kinetics, three_wells):
    flux = pcca(PCCA(n_states=3), kinetics, three_wells[0]).flux
    assert np.allclose(flux, flux.T, atol=1e-12) and np.all(np.diag(flux) == 0)


def test_every_frame_has_the_state_of_its_microstate(kinetics, three_wells):
    found = pcca(PCCA(), kinetics, three_wells[0])
    for states, dtraj in zip(found.assignments, three_wells[0].dtrajs):
        assert states.dtype == np.int16 and np.array_equal(states, found.microstates[dtraj])


def test_frames_outside_the_model_belong_to_no_state(clustered):
    chain = np.append(two_state((0.02, 0.02), 1000, seed=1), [2, -1])
    clustering = clustered(chain)
    found = pcca(PCCA(), msm(MSM(), clustering, lagtime=1), clustering)
    assert found.assignments[0][-2:].tolist() == [-1, -1] and found.memberships[2].tolist() == [0, 0]


def test_without_a_resolved_process_there_is_one_state_and_a_warning(clustered):
    clustering = clustered(np.random.default_rng(0).integers(0, 5, 2000))
    found = pcca(PCCA(), msm(MSM(), clustering, lagtime=20), clustering)
    assert found.n_states == 1 and found.populations.tolist() == [1.0] and found.mfpt.tolist() == [[0.0]]
    assert found.passages.tolist() == [[0]] and any(n.level == "warning" for n in found.notices)


def test_one_microstate_is_one_state(clustered):
    clustering = clustered(np.zeros(50, int))
    assert pcca(PCCA(), msm(MSM(), clustering, lagtime=1), clustering).n_states == 1


def test_the_default_never_has_more_states_than_resolved_processes_allow(kinetics, three_wells):
    found = pcca(PCCA(), kinetics, three_wells[0])
    assert found.n_states <= 1 + kinetics.n_resolved
    assert any("were chosen" in str(n) for n in found.notices)


def test_more_states_than_resolved_are_made_with_a_warning(clustered):
    clustering = clustered(two_state((0.4, 0.5), 5000, seed=1))
    found = pcca(PCCA(n_states=2), msm(MSM(), clustering, lagtime=1), clustering)
    assert found.n_states == 2 and any("asked for" in str(n) and n.level == "warning" for n in found.notices)


def test_more_states_than_microstates_are_refused(clustered):
    clustering = clustered(two_state((0.1, 0.1), 5000, seed=1))
    with pytest.raises(UserError, match="at most 2"):
        pcca(PCCA(n_states=3), msm(MSM(), clustering, lagtime=1), clustering)


def test_a_posterior_gives_the_intervals(three_wells):
    kinetics = bayesian_msm(BayesianMSM(n_samples=20), three_wells[0], lagtime=5)
    found = pcca(PCCA(n_states=3), kinetics, three_wells[0])
    assert np.all(found.lower < found.upper) and np.all(found.mfpt_lower <= found.mfpt_upper)


def test_alanine_dipeptide_has_its_three_states(alanine):
    found = pcca(PCCA(), msm(MSM(), alanine, lagtime=1, timestep_ns=0.02), alanine)
    assert found.n_states == 3
    assert found.populations[2] == pytest.approx(0.0204, abs=0.004)
    assert found.lower[2] < 0.026 < found.upper[2]
    assert found.mfpt_ns[2, :2] == pytest.approx(2.65, abs=0.3)
    assert found.mfpt_ns[:2, 2] == pytest.approx(124, abs=15)
    assert found.mfpt_ns[0, 1] == pytest.approx(0.092, abs=0.01) and found.mfpt_ns[1, 0] == pytest.approx(0.063, abs=0.01)


def test_alanine_dipeptides_slow_state_rests_on_its_real_passages(alanine):
    passages = pcca(PCCA(n_states=3), msm(MSM(), alanine, lagtime=1), alanine).passages
    entries, exits = passages[:, 2].sum(), passages[2].sum()
    assert 20 <= entries + exits <= 30 and exits - entries == 4   # four trajectories start inside
