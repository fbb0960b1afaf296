"""From trajectories to features: chunk by chunk, once, straight into the cache."""
from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np

from mdexplore.base import room
from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.base.store import Store, array_key, content_key
from mdexplore.base.words import count_of
from mdexplore.base.work import pieces
from mdexplore.methods.features.choice import broken_molecules, default_features
from mdexplore.methods.features.custom import featurize_with
from mdexplore.methods.features.elsewhere import can_travel, measure_beside, measure_elsewhere
from mdexplore.methods.features.featurizer import Featurizer
from mdexplore.methods.features.identity import Identity
from mdexplore.methods.method import Progress, Settings, find, ignore, method_of
from mdexplore.methods.progress import counted
from mdexplore.methods.recipe import Given
from mdexplore.methods.results import Features

ROWS = 16384            # rows of given arrays looked at or copied at once
PIECE_BYTES = 32 << 20   # of features measured at once; mdtraj takes several times as much on the way
LEAST_ROWS = 8           # that readers decode at once
COPIES = 8               # that many times, at most


@dataclass(frozen=True, eq=False)
class _Column:
    """One kind of features in the making: its key (empty: not to be cached), and its values so far (trajectory -> array)."""

    settings: Any
    featurizer: Featurizer
    key: str
    given: bool
    values: dict[int, np.ndarray]


def extract_features(data: Any, settings: Sequence[Any] | Settings | str | None = None, *, progress: Progress = ignore) -> Features:
    """Features of every frame of a data set.

    Parameters
    ----------
    data : Dataset
    settings : sequence of Settings, or None
        Kinds of features, side by side in this order; None chooses from the data and says so. A name stands for its default settings; an object
        of the user's is used by `custom.featurize_with`, and its values are kept in memory only.
    progress : callable
        Called as ``progress(frames done, frames to do, text)``.

    Returns
    -------
    Features
        One array a trajectory, of all its frames: memory maps of the cache, or the given arrays themselves.

    Raises
    ------
    UserError
        If an explicit choice cannot be computed, or a feature of a frame is not a finite number.

    Notes
    -----
    Each pair (trajectory, kind of features) is an entry of its own in the cache: a feature or a trajectory that is added computes only that.
    """
    notices: tuple[Notice, ...] = ()
    if settings is None:
        settings, notices = default_features(data)
    chosen = _as_settings(settings)
    notices += broken_molecules(data, chosen)
    columns = make_columns(data, chosen)
    compute_missing(data, columns, progress)
    names = [name for c in columns for name in c.featurizer.names]
    notices += tuple(n for c in columns for n in c.featurizer.notices) + _sized(len(names))
    return Features(values=tuple(_side_by_side(data, i, columns) for i in range(data.n_trajectories)), names=_unique(names),
                    atoms=tuple(a for c in columns for a in c.featurizer.atoms), kinds=tuple(k for c in columns for k in c.featurizer.kinds), notices=notices)


def make_featurizer(data: Any, settings: Settings) -> Featurizer:
    """The featurizer of one kind of features for a data set; raises `UserError` where it cannot be made."""
    run = method_of(settings).run
    if isinstance(settings, Identity):
        return run(settings, data.topology, names=tuple(data.given_names or ()) if data.given is not None else ())
    if data.topology is None:
        raise UserError(f"{type(settings).__name__} cannot be measured.", "The data are arrays without structures.", 'Use features="identity", or load trajectories with a topology.')
    return run(settings, data.topology, reference=_reference(data, settings))


def _as_settings(settings: Any) -> list[Any]:
    items = list(settings) if isinstance(settings, (list, tuple)) else [settings]
    if not items:
        raise UserError("No feature is left.", "The list of features is empty.", "Name at least one kind of features, or give None to have it chosen.")
    return [find("features", item).settings() if isinstance(item, str) else item.value if isinstance(item, Given) else item for item in items]


def _reference(data: Any, settings: Settings) -> Any:
    """The frames a method compares with, as one mdtraj.Trajectory; None where it needs none."""
    pairs = getattr(settings, "references", ())
    if not len(pairs):
        return None
    for trajectory, frame in pairs:
        if not (0 <= trajectory < data.n_trajectories and 0 <= frame < data.lengths[trajectory]):
            raise UserError(f"There is no frame {frame} in trajectory {trajectory}.", f"There are {data.n_trajectories} trajectories, numbered from 0, with {min(data.lengths)} to "
                            f"{max(data.lengths)} frames.", "Choose reference frames that exist.")
    return data.frames(np.asarray(pairs, dtype=int))


