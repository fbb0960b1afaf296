"""The method arena: candidates from a form, a row each with its held-out scores on one axis; a click makes one the current model."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as w

from mdexplore.base.errors import UserError
from mdexplore.methods.method import find, methods
from mdexplore.panels.forms import Form, Saying, method_menu, reveal, set_text
from mdexplore.panels.jobs_line import percent
from mdexplore.panels.parts import box, choice, escape, icon, make, markup, panel_box
from mdexplore.pictures.arena import SCORES, ArenaPicture, RowPicture, arena_picture
from mdexplore.session.arena_jobs import ArenaJobs, job_of
from mdexplore.session.arena_kept import Judging, KeptArena
from mdexplore.session.session import Session
from mdexplore.session.view import ARENA

CROWDED = 0.4   # share of the axis that the word on the exact line may need
COORDINATES = "coordinates"   # what is judged where there are no microstates


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
    """

    name = "arena"
    title = "Method arena"

    def __init__(self, session: Session, jobs: ArenaJobs | None = None, *, folded: bool = False) -> None:
        self.session, self.jobs = session, jobs or ArenaJobs(session)
        self._rows: list[CandidateRow] = []
        self._picture: ArenaPicture | None = None
        self._wished_score = next(iter(SCORES))
        self._current: tuple[Any, frozenset[str]] = (None, frozenset())
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
        self._menu = method_menu("projection", "Projection", "tica")
        self._menu.observe(lambda change: self._projection_chosen(), "value")
        self._states = make(w.Dropdown, "mdx-method", description="Judged by", options=[(COORDINATES, ""), *((m.title, m.name) for m in methods("clustering").values() if not m.missing)],
                            tooltip="The coordinates themselves, or microstates on them")
        self._states.observe(lambda change: self._states_chosen(), "value")
        self._fields, self._state_fields = box([], "mdx-form"), box([], "mdx-form")
        self._form: Form | None = None
        self._state_form: Form | None = None
        self._add = make(w.Button, "mdx-solid", description="Judge", tooltip="Fit it without each part of the data, and score it there")
        self._add.on_click(lambda button: self._attempt(self.add))
        self._projection_chosen()
        self._judging = Form(Judging, self.session.unit, changed=lambda: self._attempt(self._judge_by))
        self._judging.show(Judging())
        return [box([self._menu, self._fields, self._states, self._state_fields], "mdx-form"), self._add]

    def _build_table(self) -> list[Any]:
        self._score = choice([(title, name) for name, title in SCORES.items()], tip="VAMP-2: how much slow motion is found; VAMP-E: how well the fitted model predicts the data left out")
        self._score.observe(lambda change: self.draw(), "value")
        self._stop = icon("stop", "Stop; finished rows stay", "mdx-cancel")
        self._stop.on_click(lambda button: self.jobs.cancel())
        self._top = box([self._score, self._rules.widget, self._stop], "mdx-arena-top")
        self._table = box([], "mdx-arena-rows")
        self._axis = markup("", "mdx-arena-axis")
        self._more = box([self._judging.rest], "mdx-form")
        return [self._top, self._table, self._axis, self._more]

    def _build_comparison(self) -> list[Any]:
        self._a, self._b = (make(w.Dropdown, description=word, options=[]) for word in ("Compare", "with"))
        self._select = make(w.Button, "mdx-quiet-button", description="Select where they disagree", tooltip="Frames that the metastable states of the two put elsewhere")
        self._select.on_click(lambda button: self._attempt(self._compare))
        self._comparison = box([self._a, self._b, self._select, self._found.widget], "mdx-form", "mdx-hidden")
        return [self._comparison]

    # -- gestures ---------------------------------------------------------------------------------------------------------------------------

    def add(self) -> None:
        """Judge what stands in the form."""
        slots: dict[str, Any] = {"projection": find("projection", self._menu.value).settings(**(self._form.read() if self._form else {}))}
        if self._states.value:
            slots["clustering"] = find("clustering", self._states.value).settings(**(self._state_form.read() if self._state_form else {}))
        self.jobs.add(slots)

    def _compare(self) -> None:
        self._found.say("Looking for them …")
        self.jobs.compare(self._a.value, self._b.value)

    def _judge_by(self) -> None:
        self.jobs.judge_by(**self._judging.read())

    def _attempt(self, act: Callable[[], None]) -> None:
        """Do what the user asked for; a `UserError` stands in the panel."""
        try:
            act()
        except UserError as error:
            self._found.say("")
            self._wrong.say(error)
            return
        self._wrong.say("")

    def _projection_chosen(self) -> None:
        def act() -> None:
            self._form = self._form_of("projection", self._menu.value, ("dim",), self._fields)
        self._attempt(act)

    def _states_chosen(self) -> None:
        def act() -> None:
            self._state_form = self._form_of("clustering", self._states.value, ("n_clusters", "dmin", "n_bins"), self._state_fields)
        self._attempt(act)

    def _form_of(self, slot: str, name: str, first: tuple[str, ...], place: Any) -> Form | None:
        place.children = ()
        if not name:
            return None
        kind = find(slot, name).settings
        form = Form(kind, self.session.unit, first=first)
        form.show(kind())
        place.children = tuple(form.front.children)
        return form

    # -- keeping ----------------------------------------------------------------------------------------------------------------------------

    def view(self) -> dict[str, Any]:
        """Candidates, rows and rules, and how the panel is set, as a saved file holds them."""
        return {ARENA: self.jobs.kept(), "score": self._score.value if self.body.children else self._wished_score, "is_folded": self._is_folded}

    def restore(self, view: Mapping[str, Any]) -> None:
        """Make the arena and the panel what they were; see `ArenaJobs.take_up`. What there is not is passed over."""
        kept, score = view.get(ARENA), view.get("score")
        if isinstance(kept, KeptArena):
            self.jobs.take_up(kept)
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
        jobs, now = self.jobs, self.session.jobs
        picture = arena_picture(jobs.result, self._score.value, jobs.waiting, sorted(jobs.stopped))
        running = {name: percent(now[job_of(name)]) for name in jobs.waiting if job_of(name) in now and now[job_of(name)].phase == "running"}
        names, current = [c.name for c in jobs.candidates], self._current_names()
        set_text(self._head, f"<b>{self.title}</b><i>{len(jobs.rows)} of {len(names)}</i>" if names else f"<b>{self.title}</b><i></i>")
        for place in range(len(self._rows), len(picture.rows)):
            self._rows.append(CandidateRow(self))
            self._table.children = (*self._table.children, self._rows[place].widget)
        for place, row in enumerate(self._rows):
            reveal(row.widget, place < len(picture.rows))
            if place < len(picture.rows):
                drawn = picture.rows[place]
                row.show(drawn, picture.exact, running.get(drawn.name), drawn.name in current)
        if picture != self._picture:
            self._picture = picture
            set_text(self._axis, axis_markup(picture))
            self._rules.say(picture.rules)
        self._told.say(jobs.told)
        reveal(self._top, bool(names))
        reveal(self._axis, bool(jobs.rows))
        reveal(self._more, bool(names))
        reveal(self._stop, bool(jobs.waiting))
        self._draw_comparison([c for c in names if c in jobs.rows and jobs.rows[c].scores is not None])

    def _current_names(self) -> frozenset[str]:
        """Candidates that are the model that is shown; found again only where it can have changed."""
        asked = (self.session.study, self.jobs.candidates, self.jobs.rules)
        if self._current[0] != asked:
            self._current = (asked, frozenset(c.name for c in self.jobs.candidates if self.jobs.is_current(c.name)))
        return self._current[1]

    def _draw_comparison(self, names: list[str]) -> None:
        reveal(self._comparison, len(names) > 1)
        if len(names) > 1 and list(self._a.options) != names:
            a, b = self._a.value, self._b.value
            self._a.options = self._b.options = names
            self._a.value = a if a in names else names[0]
            self._b.value = b if b in names and b != self._a.value else next(n for n in reversed(names) if n != self._a.value)
        if self.jobs.error is not None:
            self._found.say(self.jobs.error)
        elif self.jobs.found is not None:
            found = self.jobs.found
            self._found.say(f"They disagree on {100 * found.share:.2g} % of the frames: selected." if found.n else "They agree on every frame.")


