"""Exact answers of every frame, made where the data travel to."""
from __future__ import annotations

import numpy as np

import mdexplore as mdx
from mdexplore.base.store import Store
from mdexplore.methods.method import ignore
from mdexplore.session.exact_jobs import run_exact


def test_every_frame_of_every_trajectory_gets_the_exact_answers_of_its_place(cache):
    data = mdx.model_system(lambda x: 3 * (x[:, 0] ** 2 - 1) ** 2, [(-2, 2)], n_frames=200, n_trajectories=2, n_timescales=2, seed=1)
    found = Store().load(run_exact(data.spec(), progress=ignore))
    points = np.concatenate(data.given)
    assert found.shape == (400, 3)
    np.testing.assert_allclose(found[:, 0], 3 * (points[:, 0] ** 2 - 1) ** 2, atol=0.01)
    assert (np.sign(found[:, 1]) == np.sign(points[:, 0]))[np.abs(points[:, 0]) > 0.1].all()
    assert run_exact(data.spec(), progress=ignore) == run_exact(data.spec(), progress=ignore)
