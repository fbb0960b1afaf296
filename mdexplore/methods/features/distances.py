"""Distances between atoms, in nm."""
from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.methods.features.featurizer import Featurizer, alpha_carbons, atom_labels, heavy_atoms, select_atoms
from mdexplore.methods.method import Settings, method, setting

if TYPE_CHECKING:
    import mdtraj as md

MOST = 20_000   # pairs; a covariance matrix of more would take gigabytes


@dataclass(frozen=True)
class Distances(Settings):
    """Which distances to measure."""

    between: str = setting("ca", choices=("ca", "heavy"), help="One CA atom a residue, or all heavy atoms.")
    excluded_neighbours: int = setting(2, low=0, high=100, help="Leave out pairs so near along the chain: residues for CA atoms, bonds for heavy atoms.")
    selection: str = setting("", help="Only atoms in this mdtraj selection.")
    minimum_image: bool = setting(True, help="Measure through the faces of the box where that is shorter.")
    pairs: tuple | None = setting(None, help="Pairs of atom indices to measure instead of all of the above.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.pairs is None:
            return
        pairs = np.asarray(self.pairs, dtype=object)
        if pairs.ndim != 2 or pairs.shape[1] != 2 or not all(isinstance(i, (int, np.integer)) and i >= 0 for i in pairs.flat):
            raise UserError("The pairs of atoms are not clear.", do="Give pairs of atom indices counted from 0, such as [(4, 14), (6, 16)].")
        object.__setattr__(self, "pairs", tuple((int(a), int(b)) for a, b in pairs))


@method("features", settings=Distances, title="Distances")
def distances(settings: Distances, topology: md.Topology, *, reference: md.Trajectory | None = None) -> Featurizer:
    """Distances between pairs of atoms.

    Raises
    ------
    UserError
        If no pair is left, there are too many, or an atom does not exist.
    """
    pairs = _given_pairs(settings, topology) if settings.pairs is not None else _pairs(settings, topology)
    if len(pairs) > MOST:
        raise UserError(f"{len(pairs)} distances are too many.", f"At most {MOST} can be used.", "Choose fewer atoms by a selection, or use torsions.")
    label = atom_labels(topology, np.unique(pairs))
    names = tuple(f"d({label[int(a)]}, {label[int(b)]})" for a, b in pairs)
    atoms = tuple((int(a), int(b)) for a, b in pairs)
    return Featurizer(names, atoms, ("distance",) * len(names), partial(_compute, pairs=pairs, minimum_image=settings.minimum_image))


def _given_pairs(settings: Distances, topology: Any) -> np.ndarray:
    pairs = np.array(settings.pairs, dtype=int).reshape(-1, 2)
    if not len(pairs):
        raise UserError("No feature is left.", "The list of pairs is empty.", "Give at least one pair of atoms.")
    if pairs.max() >= topology.n_atoms:
        raise UserError(f"There is no atom {pairs.max()}.", f"The structure has {topology.n_atoms} atoms, counted from 0.", "Choose pairs of atoms that exist.")
    if (pairs[:, 0] == pairs[:, 1]).any():
        raise UserError("The distance of an atom to itself is always 0.", do="Choose pairs of different atoms.")
    return pairs


def _pairs(settings: Distances, topology: Any) -> np.ndarray:
    found = alpha_carbons(topology) if settings.between == "ca" else heavy_atoms(topology)
    chosen = np.intersect1d(found, select_atoms(topology, settings.selection))
    if len(chosen) * (len(chosen) - 1) // 2 > 50 * MOST:
        raise UserError(f"Distances between {len(chosen)} atoms are too many.", f"At most {MOST} distances can be used.", "Choose fewer atoms by a selection, or use torsions.")
    first, second = np.triu_indices(len(chosen), 1)
    pairs = np.stack([chosen[first], chosen[second]], axis=1)
    if len(pairs) and settings.excluded_neighbours:
        near = _residues_apart if settings.between == "ca" else _bonds_apart
        pairs = pairs[~near(topology, pairs, settings.excluded_neighbours)]
    if not len(pairs):
        what = "CA atoms" if settings.between == "ca" else "heavy atoms"
        raise UserError("No feature is left: there is no such distance.", f"{len(chosen)} {what} were found, and neighbours up to {settings.excluded_neighbours} "
                        f"{'residues' if settings.between == 'ca' else 'bonds'} apart are left out.",
                        'Lower excluded_neighbours, widen the selection, or use Distances(between="heavy").')
    return pairs


def _residues_apart(topology: Any, pairs: np.ndarray, most: int) -> np.ndarray:
    residue = np.array([a.residue.index for a in topology.atoms])[pairs]
    chain = np.array([a.residue.chain.index for a in topology.atoms])[pairs]
    return (chain[:, 0] == chain[:, 1]) & (np.abs(residue[:, 1] - residue[:, 0]) <= most)


def _bonds_apart(topology: Any, pairs: np.ndarray, most: int) -> np.ndarray:
    """Which pairs are joined by at most so many bonds; none where the topology knows no bonds."""
    from scipy.sparse import coo_array

    bonds = np.array([(a.index, b.index) for a, b in topology.bonds], dtype=int).reshape(-1, 2)
    n = topology.n_atoms
    one = coo_array((np.ones(len(bonds)), (bonds[:, 0], bonds[:, 1])), shape=(n, n)).tocsr()
    one = ((one + one.T) > 0).astype(np.int8)
    reach = step = one
    for _ in range(most - 1):
        step = ((step @ one) > 0).astype(np.int8)
        reach = ((reach + step) > 0).astype(np.int8)
    near = reach.tocoo()
    return np.isin(pairs[:, 0] * n + pairs[:, 1], near.row.astype(np.int64) * n + near.col)


def _compute(chunk: Any, *, pairs: np.ndarray, minimum_image: bool) -> np.ndarray:
    import mdtraj as md

    return md.compute_distances(chunk, pairs, periodic=minimum_image and chunk.unitcell_lengths is not None).astype(np.float32, copy=False)
