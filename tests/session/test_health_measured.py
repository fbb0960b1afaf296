"""The guards against analyses with known truth: a short form of ``benchmarks/trust/guards.py``."""
from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))   # benchmarks are no part of the package

from benchmarks.trust.guards import warnings_of
from benchmarks.trust.labelled import MISLEADING, SOUND, analyses, is_right

QUICK = ("two_states", "many_short_trajectories", "longer_lag_time", "four_wells", "mixed_units", "angle_as_cosine_and_sine", "far_values_in_one_turn")


@pytest.mark.parametrize("name", QUICK)
def test_a_sound_analysis_gets_no_warning(name):
    for _, _, analysis in analyses({name: SOUND[name]}, range(1)):
        assert is_right(analysis)
        assert [n.text for n in warnings_of(analysis, long=False)] == []


# A fault does not always do harm; these do with this seed.
HARMFUL = ("lag_beyond_the_process", "lag_too_short", "too_few_clusters", "too_few_frames", "joined_chunks_of_a_walk", "joined_chunks_of_any_length", "raw_angles",
           "noise_taken_for_motion", "slow_noise_taken_for_motion", "disconnected", "drowned_by_units", "shorter_than_the_process", "swarm_from_one_state",
           "alternating_runs", "bars_of_overlapping_counts", "unlike_trajectories", "overfitted_motion")


@pytest.mark.parametrize("name", HARMFUL)
def test_a_misleading_analysis_gets_a_warning(name):
    for _, _, analysis in analyses({name: MISLEADING[name]}, range(1)):
        assert not is_right(analysis)
        assert warnings_of(analysis, long=False)
