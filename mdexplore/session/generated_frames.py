"""Generated frames of a study: where a metastable state lands, drawn from real frames or made by a network."""
from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mdexplore.base.words import in_percent
from mdexplore.methods.method import Progress
from mdexplore.session.generating import LANDING, MADE, Generation

if TYPE_CHECKING:
    from mdexplore.methods.results import Metastable, Projection
    from mdexplore.session.study import Study


def landed(study: Study, coarse: Metastable, state: int, n: int) -> Generation:
    """Real frames, as likely as the model says that trajectories land in them: the projection's own model where it has one, else the Markov model."""
    from mdexplore.methods.generation.landing import draw_landing, landing_shares
    from mdexplore.methods.generation.resampling import draw_frames

    projection, kinetics, seed = study.result("projection"), study.result("kinetics"), study.recipe.seed
    if {"landing", "coupling"} & {*projection.parameters}:
        theirs, share = network_state(projection, coarse, state)
        found = draw_frames(projection, study.result("features"), theirs, n, seed=seed)
        said = (f"Real frames, each its own nearest, drawn as the {projection.title} says where trajectories land {study.data.unit.say(projection.lagtime or 0)} after its state {theirs + 1}, which shares {100 * share:.0f} % of the frames of state {state + 1}.",)
    else:
        found = draw_landing(kinetics, coarse.memberships, study.result("clustering").dtrajs, state, n, seed=seed)
        shares = landing_shares(kinetics, coarse.memberships, state) @ coarse.memberships[kinetics.active]
        where = ", ".join(f"{in_percent(p)} in state {k + 1}" for k, p in enumerate(shares))
        said = (f"Real frames, each its own nearest, drawn as the Markov model says where trajectories land {study.data.unit.say(kinetics.lagtime)} after state {state + 1}: {where}.",)
    return Generation(LANDING, found, np.zeros(len(found)), "", said)


def network_state(projection: Projection, coarse: Metastable, state: int) -> tuple[int, float]:
    """The fuzzy state of a network that goes with a metastable state, and which share of the frames of that one it has."""
    from mdexplore.methods.coarse.numbering import partners

    shared = np.zeros((coarse.n_states, projection.dim))
    for chi, assigned in zip(projection.values, coarse.assignments):
        for k in range(coarse.n_states):
            shared[k] += np.asarray(chi[np.asarray(assigned) == k], np.float64).sum(axis=0)
    own = {old: now for now, old in partners(shared).items()}
    theirs = own.get(state, int(shared[state].argmax()))
    return theirs, float(shared[state, theirs] / max(shared[state].sum(), 1e-300))


def made(study: Study, coarse: Metastable, state: int, n: int, progress: Progress) -> Generation:
    """Features of frames that a network makes, with the real frames nearest to them."""
    from mdexplore.methods.generation.making import make_frames, nearest_frames

    projection, features = trained(study, coarse.n_states, progress), study.result("features", progress)
    theirs, share = network_state(projection, coarse, state)
    frames, distances = nearest_frames(projection, features, make_frames(projection, theirs, n, seed=study.recipe.seed))
    said = (f"Features of new frames in which trajectories land {study.data.unit.say(projection.lagtime or 0)} after state {theirs + 1} of the network, which shares {100 * share:.0f} % of the frames of state {state + 1}.",
            "Features have no inverse: the nearest real frame stands for the structure of each, and there are no bonds to judge.")
    return Generation(MADE, frames, distances, "standard deviations of the features", said)


def trained(study: Study, n_states: int, progress: Progress) -> Projection:
    """A deep generative Markov model that makes frames: the study's projection, or one that is trained on its features at its lag time."""
    from mdexplore.methods.projection.generative_msm import ENERGY, GenerativeMSM

    shown = study.result("projection", progress)
    if "generator" in shown.parameters:
        return shown   # type: ignore[no-any-return]
    return study.change(projection=GenerativeMSM(dim=max(n_states, 2), generator=ENERGY, lagtime=study.lagtime)).result("projection", progress)   # type: ignore[no-any-return]
