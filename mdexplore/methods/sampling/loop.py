"""Adaptive sampling in rounds on a model system: simulate, estimate, propose, and how the error falls with the frames."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.numerics.counts import connected_set, sliding_counts
from mdexplore.base.numerics.mle import reversible_mle
from mdexplore.base.numerics.spectrum import implied_timescales, slow_modes
from mdexplore.base.plain import storable
from mdexplore.base.work.threads import single_threaded
from mdexplore.data.potentials import Potential
from mdexplore.methods.method import Progress, ignore
from mdexplore.methods.sampling.proposals import by_uncertainty, least_counts, row_variances

POLICIES = ("uncertainty", "least-counts", "random", "continued")
Simulate = Callable[[np.ndarray, int, int], np.ndarray]


@storable
@dataclass(frozen=True, eq=False)
class Rounds:
    """What each round found.

    Parameters
    ----------
    policy : str
    frames : ndarray, shape (n_rounds,), int
        Simulated so far.
    timescales : ndarray, shape (n_rounds,)
        Slowest timescale in frames; NaN while there is no connected model.
    exact : float
        What the microstates would give with endless data.
    starts : ndarray, shape (n_rounds, n_walkers, d)
    """

    policy: str
    frames: np.ndarray
    timescales: np.ndarray
    exact: float
    starts: np.ndarray

    @property
    def errors(self) -> np.ndarray:
        """|t / exact - 1|, shape (n_rounds,); infinite where there is no model."""
        return np.where(np.isfinite(self.timescales), np.abs(self.timescales / self.exact - 1), np.inf)

    def frames_within(self, error: float) -> float:
        """Frames after which the error stays below a bound; infinite where it never does."""
        beyond = np.flatnonzero(self.errors > error)
        last = beyond[-1] + 1 if len(beyond) else 0
        return float(self.frames[last]) if last < len(self.frames) else float("inf")


@single_threaded()
def adaptive_rounds(potential: Potential, policy: str, simulate: Simulate, start: np.ndarray, *, n_rounds: int = 20, n_walkers: int = 10, n_frames: int = 50, lagtime: int = 5,
                    n_bins: int = 30, seed: int = 0, exact: float | None = None, progress: Progress = ignore) -> Rounds:
    """Simulate in rounds, each from where the policy says.

    Parameters
    ----------
    potential : Potential
        Its box is cut into microstates; of one or two dimensions.
    policy : {"uncertainty", "least-counts", "random", "continued"}
        Starts by uncertainty of the slowest timescale, by least counts, from any frame seen, or where each walker stopped (with one walker: one long run).
    simulate : callable
        ``simulate(starts, n_frames, seed)`` gives frames of shape (n_walkers, n_frames, d), such as `mdexplore.data.diffusion.GridWalk` or `walk(...).frames`.
    start : ndarray, shape (d,)
        Where all walkers of the first round start.
    n_rounds, n_walkers, n_frames : int
    lagtime : int
        Frames.
    n_bins : int
        Microstates along each side of the box.
    seed : int
    exact : float, optional
        Slowest timescale, frames; of the generator where not given.
    progress : callable

    Returns
    -------
    Rounds

    Raises
    ------
    UserError
        For an unknown policy, or rounds shorter than the lag time.
    """
    if policy not in POLICIES:
        raise UserError(f"There is no policy {policy!r}.", do=f"Choose one of: {', '.join(POLICIES)}.")
    if n_frames <= lagtime:
        raise UserError(f"Walks of {n_frames} frames are too short for a lag time of {lagtime}.", do="Make them longer, or the lag time shorter.")
    known = float(potential.modes(1).timescales[0]) if exact is None else exact
    edges = [np.linspace(low, high, n_bins + 1)[1:-1] for low, high in potential.bounds]
    random = np.random.default_rng(seed)
    starts = np.repeat(np.atleast_2d(np.asarray(start, float)), n_walkers, axis=0)
    walks: list[np.ndarray] = []
    dtrajs: list[np.ndarray] = []
    times, used = [], []
    for k in range(n_rounds):
        progress(k, n_rounds, f"round {k + 1}")
        new = simulate(starts, n_frames, int(random.integers(1 << 31)))
        used.append(starts)
        if policy == "continued" and walks:   # a walk goes on: it is one trajectory
            walks = [np.concatenate([w, n[1:]]) for w, n in zip(walks, new)]
        else:
            walks += list(new)
        fresh = walks if policy == "continued" else walks[len(dtrajs):]
        dtrajs = ([] if policy == "continued" else dtrajs) + [_bins(w, edges) for w in fresh]
        counts = sliding_counts(dtrajs, lagtime, n_bins ** potential.dim)
        time, states = _estimate(counts, lagtime, policy, n_walkers, np.concatenate(dtrajs), float(n_frames) / lagtime)
        times.append(time)
        starts = _next(policy, states, new, walks, dtrajs, random, n_walkers)
    progress(n_rounds, n_rounds, "")
    return Rounds(policy, n_walkers * n_frames * np.arange(1, n_rounds + 1), np.array(times), known, np.array(used))


def _bins(frames: np.ndarray, edges: list[np.ndarray]) -> np.ndarray:
    number = np.zeros(len(frames), dtype=np.int32)
    for k, edge in enumerate(edges):
        number = number * (len(edge) + 1) + np.digitize(frames[:, k], edge).astype(np.int32)
    return number


def _estimate(counts: np.ndarray, lagtime: int, policy: str, n: int, seen: np.ndarray, gain: float) -> tuple[float, np.ndarray]:
    """Slowest timescale of the connected part, and the states from which to start."""
    active = connected_set(counts)
    time = float("nan")
    visits = np.bincount(seen, minlength=len(counts))
    states, _ = least_counts(visits, n)
    if len(active) > 1:
        inner = counts[np.ix_(active, active)]
        matrix, stationary = reversible_mle(inner)
        time = float(implied_timescales(slow_modes(matrix, stationary, 1).eigenvalues[1:], lagtime)[0])
        # States outside the connected set know no way back: they come first, or the model never grows.
        outside = np.setdiff1d(np.flatnonzero(visits), active)
        if policy == "uncertainty" and np.isfinite(time):
            variances, _ = row_variances(matrix, stationary, "timescale 1", lagtime=lagtime)
            chosen, _ = by_uncertainty(variances, inner.sum(axis=1) / lagtime, n, gain=gain)
            few = outside[np.argsort(visits[outside])][:n // 2]
            states = np.concatenate([few, active[chosen]])[:n]
    return time, states


def _next(policy: str, states: np.ndarray, new: np.ndarray, walks: list[np.ndarray], dtrajs: list[np.ndarray], random: np.random.Generator, n: int) -> np.ndarray:
    if policy == "continued":
        return new[:, -1]
    frames = np.concatenate(walks)
    if policy == "random":
        return frames[random.integers(len(frames), size=n)]
    micro = np.concatenate(dtrajs)
    return np.stack([frames[random.choice(np.flatnonzero(micro == state))] for state in states])
