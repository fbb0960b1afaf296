"""Adaptive sampling of a molecule in rounds: simulate, fit a study, propose, go on from there."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.base.writing import write_whole
from mdexplore.data.loading import load
from mdexplore.methods.method import Progress, ignore
from mdexplore.methods.sampling.proposals import Proposals, parse_target
from mdexplore.session.proposing import propose, save_starts
from mdexplore.session.study import Study

if TYPE_CHECKING:
    import mdtraj

    Simulate = Callable[[np.ndarray, int, int], list[mdtraj.Trajectory]]

POLICIES = ("uncertainty", "least-counts")


@dataclass(frozen=True, eq=False, repr=False)
class SimulatedRounds:
    """What rounds of simulation found.

    Parameters
    ----------
    frames : ndarray, shape (n_rounds,), int
        Simulated so far.
    timescales_ns : ndarray, shape (n_rounds,)
        The slowest; NaN while there is no connected model.
    starts : tuple of Proposals, length n_rounds
        Proposed after each round, the last for those to come.
    trajectories : tuple of mdtraj.Trajectory
        In the order in which they were simulated.
    study : Study
        Of all of them.
    notices : tuple of Notice
    """

    frames: np.ndarray
    timescales_ns: np.ndarray
    starts: tuple[Proposals, ...]
    trajectories: tuple[mdtraj.Trajectory, ...]
    study: Study
    notices: tuple[Notice, ...] = ()

    def __repr__(self) -> str:
        return f"<{len(self.frames)} rounds, {self.frames[-1]} frames, slowest timescale {self.timescales_ns[-1]:.3g} ns>"


def adaptive_simulations(simulate: Simulate, start_nm: np.ndarray, *, frame_ps: float, policy: str = "uncertainty", target: str = "timescale 1", n_rounds: int = 5, n_walkers: int = 8,
                         n_frames: int = 200, folder: str | Path | None = None, seed: int = 0, progress: Progress = ignore, **settings: Any) -> SimulatedRounds:
    """Simulate in rounds, each from where the study of all frames so far proposes.

    Parameters
    ----------
    simulate : callable
        ``simulate(starts_nm, n_frames, seed)`` gives a trajectory for each start, such as `mdexplore.methods.sampling.molecules.MoleculeWalk`.
    start_nm : ndarray, shape (n_atoms, 3) or (n_walkers, n_atoms, 3)
        Where the walkers of the first round start.
    frame_ps : float
        Time from frame to frame, as `simulate` has it.
    policy : {"uncertainty", "least-counts"}
    target : str
        As for `Study.propose`.
    n_rounds, n_walkers, n_frames : int
    folder : str or Path, optional
        Where to write each walk (``round-1-walker-1.xtc``, with ``topology.pdb``) and the starts proposed after each round (``starts-1.pdb`` with a table of reasons).
    seed : int
    progress : callable
    **settings
        Of the study, such as ``lagtime="2 ps"`` or ``clustering=``.

    Returns
    -------
    SimulatedRounds

    Raises
    ------
    UserError
        For an unknown policy or target, or where a round gives something else than asked for.

    Notes
    -----
    Before there is a model with a timescale, least counts choose, and a notice says so.
    """
    if policy not in POLICIES:
        raise UserError(f"There is no policy {policy!r}.", do=f"Choose one of: {', '.join(POLICIES)}.")
    parse_target(target)   # refused now, not after a round was simulated
    if n_rounds < 1 or n_walkers < 1:
        raise UserError(f"{n_rounds} rounds of {n_walkers} walkers are no simulation.", do="Ask for at least one of each.")
    random = np.random.default_rng(seed)
    starts = _first(np.asarray(start_nm, float), n_walkers)
    walks: list[mdtraj.Trajectory] = []
    times, proposed, said = [], [], []
    for k in range(n_rounds):
        progress(k, n_rounds, f"round {k + 1}")
        new = simulate(starts, n_frames, int(random.integers(1 << 31)))
        if len(new) != len(starts):
            raise UserError(f"Round {k + 1} gave {len(new)} trajectories.", f"There were {len(starts)} starts.", "Let simulate give one trajectory for each start.")
        walks += new
        study = Study(load(list(walks), timestep_ns=frame_ps / 1000), seed=seed, **settings)
        found, time, notices = _propose(study, n_walkers, policy, target, frame_ps, k)
        proposed.append(found)
        times.append(time)
        said += notices
        if folder is not None:
            _write(Path(folder), k + 1, new, study, found)
        starts = study.data.frames(found.frames).xyz
    progress(n_rounds, n_rounds, "")
    lengths = np.array([w.n_frames for w in walks]).reshape(n_rounds, -1).sum(axis=1)
    return SimulatedRounds(np.cumsum(lengths), np.array(times), tuple(proposed), tuple(walks), study, tuple(said))


def _first(start: np.ndarray, n_walkers: int) -> np.ndarray:
    if start.ndim == 2:
        return np.repeat(start[None], n_walkers, axis=0)
    if start.ndim != 3 or len(start) != n_walkers:
        raise UserError(f"Starts of the shape {start.shape} cannot be used.", f"There are {n_walkers} walkers.", "Give one structure (n_atoms, 3), or one for each walker, in nm.")
    return start


def _propose(study: Study, n: int, policy: str, target: str, frame_ps: float, k: int) -> tuple[Proposals, float, list[Notice]]:
    """The next starts and the slowest timescale in ns, NaN where no model has one yet."""
    try:
        kinetics = study.result("kinetics")
        time = float(kinetics.timescales[0]) * frame_ps / 1000 if len(kinetics.timescales) else float("nan")
        found = propose(study, n, policy, target=target)
    except UserError as error:
        if policy == "least-counts":
            return propose(study, n, policy), float("nan"), []
        told = Notice("warning", f"After round {k + 1} the starts are those seen least: {error.what}", "Later rounds know more; where the last one still says so, simulate longer or change the settings.", "sampling")
        return propose(study, n, "least-counts"), float("nan"), [told]
    return found, time, []


def _write(folder: Path, number: int, walks: list[mdtraj.Trajectory], study: Study, found: Proposals) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if number == 1:
        write_whole(folder / "topology.pdb", partial(_save, walks[0][0]))
    for i, one in enumerate(walks):
        write_whole(folder / f"round-{number}-walker-{i + 1}.xtc", partial(_save, one))
    save_starts(study, found, folder / f"starts-{number}.pdb")


def _save(walk: mdtraj.Trajectory, target: Path) -> None:
    walk.save(str(target))
