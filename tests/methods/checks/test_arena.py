"""Held-out scores of any candidate: known values, no reward for promises that do not hold, one scale for coordinates and microstates."""
from __future__ import annotations

import numpy as np
import pytest
from deeptime.covariance import Covariance
from deeptime.decomposition import VAMP as DeeptimeVAMP
from scipy.signal import lfilter

from mdexplore.base.errors import UserError
from mdexplore.methods.checks.arena import Processes, SecondMoments, few_frames, fold_scores
from mdexplore.methods.checks.score import segments_of
from mdexplore.methods.clustering.box import Box
from mdexplore.methods.clustering.kmeans import KMeans
from mdexplore.methods.projection.identity import Unprojected
from mdexplore.methods.projection.tica import TICA
from mdexplore.methods.projection.vamp import VAMP
from mdexplore.methods.recipe import fill
from mdexplore.methods.results import Features


def features(arrays):
    d = arrays[0].shape[1]
    return Features(tuple(arrays), tuple(f"f{i}" for i in range(d)), ((),) * d, ("given",) * d)


def ar1(coefficients, n_frames, seed):
    rng = np.random.default_rng(seed)
    return np.stack([lfilter([np.sqrt(1 - a * a)], [1, -a], rng.standard_normal(n_frames)) for a in coefficients], axis=1)


def scores(found, projection, clustering=None, *, lagtime=2, n_processes=2, **options):
    segments = segments_of([len(x) for x in found.values], 5, lagtime, 0, None)
    return fold_scores(found, projection, clustering, segments, lagtime=lagtime, n_processes=n_processes, **options)


@pytest.fixture(scope="module")
def chains():
    return features([ar1([0.95, 0.8], 8000, seed) for seed in range(6)])


@pytest.fixture(scope="module")
def hopping():
    """Two states with the eigenvalue 0.9 of a step."""
    made = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        state = np.cumsum(rng.random(6000) < 0.05) % 2
        made.append((state + 0.01 * rng.standard_normal(6000))[:, None].astype(np.float32))
    return features(made)


def test_independent_ar1_processes_have_their_exact_scores(chains):
    found, exact = scores(chains, TICA()), 1 + 0.95**4 + 0.8**4
    assert found.vamp2.mean() == pytest.approx(exact, abs=0.03)
    assert found.vampe.mean() == pytest.approx(exact, abs=0.03)
    assert found.vamp2.shape == (5,) and found.rank == 2


def test_two_states_have_their_exact_score_as_coordinate_and_as_microstates(hopping):
    for clustering in (None, KMeans(n_clusters=2)):
        found = scores(hopping, TICA(), clustering, lagtime=1, n_processes=1)
        assert found.vampe.mean() == pytest.approx(1 + 0.9**2, abs=0.03)
        assert found.dim == (1 if clustering is None else 2) and found.rank == 1


def test_the_training_score_is_that_of_deeptime(chains):
    arrays = [x.astype(float) for x in chains.values]
    m = SecondMoments.of_coordinates(arrays, 3, np.zeros(2))
    cov = Covariance(3, compute_c0t=True, compute_ctt=True, remove_data_mean=True, bessels_correction=False).fit(arrays).fetch_model()
    known = Processes.of(m, 2)
    assert known.vamp2(m) == pytest.approx(DeeptimeVAMP(lagtime=3, dim=2).fit_from_covariances(cov).fetch_model().score(2), abs=1e-6)
    assert known.vampe(m) == pytest.approx(known.vamp2(m))   # a model keeps all its promises where it was made


def test_vampe_on_other_data_is_its_definition_frame_by_frame():
    train, test = (ar1([0.95, 0.8], 500, seed) for seed in (1, 2))
    known = Processes.of(SecondMoments.of_coordinates([train], 3, np.zeros(2)), 2)
    u, v = (test[:-3] - known.mean_0) @ known.left, (test[3:] - known.mean_t) @ known.right
    u, v = (np.column_stack([np.ones(len(x)), x]) for x in (u, v))
    s = np.r_[1, known.singular]
    n = len(u)
    wanted = 2 * (s * (u * v).mean(axis=0)).sum() - sum(s[i] * s[j] * (u[:, i] @ u[:, j] / n) * (v[:, i] @ v[:, j] / n) for i in range(3) for j in range(3))
    assert known.vampe(SecondMoments.of_coordinates([test], 3, np.ones(2))) == pytest.approx(wanted, abs=1e-9)


def test_a_shift_of_all_coordinates_changes_no_score(chains):
    moved = features([x + 100 for x in chains.values])
    a, b = scores(chains, Unprojected()), scores(moved, Unprojected())
    assert a.vampe == pytest.approx(b.vampe, abs=1e-6) and a.vamp2 == pytest.approx(b.vamp2, abs=1e-6)


def test_noise_loses_what_it_promised_in_training():
    rng = np.random.default_rng(0)
    noise = features([rng.standard_normal((200, 100)) for _ in range(6)])
    found = scores(noise, VAMP(dim=5), lagtime=1, n_processes=5)
    assert found.vampe_train.mean() > 1.05
    assert found.vampe.mean() < 0.95


def test_all_are_scored_with_the_same_number_of_processes(chains):
    assert scores(chains, TICA(dim=2), n_processes=1).vamp2.mean() == pytest.approx(1 + 0.95**4, abs=0.02)
    found = scores(chains, TICA(dim=1), n_processes=2)
    assert (found.rank, found.n_processes) == (1, 2)


def test_fine_boxes_beat_a_split_at_random_places(hopping):
    fine, two = scores(hopping, Unprojected(), Box(), lagtime=1, n_processes=1), scores(hopping, TICA(), KMeans(n_clusters=2), lagtime=1, n_processes=1)
    assert fine.vamp2.mean() == pytest.approx(two.vamp2.mean(), abs=0.02)


def test_objects_of_the_users_are_fitted_again_or_said_to_be_fitted(chains):
    from deeptime.decomposition import TICA as DeeptimeTICA

    fresh, known = DeeptimeTICA(lagtime=2, dim=2), DeeptimeTICA(lagtime=2, dim=2).fit(chains.values[0]).fetch_model()
    assert scores(chains, fill("projection", fresh)).notices == ()
    said = scores(chains, fill("projection", known))
    assert "fitted before" in said.notices[0].text
    assert said.vamp2.mean() == pytest.approx(scores(chains, TICA(dim=2)).vamp2.mean(), abs=0.01)


def test_constant_coordinates_are_refused():
    with pytest.raises(UserError):
        scores(features([np.ones((500, 1)) for _ in range(5)]), Unprojected())


def test_short_folds_are_warned_about():
    segments = segments_of([100], 5, 1, 0, None)
    assert "noise would score" in few_frames(segments, 1, 3)[0].text
    assert few_frames(segments_of([100_000] * 5, 5, 1, 0, None), 1, 3) == ()
