"""The Markov state model: known answers, deeptime's numbers, and what is said when data fall apart."""
import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.data.chains import two_state, two_state_timescale
from mdexplore.methods.kinetics.lagmodels import LagModels, lag_models
from mdexplore.methods.kinetics.model import deeptime_model
from mdexplore.methods.kinetics.msm import MSM, msm


def test_two_states_recover_their_exact_timescale(clustered):
    found = msm(MSM(), clustered(two_state((0.01, 0.02), 200_000, seed=1)), lagtime=10)
    assert found.timescales[0] == pytest.approx(two_state_timescale((0.01, 0.02)), rel=0.1)
    assert found.timescales_lower[0] < two_state_timescale((0.01, 0.02)) < found.timescales_upper[0]


def test_the_model_equals_deeptimes(three_wells):
    from deeptime.markov import TransitionCountEstimator
    from deeptime.markov.msm import MaximumLikelihoodMSM

    counts = TransitionCountEstimator(5, "sliding").fit_fetch(list(three_wells[0].dtrajs)).submodel_largest()
    theirs = MaximumLikelihoodMSM(reversible=True, maxerr=1e-14).fit(counts).fetch_model()
    ours = msm(MSM(), three_wells[0], lagtime=5)
    assert np.array_equal(ours.active, theirs.count_model.state_symbols)
    assert np.abs(ours.transition_matrix - theirs.transition_matrix).max() < 1e-8
    assert np.allclose(ours.timescales[:5], theirs.timescales(5), rtol=1e-6)


def test_the_deeptime_object_has_the_same_numbers(three_wells):
    found = msm(MSM(), three_wells[0], lagtime=5)
    model = deeptime_model(found)
    assert model.lagtime == 5 and model.reversible
    assert np.array_equal(model.count_model.state_symbols, found.active)
    assert np.allclose(model.timescales(3), found.timescales[:3], rtol=1e-8)
    assert np.allclose(model.stationary_distribution, found.stationary)


def test_within_a_well_populations_are_exact(three_wells):
    clustering, _, stationary = three_wells
    found = msm(MSM(), clustering, lagtime=5)
    assert found.n_resolved >= 2 and len(found.active) == 30
    for well in (slice(0, 10), slice(10, 20), slice(20, 30)):
        assert np.abs(found.stationary[well] / found.stationary[well].sum() - stationary[well] / stationary[well].sum()).max() < 0.02


def test_a_trap_is_left_out_and_said(clustered):
    chain = two_state((0.1, 0.1), 2000, seed=3)
    found = msm(MSM(), clustered(np.append(chain, [2] * 500)), lagtime=1, timestep_ns=0.01)
    assert found.active.tolist() == [0, 1]
    assert found.share_counts == pytest.approx(1999 / 2499)
    assert found.notices[0].level == "warning" and "2 of 3" in str(found.notices[0])


def test_a_small_loss_is_only_mentioned(clustered):
    found = msm(MSM(), clustered(np.append(two_state((0.1, 0.1), 2000, seed=3), [2])), lagtime=1)
    assert [n.level for n in found.notices] == ["info"]


def test_a_connected_model_has_nothing_to_say(clustered):
    assert msm(MSM(), clustered(two_state((0.1, 0.1), 2000, seed=3)), lagtime=1).notices == ()


def test_states_that_never_meet_again_raise(clustered):
    with pytest.raises(UserError, match="connected"):
        msm(MSM(), clustered(np.arange(30)), lagtime=1)


def test_a_lagtime_beyond_the_data_names_the_limit_in_nanoseconds(clustered):
    with pytest.raises(UserError, match="below 200 ps"):
        msm(MSM(), clustered(two_state((0.1, 0.1), 20, seed=1)), lagtime=50, timestep_ns=0.01)


def test_frames_outside_are_allowed(clustered):
    chain = two_state((0.1, 0.1), 5000, seed=3)
    chain[::50] = -1
    found = msm(MSM(), clustered(chain), lagtime=1)
    assert found.counts.sum() == 4999 - 2 * 100 + 1
    assert found.timescales[0] == pytest.approx(two_state_timescale((0.1, 0.1)), rel=0.15)


def test_one_microstate_is_a_model_without_timescales(clustered):
    found = msm(MSM(), clustered(np.zeros(100, int)), lagtime=3)
    assert found.n_resolved == 0 and len(found.timescales) == 0 and found.stationary.tolist() == [1.0]


def test_an_eigenvalue_below_zero_has_no_timescale(clustered):
    found = msm(MSM(), clustered(np.tile([0, 1], 200)), lagtime=1)
    assert found.n_resolved == 0 and np.isnan(found.timescales).all()


def test_models_of_equal_clusterings_are_shared(clustered):
    chain = two_state((0.1, 0.1), 500, seed=8)
    assert lag_models(clustered(chain)) is lag_models(clustered(chain.copy()))
    assert lag_models(clustered(chain)) is not lag_models(clustered(chain[:-1]))


def test_only_so_many_models_are_kept():
    models = LagModels([two_state((0.1, 0.1), 500, seed=8)], 2)
    first = models.at(1)
    assert models.at(1) is first
    for lagtime in range(2, 70):
        models.at(lagtime)
    assert models.at(1) is not first


def test_alanine_dipeptide_has_its_two_processes(alanine):
    found = msm(MSM(), alanine, lagtime=1, timestep_ns=0.02)
    assert found.n_resolved == 2
    assert found.timescales[0] * 0.02 == pytest.approx(2.56, abs=0.15)
    assert found.timescales[1] * 20 == pytest.approx(25.6, abs=0.6)
    error = np.log(found.timescales_upper[0] / found.timescales[0]) / 1.96
    assert 0.2 < error < 0.4   # 24 passages: about a quarter


def test_models_of_an_unknown_name_are_not_taken_for_plain_ones():
    from mdexplore.methods.kinetics.estimators import find

    assert find("msm") is None
    with pytest.raises(UserError, match="no models called 'nonsense'"):
        find("nonsense 3")
