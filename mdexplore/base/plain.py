"""Frozen values as plain JSON plus arrays, and back: the one form for the cache and for saved files. Nothing is pickled."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

_classes: dict[str, type] = {}


def storable(cls: type) -> type:
    """Class decorator: values of this frozen dataclass can be written and read back."""
    _classes[cls.__name__] = cls
    return cls


def encode(value: Any, put: Callable[[np.ndarray], str]) -> Any:
    """A JSON value; each array is handed to `put`, which gives the name it is kept under.

    Raises
    ------
    TypeError
        For anything but numbers, text, arrays, lists, tuples, dictionaries and storable dataclasses.
    """
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject:
            raise TypeError("arrays of objects are not stored")
        return {"$array": put(value)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        if _classes.get(type(value).__name__) is not type(value):
            raise TypeError(f"{type(value).__name__} is not storable")
        return {"$class": type(value).__name__, "fields": {f.name: encode(getattr(value, f.name), put) for f in dataclasses.fields(value) if f.init}}
    if isinstance(value, (list, tuple)):
        return {"$list" if isinstance(value, list) else "$tuple": [encode(v, put) for v in value]}
    if isinstance(value, dict):
        return {"$dict": [[encode(k, put), encode(v, put)] for k, v in value.items()]}
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"{type(value).__name__} is not storable")


def decode(spec: Any, get: Callable[[str], np.ndarray]) -> Any:
    """The value of a JSON value made by `encode`; `get` gives the array of a name.

    Raises
    ------
    KeyError, TypeError, ValueError
        Where the JSON was not made by `encode`.
    """
    if not isinstance(spec, dict):
        return spec
    if "$array" in spec:
        return get(spec["$array"])
    if "$class" in spec:
        return _classes[spec["$class"]](**{k: decode(v, get) for k, v in spec["fields"].items()})
    if "$list" in spec:
        return [decode(v, get) for v in spec["$list"]]
    if "$tuple" in spec:
        return tuple(decode(v, get) for v in spec["$tuple"])
    return {decode(k, get): decode(v, get) for k, v in spec["$dict"]}
