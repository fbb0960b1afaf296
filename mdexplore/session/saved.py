"""A study in one file: a zip of JSON and ``.npy`` arrays, without a pickle anywhere.

``study.json`` holds the format, the recipe, where the trajectories are and their key, and each result as plain values; ``arrays/`` holds its arrays.
"""
from __future__ import annotations

import dataclasses
import io
import json
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base import roots
from mdexplore.base.errors import UserError
from mdexplore.base.plain import decode, encode
from mdexplore.base.writing import write_whole
from mdexplore.methods.method import SLOTS, from_json
from mdexplore.methods.recipe import STEPS, Given, Recipe
from mdexplore.session.study import Study

if TYPE_CHECKING:
    from mdexplore.data.dataset import Dataset

FORMAT = 1
LIMIT_BYTES = 64 << 30
LIMIT_RATIO = 100      # a bomb inflates a thousandfold, arrays of a whole study hardly tenfold
DAMAGED = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, json.JSONDecodeError, UnicodeDecodeError, AttributeError, KeyError, IndexError, TypeError, ValueError,
           OverflowError, EOFError, RecursionError, NotImplementedError)


def save(study: Study, path: str | Path) -> Path:
    """Write a study, with every result that is at hand, so that `open_saved` finds all of it again.

    Parameters
    ----------
    study : Study
    path : str or Path
        Such as ``"a.mdx"``.

    Raises
    ------
    UserError
        If a slot holds an object of the user's, or the file cannot be written.
    """
    for slot in SLOTS:
        filled = getattr(study.recipe, slot)
        if any(isinstance(f, Given) for f in (filled if isinstance(filled, tuple) else (filled,))):
            raise UserError(f"This study cannot be saved: its {slot} is an object of your own.", "Only settings are written to a file, never code.",
                            "Fill the slot with a method by name, or keep your script.")
    return write_whole(path, lambda target: _write(study, target))


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
    path = Path(path)
    roots.check_read(path)
    try:
        with zipfile.ZipFile(path) as archive:
            _check_size(archive)
            spec = json.loads(archive.read("study.json"))
            if spec["format"] != FORMAT:
                raise UserError(f"{path} was written by another version of mdexplore.", f"Its format is {spec['format']}, this version reads {FORMAT}.", "Update mdexplore.")
            found = _data(spec, data)
            study = Study.from_recipe(found, _recipe(spec["recipe"]))
            results = {step: decode(value, lambda name: _array(archive, name)) for step, value in spec["results"].items() if step in STEPS}
    except FileNotFoundError as error:
        raise UserError(f"There is no file {path}.", do="Check the path.") from error
    except OSError as error:
        raise UserError(f"{path} cannot be read.", f"{error.strerror or error}.") from error
    except DAMAGED as error:
        raise UserError(f"{path} is not a saved study, or it is damaged.", f"{type(error).__name__}: {error}.", "Open another copy of it.") from error
    for step, value in results.items():
        study.keep(step, value)
    return study


def _write(study: Study, file: Path) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        def put(array: np.ndarray) -> str:
            name = f"arrays/{len(archive.namelist())}.npy"
            buffer = io.BytesIO()
            np.save(buffer, array, allow_pickle=False)
            archive.writestr(name, buffer.getvalue())
            return name

        results = {step: encode(value, put) for step in STEPS if (value := study.peek(step)) is not None}
        spec = {"format": FORMAT, "data": {"key": study.data.key, "name": study.data.name, "spec": study.data.spec()}, "recipe": study.recipe.to_json(), "results": results}
        archive.writestr("study.json", json.dumps(spec))


def _check_size(archive: zipfile.ZipFile) -> None:
    whole = sum(member.file_size for member in archive.infolist())
    packed = sum(member.compress_size for member in archive.infolist())
    if whole > LIMIT_BYTES or whole > LIMIT_RATIO * max(packed, 4 << 20):
        raise ValueError(f"it would unpack to {whole / 2**30:.1f} GiB")


def _array(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    array = np.load(io.BytesIO(archive.read(name)), allow_pickle=False)
    array.flags.writeable = False
    return array


def _data(spec: dict[str, Any], data: Any) -> Dataset:
    from mdexplore.data.dataset import Dataset
    from mdexplore.data.loading import load
    from mdexplore.data.travel import content

    found = Dataset.from_spec(spec["data"]["spec"]) if data is None else load(data)
    found.check_sources()
    if found.key != spec["data"]["key"]:   # which holds the place and time of each file too: copies elsewhere are as good
        before, now = content(spec["data"]["spec"]), content(found.spec())
        other = [part for part in before if before[part] != now[part]]
        if other:
            raise UserError(f"These are not the trajectories of the saved study of {spec['data']['name']}.", f"Their {' and '.join(other)} differ{'s' if len(other) == 1 else ''}.",
                            "Give those it was made from, in the same order and loaded with the same options.")
    return found


def _recipe(spec: dict[str, Any]) -> Recipe:
    features = None if spec["features"] is None else tuple(from_json(f) for f in spec["features"])
    slots = {slot: from_json(spec[slot]) for slot in ("projection", "clustering", "kinetics", "coarse")}
    return dataclasses.replace(Recipe.of(), features=features, lagtime=spec["lagtime"], seed=spec["seed"], **slots)
