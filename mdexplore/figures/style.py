"""The look of all figures: quiet axes, one palette, text that stays text in vector files."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mdexplore.base.work.threads import single_threaded

STYLE: dict[Any, Any] = {"font.size": 9, "axes.titlesize": 10, "axes.titleweight": "bold", "axes.titlelocation": "left", "axes.labelsize": 9, "axes.spines.top": False,
         "axes.spines.right": False, "axes.linewidth": 0.8, "axes.edgecolor": "#8b95a3", "axes.labelcolor": "#1b2129", "text.color": "#1b2129",
         "xtick.color": "#566170", "ytick.color": "#566170", "legend.frameon": False, "legend.fontsize": 8, "svg.fonttype": "none", "pdf.fonttype": 42,
         "figure.dpi": 110, "savefig.dpi": 200}
INK, MUTED, FAINT = "#1b2129", "#68727f", "#e2e5ea"
PROCESSES = ("#1b2129", "#6b7684", "#8b95a3", "#a7afba", "#c2c8d0")


@contextmanager
def axes(ax: Any = None, size: tuple[float, float] = (4.2, 3.4)) -> Iterator[Any]:
    """The given axes, or new ones in the house style; never touches pyplot's state. What is computed inside keeps to one thread."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE), single_threaded():
        yield ax if ax is not None else Figure(figsize=size, layout="constrained").add_subplot()
