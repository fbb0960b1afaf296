from __future__ import annotations

import numpy as np
import pytest

from mdexplore.base.units import TimeUnit
from mdexplore.pictures.loop import LEAST, MOST, loop_picture
from mdexplore.session.loop_jobs import PolicyLoop, PolicyRuns


@pytest.fixture
def found():
    errors = np.array([[np.inf, 0.5, 0.05], [np.inf, 0.4, 0.04], [np.inf, 0.3, 0.001]])
    never = np.full((3, 3), np.inf)
    return PolicyLoop(np.array([500, 1000, 1500]), 81.94, (PolicyRuns("uncertainty", errors, np.array([1500.0, 1500, np.inf])), PolicyRuns("random", never, np.full(3, np.inf))))


def test_curves_are_medians_inside_the_axis(found):
    first, second = loop_picture(found, TimeUnit()).curves
    assert first.errors == pytest.approx((MOST, 0.4, 0.04)) and second.errors == pytest.approx((MOST,) * 3)
    assert min(first.errors) > LEAST


def test_who_needs_fewest_frames_is_marked_and_never_is_said(found):
    drawn = loop_picture(found, TimeUnit())
    assert [(c.within, c.is_best) for c in drawn.curves] == [("1\u2009500", True), ("over 1\u2009500", False)]
    assert "81.9 frames with endless data" in drawn.said and "10 %" in drawn.said


def test_where_all_fail_nobody_is_best(found):
    drawn = loop_picture(PolicyLoop(found.frames, found.limit, found.runs[1:]), TimeUnit())
    assert not drawn.curves[0].is_best
