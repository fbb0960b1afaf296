"""The two ends of a flux: which microstates a user means by states, lists of them, or frames."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.chunked import bincount, joined
from mdexplore.base.errors import UserError
from mdexplore.base.words import listed
from mdexplore.session.selection import mask_of

if TYPE_CHECKING:
    from mdexplore.session.study import Study


def microstates_of(study: Study, source: Any, target: Any) -> tuple[np.ndarray, np.ndarray]:
    """Microstates of the two ends, as the clustering numbers them.

    Parameters
    ----------
    source, target : int, list of int, bool mask over all frames, or (n, 2) array of (trajectory, frame)

    Raises
    ------
    UserError
        For what is neither a state nor frames, a state or frame that does not exist, or a state at both ends.
    """
    ends = [np.atleast_1d(np.asarray(getattr(end, "mask", end))) for end in (source, target)]
    for given, end in zip((source, target), ends):
        if end.dtype != bool and not np.issubdtype(end.dtype, np.integer):
            raise UserError(f"{given!r} is neither a state nor a set of frames.", do="Give a state's number, a list of them, a mask over all frames, or (trajectory, frame) pairs.")
    if all(_are_states(end) for end in ends):
        both = np.intersect1d(ends[0], ends[1])
        if len(both):
            states = f"{'state' if len(both) == 1 else 'states'} {listed(both.tolist())}"
            raise UserError("A flux needs two different ends.", f"Source and target both hold {states}.", "Choose two states, or two groups of states that share none.")
    first, second = (_of_states(study, end) if _are_states(end) else _of_frames(study, end) for end in ends)
    return first, second


def microstates_in(study: Study, end: Any) -> np.ndarray:
    """Microstates of one end, in any of the forms of `microstates_of`; raises `UserError` alike."""
    found = np.atleast_1d(np.asarray(getattr(end, "mask", end)))
    if found.dtype != bool and not np.issubdtype(found.dtype, np.integer):
        raise UserError(f"{end!r} is neither a state nor a set of frames.", do="Give a state's number, a list of them, a mask over all frames, or (trajectory, frame) pairs.")
    return _of_states(study, found) if _are_states(found) else _of_frames(study, found)


def _are_states(end: np.ndarray) -> bool:
    return end.dtype != bool and end.ndim == 1


def _of_states(study: Study, states: np.ndarray) -> np.ndarray:
    coarse = study.metastable
    for state in states:
        if not 0 <= state < coarse.n_states:
            raise UserError(f"There is no metastable state {state}.", f"States are numbered 0 to {coarse.n_states - 1}." if coarse.n_states > 1 else "There is one state, number 0.")
    return np.flatnonzero(np.isin(coarse.microstates, states))


def _of_frames(study: Study, frames: np.ndarray) -> np.ndarray:
    mask = mask_of(frames, study.data.index)
    clustering = study.result("clustering")
    micro = joined(clustering.dtrajs, np.int32)
    seen = bincount(lambda span: micro[span] + 1, len(micro), clustering.n_clusters + 1)[1:]   # -1 comes first
    inside = bincount(lambda span: micro[span][mask[span]] + 1, len(micro), clustering.n_clusters + 1)[1:]
    mostly = np.flatnonzero(inside > seen / 2)
    # A few frames fill no microstate: then they stand for those that hold most of them.
    return mostly if len(mostly) else np.flatnonzero((inside == inside.max()) & (inside > 0))
