"""What is odd about the geometry of frames: bonds that are no bonds, molecules across the box, atoms on one point, boxes too small."""
from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mdexplore.data.formats.common import Block
from mdexplore.data.wholeness import bond_pairs, molecules

if TYPE_CHECKING:
    import mdtraj as md

LONG_NM = 0.25         # beyond any bond between the elements of biomolecules
TORN_NM = 0.5          # twice as long as any bond
ONE_POINT_NM = 0.01
MISFIT_SHARE = 0.05
_AT_ONCE = 1 << 17
_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], dtype=np.uint64)
_METALS = {"Li", "Na", "K", "Rb", "Cs", "Be", "Mg", "Ca", "Sr", "Ba", "Sc", "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Mo", "Ru", "Rh", "Pd",
           "Ag", "Cd", "W", "Re", "Os", "Ir", "Pt", "Au", "Hg", "Al", "Ga", "In", "Tl", "Sn", "Pb", "Bi"}


class Geometry:
    """The bonds of a topology, and what frames make of them.

    Parameters
    ----------
    topology : mdtraj.Topology
        Of the frames that will be looked at.
    """

    def __init__(self, topology: md.Topology) -> None:
        bonds = bond_pairs(topology)
        symbols = [a.element.symbol if a.element is not None else "VS" for a in topology.atoms]
        plain = np.array([s != "VS" and s not in _METALS for s in symbols], dtype=bool)   # beads and metals have bonds of any length
        self.bonds = bonds[plain[bonds].all(axis=1)] if len(bonds) else bonds
        self._topology = topology
        molecule = molecules(topology.n_atoms, bonds) if len(bonds) else np.arange(topology.n_atoms)
        self.largest = np.flatnonzero(molecule == np.bincount(molecule).argmax()) if len(bonds) else np.empty(0, np.int64)

    def lengths(self, block: Block) -> tuple[np.ndarray, np.ndarray]:
        """Lengths of bonds in nm as they stand and by the nearest image; each of shape (n, n_bonds)."""
        vectors = block.xyz[:, self.bonds[:, 0]] - block.xyz[:, self.bonds[:, 1]]
        plain = np.sqrt(np.einsum("fbx,fbx->fb", vectors, vectors))
        frames, bonds = np.nonzero(plain > LONG_NM)
        nearest = plain
        if len(frames) and block.lengths is not None and block.angles is not None:
            nearest = plain.copy()
            nearest[frames, bonds] = np.linalg.norm(nearest_image(vectors[frames, bonds], block.lengths[frames], block.angles[frames]), axis=-1)
        return plain, nearest

    def look(self, block: Block) -> dict[str, np.ndarray]:
        """For each kind of oddity, which frames have it; arrays of shape (n,), bool."""
        if not len(self.bonds):
            return {}
        with np.errstate(all="ignore"):   # frames without sense are judged elsewhere
            plain, nearest = self.lengths(block)
            return {
                "coincident": np.any(plain < ONE_POINT_NM, axis=1),
                "broken": np.any((plain > LONG_NM) & (nearest < plain - 0.1), axis=1),
                "torn": np.any(nearest > TORN_NM, axis=1),
            }

    def misfit(self, block: Block) -> str:
        """How the bonds of the first frame say that the topology is that of other atoms; "" where they do not."""
        if not len(self.bonds):
            return ""
        nearest = self.lengths(Block(block.xyz[:1], *(None if part is None else part[:1] for part in (block.lengths, block.angles))))[1][0]
        share = float((nearest > LONG_NM).mean())
        if share < MISFIT_SHARE:
            return ""
        worst = int(nearest.argmax())
        a, b = (self._topology.atom(int(i)) for i in self.bonds[worst])
        return f"does not fit its topology: {100 * share:.0f} % of the bonds are longer than {LONG_NM} nm, the worst, {a} to {b}, {nearest[worst]:.2f} nm"

    def beyond_box(self, block: Block) -> tuple[np.ndarray, str]:
        """In which frames the largest molecule is longer than its box, shape (n,), bool; and how long both are in the first of them."""
        if block.lengths is None or block.angles is None or not len(self.largest):
            return np.zeros(len(block.xyz), dtype=bool), ""
        with np.errstate(all="ignore"):
            vectors = box_vectors(block.lengths, block.angles)
            along = np.einsum("fax,fkx->fak", block.xyz[:, self.largest], vectors / np.linalg.norm(vectors, axis=2, keepdims=True))
            size = along.max(axis=1) - along.min(axis=1)
            small = size > block.lengths
        found = small.any(axis=1)
        if not found.any():
            return found, ""
        frame = int(found.argmax())
        axis = int(small[frame].argmax())
        return found, f"a molecule of {size[frame, axis]:.2f} nm in a box of {block.lengths[frame, axis]:.2f} nm"


def same_points(xyz: np.ndarray) -> np.ndarray:
    """Which frames have two atoms on exactly one point.

    Parameters
    ----------
    xyz : ndarray, shape (n, n_atoms, 3), float32

    Returns
    -------
    ndarray, shape (n,), bool
    """
    numbers = np.ascontiguousarray(xyz + np.float32(0), np.float32).view(np.uint32).astype(np.uint64)   # -0 becomes 0
    mixed = (numbers * _MIX).sum(axis=2, dtype=np.uint64)
    mixed.sort(axis=1)
    maybe = (np.diff(mixed, axis=1) == 0).any(axis=1)   # different points hardly ever mix to the same number
    return np.array([bool(m) and len(np.unique(frame, axis=0)) < len(frame) for m, frame in zip(maybe, xyz)], dtype=bool)


def box_vectors(lengths: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Vectors of unit cells from lengths in nm and angles in degrees, both of shape (n, 3); shape (n, 3, 3)."""
    cosines = np.cos(np.radians(angles.astype(np.float64)))
    sine = np.sin(np.radians(angles[:, 2].astype(np.float64)))
    box = np.zeros((len(lengths), 3, 3))
    box[:, 0, 0] = 1
    box[:, 1, 0], box[:, 1, 1] = cosines[:, 2], sine
    box[:, 2, 0], box[:, 2, 1] = cosines[:, 1], (cosines[:, 0] - cosines[:, 1] * cosines[:, 2]) / sine
    box[:, 2, 2] = np.sqrt(np.maximum(1 - box[:, 2, 0] ** 2 - box[:, 2, 1] ** 2, 1e-12))
    return box * lengths[:, :, None]


def nearest_image(vectors: np.ndarray, lengths: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Vectors by the nearest periodic image; all of shape (n, 3), in nm and degrees.

    For a skewed cell the rounding of fractions is not always the very nearest image, but close enough to tell a bond from none.
    """
    found = np.array(vectors, dtype=np.float64)
    with np.errstate(all="ignore"):
        for first in range(0, len(found), _AT_ONCE):
            rows = slice(first, first + _AT_ONCE)
            if (angles[rows] == 90).all():
                size = np.where(lengths[rows] > 0, lengths[rows], np.inf).astype(np.float64)
                found[rows] -= np.round(found[rows] / size) * np.where(np.isfinite(size), size, 0)
                continue
            box = box_vectors(lengths[rows], angles[rows])
            sound = np.isfinite(box).all(axis=(1, 2)) & (np.abs(np.linalg.det(box)) > 1e-9)
            fractions = np.einsum("nx,nxk->nk", found[rows][sound], np.linalg.inv(box[sound]))
            found[rows][sound] = np.einsum("nk,nkx->nx", fractions - np.round(fractions), box[sound])
    return found
