"""The arena: every method on one split, the exact line above them, failures as rows, and where two models disagree."""
from __future__ import annotations

import itertools

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.data.frames import FrameIndex
from mdexplore.session.arena import rules_of, split_of
from mdexplore.session.candidates import candidates_of
from mdexplore.session.disagreement import compared

QUICK = {"linear": mdx.settings.TICA(dim=2), "functions": mdx.settings.EDMD(dim=3), "states": {"projection": "identity", "clustering": mdx.settings.KMeans(n_clusters=30)}}


@pytest.fixture(scope="module")
def wells():
    return mdx.example("prinz", n_frames=5000, n_trajectories=6)


@pytest.fixture(scope="module")
def study(wells):
    return mdx.Study(wells, lagtime=2)


@pytest.fixture(scope="module")
def found(study):
    return mdx.arena(study, QUICK, n_processes=3)


def test_flexible_methods_come_near_the_exact_line_and_a_line_does_not(found):
    assert found.exact == pytest.approx(1 + sum(np.exp(-2 * 2 / np.array([83.402, 12.677, 6.510]))))
    scores = {row.name: row.scores.vamp2.mean() for row in found.rows}
    assert scores["functions"] == pytest.approx(found.exact, abs=0.05)
    assert scores["states"] == pytest.approx(found.exact, abs=0.05)
    assert scores["linear"] < found.exact - 0.5   # one coordinate, one process
    assert found.row("functions").scores.vampe.mean() == pytest.approx(found.exact, abs=0.4)   # it rests on populations, too


def test_nobody_beats_the_exact_line_on_data_left_out(found):
    for row in found.rows:
        assert row.scores.vamp2.mean() < found.exact + 3 * row.scores.vamp2.std() / np.sqrt(5)


def test_a_candidate_that_fails_is_a_row_with_its_reason(study):
    found = mdx.arena(study, {"good": "tica", "too long": mdx.settings.TICA(lagtime=100_000), "broken": Broken()})
    assert found.row("good").scores is not None
    assert "100000" in found.row("too long").error.replace(" ", "").replace("\u2009", "")
    assert "on purpose" in found.row("broken").error
    assert found.ranked()[0].name == "good"
    assert {row["name"] for row in found.to_table()} == {"good", "too long", "broken"}
    assert "on purpose" in repr(found)


class Broken:
    def fit(self, x):
        raise RuntimeError("on purpose")

    def transform(self, x):
        return x


def test_all_share_one_split_of_whole_trajectories_or_of_blocks_with_a_gap(wells):
    study = mdx.Study(wells, lagtime=2)
    whole = split_of(study, rules_of(study, (), folds=3))
    assert sorted(s[1] for s in whole) == list(range(6))
    short = mdx.Study(mdx.example("two-state", n_frames=500, n_trajectories=1), lagtime=7)
    blocks = split_of(short, rules_of(short, (), folds=4))
    assert all(later[2] - earlier[3] == 7 for earlier, later in itertools.pairwise(blocks))


def test_the_number_of_processes_is_what_all_have_and_what_is_known(study):
    assert rules_of(study, candidates_of(study, ["tica", "edmd"])).n_processes == 3   # as many as are known exactly
    assert rules_of(study, candidates_of(study, [mdx.settings.TICA(dim=1), "edmd"])).n_processes == 1
    assert mdx.arena(study, [mdx.settings.TICA(dim=1)], n_processes=4).exact is None


def test_scores_are_kept_and_the_same_again(study, found, monkeypatch):
    monkeypatch.setattr("mdexplore.methods.checks.arena.refit", None)   # nothing may be fitted
    again = mdx.arena(study, QUICK, n_processes=3)
    assert [np.array_equal(a.scores.vampe, b.scores.vampe) for a, b in zip(found.rows, again.rows)] == [True] * 3


