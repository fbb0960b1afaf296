"""Simulated umbrella windows have the free energies that the potential says, and a gap where a window is missing."""
from __future__ import annotations

import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.data.potentials import POTENTIALS, Potential, modes_of
from mdexplore.methods.ensembles.estimate import estimate_mbar
from mdexplore.methods.ensembles.gaps import widest_gap
from mdexplore.methods.ensembles.umbrellas import (
    N_WALKERS,
    automatic_centers,
    automatic_stiffness,
    simulated_umbrellas,
    spread_of,
)

HARMONIC = Potential(lambda x: 2 * x[:, 0] ** 2, ((-4.0, 4.0),), 1.0, 0.2, n_steps=20)


def test_a_window_in_a_harmonic_well_has_its_known_free_energy():
    made = simulated_umbrellas(HARMONIC, HARMONIC.modes(), [0.0, 0.5], 4.0)
    # <exp(-k/2 (x - c)^2)> in a well of stiffness K is sqrt(K / (K + k)) exp(-K k c^2 / 2 (K + k)).
    known = [0.5 * np.log(2.0), 0.5 * np.log(2.0) + 4 * 4 * 0.25 / 2 / 8]
    np.testing.assert_allclose(made.free_energies, known, atol=1e-4)
    np.testing.assert_allclose(estimate_mbar(made.data).free_energies, known, atol=0.1)


def test_frames_of_a_window_stand_round_its_weighted_centre():
    made = simulated_umbrellas(HARMONIC, HARMONIC.modes(), [1.0], 12.0)
    assert np.mean(made.values) == pytest.approx(0.75, abs=0.03)
    assert np.var(made.values) == pytest.approx(1 / 16, rel=0.15)


@pytest.mark.parametrize("name", ["prinz", "double-well"])
def test_windows_that_nobody_chose_have_one_gap_and_are_right_elsewhere(name):
    modes = modes_of(name)
    centers = automatic_centers(modes)
    made = simulated_umbrellas(POTENTIALS[name], modes, centers, automatic_stiffness(modes))
    found = estimate_mbar(made.data)
    assert (widest_gap(found.overlap, found.counts).one, widest_gap(found.overlap, found.counts).other) == (4, 5)
    wrong = found.free_energies - made.free_energies
    for side in (wrong[:5], wrong[5:]):   # within a side windows overlap well
        np.testing.assert_allclose(side, side.mean(), atol=0.25)
    assert wrong[5:].mean() == pytest.approx(wrong[:5].mean(), abs=0.5)   # across the gap a few frames tell
    assert made.data.lengths == (120,) * N_WALKERS * 7


@pytest.mark.parametrize(("share", "reach"), [(0.005, 2.5758), (0.01, 2.3263)])
def test_a_share_of_a_harmonic_well_lies_beyond_its_quantiles(share, reach):
    np.testing.assert_allclose(spread_of(HARMONIC.modes(), share), (-reach / 2, reach / 2), atol=0.02)   # normal, of variance 1 / 4


@pytest.mark.parametrize(("centers", "stiffness", "text"), [([], 4.0, "Centres lie"), ([9.0], 4.0, "between -4 and 4"), ([0.0], 0.0, "stiffness"), ([0.0], 1e6, "Choose one above 0 and below 50")])
def test_windows_that_cannot_be_simulated_are_refused(centers, stiffness, text):
    with pytest.raises(UserError, match=text):
        simulated_umbrellas(HARMONIC, HARMONIC.modes(), centers, stiffness)
