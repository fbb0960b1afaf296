"""Generated structures beside real ones: both are drawn, with their scores."""
from __future__ import annotations

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.methods.generation.checks import check_structures


@pytest.fixture(scope="module")
def checked():
    import mdtraj as md

    folder = mdx.example("alanine-dipeptide").frames([[10, 40 * k] for k in range(60)])
    real = folder.xyz
    spoiled = real[:10] + np.random.default_rng(0).normal(scale=0.003, size=real[:10].shape)
    spoiled[0, 0] += 0.2
    assert isinstance(folder, md.Trajectory)
    return check_structures(spoiled, real, folder.topology), spoiled, real, folder.topology


def test_a_structure_and_its_nearest_frame_are_drawn_bond_by_bond(checked):
    found, spoiled, real, topology = checked
    ax = mdx.figures.generated(found, spoiled, real, topology, which=1)
    assert len(ax.lines) == 2 * topology.n_bonds
    assert f"bond z {found.bond_z[1]:.1f}" in ax.texts[0].get_text()
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["nearest real frame", "generated"]


def test_scores_show_what_lies_beyond_real_frames(checked):
    found = checked[0]
    ax = mdx.figures.structure_scores(found)
    assert not found.is_sound[0]
    beyond = ax.lines[-3] if found.is_sound.any() else ax.lines[0]
    assert len(beyond.get_xdata()) == int((~found.is_sound).sum())
