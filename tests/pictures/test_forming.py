"""A network in training: dots where its sample lies, in colours that go on from the states last shown."""
from __future__ import annotations

import numpy as np
import pytest

from mdexplore.methods.deep.forming import Forming
from mdexplore.pictures.coordinates import coordinates
from mdexplore.pictures.forming import note, sketch
from mdexplore.pictures.palette import OUTSIDE, rgb, state_hex
from mdexplore.pictures.projection import plane
from tests.panels import builders

FRAMES = np.arange(0, 750, 5, dtype=np.int32)
WELLS = np.concatenate(builders.results()["coarse"].assignments)


@pytest.fixture
def shown():
    results = builders.results()
    x, y, *_ = coordinates(results["projection"])
    return plane(x, y, results)


def of_states(order=(0, 1, 2)):
    """A network that has found the wells and numbers them in its own way."""
    return Forming("VAMPnet", 7, 30, (1.9, 1.85), FRAMES, np.array(order, np.int16)[WELLS[FRAMES]], None, 3)


def color_at(painting, cells, frame):
    """Colour of the cell that a frame lies in."""
    return painting.layer.rgb[cells.cell[frame]]


def test_each_sampled_frame_has_the_colour_of_its_state(shown):
    cells = shown.grid(shown.home)
    painting = sketch(of_states(), shown, cells)
    for state in range(3):
        frame = FRAMES[WELLS[FRAMES] == state][0]
        np.testing.assert_allclose(color_at(painting, cells, frame), rgb(state_hex(state)))
    assert painting.layer.key is None


def test_states_go_on_in_the_colours_of_those_that_they_overlap(shown):
    cells = shown.grid(shown.home)
    painting = sketch(of_states((2, 0, 1)), shown, cells, WELLS, (4, 0, 2))
    for state, color in enumerate((4, 0, 2)):
        np.testing.assert_allclose(color_at(painting, cells, FRAMES[WELLS[FRAMES] == state][0]), rgb(state_hex(color)))


def test_a_state_like_none_before_takes_a_free_colour(shown):
    cells, split = shown.grid(shown.home), of_states()
    halves = Forming("VAMPnet", 1, 30, (1.9, 1.85), FRAMES, np.where(np.arange(len(FRAMES)) % 7 == 0, 3, split.states).astype(np.int16), None, 4)
    painting = sketch(halves, shown, cells, np.where(WELLS == 2, -1, WELLS), (5, 1))
    used = {tuple(np.round(c)) for c in painting.layer.rgb[painting.layer.alpha > 0]}
    assert tuple(rgb(state_hex(5))) in used and tuple(rgb(state_hex(1))) in used


def test_frames_that_are_not_in_the_sample_are_a_grey_background(shown):
    cells = shown.grid(shown.home)
    layer = sketch(of_states(), shown, cells).layer
    is_grey = np.isclose(layer.rgb, rgb(OUTSIDE)).all(axis=1) & (layer.alpha > 0)
    left = np.setdiff1d(np.arange(750), FRAMES)
    assert is_grey[cells.cell[left]].any() and not is_grey[cells.cell[FRAMES]].any()
    assert not (is_grey & (cells.counts == 0)).any()


def test_a_coordinate_has_a_key_that_says_it_is_not_final(shown):
    slow = np.linspace(-2, 2, len(FRAMES), dtype=np.float32)
    painting = sketch(Forming("SRV", 2, 30, (1.9, 1.85), FRAMES, None, slow), shown, shown.grid(shown.home))
    assert painting.layer.key.label == "SRV 1 so far"
    assert -2 <= painting.layer.key.low < painting.layer.key.high <= 2


def test_the_note_says_that_it_is_a_preview():
    assert note(of_states()) == "training, epoch 7 of at most 30: score 1.900, held out 1.850; preview of 150 frames"
