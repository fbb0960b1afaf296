"""Statistically effective transition counts: what is left of sliding counts once their overlap and memory are taken off."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mdexplore.base.numerics.counts import sliding_counts


def effective_counts(dtrajs: Sequence[np.ndarray], lagtime: int, n_states: int) -> np.ndarray:
    """Sliding counts with each row scaled to its number of uncorrelated counts.

    Parameters
    ----------
    dtrajs : sequence of ndarray, shape (n_frames_i,), int
        -1 marks a frame outside the model, whose pairs are left out.
    lagtime : int
        Frames.
    n_states : int

    Returns
    -------
    ndarray, shape (n_states, n_states), float64
        Equal to deeptime's ``TransitionCountEstimator(lagtime, "effective")`` to rounding.

    Notes
    -----
    For each pair (i, j) the statistical inefficiency of the indicator "goes to j" along the visits to i is summed until its
    autocorrelation first passes zero; rows are scaled by the average. Noé 2015, arXiv:1510.01173.
    """
    counts = sliding_counts(dtrajs, lagtime, n_states)
    inefficiency = _inefficiencies(*_conditional_sequences(dtrajs, lagtime, n_states), counts)
    factor = (counts * inefficiency).sum(axis=1) / np.maximum(counts.sum(axis=1), 1.0)
    return counts * factor[:, None]


Sequences = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, list[np.ndarray]]


def _conditional_sequences(dtrajs: Sequence[np.ndarray], lagtime: int, n_states: int) -> Sequences:
    """Targets of all visits, laid end to end by start state, then trajectory, then time.

    Returns the targets, their start states, where the run of the same state and trajectory starts and ends, and for each state
    the lengths of its runs.
    """
    parts = []
    for i, dtraj in enumerate(dtrajs):
        dtraj = np.asarray(dtraj)
        if len(dtraj) > lagtime:
            start, end = dtraj[:-lagtime].astype(np.int64), dtraj[lagtime:].astype(np.int64)
            inside = (start >= 0) & (end >= 0)
            parts.append(np.stack([start[inside], np.full(int(inside.sum()), i), end[inside]]))
    start, trajectory, target = np.concatenate(parts, axis=1) if parts else np.zeros((3, 0), np.int64)
    order = np.argsort(start * (len(dtrajs) + 1) + trajectory, kind="stable")
    start, trajectory, target = start[order], trajectory[order], target[order]
    new = np.flatnonzero(np.append(True, (start[1:] != start[:-1]) | (trajectory[1:] != trajectory[:-1]))) if len(start) else np.zeros(0, int)
    lengths = np.diff(np.append(new, len(start)))
    runs = [lengths[start[new] == s] for s in range(n_states)]
    return target, start, np.repeat(new, lengths), np.repeat(new + lengths, lengths), runs


def _inefficiencies(target: np.ndarray, state: np.ndarray, starts: np.ndarray, ends: np.ndarray, runs: list[np.ndarray], counts: np.ndarray) -> np.ndarray:
    """Statistical inefficiency of every pair with counts, shape (n_states, n_states), in (0, 1]."""
    n = len(counts)
    key = state * n + target
    rows = np.maximum(counts.sum(axis=1), 1.0)
    share = (counts / rows[:, None]).ravel()
    longest = np.array([r.max(initial=0) for r in runs])
    correlation = np.zeros(n * n)
    # A row with one target never changes; there is nothing to correlate.
    open_pairs = (share > 0) & (share < 1)
    hits = np.flatnonzero(open_pairs[key])
    lag = 0
    while len(hits):
        lag += 1
        pairs = np.flatnonzero(open_pairs)
        row = pairs // n
        left = {int(i): int(np.maximum(runs[i] - lag, 0).sum()) for i in np.unique(row)}
        remaining = np.array([left[int(i)] for i in row], dtype=float)
        later = hits[hits + lag < ends[hits]]
        heads = np.bincount(key[later], minlength=n * n)[pairs]
        both = np.bincount(key[later[key[later + lag] == key[later]]], minlength=n * n)[pairs]
        tails = np.bincount(key[hits[hits - lag >= starts[hits]]], minlength=n * n)[pairs]
        p = share[pairs]
        with np.errstate(divide="ignore", invalid="ignore"):
            decay = np.where(remaining > 0, (both - p * (heads + tails) + p * p * remaining) / remaining, 0.0)
        goes_on = (decay > 0) & (lag < longest[row])
        correlation[pairs[goes_on]] += decay[goes_on] * (1.0 - lag / longest[row[goes_on]])
        open_pairs[pairs[~goes_on]] = False
        hits = hits[open_pairs[key[hits]]]
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where(share > 0, 1.0 / (1.0 + 2.0 * correlation / share), 0.0)
    return found.reshape(n, n)
