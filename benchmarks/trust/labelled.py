"""Analyses with known truth: sound ones, whose numbers hold it, and misleading ones, whose numbers do not.

A recipe makes data and settings from a seed; whether its analysis is right is then measured, not assumed: the 95 % interval of the slowest
timescale must hold the exact one, and the metastable states must separate the true ones. Recipes for sound analyses that miss by chance, and
faults that happen to do no harm, belong to neither set.
"""
from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

import mdexplore as mdx
from benchmarks.trust import chains
from mdexplore.base.errors import UserError
from mdexplore.data import toys
from mdexplore.session.study import Study

PURE = 0.93   # share of frames in a metastable state that belong to one true state; the border between states is nobody's


@dataclass(frozen=True, eq=False)
class Analysis:
    """A study and what it should have found.

    Parameters
    ----------
    study : Study
    slowest : float
        Exact slowest timescale, frames; 0 where there is nothing slow.
    states : ndarray, shape (n_frames,), int, or None
        True state of every frame; -1 where it does not matter.
    """

    study: Study
    slowest: float
    states: np.ndarray | None = None


Recipe = Callable[[int], Analysis]
SOUND: dict[str, Recipe] = {}
MISLEADING: dict[str, Recipe] = {}


def _sound(recipe: Recipe) -> Recipe:
    SOUND[recipe.__name__] = recipe
    return recipe


def _misleading(recipe: Recipe) -> Recipe:
    MISLEADING[recipe.__name__] = recipe
    return recipe


def is_right(analysis: Analysis) -> bool:
    """Do the numbers on show hold the truth?"""
    try:
        kinetics, coarse = analysis.study.result("kinetics"), analysis.study.result("coarse")
    except UserError:
        return False
    shown = len(kinetics.timescales) and kinetics.timescales[0] > kinetics.lagtime
    if analysis.slowest == 0:
        return not shown
    if not shown or not kinetics.timescales_lower[0] <= analysis.slowest <= kinetics.timescales_upper[0]:
        return False
    if analysis.states is None:
        return True
    found = np.concatenate(coarse.assignments)
    here = (found >= 0) & (analysis.states >= 0)
    table = np.zeros((coarse.n_states, analysis.states.max() + 1))
    np.add.at(table, (found[here], analysis.states[here]), 1)
    return bool(table.max(axis=1).sum() >= PURE * table.sum()) and here.sum() > 0.9 * (analysis.states >= 0).sum()


def analyses(recipes: dict[str, Recipe], seeds: range) -> Iterator[tuple[str, int, Analysis]]:
    """Every recipe with every seed; results are kept in a folder that ends with each analysis."""
    import os

    for name, recipe in recipes.items():
        for seed in seeds:
            with tempfile.TemporaryDirectory(prefix="mdexplore-trust-") as folder:
                before = os.environ.get("MDEXPLORE_CACHE")
                os.environ["MDEXPLORE_CACHE"] = folder
                try:
                    yield name, seed, recipe(seed)
                finally:
                    if before is None:
                        del os.environ["MDEXPLORE_CACHE"]
                    else:
                        os.environ["MDEXPLORE_CACHE"] = before


# -- coordinates of chains ----------------------------------------------------------------------------------------------------------------


def _noisy(runs: np.ndarray, seed: int, scale: float = 0.1) -> list[np.ndarray]:
    """State numbers as a coordinate with noise."""
    return [(x + np.random.default_rng([seed, i]).normal(scale=scale, size=len(x)))[:, None] for i, x in enumerate(runs)]


