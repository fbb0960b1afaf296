"""The latent space as a plane: points are the flow's, and of many dimensions it is the plane that parts the states."""
from __future__ import annotations

import numpy as np
import pytest

from mdexplore.methods.generation.flow import Flow
from mdexplore.session.generating import FLOW, Generation
from mdexplore.session.latent import N_REAL, evenly, latent_plane, parting_axes


def stretched(scales):
    """A flow without couplings: its latent points are known by hand."""
    return Flow(np.zeros(len(scales)), np.diag(np.asarray(scales, float)), ())


def made_of(n):
    return Generation(FLOW, np.zeros((n, 2), int), np.zeros(n), "nm", ())


def test_two_dimensions_are_shown_as_they_are():
    x, z = np.array([[2.0, 9.0], [-4.0, 3.0]]), np.array([[0.5, -1.5]])
    found = latent_plane(stretched([2, 3]), z, made_of(1), x, np.array([[0, 7], [1, 8]]))
    np.testing.assert_allclose(found.real, [[1, 3], [-2, 1]])
    np.testing.assert_allclose(found.points, z)
    assert found.names == ("latent 1", "latent 2") and found.said == "" and found.frames.tolist() == [[0, 7], [1, 8]]


def test_of_many_real_frames_evenly_taken_ones_keep_their_numbers():
    x = np.stack([np.arange(4000.0), np.arange(4000.0)], axis=1)
    found = latent_plane(stretched([2, 4]), np.zeros((1, 2)), made_of(1), x, np.stack([np.zeros(4000, int), np.arange(4000)], axis=1))
    assert len(found.frames) == N_REAL and found.frames[[0, -1], 1].tolist() == [0, 3999]
    np.testing.assert_allclose(found.real[:, 0], found.frames[:, 1] / 2)


def test_a_plane_of_many_dimensions_is_the_one_that_parts_the_states():
    random = np.random.default_rng(0)
    states = np.repeat([0, 1, 2], 300)
    z = random.normal(size=(900, 6))
    z[:, 4] += np.array([-3.0, 3.0, 3.0])[states]   # parts the first from the others
    z[:, 1] += np.array([0.0, 2.0, -2.0])[states]   # and the others from each other
    axes, said = parting_axes(z, states)
    np.testing.assert_allclose(axes @ axes.T, np.eye(2), atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(axes[:, [1, 4]], axis=1), 1, atol=0.01)
    assert (z[states == 0] @ axes[0]).mean() < 0 and "part the metastable states best" in said and "89 %" in said


def test_shares_are_those_of_the_axes_that_are_drawn_where_latents_are_correlated():
    random = np.random.default_rng(3)
    states = np.repeat([0, 1, 2], 400)
    z = random.normal(size=(1200, 4))
    z[:, 0] += np.array([-4.0, 0.0, 4.0])[states]
    z[:, 1] += np.array([1.0, -2.0, 1.0])[states]
    z[:, 1] += 2 * z[:, 0]   # the discriminants are no longer at right angles
    axes, said = parting_axes(z, states)
    shares = []
    for along in (z @ axes.T).T:
        within = sum(along[states == k].var() for k in range(3)) / 3
        shares.append(f"{100 * (1 - within / along.var()):.0f} %")
    assert f"they make {shares[0]} and {shares[1]} of the spread" in said


def test_two_states_part_along_one_direction_and_one_state_along_none():
    random = np.random.default_rng(1)
    z = random.normal(size=(400, 5)) * [1, 1, 2, 1, 1]
    states = (np.arange(400) < 200).astype(int)
    z[:, 0] += 6.0 * states
    axes, said = parting_axes(z, states)
    assert abs(axes[0, 0]) > 0.99 and abs(axes[1, 2]) > 0.95 and "the one across it" in said
    axes, said = parting_axes(z, np.full(400, 2))
    assert abs(axes[0, 0]) > 0.99 and abs(axes[1, 2]) > 0.95 and said.endswith("in which real frames spread most.")


def test_frames_outside_the_model_and_rare_states_part_nothing():
    z = np.random.default_rng(2).normal(size=(50, 4))
    z[:2] += 100
    states = np.full(50, -1)
    states[:2], states[2:20] = 1, 0
    assert "spread most" in parting_axes(z, states)[1]


def test_frames_that_a_flow_sends_nowhere_are_left_out():
    found = latent_plane(stretched([1, 1]), np.zeros((1, 2)), made_of(1), np.array([[1.0, 1.0], [np.inf, 0.0]]), np.array([[0, 0], [0, 1]]))
    assert found.frames.tolist() == [[0, 0]]


@pytest.mark.parametrize(("n", "most", "expected"), [(3, 5, [0, 1, 2]), (5, 2, [0, 4]), (0, 5, [])])
def test_numbers_are_taken_evenly(n, most, expected):
    assert evenly(n, most).tolist() == expected
