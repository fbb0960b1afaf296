"""Parts of the experiment panel: the row of a measurement, the form that adds one, and the populations."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import ipywidgets as w

from mdexplore.base import limits
from mdexplore.base.errors import UserError
from mdexplore.base.typed import number_in
from mdexplore.methods.experiment.formulas import TORSIONS, WAYS
from mdexplore.methods.experiment.measuring import atom_number
from mdexplore.panels.forms import reveal, set_text
from mdexplore.panels.parts import box, escape, icon, make, markup
from mdexplore.pictures.coordinates import GREEK
from mdexplore.pictures.experiment import UNITS, ExperimentPicture, MeasuredRow, StateRow
from mdexplore.session.experiment_jobs import Measurement

KINDS = {"³J(HN,HA)": "j-coupling", "NOE": "noe", "distance": "distance", "torsion": "torsion", "from files": "column", "formula": "formula"}
OF_STRUCTURES = ("j-coupling", "noe", "distance", "torsion")
TWO = ("two atoms", "Two atoms with a blank between them: numbers counted from 0, or names such as ALA2-HA")
ASKED = {"j-coupling": ("", ""), "noe": TWO, "distance": TWO,
         "torsion": ("phi ALA2", "A torsion by its name and residue, such as phi ALA2, psi ALA2 or chi1 LYS3, or four atoms with blanks between them; in degrees"),
         "column": ("name of the column", "A column of the files with values of each frame, such as chemical shifts that another program has computed"),
         "formula": ("4.2 + 0.3 * cos(phi(ALA2))", f"A chemical shift, or anything else that a frame has. {WAYS}")}
VALUE = {"j-coupling": "value / Hz", "noe": "value / nm", "distance": "value / nm", "torsion": "value / °", "column": "value", "formula": "value"}
HEAD = "<span></span><span>measured</span><span>± error</span><span>before</span><span>after</span><span title='What all the other measurements predict for this one'>left out</span>"
KEY = '<i class="mdx-ap-train"></i>before <i class="mdx-ap-mean"></i>after <i class="mdx-ap-dot"></i>left out <i class="mdx-ap-spread"></i>measured ± error'


class MeasurementRow:
    """Whether it is used, its name, its numbers, its error as a field, and where the averages lie in units of the error.

    Parameters
    ----------
    changed : callable
        Called with the place and the `Measurement` that the user has made of it; with None where it is taken out.
    attempt : callable
        Runs what may raise `UserError`, and says it.
    """

    def __init__(self, place: int, changed: Callable[[int, Measurement | None], None], attempt: Callable[[Callable[[], None]], None]) -> None:
        self.place, self._changed, self._attempt = place, changed, attempt
        self._shown: Measurement | None = None
        self.use = make(w.Checkbox, "mdx-ex-use", value=True, indent=False, description="", tooltip="Take it into account; one that is not is predicted all the same")
        self.error = make(w.Text, "mdx-ex-error", continuous_update=False, tooltip="Standard error, that of the formula included: the weight of the measurement is 1 / (2 error²); 0 demands it exactly")
        self.remove = icon("clear", "Take this measurement out")
        self._name, self._numbers, self._plot = markup("", "mdx-ex-name"), markup("", "mdx-ex-numbers"), markup("", "mdx-ex-plot")
        self.use.observe(lambda change: self._used(), "value")
        self.error.observe(lambda change: self._weighed(), "value")
        self.remove.on_click(lambda button: self._changed(self.place, None))
        self.widget = box([self.use, self._name, self.remove, self._numbers, self.error, self._plot], "mdx-ex-row")

    def show(self, measurement: Measurement, drawn: MeasuredRow) -> None:
        """Draw a measurement and what was found for it."""
        self._shown = None   # what is written here is no gesture
        self.use.value, self.error.value = measurement.is_used, f"{measurement.error:g}"
        self._shown = measurement
        set_text(self._name, name_markup(drawn))
        set_text(self._numbers, numbers_markup(drawn))
        set_text(self._plot, plot_markup(drawn))

    def _used(self) -> None:
        if self._shown is not None:
            self._changed(self.place, replace(self._shown, is_used=self.use.value))

    def _weighed(self) -> None:
        shown = self._shown
        if shown is not None:
            self._attempt(lambda: self._changed(self.place, replace(shown, error=number_in(self.error.value, f"{shown.name}, error"))))


class Adder:
    """A line that adds one measurement: its kind, what it is computed from, the measured value and its error.

    Parameters
    ----------
    residues : dict of str to str
        Name -> the four atoms of phi, for those residues that have one.
    names : sequence of str
        Of the atoms, as ``ALA2-CB``; empty without structures.
    add : callable
        Takes the `Measurement`.
    attempt : callable
    torsion : callable
        Gives the four atoms of a torsion by kind and residue (``"phi", "ALA2"``).
    """

    def __init__(self, residues: dict[str, str], names: list[str], add: Callable[[Measurement], None], attempt: Callable[[Callable[[], None]], None],
                 torsion: Callable[[str, str], tuple[int, ...]]) -> None:
        self._names, self._torsion = names, torsion
        kinds = [(word, kind) for word, kind in KINDS.items() if (names or kind not in OF_STRUCTURES) and (residues or kind != "j-coupling")]
        self.kind = make(w.Dropdown, options=kinds, tooltip="What is computed for each frame")
        self.residue = make(w.Dropdown, options=list(residues.items()), tooltip="The residue whose torsion phi gives the coupling")
        self.atoms = make(w.Text, placeholder=TWO[0], tooltip=TWO[1])
        self.measured = make(w.Text, placeholder="value", tooltip="What was measured: couplings in Hz, NOEs and distances in nm, torsions in degrees")
        self.error = make(w.Text, placeholder="± error", tooltip="Standard error, that of the formula included")
        self.button = icon("plus", "Add this measurement")
        self.kind.observe(lambda change: self._show_kind(), "value")
        self._add = add
        self.button.on_click(lambda button: attempt(self._send))
        self.widget = box([self.kind, self.residue, self.atoms, self.measured, self.error, self.button], "mdx-ex-add")
        self._show_kind()

    def read(self) -> Measurement:
        """The measurement that stands in the line; raises `UserError` for what cannot be read."""
        kind = self.kind.value
        measured, error = number_in(self.measured.value, "Measured"), number_in(self.error.value, "Error")
        if kind == "j-coupling":
            return Measurement(f"³J(HN,HA) {self.residue.label}", measured, error, kind, self.residue.value, unit="Hz")
        limits.check("text", len(self.atoms.value), "What it is computed from")
        text = self.atoms.value.strip()
        if kind == "formula":
            return Measurement(text, measured, error, kind, formula=text)
        if kind == "column":
            if not text:
                raise UserError("There is no name.", do="Write the name of the column that has its value for each frame.")
            return Measurement(text, measured, error, kind)
        name, atoms = self._atoms(kind, text.split())
        return Measurement(name, measured, error, kind, " ".join(map(str, atoms)), unit=UNITS[kind])

    def _send(self) -> None:
        """Hand on what stands in the line, and empty it for the next; what cannot be taken stays to be mended."""
        self._add(self.read())
        for field in (self.atoms, self.measured, self.error):
            field.value = ""

    def _atoms(self, kind: str, words: list[str]) -> tuple[str, tuple[int, ...]]:
        """What a length or an angle is called, and its atoms."""
        if kind == "torsion" and len(words) == 2 and words[0] in TORSIONS:
            named = TORSIONS[words[0]]
            return f"{GREEK[named]} {words[1]}", self._torsion(named, words[1])
        atoms = tuple(atom_number(word, self._names) for word in words)
        wanted = 4 if kind == "torsion" else 2
        if len(atoms) != wanted:
            raise UserError(f"{self.kind.label} needs {'four' if wanted == 4 else 'two'} atoms.", f"There are {len(atoms)}.", "Write their numbers, or names such as ALA2-HA, with a blank between them.")
        return f"{self.kind.label} {'–'.join(self._names[a] for a in atoms)}", atoms

    def _show_kind(self) -> None:
        kind = self.kind.value
        reveal(self.residue, kind == "j-coupling")
        reveal(self.atoms, kind != "j-coupling")
        self.atoms.placeholder, self.atoms.tooltip = ASKED[kind]
        self.measured.placeholder = VALUE[kind]


def name_markup(drawn: MeasuredRow) -> str:
    """Name of a measurement, with a word where the others contradict it, as HTML."""
    word = '<em title="The other measurements make it worse: check it and its formula, or give it a larger error">in conflict</em>' if drawn.is_conflict else ""
    return f'<b title="{escape(drawn.name)}, {escape(drawn.weight)}">{escape(drawn.name)}</b><i>{escape(drawn.unit)}</i>{word}'


def numbers_markup(drawn: MeasuredRow) -> str:
    """The cells of the table, with room for the field of the error, as HTML."""
    return f"<span>{escape(drawn.measured)}</span><span></span><span>{escape(drawn.before)}</span><span><b>{escape(drawn.after)}</b></span><span>{escape(drawn.left_out)}</span>"


def plot_markup(drawn: MeasuredRow) -> str:
    """Marks on an axis with the measurement in its middle as HTML; empty before there is a model."""
    before, after, left_out = drawn.places
    if before is None or after is None:
        return ""
    left = "" if left_out is None else f'<span class="mdx-ap-dot" style="left:{100 * left_out:.2f}%"></span>'
    return (f'<div class="mdx-ap"><span class="mdx-ap-spread" style="left:{50 - 50 * drawn.spread:.2f}%;width:{100 * drawn.spread:.2f}%"></span><span class="mdx-ap-exact" style="left:50%"></span>'
            f'<span class="mdx-ap-train" style="left:{100 * before:.2f}%"></span><span class="mdx-ap-mean" style="left:{100 * after:.2f}%"></span>{left}</div>')


def table_head() -> w.DOMWidget:
    """The line over the numbers."""
    return markup(HEAD, "mdx-ex-head", "mdx-hidden")


def key_line() -> w.DOMWidget:
    """What the marks mean."""
    return markup(KEY, "mdx-ex-key", "mdx-hidden")


def show_states(widget: Any, picture: ExperimentPicture) -> None:
    """Draw the populations."""
    set_text(widget, states_markup(picture))


def states_markup(picture: ExperimentPicture) -> str:
    """Populations before and after as bars, as HTML."""
    return "".join(_state(state) for state in picture.states)


def _state(state: StateRow) -> str:
    return (f'<div class="mdx-ex-state mdx-c{state.color % 8:d}"><span>state {state.number:d}</span><span class="mdx-ex-bars"><i style="width:{100 * state.before:.2f}%"></i>'
            f'<i style="width:{100 * state.after:.2f}%"></i></span><span>{escape(state.text)}</span></div>')
