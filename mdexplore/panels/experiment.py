"""Experiment: measured averages against the model, what they change, which frames carry it, and the augmented model as the current one."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets as w

from mdexplore.base import limits
from mdexplore.base.errors import UserError
from mdexplore.methods.experiment.backcalculation import phi_atoms
from mdexplore.methods.experiment.measuring import torsion_of
from mdexplore.methods.experiment.model import AugmentedModel
from mdexplore.methods.experiment.result import Augmented
from mdexplore.methods.recipe import Given
from mdexplore.panels.experiment_rows import Adder, MeasurementRow, key_line, show_states, table_head
from mdexplore.panels.forms import Saying, reveal, set_text
from mdexplore.panels.ondemand import OnDemand
from mdexplore.panels.parts import box, escape, make, markup
from mdexplore.pictures.experiment import experiment_picture
from mdexplore.session.experiment import carriers
from mdexplore.session.experiment_jobs import (
    Measurement,
    Measurements,
    frame_files,
    measurements_in,
    run_augment,
    stamps,
)
from mdexplore.session.study import Study
from mdexplore.session.view import MEASUREMENTS

_TASK = f"{run_augment.__module__}:{run_augment.__name__}"
HINT = "Read a table with the columns name, measured, error, kind, atoms and formula, or add one: computed from structures, by a formula, or from files with values of each frame."
TAKEN = "It is the current model"


class ExperimentPanel(OnDemand):
    """The Markov model reconciled with measured averages; follows the lag time and the states.

    Attributes
    ----------
    measurements : tuple of Measurement
    changed : callable
        Called when the user has changed them, or where the values of frames are.
    """

    name, title = "experiment", "Experiment"
    tip = "Reconcile the model with measured averages: NOEs, J couplings, or values of each frame from files"
    needs = ("clustering", "kinetics", "coarse")
    wakes = ("study",)
    job = "experiment"

    def build(self) -> tuple[Sequence[Any], Sequence[Any]]:
        self.measurements: tuple[Measurement, ...] = ()
        self._files = ""
        self.changed: Callable[[], None] = lambda: None
        return super().build()

    def fill(self) -> Sequence[Any]:
        self._rows: list[MeasurementRow] = []
        self._answered: tuple[Augmented, Study, tuple[Measurement, ...]] | None = None
        self._asked: tuple[Any, Study, tuple[Measurement, ...]] | None = None   # its key comes first
        self._said = Saying("mdx-form-error")
        return [*self._make_form(), self._said.widget, *self._make_table(), *self._make_result()]

    # -- building -----------------------------------------------------------------------------------------------------------------------

    def _make_form(self) -> list[Any]:
        self.table = make(w.Text, placeholder="measured.csv", tooltip="A table with the columns name, measured, error and, for what is computed, kind with atoms or formula")
        read = make(w.Button, "mdx-quiet-button", description="Read table", tooltip="Read the measurements of the table; those that are there stay")
        read.on_click(lambda button: self._attempt(self._read))
        self.table.on_submit(lambda widget: self._attempt(self._read))
        self.files = make(w.Text, value=self._files, continuous_update=False, placeholder="values of each frame, such as values*.csv", tooltip="One file for each trajectory with a column of each name: a pattern, or names with commas between them")
        self.files.observe(lambda change: self._attempt(self._look_elsewhere), "value")
        self._files_line = box([self.files], "mdx-adder", "mdx-hidden")
        topology: Any = self.session.data.topology if self.session.data.has_structures else None
        names = [] if topology is None else [str(atom) for atom in topology.atoms]
        self.adder = Adder(_residues_with_phi(self.session.data), names, self._add, self._attempt, lambda kind, residue: torsion_of(self.session.data, kind, residue))
        self._hint = markup(escape(HINT), "mdx-note", "mdx-ex-hint")
        return [box([self.table, read], "mdx-adder"), self._files_line, self.adder.widget, self._hint]

    def _make_table(self) -> list[Any]:
        self._head_line, self._list, self._key = table_head(), box([], "mdx-ex-rows"), key_line()
        return [self._head_line, self._list, self._key]

    def _make_result(self) -> list[Any]:
        self.states, self._summary, self._notices = markup("", "mdx-ex-states"), markup("", "mdx-note"), Saying("mdx-ex-warn")
        self.of = make(w.Dropdown, options=[("", 0)], tooltip="The measurement whose change is looked at")
        self.carry = make(w.Button, "mdx-quiet-button", description="Select frames that carry the change", tooltip="Frames of the microstates that make up 80 % of the change of this average")
        self.carry.on_click(lambda button: self._attempt(self._select))
        self.take = make(w.Button, "mdx-solid", description="Make it the current model", tooltip="States, rates and fluxes follow the measurements; undo takes it back")
        self.take.on_click(lambda button: self._attempt(self._use))
        self._result = box([self.states, self._summary, self._notices.widget, box([self.of, self.carry], "mdx-ex-carry"), self.take], "mdx-ex-result", "mdx-hidden")
        return [self._result]

    # -- gestures -----------------------------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        self._add(*measurements_in(self.table.value.strip()))

    def _add(self, *measurements: Measurement) -> None:
        limits.check("measurements", len(self.measurements) + len(measurements))
        self.measurements = (*self.measurements, *measurements)
        self.changed()
        self.show()

    def _look_elsewhere(self) -> None:
        """The user has named other files."""
        self._files = self.files.value
        self.changed()
        self._ask()

    def _changed(self, place: int, measurement: Measurement | None) -> None:
        """The user has changed a row, or taken it out."""
        before, after = self.measurements[:place], self.measurements[place + 1:]
        self.measurements = (*before, *after) if measurement is None else (*before, measurement, *after)
        self._said.say("")
        self.changed()
        self.show()

    def _select(self) -> None:
        found, study, measurements = self._current()
        self.session.select(carriers(study, found, self.of.value), source=self.name, how=f"frames that carry the change of {measurements[self.of.value].name}")

    def _use(self) -> None:
        self.session.configure("study", kinetics=AugmentedModel.of(self._current()[0], self.session.results["clustering"]))

    def _current(self) -> tuple[Augmented, Study, tuple[Measurement, ...]]:
        answered = self._in_force()
        if answered is None or self.asker.is_waiting:
            raise UserError("The model is being computed.", do="Wait a moment.")
        return answered

    def _in_force(self) -> tuple[Augmented, Study, tuple[Measurement, ...]] | None:
        """What has been answered, where it speaks of these measurements, and of the microstates and the lag time that are shown."""
        answered, kinetics = self._answered, self.session.results.get("kinetics")
        if answered is None or kinetics is None or answered[2] != self.measurements:
            return None
        is_ours = answered[1].key("clustering") == self.session.study.key("clustering") and answered[0].lagtime == kinetics.lagtime
        return answered if is_ours else None

    def _attempt(self, act: Callable[[], None]) -> None:
        """Do what the user asked for; a `UserError` stands in the panel."""
        if self._depth:
            return
        try:
            act()
        except UserError as error:
            self._said.say(error)
            return
        self._said.say("")

    # -- keeping ------------------------------------------------------------------------------------------------------------------------

    def view(self) -> dict[str, Any]:
        return {**super().view(), MEASUREMENTS: Measurements(self.measurements, self._files)}

    def restore(self, view: Mapping[str, Any]) -> None:
        kept = view.get(MEASUREMENTS)
        if isinstance(kept, Measurements):
            self.measurements, self._files = kept.rows, kept.files
            if self.is_filled:
                with self.drawing():
                    self.files.value = kept.files
        super().restore(view)
        if self.is_open:
            self._guarded(self.show)

    # -- asking -------------------------------------------------------------------------------------------------------------------------

    def show(self) -> None:
        """Draw what is there, and ask for the model of it."""
        self._draw()
        self._attempt_quietly()

    def _attempt_quietly(self) -> None:
        try:
            self._ask()
        except UserError as error:
            self.asker.fail(error)

    def _ask(self) -> None:
        session = self.session
        if not self.is_open or not self.is_ready or session.stale & {*self.needs}:   # results are on their way
            return
        if not any(m.is_used for m in self.measurements):
            self.asker.cancel()
            return
        files = stamps(frame_files(self._files)) if self._needs_files else ()
        study, measurements = session.study, self.measurements
        key = study.key("coarse"), measurements, files
        self._asked = key, study, measurements
        self.asker.ask(key, _TASK, study.spec(), measurements, files)

    @property
    def _needs_files(self) -> bool:
        return any(m.may_be_of_files for m in self.measurements)

    def answer(self) -> None:
        """Draw the model that has come."""
        if self._asked is not None and self._asked[0] == self.asker.found_key:
            self._answered = (self.asker.found, *self._asked[1:])
        self._draw()

    # -- drawing ------------------------------------------------------------------------------------------------------------------------

    def _draw(self) -> None:
        answered = self._in_force()
        found = None if answered is None else answered[0]
        picture = experiment_picture(self.measurements, found, self.session.results.get("coarse"))
        for place in range(len(self._rows), len(picture.rows)):
            self._rows.append(MeasurementRow(place, self._changed, self._attempt))
            self._list.children = (*self._list.children, self._rows[place].widget)
        for place, row in enumerate(self._rows):
            reveal(row.widget, place < len(picture.rows))
            if place < len(picture.rows):
                row.show(self.measurements[place], picture.rows[place])
        reveal(self._head_line, bool(picture.rows))
        reveal(self._hint, not picture.rows)
        reveal(self._files_line, self._needs_files)
        reveal(self._key, found is not None)
        reveal(self._result, found is not None)
        show_states(self.states, picture)
        set_text(self._summary, escape(picture.said))
        self._notices.say("\n".join(picture.notices))
        self._offer([m.name for m in self.measurements])
        self._show_taken(found)

    def _offer(self, names: list[str]) -> None:
        options = [(name, place) for place, name in enumerate(names)] or [("", 0)]
        if list(self.of.options) != options:
            place = self.of.value if isinstance(self.of.value, int) and self.of.value < len(options) else 0
            self.of.options, self.of.value = options, place

    def _show_taken(self, found: Augmented | None) -> None:
        filled = self.session.study.recipe.kinetics
        is_taken = found is not None and isinstance(filled, Given) and isinstance(filled.value, AugmentedModel) and filled.value.is_of(found)
        self.take.disabled = is_taken
        self.take.description = TAKEN if is_taken else "Make it the current model"


def _residues_with_phi(data: Any) -> dict[str, str]:
    """Name -> atoms of phi of each residue that has one."""
    found: dict[str, str] = {}
    if not data.has_structures or data.topology is None:
        return found
    for place, residue in enumerate(data.topology.residues):
        try:
            atoms = phi_atoms(data, place)
        except UserError:   # the first of a chain, a cap, a ligand
            continue
        found[str(residue)] = " ".join(map(str, atoms))
    return found
