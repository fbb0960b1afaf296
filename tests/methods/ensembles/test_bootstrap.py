"""Trajectories drawn anew within their windows hold the exact free energy, and what cannot be drawn is said."""
from __future__ import annotations

import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.methods.ensembles.bootstrap import bootstrap, in_pieces, widened
from mdexplore.methods.ensembles.estimate import estimate_tram
from mdexplore.methods.ensembles.inputs import ensembles, tempering

KB, COLD, HOT = 0.008314462618, 300.0, 400.0


def harmonic(n_trajectories=8, n_frames=250, seed=0):
    """Energies of a harmonic well at two temperatures, each frame by itself."""
    random = np.random.default_rng(seed)
    made_in = np.repeat([0, 1], n_trajectories)
    energies = [KB * (COLD, HOT)[k] * random.standard_normal(n_frames) ** 2 / 2 for k in made_in]
    return energies, ensembles(tempering(energies, [COLD, HOT], COLD), made_in)


def test_the_interval_holds_the_exact_mean_energy_and_is_as_wide_as_its_error():
    energies, data = harmonic()
    exact = KB * COLD / 2
    low, high = bootstrap(data, lambda found, chosen: found.average([energies[i] for i in chosen]), n_samples=60)
    assert low < exact < high
    error = exact * np.sqrt(2 / 4000)   # of as many frames of one temperature
    assert 2 * error < high - low < 8 * error


def test_arrays_and_other_estimates_are_drawn_too_and_a_seed_repeats_them():
    energies, data = harmonic(3, 100)
    states = [np.digitize(u, [0.5, 1.5]) for u in energies]

    def estimate(part, chosen):
        return estimate_tram(part, [states[i] for i in chosen], 1)

    first, again = (bootstrap(data, lambda found, chosen: found.free_energies, estimate=estimate, n_samples=4, seed=3) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first[0].shape == (2,) and (first[0] <= first[1]).all()


def test_each_window_keeps_as_many_trajectories_as_it_has():
    _, data = harmonic(3, 20)
    drawn = []
    bootstrap(data, lambda found, chosen: drawn.append(chosen) or 0.0, n_samples=5)
    assert all(sum(i < 3 for i in chosen) == 3 and len(chosen) == 6 for chosen in drawn) and len({tuple(c) for c in drawn}) > 1


@pytest.mark.parametrize("windows, text", [([0, 1], "A single trajectory was made in: window 1 and window 2"), ([np.array([0, 1, 0]), np.array([1, 0, 1])], None)])
def test_a_window_with_one_trajectory_cannot_be_drawn_and_replicas_that_change_windows_can(windows, text):
    data = ensembles([np.zeros((3, 2))] * 2, windows)
    if text is None:
        assert bootstrap(data, lambda found, chosen: 1.0, n_samples=2) == (1.0, 1.0)
    else:
        with pytest.raises(UserError, match=text):
            bootstrap(data, lambda found, chosen: 1.0)


@pytest.mark.parametrize("options", [{"n_samples": 1}, {"level": 1.0}])
def test_no_interval_comes_of_one_sample_or_of_everything(options):
    with pytest.raises(UserError, match="No interval"):
        bootstrap(harmonic(2, 5)[1], lambda found, chosen: 1.0, **options)


def test_few_trajectories_are_cut_into_pieces_that_are_the_same_frames():
    bias = [np.arange(20.0).reshape(10, 2), np.ones((4, 2)), np.ones((4, 2))]
    cut, origins = in_pieces(ensembles(bias, [0, 1, 1]), 3)
    assert [len(b) for b in cut.bias] == [3, 3, 4, 2, 2, 2, 2] and [i for i, _ in origins] == [0, 0, 0, 1, 1, 2, 2]
    assert in_pieces(ensembles(bias, [0, 1, 1]), 1)[1] == ((0, slice(0, 10)), (1, slice(0, 4)), (2, slice(0, 4)))
    np.testing.assert_array_equal(np.concatenate(cut.bias), np.concatenate(bias))
    bootstrap(cut, lambda found, chosen: found.free_energies, n_samples=2)


def test_few_trajectories_make_wider_intervals():
    data = ensembles([np.zeros((3, 2))] * 10, [0] * 5 + [1] * 5)
    lower, upper = widened(np.array([1.0]), np.array([0.0]), np.array([3.0]), data)
    factor = np.sqrt(5 / 4) * 2.7764 / 1.95996   # Student's t with 4 degrees of freedom
    np.testing.assert_allclose((lower, upper), ([1 - factor], [1 + 2 * factor]), rtol=1e-4)
