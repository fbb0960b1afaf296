"""What workers are likely to need, imported once before they are forked. Names only: nothing here depends on an upper layer being there."""
from __future__ import annotations

import contextlib
import importlib
import logging
import pkgutil
import sys
from collections.abc import Iterator

log = logging.getLogger(__name__)

# In the order in which readers, then methods need them. Never torch: it is large, and its threads do not survive a fork.
MODULES = (
    "numpy", "threadpoolctl", "mdexplore.base.store", "mdtraj", "mdexplore.data.readers", "mdexplore.data.dataset",
    "scipy.linalg", "scipy.sparse.csgraph", "deeptime.decomposition", "deeptime.clustering", "deeptime.markov", "deeptime.markov.msm",
    "mdexplore.methods.method", "mdexplore.session.study",
)


def preload() -> Iterator[tuple[str, str]]:
    """Import module after module; yields (name, what went wrong or "") after each, so that requests can be served in between."""
    for name in MODULES:
        yield name, _import(name)
    for name in _methods():
        yield name, _import(name)


def _methods() -> list[str]:
    try:
        methods = importlib.import_module("mdexplore.methods")
    except ImportError:
        return []
    found = pkgutil.walk_packages(methods.__path__, methods.__name__ + ".", onerror=lambda name: log.info("%s cannot be imported", name))
    return [module.name for module in found]


@contextlib.contextmanager
def without_torch() -> Iterator[None]:
    """Inside, torch looks as if it were not installed; what is loaded already stays.

    deeptime 0.4.5 imports torch wherever it finds it, which doubles its time to import. Left out here, `deeptime.decomposition.deep` can still be imported
    later; only the name `deeptime.kernels.TorchGaussianKernel` is missing then (it lives in ``deeptime.kernels._kernels_torch``).
    """
    refusal = _NoTorch()
    sys.meta_path.insert(0, refusal)   # type: ignore[arg-type]
    try:
        yield
    finally:
        sys.meta_path.remove(refusal)   # type: ignore[arg-type]


class _NoTorch:
    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError("torch is not imported ahead of need", name="torch")


def _import(name: str) -> str:
    """A module that fails here will say so where it is used; a worker without it is merely slower."""
    try:
        with without_torch():
            importlib.import_module(name)
    except Exception as error:
        return f"{name}: {error!r}"
    return ""
