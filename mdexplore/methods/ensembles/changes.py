"""A model system under potentials that were not simulated: its slowest timescale from one set of paths, beside the exact one."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.plain import storable
from mdexplore.base.work.threads import single_threaded
from mdexplore.data.diffusion import Walks, equilibrium, walk
from mdexplore.data.generator import Energy, ExactModes, exact_modes
from mdexplore.data.potentials import Potential
from mdexplore.methods.ensembles.girsanov import model_of_counts
from mdexplore.methods.ensembles.umbrellas import spread_of
from mdexplore.methods.method import Progress, ignore

Kind = Literal["scale", "tilt"]
STRENGTHS = {"scale": np.linspace(-0.6, 0.6, 21), "tilt": np.linspace(-6.0, 6.0, 21)}
MOST_WALKS, MOST_FRAMES, N_GROUPS = 2000, 100_000, 10   # frames of all walks together: slow systems need them all, or t2 errs by a fifth
LAGS_A_WALK, SHORTEST = 5, 40      # frames of a walk: so many lag times, and at least so many frames
BINS = {1: 50, 2: 16}
CELLS = {1: (400, 800), 2: (50, 80)}   # two grids, extrapolated: within 1 %, in a thirtieth of a second
MOST_LAGTIME = 100                 # frames
BEYOND = 0.01                      # share of all points that lies beyond each end of a tilt
LEAST_SHARE = 0.02                 # of paths that count; with fewer there is no value at all
PLACES = 200                       # of the profiles, at most
STUDENT = 2.262                    # 95 % of Student's t with N_GROUPS - 1 degrees of freedom


@storable
@dataclass(frozen=True, eq=False)
class ChangedTimescales:
    """The slowest timescale against a change of the potential.

    Parameters
    ----------
    kind : {"scale", "tilt"}
        What is changed: the potential grows by a share of itself, or is tilted by so many kT from one end of its first coordinate to the other.
    strengths : ndarray, shape (m,)
        How much; 0 is the potential that was simulated.
    values, lower, upper : ndarray, shape (m,)
        Frames, with 95 % intervals; NaN where hardly a path counts.
    shares : ndarray, shape (m,)
        What part of the paths counts, (sum w)^2 / (n sum w^2).
    exact : ndarray, shape (m,)
        Frames, of the generator.
    axis : ndarray, shape (n,)
        Places along the first coordinate.
    energies : ndarray, shape (m, n)
        Exact free energy there under each change, kT above its lowest; infinite where nobody ever is.
    lagtime, n_walks, n_frames : int
        Frames; walks; frames of each.
    """

    kind: str
    strengths: np.ndarray
    values: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    shares: np.ndarray
    exact: np.ndarray
    axis: np.ndarray
    energies: np.ndarray
    lagtime: int
    n_walks: int
    n_frames: int


def change_of(potential: Potential, kind: Kind, modes: ExactModes) -> Energy:
    """The energy that is added once, as a function of points of shape (n, d).

    Raises
    ------
    UserError
        For another kind.
    """
    if kind == "scale":
        return potential.energy
    if kind != "tilt":
        raise UserError(f"A potential is not changed by {kind!r}.", do=f"Choose one of: {', '.join(STRENGTHS)}.")
    low, high = spread_of(modes, BEYOND)
    return lambda x: potential.kT * (x[:, 0] - (low + high) / 2) / (high - low)


def automatic_lagtime(modes: ExactModes) -> int:
    """Frames; a lag time that the slowest motion outlives tenfold: each frame more costs paths that count."""
    return max(1, round(float(modes.timescales[0]) / 10))


@single_threaded()
def changed_timescales(potential: Potential, kind: Kind, lagtime: int | None = None, *, modes: ExactModes | None = None, seed: int = 0, progress: Progress = ignore) -> ChangedTimescales:
    """Simulate a potential once, and reweigh the paths for a range of changes.

    Parameters
    ----------
    potential : Potential
    kind : {"scale", "tilt"}
    lagtime : int, optional
        Frames; a tenth of the slowest timescale where not given.
    modes : ExactModes, optional
        Of the potential, timescales in frames; solved where not given.
    seed : int
    progress : callable

    Returns
    -------
    ChangedTimescales
        With a value for each of `STRENGTHS` of the kind.

    Raises
    ------
    UserError
        For another kind or lag time, or where the walk is lost.

    Notes
    -----
    The walks keep how their noise stands to the change, so that one simulation serves all strengths (`mdexplore.data.diffusion.Walks.under`). Intervals leave out
    one tenth of the walks at a time (jackknife of the logarithm); where few paths count they are too short, as any interval would be.
    All strengths rest on the same walks, so their values err together: of many simulations 95 % of the intervals hold the exact value at each strength, while within one
    nearly all hold it, or many miss it.
    """
    modes = modes or potential.modes()
    energy = change_of(potential, kind, modes)
    lag = automatic_lagtime(modes) if lagtime is None else int(lagtime)
    if not 1 <= lag <= MOST_LAGTIME:
        raise UserError(f"A lag time of {lag} frames cannot be used here.", do=f"Choose one from 1 to {MOST_LAGTIME} frames.")
    progress(0, 1, "simulating walks whose noise is kept")
    n_frames = max(SHORTEST, LAGS_A_WALK * lag)
    n_walks = min(MOST_WALKS, MOST_FRAMES // n_frames)
    walks = walk(potential, equilibrium(modes, n_walks, seed), n_frames, seed=seed, bias=energy)
    dtrajs = _binned(walks.frames)
    strengths = STRENGTHS[kind]
    found = np.full((len(strengths), 3), np.nan)
    shares, exact = np.zeros((2, len(strengths)))
    for k, strength in enumerate(strengths):
        progress(k, len(strengths), "reweighting paths")
        found[k], shares[k] = _reweighted(walks, dtrajs, float(strength), lag)
        exact[k] = exact_modes(_sum(potential.energy, energy, float(strength)), potential.bounds, kT=potential.kT, diffusion=potential.kT * potential.frame,
                               n_modes=1, cells=CELLS[potential.dim]).timescales[0]
    return ChangedTimescales(kind, strengths, found[:, 0], found[:, 1], found[:, 2], shares, exact,
                             *_profiles(potential, energy, strengths, modes), lag, n_walks, n_frames)


def _sum(energy: Energy, change: Energy, strength: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda x: energy(x) + strength * change(x)


def _profiles(potential: Potential, energy: Energy, strengths: np.ndarray, modes: ExactModes) -> tuple[np.ndarray, np.ndarray]:
    """Places along the first coordinate, and the free energy there under each change."""
    points = np.stack([a.ravel() for a in np.meshgrid(*modes.axes, indexing="ij")], axis=1)
    n = len(modes.axes[0])
    change = np.asarray(energy(points)) / potential.kT
    rows = []
    for strength in strengths:
        exponent = np.where(modes.density.ravel() > 0, -strength * change, -np.inf)
        weight = (modes.density.ravel() * np.exp(exponent - exponent.max())).reshape(n, -1).sum(axis=1)
        with np.errstate(divide="ignore"):
            rows.append(-np.log(weight / weight.max()))
    every = -(-n // PLACES)
    return modes.axes[0][::every], np.array(rows)[:, ::every]


def _binned(frames: np.ndarray) -> np.ndarray:
    """Microstate of each frame, shape (n_walks, n_frames): equally wide bins along each coordinate."""
    dim = frames.shape[2]
    states = np.zeros(frames.shape[:2], int)
    for k in range(dim):
        low, high = np.quantile(frames[..., k], [0.001, 0.999])
        states = states * BINS[dim] + np.digitize(frames[..., k], np.linspace(low, high, BINS[dim] + 1)[1:-1])
    return np.unique(states, return_inverse=True)[1].reshape(states.shape)


def _reweighted(walks: Walks, dtrajs: np.ndarray, strength: float, lag: int) -> tuple[tuple[float, float, float], float]:
    """Slowest timescale with its interval, and the share of paths that count."""
    parts, squares = _counts(walks, dtrajs, strength, lag)
    whole, n_pairs = parts.sum(axis=0), (dtrajs.shape[1] - lag) * len(dtrajs)
    share = float(whole.sum() ** 2 / (n_pairs * squares.sum()))
    if share < LEAST_SHARE:
        return (np.nan, np.nan, np.nan), share
    value = _slowest(whole, share, lag, n_pairs)
    left_out = np.log([_slowest(whole - part, share, lag, n_pairs * (N_GROUPS - 1) // N_GROUPS) for part in parts])
    reach = STUDENT * np.sqrt((N_GROUPS - 1) / N_GROUPS * ((left_out - left_out.mean()) ** 2).sum())
    return (value, value * np.exp(-reach), value * np.exp(reach)), share


def _counts(walks: Walks, dtrajs: np.ndarray, strength: float, lag: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights of paths between microstates for each group of walks, shape (n_groups, n_states, n_states), and the sums of their squares.

    The same as `reweighted_counts`, which knows nothing of walks of equal length.
    """
    bias, logs = walks.under(strength)
    sums = np.cumsum(logs, axis=1) - logs   # of the steps before each frame
    log = sums[:, lag:] - sums[:, :-lag] - bias[:, :-lag]
    weight = np.exp(log - log.max())
    n_states = int(dtrajs.max()) + 1
    pair = dtrajs[:, :-lag] * n_states + dtrajs[:, lag:]
    counts = [np.bincount(pair[g::N_GROUPS].ravel(), weight[g::N_GROUPS].ravel(), n_states**2) for g in range(N_GROUPS)]
    return np.reshape(counts, (N_GROUPS, n_states, n_states)), np.array([(weight[g::N_GROUPS] ** 2).sum() for g in range(N_GROUPS)])


def _slowest(counts: np.ndarray, share: float, lag: int, n_pairs: int) -> float:
    try:
        times = model_of_counts(counts * (n_pairs / counts.sum()), share, lag).timescales
    except UserError:   # the share of paths says why; without a model there is no number
        return np.nan
    return float(times[0]) if len(times) else np.nan
