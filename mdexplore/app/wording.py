"""What the library calls its arguments, as the command line calls them: messages name what their reader has typed."""
from __future__ import annotations

import re
from dataclasses import replace

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice

OPTIONS = {"timestep_ns": "--timestep", "on_damage": "--on-damage", "resample": "--resample", "make_whole": "--make-whole", "top": "--top", "atoms": "--atoms",
           "stride": "--stride", "features": "--features", "projection": "--projection", "clustering": "--clustering", "kinetics": "--kinetics",
           "lagtime": "--lagtime", "n_states": "--states", "seed": "--seed"}
_ARGUMENT = re.compile(rf'\b({"|".join(OPTIONS)})=("[^"]*"|[\w.]+(?:\([^)]*\))?(?<!\.))?')
# What only a reader of Python needs: where an argument belongs, and the settings around the number of states, which the command line gives by itself.
_IN_PYTHON_ONLY = re.compile(r" (?:of|to) mdexplore\.load\b|\bPCCA\((?=n_states=)|(?<=\bPCCA\(n_states=.)\)|(?<=\bPCCA\(n_states=..)\)")


def in_options(text: str) -> str:
    """A message of the library in the words of the command line.

    Parameters
    ----------
    text : str
        Such as ``'load with on_damage="keep-good" to use the sound frames'``.

    Returns
    -------
    str
        Such as ``"load with --on-damage keep-good to use the sound frames"``.
    """
    return _ARGUMENT.sub(_option, _IN_PYTHON_ONLY.sub("", text))


def error_in_options(error: UserError) -> UserError:
    """The same error in the words of the command line."""
    return UserError(in_options(error.what), in_options(error.why), in_options(error.do), error.mend)


def notice_in_options(notice: Notice) -> Notice:
    """The same notice in the words of the command line."""
    return replace(notice, text=in_options(notice.text), hint=in_options(notice.hint))


def _option(found: re.Match[str]) -> str:
    name, value = found[1], found[2]
    if value is None:   # arrays that go with structures; kinds of features are always given with a name
        return "--feature-files" if name == "features" else OPTIONS[name]
    if value == "True":
        return OPTIONS[name]
    if value.startswith("mdexplore.settings."):
        value = value.removeprefix("mdexplore.settings.").partition("(")[0].lower()
    return f"{OPTIONS[name]} {value if ' ' in value else value.strip(chr(34))}"
