"""Networks as arrays: the same numbers in numpy and torch, through the store, and back to features."""
import numpy as np
import pytest

from mdexplore.base.plain import decode as read
from mdexplore.base.plain import encode as write
from mdexplore.methods.deep import network
from mdexplore.methods.deep.saliency import saliency

torch = pytest.importorskip("torch", reason="networks need the deep extra")


@pytest.fixture
def parameters():
    torch.manual_seed(1)
    made = network.build([3, 16, 8, 4])
    random = np.random.default_rng(0)
    return {"columns": np.array([0, 2, 3]), "mean": np.array([1.0, -2, 300]), "scale": np.array([0.5, 2, 10]), "constants": np.array([1.0, 7, -2, 300]),
            "encoder": network.to_arrays(made), "center": random.normal(size=4), "rotation": random.normal(size=(4, 2))}


def frames(n=50):
    return (np.random.default_rng(2).normal(size=(n, 4)) * [0.5, 0, 2, 10] + [1, 7, -2, 300]).astype(np.float32)


@pytest.mark.parametrize("output", ["linear", "softmax"])
def test_numpy_gives_what_torch_gives(output):
    torch.manual_seed(0)
    made, x = network.build([3, 16, 8, 4], output), np.random.default_rng(0).normal(size=(100, 3)).astype(np.float32)
    wanted = made(torch.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(network.forward(network.to_arrays(made, output), x), wanted, atol=1e-6)


def test_a_network_survives_the_store(parameters):
    kept = []
    spec = write(parameters, lambda a: kept.append(a) or str(len(kept) - 1))
    np.testing.assert_array_equal(network.apply(read(spec, lambda name: kept[int(name)]), frames()), network.apply(parameters, frames()))


def test_the_whole_network_takes_features_in_their_own_units(parameters):
    x = frames()
    np.testing.assert_allclose(network.to_module(network.whole(parameters))(torch.from_numpy(x).double()).detach().numpy(), network.apply(parameters, x), atol=1e-4)


def test_chunks_give_what_the_whole_gives(parameters):
    x, told = frames(network.CHUNK + 7), []
    np.testing.assert_allclose(network.apply(parameters, x, told.append)[-7:], network.apply(parameters, x[-7:]), atol=1e-6)
    assert told == [network.CHUNK, len(x)]


def test_saliency_is_the_gradient_for_a_change_by_one_spread(parameters):
    x = network.standardised(parameters, frames(5))
    step, found = 1e-4, saliency(parameters, x.astype(np.float64), 4)

    def at(moved):
        return (network.forward({**parameters["encoder"]}, moved) - parameters["center"]) @ parameters["rotation"]

    for row, column in enumerate(parameters["columns"]):
        by = np.eye(3)[row] * step
        slope = (at(x.astype(np.float64) + by) - at(x.astype(np.float64) - by)) / (2 * step)
        np.testing.assert_allclose(found[column], np.abs(slope).mean(0), rtol=1e-3, atol=1e-6)
    np.testing.assert_array_equal(found[1], 0)


def test_memberships_have_the_saliency_of_their_softmax():
    torch.manual_seed(3)
    made = network.build([2, 8, 3], "softmax")
    p = {"columns": np.arange(2), "encoder": network.to_arrays(made, "softmax")}
    x = torch.randn(6, 2, requires_grad=True)
    wanted = [torch.autograd.grad(made(x)[:, i].sum(), x)[0].abs().mean(0).numpy() for i in range(3)]
    np.testing.assert_allclose(saliency(p, x.detach().numpy(), 2), np.array(wanted).T, atol=1e-6)
