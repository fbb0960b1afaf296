"""TRAM in the slot of the kinetics: exact chains under umbrellas, the plain model where nothing is biased, and what is said where it cannot be used."""
from __future__ import annotations

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.base.numerics.spectrum import implied_timescales, slow_modes, stationary_distribution
from mdexplore.methods.ensembles.inputs import Ensembles
from mdexplore.methods.ensembles.solving import solve_ensembles
from mdexplore.methods.kinetics import tram_models
from mdexplore.methods.kinetics.drawn import DrawnErrors
from mdexplore.methods.kinetics.lagmodels import errors_of
from mdexplore.methods.kinetics.model import deeptime_model
from mdexplore.methods.kinetics.tram_models import TramModels
from mdexplore.methods.results import Kinetics
from mdexplore.session.export import frame_weights

N, LAG = 12, 2
X = np.linspace(-1.4, 1.4, N)
ENERGY = 2.5 * (X**2 - 1) ** 2 + 0.4 * X
CENTERS, STIFF = (-0.7, 0.0, 0.7), 8.0
BIAS = np.stack([np.zeros(N)] + [STIFF / 2 * (X - c) ** 2 for c in CENTERS], axis=1)
STATIONARY = np.exp(-ENERGY) / np.exp(-ENERGY).sum()


def chain(energy):
    """Metropolis steps to a neighbour: in detailed balance with exp(-energy)."""
    matrix = np.zeros((N, N))
    for i in range(N):
        for j in (i - 1, i + 1):
            if 0 <= j < N:
                matrix[i, j] = 0.5 * min(1.0, np.exp(energy[i] - energy[j]))
        matrix[i, i] = 1 - matrix[i].sum()
    return matrix


PLAIN = chain(ENERGY)
EXACT = implied_timescales(slow_modes(PLAIN, STATIONARY, 2).eigenvalues[1:], 1)