def _mixed(runs: np.ndarray, seed: int, n_fast: int = 6) -> list[np.ndarray]:
    """A chain and fast autoregressive coordinates, mixed at random."""
    from scipy.signal import lfilter

    mix = np.linalg.qr(np.random.default_rng(seed).normal(size=(n_fast + 1, n_fast + 1)))[0]
    out = []
    for i, x in enumerate(runs):
        rng = np.random.default_rng([seed, 1, i])
        fast = lfilter([1.0], [1.0, -0.7], rng.normal(size=(len(x) + 50, n_fast)), axis=0)[50:] * np.sqrt(1 - 0.49)
        slow = (x - 0.5)[:, None] * 4 + rng.normal(scale=0.4, size=(len(x), 1))
        out.append(np.hstack([slow, fast]) @ mix)
    return out


def _of(chain: chains.Chain, values: list[np.ndarray], runs: np.ndarray | list[np.ndarray], **settings: object) -> Analysis:
    return Analysis(Study(mdx.load(values), **settings), float(chain.timescales(1)[0]), chain.basins[np.concatenate(list(runs))])


def _toy(name: str, seed: int, n_frames: int, n_trajectories: int = 10, **settings: object) -> Analysis:
    data = toys.make(name, n_frames, n_trajectories, seed + 1)
    return Analysis(Study(data, **settings), data.exact.timescales[0])


# -- sound --------------------------------------------------------------------------------------------------------------------------------


@_sound
def two_states(seed: int) -> Analysis:
    chain = chains.two_state(0.01, 0.02)
    runs = chain.run(4000, 10, seed)
    return _of(chain, _noisy(runs, seed), runs)


@_sound
def slow_two_states(seed: int) -> Analysis:
    chain = chains.two_state(0.002, 0.003)
    runs = chain.run(12_000, 10, seed)
    return _of(chain, _noisy(runs, seed), runs)


@_sound
def one_long_trajectory(seed: int) -> Analysis:
    chain = chains.two_state(0.004, 0.006)
    runs = chain.run(60_000, 1, seed)
    return _of(chain, _noisy(runs, seed), runs)


@_sound
def many_short_trajectories(seed: int) -> Analysis:
    chain = chains.two_state(0.01, 0.02)
    runs = chain.run(300, 150, seed)
    return _of(chain, _noisy(runs, seed), runs)


@_sound
def longer_lag_time(seed: int) -> Analysis:
    chain = chains.two_state(0.004, 0.008)
    runs = chain.run(5000, 10, seed)
    return _of(chain, _noisy(runs, seed), runs, lagtime=15)


@_sound
def four_wells(seed: int) -> Analysis:
    chain = chains.wells(1.2)
    runs = chain.run(15_000, 12, seed)
    return _of(chain, [x[:, None] / 40.0 for x in runs], runs, n_states=4)


@_sound
def birth_and_death(seed: int) -> Analysis:
    chain = chains.birth_death()
    runs = chain.run(6000, 10, seed)
    analysis = _of(chain, _noisy(runs, seed), runs)
    return Analysis(analysis.study, analysis.slowest)   # the bottleneck lies between sites, so its states have no sharp border


@_sound
def prinz(seed: int) -> Analysis:
    return _toy("prinz", seed, 10_000)


@_sound
def quadruple_well(seed: int) -> Analysis:
    return _toy("quadruple-well", seed, 10_000)


@_sound
def triple_well(seed: int) -> Analysis:
    return _toy("triple-well", seed, 10_000)


@_sound
def autoregressive(seed: int) -> Analysis:
    return _toy("ar1", seed, 8000, n_states=2)   # a line without wells has no more to tell apart than its halves


@_sound
def mixed_features(seed: int) -> Analysis:
    chain = chains.two_state(0.01, 0.015)
    runs = chain.run(5000, 10, seed)
    return _of(chain, _mixed(runs, seed), runs)


@_sound
def mixed_units(seed: int) -> Analysis:
    """TICA does not mind features in other units."""
    chain = chains.two_state(0.01, 0.015)
    runs = chain.run(5000, 10, seed)
    return _of(chain, [x * np.geomspace(1e-3, 1e3, x.shape[1]) for x in _mixed(runs, seed)], runs)


