"""The files a saved study was made from: a hash of each when it is saved, and when it is opened a look at what is really there.

What a saved file says about the inside of a trajectory (where its frames begin, how many atoms they have) is read again from the trajectory: nothing that a
stranger may have written reaches a reader.
"""
from __future__ import annotations

import hashlib
import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from mdexplore.base import roots
from mdexplore.base.errors import UserError
from mdexplore.base.store import Store
from mdexplore.data.readers import BINARY, scan_file, track_of, unreadable

HASHED_BYTES = 1 << 30   # of all files together: a second or two; larger ones are known by their ends and the places of their frames
_CHUNK = 1 << 20
_KEY = re.compile(r"[0-9a-f]{32}")


def hashes(spec: dict[str, Any]) -> list[str | None]:
    """A hash of the whole content of each trajectory file of a data set's description; None where they are too large together."""
    files = [t["file"] for t in spec["tracks"]]
    try:
        whole = sum({f: os.stat(f).st_size for f in files if f}.values())
    except OSError:   # one has gone: the study itself can still be saved
        whole = HASHED_BYTES + 1
    return [_hash_of(f) if f and whole <= HASHED_BYTES else None for f in files]


def looked_at(spec: dict[str, Any], known: list[str | None]) -> dict[str, Any]:
    """The description of a data set with all that concerns its files read from them anew.

    Parameters
    ----------
    spec : dict
        Of `Dataset.spec`, out of a saved file.
    known : list of str or None
        Of `hashes`, when it was saved.

    Raises
    ------
    UserError
        If a file has gone, or holds something else than when the study was saved.
    KeyError, TypeError, ValueError
        If the description is none.
    """
    if len(known) != len(spec["tracks"]):
        raise ValueError("there is not one hash for each file")
    for key in (spec["scans"], *(spec["given"] or {}).get("keys", ())):
        _check_key(key)
    tracks = [_looked_at(t, hashed, spec) for t, hashed in zip(spec["tracks"], known)]
    # Without an entry of that name in the cache, offsets and times are read again too.
    return {**spec, "tracks": tracks, "scans": "0" * 32}


def _looked_at(track: dict[str, Any], known: str | None, spec: dict[str, Any]) -> dict[str, Any]:
    if track["format"] == "stored":   # in memory, or a text that was converted: its frames lie in the cache
        _check_key(track["layout"]["entry"])
        if track["file"]:
            roots.check_read(track["file"])
            _check_unchanged(track, known)
            _convert_again(track, spec)
        return track
    if track["format"] not in BINARY:
        raise ValueError(f"there is no format {track['format']!r}")
    path, n = Path(track["file"]), track["n_frames"]
    roots.check_read(path)
    try:
        scan = scan_file(path, track["format"])
        found = track_of(path, scan)
    except UserError:
        raise
    except Exception as error:   # decoders of other packages raise whatever they like
        raise unreadable(path, error) from error
    if track["content"] not in (found.content, f"{found.content}-{n}") or not 0 < n <= scan.n_frames or track["n_atoms"] != scan.n_atoms:
        raise _changed(track["file"])
    _check_unchanged(track, known)
    layout = scan.layout
    if "end" in layout and n < scan.n_frames and scan.offsets is not None:   # only its sound frames were used
        layout = {**layout, "end": int(scan.offsets[n])}
    key = found.key + ("" if track["content"] == found.content else f"-{n}") + ("" if track["every"] == 1 else f"/{track['every']}")
    return {**track, "layout": layout, "size": found.size, "mtime_ns": found.mtime_ns, "key": key}


def _convert_again(track: dict[str, Any], spec: dict[str, Any]) -> None:
    """Put the frames of a text file into the cache where they are there no longer, if the topology of the whole file is known."""
    if spec["atoms"] is not None or Store().has(track["layout"]["entry"]):
        return
    from mdexplore.data import topology
    from mdexplore.data.text_files import convert

    try:
        convert(Path(track["file"]), track["layout"]["origin"], topology.from_json(spec["topology"]))
    except UserError:
        raise
    except Exception as error:   # readers of text raise whatever they like
        raise unreadable(track["file"], error) from error


def _check_unchanged(track: dict[str, Any], known: str | None) -> None:
    """The same size and time of change, or else the same content."""
    try:
        found = os.stat(track["file"])
    except OSError as error:
        raise unreadable(track["file"], error) from error
    if found.st_size != track["size"] or (found.st_mtime_ns != track["mtime_ns"] and known is not None and _hash_of(track["file"]) != known):
        raise _changed(track["file"])


def _changed(file: str) -> UserError:
    return UserError(f"{file} has changed since the study was saved.", "It does not hold the same frames any more.", "Put the earlier file back, or make the study anew.")


def _check_key(key: Any) -> None:
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise ValueError("a key of the cache is none")


def _hash_of(file: str) -> str:
    found = os.stat(file)
    return _hash(file, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=4096)   # a study is saved again and again
def _hash(file: str, size: int, mtime_ns: int) -> str:
    digest = hashlib.blake2b(digest_size=16)
    with open(file, "rb") as opened:
        while chunk := opened.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
