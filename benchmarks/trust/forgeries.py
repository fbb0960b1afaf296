"""Saved studies hurt on purpose: members swapped, doubled, renamed or blown up, JSON values and arrays replaced, with check sums that fit or do not."""
from __future__ import annotations

import hashlib
import io
import json
import pickle
import stat
import struct
import warnings
import zipfile
from typing import Any

import numpy as np

from benchmarks.trust.mutations import mutate

HUGE = (10**400, -10**30, 2**63, 2**31 - 1, -1, 0, 1, 1e308, float("nan"), float("inf"))
STRANGE = (None, True, "", "x", "../../etc/passwd", "/dev/zero", "\x00", "é" * 300, [], {}, [[]], {"$array": "arrays/0.npy"}, {"$class": "os.system", "fields": {}},
           {"$class": "Study", "fields": {}}, {"$tuple": [1]}, {"$dict": [[[1], 2]]}, "A" * 100_000)
NAMES = ("../out.npy", "/tmp/out.npy", "arrays/../../out.npy", "arrays/0.npy/", "arrays\\0.npy", "C:out.npy", "arrays/00.npy", "__main__.py", "arrays/x.pkl")
KINDS = ("bytes", "cut", "swap", "double", "name", "link", "encrypted", "bomb", "missing", "json", "array", "sealed json", "sealed array", "sealed size")


class Bomb:
    """What a pickle runs when it is loaded; nothing does that here."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return (__import__, ("antigravity",))


def members_of(data: bytes) -> dict[str, bytes]:
    """The members of a zip, unpacked."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def forge(data: bytes, seed: int) -> tuple[str, bytes]:
    """A hurt copy of a saved study.

    Parameters
    ----------
    data : bytes
        The sound file.
    seed : int
        Also chooses the kind, ``seed % len(KINDS)``.

    Returns
    -------
    kind : str
        Of `KINDS`; those that begin with ``sealed`` have check sums that fit, as of somebody who means harm.
    bytes
    """
    rng, kind = np.random.default_rng(seed), KINDS[seed % len(KINDS)]
    if kind == "bytes":
        return kind, mutate(data, int(rng.integers(1 << 40)))
    if kind == "cut":
        return kind, data[:int(rng.integers(len(data)))]
    if kind == "encrypted":
        return kind, _encrypted(data)
    if kind == "bomb" and rng.random() < 0.9:   # a real one takes a second to pack
        return kind, _lying(data, rng)
    members = members_of(data)
    arrays = sorted(n for n in members if n.endswith(".npy"))
    name = str(rng.choice(arrays))
    extra: list[tuple[Any, bytes]] = []
    if kind == "swap":
        other = str(rng.choice([n for n in members if n != name]))
        members[name], members[other] = members[other], members[name]
    elif kind == "double":
        extra = [(name, members[str(rng.choice(list(members)))])]
    elif kind == "name":
        wrong = str(rng.choice(NAMES))
        if rng.random() < 0.5:
            extra = [(wrong, b"x")]
        else:
            members[wrong] = members.pop(name)
    elif kind == "link":
        link = zipfile.ZipInfo(str(rng.choice([name, "arrays/999.npy"])))
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        members.pop(link.filename, None)
        extra = [(link, b"/etc/passwd")]
    elif kind == "bomb":
        members[name] = members[name][:128] + bytes(int(rng.integers(405, 420)) << 20)
    elif kind == "missing":
        del members[str(rng.choice(list(members)))]
    elif kind.endswith("json"):
        members["study.json"] = edited(members["study.json"], rng)
    elif kind.endswith("size"):
        members[name] = _resized(members[name], rng)
    else:
        members[name] = _other_array(members[name], rng)
    if kind.startswith("sealed"):
        members["sums.json"] = json.dumps({n: hashlib.blake2b(c, digest_size=16).hexdigest() for n, c in members.items() if n != "sums.json"}).encode()
    return kind, _zip(members, extra)


