import numpy as np
import pytest

from mdexplore.pictures.labelling import Curve, Disc, place_texts

SIZE = (380.0, 340.0)
ACROSS = tuple((float(x), 170.0) for x in range(100, 281, 6))


def arrow(way=ACROSS, text="125 ns"):
    tip = way[-1]
    return Curve(way, (tip, (tip[0] - 8, tip[1] - 4), (tip[0] - 8, tip[1] + 4)), (0.0, -1.0), text)


def test_a_lone_text_stands_at_its_usual_place():
    (at,), edges = place_texts([Disc(190, 250, 30, "58 %")], [], SIZE)
    assert edges == []
    assert at == pytest.approx((190, 250 + 30 + 2 + 7))


def test_nothing_gives_nothing():
    assert place_texts([], [], SIZE) == ([], [])


def test_a_text_of_an_arrow_stands_on_its_outer_side():
    _, (at,) = place_texts([], [arrow()], SIZE)
    assert at[1] < 165
    assert at[0] == pytest.approx(190, abs=5)


def test_an_arrow_without_a_text_has_no_place_but_is_in_the_way():
    _, (blank, at) = place_texts([], [arrow(text=""), arrow(tuple((x, y + 16) for x, y in ACROSS))], SIZE)
    assert blank is None
    assert abs(at[1] - 170) > 7


def test_texts_of_two_nodes_at_one_place_part():
    (first, second), _ = place_texts([Disc(190, 250, 20, "58 %"), Disc(192, 250, 20, "40 %")], [], SIZE)
    assert abs(first[0] - second[0]) > 28 or abs(first[1] - second[1]) > 13


def test_no_text_leaves_the_figure():
    (at,), _ = place_texts([Disc(5, 335, 20, "58 %", "[57, 59]")], [], SIZE)
    assert 20 < at[0] < 360
    assert 14 <= at[1] <= 326


def test_a_text_that_lies_on_others_everywhere_is_left_out():
    crowd = [arrow(tuple((x, y + k) for x, y in ACROSS)) for k in range(-60, 61, 6)]
    _, edges = place_texts([], crowd, SIZE, most=2.0)
    assert None in edges
    assert np.isfinite([at for at in edges if at]).all()
