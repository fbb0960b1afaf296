"""k-means: as good as deeptime's, the same bits for the same seed, honest about few frames."""
from __future__ import annotations

import numpy as np
import pytest
from deeptime.clustering import KMeans as Deeptime

from mdexplore.base.errors import UserError
from mdexplore.base.numerics.assign import assign
from mdexplore.methods.clustering.kmeans import KMeans, kmeans
from mdexplore.methods.clustering.states import deeptime_model
from mdexplore.methods.results import Projection


def projection(*arrays):
    return Projection(arrays, tuple(f"IC {i + 1}" for i in range(arrays[0].shape[1])), "TICA", 1)


@pytest.fixture(scope="module")
def blobs():
    rng = np.random.default_rng(5)
    means = rng.standard_normal((8, 3)) * 3
    return [(means[rng.integers(0, 8, n)] + rng.standard_normal((n, 3))).astype(np.float32) for n in (9000, 6000)]


def inertia(x, centers):
    return float(((x - centers[assign(x, centers)]) ** 2).sum(axis=1).mean())


def test_inertia_is_within_two_per_cent_of_deeptimes(blobs):
    x = np.concatenate(blobs)
    ours = kmeans(KMeans(n_clusters=40), projection(*blobs))
    theirs = Deeptime(40, max_iter=100, fixed_seed=1, n_jobs=1).fit_fetch(x)
    assert inertia(x, ours.centers) < 1.02 * inertia(x, theirs.cluster_centers)


def test_separate_groups_are_found_exactly():
    means = np.array([[0.0, 0], [5, 0], [0, 5], [5, 5]])
    labels = np.random.default_rng(0).integers(0, 4, 3000)
    x = (means[labels] + 0.05 * np.random.default_rng(1).standard_normal((3000, 2))).astype(np.float32)
    found = kmeans(KMeans(n_clusters=4), projection(x))
    np.testing.assert_allclose(sorted(map(tuple, found.centers.round(1))), sorted(map(tuple, means)))
    assert len({(a, b) for a, b in zip(labels, found.dtrajs[0])}) == 4


def test_the_same_seed_gives_the_same_bits(blobs):
    a, b = (kmeans(KMeans(n_clusters=30), projection(*blobs), seed=3) for _ in range(2))
    np.testing.assert_array_equal(a.centers, b.centers)
    np.testing.assert_array_equal(a.dtrajs[1], b.dtrajs[1])
    assert not np.array_equal(a.centers, kmeans(KMeans(n_clusters=30), projection(*blobs), seed=4).centers)


def test_centres_are_sorted_and_every_one_has_frames(blobs):
    found = kmeans(KMeans(n_clusters=100), projection(*blobs))
    assert (np.diff(found.centers[:, 0]) >= 0).all()
    assert np.bincount(np.concatenate(found.dtrajs), minlength=found.n_clusters).min() > 0
    assert found.dtrajs[0].dtype == np.int32 and len(found.dtrajs[0]) == 9000


def test_deeptimes_model_assigns_alike(blobs):
    found = kmeans(KMeans(n_clusters=50), projection(*blobs))
    theirs = deeptime_model(found).transform(blobs[0].astype(float), n_jobs=1)
    assert (theirs == found.dtrajs[0]).mean() > 0.9995   # frames half way between two centres


def test_fewer_distinct_frames_than_clusters_give_fewer_clusters():
    x = np.repeat([[0.0], [1.0], [2.5]], [500, 400, 1], axis=0).astype(np.float32)
    found = kmeans(KMeans(n_clusters=10), projection(x))
    np.testing.assert_allclose(found.centers[:, 0], [0, 1, 2.5], atol=1e-6)
    assert "3 microstates instead of 10" in found.notices[0].text


def test_the_default_number_is_fewer_for_few_frames_and_said():
    found = kmeans(KMeans(), projection(np.random.default_rng(0).standard_normal((1000, 2)).astype(np.float32)))
    assert found.n_clusters == 20
    assert "only 1000 frames" in found.notices[0].text


def test_many_frames_get_two_hundred_clusters(blobs):
    found = kmeans(KMeans(), projection(*blobs))
    assert found.n_clusters == 200 and found.notices[0].text == "200 microstates."


def test_more_clusters_than_frames_are_refused():
    with pytest.raises(UserError, match="There are 7 frames"):
        kmeans(KMeans(n_clusters=8), projection(np.zeros((7, 1), np.float32)))


def test_a_single_frame_is_a_single_cluster():
    assert kmeans(KMeans(), projection(np.zeros((1, 2), np.float32))).n_clusters == 1


def test_progress_is_told(blobs):
    seen = []
    kmeans(KMeans(n_clusters=20), projection(*blobs), progress=lambda done, total, text: seen.append((done, total, text)))
    assert all(done <= total for done, total, _ in seen)
    assert seen[-1][0] == seen[-1][1]
