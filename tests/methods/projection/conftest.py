"""What is known exactly of a model system: eigenfunctions of the Prinz potential."""
import numpy as np
import pytest


@pytest.fixture(scope="session")
def prinz_modes():
    """Grid (n,), stationary density (n,), and the three slowest eigenfunctions (n, 3) of unit variance, from finite volumes."""
    x = np.linspace(-1.15, 1.15, 800)
    energy = 4 * (x**8 + 0.8 * np.exp(-80 * x**2) + 0.2 * np.exp(-80 * (x - 0.5) ** 2) + 0.5 * np.exp(-40 * (x + 0.5) ** 2))
    between = np.exp(-(energy[1:] + energy[:-1]) / 2) / (x[1] - x[0]) ** 2
    weight = np.exp(-energy)
    generator = np.diag(between, 1) + np.diag(between, -1)
    generator -= np.diag(generator.sum(1))
    root = np.sqrt(weight)
    values, vectors = np.linalg.eigh(generator / np.outer(root, root))
    np.testing.assert_allclose(-1 / values[-2:-5:-1], [0.83402, 0.12677, 0.06510], rtol=2e-3)
    density = weight / weight.sum()
    modes = vectors[:, -2:-5:-1] / root[:, None]
    return x, density, modes / np.sqrt(density @ modes**2)


def features_of(*arrays):
    from mdexplore.methods.results import Features

    d = arrays[0].shape[1]
    return Features(arrays, tuple(f"f{i}" for i in range(d)), ((),) * d, ("given",) * d)


@pytest.fixture(scope="session")
def features():
    """Makes features of arrays."""
    return features_of


@pytest.fixture(scope="session")
def ar1():
    """Independent autoregressive processes side by side, shape (n_frames, k)."""
    from scipy.signal import lfilter

    def make(coefficients, n_frames, seed=0):
        rng = np.random.default_rng(seed)
        return np.stack([lfilter([np.sqrt(1 - a * a)], [1, -a], rng.standard_normal(n_frames)) for a in coefficients], axis=1)
    return make


@pytest.fixture(scope="session")
def mixed(ar1):
    """Four processes seen through a linear map, in two trajectories."""
    mix = np.random.default_rng(3).standard_normal((4, 4))
    return [ar1([0.99, 0.97, 0.9, 0.8], n, seed) @ mix + 5 for n, seed in ((20_000, 1), (15_000, 2))]


@pytest.fixture(scope="session")
def prinz():
    """Ten trajectories of 4000 frames on the Prinz potential, a frame every 0.01 time units."""
    import mdexplore as mdx

    return mdx.Study(mdx.example("prinz", n_frames=4000)).result("features")


@pytest.fixture(scope="session")
def square_root():
    """The square-root model: eigenvalue 0.9, hidden from linear functions."""
    import mdexplore as mdx

    return mdx.Study(mdx.example("sqrt-model", n_frames=600)).result("features")
