"""The caps: one table, changed by a variable, and held where a request is made, not where it is typed."""
from __future__ import annotations

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base import limits
from mdexplore.base.errors import UserError
from mdexplore.base.units import TimeUnit
from mdexplore.methods.checks.timescales import estimate_timescales
from mdexplore.methods.recipe import fill, fill_features
from mdexplore.pictures.structure import representatives


@pytest.fixture
def low(monkeypatch):
    """``low("clusters=5")`` sets caps for one test."""
    return lambda text: monkeypatch.setenv(limits.VARIABLE, text)


def test_every_limit_has_its_default_where_nobody_says_otherwise(monkeypatch):
    monkeypatch.delenv(limits.VARIABLE, raising=False)
    assert {name: limits.limit(name) for name in limits.TABLE} == {name: entry.default for name, entry in limits.TABLE.items()}


def test_variable_changes_a_limit_and_leaves_the_others(low):
    low("clusters=5, pages=30")
    assert (limits.limit("clusters"), limits.limit("pages"), limits.limit("groups")) == (5, 30, limits.TABLE["groups"].default)


def test_zero_takes_a_limit_away(low):
    low("clusters=0")
    limits.check("clusters", 10**9)


@pytest.mark.parametrize("text", ["cluster=5", "clusters=five", "clusters=-1", "clusters", "clusters=1e3", "=5"])
def test_limits_that_cannot_be_read_are_refused(low, text):
    low(text)
    with pytest.raises(UserError):
        limits.limit("pages")


def test_refusal_names_the_cap_its_value_and_how_to_raise_it(low):
    low("groups=3")
    with pytest.raises(UserError, match=r"'groups' is 3.*--limit groups=4"):
        limits.check("groups", 4)


def test_text_for_children_keeps_what_was_set_before(low):
    low("pages=3 groups=4")
    assert limits.parsed(limits.text(["groups=9"])) == {"pages": 3, "groups": 9}


@pytest.mark.parametrize(("cap", "slot", "method", "changes"), [
    ("clusters=50", "clustering", "kmeans", {"n_clusters": 51}), ("clusters=50", "clustering", "regular-space", {"max_centers": 51}),
    ("iterations=50", "clustering", "kmeans", {"max_iter": 51}), ("samples=50", "kinetics", "bayesian-msm", {"n_samples": 51}),
    ("states=5", "coarse", "pcca", {"n_states": 6}), ("dimensions=5", "projection", "tica", {"dim": 6}),
])
def test_settings_are_held_to_the_caps(low, cap, slot, method, changes):
    settings = fill(slot, method)
    low(cap)
    with pytest.raises(UserError, match=cap.partition("=")[0]):
        settings.replace(**changes)


def test_long_selections_and_long_lists_of_pairs_are_refused(low):
    low("text=100 pairs=10")
    with pytest.raises(UserError, match="'text' is 100"):
        mdx.settings.Torsions(selection="name CA or " * 20)
    with pytest.raises(UserError, match="'pairs' is 10"):
        mdx.settings.Distances(pairs=[(0, k) for k in range(1, 20)])


def test_atoms_of_a_load_are_a_selection_too(low):
    low("text=100")
    with pytest.raises(UserError, match="'text' is 100"):
        from mdexplore.data.examples import BUNDLED

        folder = BUNDLED / "alanine-dipeptide"
        mdx.load(folder / "ala2-00.xtc", top=folder / "ala2.pdb", atoms="(" * 200)


def test_lag_times_kinds_of_features_and_superposed_structures_are_counted(low):
    low("lagtimes=3 kinds=2 structures=5")
    with pytest.raises(UserError, match="'lagtimes' is 3"):
        estimate_timescales([np.arange(100) % 2], lagtimes=[1, 2, 3, 4])
    with pytest.raises(UserError, match="'kinds' is 2"):
        fill_features(["torsions", "distances", "rmsd"])
    with pytest.raises(UserError, match="'structures' is 5"):
        representatives(np.zeros((10, 2)), 6)


def test_frames_fetched_at_once_are_counted(low):
    data = mdx.example("alanine-dipeptide")
    low("frames=10")
    assert data.frames([(0, k) for k in range(10)]).n_frames == 10
    with pytest.raises(UserError, match="'frames' is 10"):
        data.frames([(0, k) for k in range(11)])


@pytest.mark.parametrize("text", ["1e400 frames", "²", "1e400 ns", "9" * 400 + " ns"])
def test_absurd_lag_times_are_refused_in_words(text):
    with pytest.raises(UserError):
        TimeUnit(1.0).parse(text)
