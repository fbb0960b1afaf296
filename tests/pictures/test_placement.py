import numpy as np

from mdexplore.pictures.placement import place_on_projection, tangles

SQUARE = np.array([[0.0, 0], [200, 0], [200, 200], [0, 200]])
RADII = np.full(4, 10.0)


def test_diagonals_of_a_square_cross_once_and_its_sides_do_not():
    assert tangles(SQUARE[None], RADII, [(0, 2), (1, 3)]).tolist() == [1.0]
    assert tangles(SQUARE[None], RADII, [(0, 1), (1, 2), (2, 3), (3, 0)]).tolist() == [0.0]


def test_an_arrow_and_the_way_back_are_one_link():
    assert tangles(SQUARE[None], RADII, [(0, 2), (2, 0), (1, 3)]).tolist() == [1.0]


def test_a_link_through_a_node_costs_three_crossings():
    line = np.array([[0.0, 0], [100, 0], [200, 0], [100, 150]])
    assert tangles(line[None], RADII, [(0, 2)]).tolist() == [3.0]


def test_without_links_nothing_is_tangled():
    assert tangles(SQUARE[None], RADII, []).tolist() == [0.0]


def test_states_in_a_row_are_moved_off_the_arrows_between_others():
    centers, radii = np.array([[0.0, 0], [1.0, 0], [2.0, 0]]), np.full(3, 20.0)
    every = [(0, 1), (1, 2), (0, 2)]
    assert tangles(place_on_projection(centers, radii, 380, 340)[None], radii, every) > 0
    assert tangles(place_on_projection(centers, radii, 380, 340, every)[None], radii, every) == 0
