"""How a method is declared: a settings dataclass, one function, and the registry that finds both.

Forms, command-line options, cache keys and saved files all follow from the fields of the settings.
"""
from __future__ import annotations

import dataclasses
import importlib
import importlib.metadata
import importlib.util
import logging
import typing
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from mdexplore.base import limits
from mdexplore.base.errors import UserError
from mdexplore.base.installing import install_line
from mdexplore.base.notices import Notice
from mdexplore.base.spelling import choose
from mdexplore.base.units import TimeUnit

log = logging.getLogger(__name__)

# Settings of these names are held to a cap of the table, whatever range a method gives them.
CAPPED = {"n_clusters": "clusters", "max_centers": "clusters", "n_states": "states", "n_samples": "samples", "max_iter": "iterations", "dim": "dimensions"}
LONGEST_SHOWN = 60   # characters of a wrong value
SLOTS = ("features", "projection", "clustering", "kinetics", "coarse")
Lag = int | str | None
Progress = Callable[[int, int, str], None]


def ignore(done: int, total: int, text: str = "") -> None:
    """The progress callback of those who do not listen."""


def part_of(report: Progress, done: int, total: int, name: str = "") -> Progress:
    """Progress within one of several parts, in thousandths of each; texts begin with its name."""
    def tell(part: int, of: int, text: str = "") -> None:
        report(round(1000 * (done + part / max(of, 1))), 1000 * total, f"{name}: {text}" if name else text)
    return tell


def setting(default: Any = dataclasses.MISSING, *, unit: str = "", low: float | None = None, high: float | None = None,
            choices: tuple[Any, ...] | None = None, help: str = "", is_logarithmic: bool = False, steps: tuple[int, int] | None = None, default_factory: Any = dataclasses.MISSING,
            is_found: bool = False, is_numbered: bool = False, is_list: bool = False) -> Any:
    """A field of a settings dataclass with what a form needs to show and check it; a logarithmic one has a slider between ``low`` and ``high``,
    one with ``steps`` buttons for one more and one fewer between these ends. What ``is_found`` by itself stands in no form; a text that ``is_numbered`` is a list of numbers that
    count from 0, which a form shows from 1; one that ``is_list`` has the names of many files."""
    metadata = {"unit": unit, "low": low, "high": high, "choices": choices, "help": help, "is_logarithmic": is_logarithmic, "steps": steps,
                "is_found": is_found, "is_numbered": is_numbered, "is_list": is_list}
    if default_factory is not dataclasses.MISSING:
        return field(default_factory=default_factory, metadata=metadata)
    return field(default=default, metadata=metadata)


class UnknownSetting(UserError, TypeError):
    """A setting that there is not; Python's own error for an argument that there is not, too."""


