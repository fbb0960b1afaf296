"""What workers are asked to do for a session; results come back as cache keys where they are large, as values where they are small."""
from __future__ import annotations

from typing import Any

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.base.store import Store
from mdexplore.base.work.cluster import Dask
from mdexplore.methods.method import Progress, Settings, find
from mdexplore.session.memory import Memory
from mdexplore.session.steps import LIVE
from mdexplore.session.study import Study

MODEL_STEPS = ("timescales", "kinetics", "coarse", "chapman")


_memory = Memory()
_datasets = Memory()


def study_of_spec(spec: dict[str, Any]) -> Study:
    """The study of `Study.spec`; what it computes is shared by all that this worker is asked for."""
    from mdexplore.data.dataset import Dataset

    key = spec["data"]["key"]
    if key not in _datasets:
        _datasets[key] = Dataset.from_spec(spec["data"])
    scheduler = spec.get("scheduler")
    return Study.from_recipe(_datasets[key], spec["recipe"], _memory, Dask(scheduler) if scheduler else None)


def run_step(spec: dict[str, Any], step: str, *, progress: Progress) -> Any:
    """Compute one step; None where the result waits in the cache, else the result itself."""
    study = study_of_spec(spec)
    value = study.result(step, progress)
    return None if study.is_cached(step) else value


def run_model(spec: dict[str, Any], known: tuple[str, ...] = (), *, progress: Progress) -> tuple[dict[str, Any], str, UserError | None]:
    """Compute all that follows the lag dial, so that the panels change together.

    Parameters
    ----------
    known : tuple of str
        Keys of results that the caller has already.

    Returns
    -------
    tuple
        The results by step; the step that cannot be done, if any, and why: what comes before it is still good.
    """
    study = study_of_spec(spec)
    made: dict[str, Any] = {}
    for number, step in enumerate(MODEL_STEPS):
        progress(number, len(MODEL_STEPS), step)
        if study.key(step) in known:
            continue
        try:
            made[step] = study.result(step, progress)
        except UserError as error:
            return made, step, error
    return made, "", None


def run_checks(spec: dict[str, Any], steps: tuple[str, ...], order: tuple[int, ...] = (), handed: dict[str, str] | None = None, *, progress: Progress) -> tuple[Notice, ...]:
    """What the results of some steps say together (`mdexplore.session.health`).

    Parameters
    ----------
    steps : tuple of str
        Those that are shown. Models are estimated again where this process has not made them; of the rest, what is neither in memory here nor in the cache is left out.
    order : tuple of int
        Rank by population of each state as it is numbered there: notices name states by these numbers.
    handed : dict of str to str
        Keys of entries in the cache with results that cannot be found under their own, by step.
    """
    from mdexplore.methods.coarse.numbering import renumbered, renumbered_test
    from mdexplore.session import health

    study = study_of_spec(spec)
    progress(0, 1, "checks")
    for step, key in (handed or {}).items():
        if study.peek(step) is None and (value := Store().load(key)) is not None:
            study.keep(step, value)
    found = {step: _at_hand(study, step, progress) for step in steps}
    if order and found.get("coarse") is not None:
        found["coarse"] = renumbered(found["coarse"], order)
    if order and found.get("chapman") is not None:
        found["chapman"] = renumbered_test(found["chapman"], order)
    return tuple(health.of_results({step: value for step, value in found.items() if value is not None}, study.data.unit))


def made_settings(slot: str, name: str, values: dict[str, Any], *, progress: Progress) -> Settings:
    """Settings of a method that read files when they are made."""
    progress(0, 1, "reading files")
    return find(slot, name).settings(**values)


def _at_hand(study: Study, step: str, progress: Progress) -> Any:
    """The result of a step where it is there, or quickly made of what is there."""
    if (step == "features" and study.is_cached(step)) or (step in LIVE and study.peek("clustering") is not None):
        return study.result(step, progress)
    return study.peek(step)


def run_flux(spec: dict[str, Any], source: tuple[int, ...], target: tuple[int, ...], order: tuple[int, ...], *, progress: Progress) -> Any:
    """Reactive flux between metastable states.

    Parameters
    ----------
    source, target : tuple of int
    order : tuple of int
        Rank by population of each state as the caller numbers them.
    """
    from mdexplore.methods.coarse.numbering import renumbered_flux

    progress(0, 1, "flux")
    found = study_of_spec(spec).flux([order[s] for s in source], [order[s] for s in target])
    return renumbered_flux(found, order)
