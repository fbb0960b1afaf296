"""What runs and what waits, each with a button that stops it: one line in the top bar, a list in the rail."""
from __future__ import annotations

from typing import Any

from mdexplore.base.work.jobs import JobState
from mdexplore.panels.panel import WORDS
from mdexplore.panels.parts import box, classed, escape, icon, markup
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
        if self._line.value != text:
            self._line.value = text
        (self._stop.remove_class if first else self._stop.add_class)("mdx-hidden")

    def _cancel(self, button: Any) -> None:
        if self._running is not None:
            self.session.cancel(self._running)


class JobsList:
    """All running and waiting jobs; hidden where there is none."""

    name = "jobs"

    def __init__(self, session: Session) -> None:
        self.session = session
        self._rows: dict[str, tuple[Any, Any]] = {}
        self._list = box([])
        self.widget = box([box([markup("<b>Jobs</b>")], "mdx-sechead"), self._list], "mdx-sec", "mdx-panel-jobs", "mdx-hidden")
        session.observe(lambda change: self._show(), "jobs")
        self._show()

    def _show(self) -> None:
        active = {name: job for name, job in self.session.jobs.items() if job.is_active}
        for name, job in active.items():
            if name not in self._rows:
                self._rows[name] = self._row(name)
            text = line(job)
            if self._rows[name][1].value != text:
                self._rows[name][1].value = text
        rows = tuple(self._rows[name][0] for name in active)
        if self._list.children != rows:
            self._list.children = rows
            (self.widget.remove_class if rows else self.widget.add_class)("mdx-hidden")

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