class CandidateRow:
    """A name that is clicked to take it, its score as a number, and its folds on the common axis."""

    def __init__(self, panel: ArenaPanel) -> None:
        self.panel, self.name = panel, ""
        self.take = make(w.Button, "mdx-arena-name", description="", tooltip="")
        self.take.on_click(lambda button: panel._attempt(lambda: panel.jobs.use(self.name)))
        self.again = icon("retry", "Judge it again")
        self.again.on_click(lambda button: panel._attempt(lambda: panel.jobs.again(self.name)))
        self.remove = icon("clear", "Take it out of the arena")
        self.remove.on_click(lambda button: panel._attempt(lambda: panel.jobs.remove(self.name)))
        self._text, self._plot, self._note = markup("", "mdx-arena-score"), markup("", "mdx-arena-plot"), Saying("mdx-note", "mdx-arena-note")
        self.widget = box([self.take, self._text, self._plot, self.again, self.remove, self._note.widget], "mdx-arena-row")

    def show(self, drawn: RowPicture, exact: float | None, share: int | None, is_current: bool) -> None:
        """Draw a row; `share` is how much of a running one is done, in percent."""
        self.name = drawn.name
        tip = f"{drawn.name}: make it the current model"
        if (self.take.description, self.take.tooltip) != (drawn.name, tip):
            self.take.description, self.take.tooltip = drawn.name, tip
        set_text(self._text, score_markup(drawn, share))
        set_text(self._plot, row_markup(drawn, exact))
        self._note.say(drawn.note)
        reveal(self.again, drawn.mean is None and drawn.text != "…")
        (self.widget.add_class if is_current else self.widget.remove_class)("mdx-current")


