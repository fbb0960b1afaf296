"""Minus and plus beside a small whole number: the text stays what is read."""
from __future__ import annotations

import ipywidgets as w
import pytest

from mdexplore.panels.parts import make
from mdexplore.panels.stepping import Stepper


@pytest.fixture
def text():
    return make(w.Text)


@pytest.fixture
def stepper(text):
    made = Stepper(text, 2, 10, "States")
    made.say_automatic(3)
    return made


def test_the_steps_begin_at_the_automatic_number_which_is_the_way_back(text, stepper):
    assert text.value == "" and "mdx-unseen" in stepper.back._dom_classes
    stepper.more.click()
    assert text.value == "4" and "mdx-unseen" not in stepper.back._dom_classes
    stepper.less.click()
    assert text.value == "3"
    stepper.back.click()
    assert text.value == ""


def test_the_buttons_end_at_what_can_be_had(text, stepper):
    stepper.say_most(4)
    text.value = "4"
    assert stepper.more.disabled and not stepper.less.disabled
    stepper.more.click()
    assert text.value == "4"
    text.value = "2"
    assert stepper.less.disabled and not stepper.more.disabled


def test_a_number_beyond_the_ends_is_taken_and_steps_lead_back(text, stepper):
    text.value = "15"
    assert stepper.more.disabled
    stepper.less.click()
    assert text.value == "14"


@pytest.mark.parametrize("words", ["many", "-1", "²", "1.5", "9999999"])
def test_what_is_no_number_offers_no_steps(text, stepper, words):
    text.value = words
    assert stepper.less.disabled and stepper.more.disabled
    stepper.more.click()
    assert text.value == words


def test_nothing_is_offered_before_a_number_is_known(text):
    assert Stepper(text, 2, 10, "States").more.disabled
