"""Where OpenMM is not installed, what needs it says what to install."""
import sys

import pytest

from mdexplore.base.errors import UserError
from mdexplore.methods.sampling.molecules import MoleculeWalk


def test_without_openmm_a_simulation_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "openmm", None)
    with pytest.raises(UserError, match="simulate"):
        MoleculeWalk(None, None)
