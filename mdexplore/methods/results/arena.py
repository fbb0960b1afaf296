"""How one candidate did on data left out of its fit, fold by fold."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdexplore.base.notices import Notice
from mdexplore.base.plain import storable


@storable
@dataclass(frozen=True, eq=False, repr=False)
class FoldScores:
    """Scores of one candidate, the constant function counting 1 in each.

    Parameters
    ----------
    vamp2, vampe : ndarray, shape (n_folds,)
        On the data left out.
    vamp2_train, vampe_train : ndarray, shape (n_folds,)
        On the data of the fit.
    rank : int
        How many processes were scored, the fewest of all folds: as many as were asked for, or as the candidate's coordinates hold.
    dim : int
        Coordinates, or microstates where there are some.
    n_processes : int
        How many processes were asked for.
    seconds : float
        What the fits took.
    notices : tuple of Notice
    """

    vamp2: np.ndarray
    vampe: np.ndarray
    vamp2_train: np.ndarray
    vampe_train: np.ndarray
    rank: int
    dim: int
    n_processes: int
    seconds: float = 0.0
    notices: tuple[Notice, ...] = ()

    def __repr__(self) -> str:
        return (f"<FoldScores: held out VAMP-2 {self.vamp2.mean():.3f} ± {self.vamp2.std():.3f}, VAMP-E {self.vampe.mean():.3f} ± {self.vampe.std():.3f}; "
                f"{self.rank} of {self.n_processes} processes>")
