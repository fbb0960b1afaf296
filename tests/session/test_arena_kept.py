"""The arena comes back out of a file as it was; rows that were judged on something else do not."""
from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from running import NoJobs

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.methods.results import FoldScores
from mdexplore.session.arena import ArenaRow
from mdexplore.session.arena_jobs import ArenaJobs
from mdexplore.session.arena_kept import candidate_of, check_arena
from mdexplore.session.saved import open_with_view, save
from mdexplore.session.selection import Selection
from mdexplore.session.session import Session
from mdexplore.session.view import View

S = mdx.settings


def jobs_of(study):
    return ArenaJobs(Session(study, jobs=NoJobs(), start=False))


def judged(arena, name, error=""):
    """Put a row there as a worker would."""
    held = np.linspace(1.2, 1.4, arena.rules.folds) + len(name) / 1000
    one = next(c for c in arena.candidates if c.name == name)
    scores = None if error else FoldScores(held, held + 0.1, held + 0.2, held + 0.3, 2, 2, 2, 1.5)
    arena.rows = {**arena.rows, name: ArenaRow(one, scores, error)}


@pytest.fixture
def arena(chain):
    made = jobs_of(mdx.Study(chain, lagtime=2))
    made.judge_by(lagtime=3, folds=4, n_processes=2)
    made.add("tica", {"projection": S.VAMP(dim=2, degree=2), "clustering": S.KMeans(n_clusters=7)})
    made.add(slowly=S.TICA(lagtime=900))
    judged(made, "TICA")
    judged(made, "VAMP dim 2 degree 2 + k-means clusters 7", "it failed")
    return made


def through_a_file(arena, folder):
    study = arena.session.study
    save(study, folder / "a.mdx", View(Selection.empty(study.data.n_frames), panels={"arena": {"arena": arena.kept()}}))
    return open_with_view(folder / "a.mdx", study.data)[1].panels["arena"]["arena"]


def test_candidates_rows_and_rules_come_back(arena, chain, tmp_path):
    again = jobs_of(mdx.Study(chain, lagtime=2))
    again.take_up(through_a_file(arena, tmp_path))
    assert (again.rules, again.wanted, again.told) == (arena.rules, {"lagtime": 3, "folds": 4, "n_processes": 2}, "")
    assert [(c.name, c.features, c.projection, c.clustering) for c in again.candidates] == [(c.name, c.features, c.projection, c.clustering) for c in arena.candidates]
    assert set(again.rows) == set(arena.rows)
    assert again.rows["VAMP dim 2 degree 2 + k-means clusters 7"].error == "it failed"
    for field in dataclasses.fields(FoldScores):
        np.testing.assert_array_equal(getattr(again.rows["TICA"].scores, field.name), getattr(arena.rows["TICA"].scores, field.name))


def test_what_was_not_judged_yet_waits_to_be_asked_for(arena, chain):
    again = jobs_of(mdx.Study(chain, lagtime=2))
    again.take_up(arena.kept())
    assert again.stopped == {"slowly"} and again.waiting == []
    again.again("slowly")
    assert again.waiting == ["slowly"]


@pytest.mark.parametrize("other", [
    lambda chain: mdx.Study(mdx.example("two-state", n_frames=2900, n_trajectories=3), lagtime=2),
    lambda chain: mdx.Study(chain, lagtime=2, seed=5),
])
def test_rows_for_other_data_or_another_seed_are_dropped_and_said(arena, chain, other):
    again = jobs_of(other(chain))
    again.take_up(arena.kept())
    assert again.rows == {} and again.stopped == {c.name for c in arena.candidates}
    assert "scores are dropped: TICA and VAMP dim 2" in again.told


def test_a_row_of_another_split_is_dropped(arena, chain):
    again = jobs_of(mdx.Study(chain, lagtime=2))
    again.take_up(dataclasses.replace(arena.kept(), rules=dataclasses.replace(arena.rules, seed=9)))
    assert again.rows == {} and "another split" in again.told


def test_data_too_short_for_the_split_drop_the_rows(arena):
    again = jobs_of(mdx.Study([np.random.default_rng(0).normal(size=(12, 2))], lagtime=1))
    again.take_up(dataclasses.replace(arena.kept(), rules=dataclasses.replace(arena.rules, lagtime=500)))
    assert again.rows == {} and "other data" in again.told


def test_data_at_another_place_keep_their_rows(tmp_path):
    walks = np.random.default_rng(0).normal(size=(3, 400, 2)).cumsum(axis=1)
    for folder in ("old", "new"):
        (tmp_path / folder).mkdir()
        for k, walk in enumerate(walks):
            np.save(tmp_path / folder / f"{k}.npy", walk)
    first, second = (mdx.Study(mdx.load(sorted((tmp_path / folder).glob("*.npy"))), lagtime=2) for folder in ("old", "new"))
    arena, again = jobs_of(first), jobs_of(second)
    arena.add("tica")
    judged(arena, "TICA")
    again.take_up(arena.kept())
    assert set(again.rows) == {"TICA"} and again.told == ""


