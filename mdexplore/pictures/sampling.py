"""What the sampling panel draws: what starts can be chosen by, each start with its reason, and what all of them together come to."""
from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from mdexplore.base.units import TimeUnit
from mdexplore.base.words import count_of
from mdexplore.methods.results import Kinetics, Metastable
from mdexplore.methods.sampling.proposals import Proposals
from mdexplore.pictures.listing import Item, Listed, state_word
from mdexplore.pictures.words import percent, subscript

MOST_TIMESCALES = 5


def targets(kinetics: Kinetics, coarse: Metastable, unit: TimeUnit) -> tuple[tuple[str, str], ...]:
    """What can be made more certain, in words and as `mdexplore.session.proposing.propose` takes it: timescales that the lag time resolves, then populations."""
    resolved = min(max(kinetics.n_resolved, 1), len(kinetics.timescales), MOST_TIMESCALES)
    times = [(f"timescale {k + 1}, t{subscript(k + 2)} = {unit.say(float(kinetics.timescales[k]))}", f"timescale {k + 1}") for k in range(resolved) if np.isfinite(kinetics.timescales[k])]
    return (*times, *((f"population of state {k + 1}, {percent(float(p))}", f"population {k + 1}") for k, p in enumerate(coarse.populations)))


def starts_picture(found: Proposals, say_frame: Callable[[int, int], str], states: Sequence[int], colors: Sequence[int], seen: np.ndarray, n_selected: int = 0) -> Listed:
    """What to draw.

    Parameters
    ----------
    found : Proposals
    say_frame : callable
        ``"trajectory 3, frame 812, 16.24 ns"`` of a trajectory and a frame.
    states : sequence of int
        Metastable state of each start, -1 outside the model.
    colors : sequence of int
        Place of each state in the palette.
    seen : ndarray, shape (n_clusters,)
        Frames of each microstate.
    n_selected : int
        Frames that were started from, where they were selected.
    """
    frames = tuple((int(t), int(f)) for t, f in found.frames)
    largest = float(found.scores.max(initial=0.0)) if found.policy == "uncertainty" else 0.0
    items = tuple(
        Item(k + 1, -1 if state < 0 else colors[state], say_frame(*frame), state_word(state), _reason(found, k, seen), float(found.scores[k]) / largest if largest > 0 else float("nan"))
        for k, (frame, state) in enumerate(zip(frames, states)))
    return Listed(items, frames, _said(found, seen, n_selected))


def how(found: Proposals) -> str:
    """How a selection of these starts was made: ``"10 starts by uncertainty of timescale 1"``."""
    words = {"uncertainty": "uncertainty of", "least-counts": "least counts", "selection": "turns through the selection"}
    return f"{count_of(len(found.frames), 'start')} by {words[found.policy]} {found.target}".strip()


def _reason(found: Proposals, k: int, seen: np.ndarray) -> str:
    reason = found.reasons[k]
    if found.policy == "uncertainty":
        return f"{_sentence(reason)} This start should take away {percent(float(found.scores[k]))} of the variance."
    if found.policy == "least-counts":
        return f"{_sentence(reason)} That is {percent(float(found.scores[k]) / max(float(seen.sum()), 1.0))} of all."
    return _sentence(reason)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _said(found: Proposals, seen: np.ndarray, n_selected: int) -> str:
    n, distinct = len(found.frames), np.unique(found.microstates)
    where = f"{count_of(n, 'start')} in {count_of(len(distinct), 'microstate')}."
    if found.policy == "uncertainty":
        left = max(1 - float(found.scores.sum()), 0.0)
        return f"{where} Together they should take away {percent(1 - left)} of the variance of {found.target}: its error would shrink by {percent(1 - float(np.sqrt(left)))}."
    if found.policy == "least-counts":
        return f"{where} These microstates hold {percent(float(seen[distinct].sum()) / max(float(seen.sum()), 1.0))} of the frames."
    return f"{where} Taken in turn from the microstates of {count_of(n_selected, 'selected frame')}."
