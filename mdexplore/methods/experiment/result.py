"""What measurements change in a Markov model."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdexplore.base.notices import Notice
from mdexplore.base.plain import storable

CONFLICT = 2.5   # combined errors; one in eighty measurements without fault is farther off
WORSE = 1.1      # times the departure from the simulation alone: a measurement that only the simulation contradicts is in no conflict with others


@storable
@dataclass(frozen=True, eq=False, repr=False)
class Augmented:
    """A Markov model before and after measured averages are taken into account.

    Parameters
    ----------
    names, units : tuple of str, length k
        Of the observables.
    measured, errors : ndarray, shape (k,)
    before, after : ndarray, shape (k,)
        Averages of the model without and with the measurements.
    left_out : ndarray, shape (k,)
        What the model with all other measurements says of this one; NaN where not asked for, or where it was left out anyway.
    multipliers : ndarray, shape (k,)
        Pull of each measurement on the model, 2 w (m - <e>), per unit of the observable.
    lagtime : int
        Frames.
    active : ndarray, shape (n_active,), int
        Microstates of the model.
    transition_matrix : ndarray, shape (n_active, n_active)
    stationary_before, stationary : ndarray, shape (n_active,)
    timescales_before, timescales : ndarray, shape (m,)
        Frames.
    populations_before, populations : ndarray, shape (n_states,)
        Of the metastable states.
    state_means : ndarray, shape (n_clusters, k)
        Average of each observable in each microstate; NaN for one without frames.
    log_likelihood_cost : float
        By how much the logarithm of the likelihood of the counts falls.
    notices : tuple of Notice
    pulls_alone : ndarray, shape (k,), or None
        Pull of each measurement where it is the only one; None where no measurement was left out.
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    measured: np.ndarray
    errors: np.ndarray
    before: np.ndarray
    after: np.ndarray
    left_out: np.ndarray
    multipliers: np.ndarray
    lagtime: int
    active: np.ndarray
    transition_matrix: np.ndarray
    stationary_before: np.ndarray
    stationary: np.ndarray
    timescales_before: np.ndarray
    timescales: np.ndarray
    populations_before: np.ndarray
    populations: np.ndarray
    state_means: np.ndarray
    log_likelihood_cost: float
    timestep_ns: float | None = None
    notices: tuple[Notice, ...] = ()
    pulls_alone: np.ndarray | None = None

    @property
    def means(self) -> np.ndarray:
        """Average of each observable in each microstate of the model; shape (n_active, k)."""
        return np.asarray(self.state_means[self.active])

    @property
    def weight_change(self) -> np.ndarray:
        """By what factor the weight of each microstate, and of its frames, changes; shape (n_active,)."""
        return self.stationary / self.stationary_before

    @property
    def spreads(self) -> np.ndarray:
        """What averages are drawn in units of: the errors, and for a measurement that has none of its own how far the model was off before; shape (k,)."""
        has_error = (self.errors > 0) & np.isfinite(self.errors)
        return np.where(has_error, self.errors, np.maximum(np.abs(self.before - self.measured), 1e-12))

    @property
    def departures(self) -> np.ndarray:
        """How far each measurement lies from what all others and the simulation say, in errors of the measurement and of that prediction together; shape (k,), NaN where not asked for.

        Notes
        -----
        A measurement m with error s, and a prediction p with error d, meet at a = p + (m - p) d^2 / (s^2 + d^2). The pull there is (m - a) / s^2 = (m - p) / (s^2 + d^2), so that
        (m - p)^2 / (s^2 + d^2) is the pull times (m - p): the leave-one-out residual of least squares, with the curvature of the likelihood for d.
        """
        return _departures(self.measured - self.left_out, self.multipliers)

    @property
    def conflicts(self) -> tuple[int, ...]:
        """Observables in conflict with the others: more than `CONFLICT` combined errors from what they predict, and farther than from what the simulation says without them."""
        if self.pulls_alone is None:
            return ()
        alone = _departures(self.measured - self.before, self.pulls_alone)
        return tuple(int(k) for k in np.flatnonzero((self.departures > CONFLICT) & (self.departures > WORSE * alone)))

    def carried_by(self, observable: int) -> np.ndarray:
        """How much each microstate adds to the change of an observable's average; shape (n_active,), sums to ``after - before``."""
        e = self.means[:, observable]
        return (self.stationary - self.stationary_before) * (e - self.before[observable])

    def __repr__(self) -> str:
        lines = [f"<Augmented MSM: {len(self.names)} measured average{'s' * (len(self.names) != 1)}, log likelihood falls by {self.log_likelihood_cost:.3g}"]
        for k, name in enumerate(self.names[:4]):
            left = "" if np.isnan(self.left_out[k]) else f", left out {self.left_out[k]:.4g}"
            lines.append(f" {name}: measured {self.measured[k]:.4g} ± {self.errors[k]:.2g} {self.units[k]}, before {self.before[k]:.4g}, after {self.after[k]:.4g}{left}")
        return "\n".join(lines) + ("\n …" if len(self.names) > 4 else "") + ">"


def _departures(gaps: np.ndarray, pulls: np.ndarray) -> np.ndarray:
    return np.asarray(np.sqrt(np.maximum(gaps * pulls, 0.0)))
