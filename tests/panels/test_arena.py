"""The arena's panel: a form asks for a row, a row becomes the current model, and it costs nothing while it is folded."""
from __future__ import annotations

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.methods.results import FoldScores
from mdexplore.panels.arena import ArenaPanel
from mdexplore.panels.arena_rows import axis_markup, row_markup
from mdexplore.pictures.arena import ArenaPicture, RowPicture
from mdexplore.session.arena import ArenaRow
from mdexplore.session.candidates import feature_kinds
from mdexplore.session.disagreement import compared
from tests.panels import builders
from tests.panels.gestures import click_element


@pytest.fixture
def panel():
    return ArenaPanel(builders.session())


def judged(panel, name, vamp2, error=""):
    """Put a row there as a worker would."""
    jobs, held = panel.jobs, None if vamp2 is None else np.array(vamp2)
    candidate = next(c for c in jobs.candidates if c.name == name)
    scores = None if held is None else FoldScores(held, held, held, held, 2, 2, 2)
    jobs.rows = {**jobs.rows, name: ArenaRow(candidate, scores, error)}


def press(button):
    button.click()


def shown(panel):
    return [row for row in panel._rows if "mdx-hidden" not in row.widget._dom_classes]


def test_a_folded_panel_builds_nothing_until_it_is_opened():
    panel = ArenaPanel(builders.session(), folded=True)
    panel.jobs.add("tica")
    assert panel.body.children == () and "mdx-hidden" in panel.body._dom_classes
    press(panel._fold)
    assert [row.name for row in shown(panel)] == ["TICA"] and "mdx-hidden" not in panel.body._dom_classes
    press(panel._fold)
    assert "mdx-hidden" in panel.body._dom_classes


def test_the_form_asks_for_a_candidate_with_its_settings(panel):
    panel.form.menus["projection"].value = "vamp"
    panel.form.forms["projection"].fields["dim"].widget.value = "1"
    panel.form.menus["clustering"].value = "kmeans"
    panel.form.forms["clustering"].fields["n_clusters"].widget.value = "12"
    press(panel._add)
    one = panel.jobs.candidates[0]
    assert one.name == "VAMP dim 1 + k-means clusters 12"
    assert (one.projection, one.clustering) == (mdx.settings.VAMP(dim=1), mdx.settings.KMeans(n_clusters=12))
    assert shown(panel)[0]._text.value == "…"


def test_every_method_that_can_run_is_offered(panel):
    offered = dict(panel.form.menus["projection"].options).values()
    assert {name for name, missing in mdx.available("projection").items() if not missing} <= set(offered)


def test_a_wrong_field_is_said_and_asks_for_nothing(panel):
    panel.form.forms["projection"].fields["dim"].widget.value = "many"
    press(panel._add)
    assert panel.jobs.candidates == ()
    assert "many" in panel._wrong.widget.value and "mdx-hidden" not in panel._wrong.widget._dom_classes


def test_rows_are_drawn_as_they_come_best_first(panel):
    panel.jobs.add("tica", "vamp")
    judged(panel, "TICA", [1.2, 1.3])
    judged(panel, "VAMP", [1.6, 1.7])
    assert [row.name for row in shown(panel)] == ["VAMP", "TICA"]
    assert shown(panel)[0]._text.value == "<b>1.650 ± 0.050</b>"
    assert shown(panel)[0]._plot.value.count("mdx-ap-dot") == 2
    assert "2 of 2" in panel._head.value


def test_a_row_that_failed_says_why_and_can_be_tried_again(panel):
    panel.jobs.add("tica")
    judged(panel, "TICA", None, "<b>Too long.</b>")
    row = shown(panel)[0]
    assert row._note.widget.value == "&lt;b&gt;Too long.&lt;/b&gt;"
    press(row.again)
    assert panel.jobs.rows == {} and panel.jobs.waiting == ["TICA"]


def test_a_click_on_a_row_makes_it_the_current_model_and_undo_takes_it_back(panel):
    session = panel.session
    before = session.study
    panel.jobs.add(mdx.settings.VAMP(dim=1))
    judged(panel, "VAMP dim 1", [1.5, 1.6])
    row = shown(panel)[0]
    assert "mdx-current" not in row.widget._dom_classes
    press(row.take)
    assert session.study.recipe.projection.dim == 1
    assert "mdx-current" in row.widget._dom_classes
    session.undo()
    assert session.study is before and "mdx-current" not in row.widget._dom_classes


def test_a_row_can_be_taken_out(panel):
    panel.jobs.add("tica", "vamp")
    press(shown(panel)[0].remove)
    assert [row.name for row in shown(panel)] == ["VAMP"]