def _zip(members: dict[str, bytes], extra: list[tuple[Any, bytes]]) -> bytes:
    packed = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")   # zipfile warns of names that are there twice
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, content in [*members.items(), *extra]:
                archive.writestr(name, content)
    return packed.getvalue()


def _encrypted(data: bytes) -> bytes:
    """The flag of encryption in every header of a member, local and central."""
    hurt = bytearray(data)
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = hurt.find(signature)
        while at >= 0:
            hurt[at + place] |= 1
            at = hurt.find(signature, at + 4)
    return bytes(hurt)


def _lying(data: bytes, rng: np.random.Generator) -> bytes:
    """Sizes in the central directory that are not those of the members."""
    hurt, at = bytearray(data), data.find(b"PK\x01\x02")
    while at >= 0:
        if rng.random() < 0.5:
            struct.pack_into("<I", hurt, at + int(rng.choice([20, 24, 42])), int(rng.choice([0, 1, 1000, 10**9, 2**32 - 1])))
        at = data.find(b"PK\x01\x02", at + 4)
    return bytes(hurt)


def edited(text: bytes, rng: np.random.Generator) -> bytes:
    """JSON with one value replaced, somewhere; a number always becomes another number, or something else."""
    root = json.loads(text)
    parent, key, node = None, None, root
    while isinstance(node, (dict, list)) and node and (parent is None or rng.random() < 0.93):
        parent, key = node, (str(rng.choice(list(node))) if isinstance(node, dict) else int(rng.integers(len(node))))
        node = parent[key]
    new = _instead_of(node, rng)
    assert parent is not None
    if rng.random() < 0.05:
        del parent[key]
    elif isinstance(parent, dict) and rng.random() < 0.05:
        parent["new"] = new
    else:
        parent[key] = new
    return json.dumps(root).encode()


def _instead_of(value: Any, rng: np.random.Generator) -> Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and rng.random() < 0.3:
        return value + (1 if rng.random() < 0.5 else 1e-9 * max(abs(value), 1.0))
    choices = [v for v in (*HUGE, *STRANGE) if not (type(v) is type(value) and v == value)]
    return choices[int(rng.integers(len(choices)))]


def _array_bytes(array: np.ndarray, allow_pickle: bool = False) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=allow_pickle)
    return buffer.getvalue()


def _other_array(content: bytes, rng: np.random.Generator) -> bytes:
    """Another array, or none: other numbers, shape or type, a pickle, an array of objects, a hurt header."""
    array = np.load(io.BytesIO(content))
    kind = int(rng.integers(8))
    if kind == 0 and array.size:
        other = np.array(array)
        other.flat[int(rng.integers(array.size))] += 1
        return _array_bytes(other)
    if kind == 1:
        return _array_bytes(array[:len(array) // 2] if array.ndim else array[None])
    if kind == 2:
        return _array_bytes(array.astype(str(rng.choice(["U8", "S3", "c16", "i1", "f2", "M8[s]", "b1"]))))
    if kind == 3:
        return _array_bytes(np.array([Bomb()], dtype=object), allow_pickle=True)
    if kind == 4:
        return pickle.dumps(Bomb())
    if kind == 5:
        return _array_bytes(np.full(array.shape, rng.choice([np.nan, np.inf, -np.inf, 1e308])))
    if kind == 6:
        return _array_bytes(np.full(array.shape, int(rng.choice([2**31 - 1, -2**31, -2])), np.int32))
    return mutate(content, int(rng.integers(1 << 40)))


def _resized(content: bytes, rng: np.random.Generator) -> bytes:
    """A header that promises gigabytes, or negative sizes."""
    array = np.load(io.BytesIO(content))
    shape = [(1 << 40,), (1 << 20, 1 << 20), (-1,), (0, 1 << 62), (1 << 62, 4), (2**64,)][int(rng.integers(6))]
    head = str({"descr": array.dtype.str, "fortran_order": bool(rng.random() < 0.5), "shape": shape}).encode()
    head += b" " * (63 - (len(head) + 10) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + content[-array.nbytes:]
