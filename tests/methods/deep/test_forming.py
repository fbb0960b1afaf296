"""What is shown of a network in training: the same frames each time, the states or the slowest coordinate of now, not too often, and nothing that it learns changes."""
from __future__ import annotations

import pickle

import numpy as np
import pytest

from mdexplore.methods.deep import forming
from mdexplore.methods.method import ignore
from mdexplore.methods.projection.vampnet import FUZZY, VAMPNet, vampnet
from mdexplore.methods.results import Features
from tests.panels import builders

NAMED = {"columns": np.array([0]), "mean": np.zeros(1), "scale": np.ones(1)}


class Clock:
    """Seconds, and how long each look at it takes."""

    def __init__(self, step=0.0):
        self.now, self.step = 0.0, step

    def __call__(self):
        self.now += self.step
        return self.now


def watch(output="softmax", clock=None, values=None, lagtime=1):
    """A watch on a network that passes on one feature and its opposite; what it has shown; and the network's arrays."""
    arrays = {"weights": (np.array([[1.0], [-1.0]], np.float32),), "biases": (np.zeros(2, np.float32),), "output": output}
    seen = []
    values = values or [np.linspace(-1, 1, 50, dtype=np.float32)[:, None]]
    return forming.Watch(values, lagtime, NAMED, lambda: {"encoder": arrays}, seen.append, "Net", 9, clock or Clock()), seen, arrays


def test_pairs_are_spread_over_all_trajectories_and_never_cross_a_seam():
    values = [np.arange(10.0)[:, None], np.arange(100.0, 103.0)[:, None], np.arange(200.0, 220.0)[:, None]]
    frames, rows = forming.sample(values, 5, 1000)
    earlier, later = np.split(frames, 2)
    np.testing.assert_array_equal(later - earlier, 5)
    np.testing.assert_array_equal(earlier, [*range(5), *range(13, 28)])   # the second trajectory has no pair
    np.testing.assert_array_equal(rows[:, 0], np.concatenate(values)[frames, 0])


def test_a_sample_has_no_more_pairs_than_asked_for():
    frames, rows = forming.sample([np.zeros((5000, 2)), np.zeros((5000, 2))], 10, 100)
    assert frames.shape == (200,) and rows.shape == (200, 2)


def test_states_are_those_that_are_most_probable():
    look, seen, _ = watch()
    look(3, 1.0, 0.9)
    assert (seen[0].epoch, seen[0].epochs, seen[0].scores, seen[0].n_states, seen[0].slowest) == (3, 9, (1.0, 0.9), 2, None)
    np.testing.assert_array_equal(seen[0].states, np.linspace(-1, 1, 50)[seen[0].frames] < 0)


def test_the_slowest_coordinate_is_found_among_mixed_outputs():
    rng, n = np.random.default_rng(0), 500
    slow, fast = rng.normal(size=n), rng.normal(size=(2, n))
    halves = [np.stack([slow + 0.1 * fast[k], slow - 2 * fast[k]], axis=1) for k in range(2)]
    found = forming.slowest(np.concatenate(halves).astype(np.float32))
    assert found.std() == pytest.approx(1) and found.mean() == pytest.approx(0, abs=1e-9)
    assert abs(np.corrcoef(found, np.tile(slow, 2))[0, 1]) > 0.99


def test_outputs_that_do_not_vary_have_no_slowest_coordinate():
    np.testing.assert_array_equal(forming.slowest(np.ones((8, 2), np.float32)), np.zeros(8))


def test_the_slowest_coordinate_keeps_its_sign_from_picture_to_picture():
    look, seen, arrays = watch("linear", clock := Clock())
    look(1, 1.0, 0.9)
    arrays["weights"] = (-arrays["weights"][0],)
    clock.now = 100.0
    look(2, 1.0, 0.9)
    assert seen[0].slowest @ seen[1].slowest > 0


def test_pictures_come_no_faster_than_once_a_second():
    look, seen, _ = watch(clock=(clock := Clock()))
    for epoch in range(1, 100):
        clock.now += 0.1
        look(epoch, 1.0, 0.9)
    assert len(seen) == 10


def test_pictures_take_a_small_share_of_the_time_however_long_one_takes():
    look, seen, _ = watch(clock=(clock := Clock()))
    show = look._show

    def slowly(picture):
        clock.now += 3.0
        show(picture)

    look._show, n = slowly, 100
    for epoch in range(1, n + 1):
        clock.now += 5.0
        look(epoch, 1.0, 0.9)
    assert 3.0 * len(seen) <= forming.SHARE * n * 5.0 + 3.0


def test_a_network_that_has_gone_astray_is_not_shown():
    look, seen, arrays = watch()
    arrays["biases"] = (np.full(2, np.nan, np.float32),)
    look(1, 1.0, 0.9)
    assert seen == []


@pytest.mark.skipif(bool(__import__("mdexplore").available("projection")["vampnet"]), reason="networks need the deep extra")
@pytest.mark.parametrize("output", [FUZZY, "coordinates"])
def test_a_viewer_changes_no_bit_of_what_is_learned(output, monkeypatch):
    class Viewer:
        def __init__(self):
            self.seen = []

        def __call__(self, done, total, text=""):
            pass

        def preview(self, shown):
            self.seen.append(shown)

    monkeypatch.setattr(forming, "PAUSE_S", 0.0)
    monkeypatch.setattr(forming, "SHARE", 1e9)
    points, _ = builders.wells()
    features = Features(tuple(points), ("x", "y"), ((), ()), ("given", "given"))
    settings, viewer = VAMPNet(output=output, dim=2, epochs=3, width=8, layers=1), Viewer()
    alone, watched = (vampnet(settings, features, lagtime=2, seed=4, progress=progress) for progress in (ignore, viewer))
    for a, b in zip(alone.values, watched.values):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(alone.parameters["history"], watched.parameters["history"])
    assert [shown.epoch for shown in viewer.seen] == [1, 2, 3]
    np.testing.assert_array_equal([shown.scores for shown in viewer.seen], watched.parameters["history"])
    assert len(pickle.dumps(viewer.seen[0])) < 65_536


def test_a_picture_of_most_frames_is_some_tens_of_kilobytes():
    look, seen, _ = watch("linear", values=[np.random.default_rng(0).normal(size=(100_000, 1)).astype(np.float32)])
    look(1, 1.0, 0.9)
    assert len(seen[0].frames) == 2 * forming.SAMPLE and len(pickle.dumps(seen[0])) < 65_536
