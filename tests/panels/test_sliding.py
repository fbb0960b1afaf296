"""A slider for a number that may lie decades away: the text stays what is read."""
from __future__ import annotations

import numpy as np
import pytest

from mdexplore.panels.parts import make
from mdexplore.panels.sliding import REACH, STEP, LogSlider


@pytest.fixture
def text():
    import ipywidgets as w

    return make(w.Text)


@pytest.fixture
def slider(text):
    return LogSlider(text, 1e-3, 1e3)


def test_moving_it_writes_the_number(text, slider):
    slider.bar.value = 0.5
    assert text.value == "0.5"


def test_writing_a_number_moves_it_and_says_nothing_twice(text, slider):
    said = []
    text.observe(lambda change: said.append(change["new"]), "value")
    text.value = "0.02"
    assert slider.bar.value == pytest.approx(0.02) and said == ["0.02"]


def test_the_automatic_value_is_its_middle_and_the_way_back(text, slider):
    slider.say_automatic(0.4)
    assert slider.bar.value == pytest.approx(0.4) and text.value == ""
    assert slider.bar.min == pytest.approx(np.log10(0.4) - REACH) and slider.bar.max == pytest.approx(np.log10(0.4) + REACH)
    assert "mdx-hidden" in slider.back._dom_classes
    slider.bar.value = 2.0
    assert "mdx-hidden" not in slider.back._dom_classes and slider.back.description == "automatic: 0.4"
    slider.back.click()
    assert text.value == "" and slider.bar.value == pytest.approx(0.4)


def test_a_number_far_from_the_automatic_value_stretches_the_scale(text, slider):
    slider.say_automatic(0.4)
    text.value = "500"
    assert slider.bar.value == pytest.approx(500) and 10**slider.bar.max == pytest.approx(500)
    text.value = "1"
    assert slider.bar.max == pytest.approx(np.log10(0.4) + REACH)


@pytest.mark.parametrize("words", ["wide", "-1", "nan", "0", "1,234", "1_0"])
def test_what_is_no_number_leaves_it_where_it_is(text, slider, words):
    slider.bar.value = 0.5
    text.value = words
    assert slider.bar.value == pytest.approx(0.5)


def test_a_number_beyond_the_limits_is_left_to_the_form_to_refuse(text, slider):
    text.value = "1e9"
    assert text.value == "1e9" and slider.bar.value == pytest.approx(1e3)


def test_the_step_that_a_page_rounds_to_is_no_gesture(text, slider):
    slider.say_automatic(0.86)
    slider.bar.value = 0.86 * 10 ** (0.49 * STEP)
    assert text.value == ""
    text.value = "9.9"
    slider.bar.value = 9.9 * 10 ** (-0.49 * STEP)
    assert text.value == "9.9"
    slider.bar.value = 9.9 * 10**STEP
    assert text.value == "10"
