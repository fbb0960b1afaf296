"""`to_code`: the script put together, and what is said at its top."""
from __future__ import annotations

import importlib.metadata
from pathlib import Path
from typing import TYPE_CHECKING

from mdexplore.base.writing import write_whole
from mdexplore.methods.method import SLOTS, method_of
from mdexplore.methods.recipe import Given
from mdexplore.session.code.data import Parts, refuse, say_data
from mdexplore.session.code.features import say_features
from mdexplore.session.code.kinetics import say_kinetics, say_states
from mdexplore.session.code.projection import say_clustering, say_projection
from mdexplore.session.code.text import comment

if TYPE_CHECKING:
    from mdexplore.session.study import Study

AUGMENTED_SOURCE = "doi:10.1073/pnas.1704803114"   # the one object that is no settings
SAY = '''def say(frames):
    """A time in words."""
    return f"{frames:.4g} frames" if TIMESTEP_NS is None else f"{frames * TIMESTEP_NS:.4g} ns"
'''


def to_code(study: Study, path: str | Path | None = None) -> str:
    """The study as a script that needs numpy, mdtraj and deeptime alone and gives the same numbers.

    What has not been computed yet is computed first. The script prints its numbers, and saves them where it is given a file name:
    ``python script.py results.npz``.

    Parameters
    ----------
    study : Study
    path : str or Path, optional
        Where to write it as well.

    Returns
    -------
    str

    Raises
    ------
    UserError
        If the data are not in files that a script could read, or a slot holds an object of the user's or a method that cannot be written plainly.
    """
    for slot in SLOTS:
        if study.recipe.is_foreign(slot):
            raise refuse(f"its {slot} is an object of your own", "A script of ours cannot make it.", "Fill the slot with a method by name, or keep your own script.")
    parts = Parts()
    say_data(study.data, parts)
    for step in (say_features, say_projection, say_clustering, say_kinetics, say_states):
        step(study, parts)
    parts.functions["say"] = SAY
    text = _put_together(study, parts)
    if path is not None:
        write_whole(path, lambda target: target.write_text(text, encoding="utf-8"))
    return text


def _put_together(study: Study, parts: Parts) -> str:
    standard = {"import sys", "import itertools", "import warnings", "from pathlib import Path"}
    imports = [*sorted(parts.imports & standard), "", *sorted(parts.imports - standard, key=lambda line: (line.startswith("from"), line))]
    save = ",\n        ".join(f"{name}={value}" for name, value in parts.saved.items())
    blocks = [_top(study), "\n".join(imports), "\n".join(parts.settings), *(f"\n{f.rstrip()}" for f in parts.functions.values()), "\n" + "\n".join(parts.body).rstrip(),
              f"if len(sys.argv) > 1:\n    np.savez(\n        sys.argv[1],\n        {save},\n    )"]
    return "\n\n".join(blocks) + "\n"


def _top(study: Study) -> str:
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("mdtraj", "deeptime", "numpy"))
    sources = sorted({source for slot in SLOTS for s in _settings(study, slot) if (source := AUGMENTED_SOURCE if isinstance(s, Given) else method_of(s).source)})
    from mdexplore import __version__

    return "\n".join([
        comment(f"Markov state model of {study.data.name}.".replace("\n", " ")), "#",
        comment(f"Written by mdexplore {__version__} from a study, to give the same numbers without it; run with {versions}."),
        comment("Usage: python this_script.py [results.npz]"), "#",
        comment(f"Methods: {', '.join(sources)}. The 95 % intervals of populations and passage times are not repeated here."),
    ])


def _settings(study: Study, slot: str) -> tuple:
    filled = getattr(study.recipe, slot)
    return filled if isinstance(filled, tuple) else () if filled is None else (filled,)
