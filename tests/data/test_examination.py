"""A look at the frames finds what is odd, says where, and finds nothing in sound data."""
from __future__ import annotations

import json
import os

import mdtraj as md
import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.data.dataset import Dataset
from mdexplore.data.examination import examine_spec
from mdexplore.data.loading import load


def kinds(data: Dataset) -> dict[str, tuple[int, int]]:
    """Number and first frame of each kind of finding in the first file."""
    return {f.kind: (f.n, f.first) for f in data.examine().files[0].findings}


@pytest.mark.parametrize("name", ["alanine-dipeptide", "penta-alanine"])
def test_sound_molecules_give_no_notice(name):
    data = mdx.example(name)
    report = data.examine()
    assert report.is_examined and report.notices == () and data.report is report


@pytest.mark.parametrize(("value", "kind"), [(np.nan, "not-numbers"), (0.0, "zero"), (3e5, "far")])
def test_impossible_coordinates_are_counted_and_not_raised(value, kind, files, top, molecule):
    broken = molecule[:]
    broken.xyz[[25, 29]] = value
    data = load(files("run.trr", broken), top=top)
    assert kinds(data)[kind] == (2, 25)
    assert any(n.level == "error" and "2 frames, the first 25" in n.text for n in data.report.notices)


def test_repeated_frames_are_counted(molecule):
    still = molecule[:]
    still.xyz[11:14] = still.xyz[10]
    assert kinds(load(still))["frozen"] == (3, 11)


def test_a_file_that_stands_still_is_said_when_it_is_loaded(molecule):
    still = molecule[:]
    still.xyz[:] = still.xyz[0]
    assert "frozen" in {f.kind for f in load(still[:2]).examine().files[0].findings}


def test_atoms_on_one_point_are_said(molecule):
    odd = molecule[:]
    odd.xyz[13, 4] = odd.xyz[13, 6]   # bonded
    assert kinds(load(odd))["coincident"] == (1, 13)


def test_atoms_without_a_bond_on_one_point_are_said(molecule):
    odd = molecule[:]
    odd.xyz[:, 0] = odd.xyz[:, 21]
    assert "coincident" in {f.kind for f in load(odd).report.files[0].findings}


def test_an_atom_that_flies_off_tears_its_bond(molecule):
    odd = molecule[:]
    odd.xyz[13, 6] += 20
    odd.unitcell_vectors = None
    found = kinds(load(odd))
    assert found["torn"] == (1, 13) and found["jump"] == (2, 13)   # there and back


def test_joined_runs_jump_once(molecule):
    free = md.Trajectory(molecule.xyz, molecule.topology, time=molecule.time)
    moved = free[20:]
    moved.xyz += 30
    assert kinds(load(md.join([free[:20], moved], check_topology=False)))["jump"] == (1, 20)


def test_a_walk_through_the_wall_of_the_box_is_no_jump(molecule):
    walking = molecule[:]
    walking.unitcell_lengths = np.full((40, 3), 4.0)
    walking.unitcell_angles = np.full((40, 3), 90.0)
    walking.xyz += np.linspace(0, 1, 40)[:, None, None]
    walking.xyz[20:] -= 4
    assert "jump" not in kinds(load(walking))


def wrapped(molecule: md.Trajectory, size: float = 1.5) -> md.Trajectory:
    """Every atom put into a box by itself."""
    found = molecule[:]
    found.unitcell_lengths = np.full((40, 3), size)
    found.unitcell_angles = np.full((40, 3), 90.0)
    found.xyz = np.mod(found.xyz - found.xyz.mean((1, 2), keepdims=True), size).astype(np.float32)
    return found


def test_a_molecule_across_the_box_is_said_and_can_be_made_whole(molecule, files, top):
    path = files("run.xtc", wrapped(molecule))
    data = load(path, top=top)
    assert any("broken across the box" in n.text and "make_whole=True" in n.hint for n in data.report.notices)
    whole = load(path, top=top, make_whole=True)
    assert whole.is_made_whole and not [n for n in whole.examine().notices if "broken" in n.text]
    pairs = [(0, 21), (4, 18)]
    for i in (0, 39):
        np.testing.assert_allclose(md.compute_distances(whole.frame(0, i), pairs, periodic=False),
                                   md.compute_distances(molecule[i], pairs, periodic=False), atol=4e-3)