def test_two_rows_are_compared_and_the_share_is_said(panel):
    panel.jobs.add("tica", "vamp")
    assert "mdx-hidden" in panel._comparison._dom_classes
    judged(panel, "TICA", [1.2, 1.3])
    judged(panel, "VAMP", [1.6, 1.7])
    assert "mdx-hidden" not in panel._comparison._dom_classes
    assert (panel._a.value, panel._b.value) == ("TICA", "VAMP")
    press(panel._select)
    assert panel._found.widget.value == "Looking for them …"
    n = panel.session.data.n_frames
    states = np.arange(n) % 2
    other = states.copy()
    other[:75] = 1 - other[:75]
    panel.jobs.found = compared(states, other, panel.session.data.index)
    assert panel._found.widget.value == "They disagree on 10 % of the frames: selected."


def test_the_same_method_twice_is_refused_in_words(panel):
    panel.jobs.add("tica", "vamp")
    judged(panel, "TICA", [1.2, 1.3])
    judged(panel, "VAMP", [1.6, 1.7])
    panel._b.value = "TICA"
    press(panel._select)
    assert "agrees with itself" in panel._wrong.widget.value


def test_other_rules_ask_for_all_rows_again(panel):
    panel.jobs.add("tica")
    judged(panel, "TICA", [1.2, 1.3])
    panel._judging.fields["folds"].widget.value = "3"
    assert panel.jobs.rules.folds == 3 and panel.jobs.waiting == ["TICA"]


def test_why_two_could_not_be_compared_is_said(panel):
    panel.jobs.add("tica", "vamp")
    panel.jobs.error = UserError("There is nothing to disagree on.")
    assert "nothing to disagree on" in panel._found.widget.value


def test_marks_stand_where_the_picture_says():
    drawn = RowPicture("a", (0.2, 0.4), 0.3, 0.25, 0.35, 0.5, "1.3", "", True)
    made = row_markup(drawn, 0.9)
    assert 'mdx-ap-exact" style="left:90.00%"' in made and 'mdx-ap-spread" style="left:25.00%;width:10.00%"' in made
    assert "mdx-ap-exact" not in row_markup(drawn, None)
    assert row_markup(RowPicture("b"), 0.5) == ""
    assert "exact 2.800" in axis_markup(ArenaPicture((drawn,), (1, 2), 0.9, "exact 2.800"))


def test_kinds_of_features_are_offered_that_the_data_have(panel):
    assert [name for _, name in panel.form.menus["features"].options] == ["", "identity"]   # arrays without structures
    panel.form.menus["features"].value = "identity"
    press(panel._add)
    one = panel.jobs.candidates[0]
    assert one.name == "As given + TICA" and one.features == (mdx.settings.Identity(),)


def test_structures_offer_every_kind_that_is_measured_on_them():
    data = mdx.example("alanine-dipeptide")
    kinds = [name for _, name in feature_kinds(data)]
    assert {"torsions", "distances", "contacts", "positions", "rmsd"} <= set(kinds) and "identity" not in kinds


def test_the_two_that_are_compared_are_chosen_in_the_menus_and_kept(panel):
    panel.jobs.add("tica", "vamp", "edmd")
    for name in ("TICA", "VAMP", "EDMD"):
        judged(panel, name, [1.2, 1.3])
    panel._b.value = "EDMD"
    assert panel.jobs.pair == ("TICA", "EDMD")
    panel.jobs.choose("VAMP", "EDMD")
    assert (panel._a.value, panel._b.value) == ("VAMP", "EDMD")
    other = ArenaPanel(panel.session)
    other.restore(panel.view())
    assert other.jobs.pair == ("VAMP", "EDMD")


def test_the_button_for_two_side_by_side_hides_where_no_layout_has_a_place_for_them(panel):
    assert "mdx-hidden" in panel.opener._dom_classes


def test_a_sweep_is_drawn_as_its_rows_come_and_a_click_on_a_point_takes_its_number(panel):
    press(panel._sweep)
    names = [c.name for c in panel.jobs.candidates]
    assert names[0] == "5 microstates: TICA + k-means" and "mdx-hidden" in panel.sweep.widget._dom_classes
    for dim, name in zip((5, 10), names):
        held = np.array([1.0, 1.1, 1.2]) + dim / 100
        panel.jobs.rows = {**panel.jobs.rows, name: ArenaRow(next(c for c in panel.jobs.candidates if c.name == name), FoldScores(held, held, held, held, 2, dim, 2))}
    assert "mdx-hidden" not in panel.sweep.widget._dom_classes
    assert list(panel.sweep.dots.x) == [5, 10] and panel.sweep.dots.y == pytest.approx([1.15, 1.2])
    assert "10 microstates, the most of these" in panel.sweep._said.widget.value
    click_element(panel.sweep.dots, 1)
    assert panel.session.study.recipe.clustering == mdx.settings.KMeans(n_clusters=10)
    assert panel.sweep.dots.colors[0] != panel.sweep.dots.colors[1]


def test_a_sweep_that_cannot_be_is_said(panel):
    panel.session.configure("clustering", method="box")
    press(panel._sweep)
    assert "no number of microstates" in panel._wrong.widget.value and panel.jobs.candidates == ()
