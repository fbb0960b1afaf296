"""What a frame would give in an experiment: distances, NOEs, J couplings."""
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.methods.experiment.observables import Observable

if TYPE_CHECKING:
    from mdexplore.data.dataset import Dataset

# 3J(HN,HA) of the backbone torsion phi: A, B, C in Hz, shift in degrees; Vögeli, Ying, Grishaev and Bax 2007, doi:10.1021/ja070324o.
HN_HA = (8.40, -1.36, 0.33, -60.0)


def distance(data: Dataset, atoms: Sequence[int], measured: float, error: float, *, name: str = "") -> Observable:
    """Mean distance of two atoms.

    Parameters
    ----------
    data : Dataset
    atoms : (int, int)
    measured, error : float
        nm.
    name : str

    Raises
    ------
    UserError
        Without structures, or for atoms that do not exist.
    """
    import mdtraj as md

    values = _per_frame(data, atoms, 2, lambda piece: md.compute_distances(piece, [list(atoms)])[:, 0])
    return Observable(name or f"distance {_say(data, atoms)}", values, measured, error, "nm")


def noe(data: Dataset, atoms: Sequence[int], measured: float, error: float, *, name: str = "") -> Observable:
    """A distance that was measured as an NOE, <r^-6>^(-1/6).

    Parameters
    ----------
    data : Dataset
    atoms : (int, int)
    measured, error : float
        nm; they become r^-6 with the error 6 r^-7 times that of r.
    name : str
    """
    if not measured > 0:
        raise UserError(f"A distance of {measured} nm cannot be measured.", do="Give a distance above 0.")
    far = distance(data, atoms, measured, error, name=name or f"NOE {_say(data, atoms)}")
    return Observable(far.name, tuple(v**-6 for v in far.values), measured**-6, 6 * measured**-7 * error, "nm⁻⁶")


def j_coupling(data: Dataset, atoms: Sequence[int], measured: float, error: float, *, name: str = "", karplus: tuple[float, float, float, float] | None = None) -> Observable:
    """A three-bond coupling by the Karplus curve, J = A cos² (t + shift) + B cos (t + shift) + C.

    Parameters
    ----------
    data : Dataset
    atoms : (int, int, int, int)
        Of the torsion t.
    measured, error : float
        Hz.
    name : str
    karplus : (A, B, C, shift), optional
        Hz and degrees; by default 3J(HN,HA) of phi (`HN_HA`).
    """
    import mdtraj as md

    a, b, c, shift = karplus or HN_HA

    def coupling(piece: Any) -> np.ndarray:
        cosine = np.cos(md.compute_dihedrals(piece, [list(atoms)])[:, 0] + np.deg2rad(shift))
        return a * cosine**2 + b * cosine + c

    return Observable(name or f"J {_say(data, atoms)}", _per_frame(data, atoms, 4, coupling), measured, error, "Hz")


def phi_atoms(data: Dataset, residue: int) -> tuple[int, int, int, int]:
    """Atoms of the torsion phi of a residue, by its index in the topology.

    Raises
    ------
    UserError
        If it has none.
    """
    topology: Any = data.topology
    is_inside = topology is not None and 0 < residue < topology.n_residues
    before, atoms = ({a.name: a.index for a in topology.residue(i).atoms} if is_inside else {} for i in (residue - 1, residue))
    try:
        return before["C"], atoms["N"], atoms["CA"], atoms["C"]
    except KeyError:
        raise UserError(f"Residue {residue} has no torsion phi.", do="Choose a residue inside a chain, counted from 0.") from None


def _per_frame(data: Dataset, atoms: Sequence[int], count: int, compute: Any) -> tuple[np.ndarray, ...]:
    if not data.has_structures or data.n_atoms is None:
        raise UserError("There are no structures to compute this from.", "These data are features without structure files.", "Give its value for each frame in files.")
    if len(set(atoms)) != count or not all(0 <= a < data.n_atoms for a in atoms):
        raise UserError(f"Atoms {', '.join(map(str, atoms))} cannot be used.", f"{count} different atoms from 0 to {data.n_atoms - 1} are needed.")
    return tuple(np.concatenate([np.asarray(compute(piece), float) for _, piece in data.chunks(i)]) for i in range(data.n_trajectories))


def _say(data: Dataset, atoms: Sequence[int]) -> str:
    return "–".join(str(data.topology.atom(a)) for a in atoms) if data.topology is not None and all(0 <= a < (data.n_atoms or 0) for a in atoms) else ""
