"""The flow: there and back again, the volume is that of the Jacobian, and numpy and torch agree."""
import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.methods.generation.flow import Couplings, Flow

torch = pytest.importorskip("torch", reason="flows need the deep extra")


@pytest.fixture(params=[(2, 0), (5, 0), (2, 8), (5, 4)])
def couplings(request):
    torch.manual_seed(0)
    dim, n_bins = request.param
    made = Couplings(dim, 4, 8, 1, n_bins)
    with torch.no_grad():
        for weight in made.weights:
            weight.add_((0.1 if n_bins else 0.3) * torch.randn_like(weight))
    return made


@pytest.fixture
def flow(couplings):
    random = np.random.default_rng(1)
    d = couplings.dim
    return Flow(random.normal(size=d), np.eye(d) + 0.2 * random.normal(size=(d, d)), couplings.arrays(), couplings.n_bins)


def test_there_and_back_again(flow):
    z = np.random.default_rng(2).normal(size=(50, flow.dim))
    x, volume = flow.generate(z)
    back, same = flow.latent(x)
    np.testing.assert_allclose(back, z, atol=1e-9)
    np.testing.assert_allclose(same, volume, atol=1e-9)


def test_the_volume_is_the_determinant_of_the_jacobian(flow):
    z, step = np.random.default_rng(3).normal(size=(1, flow.dim)), 1e-6
    jacobian = [(flow.generate(z + step * e)[0] - flow.generate(z - step * e)[0])[0] / (2 * step) for e in np.eye(flow.dim)]
    assert flow.generate(z)[1][0] == pytest.approx(np.linalg.slogdet(np.array(jacobian))[1], abs=1e-5)


def test_torch_and_numpy_agree(couplings):
    flow = Flow(np.zeros(couplings.dim), np.eye(couplings.dim), couplings.arrays(), couplings.n_bins)
    z = np.random.default_rng(4).normal(size=(20, flow.dim)).astype(np.float32)
    with torch.no_grad():
        for theirs, ours, sign in ((couplings.generate, flow.generate, 1), (couplings.latent, flow.latent, -1)):
            points, volume = theirs(torch.from_numpy(z))
            np.testing.assert_allclose(points, ours(z)[0], atol=1e-4)
            np.testing.assert_allclose(sign * volume, ours(z)[1], atol=1e-4)


def test_densities_integrate_to_one():
    torch.manual_seed(0)
    made = Couplings(2, 4, 8, 1)
    flow = Flow(np.array([1.0, -2.0]), np.diag([2.0, 0.5]), made.arrays())
    x = np.linspace(-20, 20, 400)
    grid = np.stack([a.ravel() for a in np.meshgrid(1 + x, -2 + x / 4)], axis=1)
    assert np.exp(flow.log_density(grid)).sum() * (x[1] - x[0]) ** 2 / 4 == pytest.approx(1, abs=1e-3)


def test_points_of_another_dimension_are_refused(flow):
    with pytest.raises(UserError, match="coordinates"):
        flow.generate(np.zeros((3, flow.dim + 1)))
