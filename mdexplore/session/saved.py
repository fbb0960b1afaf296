"""A study in one file: settings, where its trajectories are, every result at hand, and how it was looked at; without a pickle anywhere.

The file is a sealed zip (`mdexplore.session.sealed`) of one JSON text and ``.npy`` arrays. What is read is checked before it is believed: check sums, the
sources (`mdexplore.session.origins`), and whether each value is what its class says (`mdexplore.session.sound`).
"""
from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base import roots
from mdexplore.base.errors import UserError
from mdexplore.base.plain import decode, encode
from mdexplore.base.words import listed
from mdexplore.base.writing import write_whole
from mdexplore.data.report import LoadReport
from mdexplore.methods.experiment.model import check_model
from mdexplore.methods.method import SLOTS, from_json
from mdexplore.methods.recipe import STEPS, Given, Recipe
from mdexplore.session.origins import hashes, looked_at
from mdexplore.session.sealed import DAMAGED, Put, Sealed, write_sealed
from mdexplore.session.sound import check_description, check_result, check_type
from mdexplore.session.study import Study
from mdexplore.session.view import View, check_view

if TYPE_CHECKING:
    from mdexplore.data.dataset import Dataset

FORMAT, READABLE = 3, (2, 3)   # 3 may hold measurements, an arena and an augmented model
AUGMENTED, _PLAIN = "augmented", {"slot": "kinetics", "method": "msm"}


def save(study: Study, path: str | Path, view: View | None = None) -> Path:
    """Write a study, with every result that is at hand, so that `open_saved` finds all of it again.

    Parameters
    ----------
    study : Study
    path : str or Path
        Such as ``"a.mdx"``.
    view : View, optional
        How it is looked at (`mdexplore.session.view.view_of`).

    Returns
    -------
    Path
        Where it lies now.

    Raises
    ------
    UserError
        If a slot holds an object of the user's, or the file cannot be written.
    """
    for slot in SLOTS:
        if study.recipe.is_foreign(slot):
            raise UserError(f"This study cannot be saved: its {slot} is an object of your own.", "Only settings are written to a file, never code.",
                            "Fill the slot with a method by name, or keep your script.")
    return write_whole(path, lambda target: write_sealed(target, lambda put: _describe(study, view, put)))


def open_saved(path: str | Path, data: Any = None) -> Study:
    """The study of a file that `Study.save` wrote.

    Parameters
    ----------
    path : str or Path
    data : Dataset or anything `mdexplore.load` takes
        Where the trajectories are now, if they are no longer where they were; loaded with the options of then (`mdexplore.load` takes them).

    Raises
    ------
    UserError
        If the file is not one, is damaged, or the trajectories are missing or have changed.
    """
    study, view = open_with_view(path, data)
    study.view = view
    return study


def open_with_view(path: str | Path, data: Any = None) -> tuple[Study, View | None]:
    """The study of a file, and how it was looked at when an explorer saved it; as `open_saved`."""
    path = Path(path)
    roots.check_read(path)
    try:
        with Sealed(path) as sealed:
            spec = sealed.text()
            if spec["format"] not in READABLE:
                raise UserError(f"{path} was written by another version of mdexplore.", f"Its format is {spec['format']}, this version reads {listed(READABLE)}.",
                                "Make the study anew." if spec["format"] in range(READABLE[0]) else "Update mdexplore.")
            return _read(spec, sealed.array, data)
    except FileNotFoundError as error:
        raise UserError(f"There is no file {path}.", do="Check the path.") from error
    except OSError as error:
        raise UserError(f"{path} cannot be read.", f"{error.strerror or error}.") from error
    except DAMAGED as error:
        raise UserError(f"{path} is not a saved study, or it is damaged.", f"{type(error).__name__}: {str(error)[:300]}.", "Open another copy of it.") from error