def test_objects_of_the_users_are_left_out_and_said(chain):
    from deeptime.decomposition import TICA

    arena, again = (jobs_of(mdx.Study(chain, lagtime=2)) for _ in range(2))
    arena.add(mine=TICA(lagtime=2, dim=1), ours="tica")
    again.take_up(arena.kept())
    assert [c.name for c in again.candidates] == ["ours"] and "objects of your own are in no file: mine" in again.told


def test_a_method_that_is_not_there_is_left_out_and_said(arena, chain):
    kept = arena.kept()
    gone = dataclasses.replace(kept.rows[0], projection={"slot": "projection", "method": "magic"})
    check_arena(dataclasses.replace(kept, rows=(gone, *kept.rows[1:])))
    again = jobs_of(mdx.Study(chain, lagtime=2))
    again.take_up(dataclasses.replace(kept, rows=(gone, *kept.rows[1:])))
    assert "magic" in again.told and "TICA" not in again.rows and len(again.candidates) == 2


def test_other_data_end_the_arena_that_was_taken_up(arena, chain):
    arena.session.use(mdx.Study(mdx.example("two-state", n_frames=2900, n_trajectories=3)), "other")
    assert (arena.kept().rows, arena.kept().rules) == ((), None)


def changed_row(**changes):
    return lambda kept: dataclasses.replace(kept, rows=(dataclasses.replace(kept.rows[0], **changes), *kept.rows[1:]))


@pytest.mark.parametrize("hurt", [
    lambda kept: None, lambda kept: {"rows": ()}, lambda kept: dataclasses.replace(kept, rules=None), lambda kept: dataclasses.replace(kept, rows=(kept.rows[0], kept.rows[0])),
    lambda kept: dataclasses.replace(kept, rules=dataclasses.replace(kept.rules, folds=7)), changed_row(name=3), changed_row(key=""), changed_row(projection={}),
    changed_row(projection={"slot": "clustering", "method": "kmeans"}), changed_row(projection={"slot": "projection", "method": "tica", "dims": 3}), changed_row(error="x" * 20_000),
    changed_row(features=({"slot": "projection", "method": "tica"},)), changed_row(scores=FoldScores(*[np.array(["a"] * 4)] * 4, 1, 1, 1)),
    changed_row(scores=FoldScores(np.zeros(4), np.zeros(3), np.zeros(4), np.zeros(4), 1, 1, 1)),
])
def test_what_is_no_arena_is_refused(arena, hurt):
    with pytest.raises((TypeError, ValueError, KeyError)):
        check_arena(hurt(arena.kept()))


@pytest.mark.parametrize("rules", [{"folds": 0}, {"folds": -1}, {"folds": 1}, {"folds": 10**6}, {"lagtime": 0}, {"n_processes": 0}, {"n_processes": 10**6}, {"seed": -1}])
def test_rules_that_no_session_makes_are_refused(arena, rules):
    kept = arena.kept()
    rows = tuple(dataclasses.replace(row, scores=None) for row in kept.rows)
    with pytest.raises((ValueError, UserError)):
        check_arena(dataclasses.replace(kept, rows=rows, rules=dataclasses.replace(kept.rules, **rules)))


@pytest.mark.parametrize("wanted", [{"foo": 1}, {"folds": 0}, {"folds": "5"}, {"folds": 10**6}, {"lagtime": 0}, {"lagtime": [1]}, {"lagtime": True}, {"n_processes": 0}, {"n_processes": 1e9}])
def test_wishes_that_no_form_makes_are_refused(arena, wanted):
    with pytest.raises((TypeError, ValueError, UserError)):
        check_arena(dataclasses.replace(arena.kept(), wanted=wanted))


def test_wishes_that_the_form_could_not_show_are_refused_at_once(arena):
    with pytest.raises(UserError, match="n_processes"):
        arena.judge_by(n_processes=60)
    check_arena(arena.kept())


def test_more_candidates_than_are_allowed_are_refused(arena, monkeypatch):
    monkeypatch.setenv("MDEXPLORE_LIMITS", "groups=2")
    with pytest.raises(UserError, match="'groups'"):
        check_arena(arena.kept())


def test_a_candidate_is_made_of_its_settings(arena):
    one = candidate_of(arena.kept().rows[1])
    assert (one.projection, one.clustering) == (S.VAMP(dim=2, degree=2), S.KMeans(n_clusters=7))
