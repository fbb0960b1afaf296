"""One panel as the last line of a cell."""
from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from ipywidgets.widgets import widget

from mdexplore.app.explorer import Explorer

_spec = importlib.util.spec_from_file_location("mdx_panel_builders", Path(__file__).parents[1] / "panels" / "builders.py")
builders = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(builders)
VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module")
def explorer():
    return Explorer(builders.session())


def shown(panel):
    return panel.widget._repr_mimebundle_()[VIEW]["model_id"]


def test_every_panel_is_shown_in_a_frame_with_the_style_sheet(explorer):
    for panel in explorer.panels.values():
        frame = widget._instances[shown(panel)]
        assert {"mdx-app", "mdx-alone"} <= set(frame._dom_classes)
        assert "<style>" in frame.children[0].value
        assert frame.children[1] is panel.widget


def test_a_panel_shown_twice_has_one_frame(explorer):
    panel = explorer.panels["trace"]
    assert shown(panel) == shown(panel)
