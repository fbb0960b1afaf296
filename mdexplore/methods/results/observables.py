"""What a Markov model says of a quantity that can be computed for every frame."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdexplore.base.plain import storable
from mdexplore.methods.results.words import Timed, in_ns


@storable
@dataclass(frozen=True, eq=False, repr=False)
class Observable(Timed):
    """Mean, autocorrelation, relaxation and dynamical fingerprint of a quantity, with 95 % intervals.

    Parameters
    ----------
    name : str
    lagtime : int
        Of the model, frames.
    means : ndarray, shape (n_clusters,)
        Of the frames of each microstate; NaN outside the model.
    expectation, lower, upper : float
        In equilibrium.
    times : ndarray, shape (m,)
        Frames; multiples of the lag time, the first is 0.
    autocorrelation, autocorrelation_lower, autocorrelation_upper : ndarray, shape (m,)
        Of the mean over each microstate, without the square of the expectation, over its value at time 0: 1 at first, 0 in the end.
    measured : ndarray, shape (m,)
        The same of the frames themselves, each with the mean of its microstate; NaN where no trajectory is so long.
    timescales : ndarray, shape (k,)
        Frames, slowest first.
    amplitudes, amplitudes_lower, amplitudes_upper : ndarray, shape (k,)
        Share of each process in the autocorrelation at time 0: the dynamical fingerprint.
    relaxation, relaxation_lower, relaxation_upper : ndarray, shape (m,), or None
        Mean of the quantity after a start in some states; None where no start was given.
    relaxation_amplitudes : ndarray, shape (k,), or None
        Part of each process in the relaxation, in units of the quantity.
    timestep_ns : float or None
    """

    name: str
    lagtime: int
    means: np.ndarray
    expectation: float
    lower: float
    upper: float
    times: np.ndarray
    autocorrelation: np.ndarray
    autocorrelation_lower: np.ndarray
    autocorrelation_upper: np.ndarray
    measured: np.ndarray
    timescales: np.ndarray
    amplitudes: np.ndarray
    amplitudes_lower: np.ndarray
    amplitudes_upper: np.ndarray
    relaxation: np.ndarray | None = None
    relaxation_lower: np.ndarray | None = None
    relaxation_upper: np.ndarray | None = None
    relaxation_amplitudes: np.ndarray | None = None
    timestep_ns: float | None = None

    @property
    def times_ns(self) -> np.ndarray | None:
        return in_ns(self.times, self.timestep_ns)

    @property
    def timescales_ns(self) -> np.ndarray | None:
        return in_ns(self.timescales, self.timestep_ns)

    def __repr__(self) -> str:
        unit = self.unit
        lines = [f"<Observable {self.name}: {self.expectation:.4g} [{self.lower:.4g}, {self.upper:.4g}] in equilibrium"]
        if len(self.amplitudes) and np.isfinite(self.amplitudes).any():
            k = int(np.nanargmax(self.amplitudes))
            lines.append(f" {100 * self.amplitudes[k]:.3g} % of its autocorrelation relaxes in {unit.say(float(self.timescales[k]))}")
        return "\n".join(lines) + ">"
