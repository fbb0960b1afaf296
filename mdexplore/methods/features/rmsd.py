"""Root mean square deviation from reference frames after superposition, in nm."""
from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.methods.features.featurizer import Featurizer
from mdexplore.methods.features.positions import check_superposable, chosen_atoms
from mdexplore.methods.method import Settings, method, setting

if TYPE_CHECKING:
    import mdtraj as md


@dataclass(frozen=True)
class RMSD(Settings):
    """Which frames to compare with, and over which atoms."""

    references: tuple = setting(((0, 0),), help="Reference frames as (trajectory, frame) pairs.")
    selection: str = setting("", help="mdtraj selection; where empty the CA atoms, or the heavy atoms of a molecule without them.")

    def __post_init__(self) -> None:
        super().__post_init__()
        pairs = np.asarray(self.references, dtype=object)
        if pairs.ndim != 2 or pairs.shape[1] != 2 or not all(isinstance(i, (int, np.integer)) for i in pairs.flat):
            raise UserError("The reference frames are not clear.", do="Give (trajectory, frame) pairs counted from 0, such as [(0, 0), (3, 812)].")
        object.__setattr__(self, "references", tuple((int(a), int(b)) for a, b in pairs))


@method("features", settings=RMSD, source="doi:10.1107/S0108767305015266", title="RMSD", version=2)
def rmsd(settings: RMSD, topology: md.Topology, *, reference: md.Trajectory | None = None) -> Featurizer:
    """RMSD from each reference frame; ``reference`` holds these frames in their order.

    Raises
    ------
    UserError
        If there are fewer than three atoms to superpose.
    """
    chosen = chosen_atoms(topology, settings.selection)
    check_superposable(chosen, "Choose more atoms.")
    if reference is None or reference.n_frames != len(settings.references):
        raise UserError("The RMSD cannot be measured.", "The reference frames are not there.", "Give one reference frame for each pair in references.")
    names = tuple(f"RMSD to trajectory {t} frame {f}" for t, f in settings.references)
    atoms = (tuple(map(int, chosen)),) * len(names)
    return Featurizer(names, atoms, ("rmsd",) * len(names), partial(_compute, chosen=chosen, targets=reference.atom_slice(chosen)))


def _compute(chunk: Any, *, chosen: np.ndarray, targets: Any) -> np.ndarray:
    import mdtraj as md

    part = chunk.atom_slice(chosen)
    # A slice is a copy: md.rmsd centres what it is given in place, and a reference that is centred twice gives other last digits.
    return np.stack([md.rmsd(part, targets[k]) for k in range(targets.n_frames)], axis=1).astype(np.float32, copy=False)
