"""Whether the packed coordinates of an XTC frame unpack to as many atoms as they should.

The decoder trusts the run lengths inside a frame and writes behind its buffers where they are wrong. Only these lengths are followed here,
not the coordinates: each group is one full position, a flag, perhaps a new run length with a change of precision, and a run of small steps.
"""
from __future__ import annotations

import numpy as np

FIRST, LAST = 9, 72   # numbers of bits that a small step may have
# For flag and run length in six bits: atoms in the run (-1: as before), change of the small step's bits, bits of the field.
_FIELD = [(-1, 0, 1) if code < 32 else ((code & 31) // 3, (code & 31) % 3 - 1, 6) for code in range(64)]
_RUN, _CHANGE, _BITS = (np.array(column, dtype=np.int64) for column in zip(*_FIELD))
_WIDEST = 0xFFFFFF   # side of a box up to which its three numbers are packed as one
_NEVER = 1 << 40
SOME = 100   # from this many frames on they are followed side by side
_TOLD = [(length // 3, length % 3 - 1) for length in range(32)]   # of the five bits behind a flag: atoms in the run, change of the small step's bits


def position_bits(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Bits of a full position between two corners.

    Parameters
    ----------
    low, high : ndarray, shape (n, 3), int
        Corners of the box that holds the positions of a frame.

    Returns
    -------
    ndarray, shape (n,), int64
        So many that no frame has them where a corner lies behind the other.
    """
    sizes = high.astype(np.int64) - low + 1
    x, y, z = np.clip(sizes, 0, _WIDEST).T
    face = x * y   # below 2^48; the product with the third is taken in two halves
    lower = (face & _WIDEST) * z
    upper = (face >> 24) * z + (lower >> 24)
    together = np.where(upper > 0, 24 + _bit_length(upper), _bit_length(lower))
    bits = np.where((sizes > _WIDEST).any(axis=1), _bit_length(sizes).sum(axis=1), together)
    return np.where((sizes < 1).any(axis=1), _NEVER, bits)


def _bit_length(numbers: np.ndarray) -> np.ndarray:
    """Of whole numbers from 0 to 2^53."""
    return np.frexp(numbers.astype(np.float64))[1].astype(np.int64)


def first_unsound(data: np.ndarray, offsets: np.ndarray, ends: np.ndarray, n_atoms: int, head: int) -> int | None:
    """The first of some frames that cannot be unpacked.

    Parameters
    ----------
    data : ndarray, uint8
        The file.
    offsets, ends : ndarray, shape (n,), int64
        Where the frames begin and end.
    n_atoms, head : int
        Atoms and bytes before the packed part.
    """
    heads = np.asarray(data)[offsets[:, None] + np.arange(88)].view(">i4")
    bits = position_bits(heads[:, 15:18], heads[:, 18:21])
    starts, limits = (offsets + head) * 8, ends * 8
    if len(offsets) >= SOME:
        sound = _side_by_side(data, starts, limits, bits, heads[:, 21].astype(np.int64), n_atoms)
    else:
        sound = np.array([_one(np.asarray(data[o + head:e]).tobytes() + b"\0\0", 8 * int(e - o - head), int(b), int(h[21]), n_atoms)
                          for o, e, b, h in zip(offsets.tolist(), ends.tolist(), bits, heads)])
    return None if sound.all() else int(sound.argmin())


def _one(packed: bytes, n_bits: int, position: int, small: int, n_atoms: int) -> bool:
    # Groups without a flag are all as long as the one before: behind two of them the next flag is searched in strided slices, not group by group.
    bits = np.unpackbits(np.frombuffer(packed, np.uint8)).tobytes()
    at = atoms = run = look = 0
    group, step = 1, position + 1   # atoms and bits of a group without a flag
    while atoms < n_atoms:
        flag = at + position
        if flag >= n_bits:
            return False
        if bits[flag]:
            byte = flag >> 3
            run, change = _TOLD[(packed[byte] << 8 | packed[byte + 1]) >> (10 - (flag & 7)) & 31]
            group = 1 + run
            at = flag + 6 + run * small
            atoms += group
            if change:
                small += change
                if not FIRST <= small <= LAST:
                    return False
            step, look = position + 1 + run * small, 0
        elif look < 2:
            look += 1
            at += step
            atoms += group
        else:
            look = min(8 * look, -(-(n_atoms - atoms) // group))
            plain = bits[flag:flag + look * step:step]   # shorter at the end of the frame, where the next flag is found missing
            n = plain.find(1)
            if n < 0:
                n = len(plain)
            at += n * step
            atoms += n * group
    return atoms == n_atoms and at <= n_bits


def _side_by_side(data: np.ndarray, at: np.ndarray, limits: np.ndarray, position: np.ndarray, small: np.ndarray, n_atoms: int) -> np.ndarray:
    """`_one` for many frames, a step of all at once."""
    sound = np.ones(len(at), dtype=bool)
    live = np.arange(len(at))
    at, limits, position, small = at.copy(), limits.copy(), position.copy(), small.copy()
    run, atoms = np.zeros(len(at), dtype=np.int64), np.zeros(len(at), dtype=np.int64)
    last = len(data) - 1
    while len(live):
        at += position
        byte = np.minimum(at >> 3, last)
        code = ((data[byte].astype(np.int64) << 8 | data[np.minimum(byte + 1, last)]) >> (10 - (at & 7))) & 63
        told = _RUN[code]
        run = np.where(told < 0, run, told)
        at += _BITS[code] + run * small
        atoms += 1 + run
        small += _CHANGE[code]
        bad = (atoms > n_atoms) | (at > limits) | (small < FIRST) | (small > LAST)
        over = bad | (atoms >= n_atoms)
        if over.any():
            sound[live[bad]] = False
            stay = ~over
            live, at, limits, position, small, run, atoms = (a[stay] for a in (live, at, limits, position, small, run, atoms))
    return sound
