"""The augmented Markov model in the kinetics slot: measurements and their values in each frame come from files."""
from __future__ import annotations

import glob
import os
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mdexplore.base import roots
from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.base.numerics.spectrum import slow_modes
from mdexplore.base.ordering import natural
from mdexplore.base.store import array_key, content_key
from mdexplore.data.frame_tables import read_columns, read_rows
from mdexplore.methods.experiment.augmented import augmented_model
from mdexplore.methods.experiment.model import AugmentedModel, microstates_key
from mdexplore.methods.experiment.observables import observables_of, state_means
from mdexplore.methods.kinetics.lagmodels import N_PROCESSES, error_model, lag_models
from mdexplore.methods.kinetics.msm import kinetics_of, n_resolved
from mdexplore.methods.method import Lag, Progress, Settings, ignore, method, setting
from mdexplore.methods.noted import held_in, noted
from mdexplore.methods.results import Clustering, Kinetics


@dataclass(frozen=True)
class AugmentedMSM(Settings):
    """Settings of the augmented Markov model; without files it is the plain one."""

    lagtime: Lag = setting(None, help="Time of one step of the model; the study's lag time where not given.")
    measured: str = setting("", help="CSV with the columns name, measured, error; Study.augment takes observables themselves.")
    frames: str = setting("", is_list=True, help="Files with a column of each name, one for each trajectory: a pattern such as values*.csv, or names with commas between them.")
    content: str = setting("", is_found=True, help="What the files held; found out by itself.")

    def __post_init__(self) -> None:
        object.__setattr__(self, "frames", names_in_words(self.frames))
        super().__post_init__()
        object.__setattr__(self, "content", noted(self.content, (self.measured, self.frames), self.held) if self.measured else "")

    def held(self) -> str:
        """A hash of what the files hold now."""
        arrays, names = read_columns(files_of(self.frames))
        return content_key(read_rows(self.measured), names, [array_key(a) for a in arrays])


def names_in_words(named: Any) -> Any:
    """Files given as a list or one path, as the text that `files_of` reads; other values as they are."""
    if isinstance(named, (list, tuple)) and all(isinstance(name, (str, os.PathLike)) for name in named):
        return ", ".join(map(os.fspath, named))
    return os.fspath(named) if isinstance(named, os.PathLike) else named


def files_of(text: str) -> list[str]:
    """The files that a pattern, or names with commas between them, stand for; numbers in names are counted, as `mdexplore.load` does.

    Raises
    ------
    UserError
        If one lies outside the data root; a pattern there does not tell what is there.
    """
    parts = [os.path.expanduser(part.strip()) for part in text.split(",") if part.strip()]
    for part in parts:
        roots.check_place(part)
    return [file for part in parts for file in (sorted(glob.glob(part), key=natural) or [part])]


@method("kinetics", settings=AugmentedMSM, needs="clustering", source="doi:10.1073/pnas.1704803114", title="augmented MSM", name="augmented-msm")
def augmented_msm(settings: AugmentedMSM, clustering: Clustering, *, lagtime: int, seed: int = 0, timestep_ns: float | None = None, progress: Progress = ignore) -> Kinetics:
    """Estimate the Markov model that fits transition counts and measured averages together.

    Parameters
    ----------
    settings : AugmentedMSM
    clustering : Clustering
    lagtime : int
        Frames.
    seed : int
        Not used: there is nothing random in it.
    timestep_ns : float or None
    progress : callable

    Raises
    ------
    UserError
        If files cannot be used, or no model comes near the measurements.

    Notes
    -----
    Its intervals are those of the counts; errors of measurement are not in them. `Study.augment` also tells what changed, predicts each
    measurement from the others, and computes values from structures.
    """
    progress(0, 1, "augmented Markov model")
    plain = lag_models(clustering).at(lagtime, timestep_ns)
    result = kinetics_of(plain, timestep_ns)
    if not settings.measured:
        said = Notice("info", "No measurements are given: this is the plain Markov model.", "Name a table of measurements in the settings.", "kinetics")
        return replace(result, title="augmented MSM", notices=(*result.notices, said))
    if held_in(settings.content) != settings.held():
        raise UserError("The files of measurements have changed.", "They hold other numbers than when they were named.", "Name them anew in the settings of the kinetics.")
    found = observables_of(read_rows(settings.measured), None, files_of(settings.frames))
    if not found:
        raise UserError("There are no measurements.", do="Write at least one row.")
    means = state_means(found, clustering.dtrajs, clustering.n_clusters)
    result = _reconciled(result, means, np.array([o.measured for o in found]), np.array([o.weight for o in found]))
    progress(1, 1, "augmented Markov model")
    return result


def augmented_kinetics(model: AugmentedModel, clustering: Clustering, *, timestep_ns: float | None = None, progress: Progress = ignore) -> Kinetics:
    """The result of an augmented model that was taken as the current one; it keeps its lag time.

    Raises
    ------
    UserError
        If it belongs to other microstates, or no model comes near its measurements.
    """
    progress(0, 1, "augmented Markov model")
    if len(model.means) != clustering.n_clusters or model.microstates != microstates_key(clustering):
        raise UserError("The augmented model does not belong to these microstates.", "Its measurements were averaged over others.",
                        "Make it anew, or choose another method for the kinetics.")
    result = kinetics_of(lag_models(clustering).at(model.lagtime, timestep_ns), timestep_ns)
    result = _reconciled(result, model.means, model.measured, model.weights)
    progress(1, 1, "augmented Markov model")
    return result


def _reconciled(plain: Kinetics, means: np.ndarray, measured: np.ndarray, weights: np.ndarray) -> Kinetics:
    """A plain Markov model with the transition matrix that fits measurements, too."""
    active, lagtime = plain.active, plain.lagtime
    model = augmented_model(plain.counts[np.ix_(active, active)] / lagtime, means[active], measured, weights)
    modes = slow_modes(model.transition_matrix, model.stationary, N_PROCESSES)
    values, lower, upper = error_model(model.transition_matrix, model.stationary, plain.counts, active, lagtime).timescales(modes, lagtime)
    return replace(plain, transition_matrix=model.transition_matrix, stationary=model.stationary, timescales=values, timescales_lower=lower, timescales_upper=upper,
                   n_resolved=n_resolved(values, lagtime), title="augmented MSM")