def score_markup(drawn: RowPicture, share: int | None) -> str:
    """The number of a row as HTML."""
    text = drawn.text if share is None else f"{share} %"
    return f"<b>{escape(text)}</b>" if drawn.is_best else f"{escape(text)}"


def row_markup(drawn: RowPicture, exact: float | None) -> str:
    """Dots, mean, spread and exact line of a row as HTML; empty where there is no score."""
    if drawn.mean is None or drawn.low is None or drawn.high is None or drawn.train is None:
        return ""
    dots = "".join(f'<span class="mdx-ap-dot" style="left:{100 * x:.2f}%"></span>' for x in drawn.dots)
    line = "" if exact is None else f'<span class="mdx-ap-exact" style="left:{100 * exact:.2f}%"></span>'
    return (f'<div class="mdx-ap">{line}<span class="mdx-ap-spread" style="left:{100 * drawn.low:.2f}%;width:{100 * (drawn.high - drawn.low):.2f}%"></span>{dots}'
            f'<span class="mdx-ap-train" style="left:{100 * drawn.train:.2f}%"></span><span class="mdx-ap-mean" style="left:{100 * drawn.mean:.2f}%"></span></div>')


def axis_markup(picture: ArenaPicture) -> str:
    """The ends of the axis, the exact value, and what the marks mean, as HTML."""
    low, high = picture.axis
    if picture.exact is None:
        left, line, right = f"{low:.2f}", "", f"{high:.2f}"
    else:   # the word on the line stays inside, and an end that it would touch gives way
        line = f'<em style="left:{100 * picture.exact:.2f}%;transform:translateX(-{100 * picture.exact:.2f}%)">{escape(picture.exact_text)}</em>'
        left, right = f"{low:.2f}" if picture.exact > CROWDED else "", f"{high:.2f}" if picture.exact < 1 - CROWDED else ""
    return (f'<div class="mdx-ap-axis"><span>{left}</span>{line}<span>{right}</span></div>'
            '<div class="mdx-ap-key"><i class="mdx-ap-mean"></i>held out <i class="mdx-ap-train"></i>training <i class="mdx-ap-dot"></i>a fold</div>')
