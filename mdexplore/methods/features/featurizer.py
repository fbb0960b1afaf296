"""What a feature method hands back: names, atoms, and a function from a chunk of a trajectory to numbers."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice

if TYPE_CHECKING:
    import mdtraj as md


@dataclass(frozen=True, eq=False)
class Featurizer:
    """Measures the same features on any chunk of frames.

    Parameters
    ----------
    names : tuple of str
        Such as ``"cos phi ALA2"``; lengths in nm.
    atoms : tuple of tuple of int
        Atoms each feature is computed from.
    kinds : tuple of str
    compute : callable
        ``compute(chunk)`` takes an mdtraj.Trajectory of n frames, which it leaves as it was, and returns an array of shape (n, d), float32.
        A `functools.partial` of a function at module level, so that it travels between processes.
    notices : tuple of Notice
        What was decided or left out.
    """

    names: tuple[str, ...]
    atoms: tuple[tuple[int, ...], ...]
    kinds: tuple[str, ...]
    compute: Callable[[Any], np.ndarray]
    notices: tuple[Notice, ...] = ()

    @property
    def n_features(self) -> int:
        return len(self.names)


def select_atoms(topology: md.Topology, selection: str) -> np.ndarray:
    """Indices of the atoms that an mdtraj selection names, increasing; shape (n,), int.

    Raises
    ------
    UserError
        If the text is not a selection, or selects nothing.
    """
    if not selection.strip():
        return np.arange(topology.n_atoms)
    try:
        found = np.asarray(topology.select(selection))
    except Exception as error:   # the parser of selections raises many kinds
        raise UserError(f"{selection!r} is not an atom selection.", str(error).splitlines()[0] if str(error) else "",
                        'Write it as mdtraj does, for example "protein and resid 1 to 20" or "name CA".') from error
    if found.dtype == bool or not len(found):
        raise UserError(f"The selection {selection!r} has no atoms.", f"The structure has {topology.n_atoms} atoms.",
                        f"Its residues are named {_examples({r.name for r in topology.residues})}; its atoms {_examples({a.name for a in topology.atoms})}.")
    return found.astype(int)


def residue_labels(topology: md.Topology) -> list[str]:
    """A label for each residue as the file has it (``"ALA2"``); with the chain in front where two residues would have the same one."""
    labels = [f"{r.name}{r.resSeq}" for r in topology.residues]
    if len(set(labels)) == len(labels):
        return labels
    return [f"{getattr(r.chain, 'chain_id', None) or r.chain.index}:{label}" for r, label in zip(topology.residues, labels)]


def atom_labels(topology: md.Topology, atoms: np.ndarray) -> dict[int, str]:
    """A label for each of some atoms: ``"ALA2 CA"``."""
    residues = residue_labels(topology)
    return {int(i): f"{residues[topology.atom(int(i)).residue.index]} {topology.atom(int(i)).name}" for i in atoms}


def heavy_atoms(topology: md.Topology) -> np.ndarray:
    """Atoms that are neither hydrogen nor part of water; all heavier than hydrogen where there is only water."""
    heavy = [a for a in topology.atoms if a.element is None or a.element.symbol not in ("H", "D")]
    solute = [a.index for a in heavy if not a.residue.is_water]
    return np.array(solute or [a.index for a in heavy], dtype=int)


def alpha_carbons(topology: md.Topology) -> np.ndarray:
    """The CA atoms of amino acids (calcium ions, which share the name, are left out); shape (n,), int."""
    found = [a.index for a in topology.atoms if a.name == "CA" and (a.element is None or a.element.symbol != "Ca") and a.residue.name != "CA"]
    return np.array(found, dtype=int)


def _examples(names: set[str]) -> str:
    some = sorted(names)
    return ", ".join(some[:8]) + (", …" if len(some) > 8 else "")
