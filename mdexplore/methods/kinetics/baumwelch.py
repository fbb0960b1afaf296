"""Hidden Markov models on sequences of microstates: the fit, the most likely paths, and draws of the posterior, on deeptime's forward-backward."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mdexplore.base.numerics.mle import reversible_mle
from mdexplore.methods.method import Progress, ignore

OFFSETS = 10       # sequences that a trajectory gives where the lag time is longer: frames between add cost, hardly information
MOST_ROUNDS = 500
TOLERANCE = 1e-3   # of the logarithm of the likelihood
BLUR = 0.01        # share of all states' outputs that each has when held-out data are judged


@dataclass(frozen=True, eq=False)
class Fit:
    """A reversible hidden Markov model.

    Parameters
    ----------
    transition_matrix : ndarray, shape (m, m)
    stationary : ndarray, shape (m,)
    outputs : ndarray, shape (m, n)
        Probability of each symbol in each hidden state.
    counts : ndarray, shape (m, m)
        Expected transitions over the sequences.
    log_likelihood : float
    n_rounds : int
        Rounds of expectation and maximisation; `MOST_ROUNDS` means that they did not come to rest.
    """

    transition_matrix: np.ndarray
    stationary: np.ndarray
    outputs: np.ndarray
    counts: np.ndarray
    log_likelihood: float
    n_rounds: int


def sequences(dtrajs: Sequence[np.ndarray], lagtime: int, n_offsets: int = OFFSETS) -> tuple[list[np.ndarray], float]:
    """Every ``lagtime``-th symbol, from some of the first frames on, cut where a symbol is -1; and what share of all such sequences these are."""
    starts = np.unique(np.linspace(0, lagtime, min(lagtime, n_offsets), endpoint=False).astype(int))
    found = []
    for dtraj in dtrajs:
        for start in starts:
            whole = np.asarray(dtraj[start::lagtime])
            edges = np.flatnonzero(np.diff(np.concatenate([[0], whole >= 0, [0]]).astype(int)))
            found += [np.ascontiguousarray(whole[a:b]) for a, b in zip(edges[::2], edges[1::2]) if b - a > 1]
    return found, len(starts) / lagtime


def fit(observed: Sequence[np.ndarray], transition_matrix: np.ndarray, outputs: np.ndarray, *, keep_outputs: bool = False, max_rounds: int = MOST_ROUNDS, progress: Progress = ignore) -> Fit:
    """Most likely model (Baum and Welch), with detailed balance, from a first guess.

    Parameters
    ----------
    observed : sequence of ndarray, int
        Symbols, from `sequences`.
    transition_matrix : ndarray, shape (m, m)
    outputs : ndarray, shape (m, n)
        What is 0 stays 0.
    keep_outputs : bool
        Only the transition matrix is fitted: the hidden states stay what they are.
    """
    from deeptime.markov.hmm._hmm_bindings import util

    m, n = outputs.shape
    longest = max(map(len, observed))
    alpha, beta = np.zeros((longest, m)), np.zeros((longest, m))
    stationary, before, total = _stationary(transition_matrix), -np.inf, 0.0
    counts = np.zeros((m, m))
    for round_ in range(max_rounds):
        progress(round_, max_rounds, "Hidden Markov model")
        total, counts, seen = 0.0, np.zeros((m, m)), np.zeros((n, m))
        columns = np.ascontiguousarray(outputs.T)
        for symbols in observed:
            gamma, c = np.zeros((len(symbols), m)), np.zeros((m, m))
            total += util.forward_backward(transition_matrix, columns[symbols], stationary, alpha, beta, gamma, c, len(symbols))
            counts += c
            for k in range(m):
                seen[:, k] += np.bincount(symbols, weights=gamma[:, k], minlength=n)
        if total - before < TOLERANCE and round_:
            return Fit(transition_matrix, stationary, outputs, counts, float(total), round_)
        before = total
        transition_matrix, stationary = reversible_mle(counts + 1e-300)
        transition_matrix = np.ascontiguousarray(transition_matrix)
        if not keep_outputs:
            outputs = seen.T / np.maximum(seen.sum(axis=0), 1e-300)[:, None]
    return Fit(transition_matrix, stationary, outputs, counts, float(total), max_rounds)


def held_out_gain(dtrajs: Sequence[np.ndarray], lagtime: int, transition_matrix: np.ndarray, outputs: np.ndarray) -> float:
    """How much likelier hidden states that were fitted to half of the data make the other half than the same states without memory, both ways.

    Parameters
    ----------
    dtrajs : sequence of ndarray, int
        Symbols; -1 outside.
    lagtime : int
        Frames.
    transition_matrix, outputs : ndarray
        First guess, as for `fit`.

    Returns
    -------
    float
        Difference of log likelihoods, sequences that overlap counted once; 0 or below where what was found in one half does not help to tell what comes next in the other,
        and where the halves of the trajectories are too short to say.
    """
    halves: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for i, dtraj in enumerate(dtrajs):   # first and second halves by turns: both have every part of the simulation
        for j, half in enumerate(np.array_split(dtraj, 2)):
            halves[(i + j) % 2].append(half)
    gain = 0.0
    for learnt, tested in (halves, halves[::-1]):
        learns, tests = sequences(learnt, lagtime)[0], sequences(tested, lagtime)
        if not learns or not tests[0]:
            return 0.0
        found = fit(learns, transition_matrix, outputs)
        likely = found.outputs * (1 - BLUR) + BLUR * np.where(found.outputs.any(axis=0), found.outputs.mean(axis=0), 1.0)   # no symbol is impossible; one that was never seen tells nothing
        columns, alone = np.ascontiguousarray(likely.T), np.ascontiguousarray(np.tile(found.stationary, (len(found.stationary), 1)))
        gain += (_log_likelihood(tests[0], found.transition_matrix, found.stationary, columns) - _log_likelihood(tests[0], alone, found.stationary, columns)) / (tests[1] * lagtime)
    return gain


def _log_likelihood(observed: Sequence[np.ndarray], transition_matrix: np.ndarray, stationary: np.ndarray, columns: np.ndarray) -> float:
    from deeptime.markov.hmm._hmm_bindings import util

    alpha = np.zeros((max(map(len, observed)), len(stationary)))
    return float(sum(util.forward(transition_matrix, columns[symbols], stationary, alpha, len(symbols)) for symbols in observed))


def most_likely_paths(dtrajs: Sequence[np.ndarray], lagtime: int, found: Fit) -> tuple[np.ndarray, ...]:
    """The most likely hidden state of every frame (Viterbi), of frames a lag time apart together; -1 where a symbol is -1."""
    from deeptime.markov.hmm._hmm_bindings import util

    # A symbol outside the model tells nothing of the hidden state: any is as likely.
    columns = np.ascontiguousarray(np.concatenate([found.outputs.T, np.ones((1, len(found.stationary)))]))
    paths = []
    for dtraj in dtrajs:
        path = np.full(len(dtraj), -1, np.int16)
        for start in range(min(lagtime, len(dtraj))):
            symbols = np.asarray(dtraj[start::lagtime])
            path[start::lagtime] = util.viterbi(found.transition_matrix, columns[symbols], found.stationary)
        path[np.asarray(dtraj) < 0] = -1
        paths.append(path)
    return tuple(paths)


def sample(observed: Sequence[np.ndarray], found: Fit, n_samples: int, seed: int, *, progress: Progress = ignore) -> np.ndarray:
    """Transition matrices drawn from the posterior of a model, by turns with hidden paths and outputs (Gibbs).

    Parameters
    ----------
    observed : sequence of ndarray, int
        Sequences that do not overlap.
    found : Fit
        Where sampling starts.
    n_samples, seed : int

    Returns
    -------
    ndarray, shape (n_samples, m, m)

    Notes
    -----
    Chodera et al. 2011, arXiv:1108.1430. Transition matrices in detailed balance by deeptime's reversible sampler; outputs are Dirichlet variables.
    """
    from deeptime.markov.hmm._hmm_bindings import util
    from deeptime.markov.tools.estimation.dense.tmat_sampling.sampler_rev import SamplerRev

    random, (m, n) = np.random.default_rng(seed), found.outputs.shape
    matrix, outputs, drawn = found.transition_matrix, found.outputs, np.empty((n_samples, m, m))
    alpha = np.zeros((max(map(len, observed)), m))
    for i in range(n_samples):
        progress(i, n_samples, "posterior of the hidden Markov model")
        stationary, columns = _stationary(matrix), np.ascontiguousarray(outputs.T)
        counts, seen = np.zeros((m, m)), np.zeros((m, n))
        for symbols in observed:
            util.forward(matrix, columns[symbols], stationary, alpha, len(symbols))
            path = util.sample_path(alpha, matrix, len(symbols), int(random.integers(1 << 30)))
            counts += np.bincount(path[:-1] * m + path[1:], minlength=m * m).reshape(m, m)
            seen += np.bincount(path * n + symbols, minlength=m * n).reshape(m, n)
        sampler = SamplerRev(np.ascontiguousarray(counts + 1e-10), P0=np.array(matrix), seed=int(random.integers(1 << 30)))
        matrix = drawn[i] = np.ascontiguousarray(sampler.sample(N=10))
        outputs = np.array([_dirichlet(random, row, was > 0) for row, was in zip(seen, found.outputs)])
    progress(n_samples, n_samples, "posterior of the hidden Markov model")
    return drawn


def _dirichlet(random: np.random.Generator, seen: np.ndarray, possible: np.ndarray) -> np.ndarray:
    """Probabilities given how often each symbol was seen; only possible ones that were seen have any."""
    weights = np.zeros(len(seen))
    has = possible & (seen > 0)
    weights[has] = random.gamma(seen[has])
    return weights / weights.sum() if has.any() else possible / possible.sum()


def _stationary(matrix: np.ndarray) -> np.ndarray:
    from mdexplore.base.numerics.spectrum import stationary_distribution

    return np.ascontiguousarray(np.clip(stationary_distribution(matrix), 1e-300, None))
