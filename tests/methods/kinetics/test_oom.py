"""Reweighted Markov models: the exact answer from short trajectories out of equilibrium, deeptime's numbers, and what cannot be done."""
import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.base.units import TimeUnit
from mdexplore.data.chains import two_state
from mdexplore.methods.checks.timescales import timescales
from mdexplore.methods.kinetics.koopman import KoopmanMSM, koopman_msm
from mdexplore.methods.kinetics.lagmodels import lag_models
from mdexplore.methods.kinetics.msm import MSM, msm
from mdexplore.methods.kinetics.oom import OOMMSM, _completed, _told, oom_msm
from mdexplore.methods.results import Clustering

BOTH = [(koopman_msm, KoopmanMSM), (oom_msm, OOMMSM)]


@pytest.fixture(scope="module")
def swarm(clustered):
    """3000 trajectories of 12 frames that all start in the first of three states; the exact matrix, and each state split into two microstates at random."""
    matrix = np.array([[0.9, 0.1, 0.0], [0.02, 0.93, 0.05], [0.0, 0.1, 0.9]])
    rng, states, frames = np.random.default_rng(2), np.zeros(3000, int), []
    for _ in range(12):
        frames.append(2 * states + rng.integers(0, 2, 3000))
        states = (rng.random(3000)[:, None] > np.cumsum(matrix, axis=1)[states]).sum(axis=1)
    return clustered(*np.stack(frames, axis=1), n_clusters=6), matrix


@pytest.mark.parametrize(("run", "settings"), BOTH, ids=["koopman", "oom"])
def test_a_swarm_that_starts_in_one_state_has_the_exact_populations_and_timescales(swarm, run, settings):
    clustering, matrix = swarm
    exact = np.linalg.matrix_power(matrix, 1000)[0]
    times = -1 / np.log(np.sort(np.linalg.eigvals(matrix).real)[::-1][1:])
    found = run(settings(), clustering, lagtime=2)
    np.testing.assert_allclose(found.stationary.reshape(3, 2).sum(axis=1), exact, atol=0.04)
    np.testing.assert_allclose(found.timescales[:2], times, rtol=0.1)


@pytest.mark.parametrize(("run", "settings"), BOTH, ids=["koopman", "oom"])
def test_the_model_is_in_detailed_balance(swarm, run, settings):
    found = run(settings(), swarm[0], lagtime=1)
    flow = found.stationary[:, None] * found.transition_matrix
    assert np.abs(flow - flow.T).max() < 1e-12
    np.testing.assert_allclose(found.transition_matrix.sum(axis=1), 1, atol=1e-9)


def test_the_operator_model_agrees_with_deeptimes(swarm):
    from deeptime.markov.msm import OOMReweightedMSM

    ours = oom_msm(OOMMSM(), swarm[0], lagtime=2)
    np.random.seed(0)
    theirs = OOMReweightedMSM(2, nbs=100).fit([np.asarray(d) for d in swarm[0].dtrajs]).fetch_model()
    np.testing.assert_allclose(ours.timescales[:2], theirs.timescales(2), rtol=0.03)
    np.testing.assert_allclose(ours.stationary, theirs.stationary_distribution, atol=0.01)


def test_data_in_equilibrium_give_nearly_the_plain_model(three_wells):
    plain = msm(MSM(), three_wells[0], lagtime=20)
    for run, settings in BOTH:
        np.testing.assert_allclose(run(settings(), three_wells[0], lagtime=20).timescales[:2], plain.timescales[:2], rtol=0.1)


def test_many_microstates_do_not_bring_noise_in(alanine):
    found = oom_msm(OOMMSM(), alanine, lagtime=5, timestep_ns=0.02)
    assert found.timescales[0] * 0.02 == pytest.approx(2.56, rel=0.02)
    assert "operator model" in found.notices[-1].text


def test_flows_have_the_slow_part_of_the_operator_model_wherever_the_centres_lie(alanine):
    """Flows that are only cut off below zero lose some of it: another one for other centres, up to a tenth of the slowest timescale."""
    joined = np.random.default_rng(3).permutation(100)[:90]   # the other ten are taken into their neighbours
    distance = ((alanine.centers[:, None] - alanine.centers[joined]) ** 2).sum(axis=-1)
    fewer = Clustering(alanine.centers[joined], tuple(distance.argmin(axis=1)[d].astype(np.int32) for d in alanine.dtrajs))
    for lagtime in (3, 5, 8):
        found = [oom_msm(OOMMSM(), c, lagtime=lagtime, timestep_ns=0.02).timescales[0] for c in (alanine, fewer)]
        assert found[0] == pytest.approx(found[1], rel=0.01)


def test_flows_that_cannot_be_had_are_told():
    counts, functions = np.diag([5.0, 5.0]), np.array([[1.0], [-1.0]])
    flow, missed = _completed(np.full((2, 2), 0.25), counts, functions, 1e-6)
    assert missed > 0.1 and (flow[~np.eye(2, dtype=bool)] == 0).all()
    flow, missed = _completed(np.array([[0.45, 0.05], [0.05, 0.45]]), counts + 1, functions, 1e-6)
    assert missed <= 1e-6
    np.testing.assert_allclose(flow, [[0.45, 0.05], [0.05, 0.45]], atol=1e-5)
    assert [n.level for n in _told(2, np.array([1, 0.9]), 1, TimeUnit(1.0), True)] == ["warning", "info"]


@pytest.mark.parametrize("name", ["koopman", "oom"])
def test_timescales_over_lag_times_are_of_the_same_kind(swarm, name):
    run, settings = dict(zip(("koopman", "oom"), BOTH))[name]
    scan = timescales(swarm[0], [1, 2], estimator=name)
    assert scan.values[1, 0] == pytest.approx(run(settings(), swarm[0], lagtime=2).timescales[0])
    assert scan.values[1, 0] != pytest.approx(timescales(swarm[0], [2]).values[0, 0], rel=1e-4)


def test_models_of_different_kinds_are_kept_apart(swarm):
    assert lag_models(swarm[0], "oom") is lag_models(swarm[0], "oom")
    assert lag_models(swarm[0], "oom") is not lag_models(swarm[0])


def test_the_operator_model_needs_two_steps_in_a_row(swarm):
    with pytest.raises(UserError, match="below 6 frames"):
        oom_msm(OOMMSM(), swarm[0], lagtime=6)


def test_data_without_a_process_above_the_noise_are_refused(clustered):
    with pytest.raises(UserError, match="stands out"):
        oom_msm(OOMMSM(), clustered(np.random.default_rng(0).integers(0, 2, 60)), lagtime=1)


def test_frames_outside_are_allowed(clustered):
    chain = two_state((0.05, 0.05), 20_000, seed=3)
    chain[::50] = -1
    for run, settings in BOTH:
        assert run(settings(), clustered(chain), lagtime=1).timescales[0] == pytest.approx(-1 / np.log(0.9), rel=0.1)
