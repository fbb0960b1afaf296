"""Large arrays in the making: on disk from some size on, so that a result of 10^8 frames needs no memory of that size."""
from __future__ import annotations

import os
import platform
import tempfile
import weakref
from pathlib import Path
from typing import Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.folders import cache_folder

LEAST_BYTES = 64 << 20   # smaller arrays stay in memory
SMALL_BYTES = 1 << 16    # a map each would use up the file handles
FOLDER = ".scratch"


def empty(shape: tuple[int, ...], dtype: Any = np.float32, *, together: int = 0) -> np.ndarray:
    """An array to be filled: in memory where it is small, else mapped from a file of the cache folder that goes with it.

    Parameters
    ----------
    shape : tuple of int
    dtype : dtype
    together : int
        Bytes of all arrays of the same result, where there are several: many small ones are large.

    Returns
    -------
    ndarray
        Pages of a mapped file can be written out by the system when memory is short. `mdexplore.base.store` keeps such an array by a second
        name of its file, without copying it.

    Raises
    ------
    UserError
        If the disk has no room for it.
    """
    size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    if max(size, together) < LEAST_BYTES or size < SMALL_BYTES:
        return np.empty(shape, dtype)
    folder = cache_folder() / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        handle, name = tempfile.mkstemp(prefix=f"{_here()}{os.getpid()}-", suffix=".npy", dir=folder)
        os.close(handle)
        array = np.lib.format.open_memmap(name, mode="w+", dtype=dtype, shape=shape)
        reserve(Path(name))
    except OSError as error:
        raise UserError("A large result cannot be written.", f"{folder}: {error.strerror or error}.", "Free some space there, or set MDEXPLORE_CACHE to another folder.") from error
    weakref.finalize(array.base, _remove, name)
    return array


def reserve(path: Path) -> None:
    """Room on the disk for a file of its size: a full disk kills a process that writes into a mapped file without any."""
    if hasattr(os, "posix_fallocate"):
        with open(path, "r+b") as file:
            os.posix_fallocate(file.fileno(), 0, os.fstat(file.fileno()).st_size)


def whole_file(array: np.ndarray) -> Path | None:
    """The ``.npy`` file of the cache that holds an array and nothing else; None where there is none."""
    if not isinstance(array, np.memmap) or array.filename is None or array.base is None or isinstance(array.base, np.ndarray):
        return None
    path, root = Path(array.filename), cache_folder()
    is_ours = path.suffix == ".npy" and root.resolve() in path.resolve().parents
    return path if is_ours and array.flags.c_contiguous and path.is_file() and path.stat().st_size == array.offset + array.nbytes else None


def _remove(name: str) -> None:
    Path(name).unlink(missing_ok=True)


def _sweep(folder: Path) -> None:
    """Remove what killed processes of this machine left behind."""
    for path in folder.glob(f"{_here()}*.npy"):
        owner = path.name[len(_here()):].partition("-")[0]
        if owner.isdigit() and not _is_alive(int(owner)):
            path.unlink(missing_ok=True)


def _here() -> str:
    """Computers that share a cache know nothing of each other's processes."""
    return f"{platform.node()}-"


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
