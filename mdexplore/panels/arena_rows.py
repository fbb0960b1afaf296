"""A row of the method arena: name, score, the folds on the axis that all rows share, and the buttons that belong to it."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as w

from mdexplore.base.words import minus
from mdexplore.panels.forms import Saying, reveal, set_text
from mdexplore.panels.parts import box, escape, icon, make, markup
from mdexplore.pictures.arena import ArenaPicture, RowPicture
from mdexplore.session.arena_jobs import ArenaJobs

CROWDED = 0.4   # share of the axis that the word on the exact line may need


class CandidateRow:
    """A name that is clicked to take it, its score as a number, and its folds on the common axis.

    Parameters
    ----------
    jobs : ArenaJobs
    attempt : callable
        Does what the user asked for, and says where it cannot be done.
    """

    def __init__(self, jobs: ArenaJobs, attempt: Callable[[Callable[[], None]], None]) -> None:
        self.name = ""
        self.take = make(w.Button, "mdx-arena-name", description="", tooltip="")
        self.take.on_click(lambda button: attempt(lambda: jobs.use(self.name)))
        self.again = icon("retry", "Judge it again")
        self.again.on_click(lambda button: attempt(lambda: jobs.again(self.name)))
        self.remove = icon("clear", "Take it out of the arena")
        self.remove.on_click(lambda button: attempt(lambda: jobs.remove(self.name)))
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
    text = minus(drawn.text) if share is None else f"{share} %"
    return f"<b>{escape(text)}</b>" if drawn.is_best else f"{escape(text)}"


def row_markup(drawn: RowPicture, exact: float | None) -> str:
    """Dots, mean, spread and exact line of a row as HTML; empty where there is no score."""
    if drawn.mean is None or drawn.low is None or drawn.high is None or drawn.train is None:
        return ""
    dots = "".join(f'<span class="mdx-ap-dot" style="left:{100 * x:.2f}%"></span>' for x in drawn.dots)
    line = "" if exact is None else f'<span class="mdx-ap-exact" style="left:{100 * exact:.2f}%"></span>'
    return (f'<div class="mdx-ap">{line}<span class="mdx-ap-spread" style="left:{100 * drawn.low:.2f}%;width:{100 * (drawn.high - drawn.low):.2f}%"></span>{dots}'
            f'<span class="mdx-ap-train" style="left:{100 * drawn.train:.2f}%"></span><span class="mdx-ap-mean" style="left:{100 * drawn.mean:.2f}%"></span></div>')


def show_axis(axis: Any, picture: ArenaPicture) -> None:
    """Write the axis that all rows share."""
    set_text(axis, axis_markup(picture))


def axis_markup(picture: ArenaPicture) -> str:
    """The ends of the axis, the exact value, and what the marks mean, as HTML."""
    low, high = (minus(f"{end:.2f}") for end in picture.axis)
    if picture.exact is None:
        left, line, right = escape(low), "", escape(high)
    else:   # the word on the line stays inside, and an end that it would touch gives way
        line = f'<em style="left:{100 * picture.exact:.2f}%;transform:translateX(-{100 * picture.exact:.2f}%)">{escape(picture.exact_text)}</em>'
        left, right = escape(low) if picture.exact > CROWDED else "", escape(high) if picture.exact < 1 - CROWDED else ""
    return (f'<div class="mdx-ap-axis"><span>{left}</span>{line}<span>{right}</span></div>'
            '<div class="mdx-ap-key"><i class="mdx-ap-mean"></i>held out <i class="mdx-ap-train"></i>training <i class="mdx-ap-dot"></i>a fold</div>')
