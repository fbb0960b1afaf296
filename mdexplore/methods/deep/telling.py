"""What the user is told of a training."""
from __future__ import annotations

import numpy as np

from mdexplore.base.notices import Notice
from mdexplore.base.words import count_of, in_percent
from mdexplore.methods.deep.pairs import Pairs
from mdexplore.methods.deep.settings import NetworkSettings
from mdexplore.methods.deep.training import Training

OVERFITTED = 0.1   # of the score above its floor
ROUNDING, UNBALANCED = 1e-8, 0.1   # of the largest flow


def told(course: Training, settings: NetworkSettings, learned: Pairs, held_out: Pairs, score: str, floor: float) -> tuple[Notice, ...]:
    """Notices about sample, scores, an early end, overfitting.

    Parameters
    ----------
    course : Training
    settings : NetworkSettings
    learned, held_out : Pairs
    score : str
        Its name, such as ``"VAMP-2"``.
    floor : float
        What a network scores that has learned nothing.
    """
    n_epochs = len(course.history)
    train, test = course.history[course.best]
    said = [("info", f"Trained for {count_of(n_epochs, 'epoch')}{' on the GPU' if course.device == 'cuda' else ''}: {score} {train:.3f} in training, {test:.3f} on "
             f"{held_out.n} pairs of frames that were held out.", "")]
    if learned.n < learned.n_all:
        said.append(("info", f"The network learned from a random sample of {learned.n} of {learned.n_all} pairs of frames.", "Raise max pairs to use more."))
    if course.was_stopped:
        said.append(("warning", f"Training was stopped after {count_of(n_epochs, 'epoch')}; the best network so far (epoch {course.best + 1}) is in use.",
                     "To train to the end, change a setting or the seed and refit."))
    elif n_epochs == settings.epochs and course.best >= n_epochs - 2:
        said.append(("info", "The held-out score was still rising at the last epoch.", "Allow more epochs."))
    if train - test > OVERFITTED * (train - floor) + 3 * _scatter(course):
        said.append(("warning", f"The network scores {train:.2f} on pairs that it has seen and {test:.2f} on others: it is overfitted.",
                     "Use fewer units or features, or more data."))
    return tuple(Notice(level, text, hint, "projection") for level, text, hint in said)   # type: ignore[arg-type]


def told_balance(residual: float | None) -> tuple[Notice, ...]:
    """How far the model of a network is from detailed balance.

    Parameters
    ----------
    residual : float or None
        The largest net flow between two states as a part of the largest flow; None for models that are symmetrised in time, which say nothing.
    """
    if residual is None:
        return ()
    if residual < ROUNDING:
        return (Notice("info", f"The model is in detailed balance: net flows are at most {residual:.0e} of the largest flow.", where="projection"),)
    text = f"The largest net flow between two states is {in_percent(residual)} of the largest flow"
    if residual <= UNBALANCED:
        return (Notice("info", f"{text}; in detailed balance there would be none.", where="projection"),)
    return (Notice("warning", f"{text}: the model is not in detailed balance.", "For a system in equilibrium use more data or fewer states, or a reversible deep MSM, which is balanced by its form.", "projection"),)


def _scatter(course: Training) -> float:
    """How much the held-out score wavers from one epoch to the next around the best one."""
    near = course.history[max(course.best - 3, 0) : course.best + 4, 1]
    return float(np.abs(np.diff(near)).mean()) if len(near) > 1 else 0.0
