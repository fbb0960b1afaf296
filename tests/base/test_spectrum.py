"""Stationary probabilities, however small some are."""
from __future__ import annotations

import numpy as np
import pytest

from mdexplore.base.numerics.spectrum import slow_modes, stationary_distribution
from mdexplore.data.chains import birth_death_matrix, birth_death_populations


@pytest.mark.parametrize("uphill", [0.2, 1e-3, 1e-9])
def test_probabilities_of_a_ladder_are_exact_down_to_the_smallest(uphill):
    ladder = [0, *[0.3] * 11], [*[0.3 * uphill] * 11, 0]
    exact = birth_death_populations(*ladder)
    np.testing.assert_allclose(stationary_distribution(birth_death_matrix(*ladder)), exact, rtol=1e-3 if exact.min() > 1e-13 else 1e-9)
    assert exact.min() < 1e-7


def test_modes_are_numbers_where_a_state_hardly_counts():
    matrix = birth_death_matrix([0, *[0.3] * 11], [*[3e-10] * 11, 0])
    modes = slow_modes(matrix, stationary_distribution(matrix), 5)
    assert np.isfinite(modes.right).all() and modes.eigenvalues[0] == pytest.approx(1)
