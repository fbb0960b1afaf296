"""Measuring features on an executor: each task reads some trajectories and leaves their features in the cache."""
from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from mdexplore.base.errors import UserError
from mdexplore.base.store import Store, content_key
from mdexplore.base.work import pieces
from mdexplore.methods.method import Progress, Settings, from_json, ignore

TASK_BYTES = 64 << 20   # of coordinates, where trajectories are short: half a second or more
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
    store, key = Store(), content_key("data set", data.key)
    if not store.has(key):
        store.save(key, data.spec())   # with the topology: read once by each worker, however many tasks there are
    tasks = _grouped(trajectories, data.lengths, max(1, TASK_BYTES // (12 * (data.n_atoms or 1))))
    done, total = 0, sum(data.lengths[i] for i in trajectories)
    shared = {"dataset": key, "kinds": tuple(s.to_json() for s in settings), "cache": str(store.root)}
    for i, _ in executor.run(measure, [(task,) for task in tasks], shared):
        done += sum(data.lengths[k] for k in tasks[i])
        progress(done, total, "Measuring features")


def measure(trajectories: tuple[int, ...], *, dataset: str, kinds: Kinds, cache: str) -> None:
    """What a worker does: measure what the cache lacks of some trajectories."""
    from mdexplore.base.work.threads import single_threaded
    from mdexplore.methods.features.extract import compute_missing, make_columns

    pieces.use_cache(cache)
    with single_threaded():
        data = _dataset(dataset, cache)
        compute_missing(data, make_columns(data, [from_json(dict(kind)) for kind in kinds]), ignore, trajectories)


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
