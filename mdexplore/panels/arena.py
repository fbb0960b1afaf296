"""The method arena: candidates from a form, a row each with its held-out scores on one axis; a click makes one the current model."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as w

from mdexplore.base.errors import UserError
from mdexplore.base.words import in_percent
from mdexplore.panels.arena_form import CandidateForm
from mdexplore.panels.arena_rows import CandidateRow, show_axis
from mdexplore.panels.arena_sweep import SweepPlot
from mdexplore.panels.forms import Form, Saying, reveal, set_text
from mdexplore.panels.jobs_line import percent
from mdexplore.panels.parts import box, choice, icon, make, markup, panel_box
from mdexplore.pictures.arena import SCORES, ArenaPicture, arena_picture
from mdexplore.pictures.sweep import sweep_picture
from mdexplore.session.arena_jobs import ArenaJobs, job_of
from mdexplore.session.arena_kept import Judging, KeptArena
from mdexplore.session.session import Session
from mdexplore.session.view import ARENA

PAIR = ("first", "second")   # of the two that are compared, as a saved view names them


class ArenaPanel:
    """Methods against each other on data left out of their fits.

    Parameters
    ----------
    session : Session
    jobs : ArenaJobs, optional
        Candidates and rows; its own where not given.
    folded : bool
        Show the head alone at first.

    Attributes
    ----------
    widget : ipywidgets.Box
        Classes ``mdx-sec mdx-panel-arena mdx-ready``; shows alone, too.
    jobs : ArenaJobs
    opener : ipywidgets.Button
        Hidden until a layout shows it that has a panel for two side by side.
    """

    name = "arena"
    title = "Method arena"

    def __init__(self, session: Session, jobs: ArenaJobs | None = None, *, folded: bool = False) -> None:
        self.session, self.jobs = session, jobs or ArenaJobs(session)
        self._rows: list[CandidateRow] = []
        self._picture: ArenaPicture | None = None
        self._wished_score = next(iter(SCORES))
        self._current: tuple[Any, frozenset[str]] = (None, frozenset())
        self._is_pairing = False
        self.opener = make(w.Button, "mdx-quiet-button", "mdx-hidden", description="Show side by side", tooltip="All frames on the coordinates of both, with one selection")
        self._head = markup(f"<b>{self.title}</b><i></i>")
        self._fold = icon("more", "Show or hide the method arena")
        self._fold.on_click(lambda button: self.fold(not self._is_folded))
        self.body = box([], "mdx-arena", "mdx-hidden")
        self.widget = panel_box([box([self._head, self._fold], "mdx-sechead"), self.body], "mdx-sec", "mdx-panel-arena", "mdx-ready")
        self.fold(folded)
        self.jobs.observe(lambda change: self.draw())
        session.observe(lambda change: self.draw(), ["study", "jobs"])

    def fold(self, is_folded: bool) -> None:
        """Show the head alone, or everything; what is inside is made when it is first shown, so that a page that never asks for it is there sooner."""
        self._is_folded = is_folded
        if not is_folded and not self.body.children:
            self._build()
            self.draw()
        reveal(self.body, not is_folded)
        (self._fold.remove_class if is_folded else self._fold.add_class)("mdx-open")

    # -- building ---------------------------------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        self._wrong, self._rules, self._found = Saying("mdx-form-error"), Saying("mdx-note"), Saying("mdx-note")
        self._told = Saying("mdx-note")
        self.body.children = (*self._build_form(), self._wrong.widget, self._told.widget, *self._build_table(), *self._build_comparison())
        self._show_wishes()

    def _build_form(self) -> list[Any]:
        self.form = CandidateForm(self.session, self._attempt)
        self._add = make(w.Button, "mdx-solid", description="Judge", tooltip="Fit it without each part of the data, and score it there")
        self._add.on_click(lambda button: self._attempt(self.add))
        self._judging = Form(Judging, self.session.unit, changed=lambda: self._attempt(self._judge_by))
        self._judging.show(Judging())
        self._sweep = make(w.Button, "mdx-quiet-button", description="Sweep microstates", tooltip="Judge the current model with fewer and with more microstates")
        self._sweep.on_click(lambda button: self._attempt(self.jobs.sweep))
        return [self.form.widget, box([self._add, self._sweep], "mdx-arena-ask")]

    def _build_table(self) -> list[Any]:
        self._score = choice([(title, name) for name, title in SCORES.items()], tip="VAMP-2: how much slow motion is found; VAMP-E: how well the fitted model predicts the data left out")
        self._score.observe(lambda change: self.draw(), "value")
        self._stop = icon("stop", "Stop; finished rows stay", "mdx-cancel")
        self._stop.on_click(lambda button: self.jobs.cancel())
        self._top = box([self._score, self._rules.widget, self._stop], "mdx-arena-top")
        self._table = box([], "mdx-arena-rows")
        self._axis = markup("", "mdx-arena-axis")
        self._more = box([self._judging.rest], "mdx-form")
        self.sweep = SweepPlot(lambda name: self._attempt(lambda: self.jobs.use(name)))
        return [self._top, self._table, self._axis, self.sweep.widget, self._more]

    def _build_comparison(self) -> list[Any]:
        self._a, self._b = (make(w.Dropdown, description=word, options=[]) for word in ("Compare", "with"))
        for menu in (self._a, self._b):
            menu.observe(lambda change: self._pair_chosen(), "value")
        self._select = make(w.Button, "mdx-quiet-button", description="Select where they disagree", tooltip="Frames that the metastable states of the two put elsewhere")
        self._select.on_click(lambda button: self._attempt(self._compare))
        self._comparison = box([self._a, self._b, self._select, self.opener, self._found.widget], "mdx-form", "mdx-pairing", "mdx-hidden")
        return [self._comparison]

    # -- gestures ---------------------------------------------------------------------------------------------------------------------------

    def add(self) -> None:
        """Judge what stands in the form."""
        self.jobs.add(self.form.slots())

    def _compare(self) -> None:
        self._found.say("Looking for them …")
        self.jobs.compare(self._a.value, self._b.value)

    def _pair_chosen(self) -> None:
        if not self._is_pairing:
            self.jobs.choose(self._a.value, self._b.value)

    def _judge_by(self) -> None:
        self.jobs.judge_by(**self._judging.read())

    def _attempt(self, act: Callable[[], object]) -> None:
        """Do what the user asked for; a `UserError` stands in the panel."""
        try:
            act()
        except UserError as error:
            self._found.say("")
            self._wrong.say(error)
            return
        self._wrong.say("")

    # -- keeping ----------------------------------------------------------------------------------------------------------------------------

    def view(self) -> dict[str, Any]:
        """Candidates, rows and rules, and how the panel is set, as a saved file holds them."""
        return {ARENA: self.jobs.kept(), "score": self._score.value if self.body.children else self._wished_score, "is_folded": self._is_folded,
                **dict(zip(PAIR, self.jobs.pair))}

    def restore(self, view: Mapping[str, Any]) -> None:
        """Make the arena and the panel what they were; see `ArenaJobs.take_up`. What there is not is passed over."""
        kept, score = view.get(ARENA), view.get("score")
        if isinstance(kept, KeptArena):
            self.jobs.take_up(kept)
            self.jobs.choose(*(str(view.get(name)) for name in PAIR))
        if isinstance(score, str) and score in SCORES:
            self._wished_score = score
        if isinstance(view.get("is_folded"), bool):
            self.fold(view["is_folded"])
        if self.body.children:
            self._show_wishes()

    def _show_wishes(self) -> None:
        """Score and rules as somebody chose them before the panel was made."""
        self._score.value = self._wished_score
        self._judging.show(Judging(**self.jobs.wanted))

    # -- drawing ----------------------------------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Draw the rows that are there and what is known of the others."""
        if not self.body.children:
            return
        self.form.show()
        jobs, now = self.jobs, self.session.jobs
        picture = arena_picture(jobs.result, self._score.value, jobs.waiting, sorted(jobs.stopped))
        running = {name: percent(now[job_of(name)]) for name in jobs.waiting if job_of(name) in now and now[job_of(name)].phase == "running"}
        names, current = [c.name for c in jobs.candidates], self._current_names()
        set_text(self._head, f"<b>{self.title}</b><i>{len(jobs.rows)} of {len(names)}</i>" if names else f"<b>{self.title}</b><i></i>")
        for place in range(len(self._rows), len(picture.rows)):
            self._rows.append(CandidateRow(self.jobs, self._attempt))
            self._table.children = (*self._table.children, self._rows[place].widget)
        for place, row in enumerate(self._rows):
            reveal(row.widget, place < len(picture.rows))
            if place < len(picture.rows):
                drawn = picture.rows[place]
                row.show(drawn, picture.exact, running.get(drawn.name), drawn.name in current)
        if picture != self._picture:
            self._picture = picture
            show_axis(self._axis, picture)
            self._rules.say(picture.rules)
        self.sweep.show(sweep_picture(jobs.result, self._score.value, current))
        self._told.say(jobs.told)
        reveal(self._top, bool(names))
        reveal(self._axis, bool(jobs.rows))
        reveal(self._more, bool(names))
        reveal(self._stop, bool(jobs.waiting))
        self._draw_comparison(jobs.comparable)

    def _current_names(self) -> frozenset[str]:
        """Candidates that are the model that is shown; found again only where it can have changed."""
        asked = (self.session.study, self.jobs.candidates, self.jobs.rules)
        if self._current[0] != asked:
            self._current = (asked, self.jobs.current)
        return self._current[1]

    def _draw_comparison(self, names: list[str]) -> None:
        reveal(self._comparison, len(names) > 1)
        self._is_pairing = True
        for menu, name in zip((self._a, self._b), self.jobs.pair):
            if list(menu.options) != names:
                menu.options = names
            menu.value = menu.tooltip = name   # a long name is cut in the rail
        self._is_pairing = False
        if self.jobs.error is not None:
            self._found.say(self.jobs.error)
        elif self.jobs.found is not None:
            found = self.jobs.found
            self._found.say(f"They disagree on {in_percent(found.share)} of the frames: selected." if found.n else "They agree on every frame.")
