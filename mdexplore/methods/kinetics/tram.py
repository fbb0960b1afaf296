"""TRAM in the kinetics slot: the Markov model without bias from unbiased simulations and biased windows together; bias energies come from files."""
from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.data.frame_tables import read_columns
from mdexplore.methods.ensembles.inputs import Ensembles, content_of, ensembles, read_ensembles
from mdexplore.methods.kinetics.augmented_msm import files_of, names_in_words
from mdexplore.methods.kinetics.lagmodels import LagModels, lag_models
from mdexplore.methods.kinetics.msm import kinetics_of
from mdexplore.methods.kinetics.tram_models import ESTIMATOR, TITLE, TramModel, TramModels
from mdexplore.methods.method import Lag, Progress, Settings, ignore, method, setting
from mdexplore.methods.noted import held_in, marked, noted
from mdexplore.methods.results import Clustering, Kinetics, Unbiased

if TYPE_CHECKING:
    from collections.abc import Sequence

TOO_LARGE = 100_000   # windows; a longer number is the name of a file


@dataclass(frozen=True)
class Tram(Settings):
    """Settings of TRAM."""

    estimator: ClassVar[str] = ESTIMATOR

    lagtime: Lag = setting(None, help="Time of one step of the model; the study's lag time where not given. Trajectories without bias must be longer.")
    bias: str = setting("", is_list=True, help="Files of bias energies, one for each trajectory with a row a frame and a column a window: a pattern such as bias-*.npy, or names with commas between them.")
    windows: str = setting("", is_numbered=True, help="Window of each trajectory, with blanks between them; or files with that of each frame. Trajectory i is of window i where not given. Pages count windows from 1, Python and files from 0.")
    kT: float = setting(1.0, low=1e-12, help="In the unit of the files, such as 2.494 for kJ/mol at 300 K; 1 where they are in kT.")
    n_samples: int | None = setting(None, low=0, high=500, help="How often blocks of frames are weighed anew for the bars; 50 where that does not take long.")
    content: str = setting("", is_found=True, help="What the files held; found out by itself.")

    def __post_init__(self) -> None:
        object.__setattr__(self, "bias", names_in_words(self.bias))
        if not isinstance(self.windows, str):   # a list of numbers, too
            object.__setattr__(self, "windows", _in_words(self.windows))
        super().__post_init__()
        object.__setattr__(self, "content", noted(self.content, _named(self.bias, self.windows, self.kT), lambda: content_of(self.ensembles())) if self.bias.strip() else "")

    @classmethod
    def of_held(cls, held: str, lagtime: Lag = None, *, bias: str, windows: str = "", kT: float = 1.0) -> Tram:
        """Settings for files that somebody has read already, who knows what they hold (`content_of`): they are not read again."""
        return cls(lagtime, bias, windows, kT, content=marked(_named(bias, windows, kT), held))

    def ensembles(self) -> Ensembles:
        """What the files hold.

        Raises
        ------
        UserError
            If there are none, or they cannot be used.
        """
        if not self.bias.strip():
            raise UserError("No bias energies are given.", "TRAM needs the energy of every frame in every window.", "Name the files of bias energies in the settings of the kinetics.")
        files = files_of(self.bias)
        parts = self.windows.replace(",", " ").split()
        if all(part.isdecimal() and len(part) < 6 for part in parts):
            return read_ensembles(files, [int(part) for part in parts] or None, kT=self.kT)
        found = read_ensembles(files, [0] * len(files), kT=self.kT)
        columns, _ = read_columns(files_of(self.windows))
        if any(c.shape[1] != 1 for c in columns):
            raise UserError("Files of windows have one column.", f"The first has {columns[0].shape[1]}.", "Write the number of the window of each frame, counted from 0.")
        return ensembles(found.bias, [_whole(i, c[:, 0]) for i, c in enumerate(columns)], found.names)

    def count_windows(self) -> int:
        """How many columns the files have, by the first of them; raises `UserError` where it cannot be read."""
        return int(read_columns(files_of(self.bias)[:1])[0][0].shape[1])

    @property
    def estimator_name(self) -> str:
        """By what models at other lag times are made, so that whoever has this name can make them."""
        return f"{ESTIMATOR} {json.dumps([self.bias, self.windows, self.kT, self.n_samples, self.content])}"


