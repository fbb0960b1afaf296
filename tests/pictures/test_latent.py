"""What is drawn of a latent space, and what a loop around some of it comes to in words."""
from __future__ import annotations

import numpy as np

from mdexplore.pictures.latent import LARGE, SMALL, USUAL, areas, how, latent_picture, listed_first, opacities, told
from mdexplore.session.generating import BOLTZMANN, Generation
from mdexplore.session.latent import Latent


def latent(n=4, m=3, weights=None, far=0.0):
    made = Generation(BOLTZMANN, np.zeros((n, 2), int), np.zeros(n), "", (), weights=weights)
    points = np.linspace(-1, 1, 2 * n).reshape(n, 2).astype(np.float32)
    real = np.zeros((m, 2), np.float32)
    real[0] = far
    return Latent(("latent 1", "latent 2"), "", made, points, real, np.zeros((m, 2), int))


def test_real_frames_have_the_colours_of_their_states():
    picture = latent_picture(latent(), [0, 1, -1], (3, 0))
    assert picture.colors == ("var(--mdx-s3)", "var(--mdx-s0)", "var(--mdx-outside)")
    assert picture.said == "Grey: 4 generated structures. In colour: 3 real frames, by state."


def test_a_few_points_far_out_do_not_shrink_the_others_and_are_said():
    picture = latent_picture(latent(n=600, m=900, far=40.0, weights=np.ones(600)), [0] * 900, (0,))
    assert 3 <= picture.window.x1 < 4 and picture.window.x0 == -picture.window.x1
    assert "larger the more they weigh" in picture.said and picture.said.endswith("1 point lies farther out.")


def test_areas_follow_the_weight_within_limits():
    assert areas(np.array([0.0, 1.0, 2.0, 1e6]), 4).tolist() == [SMALL, USUAL, 2 * USUAL, LARGE]
    assert areas(None, 2).tolist() == [USUAL, USUAL]


def test_what_is_selected_stands_out_and_nothing_selected_is_even():
    assert opacities(np.array([True, False]), (0.4, 0.9, 0.1)).tolist() == [0.9, 0.1]
    assert opacities(None, (0.4, 0.9, 0.1)).tolist() == [0.4]


def test_structures_in_a_loop_are_listed_as_if_drawn_by_weight():
    weights = np.full(100, 1e-9)
    weights[[7, 40]] = 1.0
    inside = np.array([3, 7, 8, 40])
    assert set(listed_first(inside, weights)[:2]) == {7, 40} and sorted(listed_first(inside, weights)) == inside.tolist()
    assert listed_first(inside, None) is inside
    heavy = np.where(np.arange(2000) < 1000, 3.0, 1.0)
    assert (listed_first(np.arange(2000), heavy)[:400] < 1000).mean() > 0.65
    assert listed_first(np.array([1, 2]), np.array([1.0, 0.0, 1.0])).tolist() == [2, 1]


def test_a_loop_is_told_by_what_it_holds():
    few, many = latent(4, 3), latent(400, 3, np.ones(400))
    assert told(0, 0, few) == "Nothing lies in this loop."
    assert told(2, 1, few) == "In the loop: 2 of 4 generated structures; 1 of 3 real frames, now selected."
    assert told(2, 0, few) == "In the loop: 2 of 4 generated structures; no real frame, so the selection stays."
    assert told(31, 2, many).startswith("In the loop: 31 of 400 generated structures (30 listed, drawn by weight);")
    assert told(0, 2, few) == "In the loop: none of 4 generated structures; 2 of 3 real frames, now selected."
    assert how(2, few) == "lasso over 2 of 3 frames in the latent space of the flow"
