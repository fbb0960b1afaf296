"""The top bar: what is shown, the lag time, the selection, undo and redo, what runs, warnings, saving, theme and help."""
from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from mdexplore.base.errors import UserError
from mdexplore.base.words import in_percent
from mdexplore.panels.forms import Saying, reveal
from mdexplore.panels.jobs_line import JobsLine
from mdexplore.panels.notices import summary
from mdexplore.panels.parts import box, escape, icon, make, markup, number, set_class
from mdexplore.panels.settings import spans
from mdexplore.session.session import Session

if TYPE_CHECKING:
    from mdexplore.app.explorer import Explorer

FOLDED, OPENED = "mdx-rail-folded", "mdx-rail-opened"   # classes of the root: on a wide page, and on a narrow one
HIDE, SHOW = "Hide the settings", "Show the settings"
_ids = itertools.count(1)
REOPEN = "mdexplore app {name} opens it again."
_PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="
# A picture that has loaded is in the page: from then on Esc presses the button that closes the sheet, as it closes the help.
_ESCAPE = ("document.addEventListener('keydown', function(event) {{ if (event.key !== 'Escape') return;"
           " var shut = document.querySelector('.{name}:not(.mdx-hidden) .mdx-i-close'); if (shut) shut.click() }})")
# The rail scrolls where it is lower than what it holds; the click itself opens it by the style sheet.
_TO_HEALTH = ("document.addEventListener('click', function(event) { var pressed = event.target.closest('.mdx-warned'); if (!pressed) return;"
              " var health = pressed.closest('.mdx-app').querySelector('.mdx-rail .mdx-panel-notices'); if (health) health.scrollIntoView({block: 'nearest'}) })")
GESTURES = (
    ("Select frames", "Draw round them with the lasso or the box on the projection, click a state in the network or the rail, or drag a range on the time trace. Every panel shows the same frames."),
    ("Combine", "The mode beside the tools says whether a gesture replaces the selection, adds to it, takes away from it or keeps what is common."),
    ("Look at one frame", "Click on the projection or the trace, or step and play in the structure panel; a mark follows everywhere."),
    ("Lag time", "Click or drag on the implied timescales. Network, test and error bars follow."),
    ("Flux", "Choose a source and a sink in the network: pathways there, the committor on the projection."),
    ("Zoom", "With the magnifier, turn the wheel or drag; the house goes back."),
    ("Settings", "The rail on the left; a grey text in a field is what was chosen for you. Empty the field to go back to it."),
    ("Undo", "Takes back selections and settings alike."),
    ("Trust", "Health in the rail says what may mislead: few real passages, lost counts, a test that is off."),
)


class TopBar:
    """One line of facts and controls.

    Parameters
    ----------
    session : Session
    explorer : Explorer
        Saves files.
    toggle : callable
        ``toggle(class_name)`` sets or takes a class of the root: the page's style sheet does the rest.
    """

    def __init__(self, session: Session, explorer: Explorer, toggle: Callable[[str], None]) -> None:
        self.session = session
        self._fold, theme = Fold(toggle), icon("theme", "Light or dark", "mdx-theme")
        theme.on_click(lambda button: toggle("mdx-flip"))
        self._undo, self._redo = icon("undo", "Undo", "mdx-undo"), icon("redo", "Redo", "mdx-redo")
        self._undo.on_click(lambda button: session.undo())
        self._redo.on_click(lambda button: session.redo())
        self._lag, self._states, self._count = markup(""), markup(""), markup("")
        self.saver = Saver(session, explorer)
        self.widget = box([
            self._fold.widget, markup('<span class="mdx-brand">mdexplore</span>'), markup(_data(session.data), "mdx-grow"), self._lag, self._states, self._count,
            box([self._undo, self._redo], "mdx-group"), JobsLine(session).widget, Warned(session, self._fold.open).widget, box([self.saver.button, theme, markup(_help())], "mdx-group"),
        ], "mdx-top")
        session.observe(lambda change: self._show_facts(), ["results", "study"])
        session.observe(lambda change: self._show_count(), "selection")
        session.observe(lambda change: self._show_history(), ["can_undo", "can_redo"])
        self._show_facts()
        self._show_count()
        self._show_history()

    def show_classes(self, classes: Collection[str]) -> None:
        """Say by the tips what the buttons do next, from the classes that the root has now."""
        self._fold.show(classes)

    def _show_facts(self) -> None:
        lag, coarse = self.session.lagtime, self.session.results.get("coarse")
        _set(self._lag, _fact("lag", "–" if lag is None else self.session.unit.say(lag), "mdx-lagtime"))
        _set(self._states, _fact("states", "–" if coarse is None else str(coarse.n_states), "mdx-state-count"))

    def _show_count(self) -> None:
        n, total = self.session.selection.n, max(self.session.data.n_frames, 1)
        share = f" ({escape(in_percent(n / total))})" if n else ""
        _set(self._count, f'<span class="mdx-fact{" mdx-on" if n else ""}" title="{escape(self.session.selection.how)}">'
                          f'selected <b class="mdx-selected-count">{n}</b> frames{share}</span>')

    def _show_history(self) -> None:
        self._undo.disabled, self._redo.disabled = not self.session.can_undo, not self.session.can_redo


