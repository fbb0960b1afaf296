"""Formulas that people write: right values, names, and nothing that is run as code."""
from __future__ import annotations

import warnings

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.methods.experiment.backcalculation import formula
from mdexplore.methods.experiment.formulas import by_formula, check_formula, names_in
from mdexplore.methods.experiment.measuring import atom_number, torsion_of

NAMED = {"shift": [np.array([1.0, 2.0]), np.array([4.0])], "cos psi ALA2": [np.array([0.0, 0.5]), np.array([1.0])]}


@pytest.fixture(scope="module")
def alanine():
    data = mdx.example("alanine-dipeptide")
    return mdx.load(data.frames([[0, i] for i in range(20)]))


@pytest.mark.parametrize(("text", "values"), [
    ("shift", [[1, 2], [4]]), ("'cos psi ALA2' * 2 - -shift", [[1, 3], [6]]), ("2 ** shift + sqrt(4)", [[4, 6], [18]]), ("abs(1 - shift) / 2", [[0, 0.5], [1.5]]),
    ("cos(60 * shift)", [[0.5, -0.5], [-0.5]]), ("sin(30) * shift", [[0.5, 1], [2]]), ("log(exp(shift))", [[1, 2], [4]]),
])
def test_a_formula_says_what_it_says_on_paper_with_angles_in_degrees(text, values):
    for found, wanted in zip(by_formula(text, None, NAMED), values, strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-12)


def test_lengths_and_angles_are_those_of_mdtraj(alanine):
    import mdtraj as md

    frames = next(alanine.chunks(0))[1]
    wanted = {"phi(ALA2)": np.degrees(md.compute_phi(frames)[1][:, 0]), "ψ('ala2')": np.degrees(md.compute_psi(frames)[1][:, 0]), "torsion(4, 6, 8, 14)": np.degrees(md.compute_phi(frames)[1][:, 0]),
              "distance(4, 'ALA2-CB')": md.compute_distances(frames, [[4, 10]])[:, 0], "angle(4, 6, 8)": np.degrees(md.compute_angles(frames, [[4, 6, 8]])[:, 0])}
    for text, values in wanted.items():
        np.testing.assert_allclose(by_formula(text, alanine, {})[0], values, atol=1e-5)
    both = by_formula("phi(ALA2) + 2 * distance(4, 10)", alanine, {})[0]
    np.testing.assert_allclose(both, wanted["phi(ALA2)"] + 2 * wanted["distance(4, 'ALA2-CB')"], atol=1e-5)


def test_a_formula_names_what_it_needs():
    assert names_in("2 * shift + 'cos psi ALA2' + phi(ALA2) + cos(shift) + distance('ALA2-N', 4)") == ("shift", "cos psi ALA2")


@pytest.mark.parametrize("text", [
    "", "1 +", "__import__('os').system('x')", "shift.real", "shift[0]", "(lambda: 1)()", "[shift for shift in 'ab']", "shift if 1 else 2", "shift == 1", "f'{shift}'", "a := 1", "shift; 1", "open('x')",
    "eval('1')", "cos(shift, 2)", "cos()", "cos(x=1)", "distance(1)", "phi(ALA2, 3)", "phi(1 + 2)", "True * shift", "1j * shift", "0,5 * shift", "shift ^ 2", "shift % 2", "not shift", "None", "...",
    "b'x'", "'\\x41' + shift", "\0", "(" * 1000 + "1" + ")" * 1000, "+".join(["1"] * 1000), "-" * 1000 + "1", "cos(" * 200 + "1" + ")" * 200, f"{10**400} * shift", "*shift", "cos(*shift)",
])
def test_what_is_no_formula_is_refused_at_the_door(text):
    with pytest.raises(UserError):
        check_formula(text)


@pytest.mark.parametrize("text", ["0x" + "f" * 1500, "distance(0x" + "f" * 1500 + ", 1)", "shift + 9999999" + "9" * 400, "cos(0x" + "f" * 400 + ", 1)", "0x" + "f" * 5000])
def test_numbers_beyond_all_bounds_are_refused(text):
    with pytest.raises(UserError, match="large"):
        check_formula(text)


def test_a_text_of_any_length_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr("ast.parse", lambda *a, **k: pytest.fail("it was read"))
    with pytest.raises(UserError, match="'text'"):
        check_formula("x+" * 500_000 + "x")


def test_nothing_is_said_on_the_terminal_of_what_is_refused():
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        with pytest.raises(UserError):
            check_formula("1if shift else 2")
    assert said == []


def test_a_number_of_thousands_of_digits_is_no_atom():
    with pytest.raises(UserError, match="There is no atom '999"):
        atom_number("9" * 5000, ["ALA1-N", "ALA1-CA"])


@pytest.mark.parametrize(("text", "said"), [("other + 1", "nothing is called 'other'"), ("2 + 3", "same in every frame"), ("distance(4, 10)", "no structures")])
def test_what_the_data_do_not_have_is_said(text, said):
    with pytest.raises(UserError, match=said):
        by_formula(text, None, NAMED)


def test_atoms_and_residues_that_are_not_there_are_said(alanine):
    for text, said in (("phi(ACE1)", "ACE1 has no torsion phi"), ("chi1(ALA2)", "none"), ("distance(4, 4)", "2 different atoms"), ("distance(4, 999)", "no atom '999'"), ("distance(4, 'XY')", "no atom 'XY'")):
        with pytest.raises(UserError, match=said):
            by_formula(text, alanine, {})


def test_parts_for_different_frames_are_refused(alanine):
    with pytest.raises(UserError, match="different frames"):
        by_formula("shift + phi(ALA2)", alanine, NAMED)


@pytest.mark.parametrize("text", ["1 / (shift - 1)", "log(1 - shift)", "shift * 9 ** 9 ** 9"])
def test_values_that_are_no_numbers_are_refused(text):
    with pytest.raises(UserError, match="not numbers"):
        formula(None, text, 1.0, 0.1, named=NAMED)


def test_residues_of_one_name_are_not_taken_for_each_other(alanine):
    two = alanine.frames([[0, 0], [0, 1]])
    twice = two.stack(two)
    for chain in twice.topology.chains:
        chain.chain_id = "A"
    with pytest.raises(UserError, match="2 residues A:ALA2"):
        torsion_of(mdx.load(twice), "phi", "A:ALA2")
