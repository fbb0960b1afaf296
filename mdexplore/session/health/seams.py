"""Guard against trajectories that were glued from chunks: transitions that never happened, at regular places."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mdexplore.base.notices import Notice
from mdexplore.base.units import TimeUnit
from mdexplore.methods.results import Projection
from mdexplore.session.health.guard import once

LOOKED_AT = 500_000       # frames
TOP = 0.005               # share of steps that count as large
CHANCE = 1e-8
FEWEST = 4                # large steps at multiples of a number of frames
COORDINATES = 5
SHORTEST = 5              # frames of a chunk
MOST_PERIODS = 400
LARGEST = 40              # of a trajectory, to guess the number of frames from
FAR = 4.0                 # times the step that 99 % stay below
SMOOTH = 0.5              # autocorrelation from frame to frame between jumps


@once("projection")
def joined_chunks(projection: Projection, unit: TimeUnit) -> Notice | None:
    """Large steps at multiples of one number of frames, or steps no motion of the same trajectory comes near."""
    arrays = [x for x in projection.values if len(x) > 4 * SHORTEST]
    if not arrays:
        return None
    moves = _moves(arrays)
    steps = [np.sqrt((m ** 2).sum(axis=1)) for m in moves]
    # A fast coordinate can drown the jumps of the slow ones, so each is looked at on its own as well.
    tried = [steps, *([np.abs(m[:, k]) for m in moves] for k in range(min(arrays[0].shape[1], COORDINATES) if arrays[0].shape[1] > 1 else 0))]
    found = min((f for f in map(regular_seams, tried) if f is not None), default=None)
    if found is not None:
        _, period, hits, places = found
        return Notice("warning", f"Coordinates jump every {period} frames ({unit.say(period)}): {hits} of {places} such places hold one of the largest steps. "
                      "The trajectories look joined from chunks.", "Load the chunks as separate trajectories; a transition counted over a seam never happened.", "features")
    jumps = lone_jumps(arrays, steps)
    if jumps:
        return Notice("warning", f"{jumps} steps are far larger than any other: parts of the trajectories look joined, or frames are missing.",
                      "Load the parts as separate trajectories; a transition counted over a seam never happened.", "features")
    return None


def _moves(arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Steps in coordinates of unit variance, shape (n_frames_i - 1, dim)."""
    each = LOOKED_AT // len(arrays)
    seen = [np.asarray(x[:each], dtype=np.float32) for x in arrays]
    total = sum(map(len, seen))
    mean = sum(x.sum(0, dtype=float) for x in seen) / total
    deviation = np.sqrt(sum(((x - mean) ** 2).sum(0, dtype=float) for x in seen) / total)
    scale = np.where(deviation > 0, 1 / np.where(deviation > 0, deviation, 1), 0.0).astype(np.float32)
    return [np.diff(x, axis=0) * scale for x in seen]


def regular_seams(steps: Sequence[np.ndarray]) -> tuple[float, int, int, int] | None:
    """A number of frames whose multiples hold far too many of the largest steps.

    Parameters
    ----------
    steps : sequence of ndarray, shape (n_i,)
        Size of the step from frame k to frame k + 1.

    Returns
    -------
    tuple, or None
        Logarithm of the chance of it, frames of a chunk, large steps at its multiples, and how many multiples there are.
    """
    everything = np.concatenate(steps)
    edge = max(float(np.quantile(everything, 1 - TOP)), 1e-12)
    at = [np.flatnonzero(s > edge) + 1 for s in steps]
    share = sum(map(len, at)) / len(everything)
    periods = _periods(steps, at)
    if share == 0 or not len(periods):
        return None
    places = (np.array([len(s) for s in steps])[:, None] // periods).sum(axis=0)
    hits = (np.concatenate(at)[:, None] % periods == 0).sum(axis=0)
    chances = np.where(hits >= FEWEST, _log_tail(hits, places, share), 0.0)
    best = int(np.argmin(chances))
    return None if chances[best] > np.log(CHANCE) else (float(chances[best]), int(periods[best]), int(hits[best]), int(places[best]))


def _periods(steps: Sequence[np.ndarray], at: Sequence[np.ndarray]) -> np.ndarray:
    """Candidates: where the largest steps lie, how far apart they are, and simple fractions of that."""
    found: set[int] = set()
    for sizes, places in zip(steps, at):
        largest = np.sort(places[np.argsort(-sizes[places - 1], kind="stable")[:LARGEST]])
        found.update(largest.tolist(), np.diff(largest).tolist())
        if len(found) > MOST_PERIODS:
            break
    found |= {p // k for p in found for k in (2, 3, 4, 5) if p % k == 0}
    return np.array(sorted(p for p in found if p >= SHORTEST), dtype=np.int64)


def _log_tail(hits: np.ndarray, places: np.ndarray, share: float) -> np.ndarray:
    """Logarithm of a bound on the chance of so many hits (Chernoff); 0 where there are no more than expected."""
    q = np.clip(hits / np.maximum(places, 1), 0.0, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        rest = np.where(q < 1, (1 - q) * np.log((1 - q) / (1 - share)), 0.0)
        return np.where(q > share, -places * (q * np.log(q / share) + rest), 0.0)


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