def test_whole_molecules_travel_and_have_a_key_of_their_own(molecule, files, top):
    path = files("run.xtc", wrapped(molecule))
    plain, whole = load(path, top=top, atoms="name CA N C"), load(path, top=top, atoms="name CA N C", make_whole=True)
    assert plain.key != whole.key and plain.trajectory_key(0) != whole.trajectory_key(0)
    again = Dataset.from_spec(json.loads(json.dumps(whole.spec())))
    assert again == whole and again.is_made_whole
    np.testing.assert_array_equal(again.coordinates(0, 7), whole.coordinates(0, 7))
    full = load(path, top=top, make_whole=True)
    np.testing.assert_allclose(np.ptp(whole.coordinates(0, 7), axis=0), np.ptp(full.coordinates(0, 7)[[a.index for a in full.topology.atoms if a.name in ("CA", "N", "C")]], axis=0), atol=1e-4)


def test_nothing_is_made_whole_without_a_box_or_bonds(molecule):
    with pytest.raises(UserError, match="no unit cell"):
        load(md.Trajectory(molecule.xyz, molecule.topology), make_whole=True)
    bare = md.Topology()
    residue = bare.add_residue("XXX", bare.add_chain())
    for _ in range(22):
        bare.add_atom("X", None, residue)
    with pytest.raises(UserError, match="no bonds"):
        load(md.Trajectory(molecule.xyz, bare), make_whole=True)


def test_a_box_smaller_than_the_molecule_is_said(molecule):
    small = molecule[:]
    small.unitcell_lengths = np.full((40, 3), 0.7)
    small.unitcell_angles = np.full((40, 3), 90.0)
    assert any("in a box of 0.70 nm" in n.text for n in load(small).report.notices)


def test_atoms_in_another_order_do_not_fit_the_topology(molecule):
    shuffled = md.Trajectory(molecule.xyz[:, np.random.default_rng(0).permutation(22)], molecule.topology)
    assert any("does not fit its topology" in n.text for n in load(shuffled).report.notices)


@pytest.mark.parametrize("value", [np.nan, 0.0, 50.0])
def test_a_cell_that_jumps_or_is_none_is_said(value, molecule, files, top):
    odd = molecule[:]
    odd.unitcell_lengths[13] = value
    assert kinds(load(files("run.nc", odd), top=top))["cell"][1] == 13


def test_findings_count_frames_of_the_file(molecule):
    still = molecule[:]
    still.xyz[20] = still.xyz[16]
    assert kinds(load(still, stride=4))["frozen"] == (1, 20)


def test_an_examination_travels_and_is_kept(molecule):
    still = molecule[:]
    still.xyz[11] = still.xyz[10]
    data = load(still)
    found = examine_spec(json.loads(json.dumps(data.spec())), progress=lambda *args: None)
    seen: list[int] = []
    assert data.examine(lambda done, total, text: seen.append(done)) == found and not seen   # from the cache
    assert Dataset.from_spec(json.loads(json.dumps(data.spec()))).report == found


def test_the_report_reads_as_text(files, top, molecule):
    lines = str(load([files("a.xtc"), files("b.xtc", molecule[:-1])], top=top).report).splitlines()
    assert lines[0] == "a.xtc: 40 frames, one every 20 ps, from 20 ps to 800 ps, xtc"
    assert lines[1].startswith("b.xtc: 39 frames") and "begins with the same two frames as a.xtc" in lines[1]


def test_what_is_lost_stands_in_the_report(files, top):
    path = files("run.dcd")
    os.truncate(path, os.path.getsize(path) // 2)
    file = load(path, top=top, on_damage="keep-good").report.files[0]
    assert file.lost == f"about {40 - file.n_frames} frames after frame {file.n_frames - 1}"


def test_a_report_with_a_stride_says_the_time_between_kept_frames(files, top):
    assert str(load([files("a.xtc")], top=top, stride=5).report).startswith("a.xtc: 8 frames of 40, one every 100 ps")
