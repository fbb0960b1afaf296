"""Several ensembles for a session, put together in a worker: which question stands for which files or windows, and what came of it."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mdexplore.base import limits
from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.base.typed import number_in
from mdexplore.base.words import count_of
from mdexplore.methods.ensembles.bootstrap import bootstrap, in_pieces, widened
from mdexplore.methods.ensembles.estimate import Reweighted, estimate_mbar, estimate_tram, overlap_of
from mdexplore.methods.ensembles.gaps import Gap, most_between, widest_gap
from mdexplore.methods.ensembles.inputs import Ensembles, content_of, has_unbiased, read_ensembles, unbiased_windows
from mdexplore.methods.kinetics.tram import Tram
from mdexplore.methods.method import Progress
from mdexplore.methods.noted import held_in
from mdexplore.session.ensemble_systems import system
from mdexplore.session.experiment_jobs import frame_files, stamps

if TYPE_CHECKING:
    from mdexplore.session.study import Study

Estimator = Literal["MBAR", "TRAM"]
FILES = "files"
MOST_WINDOWS = 30                   # that are simulated on the spot
N_SAMPLES, N_PIECES = 40, 5
MOST_NUMBERS = 4_000_000            # bias energies whose bars take a minute
SYSTEM_LAG, SYSTEM_BINS = 1, 24     # of TRAM on a model system: frames; microstates along the coordinate


@dataclass(frozen=True)
class WindowsWanted:
    """A question for windows that are put together.

    Parameters
    ----------
    source : str
        `FILES`, or the name of a model system (`mdexplore.session.ensemble_systems.systems`).
    estimator : {"MBAR", "TRAM"}
    files : tuple of (name, size, time)
        Of bias energies, one a trajectory (`mdexplore.session.experiment_jobs.stamps`).
    kT : float
        In the unit of the files.
    windows : tuple of int, or None
        Window of each file, counted from 0; file i is of window i where not given.
    centers : tuple of float
        Of simulated windows; empty for those that fit the system.
    stiffness : float or None
        kT per length squared.
    has_bars : bool
        Whether intervals are asked for, which take forty times as long.
    """

    source: str
    estimator: Estimator = "MBAR"
    files: tuple[tuple[str, int, int], ...] = ()
    kT: float = 1.0
    windows: tuple[int, ...] | None = None
    centers: tuple[float, ...] = ()
    stiffness: float | None = None
    has_bars: bool = False


@dataclass(frozen=True, eq=False)
class WindowsFound:
    """Windows put together.

    Parameters
    ----------
    title : str
        ``"MBAR"`` or ``"TRAM"``.
    names : tuple of str, length n_windows
    counts : ndarray, shape (n_windows,), int
        Frames.
    overlap : ndarray, shape (n_windows, n_windows)
    gap : Gap or None
        Where another window would help most; None for a single window.
    free_energies, lower, upper : ndarray, shape (n_windows,)
        kT, against the ensemble without bias, with 95 % intervals; NaN where there are none.
    exact : ndarray, shape (n_windows,), or None
        kT, where it is known.
    trouble : UserError or None
        Why there are no free energies, though overlaps are known.
    notices : tuple of Notice
    effective_share : float
        Of frames that count without bias; NaN where there are no weights.
    timescale : float or None
        Slowest of the window without bias, frames; None where there is no such window, or no model of it.
    centers : tuple of float, or None
        Of windows of a model system.
    stiffness : float or None
        Of these.
    start : tuple of int, or None
        (trajectory, frame) of the loaded data from which another window should start.
    windows : tuple of ndarray, shape (n_frames_i,), int, or None
        Of each frame of the loaded data; None where the files are of other trajectories.
    is_model : bool
        TRAM of the loaded trajectories, some of which were made without bias: it can fill the slot of the kinetics.
    held : str
        Hash of energies and windows (`mdexplore.methods.ensembles.inputs.content_of`) where it can.
    """

    title: str
    names: tuple[str, ...]
    counts: np.ndarray
    overlap: np.ndarray
    gap: Gap | None
    free_energies: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    exact: np.ndarray | None = None
    trouble: UserError | None = None
    notices: tuple[Notice, ...] = ()
    effective_share: float = float("nan")
    timescale: float | None = None
    centers: tuple[float, ...] | None = None
    stiffness: float | None = None
    start: tuple[int, int] | None = None
    windows: tuple[np.ndarray, ...] | None = None
    is_model: bool = False
    held: str = ""


def files_wanted(estimator: Estimator, files: str, kT: str, windows: str) -> WindowsWanted:
    """The question that a form for files stands for.

    Raises
    ------
    UserError
        If no file is named, one lies outside the data root, or a number cannot be read.
    """
    if not files.strip():
        raise UserError("No bias energies are given.", "They are read from files, one for each trajectory with a row a frame and a column a window.",
                        "Write a pattern such as bias-*.npy, or choose a model system.")
    found = frame_files(files)
    return WindowsWanted(FILES, estimator, stamps(found), number_in(kT, "kT"), _numbers(windows, len(found)))


def system_wanted(name: str, estimator: Estimator, centers: str, stiffness: str) -> WindowsWanted:
    """The question that a form for a model system stands for; empty fields mean what fits the system.

    Raises
    ------
    UserError
        If a number cannot be read, or there are more windows than are simulated on the spot.
    """
    limits.check("text", len(centers), "A list of centres")
    places = tuple(sorted({number_in(part.rstrip(","), "Centres") for part in centers.replace(";", " ").split() if part != ","}))
    if len(places) > MOST_WINDOWS:
        raise UserError(f"{len(places)} windows are too many to be simulated on the spot.", do=f"Choose at most {MOST_WINDOWS}.")
    return WindowsWanted(name, estimator, centers=places, stiffness=number_in(stiffness, "Stiffness") if stiffness.strip() else None)


def run_windows(spec: dict[str, Any], wanted: WindowsWanted, *, progress: Progress) -> WindowsFound:
    """Windows put together, in a worker.

    Parameters
    ----------
    spec : dict
        Of the study.
    wanted : WindowsWanted

    Returns
    -------
    WindowsFound

    Raises
    ------
    UserError
        If files cannot be read, windows cannot be simulated, or TRAM is asked for files of other trajectories than those of the study.
        Windows that do not overlap are `WindowsFound.trouble` instead.
    """
    from mdexplore.session.tasks import study_of_spec

    study = study_of_spec(spec)
    return _of_files(study, wanted, progress) if wanted.source == FILES else _of_system(study, wanted, progress)


def _of_files(study: Study, wanted: WindowsWanted, progress: Progress) -> WindowsFound:
    progress(0, 1, "reading bias energies")
    data = read_ensembles([name for name, *_ in wanted.files], wanted.windows, kT=wanted.kT)
    is_ours = data.lengths == tuple(study.data.lengths)
    dtrajs, lag = None, 0
    if wanted.estimator == "TRAM":
        if not is_ours:
            raise UserError("TRAM needs the trajectories of these files.", f"They have {_frames(data.lengths)}, what is loaded has {_frames(study.data.lengths)}.",
                            "Load the trajectories that the energies belong to, or choose MBAR.")
        dtrajs, lag = [np.asarray(d) for d in study.result("clustering", progress).dtrajs], study.lagtime
    found = _put_together(data, dtrajs, lag, study.data.timestep_ns, study.recipe.seed, wanted.has_bars, progress)
    if not is_ours:
        said = Notice("info", f"The files have {_frames(data.lengths)}, what is loaded has {_frames(study.data.lengths)}: windows are not linked to frames.", where="ensembles")
        return WindowsFound(**{**found, "notices": (*found.get("notices", ()), said)})
    start = None if found["gap"] is None or "trouble" in found else most_between(data, found["free_energies"], found["gap"])
    is_model = dtrajs is not None and "trouble" not in found and has_unbiased(data)
    return WindowsFound(**found, start=start, windows=tuple(w.astype(np.int16) for w in data.windows), is_model=is_model, held=content_of(data) if is_model else "")


def _of_system(study: Study, wanted: WindowsWanted, progress: Progress) -> WindowsFound:
    from mdexplore.methods.ensembles.umbrellas import (
        automatic_centers,
        automatic_stiffness,
        simulated_umbrellas,
    )

    progress(0, 1, "simulating windows")
    potential, modes = system(wanted.source)
    stiffness = automatic_stiffness(modes) if wanted.stiffness is None else wanted.stiffness
    made = simulated_umbrellas(potential, modes, wanted.centers or automatic_centers(modes), stiffness, seed=study.recipe.seed)
    dtrajs = None
    if wanted.estimator == "TRAM":
        together = np.concatenate(made.values)
        edges = np.linspace(together.min(), together.max(), SYSTEM_BINS + 1)[1:-1]
        dtrajs = [np.digitize(v, edges) for v in made.values]
    found = _put_together(made.data, dtrajs, SYSTEM_LAG, None, study.recipe.seed, wanted.has_bars, progress)
    return WindowsFound(**found, exact=made.free_energies, centers=made.centers, stiffness=made.stiffness)


def _put_together(data: Ensembles, dtrajs: list[np.ndarray] | None, lag: int, timestep_ns: float | None, seed: int, has_bars: bool, progress: Progress) -> dict[str, Any]:
    """The fields that files and model systems share."""
    progress(0, 1, "putting windows together")
    title, nothing = "MBAR" if dtrajs is None else "TRAM", np.full(data.n_windows, np.nan)
    try:
        made = estimate_mbar(data) if dtrajs is None else estimate_tram(data, dtrajs, lag, timestep_ns=timestep_ns, progress=progress)
    except UserError as error:
        overlap = overlap_of(data)   # that windows do not overlap can be seen all the same
        return {**_common(title, data, overlap), "free_energies": nothing, "lower": nothing, "upper": nothing, "trouble": error}
    lower, upper, said = _bars(data, made.free_energies, dtrajs, lag, seed, progress) if has_bars else (nothing, nothing, ())
    return {**_common(title, data, made.overlap), "free_energies": made.free_energies, "lower": lower, "upper": upper, "notices": (*made.notices, *said),
            "effective_share": made.effective_share, "timescale": _unbiased(data, made)}


def _common(title: str, data: Ensembles, overlap: np.ndarray) -> dict[str, Any]:
    return {"title": title, "names": data.names, "counts": data.counts, "overlap": overlap, "gap": widest_gap(overlap, data.counts)}


def _bars(data: Ensembles, value: np.ndarray, dtrajs: list[np.ndarray] | None, lag: int, seed: int, progress: Progress) -> tuple[np.ndarray, np.ndarray, tuple[Notice, ...]]:
    """Intervals of free energies, and what has to be known of them."""
    none = np.full(data.n_windows, np.nan)
    if sum(data.lengths) * data.n_windows > MOST_NUMBERS:
        return none, none, (Notice("info", "There are no bars: these are too many frames to be drawn anew while somebody waits.", "Use mdx.ensembles.bootstrap.", "ensembles"),)
    cut, origins = in_pieces(data, N_PIECES)
    pieces = None if dtrajs is None else [dtrajs[i][part] for i, part in origins]

    def again(part: Ensembles, chosen: Any) -> Reweighted:
        return estimate_mbar(part) if pieces is None else estimate_tram(part, [pieces[k] for k in chosen], lag)

    try:
        lower, upper = bootstrap(cut, lambda found, chosen: found.free_energies, estimate=again, n_samples=N_SAMPLES, seed=seed, progress=progress)
        lower, upper = widened(value, lower, upper, cut)
    except UserError as error:
        return none, none, (Notice("warning", f"There are no bars: {error.what}", "Simulate each window more than once.", "ensembles"),)
    if len(origins) == len(data.lengths):
        return lower, upper, ()
    return lower, upper, (Notice("info", f"Trajectories were cut into pieces for the bars, {N_PIECES} a window: bars are too short where a window moves more slowly than a piece is long.",
                                 f"Simulate each window {N_PIECES} times or more.", "ensembles"),)


def _unbiased(data: Ensembles, made: Reweighted) -> float | None:
    """Slowest timescale without bias, frames, where a window was simulated so and TRAM has a model of it."""
    if made.transition_matrices is None:
        return None
    for k in unbiased_windows(data)[:1]:
        times = made.timescales(int(k))
        return float(times[0]) if len(times) and np.isfinite(times[0]) else None
    return None


def fills(filled: Any, found: WindowsFound) -> bool:
    """Whether what fills the kinetics is made of the same energies and windows as an answer, however their files are named."""
    return isinstance(filled, Tram) and found.is_model and held_in(filled.content) == found.held


def model_wanted(wanted: WindowsWanted, files: str, found: WindowsFound, lagtime: int | None = None) -> Tram:
    """The settings of the kinetics that stand for a question about files and its answer.

    Files are named as in the form: all their names would be too long a text. They are not read again, which would hold a page; what has changed since the answer is said by the model.
    """
    return Tram.of_held(found.held, lagtime, bias=files, windows="" if wanted.windows is None else " ".join(map(str, wanted.windows)), kT=wanted.kT)


def _numbers(text: str, n_files: int) -> tuple[int, ...] | None:
    limits.check("list", len(text), "A list of windows")
    parts = text.replace(",", " ").split()
    if not parts:
        return None
    if not all(part.isdecimal() and len(part) < 6 and int(part) > 0 for part in parts):
        raise UserError(f"{text.strip()[:60]!r} are no windows.", do="Write the number of its window for each file, counted from 1, with blanks between them.")
    if len(parts) != n_files:
        raise UserError(f"Windows of {count_of(len(parts), 'file')} are given.", f"There are {n_files}.", "Write one number for each file, in the order of their names.")
    return tuple(int(part) - 1 for part in parts)


def _frames(lengths: tuple[int, ...]) -> str:
    return f"{count_of(len(lengths), 'trajectory', 'trajectories')} and {count_of(sum(lengths), 'frame')}"
