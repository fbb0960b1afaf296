"""Exact relaxation times, stationary density and eigenfunctions of diffusion in a potential: its generator on a grid that is refined until the digits stand."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.plain import storable
from mdexplore.base.work.threads import single_threaded

Energy = Callable[[np.ndarray], np.ndarray]
HIGHEST = 40.0                       # kT above the lowest point; what lies higher is never visited
CELLS = {1: (400, 800, 1600, 3200, 6400), 2: (50, 80, 120, 180, 270)}
TOLERANCE = {1: 1e-6, 2: 3e-4}


@storable
@dataclass(frozen=True, eq=False)
class ExactModes:
    """Stationary density and slow eigenfunctions on a grid.

    Parameters
    ----------
    axes : tuple of ndarray, shape (n_cells,)
        Centres of the cells along x (and y).
    energy : ndarray, shape (n_cells,) or (n_cells, n_cells)
        kT; infinite where the system never is.
    density : ndarray, same shape
        Stationary probability of each cell; sums to 1.
    eigenfunctions : ndarray, shape (m, ...)
        Slowest first, of unit variance under the density and mean 0; 0 where the system never is. The sign makes the upper end positive.
    timescales : ndarray, shape (m,)
        Relaxation times, in the unit of time of the diffusion constant (frames, where `mdexplore.example` made it).
    error : float
        Relative change of the timescales in the last refinement.
    """

    axes: tuple[np.ndarray, ...]
    energy: np.ndarray
    density: np.ndarray
    eigenfunctions: np.ndarray
    timescales: np.ndarray
    error: float = 0.0

    @property
    def dim(self) -> int:
        return len(self.axes)

    def eigenvalues(self, lagtime: float) -> np.ndarray:
        """exp(-lagtime / t), shape (m,)."""
        return np.exp(-lagtime / self.timescales)

    def at(self, points: np.ndarray) -> np.ndarray:
        """Eigenfunctions at points.

        Parameters
        ----------
        points : ndarray, shape (n, dim) or (n,)
            Points outside the grid take the values at its edge.

        Returns
        -------
        ndarray, shape (n, m)
        """
        return np.stack([self._interpolate(f, points) for f in self.eigenfunctions], axis=1)

    def energy_at(self, points: np.ndarray) -> np.ndarray:
        """Energy in kT above the lowest cell, shape (n,)."""
        high = np.where(np.isfinite(self.energy), self.energy, HIGHEST)
        return self._interpolate(high - high.min(), points)

    def _interpolate(self, values: np.ndarray, points: np.ndarray) -> np.ndarray:
        points = np.asarray(points, float)
        points = points[:, None] if points.ndim == 1 else points
        if points.shape[1] != self.dim:
            raise UserError(f"These points have {points.shape[1]} coordinates.", f"The potential has {self.dim}.")
        if self.dim == 1:
            return np.interp(points[:, 0], self.axes[0], values)
        from scipy.interpolate import RegularGridInterpolator

        inside = np.stack([np.clip(points[:, k], self.axes[k][0], self.axes[k][-1]) for k in range(2)], axis=1)
        return RegularGridInterpolator(self.axes, values)(inside)


@single_threaded()
def exact_modes(energy: Energy, bounds: Sequence[tuple[float, float]], *, kT: float = 1.0, diffusion: float = 1.0, n_modes: int = 3,
                cells: Sequence[int] | None = None) -> ExactModes:
    """Solve the generator of overdamped diffusion in a potential of one or two dimensions.

    Parameters
    ----------
    energy : callable
        Takes points of shape (n, d), gives energies of shape (n,).
    bounds : sequence of (low, high)
        A box outside of which the system never is, one pair a dimension.
    kT : float
        In the unit of the energy.
    diffusion : float
        Length squared per unit of time.
    n_modes : int
        How many relaxation times.
    cells : sequence of int, optional
        Cells along each side, increasing; the refinement ends early where digits stand.

    Raises
    ------
    UserError
        For more than two dimensions, an energy that is not finite anywhere in the box, or a box that cuts off what is visited.

    Notes
    -----
    Finite volumes with the geometric mean of the densities between cells: symmetrised, the generator has D / h^2 beside its diagonal. It is of second
    order, so the last two grids are extrapolated. Lie, Fackeldey and Weber 2013, doi:10.1137/120891988.
    """
    dim = len(bounds)
    if dim not in CELLS:
        raise UserError(f"A potential of {dim} dimensions cannot be put on a grid.", do="Give bounds of one or two dimensions.")
    if not all(low < high for low, high in bounds):
        raise UserError("A side of the box has no length.", do="Give each side as (low, high).")
    if not (kT > 0 and diffusion > 0):
        raise UserError("kT and the diffusion constant must be above 0.")
    raw: list[tuple[int, np.ndarray]] = []
    known, error = np.full(n_modes, np.nan), np.inf
    for n in cells or CELLS[dim]:
        axes, heights = _on_grid(energy, bounds, n, kT)
        values, functions, density = _solve(axes, heights, diffusion, n_modes)
        raw.append((n, 1 / values))
        better = _extrapolated(raw)
        if len(raw) > 2:
            error = float(np.max(np.abs(better / known - 1)))
        known = better
        if error < TOLERANCE[dim]:
            break
    return ExactModes(axes, heights, density, functions, known, error)


def _extrapolated(raw: list[tuple[int, np.ndarray]]) -> np.ndarray:
    """The limit of a quantity that converges as 1 / n^2, from the last two grids."""
    n, value = raw[-1]
    if len(raw) < 2:
        return value
    coarser, before = raw[-2]
    return value + (value - before) / ((n / coarser) ** 2 - 1)


def _on_grid(energy: Energy, bounds: Sequence[tuple[float, float]], n: int, kT: float) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """Cell centres and energies in kT; infinite above `HIGHEST`, and where a cell has no way down to the rest."""
    from scipy.ndimage import label

    axes = tuple(low + (np.arange(n) + 0.5) * (high - low) / n for low, high in bounds)
    points = np.stack([a.ravel() for a in np.meshgrid(*axes, indexing="ij")], axis=1)
    heights = np.asarray(energy(points), float)
    if heights.shape != (len(points),):
        raise UserError(f"The energy has the shape {heights.shape} for {len(points)} points.", do="Give a function from points of shape (n, d) to energies of shape (n,).")
    if not np.isfinite(heights).any():
        raise UserError("The energy is not finite anywhere in the box.", do="Check the potential and its bounds.")
    heights = np.where(np.isfinite(heights), heights, np.inf).reshape([n] * len(bounds)) / kT
    heights = np.where(heights - heights.min() > HIGHEST, np.inf, heights)
    parts, count = label(np.isfinite(heights))
    if count > 1:
        lowest = parts[np.unravel_index(np.argmin(heights), heights.shape)]
        heights = np.where(parts == lowest, heights, np.inf)
    return axes, heights


def _solve(axes: tuple[np.ndarray, ...], heights: np.ndarray, diffusion: float, n_modes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rates (m,), eigenfunctions (m, ...) and density on one grid."""
    inside, u, i, j, rate = _edges(axes, heights, diffusion)
    loss = np.bincount(i, rate * np.exp((u[i] - u[j]) / 2), len(u)) + np.bincount(j, rate * np.exp((u[j] - u[i]) / 2), len(u))
    values, vectors = (_line if len(axes) == 1 else _plane)(loss, i, j, rate, n_modes)
    density = np.exp(-u)
    density /= density.sum()
    functions = vectors / np.sqrt(density)[:, None]
    functions /= np.sqrt(density @ functions**2)
    functions *= np.where(density @ (functions * np.arange(len(u))[:, None]) < 0, -1.0, 1.0)
    whole = np.zeros((len(values), *heights.shape))
    whole[:, inside] = functions.T
    spread = np.zeros(heights.shape)
    spread[inside] = density
    return values, whole, spread


