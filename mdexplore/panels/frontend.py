"""Makes nglview ask the page for the front end that is installed."""
from __future__ import annotations

import importlib.util
import json
import re
import sys
import types
from pathlib import Path

from mdexplore.base.errors import UserError
from mdexplore.base.installing import install_line

MODULE = "nglview._frontend"


def asked_version() -> str | None:
    """The version of its front end that the installed nglview would ask for; None without nglview."""
    spec = importlib.util.find_spec("nglview")
    if spec is None or not spec.submodule_search_locations:
        return None
    file = Path(next(iter(spec.submodule_search_locations))) / "_frontend.py"
    found = re.search(r"""__frontend_version__\s*=\s*["']([^"']+)["']""", file.read_text()) if file.exists() else None
    return found.group(1) if found else None


def installed_version() -> str | None:
    """The version of nglview's front end in JupyterLab's extension folders; None where there is none."""
    from jupyter_core.paths import jupyter_path

    for folder in jupyter_path("labextensions"):
        file = Path(folder) / "nglview-js-widgets" / "package.json"
        if file.exists():
            return str(json.loads(file.read_text()).get("version", "")) or None
    return None


def agree() -> None:
    """Before the first import of nglview: where it asks for another version than is installed, let it ask for the right one.

    nglview 4.0.1 asks for front end 4.0 while its wheel ships 3.1.5, and fails at import.

    Raises
    ------
    UserError
        If nglview or its front end is not installed, or a wrong version is loaded already.
    """
    asked, installed = asked_version(), installed_version()
    if importlib.util.find_spec("nglview") is None:
        raise UserError("Structures cannot be shown.", "nglview is not installed.", f"Install it: {install_line('nglview==3.1.4')}")
    if installed is None:
        raise UserError("Structures cannot be shown.", "The front end of nglview is missing from this environment.", f"Install it again: {install_line('nglview==3.1.4', '--force-reinstall')}")
    if asked == installed:
        return
    if MODULE in sys.modules:
        if getattr(sys.modules[MODULE], "__frontend_version__", None) == installed:
            return
        raise UserError("Structures cannot be shown.", f"nglview was imported before and asks for front end {asked}, but {installed} is installed.",
                        f"Import mdexplore first, or install the pair that fits: {install_line('nglview==3.1.4')}")
    module = types.ModuleType(MODULE)
    module.__frontend_version__ = installed   # type: ignore[attr-defined]
    sys.modules[MODULE] = module