def walks(matrix, starts, n, random):
    ahead, states, found = np.cumsum(matrix, axis=1), np.asarray(starts), []
    for _ in range(n):
        found.append(states)
        states = np.minimum((random.random(len(states))[:, None] > ahead[states]).sum(axis=1), N - 1)
    return list(np.stack(found, axis=1))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Trajectories as states, and the files and windows of their bias energies."""
    random, folder = np.random.default_rng(4), tmp_path_factory.mktemp("bias")
    paths, windows = walks(PLAIN, random.integers(0, N, 20), 150, random), [0] * 20
    for k in range(1, BIAS.shape[1]):
        paths += walks(chain(ENERGY + BIAS[:, k]), random.integers(0, N, 2), 900, random)
        windows += [k, k]
    for i, path in enumerate(paths):
        np.save(folder / f"bias-{i:02d}.npy", BIAS[path])
    return paths, str(folder / "bias-*.npy"), windows


def study_of(paths, kinetics, **options):
    return mdx.Study([p[:, None].astype(float) for p in paths], features="identity", projection="identity", clustering=mdx.settings.KMeans(n_clusters=len(np.unique(np.concatenate(paths)))),
                     kinetics=kinetics, lagtime=LAG, n_states=2, **options)


@pytest.fixture(scope="module")
def study(made):
    paths, files, windows = made
    return study_of(paths, mdx.settings.Tram(bias=files, windows=windows, n_samples=20))


@pytest.fixture(scope="module")
def place(study):
    """Which state of the chain each microstate of the model is."""
    return np.round(study.result("clustering").centers[study.result("kinetics").active, 0]).astype(int)


def test_timescales_and_populations_are_those_without_bias(study, place):
    found = study.result("kinetics")
    assert isinstance(found, Kinetics) and found.title == "TRAM" and len(found.active) == N
    assert found.timescales[0] == pytest.approx(EXACT[0], rel=0.25)
    assert found.timescales_lower[0] < EXACT[0] < found.timescales_upper[0]
    order = np.argsort(place)
    np.testing.assert_allclose(found.stationary[order], STATIONARY, atol=0.05)
    flow = found.stationary[:, None] * found.transition_matrix
    np.testing.assert_allclose(flow, flow.T, atol=1e-9)


def test_frames_of_a_microstate_weigh_by_their_windows(study, made):
    weights, states = frame_weights(study), np.concatenate(made[0])
    assert weights.sum() == pytest.approx(1)
    assert weights @ X[states] == pytest.approx(STATIONARY @ X, abs=0.1)
    assert study.observable(list(np.split(X[states], np.cumsum([len(p) for p in made[0]])[:-1]))).expectation == pytest.approx(weights @ X[states], abs=1e-9)


def test_timescales_and_test_over_lag_times_are_by_the_same_estimator(study):
    scan, kinetics, test = study.timescales, study.result("kinetics"), study.chapman_kolmogorov
    at = scan.lagtimes.tolist().index(LAG)
    np.testing.assert_allclose(scan.values[at, 0], kinetics.timescales[0], rtol=1e-9)
    np.testing.assert_allclose(scan.lower[at, 0], kinetics.timescales_lower[0], rtol=1e-9)
    assert "blocks of windows" in scan.interval
    np.testing.assert_allclose(test.estimated[0], test.predicted[0], atol=1e-9)
    assert (test.lower <= test.estimated + 1e-12).all() and (test.estimated <= test.upper + 1e-12).all()


def test_states_passage_times_and_rates_have_bars_from_the_draws(study):
    states = study.metastable
    assert isinstance(errors_of(study.result("kinetics")), DrawnErrors)
    assert ((states.lower < states.populations) & (states.populations < states.upper)).all()
    assert states.mfpt_lower[0, 1] < states.mfpt[0, 1] < states.mfpt_upper[0, 1]
    flux = study.flux(0, 1)
    assert flux.lower < flux.rate < flux.upper


def test_passages_are_counted_without_bias_alone(study, made):
    free = study_of(made[0][:20], "msm")
    assert study.metastable.passages.sum() <= free.metastable.passages.sum() + 6   # borders of cores differ a little
    np.testing.assert_array_equal(study.result("kinetics").counts.sum(), free.result("kinetics").counts.sum())


def test_a_bootstrap_is_that_of_blocks_and_a_posterior_is_refused(study):
    np.testing.assert_array_equal(study.result("bootstrap").lower, study.result("timescales").lower)
    with pytest.raises(UserError, match="no posterior for TRAM"):
        study.result("posterior")


def test_nothing_of_the_page_speaks_of_an_error(study):
    assert [n.text for n in study.health if n.level == "error"] == []


def test_it_is_kept_in_a_file(study, tmp_path):
    study.save(tmp_path / "a.mdx")
    found = mdx.open(tmp_path / "a.mdx")
    before, after = study.result("kinetics"), found.result("kinetics")
    np.testing.assert_array_equal(after.transition_matrix, before.transition_matrix)
    np.testing.assert_array_equal(frame_weights(found), frame_weights(study))


def test_one_ensemble_without_bias_is_the_plain_model(made, tmp_path):
    paths = made[0][:20]
    for i, path in enumerate(paths):
        np.save(tmp_path / f"b{i:02d}.npy", np.zeros((len(path), 1)))
    ours, plain = study_of(paths, mdx.settings.Tram(bias=str(tmp_path / "b*.npy"), windows=[0] * 20, n_samples=0)), study_of(paths, "msm")
    np.testing.assert_allclose(ours.result("kinetics").transition_matrix, plain.result("kinetics").transition_matrix, atol=1e-6)
    np.testing.assert_array_equal(ours.timescales.lagtimes, plain.timescales.lagtimes)
    np.testing.assert_allclose(ours.timescales.values, plain.timescales.values, rtol=1e-6)
    np.testing.assert_allclose(ours.chapman_kolmogorov.estimated, plain.chapman_kolmogorov.estimated, atol=1e-6)
    np.testing.assert_allclose(frame_weights(ours), frame_weights(plain), atol=1e-7)
    assert np.isnan(ours.timescales.lower).all()   # no draws were asked for


def test_steps_that_go_one_way_count_where_windows_know_the_way_back(tmp_path):
    """Simulations without bias that start on the barrier and only fall, beside windows that hold on to it."""
    random = np.random.default_rng(2)
    paths, windows = walks(PLAIN, [N // 2] * 60, 60, random), [0] * 60
    for k in range(1, BIAS.shape[1]):
        paths += walks(chain(ENERGY + BIAS[:, k]), random.integers(0, N, 2), 2500, random)
        windows += [k, k]
    for i, path in enumerate(paths):
        np.save(tmp_path / f"b{i:02d}.npy", BIAS[path])
    found = study_of(paths, mdx.settings.Tram(bias=str(tmp_path / "b*.npy"), windows=windows, n_samples=20)).result("kinetics")
    assert len(found.active) >= N - 1
    assert found.timescales_lower[0] < EXACT[0] < found.timescales_upper[0]
    assert found.timescales[0] == pytest.approx(EXACT[0], rel=0.25)


def test_windows_may_be_said_for_each_frame(made, tmp_path):
    paths, files, windows = made
    for i, (path, window) in enumerate(zip(paths, windows)):
        np.save(tmp_path / f"w{i:02d}.npy", np.full((len(path), 1), float(window)))
    one, other = (study_of(paths, mdx.settings.Tram(bias=files, windows=w, n_samples=0)).result("kinetics") for w in (windows, str(tmp_path / "w*.npy")))
    np.testing.assert_array_equal(one.transition_matrix, other.transition_matrix)


def test_without_a_window_without_bias_there_are_no_timescales(made):
    paths, files, windows = made
    biased = ", ".join(files.replace("*", f"{i:02d}") for i in range(20, len(paths)))
    with pytest.raises(UserError, match="No window is without bias"):
        study_of(paths[20:], mdx.settings.Tram(bias=biased, windows=windows[20:])).result("kinetics")


def test_files_that_are_missing_do_not_fit_or_have_changed_are_said(made, tmp_path):
    paths, files, windows = made
    with pytest.raises(UserError, match="No bias energies"):
        study_of(paths, "tram").result("kinetics")
    with pytest.raises(UserError, match="do not fit"):
        study_of(paths[1:], mdx.settings.Tram(bias=files, windows=windows)).result("kinetics")
    for i, path in enumerate(paths):
        np.save(tmp_path / f"b{i:02d}.npy", BIAS[path])
    settings = mdx.settings.Tram(bias=str(tmp_path / "b*.npy"), windows=windows, n_samples=0)
    np.save(tmp_path / "b00.npy", BIAS[paths[0]] + 1e-3)
    with pytest.raises(UserError, match="have changed"):
        study_of(paths, settings).result("kinetics")


def test_measurements_are_not_weighed_against_counts_that_do_not_carry_the_model(study):
    with pytest.raises(UserError, match="not reconciled"):
        study.augment([mdx.experiment.Observable("x", tuple(x[:, 0] for x in study.features), 5.0, 0.1)])


def test_without_draws_the_test_of_predictions_gives_no_verdict(made):
    paths, files, windows = made
    bare = study_of(paths, mdx.settings.Tram(bias=files, windows=windows, n_samples=0))
    found = bare.result("kinetics")
    assert np.isnan(found.timescales_lower).all() and any("none were asked for" in notice.text for notice in found.notices)
    test = bare.result("chapman")
    assert not test.has_bars and not test.fails and "no error bars" in test.verdict
    assert any("no error bars to judge by" in notice.text for notice in bare.health)


def test_draws_that_deeptime_gets_spread_as_widely_as_the_intervals(study):
    found = study.result("kinetics")
    msm = deeptime_model(found)
    np.testing.assert_allclose(msm.prior.transition_matrix, found.transition_matrix)
    reach = np.log(found.timescales_upper[0] / found.timescales_lower[0]) / (2 * 1.96)
    logs = np.log([sample.timescales()[0] for sample in msm.samples])
    plain = np.log([implied_timescales(slow_modes(p, stationary_distribution(p), 1).eigenvalues[1:], LAG)[0] for p in found.samples])
    assert np.std(logs, ddof=1) == pytest.approx(reach, rel=0.1)
    assert np.std(plain, ddof=1) < 0.95 * np.std(logs, ddof=1)
    for sample in msm.samples:
        flow = sample.stationary_distribution[:, None] * sample.transition_matrix
        np.testing.assert_allclose(flow, flow.T, atol=1e-10)


def test_a_solved_model_is_found_in_the_cache_by_its_numbers_alone(made, monkeypatch):
    paths, files, windows = made
    data = mdx.settings.Tram(bias=files, windows=windows).ensembles()
    first = TramModels(paths, N, data, 3).at(LAG)
    solved = []
    monkeypatch.setattr(tram_models, "solve_ensembles", lambda *given, **options: solved.append(given) or solve_ensembles(*given, **options))
    again = TramModels(paths, N, Ensembles(data.bias, data.windows, ("a", "b", "c", "d")), 3).at(LAG)
    assert not solved
    for name in ("transition_matrix", "stationary", "counts", "active", "samples", "weights"):
        np.testing.assert_array_equal(getattr(again, name), getattr(first, name))
    assert (again.told, again.widening) == (first.told, first.widening)
    other = (Ensembles((data.bias[0] * 1.001, *data.bias[1:]), data.windows, data.names), data, data, data)
    for number, (of, n_samples, lagtime, states) in enumerate(zip(other, (3, 2, 3, 3), (LAG, LAG, 3, LAG), (paths, paths, paths, [paths[0][::-1], *paths[1:]]))):
        TramModels(states, N, of, n_samples).at(lagtime)
        assert len(solved) == number + 1


def test_solving_and_drawing_tell_how_far_they_are(made):
    paths, files, windows = made
    told = []
    study_of(paths, mdx.settings.Tram(bias=files, windows=windows, n_samples=4)).result("kinetics", lambda done, total, text: told.append((done / total, text)))
    of_kinetics = told[next(i for i, (_, text) in enumerate(told) if text.startswith("TRAM")):]
    assert [text for _, text in of_kinetics if "draw" in text] == [f"TRAM, draw {k} of 4" for k in (1, 2, 3, 4)]
    assert any("last change" in text for _, text in of_kinetics) and of_kinetics[-1][0] == 1
    scanned = []
    study_of(paths, mdx.settings.Tram(bias=files, windows=windows, n_samples=5)).result("timescales", lambda done, total, text: scanned.append((done / total, text)))
    within = [share for share, text in scanned if text.startswith("implied timescales")]
    assert within == sorted(within) and any("implied timescales: TRAM, draw 5 of 5" in text for _, text in scanned)


def test_a_multiple_without_a_solution_is_told_by_its_own_reason(made, monkeypatch):
    paths, files, windows = made
    bare = study_of(paths, mdx.settings.Tram(bias=files, windows=windows, n_samples=1))
    bare.result("coarse")
    whole = TramModels.at

    def at(models, lagtime, *others):
        if lagtime > 2 * LAG:
            raise UserError("TRAM does not converge.", "It went round.", "Use fewer states.")
        return whole(models, lagtime, *others)

    monkeypatch.setattr(TramModels, "at", at)
    (notice,) = bare.result("chapman").notices
    assert "TRAM does not converge. It went round." in notice.text and notice.hint == "Use fewer states."


def test_a_lag_time_beyond_the_trajectories_without_bias_says_so(made):
    paths, files, windows = made
    study = study_of(paths, mdx.settings.Tram(lagtime=200, bias=files, windows=windows, n_samples=0))
    with pytest.raises(UserError, match="longest trajectory without bias has 150 frames"):
        study.result("kinetics")


@pytest.mark.parametrize("n_states", [2, 3])
def test_trajectories_without_bias_that_stay_in_one_state_make_no_model(tmp_path, n_states):
    random = np.random.default_rng(0)
    paths = [np.zeros(100, int), random.integers(0, n_states, 200), random.integers(0, n_states, 200)]
    bias = np.array([[0.0, 0.3 * k] for k in range(n_states)])
    for i, path in enumerate(paths):
        np.save(tmp_path / f"bias-{i}.npy", bias[path])
    with pytest.raises(UserError, match="no connected microstates are left without bias"):
        study_of(paths, mdx.settings.Tram(bias=str(tmp_path / "bias-*.npy"), windows=[0, 1, 1])).result("kinetics")