class Warned:
    """How many warnings there are, or errors, on a button that opens the rail at Health; out of sight where there are none."""

    def __init__(self, session: Session, show_rail: Callable[[], None]) -> None:
        self.session = session
        self.button = make(w.Button, "mdx-warned", "mdx-hidden", tooltip="Open Health: what may mislead, and what to do about it")
        self.button.on_click(lambda button: show_rail())
        self.widget = box([self.button, markup(f'<img src="{_PIXEL}" alt="" onload="{_TO_HEALTH}">', "mdx-css")], "mdx-group")
        session.observe(lambda change: self._show(), "notices")
        self._show()

    def _show(self) -> None:
        said, has_errors = summary(self.session.notices), any(n.level == "error" for n in self.session.notices)
        self.button.description = said
        for name, is_on in (("mdx-i-error", has_errors), ("mdx-i-warning", not has_errors)):
            set_class(self.button, name, is_on)
        reveal(self.button, bool(said))


class Fold:
    """The button of the rail. A wide page shows the rail until it is folded, a narrow one hides it until it is opened: two buttons at one place with a class
    each, of which the style sheet shows the one for the width, so that each does what its tip says."""

    def __init__(self, toggle: Callable[[str], None]) -> None:
        self._toggle, self._classes = toggle, frozenset[str]()
        self._wide, self._narrow = icon("menu", HIDE, "mdx-if-wide"), icon("menu", SHOW, "mdx-if-narrow")
        self._wide.on_click(lambda button: toggle(FOLDED))
        self._narrow.on_click(lambda button: toggle(OPENED))
        self.widget = box([self._wide, self._narrow], "mdx-fold")

    def show(self, classes: Collection[str]) -> None:
        """Say what a click does next."""
        self._classes = frozenset(classes)
        for button, is_seen in ((self._wide, FOLDED not in classes), (self._narrow, OPENED in classes)):
            button.description = button.tooltip = HIDE if is_seen else SHOW

    def open(self) -> None:
        """Show the rail, however wide the page is."""
        if FOLDED in self._classes:
            self._toggle(FOLDED)
        if OPENED not in self._classes:
            self._toggle(OPENED)


class Saver:
    """A small sheet that writes the selection, a picture, the study or a script into a file, and says where it lies; Esc closes it."""

    widget: w.Box

    def __init__(self, session: Session, explorer: Explorer) -> None:
        self.session = session
        self.button = icon("download", "Save the selection, a picture, the study or a script", "mdx-save")
        self.button.on_click(lambda button: self._open("mdx-hidden" in self.widget._dom_classes))
        self._said = Saying("mdx-said")
        self._shut = icon("close", "Close")
        self._shut.on_click(lambda button: self._open(False))
        rows = [self._row("selection.pdb", "Structures", "The selected frames as .pdb, .xtc, .dcd or .h5, and a table of their origin", lambda path: explorer.selection.save(path)),
                self._row("mdexplore.png", "Picture", "All figures in one, as .png, .pdf or .svg", explorer.snapshot),
                self._row("study.mdx", "Study", "Data, settings and results in one file", lambda path: [explorer.save(path)], REOPEN),
                self._row("study.py", "Script", "A plain mdtraj and deeptime script that gives the same numbers without mdexplore", explorer.write_code)]
        name = f"mdx-save-{next(_ids)}"
        listens = markup(f'<img src="{_PIXEL}" alt="" onload="{_ESCAPE.format(name=name)}">', "mdx-css")
        self.widget = box([box([markup("<b>Save</b>"), self._shut], "mdx-sechead"), *rows, self._said.widget, listens], "mdx-pop", name, "mdx-hidden")

    def _row(self, name: str, word: str, tip: str, write: Callable[[str], Any], more: str = "") -> w.Box:
        path = make(w.Text, value=name, tooltip="File name, in the folder the program was started in unless it says another")
        go = make(w.Button, "mdx-quiet-button", description=word, tooltip=tip)
        go.on_click(lambda button: self._write(write, path.value.strip(), more))
        return box([path, go], "mdx-adder")

    def _write(self, write: Callable[[str], Any], path: str, more: str) -> None:
        try:
            written = write(path)
        except UserError as error:
            self._said.say(error)
            return
        self._said.say("Written: " + ", ".join(os.path.abspath(p) for p in written) + ". " + more.format(name=os.path.basename(written[0])))

    def _open(self, is_open: bool) -> None:
        self._said.say("")
        set_class(self.widget, "mdx-hidden", not is_open)


def _set(widget: Any, value: str) -> None:
    if widget.value != value:
        widget.value = value


def _fact(word: str, value: str, name: str) -> str:
    return f'<span class="mdx-fact">{word} <b class="{name}">{escape(value)}</b></span>'


def _data(data: Any) -> str:
    return (f'<span class="mdx-fact"><b>{escape(data.name)}</b></span>'
            f'<span class="mdx-quiet">{escape(spans(data))}, {number(data.n_frames)} frames</span>')


def _help() -> str:
    """A button and what it opens; the browser's own popover closes by Esc or a click beside it."""
    name = f"mdx-help-{next(_ids)}"
    lines = "".join(f"<dt>{escape(gesture)}</dt><dd>{escape(text)}</dd>" for gesture, text in GESTURES)
    return (f'<button class="jupyter-button mdx-icon mdx-i-help" popovertarget="{name}" title="Help" aria-label="Help"></button>'
            f'<div class="mdx-help" id="{name}" popover><h3>What you can do here</h3>'
            f'<button class="jupyter-button mdx-icon mdx-i-close mdx-shut" popovertarget="{name}" popovertargetaction="hide" aria-label="Close"></button>'
            f"<dl>{lines}</dl></div>")
