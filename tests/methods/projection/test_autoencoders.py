"""Time-lagged autoencoders, plain, variational and slow: they find the one coordinate that lasts, and say which features make it."""
import importlib.util

import numpy as np
import pytest
from scipy.signal import lfilter

from mdexplore.methods.deep.network import decode
from mdexplore.methods.projection.tae import TAE, tae
from mdexplore.methods.projection.tvae import TVAE, tvae
from mdexplore.methods.projection.vde import VDE, vde
from mdexplore.methods.results import Features

pytestmark = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="networks need the deep extra")
KINDS = [(TAE, tae), (TVAE, tvae), (VDE, vde)]


def ar1(a, n, seed):
    return lfilter([np.sqrt(1 - a * a)], [1, -a], np.random.default_rng(seed).standard_normal(n))


@pytest.fixture(scope="module")
def mixed():
    """Two features of equal variance; their sum is slow, their difference fast."""
    arrays = []
    for seed in range(6):
        slow, fast = ar1(0.98, 2000, seed), ar1(0.3, 2000, 100 + seed)
        arrays.append(np.stack([slow + fast, slow - fast, np.full(2000, 4.0)], axis=1).astype(np.float32))
    return Features(tuple(arrays), ("a", "b", "still"), ((),) * 3, ("given",) * 3)


@pytest.fixture(scope="module", params=KINDS, ids=lambda k: k[0].__name__)
def found(request, mixed):
    kind, run = request.param
    return run(kind(dim=1, width=16, layers=1, epochs=12), mixed, lagtime=3)


def test_the_bottleneck_is_the_slow_direction(found, mixed):
    z, x = np.concatenate(found.values)[:, 0], np.concatenate(mixed.values)
    assert abs(np.corrcoef(z, x[:, 0] + x[:, 1])[0, 1]) > 0.97
    assert abs(np.corrcoef(z, x[:, 0] - x[:, 1])[0, 1]) < 0.2


def test_its_timescale_is_that_of_the_slow_process(found):
    assert found.parameters["timescales"][0] == pytest.approx(-1 / np.log(0.98), rel=0.2)


def test_both_features_move_it_alike_and_the_still_one_does_not(found):
    a, b, still = found.parameters["saliency"][:, 0]
    assert a == pytest.approx(b, rel=0.25)
    assert still == 0


def test_a_place_on_the_bottleneck_has_features(found):
    features = decode(found.parameters, np.array([[-1.0], [0.0], [1.0]]))
    assert features.shape == (3, 3)
    assert (np.diff(features[:, 0] + features[:, 1]) > 0.5).all()
    np.testing.assert_allclose(features[:, 2], 4)


def test_a_bottleneck_is_never_wider_than_its_input(mixed):
    assert tae(TAE(dim=5, width=8, epochs=1), mixed, lagtime=3).dim == 2


def test_slowness_is_what_a_dynamics_encoder_adds():
    """A fast feature of large variance and a slow one of small: prediction alone follows what can be predicted, slowness what lasts."""
    arrays = [np.stack([ar1(0.98, 2000, s), np.tile([1.0, -1.0], 1000) + 0.05 * ar1(0.1, 2000, 50 + s)], axis=1).astype(np.float32) for s in range(6)]
    given = Features(tuple(arrays), ("slow", "flips"), ((),) * 2, ("given",) * 2)
    z = {kind.__name__: np.concatenate(run(kind(dim=1, width=16, layers=1, epochs=6), given, lagtime=1).values)[:, 0] for kind, run in ((TAE, tae), (VDE, vde))}
    slow = np.concatenate(arrays)[:, 0]
    assert abs(np.corrcoef(z["VDE"], slow)[0, 1]) > 0.95
    assert abs(np.corrcoef(z["TAE"], slow)[0, 1]) < abs(np.corrcoef(z["VDE"], slow)[0, 1])
