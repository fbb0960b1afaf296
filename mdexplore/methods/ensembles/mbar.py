"""MBAR: free energies of several ensembles and the weight of every frame in the one that is asked for."""
from __future__ import annotations

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.words import listed
from mdexplore.methods.ensembles.gaps import widest_gap
from mdexplore.methods.ensembles.inputs import Ensembles

TOLERANCE, MOST_STEPS = 1e-10, 200
LINKED = 1e-3    # of the overlap matrix: below it two windows know nothing of each other


def mbar(bias: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Solve the equations of MBAR.

    Parameters
    ----------
    bias : ndarray, shape (n_frames, n_windows)
        kT.
    counts : ndarray, shape (n_windows,)
        Frames of each window; a window without frames gets a free energy, too.

    Returns
    -------
    free_energies : ndarray, shape (n_windows,)
        kT, -ln of the mean of exp(-bias) in the ensemble that is asked for.
    log_weights : ndarray, shape (n_frames,)
        Of each frame in that ensemble; weights sum to 1.

    Raises
    ------
    UserError
        If the equations do not converge.

    Notes
    -----
    Shirts and Chodera 2008, doi:10.1063/1.2978177; Newton's method on the convex function sum_n ln sum_k N_k exp(f_k - b_kn) - sum_k N_k f_k.
    """
    from scipy.special import logsumexp

    sampled = np.flatnonzero(counts > 0)
    number = counts[sampled].astype(float)
    energies = bias[:, sampled]
    f = np.zeros(len(sampled))
    for _ in range(20):   # self-consistent steps bring any start near enough
        f = -logsumexp(-energies - _mixture(energies, number, f)[:, None], axis=0)
        f -= f[0]
    value = _objective(energies, number, f)
    for _ in range(MOST_STEPS):
        share = np.exp(f - energies - _mixture(energies, number, f)[:, None]) * number
        gradient = share.sum(axis=0) - number
        hessian = np.diag(share.sum(axis=0)) - share.T @ share
        step = -np.linalg.lstsq(hessian + np.full_like(hessian, number.mean() / len(number)), gradient, rcond=1e-14)[0]
        reach = float(np.abs(step - step[0]).max())
        factor = min(1.0, 5.0 / max(reach, 1e-300))
        while factor > 1e-6 and _objective(energies, number, f + factor * step) > value + 1e-9 * abs(value):
            factor /= 2
        f = f + factor * step
        value = _objective(energies, number, f)
        f -= f[0]
        if reach < TOLERANCE * max(1.0, float(np.abs(f).max())):
            break
    else:
        raise UserError("The free energies of the windows do not converge.", "Some of them hardly overlap.", "Add windows between them, or more frames.")
    log_weights = -_mixture(energies, number, f)
    log_weights -= logsumexp(log_weights)
    return -logsumexp(log_weights[:, None] - bias, axis=0), log_weights


def overlap_matrix(bias: np.ndarray, counts: np.ndarray, free_energies: np.ndarray, log_weights: np.ndarray) -> np.ndarray:
    """Probability that a frame of the row's window could be one of the column's, shape (n_windows, n_windows); rows sum to 1.

    Notes
    -----
    Klimovich, Shirts and Mobley 2015, doi:10.1007/s10822-015-9840-9.
    """
    shares = np.exp(log_weights[:, None] + free_energies - bias)   # columns sum to 1
    return shares.T @ shares * counts


def check_overlap(overlap: np.ndarray, data: Ensembles) -> None:
    """Raise `UserError` where windows fall into groups that know nothing of each other."""
    from scipy.sparse.csgraph import connected_components

    used = np.flatnonzero(data.counts > 0)
    inside = overlap[np.ix_(used, used)]
    groups, label = connected_components((inside > LINKED) & (inside.T > LINKED), directed=False)
    if groups > 1:
        names = [listed([data.names[k] for k in used[label == g]][:6]) for g in range(min(groups, 3))]
        raise UserError(f"The ensembles do not overlap: they fall into {groups} groups.", f"No frame of one group would be met in another: {'; '.join(names)}.",
                        f"{_where_to_add(overlap, data)}, make the bias weaker, or look at one group at a time.")


def _where_to_add(overlap: np.ndarray, data: Ensembles) -> str:
    gap = widest_gap(overlap, data.counts)
    return "Add windows between them" if gap is None else f"Add a window between {data.names[gap.one]} and {data.names[gap.other]}"


def _mixture(energies: np.ndarray, number: np.ndarray, f: np.ndarray) -> np.ndarray:
    """ln sum_k N_k exp(f_k - b_kn), shape (n_frames,); written out, as scipy's own takes several times as long for so few columns."""
    terms = (f + np.log(number)) - energies
    highest = terms.max(axis=1)
    terms -= highest[:, None]
    return highest + np.log(np.exp(terms, out=terms).sum(axis=1))


def _objective(energies: np.ndarray, number: np.ndarray, f: np.ndarray) -> float:
    return float(_mixture(energies, number, f).sum() - number @ f)
