"""Are generated structures like real ones? Nearest real frame, and how far bonds and contacts are from what real frames have."""
from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.base.plain import storable
from mdexplore.base.words import count_of
from mdexplore.base.work.threads import single_threaded
from mdexplore.methods.features.positions import superposed
from mdexplore.methods.method import Progress, ignore

if TYPE_CHECKING:
    import mdtraj

FLOOR_NM = 0.001         # spread of a bond that a force field with constraints keeps rigid
BONDS_APART = 3          # atoms fewer bonds apart are never a clash
NUMBERS_AT_ONCE = 1 << 24
# Bondi 1964, doi:10.1021/j100785a001, nm; others as carbon.
RADII_NM = {"H": 0.12, "C": 0.17, "N": 0.155, "O": 0.152, "F": 0.147, "P": 0.18, "S": 0.18, "Cl": 0.175}


@storable
@dataclass(frozen=True, eq=False, repr=False)
class StructureChecks:
    """What was found about each generated structure.

    Parameters
    ----------
    nearest : ndarray, shape (n,), int
        Real frame that is nearest after superposition.
    rmsd_nm : ndarray, shape (n,)
        Its distance.
    bond_z : ndarray, shape (n,)
        Largest deviation of a bond length from its mean among real frames, in units of its spread there.
    worst_bond : ndarray, shape (n, 2), int
        Atoms of that bond.
    clash_z : ndarray, shape (n,)
        How much closer the closest pair of atoms that are not bonded comes than it usually does in real frames, in units of the spread there; negative where there is more room.
    worst_contact : ndarray, shape (n, 2), int
        Atoms of the closest pair, in units of their radii.
    bond_limit, clash_limit : float
        The largest scores among the real frames themselves.
    notices : tuple of Notice
    """

    nearest: np.ndarray
    rmsd_nm: np.ndarray
    bond_z: np.ndarray
    worst_bond: np.ndarray
    clash_z: np.ndarray
    worst_contact: np.ndarray
    bond_limit: float
    clash_limit: float
    notices: tuple[Notice, ...] = ()

    @property
    def is_sound(self) -> np.ndarray:
        """Where both scores are within what real frames have; shape (n,), bool."""
        return np.asarray((self.bond_z <= self.bond_limit) & (self.clash_z <= self.clash_limit))

    def __repr__(self) -> str:
        return f"<StructureChecks: {int(self.is_sound.sum())} of {count_of(len(self.nearest), 'structure')} within what real frames have>"


@single_threaded()
def check_structures(generated_nm: np.ndarray, real_nm: np.ndarray, topology: mdtraj.Topology, *, progress: Progress = ignore) -> StructureChecks:
    """Compare generated structures with real frames of the same molecule.

    Parameters
    ----------
    generated_nm : ndarray, shape (n, n_atoms, 3)
    real_nm : ndarray, shape (m, n_atoms, 3)
        Whole molecules; a few hundred to a few thousand frames from everywhere are enough.
    topology : mdtraj Topology
        With bonds.
    progress : callable

    Raises
    ------
    UserError
        If shapes do not fit the topology, there are fewer than ten real frames, or the topology has no bonds.
    """
    import mdtraj

    generated, real = _checked(generated_nm, topology, "generated structures"), _checked(real_nm, topology, "real frames")
    if len(real) < 10:
        raise UserError(f"{count_of(len(real), 'real frame')} are too few to compare with.", do="Give at least ten, better a few hundred.")
    bonds = np.array([[a.index, b.index] for a, b in topology.bonds], int).reshape(-1, 2)
    if not len(bonds):
        raise UserError("Bonds cannot be checked.", "The topology has none.", "Use a topology with bonds, or call topology.create_standard_bonds().")
    progress(0, 3, "Bonds")
    lengths = _distances(real, bonds)
    mean, spread = lengths.mean(axis=0), np.maximum(lengths.std(axis=0), FLOOR_NM)
    of_real, of_ours = (np.abs(_distances(x, bonds) - mean) / spread for x in (real, generated))
    progress(1, 3, "Contacts")
    room, _ = _closest(real, topology, bonds)
    ours, pairs = _closest(generated, topology, bonds)
    usual, varies = (room.mean(), max(float(room.std()), 1e-3)) if len(pairs) else (0.0, 1.0)
    progress(2, 3, "Nearest real frames")
    every = mdtraj.Trajectory(real, topology)
    every.center_coordinates()
    nearest, rmsd = np.empty(len(generated), int), np.empty(len(generated))
    for i in range(len(generated)):
        found = mdtraj.rmsd(every, mdtraj.Trajectory(generated[i : i + 1], topology))
        nearest[i], rmsd[i] = int(found.argmin()), float(found.min())
    progress(3, 3, "Structures")
    made = StructureChecks(nearest, rmsd, of_ours.max(axis=1), bonds[of_ours.argmax(axis=1)], (usual - ours) / varies, pairs,
                           float(of_real.max()), float(((usual - room) / varies).max()))
    return dataclasses.replace(made, notices=_told(made))


