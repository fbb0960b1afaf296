"""The way along a coordinate: steps that hold all frames, a real frame for each, and what a network decodes."""
from __future__ import annotations

import asyncio

import numpy as np
import pytest
from running import opened, settled, until

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.methods.results import Features, Projection
from mdexplore.session.asking import Asker
from mdexplore.session.coordinate_jobs import find_way, nearest_to_decoded, run_way


def projection(*values, **parameters):
    arrays = tuple(np.asarray(v, np.float32) for v in values)
    return Projection(arrays, tuple(f"IC {k + 1}" for k in range(arrays[0].shape[1])), "TICA", 5, parameters=parameters)


def ramp(n=400):
    return np.arange(n)[:, None]


def silent(*args): ...


def test_steps_of_equal_share_hold_equally_many_frames_in_order():
    way = find_way(projection(ramp(300), 300 + ramp(100)), 0, n_steps=4)
    assert way.shares.tolist() == [0.25] * 4
    assert way.values.tolist() == [49.5, 149.5, 249.5, 349.5]
    assert (way.low.tolist(), way.high.tolist()) == ([0, 100, 200, 300], [99, 199, 299, 399])


def test_the_frame_of_a_step_is_the_one_nearest_to_its_mean_by_trajectory_and_frame():
    way = find_way(projection(ramp(300), 300.25 + ramp(101)), 0, n_steps=4)
    assert way.frames[-1].tolist() == [1, 50]   # 300.25 to 400.25


def test_the_frame_does_not_depend_on_the_scale_of_the_other_coordinates():
    x = np.random.default_rng(3).normal(size=(1000, 2))
    way, scaled = (find_way(projection(x * scale), 0, n_steps=10) for scale in (1.0, [1.0, 1024.0]))
    assert way.frames.tolist() == scaled.frames.tolist()


def test_steps_of_equal_width_leave_out_those_without_frames():
    way = find_way(projection([[0.0], [0.1], [0.2], [9.9], [10.0]]), 0, steps="width", n_steps=5)
    assert way.shares == pytest.approx([0.6, 0.4])
    assert way.values == pytest.approx([0.1, 9.95])


def test_a_coordinate_with_few_values_has_few_steps():
    way = find_way(projection(np.repeat([[0.0], [1.0], [1.0], [2.0]], 50, axis=0)), 0, n_steps=40)
    assert way.values.tolist() == [0, 1, 2] and way.shares.tolist() == [0.25, 0.5, 0.25]


def test_the_step_of_a_value_is_found_beyond_the_ends_and_in_gaps_too():
    way = find_way(projection(ramp()), 0, n_steps=4)
    assert [way.step_of(v) for v in (-5, 0, 99, 99.5, 100, 1e9)] == [0, 0, 0, 1, 1, 3]


def test_a_constant_coordinate_has_no_way():
    with pytest.raises(UserError, match="no way along IC 1"):
        find_way(projection(np.ones((50, 1))), 0)


def decoder():
    """A linear one: feature 0 is the latent coordinate, feature 1 three times it; the third feature never changes."""
    return {"columns": np.array([0, 1]), "mean": np.zeros(2), "scale": np.array([1.0, 3.0]), "constants": np.array([0.0, 0.0, 7.0]), "rotation": np.eye(1), "center": np.zeros(1),
            "decoder": {"weights": (np.array([[1.0], [1.0]], np.float32),), "biases": (np.zeros(2, np.float32),), "output": "linear"}}


def test_the_frame_nearest_to_what_is_decoded_is_found_among_all_trajectories():
    line = np.linspace(-2, 2, 41)
    good = np.stack([line, 3 * line, np.full(41, 7.0)], axis=1).astype(np.float32)
    bad = good + np.array([0, 6, 0], np.float32)
    numbers, off = nearest_to_decoded(decoder(), np.array([[-1.0], [0.52]]), (bad, good), silent)
    assert numbers.tolist() == [41 + 10, 41 + 25]
    assert off == pytest.approx([0.0, 0.02], abs=1e-3)


def test_along_a_decoded_coordinate_frames_look_like_what_is_decoded():
    rng = np.random.default_rng(0)
    z = rng.uniform(-2, 2, 4000)
    features = Features((np.stack([z, 3 * z + rng.normal(size=4000), np.full(4000, 7.0)], axis=1).astype(np.float32),), ("a", "b", "c"), ((),) * 3, ("given",) * 3)
    way = find_way(projection(z[:, None], **decoder()), 0, n_steps=10, features=features)
    assert features.values[0][way.frames[:, 1], 1] == pytest.approx(3 * way.values, abs=0.2)
    assert way.off is not None and way.off.max() < 0.1


def test_a_projection_without_a_decoder_says_so():
    with pytest.raises(UserError, match="cannot be decoded"):
        nearest_to_decoded({}, np.zeros((1, 1)), (np.zeros((3, 1)),), silent)


def test_a_worker_gives_what_a_script_gives(wells):
    study = mdx.Study(wells, projection="tica", clustering=mdx.settings.KMeans(n_clusters=12), lagtime=5, n_states=3)
    expected = run_way(study.spec(), 0, "share", False, progress=silent)

    async def body():
        async with opened(study) as session:
            await until(session, lambda: "coarse" in session.results)
            asker = Asker(session, "coordinate")
            asker.ask(0, "mdexplore.session.coordinate_jobs:run_way", session.study.spec(), 0, "share", False)
            await settled(session)
            assert asker.error is None
            return asker.found
    found = asyncio.run(body())
    assert found.frames.tolist() == expected.frames.tolist() and found.values.tolist() == expected.values.tolist()
