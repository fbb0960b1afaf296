"""Fuzzy states as microstates."""
import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.methods.clustering.fuzzy import FuzzyStates, fuzzy_states
from mdexplore.methods.results import Projection


def projection(*arrays):
    return Projection(tuple(np.asarray(a, np.float32) for a in arrays), tuple(f"State {i + 1}" for i in range(len(arrays[0][0]))), "VAMPnet", 1)


def test_memberships_go_on_and_the_largest_gives_the_state():
    given = projection([[0.9, 0.1], [0.3, 0.7]], [[0.0, 1.0]])
    found = fuzzy_states(FuzzyStates(), given)
    assert [d.tolist() for d in found.dtrajs] == [[0, 1], [1]]
    assert found.memberships is given.values


def test_the_nearest_centre_is_the_state_with_the_largest_membership():
    x = np.random.default_rng(0).dirichlet(np.ones(4), 200)
    found = fuzzy_states(FuzzyStates(), projection(x))
    nearest = ((x[:, None] - found.centers) ** 2).sum(axis=2).argmin(axis=1)
    np.testing.assert_array_equal(nearest, found.dtrajs[0])


def test_a_state_that_no_frame_is_in_most_is_left_out_and_told():
    found = fuzzy_states(FuzzyStates(), projection([[0.6, 0.1, 0.3], [0.2, 0.1, 0.7]]))
    assert "(2)" in found.notices[0].text
    np.testing.assert_allclose(found.memberships[0], [[2 / 3, 1 / 3], [2 / 9, 7 / 9]], rtol=1e-6)
    assert found.dtrajs[0].tolist() == [0, 1]
    assert found.n_clusters == 2


@pytest.mark.parametrize("rows", [[[0.5, 0.6], [0.5, 0.5]], [[1.5, -0.5], [0.5, 0.5]], [[1.0], [1.0]]])
def test_slow_coordinates_are_refused(rows):
    with pytest.raises(UserError, match="VAMPnet"):
        fuzzy_states(FuzzyStates(), projection(rows))
