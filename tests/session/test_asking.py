"""Questions to a worker: the latest counts, answers are kept, and stopping is an answer that can be asked for again."""
from __future__ import annotations

import asyncio

import numpy as np
import pytest
import traitlets as tl
from running import opened, settled, until

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.base.work.jobs import JobState
from mdexplore.session.asking import KEPT, Asker
from mdexplore.session.observable_jobs import start_of
from mdexplore.session.session import Session

TASK = "mdexplore.session.observable_jobs:run_observable"


class Listed(tl.HasTraits):
    """Takes requests and keeps them."""

    states = tl.Dict()

    def __init__(self):
        super().__init__()
        self.asked, self.cancelled = [], []

    def submit(self, name, task, *args, lane, done, failed):
        self.asked.append((args, done, failed))

    def cancel(self, name):
        self.cancelled.append(name)


@pytest.fixture
def asker(chain):
    return Asker(Session(mdx.Study(chain, lagtime=2), jobs=Listed(), start=False), "observable")


def test_an_answer_that_comes_late_is_not_shown(asker):
    asker.ask("a", TASK, 1)
    asker.ask("b", TASK, 2)
    (_, first, _), (_, second, _) = asker.session.work.asked
    second("of b")
    first("of a")
    assert asker.found == "of b" and not asker.is_waiting


def test_what_was_asked_before_is_answered_at_once(asker):
    asker.ask("a", TASK)
    asker.session.work.asked[0][1]("of a")
    asker.ask("b", TASK)
    asker.ask("a", TASK)
    assert asker.found == "of a" and not asker.is_waiting
    assert len(asker.session.work.asked) == 2 and asker.session.work.cancelled == ["observable"]


def test_the_same_question_is_not_put_twice(asker):
    asker.ask("a", TASK)
    asker.ask("a", TASK)
    assert len(asker.session.work.asked) == 1


def test_only_some_answers_are_kept(asker):
    for key in range(KEPT + 3):
        asker.ask(key, TASK)
        asker.session.work.asked[-1][1](f"of {key}")
    assert len(asker._known) == KEPT and 0 not in asker._known


def test_a_failure_is_told_and_the_earlier_answer_stays(asker):
    asker.ask("a", TASK)
    asker.session.work.asked[0][1]("of a")
    asker.ask("b", TASK)
    asker.session.work.asked[1][2](UserError("It cannot be."))
    assert asker.found == "of a" and "cannot be" in str(asker.error)
    asker.ask("b", TASK)
    assert asker.is_waiting and asker.error is None


def test_stopping_in_the_list_of_jobs_can_be_taken_back(asker):
    asker.ask("a", TASK)
    asker.session.work.states = {"observable": JobState("observable", 1, "cancelled")}
    assert not asker.is_waiting and "stopped" in str(asker.error)
    asker.session.work.states = {}
    asker.ask("a", TASK)
    assert asker.is_waiting and len(asker.session.work.asked) == 2


def test_a_worker_gives_what_a_script_gives(chain, cache):
    async def body():
        study = mdx.Study(chain, lagtime=2)
        async with opened(study) as session:
            await until(session, lambda: "coarse" in session.results)
            asker = Asker(session, "observable")
            start = start_of(session, 0)
            asker.ask(0, TASK, session.study.spec(), "features", 0, start)
            await settled(session)
            wanted = study.observable(0, start=np.isin(np.concatenate(session.results["clustering"].dtrajs), start))
            assert asker.found.name == study.feature_names[0]
            np.testing.assert_allclose(asker.found.relaxation, wanted.relaxation)
            np.testing.assert_allclose(asker.found.amplitudes_upper, wanted.amplitudes_upper)
    asyncio.run(body())


def test_a_relaxation_from_nothing_is_refused(chain):
    session = Session(mdx.Study(chain, lagtime=2), jobs=Listed(), start=False)
    with pytest.raises(UserError, match="No frame is selected"):
        start_of(session, None)
