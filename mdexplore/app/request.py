"""What a command is asked to show: checked here, carried to the page as JSON, made into a study there. Standard library only until then."""
from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mdexplore.app.files import existing, parse_lagtime, parse_time_ns, trajectories_and_topology
from mdexplore.app.wording import notice_in_options
from mdexplore.base.errors import UserError
from mdexplore.base.words import listed
from mdexplore.base.work.cluster import check_installed, executor_of
from mdexplore.data.formats.signature import FEATURE_FORMATS, identify

if TYPE_CHECKING:
    from mdexplore.session.study import Study

SAVED = ".mdx"
FIRST_EXAMPLE = "alanine-dipeptide"
KINDS = ("demo", "files", "study")
ON_DATA = ("top", "feature_files", "stride", "atoms", "timestep", "resample", "make_whole", "on_damage")
ON_ATOMS = ("top", "feature_files", "atoms", "resample", "make_whole")
FOR_LOAD = ("stride", "atoms", "timestep_ns", "resample", "make_whole", "on_damage")
FOR_STUDY = ("features", "projection", "clustering", "kinetics", "lagtime", "n_states", "seed")


def request(options: Mapping[str, Any], given: Collection[str]) -> dict[str, Any]:
    """What the options of a command ask for.

    Parameters
    ----------
    options : mapping
        The values of all options by the names of their parameters; ``trajectories`` are the files.
    given : collection of str
        Those that were typed; the others have their defaults.

    Returns
    -------
    dict
        Of plain values: ``kind``, where the data are, and settings of `mdexplore.load` and `mdexplore.Study`.

    Raises
    ------
    UserError
        If a file is missing, or an option would have no effect.
    """
    is_saved = any(name.lower().endswith(SAVED) for name in options["trajectories"])
    return {**(_saved(options["trajectories"], given) if is_saved else _files(options, given)), **_settings(options, given)}


def study_of_request(asked: Mapping[str, Any]) -> Study:
    """The study that a request describes.

    Raises
    ------
    UserError
        If the data cannot be loaded, or a setting cannot be used.
    """
    from mdexplore.session.study import Study

    settings = {name: asked[name] for name in FOR_STUDY if asked.get(name) is not None}
    if asked["kind"] == "study":
        from mdexplore.session.saved import open_saved

        saved = open_saved(asked["path"])
        saved.executor = executor_of(asked.get("scheduler"))
        return saved.change(**settings) if settings else saved
    from mdexplore.data import example, load

    if asked["kind"] == "demo":
        return Study(example(asked.get("example") or FIRST_EXAMPLE), **settings)
    loading = {name: asked[name] for name in FOR_LOAD if asked.get(name) is not None}
    data = load(asked["trajectories"], top=asked.get("top"), features=asked.get("feature_files") or None, **loading)
    data.report = replace(data.report, notices=tuple(notice_in_options(notice) for notice in data.report.notices))
    return Study(data, executor=asked.get("scheduler"), **settings)


def _settings(options: Mapping[str, Any], given: Collection[str]) -> dict[str, Any]:
    typed = {name: options[name] for name in given if name in options}
    made: dict[str, Any] = {name: typed[name] for name in ("projection", "clustering", "kinetics", "seed") if name in typed}
    if "features" in typed:
        made["features"] = list(typed["features"])
    if "lagtime" in typed:
        made["lagtime"] = parse_lagtime(typed["lagtime"])
    if "scheduler" in typed:
        made["scheduler"] = check_installed(typed["scheduler"])
    if "states" in typed:
        made["n_states"] = typed["states"]
    return made


def _saved(names: Sequence[str], given: Collection[str]) -> dict[str, Any]:
    paths = existing(names, kind="saved study")
    if len(paths) > 1:
        raise UserError("A saved study is opened alone.", f"{len(paths)} files were named.", "Name one .mdx file; it knows where its trajectories are.")
    ignored = _typed(ON_DATA, given)
    if ignored:
        raise UserError("A saved study has its data already.", f"{listed(ignored)} would change nothing.", "Leave it out, or name the trajectories instead of the study.")
    return {"kind": "study", "path": paths[0]}


def _files(options: Mapping[str, Any], given: Collection[str]) -> dict[str, Any]:
    found, topology = trajectories_and_topology(options["trajectories"], options["top"])
    beside = existing(options["feature_files"], kind="feature file")
    loose = [path for path in found if _holds_features(path)]
    trajectories = [path for path in found if path not in set(loose)]
    if not trajectories:
        ignored = _typed(ON_ATOMS, given)
        if ignored:
            raise UserError("These files hold features and no structures.", f"{listed(ignored)} would have no meaning.", "Leave it out, or name the trajectories as well.")
        trajectories, loose = loose, []
    elif loose and not beside:
        name = os.path.basename(loose[0])
        raise UserError(f"{name} holds features, not structures.", "It stands among trajectories.", f"Give features that go with them by --feature-files {name}.")
    # A shell fills in a pattern: what the option does not take stands among the trajectories.
    return {"kind": "files", "trajectories": trajectories, "top": topology, "feature_files": beside + loose, "stride": options["stride"], "atoms": options["atoms"],
            "timestep_ns": parse_time_ns(options["timestep"]), "resample": options["resample"], "make_whole": options["make_whole"], "on_damage": options["on_damage"]}


def _holds_features(path: str) -> bool:
    return os.path.isfile(path) and identify(Path(path))[0] in FEATURE_FORMATS


def _typed(names: Sequence[str], given: Collection[str]) -> list[str]:
    return ["--" + name.replace("_", "-") for name in names if name in given]
