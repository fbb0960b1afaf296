"""Time-lagged second moments in one pass over chunks: about one fixed shift, so that they add up exactly over trajectories."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from mdexplore.base.plain import storable
from mdexplore.base.work import pieces
from mdexplore.base.work.cutting import cut

if TYPE_CHECKING:
    from deeptime.covariance import CovarianceModel

CHUNK = 4096   # rows: a buffer of 100 columns stays in the cache of one core


@storable
@dataclass(frozen=True, eq=False)
class Moments:
    """Sums over all pairs (x_t, x_{t + lagtime}) of trajectories, each minus one fixed shift.

    Parameters
    ----------
    lagtime : int
        Frames.
    n_pairs : int
    shift : ndarray, shape (d,), float64
    sum_0, sum_t : ndarray, shape (d,)
        Sums of the earlier and of the later frames.
    xx_0, xx_t, x0_xt : ndarray, shape (d, d)
        Sums of products: earlier with earlier, later with later, earlier (rows) with later (columns).
    """

    lagtime: int
    n_pairs: int
    shift: np.ndarray
    sum_0: np.ndarray
    sum_t: np.ndarray
    xx_0: np.ndarray
    xx_t: np.ndarray
    x0_xt: np.ndarray

    def __add__(self, other: Moments) -> Moments:
        """Moments of both data sets together; they must have been taken about the same shift and lag time."""
        if self.lagtime != other.lagtime or not np.array_equal(self.shift, other.shift):
            raise ValueError("moments about different shifts or lag times cannot be added")
        return Moments(self.lagtime, self.n_pairs + other.n_pairs, self.shift, self.sum_0 + other.sum_0, self.sum_t + other.sum_t,
                       self.xx_0 + other.xx_0, self.xx_t + other.xx_t, self.x0_xt + other.x0_xt)

    def covariances(self, *, reversible: bool) -> CovarianceModel:
        """deeptime's covariance model, mean removed, without Bessel's correction.

        Parameters
        ----------
        reversible : bool
            Symmetrise in time, as TICA does; otherwise as VAMP does.
        """
        from deeptime.covariance import CovarianceModel

        n = self.n_pairs
        if reversible:
            mean = (self.sum_0 + self.sum_t) / (2 * n)
            c00 = (self.xx_0 + self.xx_t) / (2 * n) - np.outer(mean, mean)
            c0t = (self.x0_xt + self.x0_xt.T) / (2 * n) - np.outer(mean, mean)
            return CovarianceModel(c00, c0t, c00, mean + self.shift, mean + self.shift, bessels_correction=False, symmetrized=True,
                                   lagtime=self.lagtime, data_mean_removed=True)
        m0, mt = self.sum_0 / n, self.sum_t / n
        return CovarianceModel(self.xx_0 / n - np.outer(m0, m0), self.x0_xt / n - np.outer(m0, mt), self.xx_t / n - np.outer(mt, mt), m0 + self.shift,
                               mt + self.shift, bessels_correction=False, symmetrized=False, lagtime=self.lagtime, data_mean_removed=True)


def choose_shift(arrays: Sequence[np.ndarray], n_samples: int = 2000) -> np.ndarray:
    """A point near the mean, the same for the same data: the mean of frames spread over all trajectories.

    Parameters
    ----------
    arrays : sequence of ndarray, shape (n_frames_i, d)
    n_samples : int
        How many frames to look at, roughly.

    Returns
    -------
    ndarray, shape (d,), float64
    """
    each = max(1, n_samples // max(len(arrays), 1))
    picked = [np.asarray(x[:: max(1, len(x) // each)], dtype=np.float64) for x in arrays if len(x)]
    return np.concatenate(picked).mean(axis=0)


def lagged_moments(x: np.ndarray, lagtimes: Sequence[int], shift: np.ndarray, *, chunk: int = CHUNK,
                   tick: Callable[[int], None] | None = None) -> dict[int, Moments]:
    """Moments of one trajectory at several lag times from one pass, in float64 and bounded memory.

    Parameters
    ----------
    x : ndarray or memmap, shape (n_frames, d)
    lagtimes : sequence of int
        Frames; those not shorter than the trajectory are left out of the answer.
    shift : ndarray, shape (d,)
        Subtracted from every frame; must be the same for all trajectories whose moments are added.
    chunk : int
        Rows held in memory at once (twice that many where a lag time is long).
    tick : callable
        Called with the number of frames done after each chunk.

    Returns
    -------
    dict of int to Moments

    Notes
    -----
    The products of the earlier and of the later frames differ from those of all frames by the two ends only, so that each lag time costs one
    matrix product instead of three.
    """
    n, d = x.shape
    lags = sorted({int(lag) for lag in lagtimes if 0 < lag < n})
    if not lags:
        return {}
    shift = np.asarray(shift, dtype=np.float64)
    near = [lag for lag in lags if lag <= chunk]
    overlap = near[-1] if near else 0
    window, far = np.empty((chunk + overlap, d)), np.empty((chunk, d))
    ones, total, gram = np.ones(chunk), np.zeros(d), np.zeros((d, d))
    products = {lag: np.zeros((d, d)) for lag in lags}
    for start in range(0, n, chunk):
        stop = min(n, start + chunk)
        rows = _shifted(x, start, min(n, stop + overlap), shift, window)
        here = rows[: stop - start]
        total += ones[: len(here)] @ here   # twice as fast as a sum over rows
        gram += here.T @ here
        for lag in lags:
            m = min(stop, n - lag) - start
            if m > 0:
                later = rows[lag : lag + m] if lag <= overlap else _shifted(x, start + lag, start + lag + m, shift, far)
                products[lag] += here[:m].T @ later
        if tick is not None:
            tick(stop)
    return {lag: _without_ends(x, lag, shift, total, gram, products[lag], window) for lag in lags}


def all_moments(arrays: Sequence[np.ndarray], lagtime: int, shift: np.ndarray, *, tick: Callable[[int], None] | None = None) -> Moments:
    """Moments of several trajectories together, by the executor of the block we are in (`mdexplore.base.work.pieces`).

    Parameters
    ----------
    arrays : sequence of ndarray, shape (n_frames_i, d)
        At least one longer than the lag time; pairs never cross from one to the next.
    lagtime : int
        Frames.
    shift : ndarray, shape (d,)
    tick : callable
        Called with the number of frames done.
    """
    found = pieces.sums(partial_moments, arrays, _piece_rows(arrays, lagtime), [int(lagtime)], shift, overlap=lagtime, tick=tick)
    return merge(made for piece in found for made in piece)


def moments_at(arrays: Sequence[np.ndarray], lagtimes: Sequence[int], shift: np.ndarray, *, tick: Callable[[int], None] | None = None) -> dict[int, Moments]:
    """Moments at several lag times, for all of which the trajectories are read once; by the executor of the block we are in.

    Parameters
    ----------
    arrays : sequence of ndarray, shape (n_frames_i, d)
    lagtimes : sequence of int
        Frames; those that no trajectory is longer than are left out of the answer.
    shift : ndarray, shape (d,)
    tick : callable
        Called with the number of frames done.

    Returns
    -------
    dict of int to Moments

    Notes
    -----
    A piece has the pairs that lie within it. Pairs across a cut between two pieces start one lag time before it at most, which is another number of
    frames for each lag time: they are added from the frames around the cut.
    """
    lags = sorted({int(lag) for lag in lagtimes})
    longest, most = lags[-1], _piece_rows(arrays, lags[-1])
    found = pieces.sums(partial_moments, arrays, most, lags, shift, tick=tick)
    around = [arrays[part.array][part.start - longest : part.start + longest] for piece in cut([len(x) for x in arrays], most) for part in piece if part.start]
    if around:
        found += pieces.sums(crossing_moments, around, most, lags, shift)
    together: dict[int, Moments] = {}
    for made in (one for piece in found for one in piece):
        together[made.lagtime] = together[made.lagtime] + made if made.lagtime in together else made
    return together


def _piece_rows(arrays: Sequence[np.ndarray], longest: int) -> int:
    return max(1, pieces.PIECE_BYTES // pieces.row_bytes(arrays), 8 * longest)   # so that little is read twice


def partial_moments(parts: Sequence[np.ndarray], lagtimes: Sequence[int], shift: np.ndarray, *, tick: Callable[[int], None] | None = None) -> tuple[Moments, ...]:
    """Moments of one piece, of each lag time for which it has pairs: of some trajectories, or of parts of them with a lag time more of frames at the end."""
    made: dict[int, Moments] = {}
    done = 0
    for x in parts:
        here = lagged_moments(x, lagtimes, shift, tick=None if tick is None else lambda n, done=done, tick=tick: tick(done + n))   # type: ignore[misc]
        for lag, found in here.items():
            made[lag] = made[lag] + found if lag in made else found
        done += len(x)
    return tuple(made.values())


def crossing_moments(parts: Sequence[np.ndarray], lagtimes: Sequence[int], shift: np.ndarray, *, tick: Callable[[int], None] | None = None) -> tuple[Moments, ...]:
    """Moments of the pairs that lead across the middle of each part; a part has as many frames on each side as the longest lag time."""
    return tuple(merge(lagged_moments(x[len(x) // 2 - lag : len(x) // 2 + lag], [lag], shift)[lag] for x in parts) for lag in lagtimes)


def merge(moments: Iterable[Moments]) -> Moments:
    """Moments of several data sets together; the order does not matter beyond round-off."""
    return reduce(lambda a, b: a + b, moments)


def _without_ends(x: np.ndarray, lag: int, shift: np.ndarray, total: np.ndarray, gram: np.ndarray, product: np.ndarray, buffer: np.ndarray) -> Moments:
    n = len(x)
    head_sum, head = _gram(x, 0, lag, shift, buffer)
    tail_sum, tail = _gram(x, n - lag, n, shift, buffer)
    return Moments(lag, n - lag, shift, total - tail_sum, total - head_sum, gram - tail, gram - head, product)


def _gram(x: np.ndarray, start: int, stop: int, shift: np.ndarray, buffer: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    d = x.shape[1]
    total, gram = np.zeros(d), np.zeros((d, d))
    for i in range(start, stop, len(buffer)):
        rows = _shifted(x, i, min(stop, i + len(buffer)), shift, buffer)
        total += rows.sum(axis=0)
        gram += rows.T @ rows
    return total, gram


def _shifted(x: np.ndarray, start: int, stop: int, shift: np.ndarray, buffer: np.ndarray) -> np.ndarray:
    return np.subtract(x[start:stop], shift, out=buffer[: stop - start])
