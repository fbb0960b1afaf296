"""Forms made from settings dataclasses: a field's type, choices, unit, range and help become a widget that says what is wrong with its value."""
from __future__ import annotations

import dataclasses
import re
import typing
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as w

from mdexplore.base import limits
from mdexplore.base.errors import UserError
from mdexplore.base.typed import number_in
from mdexplore.base.units import TimeUnit
from mdexplore.base.words import minus
from mdexplore.base.work.failures import WorkerFailure
from mdexplore.methods.method import Lag, Settings
from mdexplore.panels.parts import box, escape, make, markup, set_class
from mdexplore.panels.sliding import LogSlider
from mdexplore.panels.stepping import Stepper

WORDS = {"lagtime": "Lag time", "dim": "Dimensions", "n_clusters": "Centres", "n_states": "States", "n_samples": "Samples", "max_iter": "Iterations"}
UNITS = ("_nm", "_ns", "_ps")
AUTOMATIC = "automatic"   # a drop-down shows nothing for the value None
_TIPS = {"kinetics": "As sampled: MSM, Bayesian MSM and hidden states. Reweighted to equilibrium: OOM and Koopman, for short trajectories that did not start there."}
_PAIR = re.compile(r"\s*(\d+)\s*[:\-]\s*(\d+)\s*")


class Field:
    """One setting as a widget.

    Parameters
    ----------
    name : str
    kind : type
        As annotated in the dataclass.
    spec : dataclasses.Field
        Its metadata hold unit, choices and help.
    unit : TimeUnit
        Words lag times.
    """

    def __init__(self, name: str, kind: Any, spec: dataclasses.Field, unit: TimeUnit) -> None:
        self.name, self.kind, self.unit = name, kind, unit
        self.choices = spec.metadata.get("choices")
        self.is_numbered = spec.metadata.get("is_numbered", False)
        self.is_optional = kind == Lag or type(None) in typing.get_args(kind)
        self.plain = next((k for k in (typing.get_args(kind) or (kind,)) if k is not type(None)), str)
        self.title = title(name, spec.metadata.get("unit", ""))
        self.widget = self._build(_tip(spec))
        self.slider = self._slider(spec)

    @property
    def row(self) -> Any:
        """What stands in a form."""
        return self.widget if self.slider is None else self.slider.widget

    def _build(self, tip: str) -> Any:
        if self.choices:
            options = [(str(c).replace("-", " "), c) for c in self.choices]
            return make(w.Dropdown, description=self.title, options=[(AUTOMATIC, AUTOMATIC), *options] if self.is_optional else options, tooltip=tip)
        if self.plain is bool:
            return make(w.Checkbox, description=self.title, indent=False, tooltip=tip)
        return make(w.Text, description=self.title, continuous_update=False, tooltip=tip, placeholder=AUTOMATIC if self.is_optional else "")

    def _slider(self, spec: dataclasses.Field) -> LogSlider | Stepper | None:
        if spec.metadata.get("is_logarithmic"):
            return LogSlider(self.widget, spec.metadata["low"], spec.metadata["high"], _tip(spec))
        ends = spec.metadata.get("steps")
        return None if ends is None else Stepper(self.widget, ends[0], ends[1], self.title)

    def show(self, value: Any) -> None:
        """Put a value into the widget."""
        if isinstance(self.widget, w.Text):
            value = self._words(value)
        elif value is None:
            value = AUTOMATIC
        if self.widget.value != value:
            self.widget.value = value

    def hint(self, automatic: str) -> None:
        """Say what an empty field comes to; a number where there is a slider."""
        if self.slider is not None:
            self.slider.say_automatic(float(automatic))
            automatic = f"auto: {automatic}" if isinstance(self.slider, LogSlider) else automatic
        if isinstance(self.widget, w.Text) and self.is_optional and self.widget.placeholder != automatic:
            self.widget.placeholder = automatic

    def reach(self, most: int) -> None:
        """Say the largest number that can be had, where there are buttons for one more and one fewer."""
        if isinstance(self.slider, Stepper):
            self.slider.say_most(most)

    def read(self) -> Any:
        """The value in the widget.

        Raises
        ------
        UserError
            If the text is not what the setting takes.
        """
        value = self.widget.value
        if not isinstance(self.widget, w.Text):
            return None if self.is_optional and value == AUTOMATIC else value
        limits.check("pairs" if self.plain is tuple else "list" if self.is_numbered else "text", len(value))
        text = value.strip()
        if not text and self.is_optional:
            return None
        if self.kind == Lag:
            return self._lagtime(text)
        if self.plain is tuple:
            return self._pairs(text)
        if self.is_numbered:
            return renumbered(text, -1, self.title)
        return self._number(text) if self.plain in (int, float) else text

    def _words(self, value: Any) -> str:
        if value is None:
            return ""
        if self.kind == Lag and not isinstance(value, str):
            return self.unit.say(value)
        if self.plain is tuple:
            return ", ".join(f"{a}:{b}" for a, b in value)
        if self.is_numbered:
            return renumbered(value, 1, self.title)
        return f"{value:g}" if isinstance(value, float) else str(value)

    def _lagtime(self, text: str) -> int | str:
        if text.isdecimal():
            return int(text)
        self.unit.parse(text)
        return text

    def _number(self, text: str) -> int | float:
        if self.plain is float:
            return number_in(text, self.title)
        try:
            return int(text)
        except ValueError:
            raise UserError(f"{self.title}: {text!r} is not a whole number.", do="Write a whole number.") from None

    def _pairs(self, text: str) -> tuple[tuple[int, int], ...]:
        found = [_PAIR.fullmatch(part) for part in text.split(",") if part.strip()]
        if not all(found):
            raise UserError(f"{self.title}: {text!r} cannot be read.", do="Write pairs of whole numbers such as 0:5, 3:12.")
        return tuple((int(m.group(1)), int(m.group(2))) for m in found if m)


