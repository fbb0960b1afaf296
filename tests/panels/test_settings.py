"""The rail of settings: shows the study, changes it, and says why it cannot."""
from __future__ import annotations

import asyncio
import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.methods.kinetics import tram
from mdexplore.methods.results import Score
from mdexplore.panels.sections import patience
from mdexplore.panels.settings import Settings, spans
from tests.session.running import opened, settled

_spec = importlib.util.spec_from_file_location("mdx_panel_builders", Path(__file__).with_name("builders.py"))
builders = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(builders)


@pytest.fixture
def session():
    return builders.session()


@pytest.fixture
def rail(session):
    return Settings(session)


def is_hidden(widget):
    return "mdx-hidden" in widget._dom_classes


def test_the_rail_is_ready_at_once(rail):
    assert {"mdx-panel", "mdx-panel-settings", "mdx-ready"} <= set(rail.widget._dom_classes)


def test_the_lag_of_the_kinetics_is_applied_at_once(session, rail):
    rail.kinetics.form.fields["lagtime"].widget.value = "0.2 ns"
    assert session.study.lagtime == 10


def test_the_number_of_states_is_applied_at_once(session, rail):
    rail.kinetics.coarse.fields["n_states"].widget.value = "4"
    assert session.study.recipe.coarse.n_states == 4


def test_steps_of_the_number_of_states_are_applied_at_once_and_end_where_the_model_does(session, rail):
    session.results = builders.results()
    field = rail.kinetics.coarse.fields["n_states"]
    field.slider.more.click()
    assert session.study.recipe.coarse.n_states == 4
    field.slider.back.click()
    assert session.study.recipe.coarse.n_states is None
    session.configure("coarse", n_states=6)   # as many as the model has microstates
    assert field.widget.value == "6" and field.slider.more.disabled and not field.slider.less.disabled


def test_a_change_leaves_the_fields_where_they_are_so_that_the_focus_stays(session, rail):
    made = []
    rail.kinetics._front.observe(lambda change: made.append(change), "children")
    rail.kinetics.form.fields["lagtime"].widget.value = "0.2 ns"
    rail.kinetics.coarse.fields["n_states"].widget.value = "4"
    assert made == []


def test_a_projection_waits_for_its_button(session, rail):
    rail.projection.form.fields["dim"].widget.value = "1"
    assert session.study.recipe.projection.dim != 1
    assert not is_hidden(rail.projection.button)
    rail.projection.button.click()
    assert session.study.recipe.projection.dim == 1
    assert is_hidden(rail.projection.button)


@pytest.mark.parametrize("kinetics", ["hmm", "bayesian-hmm"])
def test_a_slow_method_says_how_long_the_frames_at_hand_take(session, rail, kinetics, monkeypatch):
    assert rail.kinetics._said.value == ""
    rail.kinetics.menu.value = kinetics
    assert rail.kinetics._said.value == ""     # 750 frames are no matter
    monkeypatch.setattr(type(session.data), "n_frames", 64_000)
    rail.kinetics.show()
    assert "all 64\u2009000 frames" in rail.kinetics._said.value and "some 20 s" in rail.kinetics._said.value
    rail.kinetics.menu.value = "msm"
    assert rail.kinetics._said.value == ""


def test_patience_is_asked_for_in_minutes_where_it_takes_minutes():
    assert patience(mdx.settings.HMM(), 1_000_000).endswith("some 5 min. The rest can be used meanwhile.")
    assert patience(mdx.settings.MSM(), 10_000_000) == ""


def test_another_method_brings_its_own_form(session, rail):
    rail.clustering.menu.value = "regular-space"
    assert "dmin" in rail.clustering.form.fields
    rail.clustering.button.click()
    assert type(session.study.recipe.clustering) is mdx.settings.RegularSpace


def test_what_is_wrong_stands_in_the_form_and_changes_nothing(session, rail):
    before = session.study
    rail.kinetics.form.fields["lagtime"].widget.value = "500 ns"
    assert "too long" in rail.kinetics._wrong.widget.value
    rail.projection.form.fields["dim"].widget.value = "99"
    assert "at most 50" in rail.projection._wrong.widget.value
    assert is_hidden(rail.projection.button)
    assert session.study is before


