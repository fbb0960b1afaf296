"""What can be generated from a study, why something cannot, and the generated frames beside their nearest real ones."""
from __future__ import annotations

import importlib.util
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.installing import install_line
from mdexplore.base.words import count_of
from mdexplore.base.work.threads import single_threaded
from mdexplore.data.potentials import POTENTIALS, Potential
from mdexplore.methods.generation.checks import StructureChecks
from mdexplore.methods.method import Progress, ignore

if TYPE_CHECKING:
    from mdexplore.data.dataset import Dataset
    from mdexplore.methods.results import Metastable
    from mdexplore.session.latent import Latent
    from mdexplore.session.study import Study

LANDING, MADE, FLOW, BOLTZMANN = "landing", "made", "flow", "boltzmann"
MEANS = (LANDING, MADE, FLOW, BOLTZMANN)
MOST_ATOMS = 100   # whose bonds, angles and torsions a flow learns in a minute


@dataclass(frozen=True)
class Measured:
    """A number that was found of all that was made, as people read it.

    Parameters
    ----------
    name : str
        Such as ``"Effective share"``.
    value : str
        With its unit and its error; empty where `text` says why there is none.
    text : str
        What belongs to it.
    """

    name: str
    value: str
    text: str = ""


@dataclass(frozen=True, eq=False)
class Generation:
    """Generated frames, each beside a real one.

    Parameters
    ----------
    means : str
        One of `MEANS`.
    frames : ndarray, shape (n, 2), int
        (trajectory, frame) of the nearest real frame.
    distances : ndarray, shape (n,)
        From it; 0 where the frame itself was drawn.
    unit : str
        Of the distances.
    said : tuple of str
        What has to be known of all of them.
    xyz_nm : ndarray, shape (n, n_atoms, 3), or None
        Structures, where some were made.
    checks : StructureChecks or None
        Of these structures.
    points : ndarray, shape (n, d), or None
        Coordinates of a model system, where some were made.
    energies : ndarray, shape (n,), or None
        kT.
    weights : ndarray, shape (n,), or None
        How much each counts in equilibrium, over the mean of all that the generator has made; None where energies are not known.
    measured : tuple of Measured
        Numbers about all that was made: effective share, free energies, how many are sound.
    latent : Latent or None
        Where a flow has them from, with many others that it has made and with real frames.
    """

    means: str
    frames: np.ndarray
    distances: np.ndarray
    unit: str
    said: tuple[str, ...]
    xyz_nm: np.ndarray | None = None
    checks: StructureChecks | None = None
    points: np.ndarray | None = None
    energies: np.ndarray | None = None
    weights: np.ndarray | None = None
    measured: tuple[Measured, ...] = ()
    latent: Latent | None = None

    def rows(self, which: np.ndarray) -> Generation:
        """Some of them, in the order of `which`, shape (m,), int; without the latent space."""
        taken = {f.name: getattr(self, f.name)[which] for f in fields(self) if isinstance(getattr(self, f.name), np.ndarray)}
        return replace(self, **taken, checks=None if self.checks is None else _rows_of(self.checks, which), latent=None)


def _rows_of(checks: StructureChecks, which: np.ndarray) -> StructureChecks:
    return replace(checks, **{f.name: getattr(checks, f.name)[which] for f in fields(checks) if isinstance(getattr(checks, f.name), np.ndarray)})


def why_not(data: Dataset, means: str) -> UserError | None:
    """Why a means does not work for these data, here; None where it does."""
    if means == LANDING:
        return None
    reason = _no_flow(data) if means == FLOW else _no_energy(data) if means == BOLTZMANN else None
    if reason is None and importlib.util.find_spec("torch") is None:
        return UserError("Networks cannot be trained here.", "torch is not installed.", f"Install it: {install_line('torch')}")
    return reason


