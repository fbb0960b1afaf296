"""The lag dial turned faster than a model can be fitted: is a result ever shown that belongs to another lag time?"""
from __future__ import annotations

import asyncio
from typing import Any

import numpy as np

import mdexplore as mdx
from benchmarks.trust.figure import Outcome, figure
from benchmarks.trust.live_sessions import fresh_cache, opened, settled
from mdexplore.base.errors import UserError
from mdexplore.session.session import Session
from mdexplore.session.tasks import MODEL_STEPS

CHANGES = 20
LAGS = range(2, 60)


class Watcher:
    """Looks at every change of what a session shows, and counts what does not belong to the study of that moment and is not said to be stale."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.n_shown, self.n_wrong = 0, 0
        session.observe(self.look, ["results", "stale", "study"])

    def look(self, _: Any = None) -> None:
        """Compare what is shown with what is asked for; a result whose step is in `stale` is drawn in grey."""
        results, study, stale = self._session.results, self._session.study, self._session.stale
        self.n_shown += 1
        wanted = study.recipe.lag_of("kinetics", study.data.unit)
        said = {"kinetics": lambda r: r.lagtime == wanted, "chapman": lambda r: r.lagtimes[0] == wanted, "timescales": lambda r: wanted in r.lagtimes}
        for step in MODEL_STEPS:
            if step in results and step not in stale:
                self.n_wrong += step in said and not said[step](results[step])
                self.n_wrong += not _is_same(results[step], study.peek(step))


def _is_same(shown: Any, made: Any) -> bool:
    return shown is made or (made is not None and type(shown) is type(made) and vars(shown).keys() == vars(made).keys()
                             and all(np.array_equal(a, b) for a, b in zip(vars(shown).values(), vars(made).values()) if isinstance(a, np.ndarray)))


async def one_round(session: Session, watcher: Watcher, rng: np.random.Generator) -> bool:
    """Twenty changes, some in one turn of the loop and some with answers in between; whether the last one is what is shown in the end."""
    lags = rng.choice(LAGS, CHANGES)
    for lag in lags:
        session.configure("kinetics", lagtime=int(lag))
        watcher.look()
        if rng.random() < 0.7:
            await asyncio.sleep(float(rng.choice([0.0, 0.001, 0.01, 0.05])))
    await settled(session)
    exact = mdx.Study(session.data, clustering=session.study.recipe.clustering, lagtime=2).change(kinetics=mdx.settings.MSM(lagtime=int(lags[-1])))
    return not session.stale and not session.errors and session.lagtime == lags[-1] and _belongs(session, exact)


def _belongs(session: Session, exact: mdx.Study) -> bool:
    """Whether the numbers on the page are those of a script, bit for bit (states may be numbered otherwise)."""
    shown = session.results
    try:
        return (np.array_equal(shown["kinetics"].transition_matrix, exact.result("kinetics").transition_matrix)
                and np.array_equal(shown["timescales"].values, exact.result("timescales").values, equal_nan=True)
                and np.array_equal(np.sort(shown["coarse"].populations), np.sort(exact.metastable.populations)))
    except UserError:
        return False


async def _rounds(n: int) -> tuple[int, int, int]:
    data = mdx.example("prinz", n_frames=2000, n_trajectories=4)
    rng, right = np.random.default_rng(1), 0
    async with opened(mdx.Study(data, clustering=mdx.settings.KMeans(n_clusters=40), lagtime=2)) as session:
        await settled(session)
        session.configure("kinetics", lagtime=3)   # from here on the lag time is given, not chosen
        await settled(session)
        watcher = Watcher(session)
        for _ in range(n):
            right += await one_round(session, watcher, rng)
        return watcher.n_shown, watcher.n_wrong, right


@figure("20 quick changes of the lag time, rounds on a live session", "0 results shown that are not of that moment; each round ends right", short=4, full=100)
def quick_lag_changes(n: int) -> Outcome:
    """Every change of what is shown is looked at; the end of each round is compared with a plain study."""
    with fresh_cache():
        shown, wrong, right = asyncio.run(_rounds(n))
    return Outcome(f"{wrong} wrong in {shown} looks; {right} of {n} rounds end right", not wrong and right == n)