def test_undo_brings_the_old_value_back_into_the_form(session, rail):
    rail.kinetics.form.fields["lagtime"].widget.value = "0.2 ns"
    session.undo()
    assert rail.kinetics.form.fields["lagtime"].widget.value == ""


def test_a_change_elsewhere_leaves_a_draft_alone(session, rail):
    rail.projection.form.fields["dim"].widget.value = "1"
    session.configure("kinetics", lagtime=7)
    assert rail.projection.form.fields["dim"].widget.value == "1"
    assert rail.kinetics.form.fields["lagtime"].widget.value == "140 ps"


def test_features_of_a_kind_that_needs_structures_are_refused_before_they_run(session, rail):
    rail.features._rows[0].menu.value = "torsions"
    assert "without structures" in rail.features._wrong.widget.value
    assert is_hidden(rail.features.button)


def test_kinds_of_features_can_be_added_and_taken_out(session, rail):
    rail.features._rows[0].menu.value = "identity"
    rail.features._add()
    assert len(rail.features.draft()) == 2
    rail.features.remove(rail.features._rows[1])
    rail.features.button.click()
    assert [type(f).__name__ for f in session.study.recipe.features] == ["Identity"]


def test_an_earlier_failure_blocks_with_a_sentence(session, rail):
    session.errors = {"features": UserError("No feature is left.")}
    assert "features failed" in rail.kinetics._blocked.widget.value
    session.errors = {}
    assert is_hidden(rail.kinetics._blocked.widget)


def test_the_score_stands_beside_the_projection(session, rail):
    session.results = {**session.results, "score": Score(1.86, 0.02, np.array([1.84, 1.88]), np.array([1.9, 1.9]))}
    assert ">held-out 1.86<" in rail.projection._head.value
    assert "VAMP-2 (held out) 1.86 ± 0.02" in rail.projection._head.value


def test_dimensions_beyond_the_rank_are_said_to_be_capped_below_the_form(session, rail):
    assert "2 of 5: the features have rank 2." in rail.projection._said.value
    rail.projection.menu.value = "vamp"
    assert "2 of 5" not in rail.projection._said.value   # of another method nobody knows yet
    session.configure("projection", dim=2)
    assert rail.projection._said.value == ""


def test_the_form_says_what_a_vampnet_gives(rail, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *more: name)
    rail.projection.menu.value = "vampnet"
    assert "Gives 4 slow coordinates, slowest first" in rail.projection._said.value
    fields = rail.projection.form.fields
    assert fields["output"].widget in rail.projection._front.children
    fields["output"].widget.value = "fuzzy states"
    fields["dim"].widget.value = "3"
    assert "Gives 3 fuzzy states: how much of each a frame is in" in rail.projection._said.value


def test_empty_fields_say_what_was_chosen(rail):
    assert rail.kinetics.form.fields["lagtime"].widget.placeholder == "100 ps"
    assert rail.clustering.form.fields["n_clusters"].widget.placeholder == "6"


def test_an_object_of_the_users_keeps_its_slot():
    from deeptime.decomposition import TICA

    session = builders.session(with_results=False)
    session.study = replace_study(session, TICA(lagtime=3, dim=2))
    rail = Settings(session)
    assert rail.projection.menu.label == "TICA" and rail.projection.menu.value == ""
    assert rail.projection.form is None
    rail.projection.menu.value = "tica"
    rail.projection.button.click()
    assert type(session.study.recipe.projection) is mdx.settings.TICA


def replace_study(session, projection):
    return session.study.change(projection=projection)


def test_spans_name_unequal_lengths(session):
    assert spans(session.data) == "3 × 1 ns to 8 ns"


def test_damage_is_counted(session):
    from mdexplore.base.notices import Notice
    from mdexplore.data.report import FileReport, LoadReport
    from mdexplore.panels.settings import summary

    session.data.report = replace(LoadReport(), files=(FileReport("a.xtc", "xtc", 5, 5, damage="cut"),))
    assert "1 damaged file" in summary(session.data)
    session.data.report = replace(LoadReport(), notices=(Notice("warning", "92 % of the bonds do not fit."), Notice("info", "Said.")))
    assert summary(session.data).endswith("1 warning, see Health")
    session.data.report = LoadReport()
    assert summary(session.data).endswith("no damage found")


