"""Bonds, angles and torsions of a molecule instead of positions: what a flow can learn, without the place and turn of the whole."""
from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TYPE_CHECKING

import numpy as np

from mdexplore.base.errors import UserError

if TYPE_CHECKING:
    import mdtraj
    import torch

    from mdexplore.methods.generation.energies import Energy

WALL = 1e5           # kT / rad^2, beyond the full turn that a torsion is counted in
SMALLEST = 1e-3      # nm, and sine of an angle; where a coordinate ends
LEAST_ATOMS = 4


@dataclass(frozen=True, eq=False)
class InternalCoordinates:
    """Coordinates of a molecule: n - 1 bond lengths (nm), n - 2 angles, n - 3 torsions (rad), in this order.

    Parameters
    ----------
    order : ndarray, shape (n_atoms,), int
        In which atoms are placed.
    references : ndarray, shape (n_atoms, 3), int
        The atoms from which each of `order` is placed: bond, angle and torsion; -1 for what the first three do not need.
    cuts : ndarray, shape (n_atoms - 3,)
        Where each torsion is cut open: they are counted from there through one turn.

    Notes
    -----
    An atom beside one that is placed already is placed by the torsion to that one, so that only one torsion of each bond is free and the handedness of a centre is that of the frames.
    """

    order: np.ndarray
    references: np.ndarray
    cuts: np.ndarray

    @property
    def dim(self) -> int:
        return 3 * len(self.order) - 6

    def values(self, xyz_nm: np.ndarray) -> np.ndarray:
        """Coordinates of structures.

        Parameters
        ----------
        xyz_nm : ndarray, shape (n, n_atoms, 3)

        Returns
        -------
        ndarray, shape (n, 3 n_atoms - 6)
        """
        xyz = np.asarray(xyz_nm, float)
        if xyz.ndim != 3 or xyz.shape[1:] != (len(self.order), 3):
            raise UserError(f"Structures of the shape {xyz.shape} do not fit.", f"The molecule has {len(self.order)} atoms.", f"Give the shape (n, {len(self.order)}, 3), in nm.")
        lengths, angles, torsions = _measured(xyz, self.order, self.references)
        return np.concatenate([lengths, angles, self.cuts + np.mod(torsions - self.cuts, 2 * np.pi)], axis=1)

    def structures(self, values: np.ndarray) -> np.ndarray:
        """Structures of coordinates, shape (n, n_atoms, 3) in nm: the first atom at the origin, the second on the x axis, the third in the plane of x and y."""
        import torch

        return self._placed(torch.from_numpy(np.ascontiguousarray(values, dtype=np.float64))).numpy()

    def energy(self, of_positions: Energy) -> Energy:
        """The energy in kT as a function of these coordinates, with the volume that each takes.

        Parameters
        ----------
        of_positions : callable
            In kT, of positions in nm, shape (n, 3 n_atoms), such as `energies.from_openmm`.

        Returns
        -------
        callable
            Its Boltzmann distribution over the coordinates is that of the molecule.

        Notes
        -----
        The volume is the product of r^2 and of the sines of the angles: Gō and Scheraga 1976, doi:10.1021/ma60050a001.
        """
        n = len(self.order)

        def found(x: torch.Tensor) -> torch.Tensor:
            import torch

            lengths, angles, torsions = x[:, : n - 1], x[:, n - 1 : 2 * n - 3], x[:, 2 * n - 3 :]
            cuts = torch.from_numpy(self.cuts).to(x)
            beyond = torch.relu(cuts - torsions) + torch.relu(torsions - cuts - 2 * np.pi)
            is_possible = (lengths > SMALLEST).all(1) & (angles > SMALLEST).all(1) & (angles < np.pi - SMALLEST).all(1)
            volume = 2 * torch.log(lengths.clamp(min=SMALLEST)).sum(1) + torch.log(torch.sin(angles).clamp(min=SMALLEST)).sum(1)
            energy = of_positions(self._placed(x).reshape(len(x), -1)) - volume + WALL * beyond.square().sum(1)
            return torch.where(is_possible, energy, torch.full_like(energy, torch.inf))

        return found

    def _placed(self, x: torch.Tensor) -> torch.Tensor:
        import torch

        n = len(self.order)
        at: list[torch.Tensor] = [torch.zeros(len(x), 3, dtype=x.dtype, device=x.device)] * n
        for k in range(1, n):
            first, second, third = self.references[k]
            r = x[:, k - 1 : k]
            if k == 1:
                step = torch.cat([r, 0 * r, 0 * r], 1)
            else:
                angle, turn = x[:, n + k - 3 : n + k - 2], x[:, 2 * n + k - 6 : 2 * n + k - 5] if k > 2 else 0 * r
                along = _unit(at[first] - at[second])
                up = _unit(torch.linalg.cross(at[second] - at[third], along)) if k > 2 else x.new_tensor([0.0, 0.0, 1.0]).expand(len(x), 3)
                side = torch.linalg.cross(up, along)
                step = r * (-torch.cos(angle) * along + torch.sin(angle) * (torch.cos(turn) * side + torch.sin(turn) * up))
            at[self.order[k]] = at[first] + step
        return torch.stack(at, 1)


