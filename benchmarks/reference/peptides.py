"""Networks and clusterings on the bundled peptides, whose slow processes are known from Markov models with their statistical errors."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import mdexplore as mdx
from benchmarks.reference.page import Row
from mdexplore.base.numerics.moments import choose_shift
from mdexplore.base.numerics.spectrum import implied_timescales, slow_modes
from mdexplore.base.words import count_of
from mdexplore.methods.checks.arena import Processes, SecondMoments
from mdexplore.methods.deep.pairs import split
from mdexplore.methods.method import method_of

SEEDS = (0, 1, 2)
LAG = 5             # frames, 0.1 ns
WITHIN = 0.05       # a process, of the held-out score of those of a Markov model of all frames
S = mdx.settings


@dataclass(frozen=True)
class Peptide:
    """What is known of a bundled peptide.

    Parameters
    ----------
    example : str
    n_slow : int
        Processes slower than the lag time that are judged.
    process : int
        Which of them is known best, counted from 0.
    title : str
        That process in words.
    known_ns, error_ns : float
        Its relaxation time.
    """

    example: str
    n_slow: int
    process: int
    title: str
    known_ns: float
    error_ns: float


ALANINE = Peptide("alanine-dipeptide", 1, 0, "phi", 2.56, 0.84)                    # 24 passages
PENTA = Peptide("penta-alanine", 2, 1, "helix and coil, the second slowest", 0.320, 0.020)   # 300 passages each way
# Linear functions of few features are not slow, and nothing asks a bottleneck to be: of these a Markov model on their coordinates is judged.
BY_MODEL = (S.TICA, S.TAE, S.TVAE)


def coordinates(name: str) -> list[Row]:
    """Slow coordinates of a network: its timescale, and its score on the trajectories it did not learn from beside that of the Markov model."""
    kind, peptide = _asked(name)
    settings = kind(dim=peptide.n_slow if kind is S.VDE else peptide.n_slow + 1)
    data = mdx.example(peptide.example)
    title = f"{method_of(settings).title}, {data.name}, lag 0.1 ns"
    studies = [mdx.Study(data, projection=settings, lagtime=LAG, seed=seed) for seed in SEEDS]
    known = _slow_functions(mdx.Study(data, lagtime=LAG), peptide.n_slow)
    scores = [[_held_out(values, seed, peptide.n_slow) for values, seed in zip(each, SEEDS)] for each in ([s.projection for s in studies], [known] * len(SEEDS))]
    rows = [_score(name, title, peptide, scores, is_judged=kind not in BY_MODEL)]
    own = [implied_timescales(s.result("projection").singular_values[: peptide.n_slow], LAG)[peptide.process] * data.timestep_ns for s in studies]
    on_top = [s.result("kinetics").timescales[peptide.process] * data.timestep_ns for s in studies]
    judged = on_top if kind in BY_MODEL else own
    said = {"its own": own, "of a Markov model on its coordinates": on_top}
    return rows + [_time(name, f"the same: relaxation time {what} ({peptide.title}) / ns", peptide, times, times is judged) for what, times in said.items()]


def states(name: str) -> list[Row]:
    """Deep Markov models by likelihood: on alanine dipeptide as exact as the few passages in four fifths of the trajectories allow."""
    kind, peptide = _asked(name)
    n_states, lagtime = (3, LAG) if peptide is ALANINE else (6, 2 * LAG)
    data = mdx.example(peptide.example)
    found = [mdx.Study(data, projection=kind(dim=n_states), lagtime=lagtime, seed=seed).result("projection") for seed in SEEDS]
    plain, title = mdx.Study(data, lagtime=lagtime), f"{found[0].title}, {n_states} states, {data.name}, lag {lagtime * data.timestep_ns:.1f} ns"
    known = _slow_functions(plain, peptide.n_slow)
    scores = [[_held_out(values, seed, peptide.n_slow, lagtime) for seed, values in zip(SEEDS, each)] for each in ([f.values for f in found], [known] * len(SEEDS))]
    times, bar = [f.parameters["timescales"][peptide.process] * data.timestep_ns for f in found], (0.9 * peptide.known_ns, 1.1 * peptide.known_ns)
    if peptide is ALANINE:
        spread = plain.timescales_bootstrap
        row = list(spread.lagtimes).index(lagtime)
        bar = (float(spread.lower_ns[row, 0]), float(spread.upper_ns[row, 0]))
    balance, least = [f.parameters["detailed_balance"] for f in found], 1e-9 if kind is S.ReversibleDeepMSM else 0.05
    return [_score(name, title, peptide, scores, is_judged=True),
            Row(name, f"the same: its own relaxation time ({peptide.title}) / ns, learned from four fifths of the frames", _known(peptide), _list(times),
                f"{bar[0]:.3g} to {bar[1]:.3g}, {'95 % of a bootstrap over trajectories' if peptide is ALANINE else '10 %'}", bool(bar[0] <= min(times) and max(times) <= bar[1])),
            Row(name, "the same: residual of detailed balance", "0", ", ".join(f"{b:.1g}" for b in balance), f"<= {least:g}", max(balance) <= least)]


def clusterings(name: str) -> list[Row]:
    """Four kinds of microstates under a Markov model at 20 ps."""
    data, rows = mdx.example(ALANINE.example), []
    for clustering in ("kmeans", "minibatch-kmeans", "box", "regular-space"):
        studies = [mdx.Study(data, clustering=clustering, lagtime=1, n_states=3, seed=seed) for seed in SEEDS]
        times = np.array([s.result("kinetics").timescales[:2] * data.timestep_ns for s in studies])
        few = np.array([s.metastable.populations.min() for s in studies])
        title = f"{method_of(studies[0].recipe.clustering).title}, alanine dipeptide, Markov model at 20 ps"
        rows += [Row(name, f"{title}: phi / ns", "2.56", _list(times[:, 0], 2), "0.05", bool(np.abs(times[:, 0] - 2.56).max() <= 0.05)),
                 Row(name, f"{title}: psi / ps", "25.6 ± 0.3", _list(1000 * times[:, 1], 1), "0.6", bool(np.abs(1000 * times[:, 1] - 25.6).max() <= 0.6)),
                 Row(name, f"{title}: population of phi > 0", "0.020", _list(few, 4), "0.003", bool(np.abs(few - 0.02).max() <= 0.003))]
    return rows


def posteriors(name: str) -> list[Row]:
    """Bayesian models: what a Markov model alone knows, narrower than the bootstrap where passages are few."""
    data, rows = mdx.example(ALANINE.example), []
    for kinetics in (S.BayesianMSM(), S.BayesianHMM(n_states=3)):
        found = [mdx.Study(data, kinetics=kinetics, lagtime=1, seed=seed).result("kinetics") for seed in SEEDS]
        ends = [[float(end[0]) * data.timestep_ns for end in (f.timescales, f.timescales_lower, f.timescales_upper)] for f in found]
        rows.append(Row(name, f"{found[0].title}, alanine dipeptide, lag 20 ps: phi / ns with its 95 % interval", "2.56 ± 0.84", ", ".join(f"{t:.2f} [{low:.2f}, {high:.2f}]" for t, low, high in ends),
                        "holds 2.56", all(low < 2.56 < high for _, low, high in ends)))
    return rows


KINDS = {"srv": S.SRV, "tae": S.TAE, "tvae": S.TVAE, "vde": S.VDE, "vampnet": S.VAMPNet, "tica": S.TICA, "generative": S.GenerativeMSM, "reversible": S.ReversibleDeepMSM}
PEPTIDES = {"alanine": ALANINE, "penta": PENTA}
CASES: dict[str, Callable[[str], list[Row]]] = {
    **{f"{kind}-{peptide}": coordinates for peptide in PEPTIDES for kind in ("tica", "vampnet", "srv", "tae", "tvae", "vde")},
    **{f"{kind}-{peptide}": states for peptide in PEPTIDES for kind in ("generative", "reversible")},
    "clusterings-alanine": clusterings, "posteriors-alanine": posteriors}


def _asked(name: str) -> tuple[Any, Peptide]:
    kind, _, peptide = name.rpartition("-")
    return KINDS[kind], PEPTIDES[peptide]


def _slow_functions(study: mdx.Study, n: int) -> list[np.ndarray]:
    """Slowest eigenfunctions of the Markov model on all microstates' frames, one array a trajectory of shape (n_frames_i, n)."""
    model = study.result("kinetics")
    functions = np.zeros((model.n_clusters, n))
    functions[model.active] = slow_modes(model.transition_matrix, model.stationary, n).right[:, 1 : n + 1]
    return [functions[d] for d in study.dtrajs]


