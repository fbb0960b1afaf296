"""Free energies from generated structures and real frames: exact answers, honest intervals, frames that do not follow the energy."""
from dataclasses import replace

import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.methods.generation.boltzmann import Boltzmann, Generated, boltzmann_generator
from mdexplore.methods.generation.flow import Flow
from mdexplore.methods.generation.free_energies import Side, by_both, by_weights

EXACT = 3.380   # kT, right less left
HURT = Boltzmann(couplings=4, width=16, layers=1, bins=0, likelihood_steps=100, energy_steps=50, learning_rate=5e-3, energy_batch_size=200, batch_size=128, n_generated=5000)


def double_well(x):
    return x[:, 0] ** 4 - 6 * x[:, 0] ** 2 + x[:, 0] + x[:, 1] ** 2 / 2


def left(x):
    return x[:, 0] < 0


def right(x):
    return x[:, 0] >= 0


def in_basins(seed):
    """2000 frames from either basin, in order of time."""
    random, x, kept = np.random.default_rng(seed), np.repeat([[-1.8, 0.0], [1.8, 0.0]], 200, axis=0), []
    for step in range(600):
        trial = x + 0.4 * random.standard_normal(x.shape)
        is_taken = (np.log(random.random(len(x))) < double_well(x) - double_well(trial)) & (trial[:, 0] * x[:, 0] > 0)
        x = np.where(is_taken[:, None], trial, x)
        if step >= 100 and step % 50 == 0:
            kept.append(x)
    return np.concatenate(kept)


def ensembles(random, n_made=3000, n_real=300, narrow=1.0, pull=0.0):
    """A normal flow against a wider, shifted normal; both sides of 0 are regions, whose difference is known. `pull` makes the frames follow another energy."""
    from scipy.stats import norm

    made = narrow * random.standard_normal(n_made)
    real = 0.3 + pull + 1.3 * random.standard_normal(20 * n_real)

    def weigh(x):
        return norm.logpdf(x, 0.3, 1.3) - norm.logpdf(x, 0, narrow)

    sides = [Side(weigh(made[mask(made)]), weigh(real[mask(real)][:n_real])) for mask in (lambda x: x < 0, lambda x: x >= 0)]
    return sides, float(norm.logcdf(0, 0.3, 1.3) - norm.logsf(0, 0.3, 1.3))


def test_intervals_hold_the_exact_value_as_often_as_they_say():
    random, held = np.random.default_rng(0), 0
    for _ in range(200):
        sides, exact = ensembles(random)
        found = by_both(*sides)
        held += found.lower <= exact <= found.upper
    assert 184 <= held <= 199


def test_where_the_flow_is_too_narrow_the_weights_fail_and_both_sides_do_not():
    random, both, alone = np.random.default_rng(1), 0, 0
    for _ in range(100):
        sides, exact = ensembles(random, narrow=0.35)
        found = by_both(*sides)
        both += found.lower <= exact <= found.upper
        alone += found.forward.lower <= exact <= found.forward.upper
    assert both >= 90
    assert alone < 80


def test_frames_of_another_energy_are_said_and_widen_the_error():
    sides, _ = ensembles(np.random.default_rng(2), n_real=3000)
    others, _ = ensembles(np.random.default_rng(2), n_real=3000, pull=1.0)
    sound, doubtful = by_both(*sides), by_both(*others)
    assert not [n for n in sound.notices if n.level == "warning"]
    assert any("do not follow this energy" in n.text for n in doubtful.notices)
    assert doubtful.error > 2 * sound.error


def test_frames_that_stay_alike_for_long_make_the_error_larger():
    random = np.random.default_rng(3)
    sides, _ = ensembles(random, n_made=3000, n_real=3000)
    slow = [Side(s.made, np.sort(s.real)) for s in sides]
    assert by_both(*slow).error > 2 * by_both(*sides).error


def test_few_structures_make_an_interval_wider_than_twice_the_error():
    sides, _ = ensembles(np.random.default_rng(4), n_made=16)
    found = by_both(*sides)
    assert found.upper - found.value > 2.05 * found.error
    assert any("too few" in n.text for n in found.notices)


def test_the_weights_alone_say_that_their_error_is_a_lower_bound():
    found = by_weights(np.zeros(200), np.zeros(100))
    assert found.value == pytest.approx(np.log(2))
    assert found.error == pytest.approx(np.sqrt(1 / 200 + 1 / 100))
    assert "lower bound" in found.notices[0].text and not found.is_two_sided


