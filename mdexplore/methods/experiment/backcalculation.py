"""What a frame would give in an experiment: distances, NOEs, torsion angles, J couplings, and whatever a formula says."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.methods.experiment.formulas import by_formula
from mdexplore.methods.experiment.measuring import check_atoms, measure, with_structures
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
    check_atoms(with_structures(data), atoms, 2)
    return Observable(name or f"distance {_say(data, atoms)}", measure(data, [atoms])[0], measured, error, "nm")


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


def torsion(data: Dataset, atoms: Sequence[int], measured: float, error: float, *, name: str = "") -> Observable:
    """Mean torsion angle of four atoms.

    Parameters
    ----------
    data : Dataset
    atoms : (int, int, int, int)
    measured, error : float
        Degrees, -180 to 360.
    name : str

    Raises
    ------
    UserError
        Without structures, for atoms that do not exist, or for an angle beyond a turn.

    Notes
    -----
    Angles have no mean on a line: 179 and -179 degrees average to 180, not to 0. The angle of each frame is counted by whole turns to within 180 degrees
    of the measured one, so that the mean is the measured one where frames lie evenly to both sides of it.
    """
    if not -180 <= measured <= 360:
        raise UserError(f"A torsion of {measured:g}° cannot be used.", "Angles are in degrees.", "Give one from -180 to 360.")
    check_atoms(with_structures(data), atoms, 4)
    values = tuple(measured + (v - measured + 180) % 360 - 180 for v in measure(data, [atoms])[0])
    return Observable(name or f"torsion {_say(data, atoms)}", values, measured, error, "°")


def formula(data: Dataset | None, text: str, measured: float, error: float, *, name: str = "", unit: str = "", named: Mapping[str, Sequence[np.ndarray]] | None = None) -> Observable:
    """A quantity by a formula, such as a chemical shift that depends on torsion angles.

    Parameters
    ----------
    data : Dataset or None
    text : str
        See `mdexplore.methods.experiment.formulas.by_formula`; angles are in degrees, distances in nm.
    measured, error : float
        In the unit of the formula.
    name, unit : str
    named : mapping of str to sequence of ndarray, shape (n_frames_i,), optional
        Columns and features that the formula names.

    Raises
    ------
    UserError
        If the formula cannot be read or computed.
    """
    return Observable(name or text, by_formula(text, data, named or {}), measured, error, unit)


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
    a, b, c, shift = karplus or HN_HA
    check_atoms(with_structures(data), atoms, 4)
    cosines = [np.cos(np.deg2rad(angles + shift)) for angles in measure(data, [atoms])[0]]
    return Observable(name or f"J {_say(data, atoms)}", tuple(a * x**2 + b * x + c for x in cosines), measured, error, "Hz")


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


def _say(data: Dataset, atoms: Sequence[int]) -> str:
    return "–".join(str(data.topology.atom(a)) for a in atoms) if data.topology is not None and all(0 <= a < (data.n_atoms or 0) for a in atoms) else ""
