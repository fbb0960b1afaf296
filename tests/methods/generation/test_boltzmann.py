"""Boltzmann generators against exact free energies; what cannot work is refused."""
import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.base.plain import decode, encode
from mdexplore.data.potentials import POTENTIALS
from mdexplore.methods.generation import boltzmann
from mdexplore.methods.generation.boltzmann import Boltzmann, Generated, boltzmann_generator
from mdexplore.methods.generation.energies import from_numpy, from_openmm
from mdexplore.methods.generation.flow import Flow

torch = pytest.importorskip("torch", reason="flows need the deep extra")

EXACT = 3.380   # kT, right less left
SHORT = Boltzmann(couplings=6, width=24, likelihood_steps=100, energy_steps=300, learning_rate=5e-3, energy_batch_size=500, n_generated=30_000)
TINY = Boltzmann(couplings=2, width=8, layers=1, likelihood_steps=30, energy_steps=30, n_generated=1000)


def double_well(x):
    return x[:, 0] ** 4 - 6 * x[:, 0] ** 2 + x[:, 0] + x[:, 1] ** 2 / 2


def left(x):
    return x[:, 0] < 0


def right(x):
    return x[:, 0] >= 0


@pytest.fixture(scope="module")
def frames():
    """Of each basin as many, as two simulations that never cross would give."""
    random, x = np.random.default_rng(0), np.repeat([[-1.7, 0.0], [1.7, 0.0]], 200, axis=0)
    kept = []
    for step in range(300):
        trial = x + 0.4 * random.standard_normal(x.shape)
        accepted = np.log(random.random(len(x))) < double_well(x) - double_well(trial)
        x = np.where((accepted & (trial[:, 0] * x[:, 0] > 0))[:, None], trial, x)
        if step >= 50 and step % 25 == 0:
            kept.append(x)
    return np.concatenate(kept)


@pytest.fixture(scope="module")
def generated(frames):
    return boltzmann_generator(double_well, frames, settings=SHORT)


def test_the_free_energy_of_a_double_well_is_exact_though_its_basins_were_sampled_alike(generated):
    found = generated.free_energy_difference(left, right)
    assert found.value == pytest.approx(EXACT, abs=0.1)
    assert abs(found.value - EXACT) < 4 * found.error
    assert found.error < 0.05


def test_half_of_the_samples_are_effective(generated):
    assert generated.effective_share >= 0.5


def test_weighted_averages_are_those_of_equilibrium(generated):
    mean, error = generated.expectation(generated.structures[:, 1] ** 2)
    assert mean == pytest.approx(1, abs=max(4 * error, 0.03))
    assert error < 0.02


def test_the_same_seed_gives_the_same_structures(frames):
    a, b = (boltzmann_generator(double_well, frames, settings=TINY, seed=3) for _ in range(2))
    np.testing.assert_array_equal(a.structures, b.structures)
    np.testing.assert_array_equal(a.log_weights, b.log_weights)


def test_a_stop_keeps_the_best_so_far(frames):
    class Stopped:
        def __init__(self):
            self.told = 0

        def __call__(self, done, total, text=""):
            self.told += 1

        def is_stopped(self):
            return self.told >= 1

    found = boltzmann_generator(double_well, frames, settings=TINY, progress=Stopped())
    assert len(found.history) == 1
    assert any("stopped" in n.text for n in found.notices)
    assert np.isfinite(found.log_weights).all()


def test_what_was_generated_is_plain_arrays(frames):
    arrays = {}

    def put(array):
        arrays[str(len(arrays))] = array
        return str(len(arrays) - 1)

    found = boltzmann_generator(double_well, frames, settings=TINY)
    again = decode(encode(found, put), arrays.get)
    assert isinstance(again, Generated)
    np.testing.assert_array_equal(again.flow.generate(found.latent)[0], found.structures)


def test_a_potential_of_a_model_system_brings_its_own_energy_and_temperature():
    potential = POTENTIALS["double-well"]
    random = np.random.default_rng(1)
    around = np.repeat([[-1.0, 0.0], [1.0, 0.0]], 200, axis=0) + 0.2 * random.standard_normal((400, 2))
    found = boltzmann_generator(potential, around, settings=TINY)
    np.testing.assert_allclose(found.energies, potential.energy(found.structures) / potential.kT)


