"""Chains whose timescales are known in closed form: two states, birth and death, and the autoregressive process."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mdexplore.base.errors import UserError


def two_state(p_leave: tuple[float, float] = (0.01, 0.02), n_frames: int = 200_000, seed: int = 1) -> np.ndarray:
    """A Markov chain of two states; its timescale is -1/ln(1 - a - b) frames.

    Parameters
    ----------
    p_leave : (float, float)
        Probability a of leaving state 0 and b of leaving state 1 in a frame.
    n_frames : int
    seed : int

    Returns
    -------
    ndarray, shape (n_frames,), int
        0 or 1; begins in equilibrium, where the populations are (b, a) / (a + b).

    Raises
    ------
    UserError
        If a probability is not between 0 and 1.
    """
    if not all(0 < p < 1 for p in p_leave):
        raise UserError(f"p_leave={p_leave} cannot be used.", do="Give two probabilities above 0 and below 1.")
    rng = np.random.default_rng(seed)
    first = int(rng.random() < p_leave[0] / sum(p_leave))
    stays: list[np.ndarray] = []
    total = 0
    while total < n_frames:
        pair = rng.geometric([p_leave[first], p_leave[1 - first]], size=(max(16, n_frames // 64), 2))
        stays.append(pair.ravel())
        total += int(pair.sum())
    lengths = np.concatenate(stays)
    states = (np.arange(len(lengths)) + first) % 2
    return np.repeat(states, lengths)[:n_frames]


def two_state_timescale(p_leave: tuple[float, float]) -> float:
    """Relaxation time in frames of `two_state`."""
    return float(-1 / np.log(abs(1 - sum(p_leave))))


def ar1(a: float = 0.98, n_frames: int = 100_000, seed: int = 1) -> np.ndarray:
    """x[t + 1] = a x[t] + noise of variance 1 - a²; its timescale is -1/ln a frames, its own variance 1.

    Parameters
    ----------
    a : float
        Between 0 and 1.
    n_frames : int
    seed : int

    Returns
    -------
    ndarray, shape (n_frames,), float64
        Begins in equilibrium.
    """
    from scipy.signal import lfilter

    if not 0 < a < 1:
        raise UserError(f"a={a} cannot be used.", do="Give a coefficient above 0 and below 1.")
    noise = np.random.default_rng(seed).normal(size=n_frames)
    noise[1:] *= np.sqrt(1 - a * a)
    return lfilter([1.0], [1.0, -a], noise)


def birth_death_matrix(q: Sequence[float], p: Sequence[float]) -> np.ndarray:
    """Transition matrix of a birth-death chain.

    Parameters
    ----------
    q, p : sequence of float, length n
        Probability of a step down and up from each state; q[0] and p[-1] are 0.

    Returns
    -------
    ndarray, shape (n, n)

    Raises
    ------
    UserError
        If these are no such probabilities.
    """
    down, up = np.asarray(q, float), np.asarray(p, float)
    if down.shape != up.shape or down.ndim != 1 or down[0] or up[-1] or (down < 0).any() or (up < 0).any() or (down + up > 1).any():
        raise UserError("These are no probabilities of a birth-death chain.", do="Give q and p of equal length with q[0] = p[-1] = 0 and q + p at most 1.")
    return np.diag(1 - down - up) + np.diag(up[:-1], 1) + np.diag(down[1:], -1)


def birth_death_populations(q: Sequence[float], p: Sequence[float]) -> np.ndarray:
    """Stationary populations: pi[i + 1] / pi[i] = p[i] / q[i + 1]."""
    weights = np.concatenate([[1.0], np.cumprod(np.asarray(p, float)[:-1] / np.asarray(q, float)[1:])])
    return weights / weights.sum()


def birth_death(q: Sequence[float], p: Sequence[float], n_frames: int = 100_000, seed: int = 1) -> np.ndarray:
    """A chain that steps up or down by one.

    Parameters
    ----------
    q, p : sequence of float, length n
        Probability of a step down and up from each state.
    n_frames : int
    seed : int

    Returns
    -------
    ndarray, shape (n_frames,), int
        State of each frame; begins in equilibrium.
    """
    birth_death_matrix(q, p)   # checks them
    rng = np.random.default_rng(seed)
    state = int(rng.choice(len(q), p=birth_death_populations(q, p)))
    down, stay = [float(x) for x in q], [1 - float(x) for x in p]
    states = np.empty(n_frames, dtype=np.int64)
    for i, draw in enumerate(rng.random(n_frames).tolist()):
        states[i] = state
        if draw < down[state]:
            state -= 1
        elif draw >= stay[state]:
            state += 1
    return states


def chain_timescales(matrix: np.ndarray, n: int = 3) -> tuple[float, ...]:
    """The slowest relaxation times in frames of a transition matrix, from its eigenvalues."""
    values = np.sort(np.linalg.eigvals(matrix).real)[::-1][1:n + 1]
    return tuple(float(t) for t in -1 / np.log(values))
