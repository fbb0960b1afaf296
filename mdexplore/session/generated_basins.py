"""How much free energy lies between the two sides of a backbone torsion, as weighted structures tell it."""
from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mdexplore.methods.features.featurizer import residue_labels
from mdexplore.methods.features.torsions import named_residue, torsion_atoms

if TYPE_CHECKING:
    import mdtraj

    from mdexplore.methods.generation.boltzmann import Generated

STRETCH, FOLDS = 10, 3   # of frames that are set aside together; one stretch in so many
ENOUGH = 10   # effective samples on either side: with fewer the error of a logarithm means little


def set_aside(n_frames: int) -> np.ndarray:
    """Which frames a flow should not learn from, shape (n_frames,), bool: every third stretch of frames that follow each other."""
    return np.arange(n_frames) // STRETCH % FOLDS == 0


def told_sides(found: Generated, xyz_nm: np.ndarray, topology: mdtraj.Topology, held_out_nm: np.ndarray | None = None) -> tuple[str, ...]:
    """Free energy of phi > 0 less that of phi < 0, a sentence for each phi; why there is none, where too few structures carry the weight of a side.

    Parameters
    ----------
    found : Generated
        Weighted structures.
    xyz_nm : ndarray, shape (n, n_atoms, 3)
        The same in Cartesian coordinates.
    topology : mdtraj Topology
    held_out_nm : ndarray, shape (m, n_atoms, 3), optional
        The held-out frames of `found` in Cartesian coordinates.
    """
    quads = torsion_atoms(topology, "phi")
    if not len(quads):
        return ()
    labels = residue_labels(topology)
    angles = _angles(xyz_nm if held_out_nm is None else np.concatenate([xyz_nm, held_out_nm]), topology, quads)
    return tuple(_told(found, phi, labels[named_residue(topology, "phi", quad)]) for phi, quad in zip(angles.T, quads))


def effective(weights: np.ndarray, mask: np.ndarray) -> float:
    """As how many perfect samples the structures of a side count (Kish); 0 where none has a weight."""
    inside = weights[mask]
    squares = float((inside**2).sum())
    return float(inside.sum() ** 2 / squares) if squares > 0 else 0.0


def _angles(xyz_nm: np.ndarray, topology: mdtraj.Topology, quads: np.ndarray) -> np.ndarray:
    import mdtraj

    return np.asarray(mdtraj.compute_dihedrals(mdtraj.Trajectory(xyz_nm, topology), quads, periodic=False))


def _told(found: Generated, phi: np.ndarray, residue: str) -> str:
    n = len(found.structures)
    sides = {"φ < 0": phi < 0, "φ > 0": phi > 0}
    worth = {name: effective(found.weights, mask[:n]) for name, mask in sides.items()}
    name, held = min(worth, key=lambda side: worth[side]), {side: int(mask[n:].sum()) for side, mask in sides.items()}
    is_possible = all(worth.values())
    gained = found.free_energy_difference(*sides.values()) if is_possible else None
    if gained is None or (not gained.is_two_sided and worth[name] < ENOUGH):   # together with frames a few heavy structures cannot carry all
        return (f"There is no sound free-energy difference between φ < 0 and φ > 0 of {residue}: the {int(sides[name][:n].sum())} of {n} structures with {name} "
                f"count as {worth[name]:.1f} samples, and {ENOUGH} are wanted.")
    frames = f" and {held['φ > 0']} and {held['φ < 0']} real frames that the flow has not seen" if gained.is_two_sided else ""
    knows = " ".join(notice.text.replace("region a", "φ < 0").replace("region b", "φ > 0") for notice in gained.notices)
    return (f"Free energy of φ > 0 less that of φ < 0 of {residue}: {gained.value:.2f} ± {gained.error:.2f} kT (95 %: {gained.lower:.2f} to {gained.upper:.2f}), "
            f"from structures that count as {worth['φ > 0']:.0f} and {worth['φ < 0']:.0f} samples{frames}. {knows}").rstrip()