@dataclass(frozen=True)
class Settings:
    """Base of every settings dataclass: checked when made, comparable, and plain enough for JSON.

    Attributes
    ----------
    ms_per_frame : float
        Of a method that lets one wait: about how many milliseconds a frame takes on one core, for all that follows from it; 0 for the others.
    """

    ms_per_frame: ClassVar[float] = 0.0

    def __new__(cls, *args: Any, **given: Any) -> Any:   # before Python itself complains of a name that is misspelt
        cls._know(given)
        return super().__new__(cls)

    @classmethod
    def _know(cls, names: Iterable[str]) -> None:
        known = [spec.name for spec in dataclasses.fields(cls)]
        for name in names:
            if name not in known:
                raise UnknownSetting(f"{cls.__name__} has no setting {name!r}.", do=choose(name, known, "Its settings are"))

    def __post_init__(self) -> None:
        hints = typing.get_type_hints(type(self))
        for spec in dataclasses.fields(self):
            self._check(spec, hints[spec.name])

    def _check(self, spec: dataclasses.Field, kind: Any) -> None:
        value = getattr(self, spec.name)
        if isinstance(value, np.generic):
            value = value.item()
            object.__setattr__(self, spec.name, value)
        if isinstance(value, list):
            value = tuple(value)
            object.__setattr__(self, spec.name, value)
        if isinstance(value, (str, tuple)):
            limits.check("pairs" if isinstance(value, tuple) else "list" if spec.metadata.get("is_numbered") or spec.metadata.get("is_list") else "text", len(value))
        if kind == Lag:
            if value is not None and not (isinstance(value, str) or _whole(value)):
                TimeUnit().parse(value)   # says what a lag time may be
            return
        if value is None:
            return
        name, low, high, choices = spec.name, spec.metadata.get("low"), spec.metadata.get("high"), spec.metadata.get("choices")
        unit = f" {spec.metadata['unit']}" if spec.metadata.get("unit") else ""
        title = type(self).__name__
        if choices is not None and value not in choices:
            raise UserError(f"{title} has no {name} {value!r}.", do=f"Choose one of: {', '.join(map(str, choices))}.")
        wanted = {int: _whole, float: _number, bool: lambda v: isinstance(v, bool), str: lambda v: isinstance(v, str)}
        plain = next((k for k in (typing.get_args(kind) or (kind,)) if k in wanted), None)
        if plain is not None and not wanted[plain](value):
            raise UserError(f"{title}({name}={_shown(value)}) cannot be used.", f"{name} must be a {_words(plain)}.", f"What it is: {spec.metadata.get('help', '')}" if plain is str else "")
        if name in CAPPED and _whole(value):
            limits.check(CAPPED[name], value)
        if _number(value) and ((low is not None and value < low) or (high is not None and value > high)):
            bounds = " and ".join(filter(None, [f"at least {low}{unit}" if low is not None else "", f"at most {high}{unit}" if high is not None else ""]))
            raise UserError(f"{title}({name}={value}{unit}) is out of range.", do=f"Choose {bounds}.")

    @property
    def gives(self) -> str:
        """What comes of these settings, in a sentence, where a form should say it."""
        return ""

    def replace(self, **changes: Any) -> Settings:
        """A copy with some fields changed; an unknown field raises `UserError`."""
        self._know(changes)
        return dataclasses.replace(self, **changes)

    def to_json(self) -> dict[str, Any]:
        """A dictionary of plain values, with the name of the method."""
        method = method_of(self)
        return {"method": method.name, "slot": method.slot, **{f.name: getattr(self, f.name) for f in dataclasses.fields(self)}}


def _shown(value: Any) -> str:
    """A value as a message can hold it."""
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]} …"


def _whole(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _number(value: Any) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool) and bool(np.isfinite(value))


def _words(kind: type) -> str:
    return {int: "whole number", float: "number", bool: "yes or no (True or False)", str: "text"}[kind]


@dataclass(frozen=True)
class Method:
    """One way to fill a slot."""

    slot: str
    name: str
    settings: type[Settings]
    run: Callable[..., Any]
    source: str = ""
    requires: tuple[str, ...] = ()
    title: str = ""
    version: int = 1
    ends_early: bool = False

    @property
    def missing(self) -> str:
        """What has to be installed first; empty where the method can be used."""
        absent = [m for m in self.requires if importlib.util.find_spec(m) is None]
        return "" if not absent else install_line(absent[0])


_methods: dict[tuple[str, str], Method] = {}
_notices: list[Notice] = []
_loaded = False

# One method, one file: adding a file means adding its name here.
BUILT_IN = (
    "features.torsions", "features.distances", "features.contacts", "features.positions", "features.rmsd", "features.identity",
    "projection.tica", "projection.vamp", "projection.edmd", "projection.kernel_edmd", "projection.kernel_cca", "projection.kvad", "projection.identity", "projection.vampnet", "projection.srv", "projection.tae", "projection.tvae", "projection.vde", "projection.generative_msm", "projection.reversible_deep_msm",
    "clustering.kmeans", "clustering.minibatch", "clustering.regular_space", "clustering.box", "clustering.fuzzy",
    "kinetics.msm", "kinetics.bayesian_msm", "kinetics.oom", "kinetics.koopman", "kinetics.hmm", "kinetics.bayesian_hmm", "kinetics.vampnet_koopman", "kinetics.augmented_msm", "kinetics.tram",
    "coarse.pcca",
)


