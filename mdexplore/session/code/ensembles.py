"""The part of a script that makes the Markov model without bias by deeptime's TRAM, from the same files of bias energies."""
from __future__ import annotations

import os
from typing import TYPE_CHECKING, cast

import numpy as np

from mdexplore.methods.ensembles.inputs import unbiased_windows
from mdexplore.methods.kinetics.augmented_msm import files_of
from mdexplore.methods.kinetics.estimators import estimator_of
from mdexplore.methods.kinetics.lagmodels import lag_models
from mdexplore.methods.kinetics.tram import Tram
from mdexplore.methods.kinetics.tram_models import TramModel, TramModels
from mdexplore.session.code.chains import MODES, TIMES
from mdexplore.session.code.data import Parts, refuse
from mdexplore.session.code.text import comment, lines, paths

if TYPE_CHECKING:
    from mdexplore.session.study import Study

READABLE = (".npy", ".csv")
TABLE = '''def table(file):
    """Numbers of a file, a row for each frame."""
    return np.load(file) if file.suffix == ".npy" else np.loadtxt(file, delimiter=",", skiprows=1, ndmin=2)
'''
ESTIMATE = '''def estimate(lagtime):
    """The Markov model without bias by TRAM of all windows (doi:10.1073/pnas.1525092113), on the microstates that transitions without bias connect."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*did not converge.*")
        tram = TRAM(lagtime, maxiter=MOST_STEPS, maxerr=1e-10, init_maxiter=10_000, init_maxerr=1e-10, callback_interval=100)
        found = tram.fit_fetch(TRAMDataset(dtrajs, bias, windows, n_markov_states=len(centers), lagtime=lagtime)).msm_collection
    found.select(UNBIASED)
    counts = TransitionCountEstimator(lagtime, "sliding", n_states=len(centers), sparse=False).fit_fetch([d for d in free if len(d) > lagtime])
    kept = TransitionCountModel(counts.count_matrix + counts.count_matrix.T).submodel_largest().state_symbols
    matrix, stationary = found.transition_matrix[np.ix_(kept, kept)], found.stationary_distribution[kept]
    return MarkovStateModel(matrix / matrix.sum(axis=1, keepdims=True), stationary / stationary.sum(), reversible=True, count_model=counts.submodel(kept))
'''


def say_tram(study: Study, parts: Parts) -> None:
    """``msm``: the model at the lag time, and timescales over lag times, without bars.

    Raises
    ------
    UserError
        If files are of another kind, or deeptime would look at other microstates.
    """
    settings, found, over = cast("Tram", study.recipe.kinetics), study.result("kinetics"), study.result("timescales")
    lags, left_out = _lags(study, over.lagtimes[np.isfinite(over.values).any(axis=1)].tolist())
    if found.lagtime in left_out:
        raise refuse(f"at {study.data.unit.say(found.lagtime)} trajectories are too short, or windows do not connect all microstates", "deeptime's TRAM takes no trajectory that is not longer than a lag time, and cuts those that leave the model.",
                     "Choose a shorter lag time, or fewer microstates.")
    parts.imports |= {"import warnings", "from deeptime.markov import TransitionCountEstimator, TransitionCountModel", "from deeptime.markov.msm import TRAM, MarkovStateModel, TRAMDataset"}
    _say_files(settings, parts)
    parts.settings += [f"LAG = {found.lagtime}   # of the Markov model, frames", lines("LAGTIMES", lags) + "   # of the implied timescales, frames",
                       *([comment(f"Left out are the lag times {left_out}: there a trajectory is too short for deeptime, or windows do not connect all microstates.")] if left_out else []),
                       "MOST_STEPS = 1_000_000   # of TRAM, whose plain iterations take minutes where microstates are hardly visited"]
    parts.functions |= {"table": TABLE, "estimate": ESTIMATE, "slow_modes": MODES, "timescales_of": TIMES}
    k = over.values.shape[1]
    parts.body += [*_SORTED, "models = {lagtime: estimate(lagtime) for lagtime in sorted({*LAGTIMES, LAG})}", f"implied = np.full((len(LAGTIMES), {k}), np.nan)  # (lag time, process), frames",
                   "for row, lagtime in zip(implied, LAGTIMES):", f"    times = timescales_of(slow_modes(models[lagtime].transition_matrix, models[lagtime].stationary_distribution, {k})[0], lagtime)",
                   "    row[:len(times)] = times", 'print("\\nImplied timescales without bias, slowest first; their bars, of blocks of windows weighed anew, are not repeated here")',
                   "for lagtime, row in zip(LAGTIMES, implied):", '    print(say(lagtime), "|", ", ".join(say(t) for t in row if t > lagtime))', "",
                   "msm = models[LAG]", "active = msm.count_model.state_symbols  # microstates of the model",
                   'print(f"\\n{len(active)} of {len(centers)} microstates are in the model at a lag time of {say(LAG)}")', ""]
    parts.saved |= {"lagtimes": "LAGTIMES", "timescales": "implied", "active": "active", "transition_matrix": "msm.transition_matrix", "stationary": "msm.stationary_distribution"}