def _describe(study: Study, view: View | None, put: Put) -> dict[str, Any]:
    spec = study.data.spec()
    given = study.data.source_arrays
    results = {step: encode(value, put) for step in STEPS if (value := study.peek(step)) is not None}
    data = {"key": study.data.key, "name": study.data.name, "spec": spec, "hashes": hashes(spec), "given": [] if given is None else [put(a) for a in given.arrays]}
    return {"format": FORMAT, "data": data, "recipe": recipe_json(study.recipe, put), "results": results, "view": None if view is None else encode(view, put)}


def _read(spec: dict[str, Any], array: Callable[[str], np.ndarray], data: Any) -> tuple[Study, View | None]:
    if not set(spec["results"]) <= set(STEPS):
        raise ValueError("it has results of unknown steps")
    found = _data(spec["data"], data, array)
    study = Study.from_recipe(found, recipe_from(spec["recipe"], array))
    results = {step: decode(value, array) for step, value in spec["results"].items()}
    for step, value in results.items():
        check_result(step, value, found)
    view = None if spec["view"] is None else decode(spec["view"], array)
    if view is not None:
        check_view(view, found.lengths)
    for step, value in results.items():
        study.keep(step, value)
    return study, view


def _data(saved: dict[str, Any], data: Any, array: Callable[[str], np.ndarray]) -> Dataset:
    from mdexplore.data.loading import load
    from mdexplore.data.travel import content

    if data is None:
        return _same_place(saved, array)
    found = load(data)
    found.check_sources()
    if found.key != saved["key"]:   # which holds the place and time of each file too: copies elsewhere are as good
        spec = found.spec()
        before, now = content(saved["spec"]), content(spec)
        other = [part for part in before if before[part] != now[part]]
        if not other and any(a is not None and b is not None and a != b for a, b in zip(saved["hashes"], hashes(spec))):
            other = ["content"]
        if other:
            raise UserError(f"These are not the trajectories of the saved study of {saved['name']}.", f"Their {' and '.join(other)} differ{'s' if len(other) == 1 else ''}.",
                            "Give those it was made from, in the same order and loaded with the same options.")
    return found


def _same_place(saved: dict[str, Any], array: Callable[[str], np.ndarray]) -> Dataset:
    """The data where they were; feature arrays out of the file itself, where the cache has them no longer."""
    from mdexplore.data.dataset import Dataset
    from mdexplore.data.travel import keep_arrays

    check_description(saved["spec"])
    spec = looked_at(saved["spec"], saved["hashes"])
    if spec["given"] is not None:
        keep_arrays(spec["given"]["keys"], [array(name) for name in saved["given"]])
    found = Dataset.from_spec(spec)
    check_type(found.report, LoadReport)
    if found.topology is not None and found.atoms is None and any(t.scan.n_atoms != found.topology.n_atoms for t in found.tracks):
        raise ValueError("its topology is not that of its files")
    return found


def recipe_json(recipe: Recipe, put: Put) -> dict[str, Any]:
    """A recipe without objects of the user's as plain values; arrays of an augmented model are handed to `put`."""
    filled = recipe.kinetics
    return {**recipe.to_json(), **({AUGMENTED: encode(filled.value, put)} if isinstance(filled, Given) else {})}


def recipe_from(spec: dict[str, Any], array: Callable[[str], np.ndarray]) -> Recipe:
    """A recipe from what `recipe_json` made; raises what `DAMAGED` names, or `UserError`, for what is none."""
    if AUGMENTED in spec:
        model = decode(spec[AUGMENTED], array)
        check_model(model)
        return recipe_from({**{k: v for k, v in spec.items() if k != AUGMENTED}, "kinetics": _PLAIN}, array).change(kinetics=model)
    features = None if spec["features"] is None else tuple(from_json(f) for f in spec["features"])
    slots: dict[str, Any] = {slot: from_json(spec[slot]) for slot in ("projection", "clustering", "kinetics", "coarse")}
    if any(s.to_json()["slot"] != slot for slot, s in slots.items()) or any(s.to_json()["slot"] != "features" for s in features or ()):
        raise ValueError("settings stand in the slot of others")
    return dataclasses.replace(Recipe.of().change(lagtime=spec["lagtime"], seed=spec["seed"]), features=features, **slots)
