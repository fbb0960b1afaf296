"""Reactive flux between two groups of microstates: committor, pathways over metastable states, and the rate."""
from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.numerics.pathways import pathways
from mdexplore.base.words import count_of
from mdexplore.methods.kinetics.hidden import hidden_kinetics, sets_of
from mdexplore.methods.kinetics.lagmodels import errors_of
from mdexplore.methods.kinetics.model import markov_state_model
from mdexplore.methods.results import Flux, Hidden, Kinetics, Metastable

N_PATHS = 50


def reactive_flux(kinetics: Kinetics, coarse: Metastable, source: Sequence[int] | np.ndarray, target: Sequence[int] | np.ndarray) -> Flux:
    """How the system goes from a source to a target.

    Parameters
    ----------
    kinetics : Kinetics
    coarse : Metastable
        The states over which pathways are told.
    source, target : sequence of int
        Microstates, as the clustering numbers them. Those outside the connected set are left out.

    Returns
    -------
    Flux

    Raises
    ------
    UserError
        If one of the two is empty or lies outside the model, or both share a microstate.

    Notes
    -----
    Transition path theory; Metzner et al. 2009, doi:10.1137/070699500, by deeptime's ``reactive_flux``.
    """
    if kinetics.hidden is not None:
        return _of_hidden(kinetics, kinetics.hidden, coarse, source, target)
    sources, targets = _inside(kinetics, source, "source"), _inside(kinetics, target, "target")
    shared = np.intersect1d(sources, targets)
    if len(shared):
        raise UserError("Source and target overlap.", f"They share {count_of(len(shared), 'microstate')}.",
                        "Choose two groups that have no frames or states in common.")
    model = markov_state_model(kinetics.transition_matrix, kinetics.stationary, kinetics.counts, kinetics.active, kinetics.lagtime)
    found = model.reactive_flux(sources, targets)
    committor = np.clip(np.asarray(found.forward_committor), 0.0, 1.0)
    gross, net = (np.asarray(f) / kinetics.lagtime for f in (found.gross_flux, found.net_flux))
    state_of = coarse.microstates[kinetics.active]
    paths, shares = _coarse_paths(gross, state_of, sources, targets)
    rate = _rate(kinetics, sources, targets, committor)
    return Flux(
        source=tuple(int(s) for s in kinetics.active[sources]), target=tuple(int(t) for t in kinetics.active[targets]),
        committor=_spread(committor, kinetics), net_flux=_spread(net, kinetics), coarse_net_flux=_net(_lump(gross, state_of, coarse.n_states)),
        pathways=paths, shares=shares, rate=rate[0], lower_per_frame=rate[1], upper_per_frame=rate[2], timestep_ns=kinetics.timestep_ns,
    )


def _of_hidden(kinetics: Kinetics, hidden: Hidden, coarse: Metastable, source: Sequence[int] | np.ndarray, target: Sequence[int] | np.ndarray) -> Flux:
    """The flux between the hidden states to which the ends belong most, told in microstates."""
    seen = [kinetics.active[_inside(kinetics, end, name)] for end, name in ((source, "source"), (target, "target"))]
    states = sets_of(coarse, np.arange(hidden.n_hidden), hidden.stationary, hidden.outputs).argmax(axis=1)
    ends = [np.unique(hidden.memberships[end].argmax(axis=1)) for end in seen]
    found = reactive_flux(hidden_kinetics(kinetics), dataclasses.replace(coarse, microstates=states), *ends)
    committor = np.where(hidden.memberships.sum(axis=1) > 0, hidden.memberships @ found.committor, np.nan)
    net = hidden.outputs.T @ found.net_flux @ hidden.outputs
    return dataclasses.replace(found, source=tuple(map(int, seen[0])), target=tuple(map(int, seen[1])), committor=committor, net_flux=net)


def _inside(kinetics: Kinetics, microstates: Sequence[int] | np.ndarray, name: str) -> np.ndarray:
    """Places of microstates in the active set."""
    wanted = np.unique(np.asarray(microstates, dtype=int).ravel())
    if len(wanted) == 0:
        raise UserError(f"The {name} of the flux is empty.", do="Choose at least one state or some frames.")
    if wanted[0] < 0 or wanted[-1] >= kinetics.n_clusters:
        raise UserError(f"The {name} of the flux names a microstate that does not exist.", f"They are numbered 0 to {kinetics.n_clusters - 1}.")
    inside = np.flatnonzero(np.isin(kinetics.active, wanted))
    if len(inside) == 0:
        raise UserError(f"The {name} of the flux lies outside the model.",
                        f"None of its {len(wanted)} microstates belongs to the {len(kinetics.active)} connected ones that the model describes.",
                        "Choose other frames, a shorter lag time, or fewer microstates.")
    return inside


def _spread(values: np.ndarray, kinetics: Kinetics) -> np.ndarray:
    """Numbers of the active microstates over all microstates: NaN (a vector) or 0 (a matrix) elsewhere."""
    n = kinetics.n_clusters
    if values.ndim == 1:
        spread = np.full(n, np.nan)
        spread[kinetics.active] = values
    else:
        spread = np.zeros((n, n))
        spread[np.ix_(kinetics.active, kinetics.active)] = values
    return spread


def _lump(gross: np.ndarray, group: np.ndarray, n_groups: int) -> np.ndarray:
    sets = np.eye(n_groups)[group]
    return sets.T @ gross @ sets


def _net(gross: np.ndarray) -> np.ndarray:
    return np.maximum(gross - gross.T, 0.0)


def _coarse_paths(gross: np.ndarray, state_of: np.ndarray, sources: np.ndarray, targets: np.ndarray) -> tuple[tuple[tuple[int, ...], ...], tuple[float, ...]]:
    """Pathways over metastable states. A state cut by the border of source or target is one node on each side of it."""
    role = np.ones(len(state_of), dtype=int)
    role[sources], role[targets] = 0, 2
    nodes, group = np.unique(np.stack([role, state_of], axis=1), axis=0, return_inverse=True)
    net = _net(_lump(gross, group.ravel(), len(nodes)))
    starts, ends = np.flatnonzero(nodes[:, 0] == 0), np.flatnonzero(nodes[:, 0] == 2)
    paths, capacities = pathways(net, starts, ends, n_paths=N_PATHS)
    total = net[starts].sum()
    carried: dict[tuple[int, ...], float] = {}
    for path, capacity in zip(paths, capacities):
        states = nodes[path, 1]
        told = tuple(int(s) for s in states[np.append(True, states[1:] != states[:-1])])
        carried[told] = carried.get(told, 0.0) + capacity / total
    ranked = sorted(carried.items(), key=lambda item: -item[1])
    return tuple(path for path, _ in ranked), tuple(float(share) for _, share in ranked)


def _rate(kinetics: Kinetics, sources: np.ndarray, targets: np.ndarray, committor: np.ndarray) -> tuple[float, float, float]:
    """Rate per frame with its 95 % interval."""
    def membership(places: np.ndarray) -> np.ndarray:
        mask = np.zeros(len(kinetics.active), dtype=bool)
        mask[places] = True
        return mask

    value, lower, upper = errors_of(kinetics).rate(membership(sources), membership(targets), committor)
    return value / kinetics.lagtime, lower / kinetics.lagtime, upper / kinetics.lagtime
