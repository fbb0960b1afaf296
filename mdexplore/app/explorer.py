"""The widget that `explore` gives: the whole app, and in Python what is selected in it."""
from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets as w
import numpy as np

from mdexplore.app.topbar import FOLDED, OPENED
from mdexplore.base.errors import UserError
from mdexplore.base.writing import write_whole
from mdexplore.panels.arena import ArenaPanel
from mdexplore.panels.drawer import Drawer
from mdexplore.panels.panel import Panel
from mdexplore.panels.parts import set_class
from mdexplore.session.sealed import DAMAGED
from mdexplore.session.selection import Mode
from mdexplore.session.view import View, take_up, view_of

if TYPE_CHECKING:
    from mdexplore.session.selection import Selection
    from mdexplore.session.session import Session
    from mdexplore.session.study import Study

log = logging.getLogger(__name__)
TOGGLES = (FOLDED, OPENED, "mdx-flip")   # classes of the root that buttons set
KEEPING = (Panel, ArenaPanel)   # panels that can be saved
PICTURES = (".png", ".pdf", ".svg")


class Chosen:
    """The selected frames, as the page shows them at the moment it is asked for.

    Attributes
    ----------
    mask : ndarray, shape (n_frames,), bool
        Over all trajectories end to end.
    frames : ndarray, shape (n, 2), int
        (trajectory, frame) of each selected frame.
    times_ns : ndarray, shape (n,), or None
        Time of each, as its file says it; None where the time step is unknown.
    n : int
    how : str
        In words, how it was made.
    """

    def __init__(self, selection: Selection, study: Study) -> None:
        self._selection, self._study = selection, study

    @property
    def mask(self) -> np.ndarray:
        return self._selection.mask

    @property
    def n(self) -> int:
        return self._selection.n

    @property
    def how(self) -> str:
        return self._selection.how

    @property
    def frames(self) -> np.ndarray:
        return self._study.data.index.pairs(self._selection.numbers).reshape(-1, 2)

    @property
    def times_ns(self) -> np.ndarray | None:
        data, frames = self._study.data, self.frames
        if data.timestep_ns is None:
            return None
        times = np.empty(len(frames))
        for trajectory in np.unique(frames[:, 0]):
            here = frames[:, 0] == trajectory
            times[here] = data.times_ns(int(trajectory))[frames[here, 1]]   # type: ignore[index]
        return times

    def save(self, path: str | Path) -> list[Path]:
        """Write the structures, and beside them a table with file, frame and time of each.

        Parameters
        ----------
        path : str or Path
            Its suffix chooses the format: ``.pdb .xtc .dcd .h5``.

        Raises
        ------
        UserError
            If nothing is selected, there are no structures, or the file cannot be written.
        """
        from mdexplore.session.export import save_frames

        if not self.n:
            raise UserError("There is nothing to save.", "No frame is selected.", "Select frames first, with the lasso or by a click on a state.")
        return save_frames(self._study.data, self.frames, path)

    def __len__(self) -> int:
        return self.n

    def __repr__(self) -> str:
        return f"<{self.n} of {self._selection.n_frames} frames: {self.how}>"


class Panels(dict[str, Any]):
    """Panels by name; a name that is not there is answered with those that are."""

    def __missing__(self, name: str) -> Any:
        raise UserError(f"There is no panel {name!r}.", do=f"Choose one of: {', '.join(self)}.")