class Form:
    """The fields of a settings dataclass; the important ones in sight, the rest behind the section's "more".

    Parameters
    ----------
    kind : type
        Subclass of Settings.
    unit : TimeUnit
    first : sequence of str
        Fields in sight.
    hidden : sequence of str
        Fields that are shown elsewhere.
    changed : callable
        Called with no argument when the user has changed a field.

    Attributes
    ----------
    front, rest : ipywidgets.Box
    """

    def __init__(self, kind: type[Settings], unit: TimeUnit, first: Sequence[str] = (), hidden: Sequence[str] = (), changed: Callable[[], None] | None = None) -> None:
        hints = typing.get_type_hints(kind)
        self.kind, self._depth, self._changed = kind, 0, changed
        self.fields = {f.name: Field(f.name, hints[f.name], f, unit) for f in dataclasses.fields(kind) if f.name not in hidden and not f.metadata.get("is_found")}
        self.front = box([f.row for f in self.fields.values() if f.name in first], "mdx-form")
        self.rest = box([f.row for f in self.fields.values() if f.name not in first], "mdx-form")
        for field in self.fields.values():
            field.widget.observe(self._on_change, "value")

    def show(self, settings: Settings) -> None:
        """Put the values of settings into the fields."""
        self._depth += 1
        try:
            for name, field in self.fields.items():
                field.show(getattr(settings, name))
        finally:
            self._depth -= 1

    def hint(self, automatic: dict[str, str]) -> None:
        """Say in empty fields what they come to."""
        for name, text in automatic.items():
            if name in self.fields and text:
                self.fields[name].hint(text)

    def read(self) -> dict[str, Any]:
        """The values of all fields; raises `UserError` for one that cannot be read."""
        return {name: field.read() for name, field in self.fields.items()}

    def slides(self, draft: Settings, filled: Any) -> bool:
        """Whether two settings differ in what has a slider, and in nothing else."""
        if type(draft) is not type(filled):
            return False
        differ = [name for name in self.fields if getattr(draft, name) != getattr(filled, name)]
        return bool(differ) and all(self.fields[name].slider is not None for name in differ)

    def _on_change(self, change: Any) -> None:
        if not self._depth and self._changed is not None:
            self._changed()