def _held_out(values: Sequence[np.ndarray], seed: int, n: int, lagtime: int = LAG) -> float:
    """VAMP-2 of the slowest processes that the trajectories learned from show, on those that the same seed held out."""
    shift = choose_shift(values)
    learned, left_out = (SecondMoments.of_coordinates([values[i][a:b] for i, a, b in part], lagtime, shift) for part in split([len(x) for x in values], lagtime, seed))
    return Processes.of(learned, n).vamp2(left_out)


def _score(name: str, title: str, peptide: Peptide, scores: list[list[float]], is_judged: bool) -> Row:
    (found, known), room = np.array(scores), WITHIN * peptide.n_slow
    return Row(name, f"{title}: held-out VAMP-2, {count_of(peptide.n_slow, 'process', 'processes')}", f"{_list(known)} (a Markov model's processes, on the same trajectories)", _list(found),
               f"at most {room:g} less" if is_judged else "none", not is_judged or bool(np.all(found >= known - room)))


def _time(name: str, text: str, peptide: Peptide, times: list[float], is_judged: bool) -> Row:
    low, high = peptide.known_ns - peptide.error_ns, peptide.known_ns + peptide.error_ns
    return Row(name, text, _known(peptide), _list(times), f"{low:.3g} to {high:.3g}" if is_judged else "none", not is_judged or bool(low <= min(times) and max(times) <= high))


def _known(peptide: Peptide) -> str:
    return f"{peptide.known_ns:.3g} ± {peptide.error_ns:.2g}"


def _list(values: Any, digits: int = 3) -> str:
    return ", ".join(f"{v:.{digits}f}" for v in values)