class Explorer(w.VBox):
    """The app as a widget: show it as the last line of a cell.

    Parameters
    ----------
    session : Session

    Attributes
    ----------
    session : Session
    panels : dict of str to panel
        ``projection structure network timescales chapman trace settings groups arena observables experiment sampling generation ensembles coordinate comparing jobs notices``; each has a `widget` that can be shown alone.
        Another name raises `UserError`.
    drawer : Drawer
        Opens the panels that few need at a time.
    """

    drawer: Drawer

    def __init__(self, session: Session) -> None:
        from mdexplore.app.layout import app_root

        self.session = session
        self.panels = Panels()
        self._root = app_root(session, self)
        super().__init__(children=[self._root])
        self.add_class("mdx-explorer")
        if session.study.view is not None:
            self.restore(session.study.view)

    @property
    def study(self) -> Study:
        """The study as it is set now."""
        return self.session.study

    @property
    def selection(self) -> Chosen:
        """What is selected now."""
        return Chosen(self.session.selection, self.session.study)

    def select(self, frames: np.ndarray | Sequence[int] | None, mode: Mode = "replace") -> None:
        """Select frames in all panels.

        Parameters
        ----------
        frames : bool mask of shape (n_frames,), running frame numbers, (n, 2) array of (trajectory, frame), or None for nothing
        mode : {"replace", "add", "remove", "intersect"}

        Raises
        ------
        UserError
            For a frame that does not exist or a mask of another length.
        """
        self.session.select(frames, source="python", how="chosen in Python", mode=mode)

    def snapshot(self, path: str | Path) -> list[Path]:
        """Write the overview of all figures; the suffix chooses ``.png``, ``.pdf`` or ``.svg``."""
        from mdexplore.figures import overview

        path = Path(path)
        if path.suffix not in PICTURES:
            raise UserError(f"A picture cannot be written as {path.suffix or 'a file without suffix'}.", do=f"Choose one of: {', '.join(PICTURES)}.")
        if "chapman" not in self.session.results:
            raise UserError("There is no picture yet.", "The Markov model is not there.", "Wait until all panels are drawn.")
        return [write_whole(path, lambda target: overview(self.study).savefig(target, dpi=200))]

    def save(self, path: str | Path) -> Path:
        """Write the study, with selection, groups and how the page is set, into one file that `mdexplore.open` and `mdexplore.explore` read."""
        from mdexplore.session.saved import save

        return save(self.study, path, self.view())

    def write_code(self, path: str | Path) -> list[Path]:
        """Write a plain mdtraj and deeptime script that gives the numbers shown; see `mdexplore.Study.to_code`."""
        if "coarse" not in self.session.results:
            raise UserError("There is no script yet.", "The Markov model is not there.", "Wait until all panels are drawn.")
        self.study.to_code(path)
        return [Path(os.path.expanduser(path)).absolute()]

    def view(self) -> View:
        """What is selected, named and looked at, and how the panels are set, as a value."""
        panels = {name: panel.view() for name, panel in self.panels.items() if isinstance(panel, KEEPING)}
        return view_of(self.session, {**panels, "drawer": self.drawer.view(), "page": {"classes": tuple(c for c in TOGGLES if c in self._root._dom_classes)}})

    def restore(self, view: View) -> tuple[str, ...]:
        """Select, name and show what was when `view` was taken; panels follow as their results come. Gives the names of those that could not be set as they were."""
        take_up(self.session, view)
        keeping = {name: panel for name, panel in self.panels.items() if isinstance(panel, KEEPING)}
        left = tuple(name for name, panel in {**keeping, "drawer": self.drawer}.items() if not _takes_up(name, panel, view.panels.get(name, {})))
        classes = view.panels.get("page", {}).get("classes", ())
        for name in TOGGLES:
            set_class(self._root, name, isinstance(classes, tuple) and name in classes)
        return left

    def on_change(self, call: Callable[[], None]) -> None:
        """Call back when measurements, rows of the arena or the open panel have changed: what `view` holds, and the session does not tell."""
        self.panels["arena"].jobs.observe(lambda change: call(), ["candidates", "rows", "rules"])
        self.panels["experiment"].changed = self.drawer.changed = call

    def close(self) -> None:
        """End the workers and take the widget away."""
        session = getattr(self, "session", None)
        if session is not None:
            session.close()
        super().close()

    def __repr__(self) -> str:
        data = self.study.data
        return f"<Explorer of {data.name}: {data.n_frames} frames, {self.session.selection.n} selected>"


def _takes_up(name: str, panel: Any, part: Mapping[str, Any]) -> bool:
    """Set a panel as it was; False where its part of a file, which may be of another version or of a stranger, does not allow it."""
    try:
        panel.restore(part)
    except (UserError, *DAMAGED):   # the others get theirs, and the study opens
        log.exception("the panel %s could not be set as it was", name)
        return False
    return True
