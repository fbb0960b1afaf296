"""Bonds, angles and torsions of a molecule instead of positions: what a flow can learn, without the place and turn of the whole."""
from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TYPE_CHECKING

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.methods.generation.alike import Alike, atoms_alike, numbered_alike

if TYPE_CHECKING:
    import mdtraj
    import torch

    from mdexplore.methods.generation.energies import Energy

CUT = 0.3            # rad, over which a torsion passes from one turn to the next
RIGID_NM = 1e-3      # spread of a bond below which it is rigid: rounding in a trajectory makes half of it, heat at least twice as much
SMALLEST = 1e-3      # nm, and sine of an angle; where a coordinate ends
LEAST_ATOMS = 4


@dataclass(frozen=True, eq=False)
class InternalCoordinates:
    """Coordinates of a molecule: bond lengths (nm), angles and torsions (rad), in this order, but for bonds that are rigid.

    Parameters
    ----------
    order : ndarray, shape (n_atoms,), int
        In which atoms are placed.
    references : ndarray, shape (n_atoms, 3), int
        The atoms from which each of `order` is placed: bond, angle and torsion; -1 for what the first three do not need.
    cuts : ndarray, shape (n_atoms - 3,)
        Where each torsion is cut open: they are counted from there through one turn.
    free : ndarray, shape (dim,), int
        Which of the n_atoms - 1 lengths, n_atoms - 2 angles and n_atoms - 3 torsions vary.
    usual : ndarray, shape (3 n_atoms - 6,)
        What all of them are on average among the frames; the others keep that.
    alike : tuple of Alike
        Atoms that differ by their number alone, such as two hydrogens of a methyl group: structures come back with them numbered as in most frames.

    Notes
    -----
    An atom beside one that is placed already is placed by the torsion to that one, so that only one torsion of each bond is free and the handedness of a centre is that of the frames.
    """

    order: np.ndarray
    references: np.ndarray
    cuts: np.ndarray
    free: np.ndarray
    usual: np.ndarray
    alike: tuple[Alike, ...] = ()

    @property
    def dim(self) -> int:
        return len(self.free)

    def values(self, xyz_nm: np.ndarray) -> np.ndarray:
        """Coordinates of structures.

        Parameters
        ----------
        xyz_nm : ndarray, shape (n, n_atoms, 3)

        Returns
        -------
        ndarray, shape (n, dim)
        """
        xyz = np.asarray(xyz_nm, float)
        if xyz.ndim != 3 or xyz.shape[1:] != (len(self.order), 3):
            raise UserError(f"Structures of the shape {xyz.shape} do not fit.", f"The molecule has {len(self.order)} atoms.", f"Give the shape (n, {len(self.order)}, 3), in nm.")
        lengths, angles, torsions = numbered_alike(_measured(xyz, self.order, self.references), self.alike)
        return np.concatenate([lengths, angles, self.cuts + np.mod(torsions - self.cuts, 2 * np.pi)], axis=1)[:, self.free]

    def opened(self, values: np.ndarray, seed: int = 0) -> np.ndarray:
        """The same structures, torsions near their cut on either side of it by chance.

        Parameters
        ----------
        values : ndarray, shape (n, dim)
            As `values` gives them.
        seed : int

        Returns
        -------
        ndarray, shape (n, dim)
            Distributed as `energy` says, if the structures are: without a step at the cut, which no flow could learn.
        """
        from scipy.special import ndtr

        opened, n = np.array(values, float), self._n_others
        torsions = opened[:, n:]
        beyond = torsions - self._cuts - np.pi
        leaves = np.random.default_rng(seed).random(torsions.shape) >= ndtr((np.pi - np.abs(beyond)) / CUT)
        opened[:, n:] = torsions - np.where(leaves, 2 * np.pi * np.sign(beyond), 0)
        return opened

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
            Its Boltzmann distribution over the coordinates is that of the molecule, with bonds that are rigid as long as they usually are.

        Notes
        -----
        The volume is the product of r^2 and of the sines of the angles: Gō and Scheraga 1976, doi:10.1021/ma60050a001.
        A torsion counts in its own turn, and near the cut in the next one, too, by shares that add up to one wherever it is: no place counts twice, and there is no wall.
        """
        n = len(self.order)

        def found(x: torch.Tensor) -> torch.Tensor:
            import torch

            whole = self._whole(x)
            lengths, angles = whole[:, : n - 1], whole[:, n - 1 : 2 * n - 3]
            beyond = x[:, self._n_others :] - torch.from_numpy(self._cuts).to(x) - np.pi
            shares = torch.special.log_ndtr((np.pi - beyond.abs()) / CUT).sum(1)
            is_possible = (lengths > SMALLEST).all(1) & (angles > SMALLEST).all(1) & (angles < np.pi - SMALLEST).all(1)
            volume = 2 * torch.log(lengths.clamp(min=SMALLEST)).sum(1) + torch.log(torch.sin(angles).clamp(min=SMALLEST)).sum(1)
            energy = of_positions(self._placed(x).reshape(len(x), -1)) - volume - shares
            return torch.where(is_possible, energy, torch.full_like(energy, torch.inf))

        return found

    @property
    def _n_others(self) -> int:
        """How many coordinates come before the torsions."""
        return self.dim - len(self._cuts)

    @property
    def _cuts(self) -> np.ndarray:
        """Of the torsions that vary."""
        n = 2 * len(self.order) - 3
        return self.cuts[self.free[self.free >= n] - n]

    def _whole(self, x: torch.Tensor) -> torch.Tensor:
        """All lengths, angles and torsions, those that do not vary, too."""
        import torch

        usual = torch.from_numpy(self.usual).to(x).expand(len(x), -1)
        return usual.index_copy(1, torch.from_numpy(self.free).to(x.device), x)

    def _placed(self, x: torch.Tensor) -> torch.Tensor:
        import torch

        n, x = len(self.order), self._whole(x)
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
        Whole molecules. Bonds whose length they keep, as simulations keep those to hydrogen, are rigid: no coordinates, but always of that length.

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
    measured = _measured(frames, order, references)
    alike = atoms_alike(topology, order, references, measured[2])
    measured = numbered_alike(measured, alike)
    torsions = np.sort(measured[2], axis=0)
    gaps = np.diff(torsions, axis=0, append=torsions[:1] + 2 * np.pi)
    widest = gaps.argmax(axis=0)
    every = np.arange(torsions.shape[1])
    cuts = torsions[widest, every] + gaps[widest, every] / 2
    cuts = np.mod(cuts + np.pi, 2 * np.pi) - np.pi
    is_rigid = (measured[0].std(axis=0) < RIGID_NM) & (len(frames) > 1)
    usual = np.concatenate([measured[0].mean(axis=0), measured[1].mean(axis=0), (cuts + np.mod(measured[2] - cuts, 2 * np.pi)).mean(axis=0)])
    return InternalCoordinates(order, references, cuts, np.append(np.flatnonzero(~is_rigid), np.arange(len(is_rigid), len(usual))), usual, alike)


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
