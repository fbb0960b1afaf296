"""The settings rail: data, features, projection, states and kinetics, with forms made from the settings dataclasses."""
from __future__ import annotations

from typing import Any

from mdexplore.base.words import count_of
from mdexplore.methods.projection.tica import TICA
from mdexplore.methods.recipe import Given
from mdexplore.panels.features_section import FeaturesSection
from mdexplore.panels.forms import Form
from mdexplore.panels.parts import escape, markup, number, panel_box
from mdexplore.panels.sections import Section, SlotSection, blocker
from mdexplore.session.session import Session


class Settings:
    """All that can be changed about a study.

    Attributes
    ----------
    widget : ipywidgets.Box
        Classes ``mdx-panel mdx-panel-settings mdx-ready``.
    """

    name = "settings"
    title = "Settings"

    def __init__(self, session: Session) -> None:
        self.session = session
        self.data = DataSection(session)
        self.features = FeaturesSection(session)
        self.projection = SlotSection(session, "projection", "Projection", "Method", ("lagtime", "dim", "output", "bandwidth"), "Refit projection")
        self.clustering = SlotSection(session, "clustering", "States", "Clustering", ("n_clusters", "dmin"), "Refit microstates")
        self.kinetics = KineticsSection(session)
        sections = [self.data, self.features, self.projection, self.clustering, self.kinetics]
        self.widget = panel_box([s.widget for s in sections], "mdx-panel", "mdx-panel-settings", "mdx-ready")
        self._shown = session.study
        session.observe(self._study_changed, "study")
        session.observe(lambda change: self._results_changed(), ["results", "errors", "stale"])
        self._results_changed()

    def _study_changed(self, change: Any) -> None:
        """Show only what has changed, so that a draft in another section stays."""
        before, now = change.old.recipe, self.session.study.recipe
        for slot, section in (("features", self.features), ("projection", self.projection), ("clustering", self.clustering)):
            if getattr(before, slot) != getattr(now, slot):
                section.show()
        self.kinetics.show()
        self._results_changed()

    def _results_changed(self) -> None:
        session, results, say = self.session, self.session.results, self.session.unit.say
        features, projection, clustering, coarse = (results.get(s) for s in ("features", "projection", "clustering", "coarse"))
        self.features.note("" if features is None else number(features.n_features), "" if features is None else ", ".join(features.names[:40]))
        score = results.get("score")
        wanted = getattr(session.study.recipe.projection, "dim", None)
        kept = projection.dim if projection is not None and wanted is not None and projection.dim < wanted else 0
        self.projection.note("" if score is None else f"held-out {score.mean:.2f}{' …' if 'score' in session.stale else ''}", "" if score is None else
                             f"{score.say()}: fitted without, and judged on, each of {len(score.folds)} parts of the data. Higher is better.")
        is_linear = isinstance(session.study.recipe.projection, TICA)
        self.projection.cap(f"{kept} of {wanted}: {f'the features have rank {kept}' if is_linear else 'the features allow no more'}." if kept else "")
        self.clustering.note("" if clustering is None else f"{number(clustering.n_clusters)} centres")
        self.projection.hint({"lagtime": say(session.study.projection_lag), "dim": "" if projection is None else str(projection.dim), "bandwidth": self._bandwidth(projection)})
        self.clustering.hint({"n_clusters": "" if clustering is None else str(clustering.n_clusters)})
        self.kinetics.hint({"lagtime": "" if session.lagtime is None else say(session.lagtime), "n_states": "" if coarse is None else str(coarse.n_states)})
        self.kinetics.reach(results.get("kinetics"))
        for slot, section in (("projection", self.projection), ("clustering", self.clustering), ("kinetics", self.kinetics)):
            section.block(blocker(session, slot))

    def _bandwidth(self, projection: Any) -> str:
        """The automatic bandwidth of the method in the form; empty where there is none, or where it is yet to be found."""
        form, filled = self.projection.form, self.session.study.recipe.projection
        if projection is None or form is None or form.kind is not type(filled) or "projection" in self.session.stale:
            return ""
        found = projection.parameters.get("automatic_bandwidth")
        return "" if found is None else f"{float(found):.2g}"


class DataSection(Section):
    """What was loaded: frames, time step, atoms, and what loading found file by file."""

    title = "Data"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        data = session.data
        self.note(f"{number(data.n_frames)} frames")
        self.offer([markup("<br>".join(escape(line) for line in str(data.report).splitlines() or ["Nothing to add."]), "mdx-note")])
        self.widget = self.assemble([markup(summary(data), "mdx-note")])


class KineticsSection(SlotSection):
    """The Markov model and the number of metastable states; every change is computed at once."""

    def __init__(self, session: Session) -> None:
        coarse = session.study.recipe.coarse
        self.coarse = None if isinstance(coarse, Given) else Form(type(coarse), session.unit, first=("n_states",), changed=self._coarse_changed)
        super().__init__(session, "kinetics", "Kinetics", "Model", ("lagtime",), beside=self.coarse)

    def show(self) -> None:
        super().show()
        coarse = self.session.study.recipe.coarse
        if self.coarse is not None and type(coarse) is self.coarse.kind:
            self.coarse.show(coarse)

    def hint(self, automatic: dict[str, str]) -> None:
        super().hint(automatic)
        if self.coarse is not None:
            self.coarse.hint(automatic)

    def reach(self, kinetics: Any) -> None:
        """Metastable states are at most as many as the states of the model."""
        if self.coarse is not None and kinetics is not None:
            self.coarse.fields["n_states"].reach(len(kinetics.active) if kinetics.hidden is None else kinetics.hidden.n_hidden)

    def _coarse_changed(self) -> None:
        if self.coarse is not None:
            self.attempt(lambda: self.session.configure("coarse", **self.coarse.read()))   # type: ignore[union-attr]


def summary(data: Any) -> str:
    """Two lines of HTML: trajectories and time step, atoms and damage."""
    first = f"{spans(data)}, every {data.unit.say(1)}" if data.timestep_ns is not None else f"{spans(data)}, no times"
    damaged = sum(bool(f.damage) for f in data.report.files)
    atoms = "features" if data.n_atoms is None else f"{number(data.n_atoms)} atoms"
    warned = sum(notice.level in ("warning", "error") for notice in data.report.notices)
    found = count_of(damaged, "damaged file") if damaged else f"{count_of(warned, 'warning')}, see Health" if warned else "no damage found"
    return f"{escape(first)}<br>{escape(atoms)}, {found}"


def spans(data: Any) -> str:
    """``"16 × 80 ns"``, or the range of lengths where they differ."""
    say, lengths = data.unit.say, data.lengths
    if not lengths:
        return "no trajectory"
    shortest, longest = min(lengths), max(lengths)
    if longest - shortest <= max(0.01 * longest, 1):
        return f"{len(lengths)} × {say(longest)}"
    return f"{len(lengths)} × {say(shortest)} to {say(longest)}"
