"""A structure that is no frame of the data and is looked at beside one: a generated one over its nearest real frame."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Beside:
    """A structure and the frame that it belongs to.

    Parameters
    ----------
    frame : tuple of int
        (trajectory, frame); while another is looked at, the structure is not shown.
    xyz_nm : ndarray, shape (n_atoms, 3)
    """

    frame: tuple[int, int]
    xyz_nm: np.ndarray
