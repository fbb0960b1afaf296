"""The experiment panel: measurements from a table or a line, weights that are changed, frames that carry the change, and a model that is taken."""
from __future__ import annotations

import contextlib
import re
from dataclasses import replace

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.methods.experiment.model import AugmentedModel
from mdexplore.methods.experiment.result import Augmented
from mdexplore.panels.experiment import TAKEN, ExperimentPanel, _residues_with_phi
from mdexplore.panels.experiment_rows import Adder, name_markup, plot_markup, states_markup
from mdexplore.pictures.experiment import ExperimentPicture, MeasuredRow, StateRow
from mdexplore.session.experiment_jobs import Measurement
from tests.panels import builders

NAMES = ["ACE1-C", "ALA2-N", "ALA2-CA", "ALA2-HA"]


def augmented(names=("upper",)):
    """A model in which microstates 0 and 1 give half of their weight to 4 and 5."""
    k = len(names)
    before, after = np.full(6, 1 / 6), np.array([1 / 12, 1 / 12, 1 / 6, 1 / 6, 1 / 4, 1 / 4])
    means = np.repeat(np.array([0.0, 0.0, 0.0, 0.0, 1.0, 1.0])[:, None], k, axis=1)
    return Augmented(tuple(names), ("",) * k, np.full(k, 0.6), np.full(k, 0.1), np.full(k, 1 / 3), np.full(k, 0.5), np.full(k, np.nan), np.zeros(k), 5, np.arange(6), np.eye(6), before, after,
                     np.array([50.0]), np.array([60.0]), np.zeros(3), np.zeros(3), means, 1.0, 0.02)


@pytest.fixture
def session():
    made = builders.listening("experiment")
    made.study.keep("clustering", made.results["clustering"])
    return made


@pytest.fixture
def panel(session):
    made = ExperimentPanel(session)
    made.open()
    return made


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "measured.csv"
    path.write_text("name,measured,error\nupper,0.6,0.1\n<b>lower</b>,0.2,0.1\n")
    return str(path)


def read(panel, table):
    panel.table.value = table
    panel._attempt(panel._read)


def shown(panel):
    return [row for row in panel._rows if "mdx-hidden" not in row.widget._dom_classes]


def said(panel):
    return panel._said.widget.value


def test_nothing_is_asked_before_there_is_a_measurement(session, panel):
    assert session.asked == [] and "mdx-hidden" in panel._result._dom_classes and "mdx-hidden" not in panel._hint._dom_classes


def test_a_table_is_read_and_asked_for_with_escaped_names(session, panel, table):
    read(panel, table)
    assert said(panel) == ""
    assert [row._shown.name for row in shown(panel)] == ["upper", "<b>lower</b>"]
    assert "&lt;b&gt;lower" in shown(panel)[1]._name.value
    assert session.asked[-1][0] == ((Measurement("upper", 0.6, 0.1), Measurement("<b>lower</b>", 0.2, 0.1)), ())
    assert "mdx-hidden" not in panel._files_line._dom_classes   # these need values of each frame


def test_a_table_that_is_not_there_is_said(session, panel):
    read(panel, "nowhere.csv")
    assert "cannot be read" in said(panel) and session.asked == []


def test_more_measurements_than_a_server_allows_are_refused(session, panel, table, monkeypatch):
    monkeypatch.setenv("MDEXPLORE_LIMITS", "measurements=3")
    read(panel, table)
    read(panel, table)
    assert "4 measurements" in said(panel) and len(panel.measurements) == 2


def test_what_comes_fills_table_populations_and_result(session, panel, table):
    read(panel, table)
    session.asked[-1][1](augmented(("upper", "lower")))
    assert "<b>0.5</b>" in shown(panel)[0]._numbers.value and "0.333" in shown(panel)[0]._numbers.value
    assert "mdx-ap-mean" in shown(panel)[0]._plot.value
    assert panel.states.value.count("mdx-ex-state ") == 3 and "33 % → 50 %" in panel.states.value
    assert "mdx-hidden" not in panel._result._dom_classes and "50 → 60" not in panel._summary.value and "1 ns → 1.2 ns" in panel._summary.value


