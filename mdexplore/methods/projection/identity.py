"""The features themselves as coordinates."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdexplore.base.notices import Notice
from mdexplore.base.words import count_of
from mdexplore.methods.method import Progress, Settings, ignore, method, setting
from mdexplore.methods.results import Features, Projection


@dataclass(frozen=True)
class Unprojected(Settings):
    """How many of the features to use."""

    dim: int | None = setting(None, low=1, high=10_000, help="The first so many features; all where not given.")


@method("projection", settings=Unprojected, needs="features", name="identity", title="Features as they are")
def identity(settings: Unprojected, features: Features, *, lagtime: int | None = None, seed: int = 0, timestep_ns: float | None = None,
             progress: Progress = ignore) -> Projection:
    """The first ``dim`` features, unchanged, as coordinates; ``lagtime`` and ``seed`` are not used."""
    d = features.n_features
    dim = min(settings.dim or d, d)
    notices: tuple[Notice, ...] = ()
    if settings.dim is not None and settings.dim > d:
        notices = (Notice("info", f"{count_of(d, 'coordinate is', 'coordinates are')} kept: there are no more features.", where="projection"),)
    values = tuple(np.asarray(x[:, :dim], dtype=np.float32) for x in features.values)
    progress(1, 1, "Projecting")
    return Projection(values=values, names=features.names[:dim], title="Features", lagtime=None, parameters={"kind": "columns", "dim": dim}, notices=notices)