def test_candidates_name_themselves_by_what_they_change(study):
    given = ["tica", mdx.settings.VAMP(dim=2), "kmeans", {"projection": "vamp", "clustering": mdx.settings.KMeans(n_clusters=10)}, "tica", study]
    assert [c.name for c in candidates_of(study, given)] == ["TICA", "VAMP dim 2", "TICA + k-means", "VAMP + k-means clusters 10", "TICA (2)", "TICA + k-means (2)"]


@pytest.mark.parametrize("wrong", [[], ["no such method"], [{"kinetics": "msm"}], [mdx.settings.MSM()], [{"projection": 3}]])
def test_what_is_no_candidate_is_refused(study, wrong):
    with pytest.raises(UserError):
        mdx.arena(study, wrong)


@pytest.mark.parametrize("wrong", [{"folds": 1}, {"folds": 10**9}, {"n_processes": 0}, {"lagtime": 10**6}])
def test_rules_that_the_data_do_not_allow_are_refused(study, wrong):
    with pytest.raises(UserError):
        mdx.arena(study, ["tica"], **wrong)


def test_the_gap_to_the_best_is_taken_fold_by_fold(found):
    best = found.ranked()[0].name
    assert found.behind(best) == (0.0, 0.0)
    gap, error = found.behind("linear")
    assert gap == pytest.approx(np.mean(found.ranked()[0].scores.vamp2 - found.row("linear").scores.vamp2)) and error < 0.05


def test_a_row_is_a_study(study, found):
    chosen = found.study("functions")
    assert chosen.recipe.projection == mdx.settings.EDMD(dim=3) and chosen.projection_lag == 2
    assert chosen.key("features") == study.key("features")


def test_the_table_is_plain(found):
    row = found.to_table()[0]
    assert set(row) >= {"name", "vamp2", "vamp2_std", "vamp2_train", "vampe", "behind", "processes", "error"}
    assert all(isinstance(value, (str, int, float)) for value in row.values())


def test_the_repr_is_short(found):
    assert len(repr(found).splitlines()) == 5 and "exact: 3.2" in repr(found)


def test_progress_is_told_for_each_candidate(study):
    heard = []
    mdx.arena(study, {"a": mdx.settings.TICA(dim=1, epsilon=1e-5), "b": mdx.settings.VAMP(dim=1, epsilon=1e-5)}, progress=lambda done, total, text: heard.append((done / total, text)))
    assert {text.partition(":")[0] for _, text in heard} == {"a", "b"}
    assert [share for share, _ in heard] == sorted(share for share, _ in heard)


# -- disagreement ---------------------------------------------------------------------------------------------------------------------------


def test_frames_of_disagreement_are_those_outside_the_best_match():
    a, b = np.array([0, 0, 0, 1, 1, 1, -1, 2]), np.array([1, 1, 0, 0, 0, -1, 2, 2])
    found = compared(a, b, FrameIndex((4, 4)))
    assert found.match == (1, 0, 2)
    assert np.flatnonzero(found.mask).tolist() == [2]
    assert found.frames.tolist() == [[0, 2]]
    assert found.n_compared == 6 and found.share == pytest.approx(1 / 6)


def test_numbers_of_states_do_not_matter():
    a = np.array([0, 0, 1, 1])
    assert compared(a, 1 - a, FrameIndex((4,))).n == 0


def test_two_good_models_of_wells_disagree_on_few_frames_at_the_barriers(study, found):
    where = found.disagreement("functions", "states")
    assert 0 < where.share < 0.2
    tops = (-0.5, 0.0, 0.5)   # barriers between the four wells, roughly
    x = np.concatenate(study.features)[where.mask, 0]
    assert np.median(np.min(np.abs(x[:, None] - tops), axis=1)) < 0.15


def test_models_of_different_data_are_not_compared(study, found):
    from mdexplore.session.disagreement import disagreement

    with pytest.raises(UserError, match="different data"):
        disagreement(study, mdx.Study(mdx.example("two-state", n_frames=500, n_trajectories=2)))