def joined():
    """50 + 50 structures, 60 + 60 held-out frames, all of weight 1."""
    x, real = np.repeat([-1.0, 1.0], 50), np.repeat([-1.0, 1.0], 60)
    return Generated(Flow(np.zeros(2), np.eye(2), ()), np.zeros((100, 2)), np.stack([x, x], 1), np.zeros(100), np.zeros(100), np.empty((0, 3)),
                     held_out=np.stack([real, real], 1), held_out_log_weights=np.zeros(120))


def test_masks_over_structures_and_frames_say_what_functions_say():
    found = joined()
    mask = left(np.concatenate([found.structures, found.held_out]))
    a, b = found.free_energy_difference(left, right), found.free_energy_difference(mask, ~mask)
    assert a.is_two_sided and (a.value, a.error) == (b.value, b.error)
    assert a.value == pytest.approx(0)


def test_masks_over_structures_alone_and_regions_with_few_frames_rest_on_the_weights():
    found = joined()
    assert not found.free_energy_difference(left(found.structures), right(found.structures)).is_two_sided
    assert not found.free_energy_difference(left, lambda x: (x[:, 0] > 0) & (np.arange(len(x)) > 80)).is_two_sided


def test_too_few_held_out_frames_of_a_region_are_counted_and_others_are_asked_for():
    few = joined()
    few = replace(few, held_out=few.held_out[:99], held_out_log_weights=few.held_out_log_weights[:99]).free_energy_difference(left, right)
    assert not few.is_two_sided and few.notices[0].text.endswith("Only 39 held-out frames lie in region b; 50 are needed.") and "held_out=" not in few.notices[0].hint
    bare = replace(joined(), held_out=None, held_out_log_weights=None).free_energy_difference(left, right)
    assert "held_out=" in bare.notices[0].hint and "Only" not in bare.notices[0].text
    silent = joined().free_energy_difference(left(joined().structures), right(joined().structures))
    assert "say which of them lie in each region" in silent.notices[0].hint and "Only" not in silent.notices[0].text


def test_held_out_frames_that_the_flow_never_makes_pull_at_nothing_but_count_as_missed():
    found = joined()
    weights = np.where(np.arange(120) % 60 < 6, np.inf, 0.0)
    missing = replace(found, held_out_log_weights=weights).free_energy_difference(left, right)
    assert missing.is_two_sided and missing.missed == (0.1, 0.1)
    assert missing.value == pytest.approx(0) and np.isfinite([missing.error, missing.lower, missing.upper]).all()
    none = replace(found, held_out_log_weights=np.full(120, np.inf)).free_energy_difference(left, right)
    assert not none.is_two_sided and np.isfinite(none.value)


def test_a_mask_of_another_length_is_refused():
    with pytest.raises(UserError, match="220 in all"):
        joined().free_energy_difference(np.ones(7, bool), right)


def test_a_flow_that_hardly_makes_one_side_is_corrected_by_held_out_frames():
    pytest.importorskip("torch", reason="flows need the deep extra")
    both, alone = [], []
    for seed in range(6):
        learned, held_out = np.split(in_basins(seed), 2)
        few = np.concatenate([learned[left(learned)], learned[right(learned)][:20]])
        found = boltzmann_generator(double_well, few, settings=HURT, seed=seed, held_out=held_out).free_energy_difference(left, right)
        both.append(found.lower <= EXACT <= found.upper)
        alone.append(found.forward.lower <= EXACT <= found.forward.upper)
    assert sum(both) >= 5
    assert sum(alone) < sum(both)


def test_frames_that_the_flow_learned_from_are_found_out():
    pytest.importorskip("torch", reason="flows need the deep extra")
    frames = in_basins(0)[::10]
    settings = Boltzmann(couplings=6, width=64, likelihood_steps=400, energy_steps=0, learning_rate=5e-3, n_generated=20_000)
    random = np.random.default_rng(0)
    wide = np.hstack([frames, random.standard_normal((len(frames), 6))])
    found = boltzmann_generator(lambda x: double_well(x) + x[:, 2:].square().sum(1) / 2, wide, settings=settings, held_out=wide).free_energy_difference(left, right)
    assert any("learned from" in n.hint for n in found.notices if n.level == "warning")


def test_held_out_frames_of_other_coordinates_are_refused():
    with pytest.raises(UserError, match="do not fit"):
        boltzmann_generator(double_well, in_basins(0), held_out=np.zeros((60, 3)))
