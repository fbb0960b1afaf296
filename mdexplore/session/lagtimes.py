"""The lag times of a study: what was asked for, or what the data suggest."""
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mdexplore.methods.kinetics.lagmodels import check_lagtime

if TYPE_CHECKING:
    from mdexplore.session.computed import Computed


def check_lags(study: Computed) -> None:
    """Make sure that the lag times that were asked for fit into the data; raises `UserError`."""
    for slot in ("projection", "kinetics"):
        lag = study.recipe.lag_of(slot, study.data.unit)
        if lag is not None:
            check_lagtime(lag, study.data.lengths, study.data.unit)


def of_projection(study: Computed) -> int:
    """Lag time of the projection, frames."""
    given = study.recipe.lag_of("projection", study.data.unit)
    return given if given is not None else default_for_projection(study.data.lengths)


def of_kinetics(study: Computed) -> int:
    """Lag time of the kinetics, frames; chosen from the implied timescales where nobody gave one."""
    from mdexplore.methods.checks.timescales import choose_lagtime

    given = study.recipe.lag_of("kinetics", study.data.unit)
    return given if given is not None else choose_lagtime(study.result("timescales"))[0]


def default_for_projection(lengths: Sequence[int]) -> int:
    """Frames: short enough that fast processes are seen, long enough to be slow: a thousandth of the longest trajectory, 1 to 100."""
    return int(np.clip(max(lengths) // 1000, 1, min(100, max(lengths) - 1)))
