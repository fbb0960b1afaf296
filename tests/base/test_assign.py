"""Assignment and k-means kernels: equal to deeptime's, exact on ties, quiet about nothing."""
from __future__ import annotations

import numpy as np
import pytest
from deeptime.clustering import ClusterModel

from mdexplore.base.numerics import assign as kernels
from mdexplore.base.numerics.assign import assign, lloyd, partial_sums, seed_centers
from mdexplore.base.numerics.nearest import nearest
from mdexplore.methods.clustering.kmeans import KMeans, kmeans
from mdexplore.methods.results import Projection


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_assignment_equals_that_of_deeptime(kind):
    rng = np.random.default_rng(0)
    x, centers = rng.standard_normal((20_000, 3)).astype(kind), rng.standard_normal((50, 3)).astype(kind)
    np.testing.assert_array_equal(assign(x, centers), ClusterModel(centers).transform(x, n_jobs=1))


@pytest.mark.parametrize(("dim", "k"), [(1, 5), (3, 200), (10, 700)])
def test_faiss_and_matrix_products_agree(dim, k):
    pytest.importorskip("faiss")
    rng = np.random.default_rng(4)
    x = rng.standard_normal((70_000, dim), dtype=np.float32)
    centers = x[rng.choice(len(x), k, replace=False)].astype(float)
    by = {name: assign(x, centers, name) for name in ("faiss", "numpy")}
    assert (by["faiss"] == by["numpy"]).mean() >= 0.9999
    sums = {name: partial_sums([x], centers, name) for name in by}
    np.testing.assert_allclose(sums["faiss"][2], sums["numpy"][2], rtol=1e-5)
    np.testing.assert_allclose(sums["faiss"][1], sums["numpy"][1], atol=0.0001 * len(x))


@pytest.mark.parametrize(("n", "dim"), [(300, 2), (9000, 1), (51_200, 2), (66_000, 3), (140_000, 2)])
def test_faiss_and_matrix_products_agree_on_few_short_rows_beside_which_faiss_is_given_columns_of_nought(n, dim):
    pytest.importorskip("faiss")
    x = np.random.default_rng(n).normal(size=(n, dim)).astype(np.float32)
    centers = np.unique(x[:50].astype(float), axis=0)
    assert [sum(stop - start for start, stop, *_ in nearest(x, centers, by)) for by in ("faiss", "numpy")] == [n, n]
    assert all(rows.shape[1] == dim for _, _, rows, _, _ in nearest(x, centers, "faiss"))
    assert (assign(x, centers, "faiss") == assign(x, centers, "numpy")).mean() > 0.9999


def test_kmeans_of_either_kind_is_within_two_per_cent_of_lloyd_on_all_frames(monkeypatch):
    pytest.importorskip("faiss")
    rng = np.random.default_rng(5)
    x = (rng.standard_normal((60_000, 3)) + 4 * rng.integers(-1, 2, (60_000, 3))).astype(np.float32)
    inertia = {}
    for name in ("faiss", "numpy"):
        monkeypatch.setattr(kernels, "backend", lambda name=name: name)
        made = kmeans(KMeans(n_clusters=50), Projection((x,), ("a", "b", "c"), "", None), seed=1)
        inertia[name] = partial_sums([x], made.centers, "numpy")[2]
    seeds = seed_centers(x[::6], 50, np.random.default_rng(1))
    full = partial_sums([x], lloyd([x], seeds, max_iter=200)[0], "numpy")[2]
    assert inertia["faiss"] == pytest.approx(inertia["numpy"], rel=0.02)
    assert max(inertia.values()) < 1.02 * full


def test_a_large_offset_does_not_blur_the_nearest_centre():
    rng = np.random.default_rng(0)
    x, centers = rng.standard_normal((5000, 2)), rng.standard_normal((20, 2))
    far = assign((x + 1e3).astype(np.float32), centers + 1e3)
    assert (far == assign(x, centers)).mean() > 0.999


def test_rows_that_are_centres_get_their_own_number():
    centers = np.random.default_rng(0).standard_normal((300, 4))
    np.testing.assert_array_equal(assign(centers, centers), np.arange(300))


def test_seeds_are_distinct_rows_and_no_more_than_there_are():
    x = np.repeat(np.arange(5.0)[:, None] * 0.1 + 7, 40, axis=0)
    found = seed_centers(x, 12, np.random.default_rng(0))
    np.testing.assert_allclose(np.sort(found[:, 0]), np.arange(5) * 0.1 + 7)


def test_lloyd_finds_separate_groups():
    rng = np.random.default_rng(2)
    means = np.array([[0.0, 0], [10, 0], [0, 10]])
    x = np.concatenate([m + 0.1 * rng.standard_normal((500, 2)) for m in means])
    centers, inertia = lloyd([x[:700], x[700:]], means + 1, max_iter=20)
    np.testing.assert_allclose(centers, means, atol=0.02)
    assert inertia == pytest.approx(1500 * 2 * 0.01, rel=0.1)


def test_a_centre_without_rows_finds_new_ones():
    x = np.concatenate([np.zeros((50, 1)), np.ones((50, 1)), np.full((3, 1), 9.0)])
    centers, _ = lloyd([x], np.array([[0.0], [1.0], [1e6]]), max_iter=10)
    np.testing.assert_allclose(np.sort(centers[:, 0]), [0, 1, 9], atol=1e-9)


def test_each_chunk_is_reported():
    seen = []
    assign(np.zeros((9000, 1)), np.arange(4096.0)[:, None], tick=seen.append)
    assert seen[-1] == 9000 and len(seen) > 1
