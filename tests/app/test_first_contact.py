"""Results that come before the page listens wait, and are told once when the page says that it is there."""
from __future__ import annotations

import pytest
import traitlets as tl

from mdexplore.app.first_contact import FirstContact


class Shared(tl.HasTraits):
    results = tl.Dict()


@pytest.fixture
def shared():
    made = Shared()
    made.heard = []
    made.observe(lambda change: made.heard.append(change.new), "results")
    return made


def test_early_results_wait_for_the_page_and_are_told_once(shared):
    contact = FirstContact(shared)
    shared.results = {"features": 1}
    with shared.hold_trait_notifications():
        shared.results = {"features": 1, "projection": 2}
    assert shared.heard == []
    contact._button.click()
    assert shared.heard == [{"features": 1, "projection": 2}]


def test_later_results_are_told_at_once(shared):
    contact = FirstContact(shared)
    contact._button.click()
    contact._button.click()
    shared.results = {"features": 1}
    assert shared.heard == [{"features": 1}]


def test_the_unseen_button_is_named_in_what_presses_it(shared):
    contact = FirstContact(shared)
    name = contact.widget._dom_classes[0]
    assert f".{name} button" in contact.widget.children[1].value
