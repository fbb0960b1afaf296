"""Time-lagged pairs of frames for training: split into blocks that are learned from and blocks that are held out, never across a seam."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.units import TimeUnit
from mdexplore.base.words import count_of

Segment = tuple[int, int, int]   # trajectory, first frame, frame after the last

HELD_OUT = 0.2       # share of the frames
WHOLE_FROM = 5       # trajectories; where there are fewer, each is cut into blocks
LARGE = 0.4          # share of the frames in one trajectory, above which all are cut, too
N_BLOCKS = 10
LEAST = 20           # pairs in either part
MOST_BYTES = 1 << 29   # of the frames that training holds in memory


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs (x_t, x_{t + lagtime}) as rows of one array.

    Parameters
    ----------
    frames : ndarray, shape (m, d), float32
    starts : ndarray, shape (n,), int64
        Row of the earlier frame of each pair.
    offset : int
        How many rows further the later frame stands.
    n_all : int
        How many pairs there were before a sample was drawn.
    """

    frames: np.ndarray
    starts: np.ndarray
    offset: int
    n_all: int

    @property
    def n(self) -> int:
        return len(self.starts)


def split(lengths: Sequence[int], lagtime: int, seed: int, timestep_ns: float | None = None) -> tuple[list[Segment], list[Segment]]:
    """Blocks to learn from, and blocks to hold out.

    Parameters
    ----------
    lengths : sequence of int
        Frames of each trajectory.
    lagtime : int
        Frames. No pair reaches from one block into another.
    seed : int
        Which blocks are held out.

    Returns
    -------
    (list of Segment, list of Segment)
        Whole trajectories where five or more are longer than the lag time and none holds most of the frames, else tenths of trajectories; about a fifth of
        the frames is held out.

    Raises
    ------
    UserError
        If fewer than twenty pairs would be left in either part.
    """
    usable = [i for i, n in enumerate(lengths) if n > lagtime]
    blocks = [(i, 0, lengths[i]) for i in usable]
    if len(usable) < WHOLE_FROM or max(lengths) > LARGE * sum(lengths):
        blocks = [b for i in usable for b in _blocks(i, lengths[i], lagtime)]
    left_out = _drawn([_n_pairs([b], lagtime) for b in blocks], np.random.default_rng(seed))
    train, test = ([b for k, b in enumerate(blocks) if (k in left_out) is out] for out in (False, True))
    if min(_n_pairs(train, lagtime), _n_pairs(test, lagtime)) < LEAST:
        unit = TimeUnit(timestep_ns)
        raise UserError(f"A network cannot be trained at a lag time of {unit.say(lagtime)}.",
                        f"The {count_of(len(lengths), 'trajectory has', 'trajectories have')} {count_of(sum(lengths), 'frame')}: too few pairs of frames to learn from and to hold out.",
                        "Choose a shorter lag time, a linear method, or add longer trajectories.")
    return train, test


def gather(arrays: Sequence[np.ndarray], segments: Sequence[Segment], lagtime: int, most: int, random: np.random.Generator) -> Pairs:
    """The pairs of some blocks, or a random sample where there are more than ``most``.

    Parameters
    ----------
    arrays : sequence of ndarray, shape (n_frames_i, d)
    segments : sequence of Segment
    lagtime : int
        Frames.
    most : int
        Pairs; fewer where so many would take more than half a GiB.
    random : numpy Generator
    """
    d = arrays[0].shape[1]
    n, most = _n_pairs(segments, lagtime), max(LEAST, min(most, MOST_BYTES // (8 * max(d, 1))))
    firsts = np.cumsum([0, *[b - a - lagtime for _, a, b in segments]])
    if n <= most:
        frames = np.concatenate([np.asarray(arrays[i][a:b], np.float32) for i, a, b in segments])
        starts = np.concatenate([np.arange(b - a - lagtime) + firsts[k] + k * lagtime for k, (_, a, b) in enumerate(segments)])
        return Pairs(frames, starts.astype(np.int64), lagtime, n)
    chosen = np.sort(random.choice(n, most, replace=False))   # in the order of the files they may be mapped from
    halves: list[list[np.ndarray]] = [[], []]
    for k, (i, a, _) in enumerate(segments):
        here = chosen[(chosen >= firsts[k]) & (chosen < firsts[k + 1])] - firsts[k] + a
        for half, rows in zip(halves, (here, here + lagtime)):
            half.append(np.asarray(arrays[i][rows], np.float32))
    return Pairs(np.concatenate([*halves[0], *halves[1]]), np.arange(most, dtype=np.int64), most, n)


def _drawn(sizes: Sequence[int], random: np.random.Generator) -> set[int]:
    """Random blocks that hold about a fifth of the pairs together; the smallest where each holds far more."""
    found: set[int] = set()
    wanted, held = HELD_OUT * sum(sizes), 0
    for k in map(int, random.permutation(len(sizes))):
        if held + sizes[k] / 2 <= wanted:
            found.add(k)
            held += sizes[k]
    return found or {int(np.argmin(sizes))} if sizes else found


def _blocks(trajectory: int, length: int, lagtime: int) -> list[Segment]:
    """Tenths of a trajectory, or fewer blocks where tenths would be hardly longer than the lag time."""
    n = int(np.clip(length // (2 * lagtime), 1, N_BLOCKS))
    edges = np.linspace(0, length, n + 1).round().astype(int)
    return [(trajectory, int(a), int(b)) for a, b in pairwise(edges)]


def _n_pairs(segments: Sequence[Segment], lagtime: int) -> int:
    return sum(max(b - a - lagtime, 0) for _, a, b in segments)
