"""How each step is computed from those before it; the same code runs in a script and in a worker."""
from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.methods.method import Progress, find, method_of
from mdexplore.methods.recipe import Given, Recipe
from mdexplore.session.sizes import check_room

if TYPE_CHECKING:
    from mdexplore.session.computed import Computed

# Quick to compute and quick to send: these are not written to the cache.
LIVE = ("kinetics", "coarse", "chapman")
FOLDS = 5   # of a held-out score


def compute(study: Computed, step: str, progress: Progress) -> Any:
    """The result of one step; asks the study for what it needs. `UserError` where it will not fit into memory."""
    check_room(study, step)
    return _STEPS[step](study, progress)


def has_given(recipe: Recipe, step: str) -> bool:
    """Does a step rest on an object of the user's?"""
    slots = {"features": ["features"], "projection": ["features", "projection"], "score": ["features", "projection"]}.get(step, ["features", "projection", "clustering"])
    return any(map(recipe.is_given, slots))


def failure_notice(step: str, error: Exception) -> Notice:
    """What is said of a step that has no result."""
    if isinstance(error, UserError):
        return Notice("error", f"{error.what} {error.why}".strip(), error.do, step)
    return Notice("error", f"{step} failed: {type(error).__name__}: {error}", "Try again; the log has the details.", step)


def _features(study: Computed, progress: Progress) -> Any:
    from mdexplore.methods.features.extract import extract_features

    return extract_features(study.data, study.recipe.features, progress=progress)


def _projection(study: Computed, progress: Progress) -> Any:
    lagtime, filled, features = study.projection_lag, study.recipe.projection, study.result("features")
    if isinstance(filled, Given):
        from mdexplore.methods.projection.custom import project_with

        return project_with(filled.value, features, lagtime=lagtime, timestep_ns=study.data.timestep_ns, progress=progress)
    return _run(filled, features, lagtime=lagtime, seed=study.recipe.seed, timestep_ns=study.data.timestep_ns, progress=progress)


def _clustering(study: Computed, progress: Progress) -> Any:
    filled, projection = study.recipe.clustering, study.result("projection")
    if isinstance(filled, Given):
        from mdexplore.methods.clustering.custom import cluster_with

        return cluster_with(filled.value, projection, progress=progress)
    return _run(filled, projection, seed=study.recipe.seed, progress=progress)


def _timescales(study: Computed, progress: Progress) -> Any:
    from mdexplore.methods.checks.timescales import timescales
    from mdexplore.methods.kinetics.estimators import estimator_of

    lag, clustering = study.recipe.lag_of("kinetics", study.data.unit), study.result("clustering")
    estimator = estimator_of(study.recipe.kinetics, clustering)
    return timescales(clustering, estimator=estimator, include=() if lag is None else (lag,), timestep_ns=study.data.timestep_ns, progress=progress)


def _kinetics(study: Computed, progress: Progress) -> Any:
    filled, clustering = study.recipe.kinetics, study.result("clustering")
    lagtime, timestep_ns = study.lagtime, study.data.timestep_ns
    if isinstance(filled, Given):
        from mdexplore.methods.kinetics.custom import custom_kinetics

        return custom_kinetics(filled.value, clustering, lagtime=lagtime, timestep_ns=timestep_ns, progress=progress)
    return _run(filled, clustering, lagtime=lagtime, seed=study.recipe.seed, timestep_ns=timestep_ns, progress=progress)


def _coarse(study: Computed, progress: Progress) -> Any:
    return _run(study.recipe.coarse, study.result("kinetics"), study.result("clustering"), progress=progress)


def _chapman(study: Computed, progress: Progress) -> Any:
    from mdexplore.methods.checks.chapman import chapman_kolmogorov

    return chapman_kolmogorov(study.result("clustering"), study.result("kinetics"), study.result("coarse"), progress=progress)


def _bootstrap(study: Computed, progress: Progress) -> Any:
    from mdexplore.methods.checks.bootstrap import bootstrap_timescales

    if _is_of_ensembles(study):   # their bars come of blocks of each window, weighed anew: a bootstrap already
        return study.result("timescales", progress)

    lagtimes = study.result("timescales").lagtimes
    return _of_plain_models(study, bootstrap_timescales(study.result("clustering"), lagtimes, seed=study.recipe.seed, timestep_ns=study.data.timestep_ns, progress=progress))


def _posterior(study: Computed, progress: Progress) -> Any:
    from mdexplore.methods.checks.posterior import posterior_timescales

    if _is_of_ensembles(study):
        raise UserError("There is no posterior for TRAM.", "It would count transitions of biased windows as if they had no bias.",
                        "Look at the bars that are there: they come of blocks of each window, weighed anew.")

    lagtimes = study.result("timescales").lagtimes
    return _of_plain_models(study, posterior_timescales(study.result("clustering"), lagtimes, seed=study.recipe.seed, timestep_ns=study.data.timestep_ns, progress=progress))


def _is_of_ensembles(study: Computed) -> bool:
    """Trajectories under bias are not to be counted together with others."""
    from mdexplore.methods.kinetics.estimators import estimator_of

    return estimator_of(study.recipe.kinetics).startswith("tram")


def _of_plain_models(study: Computed, found: Any) -> Any:
    """Say of intervals that they are those of plain Markov models where the kinetics are of another kind, which would take too long to fit so often."""
    from mdexplore.methods.kinetics.estimators import PLAIN, estimator_of

    if estimator_of(study.recipe.kinetics) == PLAIN:
        return found
    said = Notice("info", f"Timescales with the interval {found.interval!r} are those of plain Markov models, not of {method_of(study.recipe.kinetics).title}.", where="timescales")
    return dataclasses.replace(found, interval=f"{found.interval}, plain MSM", notices=(*found.notices, said))


def _score(study: Computed, progress: Progress) -> Any:
    return held_out_score(study, FOLDS, progress)


def held_out_score(study: Computed, folds: int, progress: Progress) -> Any:
    """VAMP-2 score of the projection on trajectories that its fit has not seen."""
    from mdexplore.methods.checks.score import vamp2_score

    return vamp2_score(study.result("features"), study.recipe.projection, lagtime=study.projection_lag, folds=folds, seed=study.recipe.seed,
                       timestep_ns=study.data.timestep_ns, progress=progress)


def _run(settings: Any, *args: Any, **options: Any) -> Any:
    owner = method_of(settings)
    return find(owner.slot, owner.name).run(settings, *args, **options)


_STEPS = {"features": _features, "projection": _projection, "clustering": _clustering, "timescales": _timescales, "kinetics": _kinetics,
          "coarse": _coarse, "chapman": _chapman, "bootstrap": _bootstrap, "posterior": _posterior, "score": _score}
