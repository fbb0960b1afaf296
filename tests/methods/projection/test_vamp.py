"""VAMP: known answers, deeptime's numbers, products of features, and motion out of equilibrium."""
from __future__ import annotations

import numpy as np
import pytest
from deeptime.decomposition import VAMP as Deeptime

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.methods.projection.model import deeptime_model, transform
from mdexplore.methods.projection.tica import TICA, tica
from mdexplore.methods.projection.vamp import LATER, VAMP, vamp


def test_singular_values_equal_those_of_deeptime(mixed, features):
    found = vamp(VAMP(dim=4), features(*mixed), lagtime=7)
    wanted = Deeptime(lagtime=7, scaling=None).fit_fetch(mixed)
    np.testing.assert_allclose(found.singular_values, wanted.singular_values, rtol=1e-6)
    assert found.parameters["scores"]["VAMP-2"] == pytest.approx(wanted.score(2), rel=1e-6)


@pytest.mark.parametrize("scaling", ["none", "kinetic map"])
def test_coordinates_equal_those_of_deeptime_up_to_sign(mixed, features, scaling):
    found = vamp(VAMP(dim=3, scaling=scaling), features(*mixed), lagtime=7)
    wanted = Deeptime(lagtime=7, dim=3, scaling=None if scaling == "none" else "kinetic_map").fit_fetch(mixed).transform(mixed[1])
    np.testing.assert_allclose(np.abs(found.values[1]), np.abs(wanted), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(deeptime_model(found).transform(mixed[1]), found.values[1], atol=1e-4)


def test_a_process_in_equilibrium_gives_tica(ar1, features):
    x = features(ar1([0.98, 0.9], 100_000))
    a, b = vamp(VAMP(), x, lagtime=5), tica(TICA(), x, lagtime=5)
    np.testing.assert_allclose(a.singular_values, b.singular_values, atol=5e-3)


def test_functions_of_the_later_frames_see_what_decays(features):
    # From a narrow start the spread grows: functions of the two ends have different lengths, not different values.
    rng = np.random.default_rng(0)
    x = [np.cumsum(rng.standard_normal((40, 2)) * [1, 0.1], axis=0) for _ in range(500)]
    earlier, later = (vamp(VAMP(dim=2, functions=f), features(*x), lagtime=10) for f in (VAMP().functions, LATER))
    assert np.concatenate([v[10:] for v in later.values]).std(axis=0) == pytest.approx([1, 1], rel=1e-3)
    assert np.concatenate([v[:-10] for v in earlier.values]).std(axis=0) == pytest.approx([1, 1], rel=1e-3)
    np.testing.assert_allclose(transform(later, x[0]), later.values[0], atol=1e-5)


@pytest.fixture(scope="module")
def square_root_model():
    import deeptime.data

    hidden, observed = deeptime.data.sqrt_model(20_000, seed=0)
    return hidden, mdx.Study(mdx.load([observed]), projection=VAMP(lagtime=1, dim=1, degree=2), clustering=mdx.settings.KMeans(n_clusters=2), lagtime=1)


def right(hidden, found):
    share = np.mean(found == hidden)
    return max(share, 1 - share)


def test_two_means_of_products_put_the_cut_where_the_squared_distance_is_least(square_root_model):
    # 0.964 to 0.972 of the frames, by the data: more than any linear function, less than the coordinate allows.
    hidden, made = square_root_model
    line = np.sort(made.projection[0][:, 0].astype(float))
    k, sums = np.arange(1, len(line)), np.cumsum(line)
    cut = line[((sums[:-1] ** 2 / k) + (sums[-1] - sums[:-1]) ** 2 / (len(line) - k)).argmax()]
    found = right(hidden, made.result("clustering").dtrajs[0])
    assert found >= 0.96
    assert found == pytest.approx(right(hidden, (made.projection[0][:, 0] > cut).astype(int)), abs=1e-3)


@pytest.mark.parametrize("changes", [{"kinetics": "msm"}, {"kinetics": mdx.settings.HMM(n_states=2)}], ids=["microstates and PCCA+", "hidden states"])
def test_kinetics_on_products_of_features_tell_the_two_states_apart(square_root_model, changes):
    hidden, made = square_root_model
    assert right(hidden, made.change(clustering="kmeans", n_states=2, **changes).metastable.assignments[0]) >= 0.99


def test_in_sample_vamp2_never_falls_when_a_feature_is_added(mixed, features):
    sums = [np.sum(vamp(VAMP(dim=4), features(*[x[:, :d] for x in mixed]), lagtime=3).singular_values ** 2) for d in (1, 2, 3, 4)]
    assert (np.diff(sums) >= -1e-9).all()


def test_too_many_products_are_refused(features):
    with pytest.raises(UserError, match="lower degree"):
        vamp(VAMP(degree=4), features(np.random.default_rng(0).standard_normal((100, 30))), lagtime=1)


def test_dimensions_are_capped_at_the_rank_and_it_is_said(mixed, features):
    wide = [np.column_stack([x, x[:, 0] + x[:, 1]]) for x in mixed]
    found = vamp(VAMP(dim=9), features(*wide), lagtime=3)
    assert found.dim == 4 and "4 slow coordinates are kept" in " ".join(map(str, found.notices))
