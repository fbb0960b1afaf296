"""What tests of a model say: Chapman-Kolmogorov, held-out score."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdexplore.base.notices import Notice
from mdexplore.base.plain import storable
from mdexplore.base.words import count_of, listed
from mdexplore.methods.results.words import Timed, in_ns, lag_range

VISIBLE = 0.01        # a hundredth of probability changes no conclusion
SHARE_OUTSIDE = 0.1   # of the cells of the test
NARROW = 0.1          # a band of a tenth of probability is a test even of a prediction that stays where it is


@storable
@dataclass(frozen=True, eq=False, repr=False)
class ChapmanKolmogorov(Timed):
    """Does the model at one lag time predict what is seen at its multiples?

    Parameters
    ----------
    lagtimes : ndarray, shape (m,), int
        Frames; the first is the model's lag time.
    predicted, estimated, lower, upper : ndarray, shape (m, n_states, n_states)
        Probability to be in the column's state after starting in the row's; the 95 % band is that of the estimate.
    """

    lagtimes: np.ndarray
    predicted: np.ndarray
    estimated: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    timestep_ns: float | None = None
    notices: tuple[Notice, ...] = ()

    @property
    def lagtimes_ns(self) -> np.ndarray | None:
        return in_ns(self.lagtimes, self.timestep_ns)

    @property
    def deviation(self) -> np.ndarray:
        """|predicted - estimated| in half-widths of the band, shape (m, n_states, n_states); above 1 it lies outside."""
        below, above = self.estimated - self.lower, self.upper - self.estimated
        off = self.predicted - self.estimated
        room = np.where(off < 0, below, above)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.abs(off) / room
        return np.where(np.abs(off) < 1e-12, 0.0, ratio)

    @property
    def n_tested(self) -> int:
        """How many predictions there are to test: at the lag time itself prediction and estimate are the same model."""
        return int(np.isfinite(self.estimated[1:]).sum())

    @property
    def outside(self) -> np.ndarray:
        """Which predictions lie outside their band by more than a hundredth of probability, shape (m, n_states, n_states)."""
        gap = np.nan_to_num(np.abs(self.predicted - self.estimated), nan=0.0)
        found = (np.nan_to_num(self.deviation, nan=0.0, posinf=0.0) > 1) & (gap > VISIBLE)
        found[:1] = False
        return found

    @property
    def has_bars(self) -> bool:
        """Whether there is any band to judge by; a model may have none."""
        return bool(np.isfinite((self.upper - self.lower)[1:]).any())

    @property
    def fails(self) -> bool:
        """More than a tenth of the predictions lie outside, or one of them by twice its band."""
        outside = self.outside
        return bool(outside.any() and (outside.sum() > SHARE_OUTSIDE * self.n_tested or self.deviation[outside].max() >= 2))

    @property
    def too_wide(self) -> np.ndarray:
        """Pairs whose bands cannot tell a right prediction from a wrong one, shape (n_states, n_states), bool.

        So it is where the typical band after the first lag time is wider than all the prediction changes, and than a tenth of probability; or where there is none.
        """
        widths, found = (self.upper - self.lower)[1:], np.ones(self.predicted.shape[1:], bool)
        known = np.isfinite(widths).any(axis=0)
        if not known.any():
            return found
        typical = np.array([np.median(w[np.isfinite(w)]) for w in widths[:, known].T])
        span = np.ptp(self.predicted, axis=0)[known]
        found[known] = typical > np.maximum(span, NARROW)
        return found

    @property
    def untested(self) -> tuple[int, ...]:
        """States for which the test says nothing: the band of staying in them is too wide (`too_wide`)."""
        return tuple(int(k) for k in np.flatnonzero(np.diag(self.too_wide)))

    @property
    def verdict(self) -> str:
        """The test in a few words, states counted from 1: what it finds, and what it could not have found."""
        n = self.predicted.shape[1]
        if n < 2:
            return "nothing to test: there is one state"
        if not self.n_tested:
            return "not tested: no multiple of the lag time fits into the data"
        if not self.has_bars:
            return "cannot tell: the estimates have no error bars"
        if self.outside.any():
            found = f"{'fails: ' if self.fails else ''}{int(self.outside.sum())} of {self.n_tested} predictions outside their band"
        elif len(self.untested) == n:
            return "cannot tell: the bands are too wide to test"
        else:
            found = "all within the bands"
        if not self.untested:
            return found
        names = listed([k + 1 for k in self.untested])
        return f"{found}; bands too wide to test {'state' if len(self.untested) == 1 else 'states'} {names}"

    def __repr__(self) -> str:
        return (f"<ChapmanKolmogorov at {lag_range(self.unit, self.lagtimes)}, {count_of(self.predicted.shape[1], 'state')}\n"
                f" {self.verdict}>")


@storable
@dataclass(frozen=True, eq=False, repr=False)
class Score(Timed):
    """Held-out VAMP-2 score of a projection.

    Parameters
    ----------
    mean, std : float
        Over the folds; the constant function counts 1.
    folds : ndarray, shape (n_folds,)
    train : ndarray, shape (n_folds,)
        The same on the data the projection was fitted to.
    lagtime : int
        Frames.
    notices : tuple of Notice
    dim : int or None
        How many coordinates were scored: at best each counts 1 more. None where it is not known.
    timestep_ns : float or None
    """

    mean: float
    std: float
    folds: np.ndarray
    train: np.ndarray
    lagtime: int = 1
    notices: tuple[Notice, ...] = ()
    dim: int | None = None
    timestep_ns: float | None = None

    def say(self) -> str:
        """``"VAMP-2 (held out) 1.54 ± 0.02 of at most 2, lag 50 ps"``."""
        best = "" if self.dim is None else f" of at most {1 + self.dim}"
        return f"VAMP-2 (held out) {self.mean:.2f} ± {self.std:.2f}{best}, lag {self.unit.say(self.lagtime)}"

    def __repr__(self) -> str:
        return f"<Score: {self.say()}; {count_of(len(self.folds), 'fold')}, {float(np.mean(self.train)):.2f} on its own data>"