def test_another_error_is_another_weight_and_is_asked_for(session, panel, table):
    read(panel, table)
    shown(panel)[0].error.value = "0.02"
    assert session.asked[-1][0][0][0] == Measurement("upper", 0.6, 0.02)
    shown(panel)[0].error.value = "little"
    assert "upper, error: &#x27;little&#x27; is not a number" in said(panel) and len(session.asked) == 2


def test_an_answer_to_earlier_measurements_is_not_drawn(session, panel, table):
    read(panel, table)
    earlier = session.asked[-1][1]
    shown(panel)[1].remove.click()
    earlier(augmented(("upper", "lower")))
    assert "mdx-hidden" in panel._result._dom_classes
    session.asked[-1][1](augmented())
    assert "mdx-hidden" not in panel._result._dom_classes and len(shown(panel)) == 1


def test_an_answer_of_an_earlier_model_is_neither_drawn_nor_used(session, panel, table):
    read(panel, table)
    session.asked[-1][1](augmented(("upper", "lower")))
    session.configure("clustering", n_clusters=3)
    panel.show()
    assert "mdx-hidden" in panel._result._dom_classes and panel.states.value.count("mdx-ex-state ") == 0
    panel.carry.click()
    assert "being computed" in said(panel) and session.selection.n == 0


def test_going_back_to_earlier_measurements_draws_their_own_answer(session, panel, table):
    read(panel, table)
    session.asked[-1][1](augmented(("upper", "lower")))
    shown(panel)[1].use.value = False
    session.asked[-1][1](replace(augmented(("upper", "lower")), after=np.array([0.4, 0.4])))
    assert "0.4" in shown(panel)[0]._numbers.value
    shown(panel)[1].use.value = True
    assert len(session.asked) == 2 and "<b>0.5</b>" in shown(panel)[0]._numbers.value


def test_without_a_measurement_that_is_used_nothing_is_asked(session, panel, table):
    read(panel, table)
    shown(panel)[0].use.value = False
    n = len(session.asked)
    shown(panel)[1].use.value = False
    assert len(session.asked) == n and "mdx-hidden" in panel._result._dom_classes


def test_frames_that_carry_the_change_are_selected(session, panel, table):
    read(panel, table)
    panel.carry.click()
    assert "being computed" in said(panel) and session.selection.n == 0
    session.asked[-1][1](augmented(("upper", "lower")))
    panel.carry.click()
    micro = np.concatenate(session.results["clustering"].dtrajs)
    assert session.selection.n > 0 and session.selection.how == "frames that carry the change of upper"
    assert set(np.unique(micro[session.selection.mask])) <= {0, 1, 4, 5}


def test_the_augmented_model_becomes_the_current_one_and_undo_takes_it_back(session, panel, table):
    before = session.study
    read(panel, table)
    session.asked[-1][1](augmented(("upper", "lower")))
    panel.take.click()
    assert isinstance(session.study.recipe.kinetics.value, AugmentedModel)
    assert panel.take.disabled and panel.take.description == TAKEN
    session.undo()
    assert session.study is before and not panel.take.disabled


def test_why_there_is_no_model_is_said(session, panel, table):
    read(panel, table)
    session.asked[-1][2](UserError("No Markov model comes near these measurements."))
    assert "comes near" in panel._wrong.widget.value and "mdx-hidden" not in panel._repeat._dom_classes


def added(kind, atoms="", measured="6,4", error="0.5", names=NAMES):
    found, wrong = [], []

    def attempt(act):
        try:
            act()
        except UserError as problem:
            wrong.append(str(problem))
    fill(filled(found, attempt, names), kind, atoms, measured, error)
    return found, wrong


def filled(found, attempt, names=NAMES):
    return Adder({"ALA2": "0 1 2 3"}, names, found.append, attempt, lambda kind, residue: {("phi", "ALA2"): (0, 1, 2, 3)}[kind, residue])


def fill(adder, kind, atoms, measured, error):
    adder.kind.value = kind
    adder.atoms.value, adder.measured.value, adder.error.value = atoms, measured, error
    adder.button.click()


