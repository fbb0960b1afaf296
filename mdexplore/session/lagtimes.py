"""The lag times of a study: what was asked for, or what the data suggest."""
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.notices import Notice
from mdexplore.methods.kinetics.lagmodels import check_lagtime

if TYPE_CHECKING:
    from mdexplore.methods.method import Progress
    from mdexplore.methods.results import Timescales
    from mdexplore.session.computed import Computed


def check_lags(study: Computed) -> None:
    """Make sure that the lag times that were asked for fit into the data; raises `UserError`."""
    for slot in ("projection", "kinetics"):
        lag = study.recipe.lag_of(slot, study.data.unit)
        if lag is not None:
            check_lagtime(lag, study.data.lengths, study.data.unit)


def roundings(study: Computed) -> list[Notice]:
    """What became of lag times that lie between two frames."""
    asked = [lag for slot in ("projection", "kinetics") if (lag := study.recipe.asked_lag(slot)) is not None]
    told = dict.fromkeys(text for lag in asked if (text := study.data.unit.rounding(lag)) is not None)
    return [Notice("info", f"The lag time of {text}", where="lag time") for text in told]


def of_projection(study: Computed) -> int:
    """Lag time of the projection, frames."""
    given = study.recipe.lag_of("projection", study.data.unit)
    return given if given is not None else default_for_projection(study.data.lengths)


def of_kinetics(study: Computed) -> int:
    """Lag time of the kinetics, frames; chosen from the implied timescales where nobody gave one."""
    from mdexplore.methods.checks.timescales import choose_lagtime

    given = study.recipe.lag_of("kinetics", study.data.unit)
    return given if given is not None else choose_lagtime(study.result("timescales"))[0]


def scan_of_tica(study: Computed, lagtimes: Sequence[int | str] | None = None, progress: Progress | None = None) -> Timescales:
    """See `Study.tica_timescales`; kept in the cache as other results are."""
    from mdexplore.base.store import Store, content_key
    from mdexplore.base.work.pieces import spreading
    from mdexplore.base.work.threads import single_threaded
    from mdexplore.methods.checks.tica_lagtimes import tica_timescales
    from mdexplore.methods.projection.tica import TICA
    from mdexplore.session.progress import bar
    from mdexplore.session.steps import has_given

    unit, filled = study.data.unit, study.recipe.projection
    lags = None if lagtimes is None else [unit.parse(lag) for lag in lagtimes]
    epsilon = (filled if isinstance(filled, TICA) else TICA()).epsilon
    key = content_key("tica timescales", study.key("features"), unit.timestep_ns, lags, study.projection_lag, epsilon)
    found: Any = None if has_given(study.recipe, "features") else Store().load(key)
    if found is None:
        features = study.result("features", progress)
        with single_threaded(), spreading(study.executor) as spread, bar("TICA over lag times", progress) as report:
            found = tica_timescales(features, lags, include=(study.projection_lag,), epsilon=epsilon, timestep_ns=unit.timestep_ns, progress=report)
            if not has_given(study.recipe, "features"):
                found = Store().save(key, found)
        spread.forget()
    return found


def default_for_projection(lengths: Sequence[int]) -> int:
    """Frames: short enough that fast processes are seen, long enough to be slow: a thousandth of the longest trajectory, 1 to 100."""
    return int(np.clip(max(lengths) // 1000, 1, min(100, max(lengths) - 1)))