def _no_flow(data: Dataset) -> UserError | None:
    topology = data.topology
    if not data.has_structures or topology is None:
        return UserError("Structures cannot be made.", "These data are features, and features have no inverse.", "Choose another way, or load trajectories with their topology.")
    if not 4 <= topology.n_atoms <= MOST_ATOMS:
        return UserError("Structures cannot be made here.", f"There are {count_of(topology.n_atoms, 'atom')}; a flow of bonds, angles and torsions is trained on the spot for 4 to {MOST_ATOMS}.",
                         "Load some of the atoms that are bonded to each other (--atoms), or train longer from Python (mdx.generation).")
    if not is_one_molecule(topology):
        return UserError("Structures cannot be made.", "Bonds do not connect all atoms: internal coordinates need one molecule.", "Load one molecule (--atoms), with a topology that has all its bonds.")
    return None


def _no_energy(data: Dataset) -> UserError | None:
    if data.has_structures:
        if importlib.util.find_spec("openmm") is None:
            return UserError("A Boltzmann generator needs the energy of any structure.", "Trajectories do not tell it, and OpenMM, which would, is not installed.", f"Install it: {install_line('openmm')}")
        return _no_flow(data)
    potential = potential_of(data)
    if potential is None:
        return UserError("A Boltzmann generator needs energies.", "These data have no potential that is known here.", "Choose a model system with a potential in two dimensions, or give your own to mdx.generation.boltzmann_generator.")
    if potential.dim < 2:
        return UserError("A Boltzmann generator needs two coordinates or more.", "This potential has one.", "Choose a model system in two dimensions, such as double-well.")
    return None


def potential_of(data: Dataset) -> Potential | None:
    """The potential of a model system, where the frames are its coordinates."""
    found = POTENTIALS.get(getattr(data.exact, "potential", "") or "")
    return found if found is not None and data.given is not None and data.given[0].shape[1] == found.dim else None


def is_one_molecule(topology: Any) -> bool:
    """Whether bonds connect all atoms of a topology."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    bonds = np.array([[a.index, b.index] for a, b in topology.bonds], int).reshape(-1, 2)
    graph = coo_array((np.ones(len(bonds)), (bonds[:, 0], bonds[:, 1])), shape=(topology.n_atoms, topology.n_atoms))
    return int(connected_components(graph, directed=False)[0]) == 1


@single_threaded()
def generate(study: Study, means: str, n: int, *, state: int | None = None, frames: np.ndarray | None = None, coarse: Metastable | None = None, progress: Progress = ignore) -> Generation:
    """Generate frames and put each beside its nearest real one.

    Parameters
    ----------
    study : Study
    means : str
        One of `MEANS`.
    n : int
        How many, at most.
    state : int, optional
        Metastable state, counted from 0, that is landed from, or whose frames a flow learns.
    frames : ndarray of bool, shape (n_frames,), optional
        Frames that a flow learns.
    coarse : Metastable, optional
        The states that `state` is a number of; the study's where not given.
    progress : callable

    Raises
    ------
    UserError
        If it cannot be done with these data, there is no such state, or training fails.
    """
    from mdexplore.session import generated_frames as others
    from mdexplore.session import generated_structures as structures

    if means not in MEANS:
        raise UserError(f"Nothing is generated by {means!r}.", do=f"Choose one of: {', '.join(MEANS)}.")
    if (reason := why_not(study.data, means)) is not None:
        raise reason
    coarse = coarse or study.result("coarse", progress)
    if means == LANDING:
        return others.landed(study, coarse, numbered(coarse, state), n)
    if means == MADE:
        return others.made(study, coarse, numbered(coarse, state), n, progress)
    if means == FLOW:
        return structures.learned(study, coarse, n, state, frames, progress)
    return structures.weighted_molecule(study, n, progress) if study.data.has_structures else structures.weighted_points(study, n, progress)


def numbered(coarse: Metastable, state: int | None) -> int:
    """A state that there is; raises `UserError` for another."""
    if state is None or not 0 <= state < coarse.n_states:
        raise UserError(f"There is no state {'to start from' if state is None else state + 1}.", f"They are numbered 1 to {coarse.n_states}.", "Choose one.")
    return state
