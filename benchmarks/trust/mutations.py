"""Files hurt at random, the same for the same seed: cut, flipped, overwritten with extreme numbers, with parts put in."""
from __future__ import annotations

import numpy as np

EXTREMES = (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x00\x00\x00\x00", b"\xff\xff\xff\x7f", b"\x80\x00\x00\x00", b"\x7f\xc0\x00\x00", b"\x00\x00\xc0\x7f")
KINDS = 6


def mutate(data: bytes, seed: int) -> bytes:
    """A hurt copy of a file's bytes.

    Parameters
    ----------
    data : bytes
    seed : int
        Also chooses the kind of damage, ``seed % KINDS``.
    """
    rng = np.random.default_rng(seed)
    kind, hurt = seed % KINDS, bytearray(data)
    if kind == 0:
        return bytes(hurt[:int(rng.integers(0, len(hurt)))])
    if kind in (1, 2):   # anywhere, or in the header
        for place in rng.integers(0, len(hurt) if kind == 1 else min(300, len(hurt)), int(rng.integers(1, 20 if kind == 1 else 6))):
            hurt[place] = int(rng.integers(0, 256))
        return bytes(hurt)
    if kind == 3:
        place = int(rng.integers(0, max(1, len(hurt) - 4)))
        hurt[place:place + 4] = EXTREMES[int(rng.integers(len(EXTREMES)))]
        return bytes(hurt)
    place, count = int(rng.integers(0, len(hurt))), int(rng.integers(1, 400))
    if kind == 4:
        hurt[place:place] = rng.integers(0, 256, count, dtype=np.uint8).tobytes() if rng.random() < 0.5 else hurt[place:place + count]
    else:
        del hurt[place:place + count]
    return bytes(hurt)