@_sound
def angle_as_cosine_and_sine(seed: int) -> Analysis:
    chain = chains.ring()
    runs = chain.run(10_000, 10, seed)
    angles = [2 * np.pi * x / 36 for x in runs]
    return _of(chain, [np.c_[np.cos(a), np.sin(a)] for a in angles], runs)


@_sound
def far_values_in_one_turn(seed: int) -> Analysis:
    """Two states a whole turn apart are no angle that jumps."""
    chain = chains.two_state(0.01, 0.02)
    runs = chain.run(4000, 10, seed)
    rng = np.random.default_rng([seed, 7])
    return _of(chain, [(x * 5.2 + rng.uniform(-0.54, 0.54, size=len(x)))[:, None] for x in runs], runs)


# -- misleading ---------------------------------------------------------------------------------------------------------------------------


@_misleading
def lag_beyond_the_process(seed: int) -> Analysis:
    chain = chains.two_state(0.02, 0.03)
    runs = chain.run(1000, 8, seed)
    return _of(chain, _noisy(runs, seed), runs, lagtime=250)


@_misleading
def lag_too_short(seed: int) -> Analysis:
    """Two states seen through so much noise that one frame does not tell them apart."""
    chain = chains.two_state(0.005, 0.01)
    runs = chain.run(6000, 10, seed)
    return _of(chain, _noisy(runs, seed, 0.4), runs, lagtime=1, clustering=mdx.settings.KMeans(n_clusters=4))


@_misleading
def too_few_clusters(seed: int) -> Analysis:
    chain = chains.wells(1.6)
    runs = chain.run(15_000, 12, seed)
    return _of(chain, [x[:, None] / 40.0 for x in runs], runs, clustering=mdx.settings.KMeans(n_clusters=3 + seed % 2), lagtime=1)


@_misleading
def too_few_frames(seed: int) -> Analysis:
    chain = chains.wells(1.6)
    runs = chain.run(900, 3, seed)
    return _of(chain, [x[:, None] / 40.0 for x in runs], runs)


@_misleading
def hardly_any_passage(seed: int) -> Analysis:
    chain = chains.two_state(0.0008, 0.0008)
    runs = chain.run(1200, 3, seed)
    return _of(chain, _noisy(runs, seed), runs)


def _joined(runs: np.ndarray, lengths: list[int], values: Callable[[np.ndarray, int], np.ndarray]) -> list[np.ndarray]:
    """Each row cut to a length and all rows put end to end, into four trajectories."""
    parts = [values(x[:n], i) for i, (x, n) in enumerate(zip(runs, lengths))]
    return [np.concatenate(parts[i::4]) for i in range(4)]


@_misleading
def joined_chunks_of_a_walk(seed: int) -> Analysis:
    chain = chains.wells(1.4)
    runs = chain.run(250, 120, seed)
    values = _joined(runs, [250] * 120, lambda x, i: x[:, None] / 40.0)
    return Analysis(Study(mdx.load(values)), float(chain.timescales(1)[0]))


@_misleading
def joined_chunks_of_a_diffusion(seed: int) -> Analysis:
    data = toys.make("quadruple-well", 100 + 20 * (seed % 3), 120, seed + 1)
    values = [np.concatenate([np.asarray(x) for x in data.given[i::4]]) for i in range(4)]
    return Analysis(Study(mdx.load(values)), data.exact.timescales[0])


@_misleading
def joined_chunks_of_any_length(seed: int) -> Analysis:
    chain = chains.wells(1.1)
    runs = chain.run(400, 120, seed)
    lengths = np.random.default_rng([seed, 3]).integers(100, 400, size=120).tolist()
    return Analysis(Study(mdx.load(_joined(runs, lengths, lambda x, i: x[:, None] / 40.0))), float(chain.timescales(1)[0]))


