"""Guard against trajectories that were glued from chunks: transitions that never happened, at regular places."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mdexplore.base.notices import Notice
from mdexplore.base.units import TimeUnit
from mdexplore.methods.results import Projection
from mdexplore.session.health.guard import once

LOOKED_AT = 2_000_000     # frames
TOP = 0.005               # share of steps that count as large
CHANCE = 1e-7
SHORTEST = 5              # frames of a chunk
MOST_PERIODS = 400
FAR = 4.0                 # times the step that 99 % stay below
SMOOTH = 0.5              # autocorrelation from frame to frame between jumps


@once("projection")
def joined_chunks(projection: Projection, unit: TimeUnit) -> Notice | None:
    """Large steps at multiples of one number of frames, or steps no motion of the same trajectory comes near."""
    arrays = [x for x in projection.values if len(x) > 4 * SHORTEST]
    if not arrays:
        return None
    steps = _steps(arrays)
    found = regular_seams(steps)
    if found is not None:
        period, hits, places = found
        return Notice("warning", f"Coordinates jump every {period} frames ({unit.say(period)}): {hits} of {places} such places hold one of the largest steps. "
                      "The trajectories look joined from chunks.", "Load the chunks as separate trajectories; a transition counted over a seam never happened.", "features")
    jumps = lone_jumps(arrays, steps)
    if jumps:
        return Notice("warning", f"{jumps} steps are far larger than any other: parts of the trajectories look joined, or frames are missing.",
                      "Load the parts as separate trajectories; a transition counted over a seam never happened.", "features")
    return None


def _steps(arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Length of each step in coordinates of unit variance, shape (n_frames_i - 1,)."""
    each = LOOKED_AT // max(len(arrays), 1)
    seen = [np.asarray(x[:each], dtype=np.float32) for x in arrays]
    total = sum(map(len, seen))
    mean = sum(x.sum(0, dtype=float) for x in seen) / total
    deviation = np.sqrt(sum(((x - mean) ** 2).sum(0, dtype=float) for x in seen) / total)
    scale = np.where(deviation > 0, 1 / np.where(deviation > 0, deviation, 1), 0.0).astype(np.float32)
    return [np.sqrt(((np.diff(x, axis=0) * scale) ** 2).sum(1)) for x in seen]


def regular_seams(steps: Sequence[np.ndarray]) -> tuple[int, int, int] | None:
    """A number of frames whose multiples hold far too many of the largest steps.

    Parameters
    ----------
    steps : sequence of ndarray, shape (n_i,)
        Size of the step from frame k to frame k + 1.

    Returns
    -------
    tuple of int, or None
        Frames of a chunk, large steps at its multiples, and how many multiples there are.
    """
    edge = np.quantile(np.concatenate(steps), 1 - TOP)
    large = [s > max(edge, 1e-12) for s in steps]
    share = sum(int(x.sum()) for x in large) / sum(map(len, large))
    if share == 0:
        return None
    best: tuple[float, int, int, int] | None = None
    for period in _periods(steps, large):
        at = [x[period - 1::period] for x in large]
        places, hits = sum(map(len, at)), sum(int(x.sum()) for x in at)
        if hits < 3 or hits < 0.3 * places:
            continue
        chance = _log_tail(hits, places, share)
        if best is None or chance < best[0]:
            best = chance, period, hits, places
    if best is None or best[0] > np.log(CHANCE):
        return None
    return best[1:]


def _periods(steps: Sequence[np.ndarray], large: Sequence[np.ndarray]) -> list[int]:
    """Candidates: where the largest steps lie, and how far apart they are."""
    found: set[int] = set()
    for sizes, mark in zip(steps, large):
        at = np.flatnonzero(mark)
        at = np.sort(at[np.argsort(-sizes[at], kind="stable")[:40]]) + 1
        found.update(at.tolist())
        found.update(np.diff(at).tolist())
        if len(found) > MOST_PERIODS:
            break
    return sorted(p for p in found if p >= SHORTEST)[:MOST_PERIODS]


def _log_tail(hits: int, places: int, share: float) -> float:
    """Logarithm of a bound on the chance of so many hits (Chernoff)."""
    q = hits / places
    if q <= share:
        return 0.0
    rest = 0.0 if q == 1 else (1 - q) * np.log((1 - q) / (1 - share))
    return float(-places * (q * np.log(q / share) + rest))


def lone_jumps(arrays: Sequence[np.ndarray], steps: Sequence[np.ndarray]) -> int:
    """How many steps are far larger than 99 % of them, in a motion that is smooth between; 0 where hops belong to the motion.

    Where a state is left within one frame, the motion inside it has no memory of the last frame either. A motion that remembers and
    still jumps was cut.
    """
    usual = float(np.quantile(np.concatenate(steps), 0.99))
    jumps = [np.flatnonzero(s > FAR * usual) + 1 for s in steps]
    n = sum(map(len, jumps))
    if usual == 0 or n < 3:
        return 0
    parts = [part for x, jump in zip(arrays, jumps) for part in np.split(np.asarray(x[:LOOKED_AT // len(arrays)], float), jump) if len(part) > SHORTEST]
    leaps = np.concatenate([np.asarray(x[jump], float) - x[jump - 1] for x, jump in zip(arrays, jumps)])
    centred = [part - part.mean(0) for part in parts]
    variance = sum((part ** 2).sum(0) for part in centred)
    memory = sum((part[1:] * part[:-1]).sum(0) for part in centred) / np.maximum(variance, 1e-300)
    return n if float(np.average(memory, weights=(leaps ** 2).sum(0))) > SMOOTH else 0
