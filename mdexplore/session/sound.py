"""Are values that came out of a file what their classes say? A file may have been written by a stranger; what is believed is used as an index."""
from __future__ import annotations

import dataclasses
import types
import typing
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from mdexplore.data.dataset import Dataset

STEP_CLASSES = {"features": "Features", "projection": "Projection", "clustering": "Clustering", "timescales": "Timescales", "kinetics": "Kinetics",
                "coarse": "Metastable", "chapman": "ChapmanKolmogorov", "bootstrap": "Timescales", "posterior": "Timescales", "score": "Score"}
_SHAPES = {   # of fields whose axes are counted in the same things
    "Kinetics": {"counts": "cc", "active": "a", "transition_matrix": "aa", "stationary": "a", "samples": "saa", "timescales": "k", "timescales_lower": "k", "timescales_upper": "k"},
    "Hidden": {"transition_matrix": "hh", "stationary": "h", "counts": "hh", "outputs": "hc", "memberships": "ch", "samples": "shh"},
    "Metastable": {"microstates": "c", "memberships": "cm", "populations": "m", "lower": "m", "upper": "m", "mfpt": "mm", "mfpt_lower": "mm", "mfpt_upper": "mm", "flux": "mm",
                   "passages": "mm", "journeys": "mm"},
    "Timescales": {"lagtimes": "l", "values": "lk", "lower": "lk", "upper": "lk", "unresolved": "lk"},
    "FoldScores": {"vamp2": "f", "vampe": "f", "vamp2_train": "f", "vampe_train": "f"},
    "ChapmanKolmogorov": {"lagtimes": "l", "predicted": "lmm", "estimated": "lmm", "lower": "lmm", "upper": "lmm"},
}
_WHOLE = {"Kinetics": ("active",), "Metastable": ("microstates", "passages", "journeys"), "Timescales": ("lagtimes",), "ChapmanKolmogorov": ("lagtimes",)}


def check_type(value: Any, hint: Any, where: str = "a value") -> None:
    """Make sure that a value is of a type; dataclasses, tuples and dictionaries are looked into.

    Raises
    ------
    TypeError
    """
    if hint is Any:
        return
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        _check_union(value, inside, where)
    elif origin is tuple:
        _must(isinstance(value, tuple), where)
        kinds = [inside[0]] * len(value) if len(inside) == 2 and inside[1] is Ellipsis else list(inside)
        _must(len(kinds) == len(value), where)
        for part, kind in zip(value, kinds):
            check_type(part, kind, where)
    elif origin is dict:
        _must(isinstance(value, dict), where)
        for key, part in value.items():
            check_type(key, inside[0], where)
            check_type(part, inside[1], where)
    elif origin is typing.Literal:
        _must(isinstance(value, str) and value in inside, where)
    elif hint is float:
        _must(isinstance(value, (int, float)) and not isinstance(value, bool), where)
    elif hint is int:
        _must(isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 62, where)
    elif isinstance(hint, type):
        _must(isinstance(value, hint), where)
        if dataclasses.is_dataclass(hint):
            check_fields(value)


def check_fields(value: Any) -> None:
    """Make sure that each field of a dataclass is of its type, that arrays hold numbers, and that their axes agree; raises `TypeError`."""
    hints = typing.get_type_hints(type(value))
    for spec in dataclasses.fields(value):
        where = f"{type(value).__name__}.{spec.name}"
        found = getattr(value, spec.name)
        check_type(found, hints[spec.name], where)
        for array in found if isinstance(found, tuple) else (found,):
            _must(not isinstance(array, np.ndarray) or array.dtype.kind in "fiub", where)
    _check_axes(value, _SHAPES.get(type(value).__name__, {}))
    for name in _WHOLE.get(type(value).__name__, ()):
        array = getattr(value, name)
        _must(array is None or array.dtype.kind in "iu", f"{type(value).__name__}.{name}")


def check_result(step: str, value: Any, data: Dataset) -> None:
    """Make sure that a value can be the result of a step for these data; raises `TypeError`."""
    _must(type(value).__name__ == STEP_CLASSES[step], step)
    check_fields(value)
    if step in ("features", "projection"):
        _check_frames(value.values, data, step, (len(value.names),), "f")
    if step == "clustering":
        _must(value.centers.ndim == 2, step)
        _check_frames(value.dtrajs, data, step, (), "i", value.n_clusters)
        if value.memberships is not None:
            _check_frames(value.memberships, data, step, (value.n_clusters,), "f")
    if step == "kinetics":
        _check_numbers(value.active, value.n_clusters, step)
        if value.hidden is not None:
            _must(value.hidden.outputs.shape[1] == value.n_clusters, step)
            _check_frames(value.hidden.paths, data, step, (), "i", value.hidden.n_hidden)
        if value.unbiased is not None:
            _check_frames(value.unbiased.weights, data, step, (), "f")
            _check_frames(value.unbiased.sampled, data, step, (), "b")
        _must(value.lagtime > 0 and (not len(value.active) or value.active.min() >= 0), step)
    if step == "coarse":
        _check_frames(value.assignments, data, step, (), "i", value.n_states)
        _check_numbers(value.microstates, value.n_states, step)
        _must(sorted(value.order) in ([], list(range(value.n_states))), step)
        _must(len(value.colors) == value.n_states and all(0 <= c < 1 << 16 for c in value.colors), step)


