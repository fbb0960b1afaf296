"""The panel of starts: what can be chosen follows the model, a click shows a frame, and what is selected or written is what is shown."""
from __future__ import annotations

import csv
from dataclasses import replace

import mdtraj as md
import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.methods.results import Unbiased
from mdexplore.methods.sampling.proposals import Proposals
from mdexplore.panels.sampling import ALL, CHOSEN, LEAST, SELECTION, UNCERTAINTY, SamplingPanel
from mdexplore.session.proposing_jobs import StartsWanted
from mdexplore.session.session import Session
from tests.panels import builders


def proposals(policy="uncertainty", target="timescale 1"):
    return Proposals(np.array([[0, 3], [1, 7], [0, 390]]), np.array([1, 1, 4]), ("microstate <b>1</b> carries 60 % of it", "microstate 1 carries 60 % of it", "microstate 4 carries 40 % of it"),
                     np.array([0.2, 0.1, 0.06]), policy, target)


@pytest.fixture
def session():
    return builders.listening("sampling")


@pytest.fixture
def panel(session):
    made = SamplingPanel(session)
    made.open()
    return made


@pytest.fixture
def answered(session, panel):
    session.asked[-1][1](proposals())
    return panel


def wanted(session):
    return session.asked[-1][0][0]


def test_a_closed_panel_asks_nothing(session):
    panel = SamplingPanel(session)
    assert panel._content.children == () and session.asked == []
    panel.open()
    assert [args for args, *_ in session.asked] == [(StartsWanted(UNCERTAINTY, "timescale 1", 10), (0, 1, 2))]


def test_timescales_that_are_resolved_and_all_populations_can_be_chosen(panel):
    assert [value for _, value in panel.target.options] == ["timescale 1", "population 1", "population 2", "population 3"]
    assert panel.target.options[0][0] == "timescale 1, t₂ = 20 ps"


def test_a_choice_asks_anew_and_shows_only_what_belongs_to_it(session, panel):
    panel.target.value = "population 2"
    assert wanted(session) == StartsWanted(UNCERTAINTY, "population 2", 10)
    panel.strategy.value = LEAST
    assert wanted(session) == StartsWanted(LEAST, "", 10)
    assert "mdx-hidden" in panel.target._dom_classes and "mdx-hidden" not in panel.among._dom_classes
    panel.count.value = "3"
    assert wanted(session).n == 3


@pytest.mark.parametrize(("text", "said"), [("ten", "no number"), ("0", "no number"), ("9999", "limit"), ("7" * 5000, "limit")])
def test_a_number_that_cannot_be_is_said(panel, text, said):
    panel.count.value = text
    assert said in panel._wrong.widget.value and "mdx-failed" in panel._content._dom_classes


def test_starts_out_of_the_selection_follow_it(session, panel):
    panel.strategy.value = SELECTION
    assert "No frame is selected" in panel._wrong.widget.value
    session.select(session.states == 2, source="test", how="state 3")
    assert wanted(session) == StartsWanted(SELECTION, "", 10, np.packbits(session.states == 2).tobytes())
    assert panel._wrong.widget.value == ""


def test_another_strategy_can_keep_to_the_selection(session, panel):
    panel.among.value = CHOSEN
    session.select(session.states == 1, source="test", how="state 2")
    assert wanted(session) == StartsWanted(UNCERTAINTY, "timescale 1", 10, np.packbits(session.states == 1).tobytes())
    panel.among.value = ALL
    assert wanted(session).among is None


def test_starts_that_are_selected_do_not_become_what_is_started_from(session, panel):
    session.select(session.states == 2, source="test", how="state 3")
    panel.strategy.value = SELECTION
    session.asked[-1][1](proposals("selection", ""))
    before = len(session.asked)
    panel._select()
    assert session.selection.n == 3 and len(session.asked) == before


def test_each_start_is_named_with_its_reason_and_escaped(session, answered):
    first = answered.list.rows[0]
    assert "trajectory 0, frame 3, 0.06 ns" in first._text.value and "&lt;b&gt;1" in first._text.value
    assert f"state {session.states[3] + 1}" in first._text.value
    assert "should take away 20 % of the variance" in first._text.value
    assert "36 % of the variance of timescale 1" in answered.summary.value and "shrink by 20 %" in answered.summary.value


def test_where_some_frames_are_biased_shares_are_of_those_that_are_not(session, panel):
    made = session.results["kinetics"]
    free = tuple(np.arange(n) < 100 for n in (400, 300, 50))
    session.results = {**session.results, "kinetics": replace(made, unbiased=Unbiased(tuple(f / 250 for f in free), free, 1.0))}
    np.testing.assert_array_equal(panel._frames_seen(), np.bincount(np.concatenate([d[:100] for d in session.results["clustering"].dtrajs]), minlength=6))


def test_a_click_shows_the_frame_and_marks_its_row(session, answered):
    answered.list.rows[2].button.click()
    assert session.current == (0, 390)
    assert ["mdx-active" in row.widget._dom_classes for row in answered.list.rows] == [False, False, True]
    np.testing.assert_allclose((answered.map._listed.here.x[0], answered.map._listed.here.y[0]), session.results["projection"].values[0][390])


