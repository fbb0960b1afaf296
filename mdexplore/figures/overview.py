"""The whole analysis on one page."""
from __future__ import annotations

from typing import Any

from mdexplore.figures.chapman import chapman_kolmogorov
from mdexplore.figures.network import network
from mdexplore.figures.projection import projection
from mdexplore.figures.style import STYLE
from mdexplore.figures.timescales import timescales
from mdexplore.figures.trace import trace
from mdexplore.session.study import Study


def overview(study: Study) -> Any:
    """Free energy, states, network, timescales, Chapman-Kolmogorov test and a trace.

    Returns
    -------
    matplotlib Figure
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(13, 8.2), layout="constrained")
        panes = figure.subplots(2, 3)
        y = min(1, study.result("projection").dim - 1)
        projection(study, 0, y, "free energy", ax=panes[0, 0]).set_title("Free energy")
        projection(study, 0, y, "states", ax=panes[0, 1]).set_title("Metastable states")
        network(study, ax=panes[0, 2]).set_title("Mean first passage times")
        timescales(study, ax=panes[1, 0]).set_title("Implied timescales")
        chapman_kolmogorov(study, ax=panes[1, 1]).set_title("Chapman–Kolmogorov")
        trace(study, ax=panes[1, 2]).set_title("Time trace")
    return figure
