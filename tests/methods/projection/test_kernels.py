"""Kernel EDMD, kernel CCA and KVAD: known answers, deeptime's Gram matrices, and landmarks that are said."""
from __future__ import annotations

import numpy as np
import pytest
from deeptime.kernels import GaussianKernel

from mdexplore.methods.projection.kernel_cca import KernelCCA, kernel_cca
from mdexplore.methods.projection.kernel_edmd import KernelEDMD, kernel_edmd
from mdexplore.methods.projection.kvad import KVAD, kvad
from mdexplore.methods.projection.lifting import evaluate, kernel, squared_distances, standardisation
from mdexplore.methods.projection.model import transform

ALL = [(kernel_edmd, KernelEDMD), (kernel_cca, KernelCCA), (kvad, KVAD)]


@pytest.fixture(scope="module")
def few(ar1, features):
    """One short trajectory, its standardised frames, and its pairs at a lag time of 2."""
    found = features(ar1([0.95, 0.5], 300))
    x = (found.values[0] - found.values[0].mean(axis=0)) / found.values[0].std(axis=0)
    return found, x[:-2], x[2:]


@pytest.mark.parametrize(("run", "settings"), ALL[:2], ids=lambda a: getattr(a, "__name__", ""))
def test_the_prinz_potential_has_its_exact_timescales(prinz, run, settings):
    found = run(settings(dim=3), prinz, lagtime=5)
    np.testing.assert_allclose(-5 / np.log(found.singular_values[:3]), [83.4, 12.68, 6.51], rtol=0.1)


@pytest.mark.parametrize(("run", "settings"), ALL, ids=lambda a: getattr(a, "__name__", ""))
def test_the_slowest_function_is_the_exact_eigenfunction(prinz, prinz_modes, run, settings):
    x, density, modes = prinz_modes
    ours = transform(run(settings(dim=2), prinz, lagtime=5), x[:, None])[:, 0].astype(float)
    ours -= density @ ours
    assert abs(density @ (ours * modes[:, 0])) / np.sqrt(density @ ours**2) > 0.97


@pytest.mark.parametrize(("run", "settings"), ALL, ids=lambda a: getattr(a, "__name__", ""))
def test_they_find_what_no_linear_function_sees(square_root, run, settings):
    found = run(settings(dim=1, bandwidth=0.6), square_root, lagtime=1)
    assert found.singular_values[0] == pytest.approx(0.9, abs=0.04)


def test_canonical_correlations_are_those_of_deeptimes_gram_matrices(few):
    from deeptime.decomposition import KernelCCA as Deeptime

    found, x, y = few
    ours = kernel_cca(KernelCCA(dim=4, bandwidth=0.7, ridge=1e-2), found, lagtime=2).parameters["solved_values"][:4]
    theirs = Deeptime(GaussianKernel(0.7), n_eigs=4, epsilon=1e-2 * len(x)).fit((x, y)).fetch_model().eigenvalues.real
    # deeptime has the operator between functions of y in the space of x: its eigenvalues are the squares.
    np.testing.assert_allclose(ours**2, theirs, rtol=1e-4)


def test_eigenvalues_are_those_of_deeptimes_gram_matrices_on_pairs_in_both_directions(few):
    from deeptime.decomposition import KernelEDMD as Deeptime

    found, x, y = few
    ours = kernel_edmd(KernelEDMD(dim=3, bandwidth=0.7, ridge=1e-6), found, lagtime=2).parameters["solved_values"][:3]
    both = np.concatenate([x, y]), np.concatenate([y, x])
    theirs = Deeptime(GaussianKernel(0.7), epsilon=1e-6 * len(both[0]), n_eigs=4).fit(both).fetch_model().eigenvalues.real
    np.testing.assert_allclose(ours, theirs[1:4], rtol=2e-3)   # deeptime does not take the mean away


def test_kvad_has_the_score_of_deeptimes_gram_matrix(few):
    from deeptime.decomposition import KVAD as Deeptime

    found, x, y = few
    ours = kvad(KVAD(dim=2, basis="features", bandwidth=1.0), found, lagtime=2)
    centred = x - x.mean(axis=0)
    theirs = Deeptime(GaussianKernel(1.0), dim=2, observable_transform=lambda z: z).fit((centred, y)).fetch_model()
    np.testing.assert_allclose(ours.parameters["solved_values"][:2], theirs.singular_values[:2], rtol=2e-2)
    gram = GaussianKernel(1.0).gram(y)
    assert ours.parameters["score"] == pytest.approx(ours.parameters["solved_values"][:2].sum() + gram.mean(), rel=1e-4)
    assert ours.parameters["score"] <= 1


def test_landmarks_give_the_kernel_of_all_frames(few):
    found, x, _ = few
    base = standardisation(found, 0)
    lift = kernel(base, x, 0.8, 2000)
    phi = evaluate(lift, found.values[0][:-2])
    np.testing.assert_allclose(phi @ phi.T, np.exp(-squared_distances(x, x) / (2 * 0.8**2)), atol=1e-3)
    assert lift["left"] < 1e-8


def test_many_frames_are_seen_through_landmarks_and_it_is_said(prinz, few):
    found = kernel_edmd(KernelEDMD(dim=2), prinz, lagtime=5)
    assert any("Nyström" in n.text for n in found.notices)
    assert not any("Nyström" in n.text for n in kernel_edmd(KernelEDMD(dim=2), few[0], lagtime=2).notices)


def test_too_few_landmarks_are_said(few):
    said = kernel_edmd(KernelEDMD(dim=2, bandwidth=0.05, n_landmarks=20), few[0], lagtime=2).notices
    assert any("20 landmarks leave out" in n.text for n in said)


def test_units_do_not_matter(few, features):
    found, _, _ = few
    scaled = features(found.values[0] * [1e-3, 50])
    a, b = (kernel_cca(KernelCCA(dim=2), f, lagtime=2).singular_values[:2] for f in (found, scaled))
    np.testing.assert_allclose(a, b, rtol=1e-5)


@pytest.mark.parametrize(("run", "settings"), [(kernel_edmd, KernelEDMD), (kernel_cca, KernelCCA), (kvad, KVAD)])
def test_the_bandwidth_that_the_data_suggest_is_kept_beside_the_one_in_use(few, run, settings):
    automatic, given = (run(settings(dim=1, bandwidth=b), few[0], lagtime=2).parameters for b in (None, 0.3))
    assert automatic["bandwidth"] == automatic["automatic_bandwidth"] == given["automatic_bandwidth"] and given["bandwidth"] == 0.3