def internal_coordinates(topology: mdtraj.Topology, frames_nm: np.ndarray) -> InternalCoordinates:
    """Internal coordinates of one molecule, torsions cut open where frames have the widest gap.

    Parameters
    ----------
    topology : mdtraj Topology
        With bonds that connect all atoms.
    frames_nm : ndarray, shape (n, n_atoms, 3)
        Whole molecules.

    Raises
    ------
    UserError
        If there are fewer than four atoms, or bonds do not connect them all.
    """
    frames = np.asarray(frames_nm, float)
    if topology.n_atoms < LEAST_ATOMS or frames.ndim != 3 or frames.shape[1:] != (topology.n_atoms, 3) or not len(frames):
        raise UserError(f"Frames of the shape {frames.shape} have no internal coordinates here.", f"The topology has {topology.n_atoms} atoms; four are needed.",
                        "Give frames of the shape (n, n_atoms, 3), in nm.")
    order, references = _tree(topology)
    torsions = np.sort(_measured(frames, order, references)[2], axis=0)
    gaps = np.diff(torsions, axis=0, append=torsions[:1] + 2 * np.pi)
    widest = gaps.argmax(axis=0)
    every = np.arange(torsions.shape[1])
    cuts = torsions[widest, every] + gaps[widest, every] / 2
    return InternalCoordinates(order, references, np.mod(cuts + np.pi, 2 * np.pi) - np.pi)


def _tree(topology: mdtraj.Topology) -> tuple[np.ndarray, np.ndarray]:
    """Order of the atoms, heavy ones first where they can be, and what each is placed from."""
    beside: list[list[int]] = [[] for _ in range(topology.n_atoms)]
    for a, b in topology.bonds:
        beside[a.index].append(b.index)
        beside[b.index].append(a.index)
    is_light = [a.element is not None and a.element.symbol == "H" for a in topology.atoms]
    # From the end of a chain on, the first three atoms are bonded in a row.
    start = min(range(topology.n_atoms), key=lambda i: (is_light[i], sum(not is_light[j] for j in beside[i]), i))
    order: list[int] = []
    parent: dict[int, int] = {}
    open_bonds = [(False, 0, start, -1)]
    while open_bonds:
        _, _, j, i = heappop(open_bonds)
        if j in parent:
            continue
        parent[j] = i
        order.append(j)
        for k in beside[j]:
            heappush(open_bonds, (is_light[k], len(order), k, j))
    if len(order) < topology.n_atoms:
        raise UserError("Internal coordinates need one molecule.", f"Bonds connect {len(order)} of {topology.n_atoms} atoms.", "Choose the atoms of one molecule, or use a topology with all its bonds.")
    references = np.full((len(order), 3), -1)
    for k, atom in enumerate(order[1:], start=1):
        references[k] = _places(atom, order[:k], parent, beside)
    return np.array(order), references


def _places(atom: int, placed: list[int], parent: dict[int, int], beside: list[list[int]]) -> tuple[int, int, int]:
    first = parent[atom]
    near = [j for j in placed if j in beside[first] and j != atom]
    if len(placed) == 1:
        return first, -1, -1
    second = parent[first] if parent[first] >= 0 else near[0]
    if len(placed) == 2:
        return first, second, -1
    # A neighbour of the same atom where there is one, else one step further along the chain.
    siblings = [j for j in near if j != second] or [j for j in placed if j in beside[second] and j != first]
    return first, second, siblings[0]


def _measured(xyz: np.ndarray, order: np.ndarray, references: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lengths (n, n_atoms - 1), angles (n, n_atoms - 2), torsions (n, n_atoms - 3)."""
    at, first, second, third = (xyz[:, i] for i in (order[1:], references[1:, 0], references[1:, 1], references[1:, 2]))
    bond, back, far = at - first, (first - second)[:, 1:], (second - third)[:, 2:]
    lengths = np.linalg.norm(bond, axis=2)
    angles = np.arctan2(np.linalg.norm(np.cross(bond[:, 1:], back), axis=2), -(bond[:, 1:] * back).sum(axis=2))
    along = back[:, 1:] / np.linalg.norm(back[:, 1:], axis=2, keepdims=True)
    up = np.cross(far, along)
    up /= np.linalg.norm(up, axis=2, keepdims=True)
    torsions = np.arctan2((bond[:, 2:] * up).sum(axis=2), (bond[:, 2:] * np.cross(up, along)).sum(axis=2))
    return lengths, angles, torsions


def _unit(v: torch.Tensor) -> torch.Tensor:
    return v / v.norm(dim=1, keepdim=True).clamp(min=1e-12)
