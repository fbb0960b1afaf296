"""What changes before the page listens is sent again, once, when it says that it is there."""
from __future__ import annotations

import bqplot as bq
import ipywidgets as w
import pytest

from mdexplore.app.first_contact import FirstContact, reachable


@pytest.fixture
def sent(monkeypatch):
    found = []
    monkeypatch.setattr(w.Widget, "send_state", lambda self, key=None: found.append((self, set(key))))
    return found


def test_early_changes_are_sent_again(sent):
    text, still = w.HTML("–"), w.HTML("still")
    contact = FirstContact(w.Box([text, still]))
    text.value = "20 ps"
    text.add_class("mdx-ready")
    sent.clear()
    contact._button.click()
    assert sent == [(text, {"value", "_dom_classes"})]


def test_later_changes_are_left_to_the_widgets_themselves(sent):
    text = w.HTML("–")
    contact = FirstContact(w.Box([text]))
    contact._button.click()
    text.value = "20 ps"
    sent.clear()
    contact._button.click()
    assert sent == []


def test_marks_axes_and_scales_of_a_figure_are_reached():
    scale = bq.LinearScale()
    mark = bq.Lines(x=[0.0], y=[0.0], scales={"x": scale, "y": bq.LinearScale()})
    axis = bq.Axis(scale=scale)
    figure = bq.Figure(marks=[mark], axes=[axis])
    found = list(reachable(w.Box([figure])))
    assert {scale, mark, axis, figure} <= set(found)
    assert len(found) == len(set(found))


def test_the_unseen_button_is_named_in_what_presses_it():
    contact = FirstContact(w.Box())
    name = contact.widget._dom_classes[0]
    assert f".{name} button" in contact.widget.children[1].value
