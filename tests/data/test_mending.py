"""The same frames loaded otherwise, as buttons beside notices do."""
from __future__ import annotations

import json

import mdtraj as md
import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.data.dataset import Dataset
from mdexplore.data.loading import load
from mdexplore.data.mending import mended


@pytest.fixture
def across(tmp_path):
    """A peptide of which half of the atoms, in some frames, lie on the other side of a box of 3 nm; and the same in one piece."""
    example = mdx.example("alanine-dipeptide")
    whole = example.frames([(0, f) for f in range(40)])
    whole.unitcell_lengths, whole.unitcell_angles = np.full((40, 3), 3.0), np.full((40, 3), 90.0)
    broken = whole[:]
    broken.xyz[5:, 10:] += np.float32([3.0, 0, 0])
    broken.save_xtc(str(tmp_path / "run.xtc"))
    whole[0].save_pdb(str(tmp_path / "top.pdb"))
    return tmp_path, whole


def opened(folder, **options):
    return load(folder / "run.xtc", top=folder / "top.pdb", **options)


def test_broken_molecules_are_told_with_a_button_that_makes_them_whole(across):
    data = opened(across[0])
    (notice,) = [n for n in data.report.notices if "broken" in n.text]
    assert notice.mend.slot == "data" and notice.mend.changes == {"make_whole": True}
    made = mended(data, **notice.mend.changes)
    assert not [n for n in made.report.notices if "broken" in n.text]
    assert made.key != data.key and made.lengths == data.lengths


@pytest.mark.parametrize("atoms", [None, "name C CA N O CB", list(range(8, 14))])
def test_what_is_mended_is_what_loading_with_the_option_gives(across, atoms):
    made = mended(opened(across[0], atoms=atoms), make_whole=True)
    asked = opened(across[0], atoms=atoms, make_whole=True)
    assert made.key == asked.key
    np.testing.assert_array_equal(made.coordinates(0, 20), asked.coordinates(0, 20))
    pairs = [(0, 3)]
    near = across[1] if atoms is None else across[1].atom_slice(asked.atoms)
    np.testing.assert_allclose(md.compute_distances(made.frame(0, 20), pairs, periodic=False), md.compute_distances(near[20], pairs, periodic=False), atol=5e-3)


def test_mending_can_be_taken_back_and_does_nothing_twice(across):
    data = opened(across[0])
    made = mended(data, make_whole=True)
    assert mended(made, make_whole=True) is made
    assert mended(made, make_whole=False).key == data.key
    assert any("broken" in n.text for n in mended(made, make_whole=False).report.notices)


def test_arrays_have_nothing_to_mend():
    with pytest.raises(UserError, match="no atoms"):
        mended(load([np.zeros((10, 2))]), make_whole=True)


def test_a_box_is_needed():
    with pytest.raises(UserError, match="no unit cell"):
        mended(mdx.example("alanine-dipeptide"), make_whole=True)


def test_a_report_with_a_button_survives_json(across):
    data = opened(across[0])
    again = Dataset.from_spec(json.loads(json.dumps(data.spec())))
    assert again.report.notices == data.report.notices