def test_a_click_on_the_map_shows_the_frame(session, answered):
    answered.map.marks._handle_custom_msg({"event": "element_click", "data": {"index": 0}}, [])   # the last is drawn first
    assert session.current == (0, 390)


def test_a_frame_that_is_no_start_marks_no_row(session, answered):
    session.show_frame(0, 3)
    session.show_frame(0, 4)
    assert not any("mdx-active" in row.widget._dom_classes for row in answered.list.rows) and len(answered.map._listed.here.x) == 0


def test_all_starts_become_the_selection_with_their_source(session, answered):
    answered._select()
    assert session.selection.numbers.tolist() == [3, 390, 407]
    assert (session.selection.source, session.selection.how) == ("sampling", "3 starts by uncertainty of timescale 1")


def test_fewer_starts_hide_the_rows_that_are_left(session, answered):
    found = proposals()
    answered.count.value = "1"
    session.asked[-1][1](replace(found, frames=found.frames[:1], microstates=found.microstates[:1], reasons=found.reasons[:1], scores=found.scores[:1]))
    assert ["mdx-hidden" in row.widget._dom_classes for row in answered.list.rows] == [False, True, True]


def test_data_without_structures_say_that_nothing_can_be_written(answered):
    assert "mdx-hidden" in answered.save._dom_classes and "mdx-hidden" in answered.path._dom_classes
    answered._attempt(answered._write)
    assert "no structures to write" in answered._said.widget.value


def test_starts_are_written_as_structures_with_their_reasons(tmp_path):
    topology = md.Topology()
    residue = topology.add_residue("ALA", topology.add_chain())
    for name in ("N", "CA", "C"):
        topology.add_atom(name, md.element.get_by_symbol(name[0]), residue)
    random, lengths = np.random.default_rng(0), (400, 300)
    session = Session(mdx.Study(mdx.load([md.Trajectory(random.normal(size=(n, 3, 3)), topology) for n in lengths], timestep_ns=0.02)), jobs=builders.NoJobs(), start=False)
    session.results, asked = builders.results(lengths), []
    session.work.submit = lambda name, task, *args, **options: asked.append(options["done"])
    panel = SamplingPanel(session)
    panel.open()
    asked[-1](proposals())
    panel.path.value = str(tmp_path / "starts.pdb")
    panel.save.click()
    rows = list(csv.DictReader((tmp_path / "starts.csv").open()))
    assert [(row["trajectory"], row["frame"]) for row in rows] == [("0", "3"), ("1", "7"), ("0", "390")] and rows[0]["reason"] == proposals().reasons[0]
    assert str(tmp_path / "starts.pdb") in panel._said.widget.value
    panel.path.value = str(tmp_path / "starts.txt")
    panel.save.click()
    assert "cannot be written as .txt" in panel._said.widget.value


def test_nothing_is_selected_while_other_starts_are_on_their_way(session, answered):
    answered.strategy.value = LEAST
    answered._attempt(answered._select)
    assert session.selection.n == 0 and "no starts yet" in answered._said.widget.value


def test_another_lag_time_asks_anew(session, answered):
    before = len(session.asked)
    session.configure("kinetics", lagtime=9)
    session.stale = frozenset({"kinetics"})
    answered.target.value = "population 1"
    assert len(session.asked) == before
    session.stale = frozenset()
    session.results = {**session.results, "kinetics": replace(session.results["kinetics"], lagtime=9)}
    assert len(session.asked) == before + 1


def test_states_are_handed_on_as_the_page_numbers_them(session, panel):
    session.results = {**session.results, "coarse": replace(session.results["coarse"], order=(2, 0, 1))}
    assert session.asked[-1][0][1] == (2, 0, 1)


def test_what_cannot_be_is_said_with_retry_in_place_of_the_list(session, panel):
    session.asked[-1][2](UserError("<i>It cannot be.</i>"))
    assert "&lt;i&gt;It cannot be." in panel._wrong.widget.value and "mdx-hidden" not in panel._repeat._dom_classes and "mdx-failed" in panel._content._dom_classes
    panel._repeat.click()
    assert len(session.asked) == 2 and "mdx-failed" not in panel._content._dom_classes


def test_a_projection_of_one_coordinate_has_no_map(session, panel):
    session.results = {**session.results, "projection": replace(session.results["projection"], values=tuple(v[:, :1] for v in session.results["projection"].values), names=("IC 1",))}
    session.asked[-1][1](proposals())
    assert "mdx-hidden" in panel.map.widget._dom_classes and len(panel.list.rows) == 3
    panel.list.rows[0].button.click()
    assert session.current == (0, 3)


def test_the_strategy_is_set_as_it_was_once_it_is_opened(session):
    panel = SamplingPanel(session)
    panel.restore({"strategy": LEAST, "among": ALL})
    panel.open()
    assert panel.strategy.value == LEAST and wanted(session).policy == LEAST