@method("kinetics", settings=Tram, needs="clustering", source="doi:10.1073/pnas.1525092113", title=TITLE)
def tram(settings: Tram, clustering: Clustering, *, lagtime: int, seed: int = 0, timestep_ns: float | None = None, progress: Progress = ignore) -> Kinetics:
    """The Markov model of the ensemble without bias, from transitions seen without it and from the weights of all frames.

    Parameters
    ----------
    settings : Tram
    clustering : Clustering
        Of all trajectories, with and without bias.
    lagtime : int
        Frames.
    seed : int
        Not used: draws for the bars are always the same.
    timestep_ns : float or None
    progress : callable

    Returns
    -------
    Kinetics
        Of the window whose bias is 0 in every frame. Counts are its own; the stationary distribution is that of all windows; ``unbiased`` holds the weight of each frame.

    Raises
    ------
    UserError
        If files cannot be used, no window is without bias, windows do not overlap, or the equations do not converge.

    Notes
    -----
    Wu, Paul, Wehmeyer and Noe 2016, doi:10.1073/pnas.1525092113. Bars: blocks of each window are weighed anew (`TramModels.blocks`).
    """
    progress(0, 1, "TRAM: reading bias energies")
    models = cast("TramModels", lag_models(clustering, settings.estimator_name))
    model = cast("TramModel", models.at(lagtime, timestep_ns, progress))
    weights = cast("np.ndarray", model.weights)
    result = kinetics_of(model, timestep_ns, title=TITLE, estimator=settings.estimator_name)
    ends = np.cumsum([len(d) for d in clustering.dtrajs])[:-1]
    progress(1, 1, "TRAM")
    return replace(result, samples=model.samples if model.samples is not None and len(model.samples) else None,
                   unbiased=Unbiased(tuple(np.split(weights, ends)), models.sampled, model.widening))


def models_of(name: str, dtrajs: Sequence[np.ndarray], n_clusters: int) -> LagModels:
    """The models behind `Tram.estimator_name`; raises `UserError` where files are others than they were."""
    fields: Any = json.loads(name.partition(" ")[2])
    settings = Tram(None, *fields)
    data = settings.ensembles()
    if content_of(data) != held_in(settings.content):
        raise UserError("The files of bias energies have changed.", "They hold other numbers than when they were named.", "Name them anew in the settings of the kinetics.")
    return TramModels(dtrajs, n_clusters, data, settings.n_samples)


def _named(bias: str, windows: str, kT: float) -> tuple[str, str, float]:
    """By what files are named and read."""
    return bias, windows, float(kT)


def _in_words(windows: Any) -> str:
    """Numbers of windows, one a trajectory, as the text that settings keep; none where they are None."""
    if windows is None:
        return ""
    try:
        numbers = np.atleast_1d(np.asarray(windows))
    except ValueError:   # lists of different lengths
        numbers = np.zeros((1, 1))
    if numbers.ndim != 1 or not len(numbers) or numbers.dtype.kind not in "iuf" or not _are_windows(numbers).all():
        raise UserError("These windows cannot be used.", "They are not one whole number for each trajectory, counted from 0.", "Give such a list; windows of single frames are read from files, whose names are one text.")
    return " ".join(str(int(w)) for w in numbers)


def _whole(trajectory: int, column: np.ndarray) -> np.ndarray:
    """Windows of the frames of a trajectory, as a file has them."""
    wrong = column[~_are_windows(column)]
    if len(wrong):
        raise UserError(f"The file of windows of trajectory {trajectory} holds {wrong[0]:g}.", "A window is a whole number, counted from 0.", "Write the number of the window of each frame.")
    return column.astype(int)


def _are_windows(numbers: np.ndarray) -> np.ndarray:
    return (numbers >= 0) & (numbers < TOO_LARGE) & (numbers == np.floor(numbers))
