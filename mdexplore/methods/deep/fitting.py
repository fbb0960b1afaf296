"""From features to a projection by a network: pairs, training, slow coordinates, and what is said of them."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.base.units import TimeUnit
from mdexplore.methods.deep import network, training
from mdexplore.methods.deep.forming import RANK, Watch
from mdexplore.methods.deep.koopman import Koopman, reversible_koopman
from mdexplore.methods.deep.pairs import Pairs, gather, split
from mdexplore.methods.deep.saliency import saliency
from mdexplore.methods.deep.settings import NetworkSettings
from mdexplore.methods.deep.telling import told, told_balance
from mdexplore.methods.method import Progress
from mdexplore.methods.progress import counted
from mdexplore.methods.projection.custom import correlations
from mdexplore.methods.projection.linear import apply_linear, check_lagtime, fit_tica, gather_moments, noise_level
from mdexplore.methods.results import Features, Projection

if TYPE_CHECKING:
    import torch

HELD_OUT_SHARE = 4      # the held-out sample is at most a quarter of the training sample
SALIENCY_FRAMES = 2000


def of_memberships(parameters: dict[str, Any], memberships: Sequence[np.ndarray], values: Sequence[np.ndarray], lagtime: int) -> Koopman:
    """The time-symmetrised model of memberships alone."""
    return reversible_koopman(memberships, lagtime)


Model = Callable[[dict[str, Any], Sequence[np.ndarray], Sequence[np.ndarray], int], Koopman]


@dataclass(frozen=True, eq=False)
class Design:
    """A network to be trained.

    Parameters
    ----------
    weights : sequence of tensor
    objective, judge : callable
        As `training.train` takes them.
    arrays : callable
        Gives the trained networks by name (``encoder``, ``decoder``) as plain arrays.
    score : str
        What is raised, in words.
    floor : float
        Score of a network that has learned nothing.
    model : callable, optional
        ``model(parameters, memberships, values, lagtime)`` gives the `Koopman` model of fuzzy states; the time-symmetrised one
        where not given.
    """

    weights: Sequence[torch.Tensor]
    objective: training.Objective
    judge: training.Judge
    arrays: Callable[[], dict[str, Any]]
    score: str
    floor: float
    model: Model = of_memberships


def fit(settings: NetworkSettings, features: Features, design: Callable[[int, str], Design], *, title: str, lagtime: int, seed: int,
        timestep_ns: float | None, progress: Progress) -> Projection:
    """Train a network on pairs of frames and project all frames with it.

    Parameters
    ----------
    settings : NetworkSettings
    features : Features
    design : callable
        ``design(n_inputs, device)`` makes the network, on that device.
    title : str
    lagtime : int
        Frames.
    seed : int
        Of the split, the sample, the first weights and the order of batches; the same seed on the same CPU gives the same bits.
    timestep_ns : float or None
        For the wording of notices.
    progress : callable
        Where it has ``preview``, that is shown the network while it learns (`forming.Forming`).

    Returns
    -------
    Projection
        ``parameters["history"]`` (n_epochs, 2) holds the scores in training and held out, ``parameters["saliency"]`` (d, dim) what moves each coordinate,
        ``parameters["timescales"]`` (dim,) relaxation times in frames, NaN where there is none; memberships in fuzzy states have ``parameters["koopman"]``
        and ``parameters["populations"]``.

    Raises
    ------
    UserError
        If there are too few pairs of frames, all features are constant, or training fails.
    """
    lengths, random = [len(x) for x in features.values], np.random.default_rng(seed)
    short = check_lagtime(lengths, lagtime, timestep_ns)
    learn_from, hold_out = split(lengths, lagtime, seed, timestep_ns)
    progress(0, settings.epochs, "Reading pairs of frames")
    learned = gather(features.values, learn_from, lagtime, settings.max_pairs, random)
    held_out = gather(features.values, hold_out, lagtime, max(settings.max_pairs // HELD_OUT_SHARE, 1), random)
    parameters = _scaling(learned.frames, noise_level(features.values))
    learned, held_out = (dataclasses.replace(p, frames=network.standardised(parameters, p.frames)) for p in (learned, held_out))
    with training.repeatable(seed):
        made = design(learned.frames.shape[1], training.device())
        show = getattr(progress, "preview", None)
        watch = training.unwatched if show is None else Watch(features.values, lagtime, parameters, made.arrays, show, title, settings.epochs)
        course = training.train(made.weights, made.objective, made.judge, learned, held_out, settings.plan, progress, watch)
        parameters |= made.arrays()
    parameters |= {"history": course.history, "best_epoch": course.best, "device": course.device, "score": made.score}
    found = _projection(parameters, features, title, lagtime, timestep_ns, progress, _sample(learned, SALIENCY_FRAMES), made.model)
    notices = (*short, *told(course, settings, learned, held_out, made.score, made.floor), *_relaxation(found, lagtime, timestep_ns), *told_balance(found.parameters.get("detailed_balance")))
    return dataclasses.replace(found, notices=notices)


def _scaling(frames: np.ndarray, relative_noise: float) -> dict[str, Any]:
    mean, spread = frames.mean(axis=0, dtype=np.float64), frames.std(axis=0, dtype=np.float64)
    columns = np.flatnonzero(spread > relative_noise * np.abs(mean))
    if not len(columns):
        raise UserError("No slow coordinate can be found.", "All features are constant.", "Choose features that change, or longer trajectories.")
    return {"kind": "network", "columns": columns, "mean": mean[columns], "scale": spread[columns], "constants": mean}


def _sample(pairs: Pairs, most: int) -> np.ndarray:
    return pairs.frames[:: max(1, len(pairs.frames) // most)]


def _projection(parameters: dict[str, Any], features: Features, title: str, lagtime: int, timestep_ns: float | None, progress: Progress,
                sample: np.ndarray, model: Model) -> Projection:
    done, total, outputs = 0, sum(map(len, features.values)), []
    for x in features.values:
        outputs.append(network.apply(parameters, x, counted(progress, done, total, "Projecting")))
        done += len(x)
    is_fuzzy = parameters["encoder"]["output"] == "softmax"
    values, eigenvalues = _fuzzy(parameters, outputs, features, lagtime, model) if is_fuzzy else _slow(parameters, outputs, features, lagtime, timestep_ns)
    with np.errstate(divide="ignore", invalid="ignore"):
        times = np.where(eigenvalues > 0, -lagtime / np.log(np.clip(eigenvalues, None, 1 - 1e-12)), np.nan)
    parameters |= {"dim": values[0].shape[1], "timescales": times}
    parameters["saliency"] = saliency(parameters, sample, features.n_features)
    names = tuple(f"{'State' if is_fuzzy else title} {i + 1}" for i in range(values[0].shape[1]))
    return Projection(values=values, names=names, title=title, lagtime=lagtime, parameters=parameters, singular_values=eigenvalues,
                      loadings=correlations(features.values, values))


def _slow(parameters: dict[str, Any], outputs: list[np.ndarray], features: Features, lagtime: int, timestep_ns: float | None) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """Uncorrelated coordinates of unit variance among the outputs, slowest first; the feature that follows each most has a positive correlation."""
    moments, _ = gather_moments(outputs, lagtime, timestep_ns, lambda done, total, text: None)
    found = fit_tica(moments, scaling=None, epsilon=RANK)
    parameters |= {"center": found.mean, "rotation": found.coefficients}
    values = tuple(apply_linear(y, found.mean, found.coefficients) for y in outputs)
    follows = correlations(features.values, values)
    signs = np.where(follows[np.abs(follows).argmax(axis=0), np.arange(follows.shape[1])] < 0, -1.0, 1.0)
    parameters["rotation"] = found.coefficients * signs
    return tuple(v * signs.astype(np.float32) for v in values), found.eigenvalues


def _fuzzy(parameters: dict[str, Any], outputs: list[np.ndarray], features: Features, lagtime: int, model: Model) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """Memberships, from the most to the least populated state, and the eigenvalues of their Koopman matrix."""
    found = model(parameters, outputs, features.values, lagtime)
    parameters |= found.parameters
    order = np.argsort(-found.populations, kind="stable")
    for name in ("encoder", "landing"):   # networks with one output for each state
        if name in parameters:
            arrays = parameters[name]
            weights, biases = ((*layers[:-1], layers[-1][order]) for layers in (arrays["weights"], arrays["biases"]))
            parameters[name] = {**arrays, "weights": weights, "biases": biases}
    if "generator" in parameters:   # the state is its first inputs
        first, *rest = parameters["generator"]["weights"]
        moved = np.hstack([first[:, : len(order)][:, order], first[:, len(order) :]])
        parameters["generator"] = {**parameters["generator"], "weights": (moved, *rest)}
    if "coupling" in parameters:
        parameters["coupling"] = parameters["coupling"][np.ix_(order, order)]
    parameters |= {"koopman": found.matrix[np.ix_(order, order)], "populations": found.populations[order]}
    return tuple(np.ascontiguousarray(y[:, order]) for y in outputs), found.eigenvalues


def _relaxation(found: Projection, lagtime: int, timestep_ns: float | None) -> tuple[Notice, ...]:
    times, unit = [t for t in found.parameters["timescales"] if np.isfinite(t) and t > lagtime / 3], TimeUnit(timestep_ns)
    if not times:
        return (Notice("warning", f"{found.title} found nothing that is slow at a lag time of {unit.say(lagtime)}.", "Choose a shorter lag time, or other features.", "projection"),)
    return (Notice("info", f"{found.title}'s own relaxation times: {', '.join(unit.say(float(f'{t:.3g}')) for t in times)}.", "", "projection"),)
