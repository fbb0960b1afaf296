"""Exact eigenfunctions of the Prinz potential from its discretised generator."""
from __future__ import annotations

import numpy as np


def modes(n_modes: int = 3, n_cells: int = 1000) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Grid (n,), stationary density (n,), eigenfunctions (n, n_modes) of unit variance, and their relaxation times in time units.

    Notes
    -----
    Finite volumes, symmetrised; kT = 1. Prinz et al. 2011, doi:10.1063/1.3565032.
    """
    x = np.linspace(-1.15, 1.15, n_cells)
    energy = 4 * (x**8 + 0.8 * np.exp(-80 * x**2) + 0.2 * np.exp(-80 * (x - 0.5) ** 2) + 0.5 * np.exp(-40 * (x + 0.5) ** 2))
    between = np.exp(-(energy[1:] + energy[:-1]) / 2) / (x[1] - x[0]) ** 2
    weight = np.exp(-energy)
    generator = np.diag(between, 1) + np.diag(between, -1)
    generator -= np.diag(generator.sum(axis=1))
    root = np.sqrt(weight)
    values, vectors = np.linalg.eigh(generator / np.outer(root, root))
    density, found = weight / weight.sum(), vectors[:, -2 : -2 - n_modes : -1] / root[:, None]
    return x, density, found / np.sqrt(density @ found**2), -1 / values[-2 : -2 - n_modes : -1]
