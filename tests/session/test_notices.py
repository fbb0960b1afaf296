"""What a session says: of the model that is shown, and of no earlier one."""
from __future__ import annotations

import asyncio
import shutil
from collections import Counter

import numpy as np
import pytest
from running import opened, settled, until

import mdexplore as mdx
from mdexplore.base.notices import Notice
from mdexplore.methods.recipe import STEPS
from mdexplore.session.session import Session
from mdexplore.session.study import Study

CHANGES = (("kinetics", {"lagtime": 9}), ("clustering", {"n_clusters": 1}), ("clustering", {"n_clusters": 10}), ("kinetics", {"method": "hmm"}),
           ("kinetics", {"lagtime": 2999}), ("coarse", {"n_states": 3}), ("undo", {}), ("undo", {}), ("redo", {}))
RENUMBERED = ("The number of states went", "The states are others than before")


def said(session):
    """Sentences, without the one about the numbers of states that the last change leaves."""
    return Counter(n.text for n in session.notices if not n.text.startswith(RENUMBERED))


async def fresh_notices(study):
    async with opened(Study.from_recipe(study.data, study.recipe, before=study.before)) as session:
        await settled(session)
        return said(session)


async def follow(session, changes, pauses):
    """Make changes by number, waiting for the results of some."""
    for k, pause in zip(changes, pauses, strict=True):
        what, settings = CHANGES[k]
        getattr(session, what)() if what in ("undo", "redo") else session.configure(what, **settings)
        if pause:
            await settled(session)
    await settled(session)


def drawn(seed):
    rng = np.random.default_rng(seed)
    return rng.integers(len(CHANGES), size=5).tolist(), (rng.random(5) < 0.6).tolist()


ONE_CENTRE, HMM_TAKEN_BACK, TOO_LONG_A_LAG = ([1], [True]), ([3, 6], [True, True]), ([1, 6, 4], [True, True, True])


@pytest.mark.parametrize(("changes", "pauses"), [ONE_CENTRE, HMM_TAKEN_BACK, TOO_LONG_A_LAG, drawn(0)])
def test_after_any_changes_notices_are_those_of_a_fresh_session(chain, changes, pauses):
    async def body():
        async with opened(mdx.Study(chain, clustering=mdx.settings.KMeans(n_clusters=20), lagtime=2)) as session:
            await settled(session)
            await follow(session, changes, pauses)
            assert max(said(session).values()) == 1
            assert sum(n.text.startswith(RENUMBERED) for n in session.notices) <= 1
            assert said(session) == await fresh_notices(session.study)

    asyncio.run(body())


def test_a_model_that_fails_takes_the_notices_of_the_one_before_away(chain):
    async def body():
        async with opened(mdx.Study(chain, lagtime=2)) as session:
            await until(session, lambda: "chapman" in session.results)
            await settled(session)
            session.configure("kinetics", lagtime=2999)
            await until(session, lambda: session.errors)
            await settled(session)
            assert "coarse" in session.stale and "coarse" in session.results
            assert not [n.text for n in session.notices if n.where in ("kinetics", "coarse") and n.level != "error"]

    asyncio.run(body())


def test_the_same_sentence_is_said_once(chain):
    session = Session(mdx.Study(chain, lagtime=2), start=False)
    session.errors = {}
    session.fits._checks = (), (Notice("info", "Said."), Notice("warning", "Said.", where="kinetics"))
    session.fits.collect_notices()
    assert [n.text for n in session.notices].count("Said.") == 1
    session.close()


def test_a_check_of_other_results_is_not_said(chain):
    session = Session(mdx.Study(chain, lagtime=2), start=False)
    session.fits._checks = ("a key of another model",), (Notice("info", "Of another model."),)
    session.fits.collect_notices()
    assert not [n for n in session.notices if n.text == "Of another model."]
    assert set(session.results) <= set(STEPS)
    session.close()


def test_one_state_for_a_slow_process_is_warned_about(chain):
    notices = mdx.Study(chain, lagtime=2, n_states=1).result("coarse").notices
    assert [n.level for n in notices if "leaves out every slow process" in n.text] == ["warning"]
    assert not any("leaves out" in n.text for n in mdx.Study(chain, lagtime=2, n_states=2).result("coarse").notices)


@pytest.mark.parametrize("is_elsewhere", [False, True])
def test_a_study_that_is_opened_again_is_checked_as_it_was(chain, cache, tmp_path, is_elsewhere):
    async def body():
        study = mdx.Study(chain, clustering=mdx.settings.KMeans(n_clusters=20), lagtime=40)
        async with opened(study) as session:
            await settled(session)
            first = said(session)
            study.save(tmp_path / "study.mdx")
        assert sum(n.level == "warning" for n in session.notices) > 0
        if is_elsewhere:   # what was computed is in the file alone
            shutil.rmtree(cache)
        async with opened(mdx.open(tmp_path / "study.mdx")) as again:
            await settled(again)
            assert said(again) == first

    asyncio.run(body())


def test_a_study_that_was_computed_before_it_is_shown_is_checked_too(chain, cache):
    async def body():
        study = mdx.Study(chain, clustering=mdx.settings.KMeans(n_clusters=20), lagtime=40)
        wanted = await fresh_notices(study)
        for step in ("chapman", "bootstrap", "score"):
            study.result(step)
        async with opened(study) as session:
            await settled(session)
            assert said(session) == wanted

    asyncio.run(body())
