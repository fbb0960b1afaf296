"""Metastable states by PCCA+, with populations, passage times and the passages really seen."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Mend, Notice
from mdexplore.base.numerics.spectrum import slow_modes
from mdexplore.base.units import TimeUnit
from mdexplore.base.words import count_of, listed
from mdexplore.methods.checks.passages import cores, count_journeys, count_passages, visits
from mdexplore.methods.coarse.memberships import memberships
from mdexplore.methods.coarse.sampled import sampled_intervals
from mdexplore.methods.kinetics.bayesian_msm import widening_of
from mdexplore.methods.kinetics.hidden import in_microstates, unveiled
from mdexplore.methods.kinetics.lagmodels import errors_of
from mdexplore.methods.method import Progress, Settings, ignore, method, setting
from mdexplore.methods.results import Clustering, Kinetics, Metastable

MOST_BY_DEFAULT = 4   # more states than can be told apart at a glance have to be asked for


@dataclass(frozen=True)
class PCCA(Settings):
    """Settings of PCCA+."""

    n_states: int | None = setting(None, low=1, high=30, steps=(2, 10), help="Number of metastable states; from the timescales resolved at the lag time where not given.")


@method("coarse", settings=PCCA, needs="kinetics", source="doi:10.1007/s11634-013-0134-6", title="PCCA+")
def pcca(settings: PCCA, kinetics: Kinetics, clustering: Clustering, *, progress: Progress = ignore) -> Metastable:
    """Lump the microstates of a model into metastable states.

    Parameters
    ----------
    settings : PCCA
        Without a number of states: one more than there are resolved processes, at most four, fewer where a state would be empty.
    kinetics : Kinetics
    clustering : Clustering
    progress : callable

    Returns
    -------
    Metastable
        States from the most to the least populated.

    Raises
    ------
    UserError
        If the number of states that was asked for cannot be had.

    Notes
    -----
    Röblitz and Weber 2013, doi:10.1007/s11634-013-0134-6.
    """
    if kinetics.hidden is not None:
        return in_microstates(pcca(settings, *unveiled(kinetics, clustering), progress=progress), kinetics)
    progress(0, 2, "metastable states")
    fuzzy, notices = _choose(settings, kinetics)
    n_states = fuzzy.shape[1]
    nearest = fuzzy.argmax(axis=1)
    order = np.argsort(-np.bincount(nearest, weights=kinetics.stationary, minlength=n_states), kind="stable")
    fuzzy = fuzzy[:, order]
    sets = np.eye(n_states)[np.argsort(order)[nearest]]
    progress(1, 2, "populations and passages")
    microstates = np.full(kinetics.n_clusters, -1)
    microstates[kinetics.active] = sets.argmax(axis=1)
    spread = np.zeros((kinetics.n_clusters, n_states))
    spread[kinetics.active] = fuzzy
    lookup = np.append(microstates, -1).astype(np.int16)   # the last place answers for frames outside, -1
    populations, mfpt = _numbers(kinetics, sets)
    moving = clustering.dtrajs if kinetics.unbiased is None else kinetics.unbiased.pieces(clustering.dtrajs)
    visited = list(visits(moving, cores(spread)))
    made = Metastable(
        microstates=microstates, memberships=spread, assignments=tuple(lookup[np.asarray(d)] for d in clustering.dtrajs),
        populations=populations[0], lower=populations[1], upper=populations[2], mfpt=mfpt[0], mfpt_lower=mfpt[1], mfpt_upper=mfpt[2],
        flux=_flows(kinetics, sets), passages=count_passages(visited, n_states), journeys=count_journeys(visited, n_states), colors=tuple(range(n_states)), timestep_ns=kinetics.timestep_ns,
        notices=tuple(notices),
    )
    progress(2, 2, "metastable states")
    return made


def _choose(settings: PCCA, kinetics: Kinetics) -> tuple[np.ndarray, list[Notice]]:
    """Memberships over the active microstates, none of the sets empty, and what has to be said about their number."""
    n_active, unit = len(kinetics.active), TimeUnit(kinetics.timestep_ns)
    lag = unit.say(kinetics.lagtime)
    if settings.n_states is not None:
        return _as_asked(settings.n_states, kinetics, lag)
    wanted = min(1 + kinetics.n_resolved, MOST_BY_DEFAULT, n_active)
    modes = slow_modes(kinetics.transition_matrix, kinetics.stationary, wanted - 1)
    for n_states in range(wanted, 0, -1):
        found = memberships(modes.right[:, :n_states], kinetics.stationary)
        if _none_empty(found):
            break
    if kinetics.n_resolved == 0:
        return found, [Notice("warning", f"No process is slower than the lag time of {lag}, so there is one metastable state.",
                              "Choose a shorter lag time, or save frames more often.", "coarse")]
    resolved = [unit.say(t) for t in kinetics.timescales[:min(kinetics.n_resolved, 5)]] + [f"{kinetics.n_resolved - 5} more"] * (kinetics.n_resolved > 5)
    are = "timescale is" if kinetics.n_resolved == 1 else "timescales are"
    return found, [Notice("info", f"{count_of(n_states, 'metastable state was', 'metastable states were')} chosen: {kinetics.n_resolved} {are} longer than the lag time of {lag} ({listed(resolved)}).",
                          "Set the number of states to see another splitting." if n_states < 1 + kinetics.n_resolved else "", "coarse")]


def _as_asked(n_states: int, kinetics: Kinetics, lag: str) -> tuple[np.ndarray, list[Notice]]:
    n_active = len(kinetics.active)
    if n_states > n_active:
        raise UserError(f"{n_states} metastable states are too many.", f"The model has {count_of(n_active, 'connected microstate')}.", f"Choose at most {n_active}.")
    right = slow_modes(kinetics.transition_matrix, kinetics.stationary, n_states - 1).right
    found, notices = memberships(right, kinetics.stationary), []
    if not _none_empty(found):
        found = memberships(right, kinetics.stationary, crispest=False)
        notices.append(Notice("warning", f"The crispest {n_states} metastable states would leave one of them empty; their borders are those of the inner simplex.",
                              "Compare with one state fewer or more.", "coarse"))
    if not _none_empty(found):   # states that are the same to the eigenvectors
        raise UserError(f"PCCA+ finds no {n_states} metastable states.", "One of them would be empty: no microstate belongs to it most.",
                        "Choose fewer, or another lag time or number of microstates.")
    if n_states == 1 and kinetics.n_resolved > 0:
        slowest = TimeUnit(kinetics.timestep_ns).say(float(kinetics.timescales[0]))
        notices.append(Notice("warning", f"One metastable state leaves out every slow process, the slowest of {slowest}, and the Chapman-Kolmogorov test has nothing to compare.",
                              "Use two states or more.", "coarse", Mend("Let the timescales choose the number of states", "coarse", (("n_states", None),))))
    if n_states > kinetics.n_resolved + 1:
        notices.append(Notice("warning", f"{n_states} metastable states were asked for, but {_only(kinetics.n_resolved)} slower than the lag time of {lag}.",
                              f"States beyond {kinetics.n_resolved + 1} exchange faster than the model can see: use fewer, or a shorter lag time.", "coarse",
                              Mend("Let the timescales choose the number of states", "coarse", (("n_states", None),))))
    return found, notices


def _only(n: int) -> str:
    return "no process is" if n == 0 else f"only {count_of(n, 'process is', 'processes are')}"


def _none_empty(fuzzy: np.ndarray) -> bool:
    return len(np.unique(fuzzy.argmax(axis=1))) == fuzzy.shape[1]


Bounds = tuple[np.ndarray, np.ndarray, np.ndarray]


def _numbers(kinetics: Kinetics, sets: np.ndarray) -> tuple[Bounds, Bounds]:
    """Populations and mean first passage times in frames, each with its 95 % interval."""
    model = errors_of(kinetics)
    populations, mfpt = model.populations(sets), model.mfpt(sets)
    if kinetics.samples is not None and kinetics.unbiased is None:
        sampled = sampled_intervals(kinetics.samples, sets, widening_of(kinetics))
        populations, mfpt = (populations[0], *sampled[0]), (mfpt[0], *sampled[1])
    return populations, (mfpt[0] * kinetics.lagtime, mfpt[1] * kinetics.lagtime, mfpt[2] * kinetics.lagtime)


def _flows(kinetics: Kinetics, sets: np.ndarray) -> np.ndarray:
    flows = sets.T @ (kinetics.stationary[:, None] * kinetics.transition_matrix) @ sets
    np.fill_diagonal(flows, 0.0)
    return flows
