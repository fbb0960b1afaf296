"""What a reader of the numbers should know: each guard looks at results and says what may mislead, with numbers and, where there is one, a mend."""
from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice, NoticeList
from mdexplore.base.units import TimeUnit
from mdexplore.base.work.threads import single_threaded
from mdexplore.methods.coarse.numbering import changes
from mdexplore.methods.method import loading_notices
from mdexplore.session import lagtimes
from mdexplore.session.health import bars, fits, inputs, lags, sampling, seams
from mdexplore.session.health.guard import Guard
from mdexplore.session.steps import failure_notice

if TYPE_CHECKING:
    from mdexplore.session.study import Study

__all__ = ["GUARDS", "examine", "of_results"]

log = logging.getLogger(__name__)
STEPS = ("features", "projection", "clustering", "timescales", "kinetics", "coarse", "chapman")
AT_HAND = ("bootstrap", "posterior", "score")   # long to compute: looked at where they are there

GUARDS: tuple[Guard, ...] = (
    inputs.raw_angles, inputs.scales, seams.joined_chunks,
    fits.own_timescale, fits.overfitted, fits.alternating,
    sampling.passages, sampling.beyond_the_data, sampling.few_trajectories, sampling.unlike_trajectories,
    sampling.left_out, sampling.thin_counts,
    lags.level, lags.chapman, lags.no_timescale, lags.rotation,
    bars.bootstrap, bars.posterior, bars.undivided,
)


@single_threaded()
def examine(study: Study) -> NoticeList:
    """All notices of a study; what cannot be computed becomes a notice itself."""
    found: list[Notice] = [*loading_notices(), *study.data.report.notices, *lagtimes.roundings(study)]
    results: dict[str, Any] = {}
    for step in STEPS:
        try:
            results[step] = study.result(step)
            found += getattr(results[step], "notices", ())
        except Exception as error:   # health is asked when things are bad: it must answer
            if not isinstance(error, UserError):
                log.exception("step %s failed", step)
            found.append(failure_notice(step, error))
            break
    for step in AT_HAND:
        value = study.peek(step)
        if value is not None:
            results[step] = value
            found += value.notices
    if "coarse" in results:
        moved = changes(study.before, results["coarse"])
        found += [] if moved is None else [moved]
    found += of_results(results, study.data.unit)
    return NoticeList(dict.fromkeys(found))


def of_results(results: dict[str, Any], unit: TimeUnit) -> list[Notice]:
    """What the results at hand say together.

    Parameters
    ----------
    results : dict of str to result
        By the name of the step, as `Session.results`; a guard that lacks one says nothing.
    unit : TimeUnit
    """
    found: list[Notice] = []
    for guard in GUARDS:
        try:
            notice = guard(results, unit)
        except Exception:   # one check that fails must not silence the others
            log.exception("the check %s failed", guard.__name__)
            notice = Notice("info", f"The check for {guard.__name__.replace('_', ' ')} could not be made; the log has the details.")
        if notice is not None:
            found.append(notice)
    return found
