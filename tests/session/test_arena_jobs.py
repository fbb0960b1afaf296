"""The arena of a session: rows come one by one, stopping keeps those that are there, a row becomes the current model and undo takes it back."""
from __future__ import annotations

import asyncio

import numpy as np
import pytest
from running import opened, settled, until

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.methods.results import FoldScores
from mdexplore.session.arena import ArenaRow
from mdexplore.session.arena_jobs import ArenaJobs
from mdexplore.session.session import Session


def run(body):
    return asyncio.run(body())


async def rows(arena, n):
    """Wait until so many rows are there."""
    there = asyncio.Event()
    arena.observe(lambda change: there.set() if len(arena.rows) >= n else None, "rows")
    async with asyncio.timeout(60):
        while len(arena.rows) < n:
            there.clear()
            await there.wait()


def judged(arena, *names):
    """Put rows there as a worker would."""
    one = np.ones(5)
    arena.rows = {**arena.rows, **{c.name: ArenaRow(c, FoldScores(one, one, one, one, 2, 2, 2)) for c in arena.candidates if c.name in names}}


@pytest.fixture
def still(chain):
    session = Session(mdx.Study(chain, lagtime=2), start=False)
    yield session
    session.close()


def test_rows_come_from_workers_and_are_those_of_a_script(chain, cache):
    async def body():
        study = mdx.Study(chain, lagtime=2)
        async with opened(study, start=False) as session:
            arena = ArenaJobs(session)
            assert arena.add("tica", "kmeans", mdx.settings.VAMP(lagtime=2000)) == ("TICA", "TICA + k-means", "VAMP lagtime 2000")
            await rows(arena, 3)
            found, wanted = arena.result, mdx.arena(study, ["tica", "kmeans"])
            assert found.exact == wanted.exact
            for name in wanted.names:
                assert np.array_equal(found.row(name).scores.vamp2, wanted.row(name).scores.vamp2)
    run(body)


def test_stopping_keeps_finished_rows_and_again_goes_on(chain, cache):
    async def body():
        async with opened(mdx.Study(chain, lagtime=2), start=False) as session:
            arena = ArenaJobs(session)
            arena.add("tica")
            await rows(arena, 1)
            arena.add("vamp", "edmd")
            arena.cancel()
            assert set(arena.rows) == {"TICA"} and arena.stopped == {"VAMP", "EDMD"} and not arena.waiting
            arena.again("VAMP")
            await rows(arena, 2)
            assert arena.stopped == {"EDMD"}
    run(body)


def test_stopping_one_in_the_list_of_jobs_leaves_the_others(chain, cache):
    async def body():
        async with opened(mdx.Study(chain, lagtime=2), start=False) as session:
            arena = ArenaJobs(session)
            arena.add("tica", "vamp")
            session.cancel("arena: VAMP")
            await rows(arena, 1)
            await settled(session)
            assert set(arena.rows) == {"TICA"} and arena.stopped == {"VAMP"}
    run(body)


def test_a_row_becomes_the_current_model_in_one_step_that_undo_takes_back(still):
    arena = ArenaJobs(still)
    before = still.study
    arena.add({"projection": mdx.settings.VAMP(dim=1), "clustering": mdx.settings.KMeans(n_clusters=7)})
    name = arena.candidates[0].name
    assert not arena.is_current(name)
    arena.use(name)
    assert (still.study.recipe.projection.dim, still.study.recipe.clustering.n_clusters) == (1, 7)
    assert arena.is_current(name)
    still.undo()
    assert still.study is before and not arena.is_current(name)


def test_a_sweep_judges_the_current_model_once_with_each_number_of_microstates(still):
    asked = ArenaJobs(still)
    names = asked.sweep()
    numbers = [int(name.split()[0]) for name in names]
    assert len(numbers) > 1 and numbers == sorted(numbers)
    assert [c.name for c in asked.candidates if asked.is_current(c.name)] == [f"{numbers[-1]} microstates: TICA + k-means"]
    assert asked.sweep() == () and len(asked.candidates) == len(names)


def test_coordinates_are_current_until_there_is_a_row_with_the_microstates_too(still):
    arena = ArenaJobs(still)
    coordinates, = arena.add("tica")
    assert arena.current == {coordinates}
    arena.sweep()
    assert len(arena.current) == 1 and "microstates" in next(iter(arena.current))


@pytest.mark.parametrize("lagtime", [None, 2])
def test_the_model_that_is_shown_is_known_as_the_current_one(chain, lagtime):
    session = Session(mdx.Study(chain, lagtime=lagtime), start=False)
    arena = ArenaJobs(session)
    arena.add("tica", mdx.settings.TICA(lagtime=7))
    assert [arena.is_current(c.name) for c in arena.candidates] == [True, False]
    session.close()


def test_frames_of_disagreement_become_the_selection(wells, cache):
    async def body():
        async with opened(mdx.Study(wells, lagtime=4), start=False) as session:
            arena = ArenaJobs(session)
            arena.add(a=mdx.settings.EDMD(dim=3), b={"projection": "identity", "clustering": mdx.settings.KMeans(n_clusters=40)})
            arena.compare("a", "b")
            await until(session, lambda: session.selection.source == "arena")
            assert session.selection.n == arena.found.n > 0
            assert session.selection.how == "where a and b disagree"
            assert np.array_equal(session.selection.mask, arena.found.mask)
    run(body)


def test_what_cannot_be_compared_is_said(still):
    arena = ArenaJobs(still)
    arena.add("tica")
    with pytest.raises(UserError):
        arena.compare("TICA", "TICA")
    with pytest.raises(UserError):
        arena.compare("TICA", "nobody")


def test_other_rules_ask_for_every_row_again(still):
    arena = ArenaJobs(still)
    arena.add("tica")
    judged(arena, "TICA")
    arena.judge_by(folds=3)
    assert arena.rules.folds == 3 and arena.rows == {} and arena.waiting == ["TICA"]
    with pytest.raises(UserError):
        arena.judge_by(lagtime=10**6)
    assert arena.rules.folds == 3


def test_a_candidate_can_be_taken_out(still):
    arena = ArenaJobs(still)
    arena.add("tica", "vamp")
    arena.remove("TICA")
    assert [c.name for c in arena.candidates] == ["VAMP"]
    assert arena.add("tica") == ("TICA",)


def test_other_data_empty_the_arena(still, wells):
    arena = ArenaJobs(still)
    arena.add("tica")
    still._use(mdx.Study(wells))
    assert arena.candidates == () and arena.rules is None


def test_the_first_and_the_last_with_scores_are_looked_at_until_others_are_chosen(still):
    arena = ArenaJobs(still)
    arena.add("tica", "vamp", "edmd")
    judged(arena, "TICA")
    assert arena.pair == ()
    judged(arena, "VAMP")
    assert arena.pair == ("TICA", "VAMP")
    judged(arena, "EDMD")
    assert arena.pair == ("TICA", "VAMP")
    arena.choose("EDMD", "VAMP")
    arena.choose("EDMD", "nothing")
    assert arena.pair == ("EDMD", "VAMP")
    arena.remove("EDMD")
    assert arena.pair == ("TICA", "VAMP")
    arena.remove("VAMP")
    assert arena.pair == ()