@_misleading
def raw_angles(seed: int) -> Analysis:
    """A slow angle and fast ones about the border of their range, all given as they are."""
    slow, fast = chains.ring(2.2), chains.ring(0.3, turned=np.pi / 4)
    runs = slow.run(6000, 10, seed)
    values = []
    for i, x in enumerate(runs):
        others = [fast.run(6000, 1, [seed, i, k])[0] for k in range(4)]
        jitter = np.random.default_rng([seed, i]).uniform(size=(5, 6000))
        values.append((np.remainder((np.array([x, *others]) + jitter) * 2 * np.pi / 36 + np.pi, 2 * np.pi) - np.pi).T)
    return _of(slow, values, runs, clustering=mdx.settings.KMeans(n_clusters=15), lagtime=5)


@_misleading
def noise_taken_for_motion(seed: int) -> Analysis:
    rng = np.random.default_rng(seed)
    return Analysis(Study(mdx.load([rng.normal(size=(120, 80)) for _ in range(5)]), projection=mdx.settings.TICA(lagtime=5, dim=2)), 0.0)


@_misleading
def slow_noise_taken_for_motion(seed: int) -> Analysis:
    """A two-state motion under features that are themselves correlated for as long as the trajectories are."""
    from scipy.signal import lfilter

    rng = np.random.default_rng(seed)
    values = [lfilter([1.0], [1.0, -0.9], rng.normal(size=(350, 40)), axis=0)[50:] for _ in range(4)]
    return Analysis(Study(mdx.load(values), projection=mdx.settings.TICA(lagtime=10, dim=2)), -1 / np.log(0.9))


@_misleading
def disconnected(seed: int) -> Analysis:
    """Two groups of trajectories that never meet."""
    chain = chains.two_state(0.02, 0.03)
    runs = chain.run(3000, 10, seed)
    values = [x + (40.0 if i >= 6 else 0.0) for i, x in enumerate(_noisy(runs, seed))]
    return Analysis(Study(mdx.load(values)), 1e7)


@_misleading
def drowned_by_units(seed: int) -> Analysis:
    """Clustered as they are, large fast features hide the small slow one."""
    chain = chains.two_state(0.004, 0.006)
    runs = chain.run(5000, 8, seed)
    rng = np.random.default_rng([seed, 5])
    values = [np.hstack([x, rng.normal(size=(len(x), 2)) * 1000.0]) for x in _noisy(runs, seed)]
    return _of(chain, values, runs, projection="identity", clustering=mdx.settings.KMeans(n_clusters=40))


@_misleading
def shorter_than_the_process(seed: int) -> Analysis:
    chain = chains.wells(2.2)
    runs = chain.run(300, 20, seed)
    return _of(chain, [x[:, None] / 40.0 for x in runs], runs)


@_misleading
def swarm_from_one_state(seed: int) -> Analysis:
    chain = chains.wells(2.0)
    start = np.zeros(40)
    start[np.flatnonzero(chain.basins == 3)[:3]] = 1
    runs = chain.run(600, 30, seed, start)
    return _of(chain, [x[:, None] / 40.0 for x in runs], runs)


@_misleading
def alternating_runs(seed: int) -> Analysis:
    """The frames of two runs by turns in one file."""
    chain = chains.two_state(0.01, 0.02)
    runs = chain.run(4000, 10, seed)
    values = _noisy(runs, seed)
    mixed = [np.stack([values[2 * i], values[2 * i + 1]], axis=1).reshape(-1, 1) for i in range(5)]
    return Analysis(Study(mdx.load(mixed), lagtime=1), 2 * float(chain.timescales(1)[0]))


