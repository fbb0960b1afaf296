"""Measuring features in other processes, on an executor or beside this one: each task reads some trajectories and leaves their features in the cache."""
from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from mdexplore.base.errors import UserError
from mdexplore.base.store import Store, content_key
from mdexplore.base.work import pieces
from mdexplore.base.work.crew import Crew, Tick, Work
from mdexplore.methods.method import Progress, Settings, from_json, ignore, method_of

TASK_BYTES = 64 << 20   # of coordinates, where trajectories are short: half a second or more
SHARE_BYTES = 8 << 20    # the same on this machine, where a task costs a millisecond: smaller ones end at the same time
Kinds = tuple[dict[str, Any], ...]


def measure_elsewhere(data: Any, settings: Sequence[Settings], trajectories: Sequence[int], executor: pieces.Executor, progress: Progress) -> None:
    """Put the features of some trajectories into the cache.

    Parameters
    ----------
    data : Dataset
    settings : sequence of Settings
        Kinds of features; what the cache has already is not measured again.
    trajectories : sequence of int
    executor : Executor
    progress : callable
        Called as ``progress(frames done, frames to do, text)``.

    Raises
    ------
    UserError
        If a feature cannot be measured, or a worker does not see the files or the cache.
    """
    tasks = _grouped(trajectories, data.lengths, max(1, TASK_BYTES // (12 * (data.n_atoms or 1))))
    done, total = 0, sum(data.lengths[i] for i in trajectories)
    for i, _ in executor.run(measure, [(task,) for task in tasks], _shared(data, settings)):
        done += sum(data.lengths[k] for k in tasks[i])
        progress(done, total, "Measuring features")


def measure_beside(data: Any, settings: Sequence[Any], trajectories: Sequence[int], crew: Crew, here: Callable[[int, Tick], None], needs: int, tick: Tick) -> Iterator[int]:
    """Measure features on the cores of this machine, in this process while that is quick enough.

    Parameters
    ----------
    data : Dataset
    settings : sequence of Settings
        Kinds of features; what the cache has already is not measured again.
    trajectories : sequence of int
    crew : Crew
    here : callable
        ``here(trajectory, tick)`` measures one in this process; ``tick(n)`` says how many of its frames are done.
    needs : int
        Bytes that measuring takes at its peak.
    tick : callable
        Called with the number of frames done.

    Yields
    ------
    int
        A trajectory of which the cache has all features, in any order.

    Raises
    ------
    UserError
        If a feature cannot be measured, or a worker is killed.
    """
    tasks = _grouped(trajectories, data.lengths, max(1, SHARE_BYTES // (12 * (data.n_atoms or 1))))

    def one_after_the_other(number: int, tick: Tick) -> None:
        done = 0
        for i in tasks[number]:
            here(i, lambda n, before=done: tick(before + n))   # type: ignore[misc]
            done += data.lengths[i]

    sizes = [sum(data.lengths[i] for i in task) for task in tasks]
    for number, _ in crew.run(Work(measure, [(task,) for task in tasks], sizes, lambda: _shared(data, settings), one_after_the_other, "features", needs, tells=True), tick):
        yield from tasks[number]


def can_travel(settings: Any) -> bool:
    """Whether a worker knows these features: those of mdexplore and of installed packages, not those that a script has registered."""
    if not isinstance(settings, Settings):
        return False
    packages = {"mdexplore", *(entry.module.partition(".")[0] for entry in importlib.metadata.entry_points(group="mdexplore.methods"))}
    return method_of(settings).run.__module__.partition(".")[0] in packages


def measure(trajectories: tuple[int, ...], *, dataset: str, kinds: Kinds, cache: str, progress: Progress = ignore) -> None:
    """What a worker does: measure what the cache lacks of some trajectories."""
    from mdexplore.base.work.threads import single_threaded
    from mdexplore.methods.features.extract import compute_missing

    pieces.use_cache(cache)
    with single_threaded():
        columns = [replace(column, values={}) for column in _columns(dataset, cache, json.dumps(kinds))]
        compute_missing(_dataset(dataset, cache), columns, progress, trajectories)


def _shared(data: Any, settings: Sequence[Settings]) -> dict[str, Any]:
    """What all tasks are told."""
    store, key = Store(), content_key("data set", data.key)
    if not store.has(key):
        store.save(key, data.spec())   # with the topology: read once by each worker, however many tasks there are
    return {"dataset": key, "kinds": tuple(s.to_json() for s in settings), "cache": str(store.root)}


@lru_cache(maxsize=2)
def _columns(dataset: str, cache: str, kinds: str) -> list[Any]:
    from mdexplore.methods.features.extract import make_columns

    return make_columns(_dataset(dataset, cache), [from_json(kind) for kind in json.loads(kinds)])


@lru_cache(maxsize=4)
def _dataset(key: str, cache: str) -> Any:
    from mdexplore.data.dataset import Dataset

    spec = Store().load(key)
    if spec is None:
        raise UserError("A worker does not find the description of the data.", f"It is not in its cache, {cache}.",
                        "Keep the cache (MDEXPLORE_CACHE) in a folder that all workers see under the same name.")
    return Dataset.from_spec(spec)


def _grouped(trajectories: Sequence[int], lengths: Sequence[int], most_frames: int) -> list[tuple[int, ...]]:
    """Trajectories of one task: a long one alone, short ones together."""
    tasks: list[list[int]] = []
    room = 0
    for i in trajectories:
        if not tasks or lengths[i] > room:
            tasks.append([])
            room = most_frames
        tasks[-1].append(i)
        room -= lengths[i]
    return [tuple(task) for task in tasks]
