"""Rounds of simulation of a molecule: each goes on from frames of the rounds before, and leaves its files."""
from __future__ import annotations

import csv
from importlib.resources import files

import mdtraj as md
import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.session.simulating import adaptive_simulations

FOLDER = files("mdexplore") / "data" / "bundled" / "alanine-dipeptide"
QUICK = dict(n_rounds=3, n_walkers=4, n_frames=60, projection="identity", lagtime=1, seed=1)


@pytest.fixture(scope="module")
def start():
    return md.load(str(FOLDER / "ala2.pdb"))


@pytest.fixture(scope="module")
def played_back():
    """A "simulation" that gives real frames: those that follow the frame which is nearest in phi and psi to the start."""
    every = [md.load(str(FOLDER / f"ala2-{k:02}.xtc"), top=str(FOLDER / "ala2.pdb")) for k in (0, 10)]
    turns = [_turns(t) for t in every]

    def simulate(starts, n_frames, seed):
        made = []
        for k, turn in enumerate(_turns(md.Trajectory(starts.astype(np.float32), every[0].topology))):
            one = (seed + k) % len(every)
            first = int(np.argmin(np.linalg.norm(turns[one][:-n_frames] - turn, axis=1)))
            made.append(every[one][first : first + n_frames])
        return made

    return simulate


def _turns(trajectory):
    angles = np.concatenate([md.compute_phi(trajectory)[1], md.compute_psi(trajectory)[1]], axis=1)
    return np.concatenate([np.cos(angles), np.sin(angles)], axis=1)


def test_each_round_adds_its_frames_and_proposes_the_next_starts(start, played_back):
    found = adaptive_simulations(played_back, start.xyz[0], frame_ps=20, **QUICK)
    assert found.frames.tolist() == [240, 480, 720]
    assert [len(p.frames) for p in found.starts] == [4, 4, 4]
    assert found.study.data.n_frames == 720 and found.study.data.timestep_ns == pytest.approx(0.02)
    assert np.isfinite(found.timescales_ns[-1]) and found.timescales_ns[-1] > 0


def test_walkers_go_on_from_the_proposed_frames(start, played_back):
    seen = []

    def simulate(starts, n_frames, seed):
        seen.append(starts)
        return played_back(starts, n_frames, seed)

    found = adaptive_simulations(simulate, start.xyz[0], frame_ps=20, policy="least-counts", **QUICK)
    for k, proposed in enumerate(found.starts[:-1]):
        expected = [found.trajectories[t].xyz[f] for t, f in proposed.frames]
        np.testing.assert_allclose(seen[k + 1], expected, atol=1e-4)


def test_walks_and_starts_are_written_with_their_reasons(start, played_back, tmp_path):
    found = adaptive_simulations(played_back, start.xyz[0], frame_ps=20, folder=tmp_path, **{**QUICK, "n_rounds": 2})
    assert mdx.load(str(tmp_path / "round-*.xtc"), top=str(tmp_path / "topology.pdb")).n_frames == 480
    assert md.load(str(tmp_path / "starts-2.pdb")).n_frames == 4
    with open(tmp_path / "starts-2.csv") as file:
        assert [row["reason"] for row in csv.DictReader(file)] == list(found.starts[1].reasons)


def test_before_there_is_a_timescale_least_counts_choose_and_it_is_said(start):
    def stands_still(starts, n_frames, seed):
        return [md.join([start] * n_frames, check_topology=False) for _ in starts]

    found = adaptive_simulations(stands_still, start.xyz[0], frame_ps=20, features="torsions", **{**QUICK, "n_rounds": 1})
    assert found.starts[0].policy == "least-counts"
    assert np.isnan(found.timescales_ns[0])
    assert "seen least" in found.notices[0].text and found.notices[0].level == "warning"


@pytest.mark.parametrize("target", ["timescale", "timescale 0", "energy 1"])
def test_a_wrong_target_is_refused_before_anything_is_simulated(start, target):
    def never(starts, n_frames, seed):
        pytest.fail("a round was simulated")

    with pytest.raises(UserError, match="no number of the model"):
        adaptive_simulations(never, start.xyz[0], frame_ps=20, target=target, **QUICK)


@pytest.mark.parametrize(("changed", "word"), [({"policy": "random"}, "least-counts"), ({"n_rounds": 0}, "at least one"), ({"start": np.zeros((2, 22, 3))}, "4 walkers")])
def test_what_cannot_be_run_is_refused(start, played_back, changed, word):
    with pytest.raises(UserError, match=word):
        adaptive_simulations(played_back, changed.pop("start", start.xyz[0]), frame_ps=20, **{**QUICK, **changed})


def test_a_simulation_that_loses_walkers_is_refused(start, played_back):
    with pytest.raises(UserError, match="one trajectory for each"):
        adaptive_simulations(lambda *args: played_back(*args)[1:], start.xyz[0], frame_ps=20, **QUICK)


def test_openmm_finds_the_other_side_of_psi_in_rounds(start, tmp_path):
    pytest.importorskip("openmm", reason="simulations need the simulate extra")
    from openmm import app, unit

    system = app.ForceField("amber14/protein.ff14SB.xml").createSystem(app.PDBFile(str(FOLDER / "ala2.pdb")).topology, constraints=app.HBonds, hydrogenMass=3 * unit.amu)
    simulate = mdx.sampling.MoleculeWalk(system, start.topology, step_fs=4, frame_ps=0.2)
    found = adaptive_simulations(simulate, start.xyz[0], frame_ps=0.2, n_rounds=3, n_walkers=4, n_frames=150, projection="identity", lagtime="1 ps", seed=1, folder=tmp_path)
    psi = np.concatenate([md.compute_psi(t)[1][:, 0] for t in found.trajectories])
    assert np.ptp(psi) > 2
    assert found.study.data.timestep_ns == pytest.approx(2e-4)
    assert np.isfinite(found.timescales_ns[-1])
    assert (tmp_path / "starts-3.pdb").is_file()
