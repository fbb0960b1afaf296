"""How sure an answer of several ensembles is: trajectories of each window are drawn anew."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.words import listed
from mdexplore.base.work.threads import single_threaded
from mdexplore.methods.ensembles.estimate import Reweighted, estimate_mbar
from mdexplore.methods.ensembles.inputs import Ensembles
from mdexplore.methods.method import Progress, ignore

Estimate = Callable[[Ensembles, Sequence[int]], Reweighted]
Quantity = Callable[[Reweighted, Sequence[int]], Any]


@single_threaded()
def bootstrap(data: Ensembles, quantity: Quantity, *, estimate: Estimate | None = None, n_samples: int = 50, level: float = 0.95, seed: int = 0,
              progress: Progress = ignore) -> tuple[np.ndarray, np.ndarray]:
    """Interval of any answer of MBAR or TRAM.

    Parameters
    ----------
    data : Ensembles
        Two or more trajectories in each window; frames of one trajectory know of each other, trajectories do not.
    quantity : callable
        ``quantity(found, chosen)`` gives a number or an array; ``chosen`` are the trajectories that were drawn, as numbers of those in ``data``, some of them more than once.
    estimate : callable, optional
        ``estimate(part, chosen)`` gives the `Reweighted` of the ensembles that were drawn, such as
        ``lambda part, chosen: estimate_tram(part, [states[i] for i in chosen], lagtime)``; MBAR where not given.
    n_samples : int
    level : float
    seed : int
    progress : callable

    Returns
    -------
    lower, upper : ndarray
        Quantiles of what the draws give, of the shape of the quantity.

    Raises
    ------
    UserError
        If a window has a single trajectory, or a draw has windows that do not overlap.

    Notes
    -----
    Trajectories are drawn with replacement within each window (Efron 1979, doi:10.1214/aos/1176344552); those that change windows (replica exchange) form a group of their own.
    What no trajectory has seen is not in the interval.
    """
    if n_samples < 2 or not 0 < level < 1:
        raise UserError(f"No interval comes of {n_samples} samples at a level of {level}.", do="Take two samples or more, and a level between 0 and 1.")
    groups, random = _groups(data), np.random.default_rng(seed)
    answers = []
    for k in range(n_samples):
        chosen = np.sort(np.concatenate([random.choice(group, len(group)) for group in groups])).tolist()
        part = Ensembles(tuple(data.bias[i] for i in chosen), tuple(data.windows[i] for i in chosen), data.names)
        found = estimate_mbar(part) if estimate is None else estimate(part, chosen)
        answers.append(np.asarray(quantity(found, chosen), float))
        progress(k + 1, n_samples, "Drawing trajectories anew")
    outside = (1 - level) / 2
    # Infinite free energies (nobody was there) have an order, but no mean.
    return np.quantile(answers, outside, axis=0, method="inverted_cdf"), np.quantile(answers, 1 - outside, axis=0, method="inverted_cdf")


def widened(value: np.ndarray, lower: np.ndarray, upper: np.ndarray, data: Ensembles, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """An interval of `bootstrap` made as wide as so few trajectories ask for.

    Parameters
    ----------
    value, lower, upper : ndarray
        The answer of all trajectories, and the interval of what the draws give.
    data : Ensembles
        What was drawn from; the window with the fewest trajectories counts.
    level : float

    Returns
    -------
    lower, upper : ndarray
        Ends as far from the value as Student's t has it instead of the normal distribution.

    Notes
    -----
    Draws from n trajectories spread less than their mean errs, by sqrt((n - 1) / n), and a spread known from n numbers is itself uncertain; Hesterberg 2015,
    doi:10.1080/00031305.2015.1089789.
    """
    from scipy.stats import norm, t

    n = min(len(group) for group in _groups(data))
    factor = float(np.sqrt(n / (n - 1)) * t.ppf((1 + level) / 2, n - 1) / norm.ppf((1 + level) / 2))
    return value - factor * (value - lower), value + factor * (upper - value)


def in_pieces(data: Ensembles, n_pieces: int) -> tuple[Ensembles, tuple[tuple[int, slice], ...]]:
    """The same frames, with the trajectories of a window cut where they are few, so that there is something to draw.

    Parameters
    ----------
    data : Ensembles
    n_pieces : int
        Of each window at least, where there are as many frames. Pieces that are shorter than the slowest motion of their window know of each other: intervals get too short.

    Returns
    -------
    cut : Ensembles
    origins : tuple of (int, slice)
        Trajectory and frames of each piece; as many as trajectories where nothing was cut.
    """
    window = _homes(data)
    wanted = [-(-n_pieces // int((window == k).sum())) for k in window]
    origins: list[tuple[int, slice]] = []
    for i, (n, pieces) in enumerate(zip(data.lengths, wanted)):
        edges = np.unique(np.linspace(0, n, pieces + 1).astype(int)).tolist()
        origins += [(i, slice(a, b)) for a, b in pairwise(edges)]
    return Ensembles(tuple(data.bias[i][s] for i, s in origins), tuple(data.windows[i][s] for i, s in origins), data.names), tuple(origins)


def _homes(data: Ensembles) -> np.ndarray:
    """Window of each trajectory, -1 for one that changes."""
    return np.array([w[0] if (w == w[0]).all() else -1 for w in data.windows])


def _groups(data: Ensembles) -> list[np.ndarray]:
    window = _homes(data)
    groups = [np.flatnonzero(window == k) for k in np.unique(window)]
    alone = [data.names[window[group[0]]] if window[group[0]] >= 0 else "windows that change" for group in groups if len(group) < 2]
    if alone:
        raise UserError("There is nothing to draw anew.", f"A single trajectory was made in: {listed(alone[:6])}.",
                        "Simulate each window more than once, or cut its trajectory into pieces longer than its slowest motion.")
    return groups
