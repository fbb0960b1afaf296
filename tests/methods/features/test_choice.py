"""Features that nobody chose are few enough for the frames that there are, so that a default projection can learn from them."""
from __future__ import annotations

import mdtraj
import numpy as np
import pytest

import mdexplore as mdx


def chain(n_frames, n_residues=60):
    """CA atoms on a random walk; no torsions can be measured."""
    random, topology = np.random.default_rng(0), mdtraj.Topology()
    strand = topology.add_chain()
    for _ in range(n_residues):
        topology.add_atom("CA", mdtraj.element.carbon, topology.add_residue("ALA", strand))
    places = 0.38 * np.arange(n_residues)[:, None] * np.array([1, 0, 0]) + 0.03 * random.standard_normal((n_frames, n_residues, 3)).cumsum(axis=0)
    return mdx.load(mdtraj.Trajectory(places.astype(np.float32), topology))


@pytest.mark.parametrize("n_frames, most", [(12, 6), (100, 50), (600, 300), (2000, 780)])
def test_distances_are_at_most_half_as_many_as_frames_and_a_projection_is_found(n_frames, most):
    study = mdx.Study(chain(n_frames))
    assert most / 2 <= study.features[0].shape[1] <= most
    assert study.result("projection").dim >= 1


def test_distances_take_the_place_of_torsions_where_frames_are_few(alanine):
    pentamer = mdx.example("penta-alanine")
    few, enough = (mdx.Study(mdx.load(pentamer.frames([[0, f] for f in range(n)]))) for n in (30, 60))
    assert enough.feature_names[0].startswith("cos")
    assert not few.feature_names[0].startswith("cos") and few.features[0].shape[1] <= 15
    assert any("few for 10 torsions" in notice.text for notice in few.result("features").notices)
