"""Peptides in implicit water as OpenMM systems."""
from __future__ import annotations

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError

torch = pytest.importorskip("torch", reason="energies are functions of torch")
pytest.importorskip("openmm", reason="energies of molecules need the simulate extra")


@pytest.fixture(scope="module")
def data():
    return mdx.example("alanine-dipeptide")


def test_the_energy_is_that_of_the_force_field_of_openmm(data):
    from openmm import app

    from mdexplore.methods.generation.energies import from_openmm
    from mdexplore.methods.generation.peptides import FILES, peptide_system

    x = torch.tensor(data.frames([[0, 0], [3, 500], [9, 2000]]).xyz.reshape(3, -1), dtype=torch.float64)
    plain = app.ForceField(*FILES).createSystem(data.topology.to_openmm(), constraints=None)
    np.testing.assert_allclose(from_openmm(peptide_system(data.topology))(x), from_openmm(plain)(x), atol=1e-4)


def test_a_molecule_without_a_force_field_is_refused(data):
    from mdexplore.methods.generation.peptides import peptide_system

    with pytest.raises(UserError, match="no energy here"):
        peptide_system(data.topology.subset(range(10)))
