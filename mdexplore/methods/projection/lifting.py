"""Functions of the features from which slow coordinates are put together: powers, waves, Gaussians, and a kernel seen through landmarks."""
from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement
from math import comb
from typing import Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.numerics.assign import lloyd, seed_centers
from mdexplore.base.words import count_of
from mdexplore.methods.clustering.states import spread
from mdexplore.methods.results import Features

MOST = 3000         # functions: a matrix of all pairs of them has 72 MB
CANDIDATES = 5000   # frames among which landmarks are looked for
TOLERANCE = 1e-8    # of the kernel at a frame that is no landmark
SAMPLE = 2000
Lift = dict[str, Any]


def standardisation(features: Features, relative_noise: float) -> Lift:
    """Columns that change, and how they are brought to mean 0 and variance 1.

    Returns
    -------
    dict
        ``columns`` (m,), ``center`` (m,), ``scale`` (m,), ``n_features``.

    Raises
    ------
    UserError
        If all features are constant.
    """
    n = sum(map(len, features.values))
    shift = np.asarray(features.values[0][0], dtype=np.float64)
    total, squares = np.zeros(len(shift)), np.zeros(len(shift))
    for x in features.values:
        for start in range(0, len(x), 8192):
            part = x[start : start + 8192] - shift
            total, squares = total + part.sum(axis=0), squares + (part**2).sum(axis=0)
    mean = total / n
    deviation = np.sqrt(np.clip(squares / n - mean**2, 0, None))
    mean = mean + shift
    columns = np.flatnonzero(deviation > relative_noise * np.abs(mean))
    if not len(columns):
        raise UserError("No slow coordinate can be found.", "All features are constant.", "Choose features that change, or longer trajectories.")
    return {"columns": columns, "center": mean[columns], "scale": deviation[columns], "n_features": len(mean)}


def monomials(base: Lift, degree: int) -> Lift:
    """Products of up to ``degree`` standardised features.

    Raises
    ------
    UserError
        If there would be more than a matrix can hold.
    """
    d = len(base["columns"])
    n = comb(d + degree, degree) - 1
    if n > MOST:
        raise UserError(f"Products of up to {degree} of {count_of(d, 'feature')} are too many: {n}.", f"At most {MOST} functions can be used.", "Choose a lower degree, fewer features, or a kernel method.")
    # Each product is an earlier one times one more feature.
    place: dict[tuple[int, ...], int] = {(): -1}
    parents: list[int] = []
    factors: list[int] = []
    for k in range(1, degree + 1):
        for chosen in combinations_with_replacement(range(d), k):
            place[chosen] = len(parents)
            parents.append(place[chosen[:-1]])
            factors.append(chosen[-1])
    return {**base, "functions": "monomials", "parents": np.array(parents), "factors": np.array(factors)}


def waves(base: Lift, features: Features, order: int, period: float | None) -> Lift:
    """Cosines and sines of each feature, up to ``order`` waves in a period; twice the range of each feature where no period is given."""
    n = 2 * order * len(base["columns"])
    if n > MOST:
        raise UserError(f"{n} waves are too many.", f"At most {MOST} functions can be used.", "Choose a lower order, or fewer features.")
    low, high = (edge([edge(x[:, base["columns"]], axis=0) for x in features.values], axis=0) for edge in (np.min, np.max))
    length = np.full(len(low), period) if period is not None else 2 * (high - low).astype(float)
    return {**base, "functions": "waves", "length": length / base["scale"], "order": order}


def gaussians(base: Lift, features: Features, n_centers: int, bandwidth: float | None, rng: np.random.Generator) -> Lift:
    """Gaussians around well spread places; without a bandwidth, as wide as their centres lie apart.

    Parameters
    ----------
    bandwidth : float or None
        Standard deviations of the features.
    """
    sample = standardised(base, spread(features.values, max(SAMPLE, 50 * n_centers), rng))
    centers, _ = lloyd([sample], seed_centers(sample, n_centers, rng), max_iter=20)
    lift: Lift = {**base, "functions": "gaussians", "centers": centers}
    return {**lift, "bandwidth": automatic_bandwidth(lift) if bandwidth is None else max(bandwidth, 1e-6)}


def automatic_bandwidth(lift: Lift) -> float:
    """As wide as the centres of Gaussians lie apart, in standard deviations of the features."""
    centers = np.asarray(lift["centers"])
    if len(centers) < 2:
        return 1.0
    apart = np.sqrt(squared_distances(centers, centers) + np.diag(np.full(len(centers), np.inf)))
    return max(float(1.5 * np.median(apart.min(axis=1))), 1e-6)


