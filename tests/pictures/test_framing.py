import numpy as np
import pytest

from mdexplore.pictures.framing import frame
from mdexplore.pictures.labelling import Disc
from mdexplore.pictures.network import HEIGHT, WIDTH, network_picture
from tests.panels.kinetic_results import states, three_states


def reaches(picture, around, width, height):
    """Left, lower, right and upper edge of each disc and text in pixels of a panel of that size; shape (n, 4)."""
    across = (width - around.left - around.right) / (around.x1 - around.x0)
    up = (height - around.bottom - around.top) / (around.y1 - around.y0)
    found = []

    def at(x, y):
        return around.left + across * (x - around.x0), around.bottom + up * (y - around.y0)

    for n in picture.nodes:
        x, y = at(n.x, n.y)
        found.append((x - n.radius, y - n.radius, x + n.radius, y + n.radius))
        w, h = Disc(n.x, n.y, n.radius, n.text, n.small).box
        x, y = x + n.text_x - n.x, y + n.text_y - n.y
        found.append((x - w / 2, y - h / 2, x + w / 2, y + h / 2))
    for e in picture.edges:
        x, y = at(e.label_x, e.label_y)
        w = 6.3 * len(e.label)
        found += [(x - w / 2, y - 6.5, x + w / 2, y + 6.5)] if e.label else []
        found += [(*at(*p), *at(*p)) for p in e.curve]
    return np.array(found)


@pytest.mark.parametrize("size", [(290, 150), (330, 264), (WIDTH, HEIGHT), (402, 391), (660, 480), (1300, 1000)])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 7, 12])
@pytest.mark.parametrize("on_projection", [True, False])
def test_nothing_is_cut_in_a_panel_of_any_size(n, size, on_projection):
    picture = network_picture(*states(n), on_projection=on_projection)
    edges = reaches(picture, frame(picture, (WIDTH, HEIGHT)), *size)
    assert edges[:, :2].min() >= 0
    assert (edges[:, 2:] <= size).all()


def test_a_unit_is_a_pixel_in_the_panel_the_picture_is_made_for():
    picture = network_picture(three_states())
    around = frame(picture, (WIDTH, HEIGHT))
    assert (WIDTH - around.left - around.right) / (around.x1 - around.x0) == pytest.approx(1, abs=0.15)
    assert (HEIGHT - around.bottom - around.top) / (around.y1 - around.y0) == pytest.approx(1, abs=0.15)
