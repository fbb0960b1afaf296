"""A Markov model with measurements: before and after, and each measurement predicted from the others."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.base.numerics.spectrum import implied_timescales, slow_modes
from mdexplore.base.words import in_percent, listed
from mdexplore.methods.experiment.augmented import Compromise, augmented_model
from mdexplore.methods.experiment.observables import Observable, state_means
from mdexplore.methods.experiment.result import CONFLICT, Augmented
from mdexplore.methods.kinetics.lagmodels import N_PROCESSES
from mdexplore.methods.method import Progress, ignore
from mdexplore.methods.results import Clustering, Kinetics, Metastable


def augment(kinetics: Kinetics, clustering: Clustering, coarse: Metastable, observables: Sequence[Observable], *, leave_one_out: bool = True,
            progress: Progress = ignore) -> Augmented:
    """Reconcile a Markov model with measured averages.

    Parameters
    ----------
    kinetics : Kinetics
        A maximum-likelihood model; its sliding counts, divided by the lag time, weigh against the errors of the measurements.
    clustering : Clustering
    coarse : Metastable
    observables : sequence of Observable
    leave_one_out : bool
        Also predict each measurement from the others, and weigh it alone: two more models for each.
    progress : callable

    Returns
    -------
    Augmented

    Raises
    ------
    UserError
        Without observables, if one lacks values for frames, or if no model comes near them.
    """
    if not observables:
        raise UserError("There are no measurements.", do="Give at least one observable.")
    if kinetics.unbiased is not None:
        raise UserError("A TRAM model is not reconciled with measurements.", "The augmented model weighs measurements against counted transitions; what TRAM knows of populations is not in these.",
                        "Choose the plain Markov model for the kinetics; averages without bias are those of the frames' weights.")
    active = kinetics.active
    every = state_means(observables, clustering.dtrajs, clustering.n_clusters)
    means = every[active]
    counts = kinetics.counts[np.ix_(active, active)] / kinetics.lagtime
    measured, weights = np.array([o.measured for o in observables]), np.array([o.weight for o in observables])
    rounds = 2 + (len(observables) if leave_one_out and len(observables) > 1 else 0)
    progress(0, rounds, "model without measurements")
    plain = augmented_model(counts, means, measured, np.zeros(len(measured)))
    progress(1, rounds, "model with measurements")
    names = [o.name for o in observables]
    found = augmented_model(counts, means, measured, weights, names)
    left_out, alone = np.full(len(measured), np.nan), np.zeros(len(measured))
    for k in range(rounds - 2):
        progress(2 + k, rounds, f"without {observables[k].name}")
        if weights[k] > 0:
            is_it = np.arange(len(weights)) == k
            left_out[k] = augmented_model(counts, means, measured, np.where(is_it, 0.0, weights), names).averages[k]
            alone[k] = augmented_model(counts, means, measured, np.where(is_it, weights, 0.0), names).multipliers[k]
    progress(rounds, rounds, "")
    states = coarse.memberships[active]
    made = Augmented(
        tuple(o.name for o in observables), tuple(o.unit for o in observables), measured, np.array([o.error for o in observables]), plain.averages, found.averages, left_out,
        found.multipliers, kinetics.lagtime, active, found.transition_matrix, plain.stationary, found.stationary, _timescales(plain, kinetics.lagtime),
        _timescales(found, kinetics.lagtime), plain.stationary @ states, found.stationary @ states, every, plain.log_likelihood - found.log_likelihood, kinetics.timestep_ns,
        pulls_alone=alone if rounds > 2 else None)
    return _with_notices(made)


def _timescales(model: Compromise, lagtime: int) -> np.ndarray:
    return implied_timescales(slow_modes(model.transition_matrix, model.stationary, N_PROCESSES).eigenvalues[1:], lagtime)


def _with_notices(made: Augmented) -> Augmented:
    from dataclasses import replace

    notices = []
    low, high = made.means.min(axis=0), made.means.max(axis=0)
    for k in np.flatnonzero((made.measured < low) | (made.measured > high)):
        notices.append(Notice("warning", f"{made.names[k]}: the measured {made.measured[k]:.4g} lies outside what the microstates have on average, {low[k]:.4g} to {high[k]:.4g}.",
                              "No populations can give it: structures are missing, or the formula or the units are wrong.", "experiment"))
    if made.conflicts:
        worst_first = sorted(made.conflicts, key=lambda k: -made.departures[k])
        notices.append(Notice("warning", f"In conflict with the other measurements: {listed([f'{made.names[k]} ({made.departures[k]:.1f} errors off)' for k in worst_first])}.",
                              f"What the others predict is more than {CONFLICT:g} errors, of measurement and prediction together, from what was measured. "
                              "Check the measurement and its formula, or give it a larger error.", "experiment"))
    share = float(np.exp(-np.sum(made.stationary * np.log(made.stationary / made.stationary_before))))
    if share < 0.5:
        notices.append(Notice("warning", f"The measurements leave {in_percent(share)} of the effective sample.", "The model is far from the simulation: a few microstates carry it.", "experiment"))
    return replace(made, notices=tuple(notices))