def kernel_session():
    """A session that shows a kernel projection, and has found a bandwidth by itself."""
    session = builders.session()
    session.configure("projection", method="kernel-edmd")
    found = replace(session.results["projection"], parameters={"automatic_bandwidth": 0.42})
    session.results = {**session.results, "projection": found}
    return session


def test_a_bandwidth_has_a_slider_and_says_the_one_that_the_data_suggest():
    rail = Settings(kernel_session())
    field = rail.projection.form.fields["bandwidth"]
    assert field.slider is not None and field.row in rail.projection._front.children
    assert field.widget.placeholder == "auto: 0.42" and field.slider.bar.value == pytest.approx(0.42)
    assert rail.projection.draft().bandwidth is None


def test_a_slider_alone_is_applied_without_the_button():
    session = kernel_session()
    rail = Settings(session)
    rail.projection.form.fields["bandwidth"].slider.bar.value = 1.3
    assert session.study.recipe.projection.bandwidth == 1.3
    assert is_hidden(rail.projection.button)


def test_a_slider_beside_other_changes_waits_for_the_button():
    session = kernel_session()
    rail = Settings(session)
    rail.projection.form.fields["ridge"].widget.value = "0.01"
    rail.projection.form.fields["bandwidth"].slider.bar.value = 1.3
    assert session.study.recipe.projection.bandwidth is None and not is_hidden(rail.projection.button)


def test_the_bandwidth_of_another_kernel_is_not_taken_for_the_automatic_one():
    session = kernel_session()
    rail = Settings(session)
    rail.projection.menu.value = "kvad"
    assert rail.projection.form.fields["bandwidth"].widget.placeholder == "automatic"
    session.results = {**session.results, "features": session.results["features"]}
    assert rail.projection.form.fields["bandwidth"].widget.placeholder == "automatic"


@pytest.fixture
def biased(tmp_path):
    """A study of four chains, the last two under a bias, and the pattern of its files."""
    random = np.random.default_rng(1)
    chains = [np.cumsum(random.random(200) < 0.1) % 2 for _ in range(4)]
    for i, states in enumerate(chains):
        np.save(tmp_path / f"b{i}.npy", np.stack([np.zeros(200), 0.3 * states], axis=1))
    return mdx.Study([s[:, None] + 0.0 for s in chains], projection="identity", clustering=mdx.settings.KMeans(n_clusters=2), lagtime=1, n_states=2), str(tmp_path / "b*.npy")


def test_files_of_settings_are_read_by_a_worker_and_a_page_does_not_wait(biased, monkeypatch):
    study, files = biased

    async def used():
        async with opened(study) as session:
            await settled(session)
            rail = Settings(session)
            monkeypatch.setattr(tram, "read_ensembles", None)   # in this process alone
            rail.kinetics.menu.value = "tram"
            fields = rail.kinetics.form.fields
            fields["windows"].widget.value = "1 1 2 2"
            fields["n_samples"].widget.value = "0"
            fields["bias"].widget.value = files
            assert session.study.recipe.kinetics.bias == "" and session.jobs["settings of the kinetics"].is_active
            await settled(session)
            filled = session.study.recipe.kinetics
            assert (filled.bias, filled.windows) == (files, "0 0 1 1") and filled.content and session.results["kinetics"].title == "TRAM"
            fields["bias"].widget.value = files.replace("b*", "no*")
            await settled(session)
            assert "There is no file" in rail.kinetics._wrong.widget.value and session.study.recipe.kinetics == filled
    asyncio.run(used())


def test_what_fills_the_slot_while_files_are_read_stays(biased):
    study, files = biased

    async def used():
        async with opened(study) as session:
            await settled(session)
            rail = Settings(session)
            rail.kinetics.menu.value = "tram"
            rail.kinetics.form.fields["windows"].widget.value = "1 1 2 2"
            rail.kinetics.form.fields["bias"].widget.value = files
            rail.kinetics.menu.value = "msm"
            await settled(session)
            assert session.study.recipe.kinetics == mdx.settings.MSM() and not session.errors
    asyncio.run(used())
