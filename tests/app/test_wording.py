"""Messages of the library in the words of the command line."""
from __future__ import annotations

import inspect

import pytest

from mdexplore import cli
from mdexplore.app.wording import OPTIONS, error_in_options, in_options, notice_in_options
from mdexplore.base.errors import UserError
from mdexplore.base.notices import Mend, Notice
from mdexplore.data.loading import load
from mdexplore.session.study import Study


@pytest.mark.parametrize(("python", "shell"), [
    ('load with on_damage="keep-good" to use', "load with --on-damage keep-good to use"),
    ("Load them apart, or give timestep_ns= if the times", "Load them apart, or give --timestep if the times"),
    ("Load with resample=True to use every", "Load with --resample to use every"),
    ("top=, atoms= and make_whole= have no meaning.", "--top, --atoms and --make-whole have no meaning."),
    ('Name it, such as top="protein.pdb".', "Name it, such as --top protein.pdb."),
    ('Give for example atoms="name CA".', 'Give for example --atoms "name CA".'),
    ("Give it as features=.", "Give it as --feature-files."),
    ('features=mdexplore.settings.Distances(between="heavy") or features="positions".', "--features distances or --features positions."),
    ("PCCA(n_states=40) is out of range.", "--states 40 is out of range."),
    ("Use stride= of mdexplore.load on its files", "Use --stride on its files"),
    ("Choose a lag time below 20 ns.", "Choose a lag time below 20 ns."),
])
def test_arguments_become_options(python, shell):
    assert in_options(python) == shell


def test_errors_and_notices_keep_all_else():
    mend = Mend("Use them", "data", (("resample", True),))
    error = error_in_options(UserError("a", "b", "Give timestep_ns=.", mend))
    assert (error.what, error.why, error.do, error.mend) == ("a", "b", "Give --timestep.", mend)
    notice = notice_in_options(Notice("info", "a", "Give timestep_ns=.", "run.xtc"))
    assert (notice.level, notice.hint, notice.where) == ("info", "Give --timestep.", "run.xtc")


def test_every_argument_of_loading_and_of_a_study_has_its_option():
    ours = {*inspect.signature(load).parameters, *inspect.signature(Study.__init__).parameters} - {"self", "source", "data", "executor"}
    assert ours == set(OPTIONS)
    known = {option for parameter in cli.main.commands["report"].params for option in parameter.opts}
    assert set(OPTIONS.values()) <= known
