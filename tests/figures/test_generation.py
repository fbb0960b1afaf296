"""Generated structures beside real ones: both are drawn, with their scores."""
from __future__ import annotations

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
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


@pytest.fixture(scope="module")
def wells():
    return mdx.Study(mdx.example("prinz", n_frames=2000, n_trajectories=2), projection="identity", clustering=mdx.settings.KMeans(n_clusters=12), lagtime=5, n_states=3)


def of_a_flow(n=30, m=40, weights=None):
    random = np.random.default_rng(0)
    made = mdx.generation.Generation("boltzmann", np.zeros((n, 2), int), np.zeros(n), "", (), weights=weights)
    frames = np.stack([np.zeros(m, int), np.arange(m) * 50], axis=1)
    plane = mdx.generation.Latent(("latent 1", "latent 2"), "", made, random.normal(size=(n, 2)), random.normal(size=(m, 2)), frames)
    return mdx.generation.Generation("boltzmann", made.frames[:3], made.distances[:3], "", (), latent=plane)


def test_the_latent_space_has_every_structure_by_weight_and_every_frame_by_state(wells):
    weights = np.linspace(0.5, 2, 30)
    found = of_a_flow(weights=weights)
    ax = mdx.figures.latent(found, wells)
    drawn = ax.collections[0]
    np.testing.assert_allclose(drawn.get_offsets(), found.latent.points)
    np.testing.assert_allclose(drawn.get_sizes() / drawn.get_sizes()[0], weights / weights[0])
    states = [wells.metastable.assignments[0][f] for _, f in found.latent.frames]
    assert [len(line.get_xdata()) for line in ax.lines] == np.bincount(states)[np.unique(states)].tolist()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("latent 1", "latent 2")


def test_without_a_study_real_frames_have_one_colour():
    ax = mdx.figures.latent(of_a_flow())
    assert [line.get_label() for line in ax.lines] == ["real frames"]


def test_what_no_flow_has_made_has_no_latent_space():
    with pytest.raises(UserError, match="no latent space"):
        mdx.figures.latent(mdx.generation.Generation("landing", np.zeros((1, 2), int), np.zeros(1), "", ()))
