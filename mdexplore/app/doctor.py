"""What would keep the panels from drawing, found without importing anything that may crash: versions are read from metadata and files."""
from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mdexplore import __version__
from mdexplore.base.folders import cache_folder, log_folder
from mdexplore.base.installing import install_line

Level = Literal["ok", "note", "broken"]
PYTHON = (3, 11)
# Module -> the distribution that brings it, and the versions known to draw and to send their gestures together.
NEEDED = {"numpy": "numpy>=2.0", "scipy": "scipy>=1.11", "deeptime": "deeptime==0.4.5", "mdtraj": "mdtraj>=1.11", "tables": "tables>=3.9",
          "netCDF4": "netCDF4>=1.6", "matplotlib": "matplotlib>=3.8", "PIL": "pillow>=10", "ipywidgets": "ipywidgets>=8.1,<9", "bqplot": "bqplot==0.12.45",
          "nglview": "nglview==3.1.4", "voila": "voila>=0.5.11,<0.6", "threadpoolctl": "threadpoolctl>=3.2", "click": "click>=8.1", "tqdm": "tqdm>=4.66"}
# Module -> the extra and the distribution that bring it, and what it is for; only what some part of the package uses.
EXTRAS = {"torch": ("deep", "torch", "needed only for projections by neural networks and for Boltzmann generators"),
          "faiss": ("fast", "faiss-cpu", "makes the assignment of frames to many microstates faster"),
          "dask": ("cluster", "dask[distributed]", "needed only to compute on a dask cluster"),
          "MDAnalysis": ("mdanalysis", "MDAnalysis>=2.7", "needed only to load MDAnalysis universes"),
          "openmm": ("simulate", "openmm", "needed only to simulate, and for energies of molecules")}
# Widget package -> (its folder among the JupyterLab extensions, the file and name of the version Python asks the page for).
FRONT_ENDS = {"nglview": ("nglview-js-widgets", "_frontend.py", "__frontend_version__"),
              "bqplot": ("bqplot", "_version.py", "__frontend_version__"),
              "ipywidgets": ("@jupyter-widgets/jupyterlab-manager", "", "")}
SPACE_GB = 1.0


@dataclass(frozen=True)
class Finding:
    """One thing the doctor looked at.

    Parameters
    ----------
    level : {"ok", "note", "broken"}
        ``note`` takes something away, ``broken`` keeps panels from working.
    subject : str
    text : str
        What was found.
    mend : str
        A command or an act; empty where nothing is to be done.
    """

    level: Level
    subject: str
    text: str
    mend: str = ""

    def __str__(self) -> str:
        mark = {"ok": "ok    ", "note": "note  ", "broken": "BROKEN"}[self.level]
        line = f"{mark}  {self.subject}: {self.text}"
        return line + (f"\n        {self.mend}" if self.mend else "")


def examine() -> list[Finding]:
    """Look at everything the panels need.

    Returns
    -------
    list of Finding
        In the order in which they should be mended.
    """
    checks = (_ourselves, _python, _packages, _front_ends, _page, _cache, _loopback, _extras)
    return [finding for check in checks for finding in check()]


def _ourselves() -> Iterator[Finding]:
    yield Finding("ok", "mdexplore", f"{__version__} in {Path(__file__).parents[1]}")


def _python() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < PYTHON:
        yield Finding("broken", "Python", f"{version} is too old.", "Make an environment with Python 3.11 or newer.")
    else:
        yield Finding("ok", "Python", f"{version} on {sys.platform}")
    if sys.platform not in ("linux", "darwin"):
        yield Finding("note", "system", f"{sys.platform} is not tested; pages start more slowly.")


def _packages() -> Iterator[Finding]:
    from packaging.requirements import Requirement

    for module, wanted in NEEDED.items():
        requirement = Requirement(wanted)
        found = _version(requirement.name)
        install = install_line(wanted)
        if found is None or not _is_there(module):
            yield Finding("broken", requirement.name, "is not installed.", install)
        elif not requirement.specifier.contains(found, prereleases=True):
            yield Finding("broken", requirement.name, f"{found} does not work with the others; {requirement.specifier} does.", install)
        else:
            yield Finding("ok", requirement.name, found)
    if _version("nglview") == "3.1.4" and not _is_there("pkg_resources"):
        yield Finding("broken", "setuptools", "nglview 3.1.4 imports pkg_resources, which this setuptools no longer brings.", install_line("setuptools<81"))