def kernel(base: Lift, candidates: np.ndarray, bandwidth: float, most: int) -> Lift:
    """Coordinates whose inner products are a Gaussian kernel, on the space that landmarks span.

    Parameters
    ----------
    candidates : ndarray, shape (n, d)
        Standardised frames; each next landmark is the one that the others represent worst.
    bandwidth : float
        Standard deviations of the features.
    most : int
        Landmarks. Where fewer are enough to give the kernel of all candidates to 1e-8, nothing is left out.

    Notes
    -----
    Nystroem approximation by a pivoted Cholesky decomposition; Fine and Scheinberg 2001, J. Mach. Learn. Res. 2, 243.
    """
    n = len(candidates)
    left, rows, chosen = np.ones(n), np.zeros((min(most, n), n)), []
    for i in range(min(most, n)):
        worst = int(np.argmax(left))
        if left[worst] < TOLERANCE:
            break
        column = np.exp(-squared_distances(candidates[worst : worst + 1], candidates)[0] / (2 * bandwidth**2))
        rows[i] = (column - rows[:i, worst] @ rows[:i]) / np.sqrt(left[worst])
        left = np.clip(left - rows[i] ** 2, 0, None)
        left[worst] = 0.0
        chosen.append(worst)
    triangle = rows[: len(chosen)][:, chosen].T   # lower
    from scipy.linalg import solve_triangular

    mixing = solve_triangular(triangle, np.eye(len(chosen)), lower=True).T
    return {**base, "functions": "gaussians", "centers": candidates[chosen], "bandwidth": bandwidth, "mixing": mixing, "left": float(left.mean())}


def standardised(lift: Lift, x: np.ndarray) -> np.ndarray:
    """The features that change, with mean 0 and variance 1; float64."""
    return (np.asarray(x, dtype=np.float64)[:, lift["columns"]] - lift["center"]) / lift["scale"]


def squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Between all rows; shape (len(a), len(b))."""
    found = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return np.clip(found, 0.0, None)


def evaluate(lift: Lift, x: np.ndarray) -> np.ndarray:
    """All functions of some frames; shape (n, m), float64.

    Parameters
    ----------
    lift : dict
        As `monomials`, `waves`, `gaussians` or `kernel` make it.
    x : ndarray, shape (n, n_features)
        In their own units.
    """
    z = standardised(lift, x)
    if lift["functions"] == "monomials":
        out = np.empty((len(z), len(lift["parents"])))
        for k, (parent, factor) in enumerate(zip(lift["parents"], lift["factors"])):
            out[:, k] = z[:, factor] if parent < 0 else out[:, parent] * z[:, factor]
        return out
    if lift["functions"] == "waves":
        angle = 2 * np.pi * z / lift["length"]
        turned = [k * angle for k in range(1, int(lift["order"]) + 1)]
        return np.concatenate([f(a) for a in turned for f in (np.cos, np.sin)], axis=1)
    found = np.exp(-squared_distances(z, np.asarray(lift["centers"])) / (2 * float(lift["bandwidth"]) ** 2))
    return found @ np.asarray(lift["mixing"]) if "mixing" in lift else found


def n_functions(lift: Lift) -> int:
    """How many functions there are."""
    if lift["functions"] == "monomials":
        return len(lift["parents"])
    if lift["functions"] == "waves":
        return 2 * int(lift["order"]) * len(lift["columns"])
    return len(lift["mixing"][0]) if "mixing" in lift else len(lift["centers"])


class Lifted:
    """The functions of one trajectory, evaluated for the rows that are asked for: all of them at once would not fit into memory.

    Parameters
    ----------
    lifts : sequence of dict
        Their functions stand side by side.
    x : ndarray, shape (n, n_features)
    """

    dtype = np.dtype(np.float64)
    ndim = 2

    def __init__(self, lifts: Sequence[Lift], x: np.ndarray) -> None:
        self._lifts, self._x = lifts, x
        self.shape = (len(x), sum(map(n_functions, lifts)))

    def __len__(self) -> int:
        return len(self._x)

    def __getitem__(self, rows: Any) -> np.ndarray:
        x = np.asarray(self._x[rows])
        return np.concatenate([evaluate(lift, x) for lift in self._lifts], axis=1)
