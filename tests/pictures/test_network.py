import dataclasses

import numpy as np
import pytest

from mdexplore.pictures.framing import frame
from mdexplore.pictures.network import HEIGHT, WIDTH, network_picture, selected_shares
from mdexplore.pictures.placement import overlaps, place_on_projection, state_centers
from tests.panels.kinetic_results import flux, states, three_states


@pytest.mark.parametrize("n", [1, 2, 3, 4, 7, 12, 20])
@pytest.mark.parametrize("on_projection", [True, False])
def test_nodes_never_overlap_and_stay_inside(n, on_projection):
    picture = network_picture(*states(n), on_projection=on_projection)
    at, radii = np.array([[v.x, v.y] for v in picture.nodes]), np.array([v.radius for v in picture.nodes])
    assert not overlaps(at, radii)
    assert (at - radii[:, None] >= 0).all()
    assert (at + radii[:, None] <= (WIDTH, HEIGHT)).all()


def test_states_at_the_same_place_are_parted():
    at = place_on_projection(np.zeros((4, 2)), np.full(4, 30.0), WIDTH, HEIGHT)
    assert not overlaps(at, np.full(4, 30.0))


def test_placement_keeps_left_left_and_top_top():
    radii = np.full(3, 20.0)
    at = place_on_projection(np.array([[-1.0, 0], [0, 5.0], [1.0, 0]]), radii, WIDTH, HEIGHT)
    assert at[0, 0] < at[1, 0] < at[2, 0]
    assert at[1, 1] > at[0, 1]


def test_centers_are_weighted_medians():
    coarse, clustering, kinetics = states(2)
    centers = np.zeros((10, 1))
    centers[:5, 0] = [0, 0, 0, 9, 100]
    weights = np.full(10, 0.01)
    weights[3] = 0.9
    found = state_centers(coarse, type(clustering)(centers, clustering.dtrajs), dataclasses.replace(kinetics, stationary=weights))
    assert found[0].tolist() == [9.0, 0.0]


def test_results_that_do_not_belong_together_are_not_placed_on_the_projection():
    coarse, _, kinetics = states(2)
    assert state_centers(coarse, states(3)[1], kinetics) is None
    assert len(network_picture(coarse, states(3)[1], kinetics).nodes) == 2


def test_larger_population_means_larger_disc():
    radii = [v.radius for v in network_picture(*states(4)).nodes]
    assert radii == sorted(radii, reverse=True)


def test_population_is_said_with_its_interval():
    assert [(v.text, v.small) for v in network_picture(three_states()).nodes] == [("56 %", "[55, 58]"), ("42 %", "[41, 43]"), ("2.0 %", "[0.9, 4.3]")]


def test_of_many_states_the_interval_is_said_on_request():
    node = network_picture(*states(6)).nodes[0]
    assert node.small == ""
    assert "[" in node.says


def test_edges_say_time_interval_and_passages():
    edges = {(e.source, e.target): e for e in network_picture(three_states()).edges}
    assert edges[2, 0].says == "state 3 → 1: 2.64 ns [1.6, 4.5], 10 passages seen"
    assert edges[2, 1].says.endswith("1 passage seen: too few to rely on")
    assert edges[2, 0].label == "2.64 ns"
    assert edges[0, 1].label == "90 ps"


def test_a_time_that_rests_on_few_passages_is_drawn_as_uncertain():
    coarse = three_states()
    assert {(e.source, e.target) for e in network_picture(coarse).edges if e.is_uncertain} == {(0, 2), (1, 2), (2, 1)}
    journeys = np.array([[0, 50, 24], [50, 0, 24], [24, 24, 0]])   # by way of another state, too
    assert not any(e.is_uncertain for e in network_picture(dataclasses.replace(coarse, journeys=journeys)).edges)


def boxes(picture):
    """Texts of nodes, then of edges: middle, width and height in pixels."""
    return np.array([(v.text_x, v.text_y, max(6.6 * len(v.text), 5 * len(v.small)), 26 if v.small else 12) for v in picture.nodes] + [(e.label_x, e.label_y, 5.8 * len(e.label), 11) for e in picture.edges if e.label])


@pytest.mark.parametrize("n", [2, 3, 4, 5, 8])
@pytest.mark.parametrize("seed", range(6))
def test_texts_lie_on_no_other_text_and_on_no_node(n, seed):
    picture = network_picture(*states(n, seed))
    at = boxes(picture)
    apart = np.abs(at[:, None, :2] - at[None, :, :2]) - (at[:, None, 2:] + at[None, :, 2:]) / 2
    over = np.minimum(-apart, 1e9).min(axis=2) * (1 - np.eye(len(at)))
    assert over.max() < 4
    for v in picture.nodes:
        out = np.maximum(np.abs(at[:, :2] - (v.x, v.y)) - at[:, 2:] / 2, 0)
        assert (np.hypot(*out.T) > v.radius - 3).all()


def test_populations_of_three_states_lie_on_no_arrow():
    picture = network_picture(three_states())
    way = np.array([p for e in picture.edges for p in (*e.curve, *e.head)])
    for v in picture.nodes:
        assert not (np.abs(way - (v.text_x, v.text_y)) < (2.5 * max(len(v.text), len(v.small)), 12)).all(axis=1).any()