class Saying:
    """A line under a form that is there only when it has something to say."""

    def __init__(self, *classes: str) -> None:
        self.widget = markup("", *classes, "mdx-hidden")

    def say(self, text: object) -> None:
        """Show a text or an error; empty text hides the line."""
        words = error_words(text) if isinstance(text, Exception) else str(text) if text else ""
        set_text(self.widget, escape(minus(words)))
        reveal(self.widget, bool(words))


def error_words(error: Exception) -> str:
    """What an error says; one that nobody foresaw with its type, and with what can be done."""
    if isinstance(error, UserError):
        return str(error)
    told = str(error) if isinstance(error, WorkerFailure) else f"{type(error).__name__}: {error}".rstrip(": ")
    return f"This failed in a way that nobody foresaw ({told}). Try again, or with other settings; the log has the details."


def renumbered(text: str, by: int, title: str) -> str:
    """A list of numbers that Python counts from 0 (by=1) as a page shows it, from 1, or back (by=-1); a text that is none, such as names of files, as it is.

    Raises
    ------
    UserError
        If a number of the page is 0.
    """
    parts = text.replace(",", " ").split()
    if not all(part.isdecimal() and len(part) < 6 for part in parts):
        return text
    numbers = [int(part) + by for part in parts]
    if -1 in numbers:
        raise UserError(f"{title}: there is no number 0.", "They are counted from 1 here.", "Write 1 for the first.")
    return " ".join(map(str, numbers))


def reveal(widget: Any, is_shown: bool) -> None:
    """Show or hide a widget that stays in its place."""
    set_class(widget, "mdx-hidden", not is_shown)


def set_text(widget: Any, value: str) -> None:
    """Change a text only where it differs: each change is a message to the page."""
    if widget.value != value:
        widget.value = value


def title(name: str, unit: str = "") -> str:
    """A setting's name as a label: ``n_clusters`` is "Centres", ``cutoff_nm`` is "Cutoff / nm"."""
    if name in WORDS:
        return WORDS[name]
    for suffix in UNITS:
        if name.endswith(suffix):
            name, unit = name.removesuffix(suffix), unit or suffix[1:]
    words = name.removeprefix("n_").removeprefix("is_").replace("_", " ")
    return f"{words[:1].upper()}{words[1:]}{f' / {unit}' if unit else ''}"


def method_menu(slot: str, description: str, current: str | None, given: str = "") -> w.Dropdown:
    """A drop-down of a slot's methods; those that need an install stand last, with the line that mends it.

    `given` is the title of an object of the user's that fills the slot; it is the first choice then, with the value "".
    """
    from mdexplore.methods.method import methods

    known = methods(slot).values()
    options = [(given, "")] if given else []
    options += [(m.title, m.name) for m in known if not m.missing]
    options += [(f"{m.title} – not installed: {m.missing}", m.name) for m in known if m.missing]
    return make(w.Dropdown, "mdx-method", description=description, options=options, value="" if given else current, tooltip=_TIPS.get(slot, ""))


def _tip(spec: dataclasses.Field) -> str:
    low, high, unit = (spec.metadata.get(k) for k in ("low", "high", "unit"))
    limits = " to ".join(f"{limit:g}" for limit in (low, high) if limit is not None)
    if limits and (low is None or high is None):
        limits = f"{'at most' if low is None else 'at least'} {limits}"
    return " ".join(filter(None, [spec.metadata.get("help", ""), f"({limits}{f' {unit}' if unit else ''})" if limits else ""]))
