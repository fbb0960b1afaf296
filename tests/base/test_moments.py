"""Moments: equal to deeptime's covariances, exact to merge, bounded in memory, several lag times from one pass."""
from __future__ import annotations

import numpy as np
import pytest
from deeptime.covariance import Covariance

from mdexplore.base.numerics.moments import choose_shift, lagged_moments, merge, moments_at
from mdexplore.base.work import pieces


@pytest.fixture(scope="module")
def arrays():
    rng = np.random.default_rng(1)
    mix = rng.standard_normal((5, 5))
    return [(np.cumsum(rng.standard_normal((n, 5)), axis=0) * 0.05) @ mix + 3 for n in (900, 40, 333)]


def deeptimes(arrays, lag, reversible):
    est = Covariance(lag, compute_c0t=True, compute_ctt=not reversible, reversible=reversible, remove_data_mean=True, bessels_correction=False)
    for x in arrays:
        est.partial_fit((x[:-lag], x[lag:]))
    return est.fetch_model()


def ours(arrays, lag, **kwargs):
    shift = choose_shift(arrays)
    return merge(lagged_moments(x, [lag], shift, **kwargs)[lag] for x in arrays)


@pytest.mark.parametrize("lag", [1, 7, 30])
@pytest.mark.parametrize("reversible", [True, False])
def test_covariances_equal_those_of_deeptime(arrays, lag, reversible):
    wanted, found = deeptimes(arrays, lag, reversible), ours(arrays, lag, chunk=64).covariances(reversible=reversible)
    np.testing.assert_allclose(found.cov_00, wanted.cov_00, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(found.cov_0t, wanted.cov_0t, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(found.mean_0, wanted.mean_0, rtol=1e-12)
    if not reversible:
        np.testing.assert_allclose(found.cov_tt, wanted.cov_tt, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(found.mean_t, wanted.mean_t, rtol=1e-12)


def test_several_lag_times_from_one_pass_equal_single_ones(arrays):
    x, shift = arrays[0], choose_shift(arrays)
    together = lagged_moments(x, [1, 5, 100, 500], shift, chunk=64)
    for lag in (1, 5, 100, 500):
        alone = lagged_moments(x, [lag], shift, chunk=10_000)[lag]
        np.testing.assert_allclose(together[lag].x0_xt, alone.x0_xt, rtol=1e-10, atol=1e-9)
        np.testing.assert_allclose(together[lag].xx_t, alone.xx_t, rtol=1e-10, atol=1e-9)
        assert together[lag].n_pairs == len(x) - lag


def test_lag_times_beyond_a_trajectory_are_left_out(arrays):
    assert set(lagged_moments(arrays[1], [1, 39, 40, 400], np.zeros(5))) == {1, 39}


def test_merging_does_not_depend_on_the_order(arrays):
    shift = choose_shift(arrays)
    parts = [lagged_moments(x, [3], shift)[3] for x in arrays]
    np.testing.assert_allclose(merge(parts).x0_xt, merge(parts[::-1]).x0_xt, rtol=1e-13)


def test_moments_about_different_shifts_are_not_added(arrays):
    a, b = (lagged_moments(arrays[0], [3], np.full(5, s))[3] for s in (0.0, 1.0))
    with pytest.raises(ValueError, match="shift"):
        _ = a + b


def test_a_large_offset_in_single_precision_costs_no_digits():
    rng = np.random.default_rng(0)
    x = (1000 + rng.standard_normal((5000, 2))).astype(np.float32)
    found = ours([x], 1).covariances(reversible=True)
    exact = np.cov(np.concatenate([x[:-1], x[1:]]).astype(np.float64).T, bias=True)
    np.testing.assert_allclose(found.cov_00, exact, rtol=1e-9, atol=1e-9)
    assert found.cov_00.dtype == np.float64


def test_a_memory_map_and_whole_numbers_are_accepted(tmp_path):
    x = np.random.default_rng(0).integers(0, 3, (500, 2))
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    np.testing.assert_allclose(ours([mapped], 2).x0_xt, ours([x.astype(float)], 2).x0_xt)


def test_the_input_is_left_as_it_was(arrays):
    before = arrays[0].copy()
    ours(arrays, 4)
    np.testing.assert_array_equal(arrays[0], before)


@pytest.mark.parametrize("in_files", [False, True])
def test_pieces_at_several_lag_times_equal_whole_trajectories(arrays, monkeypatch, tmp_path, cache, in_files):
    monkeypatch.setattr(pieces, "PIECE_BYTES", 2000)
    lags, shift = [1, 7, 11, 300], choose_shift(arrays)
    wanted = {lag: merge(lagged_moments(x, [lag], shift)[lag] for x in arrays if len(x) > lag) for lag in lags}
    if in_files:
        for i, x in enumerate(arrays):
            np.save(tmp_path / f"{i}.npy", x)
        arrays = [np.load(tmp_path / f"{i}.npy", mmap_mode="r") for i in range(len(arrays))]
    for some in (lags, [1, 7, 11]):   # the longest lag time says how long a piece is at least
        with pieces.spreading(None):
            found = moments_at(arrays, some, shift)
        assert sorted(found) == some
        for lag in some:
            assert found[lag].n_pairs == wanted[lag].n_pairs
            for name in ("sum_0", "sum_t", "xx_0", "xx_t", "x0_xt"):
                a, b = getattr(found[lag], name), getattr(wanted[lag], name)
                np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12 * np.abs(b).max())


def test_several_lag_times_take_one_pass(arrays, monkeypatch):
    monkeypatch.setattr(pieces, "PIECE_BYTES", 2000)
    rows = {}

    def watched(function, given, *args, sums=pieces.sums, **kwargs):
        rows[function.__name__] = sum(map(len, given))
        return sums(function, given, *args, **kwargs)

    monkeypatch.setattr(pieces, "sums", watched)
    moments_at(arrays, [1, 2, 3], choose_shift(arrays))
    assert rows["partial_moments"] == sum(map(len, arrays))
    assert rows["crossing_moments"] < sum(map(len, arrays)) / 4   # only the frames around the cuts, 3 on each side of 25


def test_lag_times_beyond_all_trajectories_are_left_out(arrays):
    assert set(moments_at(arrays, [2, 5000], choose_shift(arrays))) == {2}
