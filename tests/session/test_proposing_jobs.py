"""Starts of a session: a worker gives what a script gives, and states are those of the page."""
from __future__ import annotations

import asyncio

import numpy as np
import pytest
from running import opened, settled, until

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.methods.sampling.proposals import effective_counts, row_variances
from mdexplore.session.asking import Asker
from mdexplore.session.proposing_jobs import StartsWanted, run_propose, starts_wanted
from mdexplore.session.selection import Selection


@pytest.fixture(scope="module")
def study(wells):
    return mdx.Study(wells, projection="identity", clustering=mdx.settings.KMeans(n_clusters=12), lagtime=5, n_states=3)


def silent(*args): ...


def test_a_worker_gives_what_a_script_gives(study):
    expected = study.propose(5, target="timescale 2")

    async def body():
        async with opened(study) as session:
            await until(session, lambda: "coarse" in session.results)
            asker = Asker(session, "sampling")
            asker.ask(0, "mdexplore.session.proposing_jobs:run_propose", session.study.spec(), StartsWanted("uncertainty", "timescale 2", 5), (0, 1, 2))
            await settled(session)
            assert asker.error is None
            return asker.found
    found = asyncio.run(body())
    assert found.frames.tolist() == expected.frames.tolist() and found.reasons == expected.reasons


def test_a_state_is_the_one_that_the_page_calls_so(study):
    found = run_propose(study.spec(), StartsWanted("uncertainty", "population 1", 3), (2, 0, 1), progress=silent)
    assert found.frames.tolist() == study.propose(3, target="population 3").frames.tolist()
    assert "uncertainty of population 1" in found.reasons[0]


def test_the_first_start_lies_where_one_more_count_lowers_the_variance_most(study):
    kinetics = study.result("kinetics")
    variances, _ = row_variances(kinetics.transition_matrix, kinetics.stationary, "timescale 1", lagtime=kinetics.lagtime)
    counts = effective_counts(kinetics)
    gain = max(1.0, counts.mean() / 10)
    best = kinetics.active[np.argmax(variances / (counts + 1) - variances / (counts + 1 + gain))]
    assert run_propose(study.spec(), StartsWanted("uncertainty", "timescale 1", 1), (0, 1, 2), progress=silent).microstates[0] == best


def test_only_frames_that_are_asked_for_are_started_from(study):
    mask = np.zeros(study.data.n_frames, bool)
    mask[4100:4150] = True
    for policy, target in (("selection", ""), ("least-counts", ""), ("uncertainty", "timescale 1")):
        found = run_propose(study.spec(), StartsWanted(policy, target, 4, np.packbits(mask).tobytes()), (0, 1, 2), progress=silent)
        assert all(t == 1 and 100 <= f < 150 for t, f in found.frames)


def test_a_form_is_read_as_a_question():
    chosen = Selection.of(np.array([True, False, True]))
    assert starts_wanted("uncertainty", "timescale 1", " 7 ", None) == StartsWanted("uncertainty", "timescale 1", 7)
    assert starts_wanted("least-counts", "timescale 1", "7", chosen) == StartsWanted("least-counts", "", 7, np.packbits([True, False, True]).tobytes())


@pytest.mark.parametrize(("n", "selection", "said"), [("-1", None, "no number"), ("1.5", None, "no number"), ("100000", None, "'starts'"), ("9" * 9999, None, "'text'"), ("5", Selection.empty(9), "No frame is selected")])
def test_what_cannot_be_asked_is_refused_at_the_door(n, selection, said):
    with pytest.raises(UserError, match=said):
        starts_wanted("selection", "", n, selection)
