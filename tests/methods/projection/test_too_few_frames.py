"""Where functions are as many as pairs of frames they fit anything, and no projection is given; a little above that there is a warning."""
from __future__ import annotations

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.methods.projection.linear import check_pairs
from mdexplore.methods.projection.operators import slow_functions

S = mdx.settings
METHODS = {"tica": S.TICA(), "tica reweighted": S.TICA(sampling="reweighted"), "vamp": S.VAMP(), "vamp of products": S.VAMP(degree=2), "edmd": S.EDMD(), "edmd of powers": S.EDMD(basis="powers"),
           "edmd of waves": S.EDMD(basis="waves", degree=1), "kernel-edmd": S.KernelEDMD(), "kernel-cca": S.KernelCCA(), "kvad": S.KVAD(), "kvad of features": S.KVAD(basis="features")}


def noise(n_frames, n_features=50):
    return np.random.default_rng(0).standard_normal((n_frames, n_features))


def project(frames, settings):
    return mdx.Study(frames, features="identity", projection=settings, lagtime=1).result("projection")


@pytest.mark.parametrize("settings", METHODS.values(), ids=METHODS)
def test_twenty_frames_are_too_few_for_fifty_features(settings):
    with pytest.raises(UserError, match=r"19 pairs of frames are too few for 1[789] independent"):
        project(noise(20), settings)


@pytest.mark.parametrize("settings", [S.TICA(), S.VAMP(), S.EDMD(n_functions=10), S.KernelEDMD(), S.KernelCCA(), S.KVAD(n_functions=10)], ids=lambda s: type(s).__name__)
def test_a_few_more_pairs_than_functions_give_a_warning(settings):
    found = project(noise(40, 1 if isinstance(settings, S.KernelEDMD | S.KernelCCA) else 8), settings)
    assert [n for n in found.notices if n.level == "warning" and "are few for" in n.text]


def test_as_many_functions_as_pairs_make_every_singular_value_one_whatever_moves():
    from mdexplore.base.numerics.moments import all_moments, choose_shift

    frames = [noise(20)]
    found = slow_functions(all_moments(frames, 1, choose_shift(frames)), is_reversible=False, epsilon=1e-6)
    np.testing.assert_allclose(found.values, 1, atol=1e-6)
    assert found.rank == found.freedom == 18


def test_a_ridge_leaves_less_freedom_than_the_rank():
    from mdexplore.base.numerics.moments import all_moments, choose_shift

    frames = [noise(200, 5)]
    moments = all_moments(frames, 1, choose_shift(frames))
    free, held = (slow_functions(moments, is_reversible=True, epsilon=1e-9, ridge=ridge).freedom for ridge in (1e-9, 1.0))
    assert free == pytest.approx(5, rel=1e-3) and 2 < held < 3


@pytest.mark.parametrize("n_pairs, freedom, enough", [(2, 1, False), (3, 1, True), (19, 18, False), (19, 17, True), (51, 50, False), (60, 50, True), (300, 290, False), (1, 0, False)])
def test_the_bound_lies_just_above_one_pair_more_than_functions(n_pairs, freedom, enough):
    if enough:
        check_pairs(n_pairs, freedom)
    else:
        with pytest.raises(UserError, match="too few"):
            check_pairs(n_pairs, freedom)