def test_the_line_is_empty_after_a_measurement_was_taken_and_stays_where_it_was_not():
    found = []

    def attempt(act):
        with contextlib.suppress(UserError):
            act()
    adder = filled(found, attempt)
    fill(adder, "noe", "1 3", "0.4", "")
    assert (adder.atoms.value, adder.measured.value, found) == ("1 3", "0.4", [])
    fill(adder, "noe", "1 3", "0.4", "0.1")
    assert (adder.atoms.value, adder.measured.value, adder.error.value, len(found)) == ("", "", "", 1)
    assert adder.kind.value == "noe"


def test_a_coupling_is_added_by_its_residue():
    assert added("j-coupling") == ([Measurement("³J(HN,HA) ALA2", 6.4, 0.5, "j-coupling", "0 1 2 3", unit="Hz")], [])


@pytest.mark.parametrize("atoms", ["1 3", "ALA2-N ala2-ha", "1 ALA2-HA"])
def test_atoms_are_numbers_or_names(atoms):
    assert added("noe", atoms) == ([Measurement("NOE ALA2-N–ALA2-HA", 6.4, 0.5, "noe", "1 3", unit="nm")], [])


@pytest.mark.parametrize(("atoms", "name"), [("phi ALA2", "φ ALA2"), ("φ ALA2", "φ ALA2"), ("0 1 2 ALA2-HA", "torsion ACE1-C–ALA2-N–ALA2-CA–ALA2-HA")])
def test_a_torsion_is_added_in_degrees_by_its_name_or_its_atoms(atoms, name):
    assert added("torsion", atoms, "-65", "10") == ([Measurement(name, -65.0, 10.0, "torsion", "0 1 2 3", unit="°")], [])


def test_a_formula_and_a_column_of_files_are_added_by_what_is_written():
    text = "8.2 + 0.4 * cos(phi(ALA2))"
    assert added("formula", text) == ([Measurement(text, 6.4, 0.5, "formula", formula=text)], [])
    assert added("column", "shift") == ([Measurement("shift", 6.4, 0.5)], [])


@pytest.mark.parametrize(("kind", "text", "said"), [("formula", "__import__('os').system('x')", "cannot be computed|no meaning"), ("formula", "", "is no formula"), ("column", " ", "no name"), ("torsion", "1 2 3", "needs four atoms")])
def test_what_is_no_formula_and_no_name_is_said(kind, text, said):
    found, wrong = added(kind, text)
    assert found == [] and re.search(said, wrong[0])


@pytest.mark.parametrize(("atoms", "measured", "names", "said"), [
    ("1", "6", NAMES, "needs two atoms"), ("1 99", "6", NAMES, "There is no atom '99'"), ("1 XY", "6", NAMES, "numbered 0 to 3"), ("1 3", "", NAMES, "Measured: '' is not a number"),
    ("0 HOH1-O", "6", ["C", "HOH1-O", "HOH1-O"], "There are 2 atoms"),
])
def test_what_cannot_be_read_is_said(atoms, measured, names, said):
    found, wrong = added("distance", atoms, measured, names=names)
    assert found == [] and said in wrong[0]


def test_residues_with_phi_are_offered_and_data_without_structures_offer_none(session, panel):
    assert _residues_with_phi(mdx.example("alanine-dipeptide")) == {"ALA2": "4 6 8 14"}
    assert _residues_with_phi(session.data) == {} and [kind for _, kind in panel.adder.kind.options] == ["column", "formula"]


def test_markup_stands_where_the_picture_says():
    drawn = MeasuredRow("<i>", "Hz", "1", places=(0.2, 0.3, None), spread=0.4, is_conflict=True)
    assert 'mdx-ap-spread" style="left:30.00%;width:40.00%"' in plot_markup(drawn) and "mdx-ap-dot" not in plot_markup(drawn)
    assert "<b title=\"&lt;i&gt;" in name_markup(drawn) and "in conflict" in name_markup(drawn)
    assert plot_markup(MeasuredRow("a", "", "1")) == ""
    assert 'mdx-c1"' in states_markup(ExperimentPicture((), (StateRow(1, 9, 0.5, 0.6, "a"),)))
