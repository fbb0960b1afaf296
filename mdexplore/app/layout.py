"""The one root of the app: style sheet, top bar, rail and six panels in a grid; sizes and folding are theme.css's."""
from __future__ import annotations

import importlib
import logging
from functools import partial
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from mdexplore.app.theme import stylesheet
from mdexplore.app.topbar import TopBar
from mdexplore.panels.arena import ArenaPanel
from mdexplore.panels.comparing import ComparingPanel
from mdexplore.panels.coordinate import CoordinatePanel
from mdexplore.panels.drawer import Drawer
from mdexplore.panels.ensembles import EnsemblesPanel
from mdexplore.panels.experiment import ExperimentPanel
from mdexplore.panels.generation import GenerationPanel
from mdexplore.panels.groups import Groups
from mdexplore.panels.jobs_line import JobsList
from mdexplore.panels.notices import Notices
from mdexplore.panels.observables import ObservablesPanel
from mdexplore.panels.ondemand import OnDemand
from mdexplore.panels.panel import Panel
from mdexplore.panels.parts import box, escape, markup, set_class
from mdexplore.panels.sampling import SamplingPanel
from mdexplore.panels.settings import Settings
from mdexplore.session.session import Session

if TYPE_CHECKING:
    from mdexplore.app.explorer import Explorer

log = logging.getLogger(__name__)

#: The grid row by row: name and module of each panel, and its title where it cannot be made.
GRID = (
    ("projection", "mdexplore.panels.projection", "Projection"),
    ("structure", "mdexplore.panels.structure", "Structure"),
    ("network", "mdexplore.panels.network", "State network"),
    ("timescales", "mdexplore.panels.timescales", "Implied timescales"),
    ("chapman", "mdexplore.panels.chapman", "Chapman–Kolmogorov"),
    ("trace", "mdexplore.panels.trace", "Time trace"),
)


def app_root(session: Session, explorer: Explorer) -> w.Box:
    """Build the whole app.

    Parameters
    ----------
    session : Session
    explorer : Explorer
        Saves files for the top bar; its `panels` are filled: name -> panel.

    Returns
    -------
    ipywidgets.Box
        Class ``mdx-app``; its first child carries the style sheet.
    """
    root = box([], "mdx-app")

    def toggle(name: str) -> None:
        set_class(root, name, name not in root._dom_classes)

    top = TopBar(session, explorer, toggle)
    root.observe(lambda change: top.show_classes(change["new"]), "_dom_classes")
    grid = {name: _panel(session, name, module, title) for name, module, title in GRID}
    arena = ArenaPanel(session, folded=True)
    on_demand = [ObservablesPanel(session), ExperimentPanel(session), SamplingPanel(session), GenerationPanel(session), EnsemblesPanel(session),
                 CoordinatePanel(session), ComparingPanel(session, arena.jobs)]
    drawer = Drawer(on_demand, _openers(grid, arena))
    explorer.drawer = drawer
    rail: list[Any] = [Settings(session), Groups(session), arena, drawer, JobsList(session), Notices(session)]
    explorer.panels.update({panel.name: panel for panel in rail if panel is not drawer}, **grid, **drawer.panels)
    for panel in explorer.panels.values():
        panel.widget.frame = partial(opened, panel) if isinstance(panel, OnDemand) else alone
    shell = box([top.widget, box([panel.widget for panel in rail], "mdx-rail"), drawer.place, box([panel.widget for panel in grid.values()], "mdx-panels"), top.saver.widget], "mdx-shell")
    root.children = (style(), shell)
    return root


def _openers(grid: dict[str, Any], arena: ArenaPanel) -> dict[str, w.Button]:
    """Buttons of panels that open others: the rail has no room for all."""
    found = {CoordinatePanel.name: getattr(grid["projection"], "opener", None), ComparingPanel.name: arena.opener}
    there = {name: opener for name, opener in found.items() if opener is not None}   # none where that panel could not be made
    for opener in there.values():
        opener.remove_class("mdx-hidden")
    return there


def alone(panel: w.Box) -> w.Box:
    """What one panel needs round it when it is shown without the others."""
    return box([style(), panel], "mdx-app", "mdx-alone")


def opened(panel: OnDemand, widget: w.Box) -> w.Box:
    """The same for a panel that is made when it is first shown."""
    panel.open()
    return alone(widget)


def style() -> w.HTML:
    """The style sheet as a widget: a notebook has no template that could hold it."""
    return markup(f"<style>{stylesheet()}</style>", "mdx-css")


def panel_class(module: str, name: str) -> type[Panel]:
    """The panel of that name in a module: one panel, one file."""
    return next(kind for kind in vars(importlib.import_module(module)).values() if isinstance(kind, type) and issubclass(kind, Panel) and kind.name == name)


class BrokenPanel:
    """Stands where a panel could not be made; the others work on."""

    def __init__(self, name: str, title: str, error: Exception) -> None:
        self.name = name
        say = f"This panel could not be made.<br><small>{escape(type(error).__name__)}: {escape(error)}</small>"
        self.widget = box([box([markup(f"<b>{escape(title)}</b>", "mdx-title")], "mdx-head"), box([markup(say, "mdx-wait")], "mdx-body")],
                          "mdx-panel", f"mdx-panel-{name}", "mdx-waiting")


def _panel(session: Session, name: str, module: str, title: str) -> Any:
    """A panel, or what says why there is none: the one place of the layout that catches everything."""
    try:
        return panel_class(module, name)(session)
    except Exception as error:
        log.exception("panel %s could not be made", name)
        return BrokenPanel(name, title, error)
