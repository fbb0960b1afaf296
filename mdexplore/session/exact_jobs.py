"""What is exactly known of each frame of a model system, computed in a worker: solving a generator and reading a million frames takes seconds."""
from __future__ import annotations

from typing import Any

import numpy as np

from mdexplore.base.store import Store, content_key
from mdexplore.methods.method import Progress

VERSION = 1   # raised when the same system gives other numbers


def run_exact(spec: dict[str, Any], *, progress: Progress) -> str:
    """Free energy and eigenfunctions of every frame (`mdexplore.data.exact.Exact.at`), by the key under which the cache holds them; shape (n_frames, 1 + m), float32.

    Parameters
    ----------
    spec : dict
        Of a data set whose frames are points in the potential (`Dataset.spec`).
    """
    from mdexplore.data.dataset import Dataset

    data = Dataset.from_spec(spec)
    key = content_key("exact values", VERSION, data.key, data.exact.potential)
    if not Store().has(key):
        progress(0, 1, "solving the generator")
        Store().save(key, np.concatenate([data.exact.at(points) for points in data.given or ()]))
    return key
