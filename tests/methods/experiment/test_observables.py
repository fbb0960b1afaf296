"""Observables from files and from structures."""
from __future__ import annotations

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.methods.experiment.backcalculation import distance, j_coupling, noe, phi_atoms, torsion
from mdexplore.methods.experiment.observables import Observable, read_observables, state_means


@pytest.fixture(scope="module")
def alanine():
    data = mdx.example("alanine-dipeptide")
    return mdx.load(data.frames([[0, i] for i in range(40)]))


def test_state_means_are_averages_over_frames():
    found = state_means([Observable("e", (np.array([1.0, 3, 9]), np.array([5.0])), 0, 1)], [np.array([0, 0, -1]), np.array([2])], 3)
    np.testing.assert_array_equal(found, [[2.0], [np.nan], [5.0]])


def test_a_noe_weighs_close_pairs(alanine):
    plain, close = distance(alanine, (4, 10), 0.3, 0.01), noe(alanine, (4, 10), 0.3, 0.01)
    np.testing.assert_allclose(close.values[0], plain.values[0] ** -6)
    assert close.measured == pytest.approx(0.3**-6) and close.error == pytest.approx(6 * 0.3**-7 * 0.01)


def test_couplings_are_those_of_mdtraj(alanine):
    import mdtraj as md

    found = j_coupling(alanine, phi_atoms(alanine, 1), 6.0, 0.5)
    reference = md.compute_J3_HN_HA(next(alanine.chunks(0))[1], model="Bax2007")[1][:, 0]
    np.testing.assert_allclose(found.values[0], reference, atol=1e-4)


def test_a_torsion_is_in_degrees_and_counted_to_both_sides_of_the_measured_one(alanine):
    import mdtraj as md

    phi = np.degrees(md.compute_phi(next(alanine.chunks(0))[1])[1][:, 0])
    for measured in (-65.0, 170.0, 200.0):
        found = torsion(alanine, phi_atoms(alanine, 1), measured, 10.0)
        assert found.unit == "°" and (np.abs(found.values[0] - measured) <= 180).all()
        np.testing.assert_allclose((found.values[0] - phi) % 360 % 359.9999, 0, atol=1e-3)
    with pytest.raises(UserError, match="degrees"):
        torsion(alanine, phi_atoms(alanine, 1), 400.0, 10.0)


def test_a_table_may_hold_torsions_and_formulas_of_columns_and_features(alanine, tmp_path):
    (tmp_path / "measured.csv").write_text("name,measured,error,kind,atoms,formula,unit\nphi,-65,10,torsion,4 6 8 14,,\nshift,4.3,0.1,formula,,4 + 0.5 * other + 'cos phi ALA2',ppm\n")
    np.savetxt(tmp_path / "frames.csv", np.arange(40.0)[:, None], delimiter=",", header="other", comments="")
    angle, shift = read_observables(tmp_path / "measured.csv", alanine, [tmp_path / "frames.csv"], {"cos phi ALA2": [np.ones(40)]})
    assert (angle.unit, shift.unit, shift.measured) == ("°", "ppm", 4.3)
    np.testing.assert_allclose(shift.values[0], 5 + 0.5 * np.arange(40))


def test_a_table_names_columns_and_computes_the_rest(alanine, tmp_path):
    (tmp_path / "measured.csv").write_text("name, measured, error, kind, atoms\nshift, 8.2, 0.1,,\nJ, 6.1, 0.5, j-coupling, 4 6 8 14\nd, 0.4, 0.02, distance, 4 10\n")
    np.savetxt(tmp_path / "frames.csv", np.arange(80.0).reshape(40, 2), delimiter=",", header="other,shift", comments="")
    found = read_observables(tmp_path / "measured.csv", alanine, [tmp_path / "frames.csv"])
    assert [o.name for o in found] == ["shift", "J", "d"] and [o.unit for o in found] == ["", "Hz", "nm"]
    np.testing.assert_array_equal(found[0].values[0], np.arange(1, 80, 2))
    np.save(tmp_path / "frames.npy", np.zeros((40, 1)))
    with pytest.raises(UserError, match="no column 'shift'"):
        read_observables(tmp_path / "measured.csv", alanine, [tmp_path / "frames.npy"])


@pytest.mark.parametrize("text, said", [("name,measured,error\nx,1,2\n", "no column"), ("name,measured\nx,1\n", "'error'"), ("name,measured,error,kind\nx,1,2,magic\n", "no kind"),
                                        ("name,measured,error,kind,atoms\nx,1,2,noe,3\n", "needs 2 atoms"), ("name,measured,error,kind,atoms\nx,1,2,noe,3 999\n", "cannot be used"), ("", "no rows"),
                                        ("name,measured,error,kind,atoms\nx,1,-2,noe,3 4\n", "no measurement")])
def test_tables_that_cannot_be_used_say_why(alanine, tmp_path, text, said):
    (tmp_path / "measured.csv").write_text(text)
    with pytest.raises(UserError, match=said):
        read_observables(tmp_path / "measured.csv", alanine)


def test_values_must_fit_the_frames():
    with pytest.raises(UserError, match="2 values"):
        state_means([Observable("e", (np.zeros(2),), 0, 1)], [np.zeros(3, int)], 1)
    with pytest.raises(UserError, match="no structures"):
        distance(mdx.load([np.zeros((5, 2))]), (0, 1), 1, 1)