def _front_ends() -> Iterator[Finding]:
    for package, (extension, file, name) in FRONT_ENDS.items():
        if not _is_there(package):
            continue   # said already
        manifest = _find_extension(extension)
        mend = install_line(NEEDED[package], "--force-reinstall", "--no-deps")
        if package == "ipywidgets":
            mend = install_line("jupyterlab_widgets", "--force-reinstall", "--no-deps")
        if manifest is None:
            yield Finding("broken", f"{package} in the page", f"the JupyterLab extension {extension} is not installed.", mend)
            continue
        shipped = str(json.loads(manifest.read_text(encoding="utf-8")).get("version", "?"))
        asked = _read_version(package, file, name) if file else ""
        if asked and not fits(shipped, asked):
            yield Finding("broken", f"{package} in the page", f"Python asks for {asked}, {manifest.parent} has {shipped}: its panel stays empty.", mend)
        else:
            yield Finding("ok", f"{package} in the page", f"{shipped}, as Python asks for" if asked else shipped)


def fits(shipped: str, asked: str) -> bool:
    """Whether a front end satisfies the version Python asks for: exact, or ``^`` for the same first number that is not zero."""
    have, want = _numbers(shipped), _numbers(asked)
    if not asked.startswith("^"):
        return have[: len(want)] == want
    fixed = next((i for i, number in enumerate(want) if number), len(want) - 1) + 1
    return have[:fixed] == want[:fixed] and have >= want


def _page() -> Iterator[Finding]:
    template = Path(__file__).parent / "share/jupyter/voila/templates/mdexplore"
    absent = [name for name in ("conf.json", "index.html.j2", "skeleton.html", "failed.html", "heartbeat.js") if not (template / name).is_file()]
    if absent:
        yield Finding("broken", "page", f"{', '.join(absent)} is missing in {template}.", "Install mdexplore again, as you did the first time, with pip's --force-reinstall --no-deps.")
    else:
        yield Finding("ok", "page", f"its files are there; the log of each run is in {log_folder()}")


def _cache() -> Iterator[Finding]:
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            pass
        free_gb = shutil.disk_usage(folder).free / 1e9
    except OSError as error:
        yield Finding("broken", "cache", f"{folder} cannot be written: {error.strerror or error}.", "Set MDEXPLORE_CACHE to a folder that can be written.")
        return
    if free_gb < SPACE_GB:
        yield Finding("note", "cache", f"{folder} has {free_gb:.2f} GB left.", "Free some space, or set MDEXPLORE_CACHE to another folder.")
    else:
        yield Finding("ok", "cache", f"{folder}, {free_gb:.0f} GB free")


def _loopback() -> Iterator[Finding]:
    try:
        with socket.create_server(("127.0.0.1", 0)):
            yield Finding("ok", "network", "a page can be served on 127.0.0.1")
    except OSError as error:
        yield Finding("broken", "network", f"nothing can listen on 127.0.0.1: {error.strerror or error}.", "Ask whoever runs this machine.")


def _extras() -> Iterator[Finding]:
    for module, (_, distribution, purpose) in EXTRAS.items():
        if _is_there(module):
            yield Finding("ok", module, _version(re.split(r"[\[>]", distribution)[0]) or "installed")
        else:
            yield Finding("note", module, f"is not installed; {purpose}.", install_line(module))


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _is_there(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _find_extension(name: str) -> Path | None:
    """Where Jupyter would find an extension; the first place wins, as it does there."""
    from jupyter_core.paths import jupyter_path

    for folder in jupyter_path("labextensions"):
        manifest = Path(folder, *name.split("/"), "package.json")
        if manifest.is_file():
            return manifest
    return None


def _read_version(package: str, file: str, name: str) -> str:
    """The value of a name in a file of a package that is not imported; empty where it is not found."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return ""
    path = os.path.join(os.path.dirname(spec.origin), file)
    try:
        with open(path, encoding="utf-8") as source:
            found = re.search(rf"^{name}\s*=\s*['\"]([^'\"]+)['\"]", source.read(), re.MULTILINE)
    except OSError:
        return ""
    return found.group(1) if found else ""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))
