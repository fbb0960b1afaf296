"""What runs and what waits, each with a button that stops it: one line in the top bar, a list in the rail."""
from __future__ import annotations

from typing import Any

from mdexplore.base.work.jobs import JobState
from mdexplore.panels.forms import reveal, set_text
from mdexplore.panels.panel import WORDS
from mdexplore.panels.parts import box, classed, escape, icon, markup, panel_box
from mdexplore.session.session import Session


class JobsLine:
    """The most important running job: its name, a bar and a cancel button; "ready" where nothing runs."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._line = markup("")
        self._stop = icon("stop", "Stop this job", "mdx-cancel")
        self._stop.on_click(self._cancel)
        self._running: str | None = None
        self.widget = box([self._line, self._stop], "mdx-doing", "mdx-wide")
        session.observe(lambda change: self._show(), "jobs")
        self._show()

    def _show(self) -> None:
        running = [job for job in self.session.jobs.values() if job.phase == "running"]
        first = min(running, key=lambda job: job.lane == "background") if running else None
        self._running = first.name if first else None
        text = describe(first) if first else '<span class="mdx-progress"><em>ready</em></span>'
        set_text(self._line, text)
        reveal(self._stop, first is not None)

    def _cancel(self, button: Any) -> None:
        if self._running is not None:
            self.session.cancel(self._running)


class JobsList:
    """All running and waiting jobs; hidden where there is none."""

    name = "jobs"

    def __init__(self, session: Session) -> None:
        self.session = session
        self._rows: dict[str, tuple[Any, Any]] = {}
        self._list = box([], "mdx-jobs")
        self.widget = panel_box([box([markup("<b>Jobs</b>")], "mdx-sechead"), self._list], "mdx-sec", "mdx-panel-jobs", "mdx-hidden")
        session.observe(lambda change: self._show(), "jobs")
        self._show()

    @property
    def shown(self) -> list[str]:
        """Names of the jobs in sight."""
        return [name for name, (row, _) in self._rows.items() if "mdx-hidden" not in row._dom_classes]

    def _show(self) -> None:
        # Rows stay and are hidden: a page trips over a widget that is taken away while it is still being made.
        active = {name: job for name, job in self.session.jobs.items() if job.is_active}
        for name in active.keys() - self._rows.keys():
            self._rows[name] = self._row(name)
            self._list.children = (*self._list.children, self._rows[name][0])
        for name, (row, text) in self._rows.items():
            reveal(row, name in active)
            if name in active:
                set_text(text, line(active[name]))
        reveal(self.widget, bool(active))

    def _row(self, name: str) -> tuple[Any, Any]:
        text, stop = markup(""), icon("stop", f"Stop {title(name)}", "mdx-cancel")
        stop.on_click(lambda button: self.session.cancel(name))
        return classed(box([text, stop]), "mdx-job"), text


def title(name: str) -> str:
    """A job's name in words."""
    return WORDS.get(name, name).removeprefix("the ")


def percent(job: JobState) -> int | None:
    """0 to 100; None where the job has not said how much there is to do."""
    return None if not job.total else min(100 * job.done // job.total, 100)


def describe(job: JobState) -> str:
    """The top bar's progress as HTML."""
    share = percent(job)
    number = "" if share is None else f" {share} %"
    return f'<span class="mdx-progress">{_bar(share)}<em>{escape(title(job.name))}{number}</em></span>'


def line(job: JobState) -> str:
    """A line of the list as HTML."""
    if job.phase == "waiting":
        return f'<div class="mdx-line"><em>{escape(title(job.name))}</em>waiting</div>'
    doing = f" – {escape(job.text)}" if job.text else ""
    return f'<div class="mdx-line"><em title="{escape(title(job.name))}{doing}">{escape(title(job.name))}{doing}</em>{_bar(percent(job))}</div>'


def _bar(share: int | None) -> str:
    kind = " mdx-unknown" if share is None else ""
    return f'<span class="mdx-bar{kind}"><span style="width:{0 if share is None else share}%"></span></span>'