@single_threaded()
def side_by_side(found: StructureChecks, generated_nm: np.ndarray, real_nm: np.ndarray, topology: mdtraj.Topology, which: np.ndarray | None = None) -> mdtraj.Trajectory:
    """Generated structures, each turned onto its nearest real frame and followed by it.

    Parameters
    ----------
    found : StructureChecks
        Of the same structures and frames.
    generated_nm : ndarray, shape (n, n_atoms, 3)
    real_nm : ndarray, shape (m, n_atoms, 3)
    topology : mdtraj Topology
    which : ndarray of int, optional
        Which of the generated structures; all where not given.

    Returns
    -------
    mdtraj.Trajectory
        Twice as many frames: generated, real, generated, real ...; ``.save("pairs.pdb")`` writes them.

    Raises
    ------
    UserError
        If the arrays are not those that were checked.
    """
    import mdtraj

    generated, real = _checked(generated_nm, topology, "generated structures"), _checked(real_nm, topology, "real frames")
    if len(generated) != len(found.nearest) or len(real) <= found.nearest.max():
        raise UserError("These are not the structures that were checked.", f"{len(found.nearest)} were; here are {len(generated)}, and {len(real)} real frames.",
                        "Give the same arrays as to check_structures.")
    chosen = np.arange(len(generated)) if which is None else np.asarray(which, int)
    pairs = np.empty((2 * len(chosen), topology.n_atoms, 3), np.float32)
    for k, i in enumerate(chosen):
        pairs[2 * k + 1] = real[found.nearest[i]]
        pairs[2 * k] = superposed(generated[i : i + 1], pairs[2 * k + 1])[0]
    return mdtraj.Trajectory(pairs, topology)


def _told(found: StructureChecks) -> tuple[Notice, ...]:
    bad, n = int((~found.is_sound).sum()), len(found.nearest)
    if not bad:
        return (Notice("info", f"Bonds and contacts of all {count_of(n, 'structure')} are within what real frames have.", where="generation"),)
    return (Notice("warning", f"{bad} of {count_of(n, 'structure')} have a bond or a contact that no real frame has.", "Look at them beside their nearest real frames before you believe them.",
                   "generation"),)


def _checked(xyz: np.ndarray, topology: mdtraj.Topology, what: str) -> np.ndarray:
    xyz = np.asarray(xyz, np.float32)
    if xyz.ndim != 3 or xyz.shape[1:] != (topology.n_atoms, 3) or not len(xyz):
        raise UserError(f"The {what} do not fit the topology.", f"They have the shape {xyz.shape}; the topology has {topology.n_atoms} atoms.",
                        f"Give an array of the shape (n, {topology.n_atoms}, 3), in nm.")
    if not np.isfinite(xyz).all():
        raise UserError(f"Some {what} hold no numbers.", f"{int((~np.isfinite(xyz)).any(axis=(1, 2)).sum())} of {len(xyz)}.", "Leave them out.")
    return xyz


def _distances(xyz: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    return np.linalg.norm(xyz[:, pairs[:, 0]] - xyz[:, pairs[:, 1]], axis=2)


def _closest(xyz: np.ndarray, topology: mdtraj.Topology, bonds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least distance between atoms that are not bonded, over the sum of their radii, and the atoms; (n,) and (n, 2)."""
    pairs = _not_bonded(topology.n_atoms, bonds)
    if not len(pairs):
        return np.zeros(len(xyz)), np.empty((0, 2), int)
    radii = np.array([RADII_NM.get(a.element.symbol if a.element else "", RADII_NM["C"]) for a in topology.atoms])
    reach = radii[pairs].sum(axis=1)
    rows, least, which = max(1, NUMBERS_AT_ONCE // (3 * len(pairs))), np.empty(len(xyz)), np.empty(len(xyz), int)
    for i in range(0, len(xyz), rows):
        ratio = _distances(xyz[i : i + rows], pairs) / reach
        least[i : i + rows], which[i : i + rows] = ratio.min(axis=1), ratio.argmin(axis=1)
    return least, pairs[which]


def _not_bonded(n_atoms: int, bonds: np.ndarray) -> np.ndarray:
    """Pairs of atoms three or more bonds apart, or not connected, shape (m, 2)."""
    from scipy.sparse import coo_array

    both = np.concatenate([bonds, bonds[:, ::-1]])
    near = coo_array((np.ones(len(both), bool), (both[:, 0], both[:, 1])), shape=(n_atoms, n_atoms)).toarray()
    reached, step = near | np.eye(n_atoms, dtype=bool), near.astype(np.float32)
    for _ in range(BONDS_APART - 2):
        reached |= (step @ reached.astype(np.float32)) > 0
    first, second = np.nonzero(np.triu(~reached, 1))
    return np.stack([first, second], axis=1)
