"""What a worker answers about other potentials, kept in the cache; and forms that cannot be read."""
from __future__ import annotations

import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.methods.method import ignore
from mdexplore.session import change_jobs
from mdexplore.session.change_jobs import ChangeWanted, change_wanted, run_change


def test_raised_barriers_slow_the_prinz_potential_down_as_its_generator_says():
    found = run_change(change_wanted("prinz", "scale", ""), 0, progress=ignore)
    near = np.abs(found.strengths) < 0.4
    assert found.lagtime == 8 and found.exact[10] == pytest.approx(83.4, rel=0.01)
    np.testing.assert_allclose(found.values[near], found.exact[near], rtol=0.2)
    assert ((found.lower < found.exact) & (found.exact < found.upper))[near].all()


def test_the_same_question_is_answered_from_the_cache(monkeypatch):
    first = run_change(ChangeWanted("prinz", "tilt", 3), 0, progress=ignore)
    monkeypatch.setattr(change_jobs, "changed_timescales", None)
    again = run_change(ChangeWanted("prinz", "tilt", 3), 0, progress=ignore)
    np.testing.assert_array_equal(first.values, again.values)
    assert again.lagtime == 3


@pytest.mark.parametrize("text", ["0", "-3", "two", "9" * 30, "101"])
def test_a_lag_time_that_cannot_be_is_refused(text):
    with pytest.raises(UserError, match="whole number of frames from 1 to 100"):
        change_wanted("prinz", "scale", text)
