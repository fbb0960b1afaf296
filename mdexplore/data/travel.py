"""A data set as a plain dictionary, and back, in another process and without another scan."""
from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.store import Store, array_key, content_key
from mdexplore.data import topology as topologies
from mdexplore.data.formats.common import Scan
from mdexplore.data.given import Given
from mdexplore.data.readers import Track
from mdexplore.data.report import LoadReport
from mdexplore.data.wholeness import Whole

if TYPE_CHECKING:
    import mdtraj as md

    from mdexplore.data.dataset import Dataset

_sound: set[str] = set()   # folders of arrays in the cache that this process has looked into
_GONE = "Give the data again: what was handed over in memory is kept in the cache, and this entry has been removed."


def topology_key(topology: md.Topology) -> str:
    """A hash of all atoms, residues, chains and bonds."""
    return content_key(topologies.to_json(topology))


def pack(data: Dataset) -> dict[str, Any]:
    """What `Dataset.spec` gives: JSON values, with offsets, times and given arrays left in the cache under their keys."""
    store = Store()
    scans = content_key("scans", 1, [t.key for t in data.tracks])
    if data.tracks and not store.has(scans):
        store.save(scans, [{"offsets": t.scan.offsets, "times_ps": t.scan.times_ps} for t in data.tracks])
    given = data.source_arrays
    if given is not None:
        keep_arrays(given.keys, given.arrays)
    return {
        "tracks": [{"name": t.name, "file": t.file, "key": t.key, "format": t.scan.format, "n_atoms": t.scan.n_atoms, "n_frames": t.scan.n_frames,
                    "layout": t.scan.layout, "content": t.content, "size": t.size, "mtime_ns": t.mtime_ns, "every": t.every} for t in data.tracks],
        "whole": None if data._whole is None else data._whole.to_json(),
        "scans": scans,
        "topology": None if data.topology is None else topologies.to_json(data.topology),
        "topology_file": data.topology_file,
        "atoms": None if data._atoms is None else data._atoms.tolist(),
        "stride": data.stride, "timestep_ns": data.timestep_ns, "own_times": data._own_times,
        "given": None if given is None else {"keys": given.keys, "names": list(given.names), "labels": list(given.labels), "origins": [list(o) for o in given.origins]},
        "report": data.report.to_json(), "name": data.name,
        "exact": None if data.exact is None else dataclasses.asdict(data.exact),
        "key": data.key,
    }


def keep_arrays(keys: Sequence[str], arrays: Sequence[np.ndarray]) -> None:
    """Put feature arrays into the cache, each under its key, where they are not there yet.

    Raises
    ------
    ValueError
        If an array is not that of its key.
    """
    store = Store()
    for key, array in zip(keys, arrays, strict=True):
        if _is_kept(store, _array_entry(key)):
            continue
        if array_key(np.asarray(array)) != key:
            raise ValueError("feature arrays are not those of their keys")
        store.save(_array_entry(key), np.asarray(array))


def _is_kept(store: Store, entry: str) -> bool:
    """Whether an entry is there and sound; each is looked into once, since a page asks at every change."""
    known = str(store.folder(entry))
    if store.has(entry) and (known in _sound or store.load(entry) is not None):
        _sound.add(known)
        return True
    return False


def content(spec: dict[str, Any]) -> dict[str, str]:
    """What a data set is made of, wherever it lies, by the name that a user knows it by: a hash of each part.

    Parameters
    ----------
    spec : dict
        Of `pack`; equal for data sets of which every frame and its time step are equal.
    """
    tracks = [[t["content"] or t["key"], t["n_frames"]] for t in spec["tracks"]]
    parts = {"content": [tracks, None if spec["given"] is None else spec["given"]["keys"]], "topology": spec["topology"], "atoms": spec["atoms"],
             "stride": spec["stride"], "time step": spec["timestep_ns"], "resampling": [t["every"] for t in spec["tracks"]], "wholeness": spec["whole"] is not None}
    return {name: content_key(part) for name, part in parts.items()}


def unpack(spec: dict[str, Any]) -> dict[str, Any]:
    """Arguments of `Dataset` from what `pack` made."""
    from mdexplore.data.exact import Exact

    return {
        "tracks": _tracks(spec), "topology": spec["topology"] and topologies.from_json(spec["topology"]), "topology_file": spec["topology_file"],
        "atoms": None if spec["atoms"] is None else np.array(spec["atoms"], dtype=np.int64),
        "stride": spec["stride"], "timestep_ns": spec["timestep_ns"], "own_times": spec["own_times"],
        "whole": spec["whole"] and Whole.from_json(spec["whole"]),
        "given": spec["given"] and _given(spec["given"]), "report": LoadReport.from_json(spec["report"]), "name": spec["name"],
        "exact": spec["exact"] and Exact.from_json(spec["exact"]),
    }


def _tracks(spec: dict[str, Any]) -> list[Track]:
    if not spec["tracks"]:
        return []
    found = Store().load(spec["scans"]) or [_scan_again(t) for t in spec["tracks"]]
    return [Track(t["name"], t["file"], Scan(t["format"], t["n_atoms"], t["n_frames"], arrays["offsets"], arrays["times_ps"], None, t["layout"]),
                  t["key"], t["content"], t["size"], t["mtime_ns"], t["every"])
            for t, arrays in zip(spec["tracks"], found)]


def _scan_again(track: dict[str, Any]) -> dict[str, Any]:
    """Offsets and times of one file, for a cache that has been emptied meanwhile."""
    from pathlib import Path

    from mdexplore.data.readers import BINARY, scan_file

    if track["format"] not in BINARY:
        known = Store().load(track["layout"]["entry"])
        if known is None:
            raise UserError(f"{track['name']} is not in the cache any more.", do=_GONE)
        return {"offsets": None, "times_ps": known["times_ps"]}
    scan = scan_file(Path(track["file"]), track["format"])
    if scan.n_frames < track["n_frames"]:
        raise UserError(f"{track['file']} has become shorter.", f"It had {track['n_frames']} frames and now has {scan.n_frames}.", "Load the data again.")
    kept = slice(track["n_frames"])
    return {"offsets": None if scan.offsets is None else scan.offsets[kept], "times_ps": None if scan.times_ps is None else scan.times_ps[kept]}


def _given(spec: dict[str, Any]) -> Given:
    arrays = [Store().load(_array_entry(key)) for key in spec["keys"]]
    for array, label in zip(arrays, spec["labels"]):
        if array is None:
            raise UserError(f"{label} is not in the cache any more.", do=_GONE)
    given = Given(tuple(arrays), tuple(spec["names"]), tuple(spec["labels"]), tuple((str(file), str(part)) for file, part in spec["origins"]))
    given.__dict__["keys"] = list(spec["keys"])   # known: hashing gigabytes again would tell nothing new
    return given


def _array_entry(key: str) -> str:
    return content_key("array", key)