@_misleading
def hidden_slow_variable(seed: int) -> Analysis:
    """A variable that no feature shows sets the rates, and changes a few times a trajectory."""
    slow = chains.two_state(0.0006, 0.0006)
    quick, lazy = chains.two_state(0.05, 0.2), chains.two_state(0.2, 0.05)
    hidden = slow.run(8000, 8, seed)
    rng = np.random.default_rng([seed, 9])
    runs = np.zeros_like(hidden)
    state = rng.integers(0, 2, size=8)
    for t in range(8000):
        runs[:, t] = state
        leave = np.where(hidden[:, t] == 0, np.array([quick.matrix[0, 1], quick.matrix[1, 0]])[state], np.array([lazy.matrix[0, 1], lazy.matrix[1, 0]])[state])
        state = np.where(rng.random(8) < leave, 1 - state, state)
    return Analysis(Study(mdx.load(_noisy(runs, seed))), float(slow.timescales(1)[0]))


@_misleading
def bars_of_overlapping_counts(seed: int) -> Analysis:
    """A user's posterior from sliding counts at a long lag time."""
    from deeptime.markov import TransitionCountEstimator
    from deeptime.markov.msm import BayesianMSM, MaximumLikelihoodMSM

    chain = chains.two_state(0.01, 0.02)
    runs = chain.run(1500, 4, seed)
    values = [x[:, None].astype(float) for x in runs]
    base = Study(mdx.load(values), clustering=mdx.settings.KMeans(n_clusters=2))
    counts = TransitionCountEstimator(25, "sliding").fit_fetch([np.array(d) for d in base.result("clustering").dtrajs])
    given = BayesianMSM(n_samples=60).fit_from_msm(MaximumLikelihoodMSM().fit_fetch(counts), ignore_counting_mode=True).fetch_model()
    return _of(chain, values, runs, clustering=mdx.settings.KMeans(n_clusters=2), kinetics=given, lagtime=25)


@_misleading
def lag_somewhat_short(seed: int) -> Analysis:
    chain = chains.two_state(0.004, 0.006)
    runs = chain.run(8000, 10, seed)
    return _of(chain, _noisy(runs, seed, 0.3), runs, lagtime=2, clustering=mdx.settings.KMeans(n_clusters=3))


@_misleading
def long_chunks_joined(seed: int) -> Analysis:
    """Chunks of about the slowest timescale: there are hardly more seams than real passages."""
    data = toys.make("triple-well", 300, 100, seed + 1)
    values = [np.concatenate([np.asarray(x) for x in data.given[i::4]]) for i in range(4)]
    return Analysis(Study(mdx.load(values)), data.exact.timescales[0])


@_misleading
def unlike_trajectories(seed: int) -> Analysis:
    """Half of the trajectories belong to another condition, with other rates; each is taken for the same system."""
    one, other = chains.two_state(0.003, 0.01), chains.two_state(0.01, 0.003)
    runs = np.concatenate([one.run(4000, 5, seed), other.run(4000, 5, seed + 1000)])
    return Analysis(Study(mdx.load(_noisy(runs, seed))), 1e6)


@_misleading
def overfitted_motion(seed: int) -> Analysis:
    """A real slow motion under many noisy features and few frames."""
    chain = chains.two_state(0.01, 0.015)
    runs = chain.run(250, 6, seed)
    rng = np.random.default_rng([seed, 2])
    values = [np.hstack([x + rng.normal(scale=2.0, size=x.shape), rng.normal(size=(len(x), 70))]) for x in _noisy(runs, seed)]
    return _of(chain, values, runs, projection=mdx.settings.TICA(lagtime=5, dim=3))


@_misleading
def rare_state_on_few_events(seed: int) -> Analysis:
    chain = chains.wells(1.9)
    runs = chain.run(4000, 5, seed)
    return _of(chain, [x[:, None] / 40.0 for x in runs], runs)


@_misleading
def too_many_microstates(seed: int) -> Analysis:
    """More centres than the frames can carry."""
    chain = chains.two_state(0.02, 0.03)
    runs = chain.run(400, 5, seed)
    return _of(chain, _noisy(runs, seed), runs, clustering=mdx.settings.KMeans(n_clusters=600), lagtime=3)
