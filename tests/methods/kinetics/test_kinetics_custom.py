"""deeptime's own estimators and models in the kinetics slot."""
import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.methods.kinetics.custom import custom_kinetics
from mdexplore.methods.kinetics.model import deeptime_model
from mdexplore.methods.kinetics.msm import MSM, msm


def test_an_estimator_is_fitted(three_wells):
    from deeptime.markov.msm import MaximumLikelihoodMSM

    found = custom_kinetics(MaximumLikelihoodMSM(), three_wells[0], lagtime=5)
    assert found.timescales[0] == pytest.approx(msm(MSM(), three_wells[0], lagtime=5).timescales[0], rel=1e-4)
    assert found.title == "MaximumLikelihoodMSM"


def test_a_bayesian_estimator_brings_its_samples(three_wells):
    from deeptime.markov.msm import BayesianMSM

    assert len(custom_kinetics(BayesianMSM(n_samples=5), three_wells[0], lagtime=5).samples) == 5


def test_a_fitted_model_keeps_its_lag_time_and_says_so(three_wells):
    plain = msm(MSM(), three_wells[0], lagtime=7)
    found = custom_kinetics(deeptime_model(plain), three_wells[0], lagtime=5)
    assert found.lagtime == 7 and any("7 frames" in str(n) for n in found.notices)
    assert np.allclose(found.transition_matrix, plain.transition_matrix)


def test_a_model_of_another_clustering_is_refused(three_wells, clustered):
    model = deeptime_model(msm(MSM(), three_wells[0], lagtime=5))
    with pytest.raises(UserError, match="clustering"):
        custom_kinetics(model, clustered(np.tile([0, 1, 1], 50)), lagtime=1)


def test_a_model_that_is_not_reversible_is_refused(clustered):
    from deeptime.markov.msm import MarkovStateModel

    with pytest.raises(UserError, match="reversible"):
        custom_kinetics(MarkovStateModel(np.array([[.1, .8, .1], [.1, .1, .8], [.8, .1, .1]])), clustered(np.tile([0, 1, 2], 50)), lagtime=1)


def test_what_is_no_model_is_refused(three_wells):
    with pytest.raises(UserError, match="int cannot be used"):
        custom_kinetics(7, three_wells[0], lagtime=1)


def test_an_estimator_that_fails_is_quoted(three_wells):
    class Broken:
        def fit(self, data):
            raise RuntimeError("out of cheese")

        def fetch_model(self):
            return None

    with pytest.raises(UserError, match="out of cheese"):
        custom_kinetics(Broken(), three_wells[0], lagtime=1)
