"""A step that failed: said in the panel that lacks it, with a button that tries again."""
from __future__ import annotations

import pytest

from mdexplore.base.work.failures import died
from mdexplore.panels.timescales import TimescalesPanel
from tests.panels import builders

KILLED = died("timescales", -9)


@pytest.fixture
def failed(monkeypatch):
    """A panel whose worker was killed, and the steps that are tried again."""
    session, tried = builders.session(), []
    monkeypatch.setattr(session.fits, "retry", tried.append)
    panel = TimescalesPanel(session)
    session.errors = {"timescales": KILLED}
    return panel, tried


def test_a_worker_that_was_killed_is_said_in_the_panel_with_retry(failed):
    panel, _ = failed
    assert "mdx-hidden" not in panel._strip_box._dom_classes and "mdx-hidden" not in panel._retry._dom_classes
    assert "SIGKILL" in panel._strip.value and "ran out of memory" in panel._strip.value


def test_retry_tries_the_step_again_and_the_strip_goes_with_the_error(failed):
    panel, tried = failed
    panel._retry.click()
    assert tried == ["timescales"]
    panel.session.errors = {}
    assert "mdx-hidden" in panel._strip_box._dom_classes
