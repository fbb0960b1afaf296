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