def test_a_numpy_energy_has_its_gradient_in_torch():
    energy = from_numpy(lambda x: (x**3).sum(axis=1), lambda x: 3 * x**2)
    x = torch.tensor([[1.0, 2.0], [0.5, -1.0]], requires_grad=True)
    (2 * energy(x)).sum().backward()
    np.testing.assert_allclose(x.grad, 6 * x.detach() ** 2)


def samples(log_weights, x):
    n = len(x)
    return Generated(Flow(np.zeros(2), np.eye(2), ()), np.zeros((n, 2)), np.stack([x, x], axis=1), np.zeros(n), np.asarray(log_weights, float), np.empty((0, 3)))


def test_free_energy_and_effective_share_of_known_weights():
    found = samples(np.log([3.0, 3.0, 1.0, 1.0]), np.array([-1.0, -1.0, 1.0, 1.0]))
    assert found.free_energy_difference(left, right).value == pytest.approx(np.log(3))
    assert found.effective_share == pytest.approx(64 / (4 * 20))


def test_an_error_bar_holds_the_spread_of_repetitions():
    random, values, errors = np.random.default_rng(0), [], []
    for _ in range(200):
        found = samples(random.normal(size=2000), random.choice([-1.0, 1.0], 2000, p=[0.8, 0.2])).free_energy_difference(left, right)
        values.append(found.value)
        errors.append(found.error)
    assert np.std(values) == pytest.approx(np.mean(errors), rel=0.2)
    assert np.mean(values) == pytest.approx(np.log(4), abs=0.02)


def test_a_region_without_structures_is_refused(generated):
    with pytest.raises(UserError, match="region b"):
        generated.free_energy_difference(left, lambda x: x[:, 0] > 1e6)


def test_regions_that_overlap_are_refused(generated):
    with pytest.raises(UserError, match="overlap"):
        generated.free_energy_difference(left, lambda x: x[:, 0] < 1)


@pytest.mark.parametrize(("energy", "word"), [(lambda x: x, "shape"), (lambda x: x[:, 0].detach(), "differentiated"), (lambda x: x[:, 0] / 0, "finite"), (3.0, "no energy")])
def test_energies_that_cannot_be_used_are_refused(frames, energy, word):
    with pytest.raises(UserError, match=word):
        boltzmann_generator(energy, frames, settings=TINY)


def test_held_out_frames_without_an_energy_are_refused_before_anything_is_trained(frames, monkeypatch):
    def never(*args):
        raise AssertionError("trained")

    monkeypatch.setattr(boltzmann, "learn", never)
    far = np.concatenate([frames[:60], [[1e200, 0.0]]])
    with pytest.raises(UserError, match="1 of 61") as refused:
        boltzmann_generator(double_well, frames, settings=TINY, held_out=far)
    assert "held-out" in refused.value.what


def test_held_out_frames_where_the_flow_makes_nothing_are_said():
    x = np.array([[0.0, 0.0], [1e200, 0.0]])
    with np.errstate(over="ignore"):   # its square is infinite, and its density 0
        found = boltzmann.weighed(samples(np.zeros(4), np.zeros(4)), x, np.zeros(2))
    assert found.held_out_log_weights.tolist() == [pytest.approx(np.log(2 * np.pi)), np.inf]
    assert "1 of 2 held-out frames lie where the flow makes nothing" in found.notices[0].text


@pytest.mark.parametrize(("spoiled", "word"), [(np.zeros((100, 1)), "two or more"), (np.zeros((3, 2)), "too few"), (np.zeros((100, 2)), "never change"), (np.full((100, 2), np.nan), "no numbers")])
def test_frames_that_cannot_be_used_are_refused(spoiled, word):
    with pytest.raises(UserError, match=word):
        boltzmann_generator(double_well, spoiled, settings=TINY)


def test_without_openmm_there_is_a_way_out(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "openmm", None)
    with pytest.raises(UserError, match=r"-m pip install openmm=="):
        from_openmm(None)


def test_the_energy_goes_on_from_the_best_likelihood_not_from_the_last():
    frames = np.random.default_rng(0).normal(size=(60, 2))
    settings = Boltzmann(couplings=4, width=64, likelihood_steps=300, energy_steps=25, learning_rate=1e-2, energy_weight=0.0, energy_batch_size=16, n_generated=100)
    steps, held_out, _ = boltzmann_generator(lambda x: x.square().sum(1) / 2, frames, settings=settings).history.T
    best, last = held_out[steps <= 300].min(), held_out[steps == 300][0]
    assert last - best > 1   # frames learned by heart
    assert held_out[-1] - best < 0.5 * (last - best)