def test_edges_say_rates_on_request():
    edges = {(e.source, e.target): e for e in network_picture(three_states(), quantity="rate").edges}
    assert edges[2, 0].label == "1 / 2.64 ns"
    assert edges[2, 0].says == "state 3 → 1: 1 / 2.64 ns [1.6, 4.5], 10 passages seen"


def in_frames(coarse, *others):
    return dataclasses.replace(coarse, timestep_ns=None), *others


def test_a_unit_that_all_edges_share_is_said_once():
    picture = network_picture(*in_frames(three_states()))
    assert picture.unit == "frames"
    assert {e.label for e in picture.edges} >= {"132"}
    assert all("frames" in e.says for e in picture.edges)
    rates = network_picture(*in_frames(three_states()), quantity="rate")
    assert rates.unit == "frames"
    assert {e.label for e in rates.edges} >= {"1 / 132"}


def test_where_units_differ_each_edge_says_its_own():
    picture = network_picture(three_states())
    assert picture.unit == ""
    assert {e.label.split()[-1] for e in picture.edges} == {"ps", "ns"}


@pytest.mark.parametrize("n", [2, 3, 4, 5])
@pytest.mark.parametrize("seed", range(6))
def test_in_a_low_panel_texts_lie_on_no_node_and_on_no_other_text(n, seed):
    picture = network_picture(*in_frames(*states(n, seed)))
    around = frame(picture, (WIDTH, HEIGHT))
    scale = np.array([(353 - around.left - around.right) / (around.x1 - around.x0), (215 - around.bottom - around.top) / (around.y1 - around.y0)])
    nodes = scale * [(v.x, v.y) for v in picture.nodes]
    aside = [(v.text_x - v.x, v.text_y - v.y) for v in picture.nodes]
    at = boxes(picture)
    at[:, :2] = np.vstack([nodes + aside, scale * at[n:, :2]])
    for v, middle in zip(picture.nodes, nodes):
        out = np.maximum(np.abs(at[:, :2] - middle) - at[:, 2:] / 2, 0)
        assert (np.hypot(*out.T) > v.radius - 4).all()
    apart = np.abs(at[:, None, :2] - at[None, :, :2]) - (at[:, None, 2:] + at[None, :, 2:]) / 2
    assert (np.minimum(-apart, 1e9).min(axis=2) * (1 - np.eye(len(at)))).max() < 4


def test_arrows_begin_and_end_at_the_rims():
    picture = network_picture(*states(3))
    for e in picture.edges:
        a, b = picture.nodes[e.source], picture.nodes[e.target]
        assert np.hypot(e.curve[0][0] - a.x, e.curve[0][1] - a.y) == pytest.approx(a.radius + 4, abs=4)
        assert np.hypot(e.head[0][0] - b.x, e.head[0][1] - b.y) == pytest.approx(b.radius + 4, abs=4)


def test_labels_do_not_lie_on_nodes():
    for n in (2, 3, 4):
        picture = network_picture(*states(n))
        for e in picture.edges:
            assert all(np.hypot(e.label_x - v.x, e.label_y - v.y) > v.radius for v in picture.nodes)


def test_many_states_show_the_strongest_edges_and_label_fewer():
    picture = network_picture(*states(18))
    assert len(picture.edges) < 60
    assert 0 < sum(bool(e.label) for e in picture.edges) <= 18
    assert {k for e in picture.edges for k in (e.source, e.target)} == set(range(18))


def test_one_state_has_nothing_to_exchange_with():
    picture = network_picture(*states(1))
    assert picture.edges == ()
    assert picture.caption == "one state: nothing to exchange with"


def test_frames_outside_the_model_are_said():
    coarse = three_states()
    outside = tuple(np.where(np.arange(len(a)) % 10 == 0, -1, a) for a in coarse.assignments)
    assert network_picture(dataclasses.replace(coarse, assignments=outside)).caption == "10.0 % of the frames outside the model"


def test_unknown_passage_times_draw_no_edge():
    coarse = three_states()
    mfpt = np.full((3, 3), np.nan)
    assert network_picture(dataclasses.replace(coarse, mfpt=mfpt)).edges == ()


def test_flux_shows_shares_pathways_and_the_rate():
    picture = network_picture(three_states(), flux=flux(), ends=((0,), (2,)))
    assert {(e.source, e.target): e.label for e in picture.edges} == {(0, 2): "67 %", (0, 1): "33 %", (1, 2): "33 %"}
    assert picture.subtitle == "flux 1 → 3"
    assert picture.caption == "rate 1 / 124 ns [62, 250]; 1 → 3 67 %, 1 → 2 → 3 33 %"


def test_shares_of_a_selection_leave_frames_outside_the_model_out():
    states_of_frames = np.array([0, 0, 1, 1, 1, 1, -1, -1])
    mask = np.array([1, 1, 1, 0, 0, 0, 1, 0], bool)
    assert selected_shares(states_of_frames, mask, 3) == (1.0, 0.25, 0.0)


def test_equal_results_make_equal_pictures():
    assert network_picture(*states(5)) == network_picture(*states(5))
