from dataclasses import replace

import pytest

from mdexplore.panels.network import HITS, Network
from tests.panels import builders
from tests.panels.gestures import click_element
from tests.panels.kinetic_results import flux, states, three_states


@pytest.fixture
def session():
    made = builders.session(with_results=False)
    made.results = {**builders.results(), "coarse": three_states()}
    return made


def click(panel, state):
    click_element(panel._nodes, state)


def test_waits_politely_for_states():
    panel = Network(builders.session(with_results=False))
    assert "mdx-waiting" in panel.widget._dom_classes
    assert "metastable states" in panel._waiting.value


def test_draws_a_node_for_each_state(session):
    panel = Network(session)
    assert "mdx-ready" in panel.widget._dom_classes
    assert len(panel._nodes.x) == 3
    assert [mark.text[0] for mark in panel._populations] == ["56 %", "42 %", "2.0 %"]
    assert [mark.text[0] for mark in panel._intervals] == ["[55, 58]", "[41, 43]", "[0.9, 4.3]"]


def test_a_click_on_a_node_selects_its_frames(session):
    panel = Network(session)
    click(panel, 2)
    assert session.selection.n == (session.states == 2).sum()
    assert (session.selection.source, session.selection.how) == ("network", "state 3")


def test_a_selection_made_elsewhere_shades_the_nodes_and_is_not_echoed(session):
    panel = Network(session)
    session.select(session.states == 1, source="projection", how="lasso")
    made = session.selection
    assert [pie.sizes.tolist() for pie in panel._pies] == [[0, 1], [1, 0], [0, 1]]
    assert set(panel._nodes.opacities) == {0.0}
    assert session.selection is made
    session.select(None, source="projection", how="nothing")
    assert set(panel._nodes.opacities) == {1.0}


def test_an_edge_says_the_whole_truth(session):
    panel = Network(session)
    number = next(k for k, e in enumerate(panel._picture.edges) if (e.source, e.target) == (2, 0))
    click_element(panel._hits, number * len(HITS))
    assert panel._caption.value == "state 3 → 1: 2.64 ns [1.6, 4.5], 10 passages seen"


def test_the_mouse_over_an_arrow_or_a_node_tells_what_it_means(session):
    panel = Network(session)
    # As bqplot 0.12.45 sends it: the place and its number under "data", in contrast to a drag.
    panel._hits._handle_custom_msgs(panel._hits, {"event": "hover", "data": {"x": 0.0, "y": 0.0, "index": 0, "name": "Dot0", "unique_id": "Dot0"}})
    assert "→" in panel._caption.value and "[" in panel._caption.value
    panel._nodes._handle_custom_msgs(panel._nodes, {"event": "hover", "data": {"x": 0.0, "y": 0.0, "index": 2, "name": "Dot2", "unique_id": "Dot2"}})
    assert panel._caption.value.startswith("state 3")


def test_two_clicks_choose_the_ends_of_the_flux(session):
    panel = Network(session)
    panel._flux.click()
    assert "click its source" in panel._head.value
    click(panel, 0)
    assert session.ends is None
    assert len(panel._ring.x) == 1
    click(panel, 2)
    assert session.ends == ((0,), (2,))
    assert session.selection.n == 0
    session.results = {**session.results, "flux": flux()}
    assert "flux 1 → 3" in panel._head.value
    assert "1 / 124 ns" in panel._caption.value
    assert len(panel._ring.x) == 0


def test_leaving_the_flux_brings_the_network_back(session):
    panel = Network(session)
    before = panel._picture
    session.choose_ends([0], [2])
    session.results = {**session.results, "flux": flux()}
    assert panel._picture != before
    panel._flux.click()
    assert session.ends is None
    assert panel._picture == before


def test_edges_say_rates_on_request(session):
    panel = Network(session)
    panel._quantity.value = "rate"
    assert all(text.startswith("1 / ") for text in panel._labels.text)


def test_a_unit_that_all_edges_share_stands_behind_what_they_say(session):
    panel = Network(session)
    panel._quantity.value = "rate"
    session.results = {**session.results, "coarse": replace(three_states(), timestep_ns=None)}
    assert panel._quantity.label == "rate / frames⁻¹"
    assert panel.view()["quantity"] == "rate"
    panel._quantity.value = "mean first passage"
    assert panel._quantity.label == "mean first passage / frames"
    assert "mdx-with-unit" in panel._quantity._dom_classes   # the style sheet makes room
    session.results = {**session.results, "coarse": three_states()}
    assert panel._quantity.label == "mean first passage"
    assert "mdx-with-unit" not in panel._quantity._dom_classes


def test_states_can_be_placed_by_layout(session):
    panel = Network(session)
    before = panel._nodes.x.tolist()
    panel._layout.click()
    assert panel._nodes.x.tolist() != before
    panel._layout.click()
    assert panel._nodes.x.tolist() == before


def test_fewer_states_than_before_do_not_break_a_choice(session):
    panel = Network(session)
    panel._flux.click()
    click(panel, 2)
    session.results = {**session.results, "coarse": states(1)[0]}
    assert len(panel._nodes.x) == 1
    assert panel._pending is None
    assert "mdx-hidden" in panel._strip_box._dom_classes


def test_another_picture_takes_up_the_marks_of_the_one_before_and_closes_its_pies(session):
    panel = Network(session)
    marks, pies = list(panel._figure.marks), list(panel._pies)
    panel._quantity.value = "rate"
    assert len(panel._labels.text)
    assert [mark for mark in panel._figure.marks if mark not in panel._pies] == [mark for mark in marks if mark not in pies]
    assert len(panel._figure.marks) == len(marks) and all(pie.comm is None for pie in pies)


def test_fewer_states_hide_the_marks_of_those_that_went(session):
    panel = Network(session)
    session.results = {**session.results, **dict(zip(("coarse", "clustering", "kinetics"), states(2)))}
    assert [label.visible for label in panel._kept["populations"]] == [True, True, False]
    assert sum(line.visible for line in panel._kept["lines"]) == 2
    assert len(panel._pies) == 2
