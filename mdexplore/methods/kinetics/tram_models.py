"""Markov models of the ensemble without bias, by TRAM of all windows, at any lag time."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.base.numerics.counts import connected_set, sliding_counts
from mdexplore.base.plain import storable
from mdexplore.base.store import Store, array_key, content_key
from mdexplore.base.units import TimeUnit
from mdexplore.base.words import count_of, in_percent, listed
from mdexplore.methods.ensembles.bootstrap import in_pieces
from mdexplore.methods.ensembles.inputs import Ensembles, content_of, unbiased_windows
from mdexplore.methods.ensembles.mbar import check_overlap, mbar, overlap_matrix
from mdexplore.methods.ensembles.solving import Solved, solve_ensembles
from mdexplore.methods.kinetics.drawn import ENOUGH, DrawnErrors
from mdexplore.methods.kinetics.lagmodels import LagModel, LagModels
from mdexplore.methods.method import Progress
from mdexplore.methods.results.kinetics import pieces_where

N_BLOCKS = 10      # of each window at least, that are weighed anew
N_SAMPLES, MOST_COST = 50, 600_000   # draws, and the cost with which they take up to half a minute at each lag time
OF_PAIR = 10        # what a pair of states costs, in bias energies: many states converge slowly, too
PATIENCE = 1000, 0.01   # steps, and kT that are small enough then: timescales and populations stand to five digits by then
KEPT_BYTES = 256 << 20
TITLE, ESTIMATOR = "TRAM", "tram"
VERSION = 2   # of models in the cache: raised where the same numbers give another one
SOLVING = 10   # draws that take about as long as the first solution


@storable
@dataclass(frozen=True, eq=False)
class TramModel(LagModel):
    """A model whose bars come of draws.

    Parameters
    ----------
    samples : ndarray, shape (n_draws, n_active, n_active), or None
        The transition matrix where blocks of frames are weighed anew.
    widening : float
        By what their spread is multiplied.
    weights : ndarray, shape (n_frames,)
        Of every frame without bias; 0 outside the model, and they sum to 1.
    n_linked : int
        Microstates that the windows hold together; those of the model are among them.
    """

    samples: np.ndarray | None = None
    widening: float = 1.0
    weights: np.ndarray | None = None
    n_linked: int = 0

    @cached_property
    def errors(self) -> DrawnErrors:
        """Error bars from the draws."""
        return DrawnErrors(self.transition_matrix, self.stationary, np.zeros((0, 0, 0)) if self.samples is None else self.samples, self.widening)


class TramModels(LagModels):
    """Models by TRAM; lag times are those of trajectories, or their parts, without bias. Each is solved once, and found in the cache from then on.

    Parameters
    ----------
    dtrajs : sequence of ndarray, shape (n_frames_i,), int
        Of all trajectories.
    n_clusters : int
    data : Ensembles
        Of the same frames; windows without bias become one.
    n_samples : int or None
        Draws for the bars; `N_SAMPLES` where not given, none where they would take long.

    Raises
    ------
    UserError
        If no frame was made without bias, energies are of other frames, or windows do not overlap.
    """

    interval = "95 %, blocks of windows weighed anew"
    kind = "trajectory without bias"

    def __init__(self, dtrajs: Sequence[np.ndarray], n_clusters: int, data: Ensembles, n_samples: int | None = None) -> None:
        super().__init__(dtrajs, n_clusters)
        if self.lengths != data.lengths:
            raise UserError("The bias energies do not fit the trajectories.", f"They have {listed(list(data.lengths[:4]))} rows; the trajectories {listed(list(self.lengths[:4]))} frames.",
                            "Give one file for each trajectory in the order in which they were loaded, with a row for each frame, counted after stride.")
        self.data, self.window = merged(data)
        self.sampled = tuple(w == self.window for w in self.data.windows)
        self.is_automatic = n_samples is None
        self.n_samples = (N_SAMPLES if self.data.n_windows * (sum(data.lengths) + OF_PAIR * self.n_clusters**2) <= MOST_COST else 0) if n_samples is None else n_samples
        self.pieces = pieces_where(self.dtrajs, self.sampled)
        self.lengths = tuple(len(d) for d in self.pieces)
        self._capacity = max(2, min(64, KEPT_BYTES // (8 * (self.n_samples + 2) * max(n_clusters, 1) ** 2)))

    @cached_property
    def plain(self) -> LagModels:
        """Plain Markov models of what was sampled without bias."""
        return LagModels(self.pieces, self.n_clusters)

    @cached_property
    def content(self) -> str:
        """A hash of all that models follow from, but for the lag time."""
        return content_key(VERSION, [array_key(d) for d in self.dtrajs], self.n_clusters, content_of(self.data), self.n_samples, self.is_automatic)

    def _made(self, lagtime: int, unit: TimeUnit, progress: Progress) -> TramModel:
        store, key = Store(), content_key("TRAM", self.content, lagtime)
        found = store.load(key)
        made: TramModel = found if isinstance(found, TramModel) else store.save(key, _model(self, lagtime, unit, progress))
        progress(1, 1, TITLE)
        return made

    @cached_property
    def start(self) -> np.ndarray:
        """Logarithms of weights by MBAR; raises `UserError` where windows do not overlap."""
        bias = np.concatenate(self.data.bias)
        free, log_weights = mbar(bias, self.data.counts)
        check_overlap(overlap_matrix(bias, self.data.counts, free, log_weights), self.data)
        return log_weights

    @cached_property
    def blocks(self) -> tuple[np.ndarray, np.ndarray, float]:
        """Block of each frame, shape (n_frames,); weights of the blocks, shape (n_samples, n_blocks); and by what a spread over such draws is too small.

        Weights are Dirichlet variables within each window (the Bayesian bootstrap, Rubin 1981, doi:10.1214/aos/1176345338): no draw loses a transition, and so the connection
        of its states. For n blocks the spread of a mean comes out too small by sqrt((n - 1) / (n + 1)), and is itself uncertain as Student's t has it.
        """
        from scipy.stats import norm, t

        cut, origins = in_pieces(self.data, N_BLOCKS)
        block = np.repeat(np.arange(len(origins)), cut.lengths)
        home = np.array([w[0] if (w == w[0]).all() else -1 for w in cut.windows])
        random, draws, fewest = np.random.default_rng(0), np.ones((self.n_samples, len(origins))), len(origins)
        for k in np.unique(home):
            group = np.flatnonzero(home == k)
            drawn = random.exponential(size=(self.n_samples, len(group)))
            draws[:, group] = drawn / drawn.mean(axis=1, keepdims=True)
            fewest = min(fewest, len(group))
        fewest = max(fewest, 3)
        return block, draws, float(np.sqrt((fewest + 1) / (fewest - 1)) * t.ppf(0.975, fewest - 1) / norm.ppf(0.975))


def merged(data: Ensembles) -> tuple[Ensembles, int]:
    """Ensembles whose windows without bias are one, and the number of that one.

    Raises
    ------
    UserError
        If there is none that frames were made in.
    """
    none = unbiased_windows(data)
    if not len(none):
        raise UserError("No window is without bias.", "Transitions without a bias were never seen, so there are no timescales of them: TRAM needs trajectories beside the windows whose bias is 0 in every frame.",
                        "Add short simulations without bias; or take populations and free energies, which need none, from the panel Ensembles (mdx.ensembles.estimate_mbar, estimate_tram).")
    first, others = int(none[0]), none[1:]
    keep = np.setdiff1d(np.arange(data.n_windows), others)
    number = np.searchsorted(keep, np.arange(data.n_windows))
    number[others] = number[first]
    return Ensembles(tuple(b[:, keep] for b in data.bias), tuple(number[w] for w in data.windows), tuple(data.names[k] for k in keep)), int(number[first])


def _model(models: TramModels, lagtime: int, unit: TimeUnit, progress: Progress) -> TramModel:
    """The model at one lag time."""
    total = SOLVING + models.n_samples

    def solving(step: int, most: int, text: str) -> None:
        progress(min(SOLVING * step // PATIENCE[0], SOLVING), total, text)

    solving(0, 1, "TRAM: overlap of windows")
    solved = solve_ensembles(models.data, models.dtrajs, lagtime, models.start, patience=PATIENCE, progress=solving)
    counts = sliding_counts(models.pieces, lagtime, models.n_clusters)
    seen = solved.system.symmetric[models.window]
    places = connected_set(seen)
    if len(places) < max(min(2, len(solved.active)), 1):
        raise UserError(f"At a lag time of {unit.say(lagtime)} no connected microstates are left without bias.", "The trajectories without bias hardly leave a microstate.",
                        "Use fewer microstates, a shorter lag time, or more simulations without bias.")
    matrix = _inside(solved.found.transition_matrices[models.window], places)
    stationary = np.exp(-solved.found.state_energies[models.window][places])
    samples, said = _draws(solved, places, models, lambda done, of, text: progress(SOLVING + done, total, text))
    return TramModel(lagtime, counts, solved.active[places], matrix, stationary / stationary.sum(), told=(*_told(solved, places, models), *said), samples=samples,
                     widening=models.blocks[2], weights=_weights(solved, places), n_linked=len(solved.active))


def _draws(solved: Solved, places: np.ndarray, models: TramModels, progress: Progress) -> tuple[np.ndarray, tuple[Notice, ...]]:
    """Transition matrices of the draws, none where they would take too long or are too few to be believed, and what has to be said of that."""
    none = np.zeros((0, len(places), len(places)))
    if not models.n_samples and not models.is_automatic:
        return none, (Notice("info", "TRAM gives no bars: none were asked for.", "Ask for a number of draws in the settings.", "kinetics"),)
    if not models.n_samples:
        return none, (Notice("info", "TRAM gives no bars here: to draw so many frames of so many windows anew takes long.", "Ask for a number of draws in the settings, or load every n-th frame.", "kinetics"),)
    block, draws, _ = models.blocks
    found = []
    for number, drawn in enumerate(draws):
        progress(number, len(draws), f"TRAM, draw {number + 1} of {len(draws)}")
        try:
            found.append(_inside(solved.drawn(drawn[block]).transition_matrices[models.window], places))
        except UserError:   # a draw without an answer; many of them are said
            continue
    if len(found) < ENOUGH * len(draws):
        return none, (Notice("warning", f"TRAM gives no bars here: {len(draws) - len(found)} of {len(draws)} draws have no solution.", "Use fewer microstates, a shorter lag time, or more frames.", "kinetics"),)
    return np.array(found), ()


def _inside(matrix: np.ndarray, places: np.ndarray) -> np.ndarray:
    found = matrix[np.ix_(places, places)]
    return found / found.sum(axis=1, keepdims=True)


def _weights(solved: Solved, places: np.ndarray) -> np.ndarray:
    weights = solved.weights
    state = np.full(len(weights), -1)
    state[np.flatnonzero(solved.is_inside)[solved.system.order]] = solved.system.states
    weights[~np.isin(state, places)] = 0.0
    return weights / weights.sum()


def _told(solved: Solved, places: np.ndarray, models: TramModels) -> tuple[Notice, ...]:
    frames = int(models.data.counts[models.window])
    said = [Notice("info", f"TRAM: transitions of {count_of(frames, 'frame')} without bias; populations and weights of frames from all {sum(models.data.lengths)} in {count_of(models.data.n_windows, 'window')}. "
                   "Bars: blocks of each window weighed anew. The projection, its score and the arena look at all trajectories as they were sampled, under bias.", where="kinetics")]
    if solved.found.n_steps >= PATIENCE[0]:
        said.append(Notice("info", f"The equations of TRAM are solved to {PATIENCE[1]:g} kT: states that are hardly visited converge slowly.", where="kinetics"))
    share = float(np.exp(-solved.found.state_energies[models.window][places]).sum() / np.exp(-solved.found.state_energies[models.window]).sum())
    if len(places) < len(solved.active):
        said.append(Notice("warning", f"Trajectories without bias connect {len(places)} of the {len(solved.active)} microstates that the windows hold together; they have {in_percent(share)} of the population.",
                           "The rest is not in any number of the kinetics: start short simulations without bias from frames of the windows between them.", "kinetics"))
    return tuple(said)
