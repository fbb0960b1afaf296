"""The Koopman model of fuzzy states: memberships go straight into the kinetics."""
from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.base.numerics.spectrum import implied_timescales, slow_modes
from mdexplore.base.units import TimeUnit
from mdexplore.methods.deep.koopman import Koopman, reversible_koopman
from mdexplore.methods.kinetics.lagmodels import LagModel, LagModels, lag_models
from mdexplore.methods.kinetics.msm import kinetics_of
from mdexplore.methods.method import Lag, Progress, Settings, ignore, method, setting
from mdexplore.methods.results import Clustering, Kinetics

UNEVEN = 0.1       # relative difference of the slowest timescales that is told
MOST_ROUNDS = 500
CLOSE = 1e-9       # of eigenvalues
LEAST = 1e-6       # population of a state that is there


@dataclass(frozen=True)
class FuzzyKoopman(Settings):
    """Settings of the Koopman model of fuzzy states."""

    estimator: ClassVar[str] = "fuzzy"

    lagtime: Lag = setting(None, help="Time of one step of the model; the study's lag time where not given.")


@dataclass(frozen=True, eq=False)
class FuzzyModel(LagModel):
    """The model at one lag time; its timescales are those of the Koopman matrix, its transition matrix is one in detailed balance (`balanced`).

    Parameters
    ----------
    koopman : Koopman
        Of the states in ``active``.
    """

    koopman: Koopman | None = None

    @cached_property
    def timescales(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Values, lower and upper ends, frames; bars as wide in proportion as those of the transition matrix."""
        values, lower, upper = LagModel.timescales.func(self)   # type: ignore[attr-defined]
        exact = np.full(len(values), np.nan)
        if self.koopman is not None:
            known = implied_timescales(self.koopman.eigenvalues, self.lagtime)[: len(values)]
            exact[: len(known)] = known
        return exact, exact * lower / values, exact * upper / values


@method("kinetics", settings=FuzzyKoopman, needs="clustering", source="doi:10.1038/s41467-017-02388-1", name="fuzzy-koopman", title="Koopman model of fuzzy states")
def fuzzy_koopman(settings: FuzzyKoopman, clustering: Clustering, *, lagtime: int, seed: int = 0, timestep_ns: float | None = None, progress: Progress = ignore) -> Kinetics:
    """How memberships in fuzzy states move on in one lag time.

    Parameters
    ----------
    settings : FuzzyKoopman
    clustering : Clustering
        With memberships, as the clustering ``fuzzy-states`` gives them.
    lagtime : int
        Frames.
    seed : int
        Not used: there is nothing random in it.
    timestep_ns : float or None
    progress : callable

    Returns
    -------
    Kinetics
        Timescales and populations are those of the time-symmetrised Koopman matrix. That matrix can hold small negative entries and has no detailed balance
        between overlapping states; ``transition_matrix`` has, with the same populations and, unless a notice says otherwise, the same timescales.

    Raises
    ------
    UserError
        If the clustering has no memberships, the lag time is too long, or the states overlap too much for a transition matrix.

    Notes
    -----
    Mardt, Pasquali, Wu and Noe 2018, doi:10.1038/s41467-017-02388-1; symmetrised in time, the populations are the mean memberships in the data.
    """
    progress(0, 1, "Koopman model")
    model = lag_models(clustering, FuzzyKoopman.estimator).at(lagtime, timestep_ns)
    progress(1, 1, "Koopman model")
    return kinetics_of(model, timestep_ns, title="Koopman model of fuzzy states", estimator=FuzzyKoopman.estimator)


def check_memberships(clustering: Clustering) -> None:
    """A UserError where there are no memberships to make models of."""
    if clustering.memberships is None:
        raise UserError("A Koopman model of fuzzy states cannot be made.", "The clustering gives each frame one microstate and no memberships.",
                        "Choose the clustering \"fuzzy-states\" on a VAMPnet with fuzzy states, or another kind of kinetics.")


def fuzzy_model(models: LagModels, lagtime: int, unit: TimeUnit) -> LagModel:
    """The model at one lag time."""
    found = [np.asarray(m) for m in models.memberships or ()]
    weight = np.sum([m.sum(axis=0, dtype=np.float64) for m in found], axis=0)
    active = np.flatnonzero(weight > LEAST * weight.sum())
    koopman = reversible_koopman([m[:, active] for m in found], lagtime)
    flow = balanced(koopman)
    if flow.diagonal().min() <= 0:
        raise UserError(f"The fuzzy states overlap too much for a model at a lag time of {unit.say(lagtime)}.", "Some state would be left more often than it is occupied.",
                        "Train with fewer states or a higher crispness, or choose a shorter lag time.")
    n_pairs = sum(max(n - lagtime, 0) for n in models.lengths)
    counts = np.zeros((models.n_clusters, models.n_clusters))
    counts[np.ix_(active, active)] = flow * n_pairs
    stationary = flow.sum(axis=1)
    matrix = flow / stationary[:, None]
    return FuzzyModel(lagtime, counts, active, matrix, stationary, told=_told(koopman, matrix, stationary, lagtime, unit), koopman=koopman)


def balanced(koopman: Koopman) -> np.ndarray:
    """Symmetric flow between states, not negative off its diagonal, whose rows sum to the populations; shape (n, n).

    Notes
    -----
    The Koopman matrix is symmetric about the covariance of overlapping states, not about their populations. The search begins with its part that is symmetric
    about the populations, and goes to and fro between flows with its eigenvalues and flows that are not negative until both are had, or nearly so: alternating
    projections, Orsi 2006, doi:10.1137/050634529.
    """
    root = np.sqrt(koopman.populations)
    stationary = np.outer(root, root)
    slow = np.append(koopman.eigenvalues, np.zeros(len(root) - 1 - len(koopman.eigenvalues)))   # a state that mixes others adds no process
    flow = _not_negative(root[:, None] * koopman.matrix / root * stationary)
    for _ in range(MOST_ROUNDS):
        # The stationary mode is pushed to the lower end, where it cannot be confused with a slow one.
        values, vectors = np.linalg.eigh(flow / stationary - 3 * stationary)
        if np.abs(values[:0:-1] - slow).max(initial=0.0) < CLOSE:
            break
        vectors = vectors[:, :0:-1]
        flow = _not_negative(stationary * (stationary + (vectors * slow) @ vectors.T))
    return flow


def _not_negative(flow: np.ndarray) -> np.ndarray:
    """Symmetric, with what is negative between two states taken from their diagonals: sums of rows stay."""
    flow = (flow + flow.T) / 2
    below = np.minimum(flow, 0.0)
    np.fill_diagonal(below, 0.0)
    return flow - below + np.diag(below.sum(axis=1))


def _told(koopman: Koopman, matrix: np.ndarray, stationary: np.ndarray, lagtime: int, unit: TimeUnit) -> tuple[Notice, ...]:
    said = [Notice("info", "Populations are the mean memberships in the data: trajectories that did not start in equilibrium bend them.", where="kinetics")]
    ours, exact = (implied_timescales(e, lagtime)[:1] for e in (slow_modes(matrix, stationary, 1).eigenvalues[1:], koopman.eigenvalues))
    if len(ours) and len(exact) and not abs(ours[0] / exact[0] - 1) <= UNEVEN:
        said.append(Notice("warning", f"Rates, fluxes and the Chapman-Kolmogorov test rest on a transition matrix whose slowest timescale is {unit.say(float(f'{ours[0]:.3g}'))}; "
                           f"that of the Koopman matrix is {unit.say(float(f'{exact[0]:.3g}'))}.", "Raise the crispness of the fuzzy states, or train with fewer.", "kinetics"))
    return tuple(said)
