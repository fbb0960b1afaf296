"""The install line names the Python that runs and what is tested."""
import shlex
import sys
from pathlib import Path

import pytest

from mdexplore.base.installing import PINNED, install_line


@pytest.mark.parametrize("module", PINNED)
def test_what_is_installed_is_what_is_tested(module):
    name, version = PINNED[module].split("==")
    tested = (Path(__file__).parents[2] / "constraints.txt").read_text().splitlines()
    assert f"{name.partition('[')[0]}=={version}" in tested


def test_the_line_can_be_typed_in_any_folder(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/home/m e/.venv/bin/python")
    assert shlex.split(install_line("torch")) == ["/home/m e/.venv/bin/python", "-m", "pip", "install", PINNED["torch"]]
    assert shlex.split(install_line("dask"))[-1] == "dask[distributed]==2026.8.0"
    assert install_line("no_such_module").endswith("pip install no_such_module")