def make_columns(data: Any, settings: Sequence[Any]) -> list[_Column]:
    """Kinds of features of a data set, nothing measured yet."""
    return [_column(data, s) for s in settings]


def _column(data: Any, settings: Any) -> _Column:
    if not isinstance(settings, Settings):
        if data.topology is None:
            raise UserError(f"{type(settings).__name__} cannot be measured.", "The data are arrays without structures.", 'Use features="identity", or load trajectories with a topology.')
        return _Column(settings, featurize_with(settings, data.frame(0, 0)), "", False, {})
    made = method_of(settings)
    featurizer = make_featurizer(data, settings)
    reference = _reference(data, settings) if data.topology is not None else None
    key = content_key("features", made.name, made.version, settings.to_json(), featurizer.names, featurizer.atoms,
                      None if reference is None else array_key(np.ascontiguousarray(reference.xyz)))
    return _Column(settings, featurizer, key, isinstance(settings, Identity), {})


def compute_missing(data: Any, columns: list[_Column], progress: Progress, trajectories: Sequence[int] | None = None) -> None:
    """Fill the values of every column, from the cache where it has them; each trajectory is read at most once.

    Parameters
    ----------
    trajectories : sequence of int
        All where not given.
    """
    trajectories = range(data.n_trajectories) if trajectories is None else trajectories
    todo = _missing(data, columns, trajectories)
    executor = pieces.elsewhere()
    if todo and executor is not None:
        measure_elsewhere(data, [c.settings for c in columns if c.key and not c.given], [i for i, missing in todo if any(c.key for c in missing)], executor, progress)
        for i, missing in todo:
            for c in missing:
                if c.key:
                    pieces.arrived(_entry_key(data, i, c.key))
        todo = _missing(data, columns, [i for i, _ in todo])   # what cannot travel is left
    if todo:
        _check_room(data, columns, [i for i, _ in todo])
        _compute(data, dict(todo), progress)


def _compute(data: Any, todo: dict[int, list[_Column]], progress: Progress) -> None:
    """Measure what trajectories lack: side by side within a step that spreads, unless a kind of features is known to this process alone."""
    total, crew = sum(data.lengths[i] for i in todo), pieces.crew()
    columns = list({id(c): c for missing in todo.values() for c in missing}.values())
    if crew is None or not all(can_travel(c.settings) for c in columns):
        done = 0
        for i, missing in todo.items():
            _compute_one(data, i, missing, counted(progress, done, total, "Measuring features"))
            done += data.lengths[i]
        return
    for i in measure_beside(data, [c.settings for c in columns], list(todo), crew, lambda i, tick: _compute_one(data, i, todo[i], tick),
                            COPIES * PIECE_BYTES, counted(progress, 0, total, "Measuring features")):
        for c in todo[i]:
            if i not in c.values:
                c.values[i] = pieces.arrived(_entry_key(data, i, c.key))


def _missing(data: Any, columns: list[_Column], trajectories: Sequence[int]) -> list[tuple[int, list[_Column]]]:
    """Trajectories and the kinds of features they lack; the others take their values."""
    store = Store()
    todo: list[tuple[int, list[_Column]]] = []
    for i in trajectories:
        for c in columns:
            if c.given:
                c.values[i] = data.given[i]
            elif c.key:
                _take(c, i, store.load(_entry_key(data, i, c.key)), (data.lengths[i], c.featurizer.n_features))
        missing = [c for c in columns if i not in c.values]
        if missing:
            todo.append((i, missing))
    return todo


def _check_room(data: Any, columns: list[_Column], todo: list[int]) -> None:
    """Features go straight to the disk, but for those of the user's own objects; on the way there are pieces, of a few frames where memory is short."""
    kept = sum(4.0 * c.featurizer.n_features * data.lengths[i] for c in columns if not c.key and not c.given for i in todo)
    d, n = sum(c.featurizer.n_features for c in columns), sum(data.lengths[i] for i in todo)
    room.check(kept + COPIES * LEAST_ROWS * max(_frame_bytes(data, i, columns) for i in todo), f"Measuring {count_of(d, 'feature')} of {count_of(n, 'frame')}",
               "Choose fewer features or atoms, or load every n-th frame (stride=).")


