"""RAVE rounds: the free energies of a system whose barrier no plain simulation of the same length crosses."""
import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.data.diffusion import walk
from mdexplore.data.potentials import Potential
from mdexplore.methods.sampling.bottleneck import bottleneck
from mdexplore.methods.sampling.rave import RaveRounds, rave_rounds

ALONG = np.array([np.cos(np.pi / 6), np.sin(np.pi / 6)])
ACROSS = np.array([-ALONG[1], ALONG[0]])


def energy(x):
    """Two wells at -2 and 2 along a line that is turned by 30 degrees, 9 kT deep, one 2 kT lower."""
    u, v = x @ ALONG, x @ ACROSS
    return 8 * (u**2 / 4 - 1) ** 2 + 0.5 * u + 20 * v**2


def gradient(x):
    u, v = x @ ALONG, x @ ACROSS
    return (8 * u * (u**2 / 4 - 1) + 0.5)[:, None] * ALONG + (40 * v)[:, None] * ACROSS


WELLS = Potential(energy, ((-3.5, 3.5), (-3.5, 3.5)), kT=1.0, frame=0.05, gradient=gradient, n_steps=25)
START = -2 * ALONG


def left(x):
    return x @ ALONG < 0


def right(x):
    return x @ ALONG >= 0


@pytest.fixture(scope="module")
def exact():
    modes = WELLS.modes()
    points = np.stack([a.ravel() for a in np.meshgrid(*modes.axes, indexing="ij")], axis=1)
    return points @ ALONG, modes.density.ravel()


@pytest.fixture(scope="module")
def found():
    return rave_rounds(WELLS, START, n_rounds=6, n_walkers=20, n_frames=500, lagtime=5, seed=2)


def test_the_free_energy_difference_is_found_within_its_error(found, exact):
    u, density = exact
    known = np.log(density[u < 0].sum() / density[u >= 0].sum())
    value, error = found.free_energy_difference(left, right)
    assert error < 0.3
    assert value == pytest.approx(known, abs=3 * error)


def test_the_barrier_is_found(found, exact):
    edges = np.linspace(-2.8, 2.8, 29)
    known = -np.log(np.histogram(exact[0], edges, weights=exact[1])[0])
    profile = found.profile(lambda x: x @ ALONG, edges)
    assert profile[10:18].max() == pytest.approx((known - known.min())[10:18].max(), abs=0.5)


def test_walkers_pass_the_barrier_with_the_bias_and_not_without(found):
    plain = walk(WELLS, np.repeat(START[None], 20, axis=0), 500, seed=1).frames
    assert _passages(plain) <= 5 < 50 < _passages(found.frames)


def _passages(frames):
    wells = [np.sign(u[np.abs(u) > 1.5]) for u in frames @ ALONG]
    return sum(np.count_nonzero(np.diff(w)) for w in wells)


def test_the_bias_grows_until_it_is_as_deep_as_the_barrier(found):
    assert found.heights[0] < 6 < 8.5 < found.heights[-1] <= 10
    assert found.bias.max() == 0 and found.directions.shape == (6, 2)


def test_the_coordinate_of_the_last_round_is_near_the_one_between_the_wells(found):
    assert abs(found.directions[-1] @ ALONG) > 0.8
    np.testing.assert_allclose(np.linalg.norm(found.directions, axis=1), 1)


def test_a_system_of_one_coordinate_needs_no_choice():
    line = Potential(lambda x: 6 * (x[:, 0] ** 2 - 1) ** 2, ((-2.2, 2.2),), frame=0.02, gradient=lambda x: 24 * x * (x**2 - 1), n_steps=20)
    value, error = rave_rounds(line, np.array([-1.0]), n_rounds=3, n_walkers=10, n_frames=200, seed=0).free_energy_difference(lambda x: x[:, 0] < 0, lambda x: x[:, 0] >= 0)
    assert abs(value) < 3 * error < 1


def test_the_same_seed_gives_the_same_rounds():
    a, b = (rave_rounds(WELLS, START, n_rounds=2, n_walkers=4, n_frames=60, seed=3) for _ in range(2))
    np.testing.assert_array_equal(a.frames, b.frames)
    np.testing.assert_array_equal(a.directions, b.directions)


def test_a_bottleneck_is_the_slow_direction_whatever_the_units():
    from scipy.signal import lfilter

    random = np.random.default_rng(0)
    slow, fast = (lfilter([np.sqrt(1 - a * a)], [1, -a], random.standard_normal(20_000)) for a in (0.98, 0.2))
    frames = np.stack([slow + fast, 100 * (slow - fast)], axis=1)
    found = bottleneck(frames[:-5], frames[5:])
    assert abs(np.corrcoef(frames @ found.direction, slow)[0, 1]) > 0.99
    assert found.information == pytest.approx(-np.log(1 - 0.98**10) / 2, abs=0.05)


def test_a_place_without_frames_has_no_free_energy():
    made = RaveRounds(np.ones((1, 1)), np.zeros(1), np.zeros((1, 2)), np.zeros((1, 2)), np.zeros((2, 5, 1)), np.zeros((2, 5)), 10)
    with pytest.raises(UserError, match="No frame lies"):
        made.free_energy_difference(lambda x: x[:, 0] < 1, lambda x: x[:, 0] > 1)


@pytest.mark.parametrize(("start", "options", "why"), [
    (np.zeros(3), {}, "2 coordinates"), (START, {"n_rounds": 0}, "too few"), (START, {"n_frames": 10}, "lag time of 5"), (START, {"n_walkers": 1, "n_frames": 60}, "pairs of frames are too few"),
    (START, {"n_rounds": 4, "n_walkers": 1, "n_frames": 150}, "No cell along the coordinate has 5 frames"),
])
def test_what_cannot_be_done_is_said(start, options, why):
    with pytest.raises(UserError, match=why):
        rave_rounds(WELLS, start, **{"n_rounds": 1, **options})


def test_a_bottleneck_of_three_coordinates_is_refused():
    with pytest.raises(UserError, match="3 coordinates"):
        bottleneck(np.zeros((500, 3)), np.zeros((500, 3)))


def test_a_coordinate_that_never_changes_is_refused():
    with pytest.raises(UserError, match="never changes"):
        bottleneck(np.zeros((500, 1)), np.zeros((500, 1)))
    with pytest.raises(UserError, match="never changes"):
        bottleneck(np.full((500, 1), 0.1), np.full((500, 1), 0.1))   # whose mean is not exactly 0.1


@pytest.mark.parametrize("factor", [2.0, -3.0])
@pytest.mark.parametrize("noise", [0.0, 1e-7])
def test_two_coordinates_that_are_one_are_refused(factor, noise):
    x = np.cumsum(np.random.default_rng(0).normal(size=2000))
    both = np.stack([x, factor * x + noise * np.random.default_rng(1).normal(size=2000)], axis=1)
    with pytest.raises(UserError, match="two coordinates are one"):
        bottleneck(both[:-5], both[5:])


@pytest.mark.parametrize("noise", [1e-4, 1e-2])
def test_two_coordinates_that_are_nearly_one_tell_as_much_as_that_one(noise):
    random, x = np.random.default_rng(0), np.zeros(3000)
    for i in range(1, 3000):
        x[i] = 0.95 * x[i - 1] + random.normal()
    both = np.stack([x, 2 * x + noise * random.normal(size=3000)], axis=1)
    alone = bottleneck(x[:-5, None], x[5:, None])
    assert bottleneck(both[:-5], both[5:]).information == pytest.approx(alone.information, rel=0.05)