def _edges(axes: tuple[np.ndarray, ...], heights: np.ndarray, diffusion: float) -> tuple[np.ndarray, ...]:
    """Which cells are visited, their energies, and neighbours i, j with the symmetric rate between them."""
    inside = np.isfinite(heights)
    number = np.full(heights.shape, -1)
    number[inside] = np.arange(inside.sum())
    u = heights[inside] - heights[inside].min()
    pairs, rates = [], []
    for axis, centres in enumerate(axes):
        first = number.take(range(len(centres) - 1), axis).ravel()
        second = number.take(range(1, len(centres)), axis).ravel()
        both = (first >= 0) & (second >= 0)
        pairs.append(np.stack([first[both], second[both]]))
        rates.append(np.full(int(both.sum()), diffusion / (centres[1] - centres[0]) ** 2))
    i, j = np.concatenate(pairs, axis=1)
    return inside, u, i, j, np.concatenate(rates)


@single_threaded()
def propagator(energy: Energy, bounds: Sequence[tuple[float, float]], n_cells: int, *, kT: float = 1.0, diffusion: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Exact transition probabilities between cells in one unit of time.

    Parameters
    ----------
    energy, bounds, kT, diffusion
        As for `exact_modes`.
    n_cells : int
        Along each side; the matrix has as many rows as there are cells that are visited.

    Returns
    -------
    centres : ndarray, shape (n, d)
    matrix : ndarray, shape (n, n)
    """
    from scipy.linalg import eigh

    axes, heights = _on_grid(energy, bounds, n_cells, kT)
    inside, u, i, j, rate = _edges(axes, heights, diffusion)
    loss = np.bincount(i, rate * np.exp((u[i] - u[j]) / 2), len(u)) + np.bincount(j, rate * np.exp((u[j] - u[i]) / 2), len(u))
    symmetric = np.diag(-loss)
    symmetric[i, j] = symmetric[j, i] = rate
    values, vectors = eigh(symmetric)
    root = np.exp(-u / 2)
    matrix = (vectors * np.exp(values)) @ vectors.T * root[None, :] / root[:, None]
    matrix = np.maximum(matrix, 0.0)
    points = np.stack([a.ravel() for a in np.meshgrid(*axes, indexing="ij")], axis=1)[inside.ravel()]
    return points, matrix / matrix.sum(axis=1, keepdims=True)


def _line(loss: np.ndarray, i: np.ndarray, j: np.ndarray, rate: np.ndarray, n_modes: int) -> tuple[np.ndarray, np.ndarray]:
    from scipy.linalg import eigh_tridiagonal

    values, vectors = eigh_tridiagonal(loss, -rate, select="i", select_range=(0, min(n_modes, len(loss) - 1)))
    return values[1:], vectors[:, 1:]


def _plane(loss: np.ndarray, i: np.ndarray, j: np.ndarray, rate: np.ndarray, n_modes: int) -> tuple[np.ndarray, np.ndarray]:
    from scipy.sparse import coo_matrix, diags
    from scipy.sparse.linalg import eigsh

    n = len(loss)
    matrix = (diags(loss) - coo_matrix((np.r_[rate, rate], (np.r_[i, j], np.r_[j, i])), (n, n))).tocsc()
    # Shifted a little below the stationary eigenvalue 0, where the factorisation would fail.
    values, vectors = eigsh(matrix, n_modes + 1, sigma=-1e-6 * float(np.median(loss)), which="LM", v0=np.ones(n))
    order = np.argsort(values)[1:]
    return values[order], vectors[:, order]