_SORTED = ["bias = [np.ascontiguousarray(table(file) / KT, float) for file in BIAS]", "windows = [np.broadcast_to(w, len(b)).astype(np.int32) for w, b in zip(WINDOWS, bias)]",
           "free = []  # stretches of trajectories without bias", "for d, w in zip(dtrajs, windows):",
           "    edges = np.flatnonzero(np.diff(np.concatenate([[0], w == UNBIASED, [0]]).astype(int)))", "    free += [d[a:b] for a, b in zip(edges[::2], edges[1::2])]"]


def _say_files(settings: Tram, parts: Parts) -> None:
    """``BIAS``, ``WINDOWS``, ``KT`` and ``UNBIASED``."""
    data = settings.ensembles()
    if not all((w == w[0]).all() for w in data.windows):
        raise refuse("windows change within its trajectories", "deeptime's TRAM counts the frames around exchanges otherwise, and ends with timescales that differ by a percent or so.", "Use deeptime itself, or keep this analysis.")
    without = unbiased_windows(data)
    if len(without) != 1:
        raise refuse(f"{len(without)} of its windows are without bias", "They count as one here, which deeptime does not do.", "Write one column of zeros for all of them.")
    files = files_of(settings.bias)
    strange = [file for file in files if not file.endswith(READABLE)]
    if strange or len(files) != len(data.bias):
        raise refuse(f"bias energies are in {os.path.basename((strange or files)[0])}", "A script reads them from .npy or .csv files, one a trajectory.", "Write such files.")
    parts.settings += [comment("Bias energies, one file a trajectory with a row a frame and a column a window; the window of each trajectory, counted from 0."),
                       paths("BIAS", [f"Path({os.path.abspath(file)!r})" for file in files]), f"KT = {settings.kT!r}   # in the unit of the files"]
    parts.settings.append(lines("WINDOWS", [int(w[0]) for w in data.windows]))
    parts.settings.append(f"UNBIASED = {int(without[0])}   # the window without bias")


def _lags(study: Study, lags: list[int]) -> tuple[list[int], list[int]]:
    """Lag times at which deeptime's TRAM looks at the same: windows connect all microstates, and every trajectory is longer; and the others."""
    models = cast("TramModels", lag_models(study.result("clustering"), estimator_of(study.recipe.kinetics)))
    visited, shortest = len(np.unique(np.concatenate(models.dtrajs))), min(map(len, models.dtrajs))
    left_out = [lag for lag in sorted({*lags, study.result("kinetics").lagtime}) if lag >= shortest or cast("TramModel", models.at(lag, study.data.timestep_ns)).n_linked != visited]
    return [lag for lag in lags if lag not in left_out], left_out
