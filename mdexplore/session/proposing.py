"""Starts for the next simulations of a study, each with its reason, and their structures."""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.words import count_of, in_percent
from mdexplore.base.work.threads import single_threaded
from mdexplore.methods.sampling import proposals as p
from mdexplore.methods.sampling.proposals import Proposals
from mdexplore.session.export import save_frames
from mdexplore.session.selection import mask_of

if TYPE_CHECKING:
    from mdexplore.methods.results import Metastable
    from mdexplore.session.study import Study


@single_threaded()
def propose(study: Study, n: int = 10, policy: str = "uncertainty", *, target: str = "timescale 1", frames: Any = None, seed: int | None = None, coarse: Metastable | None = None) -> Proposals:
    """Frames from which the next simulations should start.

    Parameters
    ----------
    study : Study
    n : int
        How many.
    policy : {"uncertainty", "least-counts", "selection"}
        Microstates on which the uncertainty of the target rests most (not for TRAM), those seen least (without bias, where some frames are biased), or frames of your own.
    target : str
        For ``"uncertainty"``: ``"timescale 1"`` (the slowest), ``"timescale 2"`` ..., or ``"population 1"`` (metastable states counted from 1).
    frames : bool mask over all frames, or (n, 2) array of (trajectory, frame)
        For ``"selection"``; with another policy only these frames are started from.
    seed : int, optional
        Of the draw of a frame in its microstate; the study's where not given.
    coarse : Metastable, optional
        The states of which ``"population 1"`` is a number; the study's where not given.

    Returns
    -------
    Proposals

    Raises
    ------
    UserError
        For an unknown policy or target, where there are no frames to start from, or for the uncertainty of a TRAM model.
    """
    if policy not in p.POLICIES:
        raise UserError(f"There is no policy {policy!r}.", do=f"Choose one of: {', '.join(p.POLICIES)}.")
    if n < 1:
        raise UserError(f"{n} starts are none.", do="Ask for at least one.")
    micro = np.concatenate(study.result("clustering").dtrajs)
    allowed = np.ones(len(micro), bool) if frames is None else mask_of(getattr(frames, "mask", frames), study.data.index)
    if policy == "selection" and frames is None:
        raise UserError("No frames are selected.", do="Give frames=, such as explorer.selection.")
    random = np.random.default_rng(study.recipe.seed if seed is None else seed)
    if policy == "selection":
        states, scores, reasons = _spread(micro, allowed, n, random)
        target = ""
    elif policy == "least-counts":
        states, scores, reasons = _seldom(study, micro, allowed, n)
        target = ""
    else:
        states, scores, reasons = _uncertain(study, micro, allowed, n, target, coarse)
    numbers = _draw(micro, allowed, states, random)
    return Proposals(study.data.index.pairs(numbers), states, tuple(reasons), scores, policy, target)


def save_starts(study: Study, proposals: Proposals, path: str | Path) -> list[Path]:
    """Write proposed starts as structures, with a table that says where each comes from and why.

    Parameters
    ----------
    study : Study
    proposals : Proposals
    path : str or Path
        Its suffix chooses the format, as for `mdexplore.session.export.save_frames`.

    Returns
    -------
    list of Path
    """
    return save_frames(study.data, proposals.frames, path, {"microstate": proposals.microstates.tolist(), "score": proposals.scores.tolist(), "reason": proposals.reasons})


def _seldom(study: Study, micro: np.ndarray, allowed: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
    free = _without_bias(study)
    counted = micro if free is None else micro[free]   # where a bias drives a simulation says nothing of where others would go
    n_states = int(micro.max(initial=-1)) + 1
    seen = np.bincount(counted[counted >= 0], minlength=n_states)
    usable = np.bincount(micro[allowed & (micro >= 0)], minlength=n_states) > 0
    _check(usable)
    states, before = p.least_counts(seen, n, usable)
    how = "only" if free is None else "without bias"
    return states, before.astype(float), [f"microstate {s} was seen in {count_of(int(b), 'frame')} {how}" for s, b in zip(states, before)]


def _without_bias(study: Study) -> np.ndarray | None:
    """Frames that were made without bias, where others were not; models of other kinds are not asked, so that least counts need none."""
    from mdexplore.methods.kinetics.estimators import estimator_of

    if not estimator_of(study.recipe.kinetics).startswith("tram"):
        return None
    unbiased = study.result("kinetics").unbiased
    return None if unbiased is None else np.concatenate(unbiased.sampled)


def _uncertain(study: Study, micro: np.ndarray, allowed: np.ndarray, n: int, target: str, coarse: Metastable | None) -> tuple[np.ndarray, np.ndarray, list[str]]:
    kinetics = study.result("kinetics")
    if kinetics.unbiased is not None:
        raise UserError("The uncertainty of a TRAM model cannot choose starts.", "Its errors come of all windows, weighed anew, and not of the counts without bias alone.",
                        "Start from what was seen least (policy \"least-counts\"), or choose another method for the kinetics.")
    kind, _ = p.parse_target(target)
    sets = (coarse or study.metastable).memberships[kinetics.active] if kind == "population" else None
    variances, _ = p.row_variances(kinetics.transition_matrix, kinetics.stationary, target, lagtime=kinetics.lagtime, states=sets)
    usable = np.isin(kinetics.active, np.unique(micro[allowed]))
    _check(usable)
    counts = p.effective_counts(kinetics)
    # A start is taken for one trajectory of typical length, most of whose first counts fall into its own row.
    chosen, shares = p.by_uncertainty(np.where(usable, variances, 0.0), counts, n, gain=max(1.0, float(counts.mean()) / 10))
    part = (variances / (counts + 1)) / (variances / (counts + 1)).sum()
    states = kinetics.active[chosen]
    return states, shares, [f"microstate {s} carries {in_percent(part[c])} of the uncertainty of {target}, on {count_of(round(counts[c]), 'independent count')}" for s, c in zip(states, chosen)]


def _spread(micro: np.ndarray, allowed: np.ndarray, n: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Frames of a selection, taken from its microstates in turn."""
    if not allowed.any():
        raise UserError("No frames are selected.", do="Select some.")
    states = random.permutation(np.unique(micro[allowed]))
    chosen = np.resize(states, n)
    return chosen, np.ones(n), [f"selected, in microstate {s}" if s >= 0 else "selected, outside the model" for s in chosen]


def _check(usable: np.ndarray) -> None:
    if not usable.any():
        raise UserError("There is nothing to start from.", "None of the frames lies in a microstate of the model.", "Choose other frames.")


def _draw(micro: np.ndarray, allowed: np.ndarray, states: Sequence[int] | np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A frame of each state, another one for each start as far as there are."""
    found = np.empty(len(states), dtype=np.int64)
    for state in np.unique(states):
        places, here = np.flatnonzero(states == state), np.flatnonzero((micro == state) & allowed)
        found[places] = random.permutation(here)[:len(places)] if len(here) >= len(places) else random.choice(here, len(places))
    return found