def check_description(spec: dict[str, Any]) -> None:
    """Make sure that the description of a data set holds values of the types that `Dataset.spec` writes; raises `TypeError` or `ValueError`."""
    for name, hint in _DESCRIPTION.items():
        check_type(spec[name], hint, name)
    for track in spec["tracks"]:
        for name, hint in _TRACK.items():
            check_type(track[name], hint, name)
        _must(track["every"] > 0 and track["n_frames"] >= 0, "every")
    _must(spec["stride"] > 0, "stride")
    topology = spec["topology"]
    if topology is not None:
        for name, kinds in _TOPOLOGY.items():
            for row in topology[name]:
                check_type(tuple(row), tuple[kinds], name)   # type: ignore[valid-type]
        _must(all(c is None or isinstance(c, str) for c in topology["chains"]), "chains")
        n_chains, n_residues, n_atoms = (len(topology[k]) for k in ("chains", "residues", "atoms"))
        _must(all(0 <= r[3] < n_chains for r in topology["residues"]) and all(0 <= a[2] < n_residues for a in topology["atoms"]), "topology")
        _must(all(0 <= b[0] < n_atoms and 0 <= b[1] < n_atoms for b in topology["bonds"]), "bonds")
    if spec["atoms"] is not None and spec["tracks"]:
        _must(topology is not None and len(spec["atoms"]) == len(topology["atoms"]), "atoms")
        _must(all(type(i) is int and 0 <= i < t["n_atoms"] for t in spec["tracks"] for i in spec["atoms"]), "atoms")
    if spec["given"] is not None:
        for name in ("keys", "names", "labels"):
            check_type(tuple(spec["given"][name]), tuple[str, ...], name)


_DESCRIPTION: dict[str, Any] = {"tracks": list, "topology": dict | None, "topology_file": str, "atoms": list | None, "stride": int, "timestep_ns": float | None, "own_times": bool, "given": dict | None,
                                "name": str, "whole": dict | None, "scans": str, "report": dict, "exact": dict | None}
_TRACK: dict[str, Any] = {"name": str, "file": str, "key": str, "format": str, "n_atoms": int, "n_frames": int, "layout": dict, "content": str, "size": int, "mtime_ns": int, "every": int}
_TOPOLOGY: dict[str, Any] = {"residues": (str, int, str, int), "atoms": (str, str | None, int, int | None, int | None), "bonds": (int, int, float | None, int | None)}


def _check_union(value: Any, kinds: tuple[Any, ...], where: str) -> None:
    for kind in kinds:
        try:
            check_type(value, type(None) if kind is None else kind, where)
            return
        except TypeError:
            continue
    _must(False, where)


def _check_axes(value: Any, shapes: dict[str, str]) -> None:
    sizes: dict[str, int] = {}
    for name, axes in shapes.items():
        array = getattr(value, name)
        if array is None:
            continue
        _must(array.ndim == len(axes) and all(sizes.setdefault(axis, n) == n for axis, n in zip(axes, array.shape)), f"{type(value).__name__}.{name}")


def _check_frames(arrays: tuple[np.ndarray, ...], data: Dataset, step: str, rest: tuple[int, ...], kind: str, below: int | None = None) -> None:
    """An array for each trajectory, a row for each of its frames."""
    _must(len(arrays) == data.n_trajectories, step)
    for array, length in zip(arrays, data.lengths):
        _must(array.shape == (length, *rest) and array.dtype.kind == kind, step)
        if below is not None:
            _check_numbers(array, below, step)


def _check_numbers(array: np.ndarray, below: int, step: str) -> None:
    """States from -1 (outside) to below a number."""
    _must(array.dtype.kind == "i" and array.ndim == 1 and (not len(array) or (int(array.min()) >= -1 and int(array.max()) < below)), step)


def _must(holds: Any, where: str) -> None:
    if not holds:
        raise TypeError(f"{where} is not what it should be")