def _piece(data: Any, i: int, columns: list[_Column]) -> int:
    """How many frames to read and measure at once."""
    free = room.free_bytes()
    most = PIECE_BYTES if free is None else min(PIECE_BYTES, free // (2 * COPIES))
    return max(LEAST_ROWS, most // _frame_bytes(data, i, columns))


def _frame_bytes(data: Any, i: int, columns: list[_Column]) -> int:
    """The larger of a frame's coordinates, as they are read, and its features."""
    return max(4 * sum(c.featurizer.n_features for c in columns if not c.given), 12 * data.blocks.atoms_read(i))


def _entry_key(data: Any, trajectory: int, *of: str) -> str:
    """A trajectory is keyed as it lies on disk, so which of its frames and atoms are used is part of the key."""
    atoms = None if data.atoms is None else data.atoms.tolist()
    return content_key("features", of, data.trajectory_key(trajectory), data.stride, atoms)


def _take(column: _Column, trajectory: int, found: Any, shape: tuple[int, int]) -> None:
    if isinstance(found, np.ndarray) and found.shape == shape:
        column.values[trajectory] = found


def _compute_one(data: Any, i: int, columns: list[_Column], tick: Any) -> None:
    """Read one trajectory once and write the entries of several kinds of features."""
    store, n = Store(), data.lengths[i]
    keys = [_entry_key(data, i, c.key) if c.key else "" for c in columns]
    with ExitStack() as stack:
        entries = [stack.enter_context(store.writing(key)) if key else None for key in keys]
        shapes = [(n, c.featurizer.n_features) for c in columns]
        arrays = [np.empty(shape, np.float32) if entry is None else entry.array(shape) for entry, shape in zip(entries, shapes)]
        stop = 0
        for start, chunk in data.chunks(i, _piece(data, i, columns)):
            stop = start + chunk.n_frames
            for c, array in zip(columns, arrays):
                array[start:stop] = _finite(c.featurizer.compute(chunk), i, start, c.featurizer.names)
            tick(stop)
        if stop != n:
            raise UserError(f"Trajectory {i} has changed while it was read.", f"It had {n} frames when it was loaded and gave {stop} now.", "Load the data again.")
        for entry, array in zip(entries, arrays):
            if entry is not None:
                entry.value = array
    for c, key, array in zip(columns, keys, arrays):
        found = store.load(key) if key else None
        c.values[i] = array if found is None else found


def _side_by_side(data: Any, i: int, columns: list[_Column]) -> np.ndarray:
    """All features of a trajectory in one array: the single kind itself, or an assembled array, cached as well."""
    if len(columns) == 1:
        return columns[0].values[i]
    store, n, d = Store(), data.lengths[i], sum(c.featurizer.n_features for c in columns)
    if not all(c.key for c in columns):
        return np.concatenate([c.values[i] for c in columns], axis=1, dtype=np.float32)
    key = _entry_key(data, i, "side by side", *(array_key(c.values[i]) if c.given else c.key for c in columns))
    found = store.load(key)
    if isinstance(found, np.ndarray) and found.shape == (n, d):
        return found
    with store.writing(key) as entry:
        array = entry.array((n, d))
        for start in range(0, n, ROWS):
            array[start : start + ROWS] = np.concatenate([c.values[i][start : start + ROWS] for c in columns], axis=1)
        entry.value = array
    found = store.load(key)
    return array if found is None else found


def _finite(values: np.ndarray, trajectory: int, start: int, names: Sequence[str]) -> np.ndarray:
    for first in range(0, len(values), ROWS):
        good = np.isfinite(values[first : first + ROWS])
        if not good.all():
            frame, feature = np.argwhere(~good)[0]
            raise UserError(f"The feature {names[feature]} is not a number in frame {start + first + frame} of trajectory {trajectory}.",
                            "Its coordinates are missing, not finite, or several atoms lie on one point.",
                            "Look at that frame; leave it out, or choose features that do not use these atoms.")
    return values


def _unique(names: list[str]) -> tuple[str, ...]:
    seen: dict[str, int] = {}
    out = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(out)


def _sized(n_features: int) -> tuple[Notice, ...]:
    if n_features <= 1000:
        return ()
    return (Notice("warning", f"There are {n_features} features; slow coordinates of so many take long and fit noise.",
                   "Choose fewer, for example by a selection of residues.", "features"),)
