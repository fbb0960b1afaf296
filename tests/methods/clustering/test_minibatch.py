"""Mini-batch k-means: nearly as good as k-means, the same each time, and never more centres than frames."""
from __future__ import annotations

import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.methods.clustering.kmeans import KMeans, kmeans
from mdexplore.methods.clustering.minibatch import MiniBatchKMeans, minibatch_kmeans
from mdexplore.methods.results import Projection


def projection(*arrays):
    return Projection(tuple(np.asarray(a, np.float32) for a in arrays), tuple(f"IC {i + 1}" for i in range(arrays[0].shape[1])), "TICA", 1)


def inertia(found, given):
    return sum(float(((x - found.centers[d]) ** 2).sum()) for x, d in zip(given.values, found.dtrajs))


@pytest.fixture(scope="module")
def blobs():
    rng = np.random.default_rng(0)
    return projection(*[rng.standard_normal((5000, 2)) * 0.1 + rng.integers(0, 3, (5000, 1)) * [1, 0.5] for _ in range(3)])


def test_three_blobs_are_found(blobs):
    found = minibatch_kmeans(MiniBatchKMeans(n_clusters=3), blobs)
    np.testing.assert_allclose(found.centers, [[0, 0], [1, 0.5], [2, 1]], atol=0.02)


def test_the_inertia_is_near_that_of_kmeans(blobs):
    a, b = minibatch_kmeans(MiniBatchKMeans(n_clusters=50), blobs), kmeans(KMeans(n_clusters=50), blobs)
    assert inertia(a, blobs) < 1.15 * inertia(b, blobs)


def test_every_frame_is_in_the_state_of_its_nearest_centre(blobs):
    found = minibatch_kmeans(MiniBatchKMeans(n_clusters=20), blobs)
    x = blobs.values[1].astype(float)
    nearest = ((x[:, None] - found.centers) ** 2).sum(axis=2).argmin(axis=1)
    assert np.mean(nearest == found.dtrajs[1]) > 0.999


def test_the_same_seed_gives_the_same_bits(blobs):
    a, b = (minibatch_kmeans(MiniBatchKMeans(n_clusters=20), blobs, seed=4) for _ in range(2))
    np.testing.assert_array_equal(a.centers, b.centers)


def test_more_clusters_than_frames_are_refused():
    with pytest.raises(UserError, match="too many"):
        minibatch_kmeans(MiniBatchKMeans(n_clusters=30), projection(np.zeros((10, 1))))
