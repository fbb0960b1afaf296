"""A sealed file: a zip of one JSON text and ``.npy`` arrays, each with its check sum; nothing is pickled, nothing is unpacked onto the disk.

``study.json`` is the text, ``arrays/0.npy`` ... the arrays, ``sums.json`` a hash of each. A file is looked at whole before anything in it is believed:
which members it has, how much they would unpack to, and whether each is what was written.
"""
from __future__ import annotations

import hashlib
import io
import json
import re
import stat
import tokenize
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mdexplore.base.store import array_key

TEXT, SUMS = "study.json", "sums.json"
LIMIT_BYTES = 64 << 30
LIMIT_TEXT = 1 << 30   # of the JSON: the topology of ten million atoms
LIMIT_RATIO = 100      # a bomb inflates a thousandfold, arrays of a whole study hardly tenfold
SMALL = 4 << 20        # bytes; smaller files may pack better than that
_ARRAY = re.compile(r"arrays/(0|[1-9][0-9]{0,8})\.npy")
# What damaged zips, texts and arrays make Python raise.
DAMAGED = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, json.JSONDecodeError, UnicodeDecodeError, AttributeError, KeyError, IndexError, TypeError, ValueError,
           OverflowError, EOFError, RecursionError, NotImplementedError, MemoryError, RuntimeError, SyntaxError, tokenize.TokenError)

Put = Callable[[np.ndarray], str]


def write_sealed(file: Path, describe: Callable[[Put], Any]) -> None:
    """Write a sealed file.

    Parameters
    ----------
    file : Path
    describe : callable
        ``describe(put)`` gives the JSON value; ``put(array)`` writes an array and gives the name to put in its place. Equal arrays are written once.
    """
    sums: dict[str, str] = {}
    names: dict[str, str] = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        def put(array: np.ndarray) -> str:
            key = array_key(array)
            if key not in names:
                names[key] = name = f"arrays/{len(names)}.npy"
                with archive.open(name, "w", force_zip64=True) as member:
                    hashed = _Hashed(member)
                    np.lib.format.write_array(hashed, np.asanyarray(array), allow_pickle=False)   # type: ignore[arg-type]
                sums[name] = hashed.digest.hexdigest()
            return names[key]

        text = json.dumps(describe(put)).encode()
        archive.writestr(TEXT, text)
        sums[TEXT] = _digest(text)
        archive.writestr(SUMS, json.dumps(sums))


class Sealed:
    """A sealed file that is open for reading; a context.

    Raises
    ------
    DAMAGED
        On opening and on reading, where something is not what was written, or would take too much room.
    """

    def __init__(self, file: Path) -> None:
        self._archive = zipfile.ZipFile(file)
        try:
            _check_members(self._archive.infolist(), file.stat().st_size)
            self._sums = json.loads(self._archive.read(SUMS))
            if set(self._sums) != {m.filename for m in self._archive.infolist()} - {SUMS}:
                raise ValueError("its check sums are for other members")
        except BaseException:
            self._archive.close()
            raise

    def __enter__(self) -> Sealed:
        return self

    def __exit__(self, *_: Any) -> None:
        self._archive.close()

    def text(self) -> Any:
        """The JSON value."""
        return json.loads(self._read(TEXT))

    def array(self, name: str) -> np.ndarray:
        """An array, read-only."""
        content = self._read(name)
        head = io.BytesIO(content)
        version = np.lib.format.read_magic(head)
        reading = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
        shape, is_fortran, dtype = reading(head)
        n = int(np.prod([int(s) for s in shape], dtype=object))
        # The size is compared before NumPy makes room for what a header says.
        if dtype.hasobject or min(shape, default=0) < 0 or n * dtype.itemsize != len(content) - head.tell():
            raise ValueError(f"{name} is not the array that its header says")
        flat = np.frombuffer(content, dtype, n, head.tell())
        return flat.reshape(shape, order="F" if is_fortran else "C")

    def _read(self, name: str) -> bytes:
        content = self._archive.read(name)
        if _digest(content) != self._sums[name]:
            raise ValueError(f"{name} is not what was written")
        return content


class _Hashed:
    """A file that is written to, with a running hash of what was written."""

    def __init__(self, file: Any) -> None:
        self._file, self.digest = file, _new()

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        return self._file.write(data)


def _new() -> Any:
    return hashlib.blake2b(digest_size=16)


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _check_members(members: list[zipfile.ZipInfo], size: int) -> None:
    whole = sum(m.file_size for m in members)
    if whole > LIMIT_BYTES or whole > LIMIT_RATIO * max(size, SMALL):
        raise ValueError(f"it would unpack to {whole / 2**30:.1f} GiB")
    names = [m.filename for m in members]
    if len(set(names)) != len(names):
        raise ValueError("a member is there twice")
    for member in members:
        if member.filename not in (TEXT, SUMS) and not _ARRAY.fullmatch(member.filename):
            raise ValueError(f"{member.filename[:80]!r} does not belong into it")
        if stat.S_ISLNK(member.external_attr >> 16) or member.flag_bits & 1:
            raise ValueError(f"{member.filename} is a link or encrypted")
        if member.filename in (TEXT, SUMS) and member.file_size > LIMIT_TEXT:
            raise ValueError(f"its text would unpack to {member.file_size / 2**30:.1f} GiB")