def method(slot: str, *, settings: type[Settings], needs: str = "", source: str = "", requires: tuple[str, ...] = (), name: str = "", title: str = "",
           version: int = 1, ends_early: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function as a method of a slot.

    Parameters
    ----------
    slot : {"features", "projection", "clustering", "kinetics", "coarse"}
    settings : subclass of Settings
    needs : str
        The slot whose result the function takes; for readers, the recipe knows the order.
    source : str
        Where the method is described, such as a DOI.
    requires : tuple of str
        Modules that must be importable.
    name, title : str
        Name in code (by default the function's, with hyphens) and on the page.
    version : int
        Raised when the same settings give another result, so that old cache entries are not believed.
    ends_early : bool
        It looks at ``progress.is_stopped()``, where there is one, and ends with the best it has.
    """
    def register(run: Callable[..., Any]) -> Callable[..., Any]:
        made = Method(slot, name or run.__name__.replace("_", "-"), settings, run, source, requires, title or name or run.__name__.replace("_", " "), version, ends_early)
        _methods[slot, made.name] = made
        return run
    return register


def load() -> None:
    """Import the built-in methods and those of installed packages; a broken package becomes a notice."""
    global _loaded
    if _loaded:
        return
    _loaded = True
    for name in BUILT_IN:
        importlib.import_module(f"mdexplore.methods.{name}")
    for entry in importlib.metadata.entry_points(group="mdexplore.methods"):
        try:
            entry.load()
        except Exception as error:   # somebody else's code may fail in any way
            log.exception("method %s did not load", entry.name)
            _notices.append(Notice("warning", f"The method {entry.name!r} could not be loaded: {error}.", "Update or remove the package that provides it."))


def loading_notices() -> list[Notice]:
    """What went wrong while methods of other packages were loaded."""
    load()
    return list(_notices)


def methods(slot: str) -> dict[str, Method]:
    """All methods of a slot by name, in the order in which they are offered."""
    load()
    return {m.name: m for m in _methods.values() if m.slot == slot}


def available(slot: str) -> dict[str, str]:
    """What each method of a slot still needs.

    Returns
    -------
    dict
        Name -> what is missing, as an install line; empty text where the method can be used.

    Raises
    ------
    UserError
        If there is no such slot.
    """
    if slot not in SLOTS:
        raise UserError(f"There is no slot {slot!r}.", do=choose(slot, SLOTS, "The slots are"))
    return {name: m.missing for name, m in methods(slot).items()}


def find(slot: str, name: str) -> Method:
    """The method of that name; says which ones there are where it does not exist or cannot run."""
    known = methods(slot)
    if name not in known:
        raise UserError(f"There is no {slot} method {name!r}.", do=choose(name, known, "Choose one of"))
    if known[name].missing:
        raise UserError(f"The {slot} method {name!r} cannot run here.", f"It needs {', '.join(known[name].requires)}.", f"Install it: {known[name].missing}")
    return known[name]


def method_of(settings: Settings) -> Method:
    """The method that a settings object belongs to."""
    load()
    for m in _methods.values():
        if m.settings is type(settings):
            return m
    raise UserError(f"{type(settings).__name__} belongs to no method.", do="Use a class of mdexplore.settings.")


def from_json(spec: dict[str, Any]) -> Settings:
    """Settings from what `Settings.to_json` made; raises `TypeError` for what it did not."""
    fields = {k: tuple(v) if isinstance(v, list) else v for k, v in spec.items() if k not in ("method", "slot")}
    try:
        return find(spec["slot"], spec["method"]).settings(**fields)
    except UnknownSetting as error:   # nobody has misspelt it: this was not made by `to_json`
        raise TypeError(str(error)) from None
