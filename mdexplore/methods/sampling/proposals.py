"""Where to start the next simulations: microstates that are seldom seen, or on which the uncertainty of a number rests."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.numerics.spectrum import implied_timescales, slow_modes
from mdexplore.base.plain import storable
from mdexplore.base.words import count_of
from mdexplore.methods.results import Kinetics

POLICIES = ("least-counts", "uncertainty", "selection")


@storable
@dataclass(frozen=True, eq=False, repr=False)
class Proposals:
    """Frames to start from.

    Parameters
    ----------
    frames : ndarray, shape (n, 2), int
        (trajectory, frame).
    microstates : ndarray, shape (n,), int
    reasons : tuple of str, length n
        Why each, for people.
    scores : ndarray, shape (n,)
        What the policy ranks by: frames seen (least counts), share of the variance of the target that this start is expected to take away
        (uncertainty), 1 (selection).
    policy, target : str
    """

    frames: np.ndarray
    microstates: np.ndarray
    reasons: tuple[str, ...]
    scores: np.ndarray
    policy: str
    target: str = ""

    def __repr__(self) -> str:
        lines = "\n".join(f" trajectory {t}, frame {f}: {why}" for (t, f), why in zip(self.frames[:5], self.reasons))
        return f"<{count_of(len(self.frames), 'start')} by {self.policy}{f' of {self.target}' if self.target else ''}\n{lines}{' …' if len(self.frames) > 5 else ''}>"


def least_counts(seen: np.ndarray, n: int, usable: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The states seen least, each start counting as one more visit of a hundredth of the frames.

    Parameters
    ----------
    seen : ndarray, shape (n_states,)
        Frames of each state.
    n : int
    usable : ndarray, shape (n_states,), bool, optional
        States that can be started from; those with frames where not given.

    Returns
    -------
    states : ndarray, shape (n,), int
    before : ndarray, shape (n,)
        Frames seen of each.
    """
    left = np.where(seen > 0 if usable is None else usable, seen.astype(float), np.inf)
    step, chosen = max(float(seen.sum()) / 100, 1.0), []
    for _ in range(n):
        chosen.append(int(np.argmin(left)))
        left[chosen[-1]] += step
    return np.array(chosen, dtype=int), seen[chosen]


def row_variances(matrix: np.ndarray, stationary: np.ndarray, target: str, *, lagtime: int = 1, states: np.ndarray | None = None) -> tuple[np.ndarray, float]:
    """How much the variance of a number owes to each row of the transition matrix, for one independent count in it.

    Parameters
    ----------
    matrix : ndarray, shape (n, n)
    stationary : ndarray, shape (n,)
    target : str
        ``"timescale 1"`` for the slowest, ``"timescale 2"`` ..., or ``"population k"`` with the columns of `states` counted from 1.
    lagtime : int
    states : ndarray, shape (n, n_sets), optional
        Memberships of metastable states.

    Returns
    -------
    variances : ndarray, shape (n,)
        Divided by the counts of each row they add up to the variance of the number (of its logarithm for a timescale).
    value : float

    Raises
    ------
    UserError
        If there is no such timescale or population.

    Notes
    -----
    Hinrichs and Pande 2007, doi:10.1063/1.2740261.
    """
    kind, number = parse_target(target)
    if kind == "timescale":
        modes = slow_modes(matrix, stationary, number)
        if number >= len(modes.eigenvalues):
            raise UserError(f"There is no timescale {number}.", f"The model has {len(modes.eigenvalues) - 1}.")
        value = float(implied_timescales(modes.eigenvalues[number:number + 1], lagtime)[0])
        if not np.isfinite(value):
            raise UserError(f"Timescale {number} is not resolved.", do="Choose a slower one, or another lag time.")
        eigenvalue = modes.eigenvalues[number]
        left, right = modes.left[:, number] / (eigenvalue * np.log(eigenvalue)), modes.right[:, number]
    else:
        if states is None or not 1 <= number <= states.shape[1]:
            raise UserError(f"There is no metastable state {number}.", f"They are numbered 1 to {0 if states is None else states.shape[1]}.")
        value = float(stationary @ states[:, number - 1])
        left, right = stationary, np.linalg.solve(np.eye(len(stationary)) - matrix + stationary[None, :], states[:, number - 1])
    return left**2 * np.maximum(matrix @ right**2 - (matrix @ right) ** 2, 0.0), value


def parse_target(target: str) -> tuple[str, int]:
    """``("timescale", 1)`` from ``"timescale 1"``."""
    kind, _, number = target.partition(" ")
    if kind not in ("timescale", "population") or not number.isdigit() or int(number) < 1:
        raise UserError(f"{target!r} is no number of the model.", do="Write 'timescale 1' for the slowest, or 'population 2' for the second metastable state.")
    return kind, int(number)


def by_uncertainty(variances: np.ndarray, counts: np.ndarray, n: int, *, gain: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """States from which more counts lower the variance most, one start after another.

    Parameters
    ----------
    variances : ndarray, shape (n_states,)
        Of `row_variances`.
    counts : ndarray, shape (n_states,)
        Independent counts of each row.
    n : int
    gain : float
        Independent counts that a start adds to its row.

    Returns
    -------
    states : ndarray, shape (n,), int
    shares : ndarray, shape (n,)
        Share of the present variance that each start takes away.
    """
    now, total = counts.astype(float) + 1, float((variances / (counts + 1)).sum())
    chosen, shares = [], []
    for _ in range(n):
        drop = variances / now - variances / (now + gain)
        best = int(np.argmax(drop))
        chosen.append(best)
        shares.append(drop[best] / total if total > 0 else 0.0)
        now[best] += gain
    return np.array(chosen, dtype=int), np.array(shares)


def effective_counts(kinetics: Kinetics) -> np.ndarray:
    """Independent counts of each active row: sliding counts divided by the lag time. The errors of a model of several ensembles (`Kinetics.unbiased`) do not come of them."""
    active = kinetics.active
    return kinetics.counts[np.ix_(active, active)].sum(axis=1) / kinetics.lagtime


def standard_error(variances: np.ndarray, counts: np.ndarray) -> float:
    """Standard error that variances of rows come to with so many counts (`mdexplore.base.numerics.errors.ErrorModel`)."""
    return float(np.sqrt((variances / (counts + 1)).sum()))

