"""Sessions under load and faults: short forms of ``benchmarks/trust/load_*.py``."""
from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))   # benchmarks are no part of the package

from benchmarks.trust.dying import WAYS
from benchmarks.trust.load_deaths import worker_deaths
from benchmarks.trust.load_lags import quick_lag_changes
from benchmarks.trust.load_large import larger_than_memory


def test_no_stale_result_is_shown_while_the_lag_time_changes_faster_than_models_are_fitted():
    outcome = quick_lag_changes(2)
    assert outcome.is_good, outcome.measured


def test_workers_that_die_in_any_way_are_errors_with_a_retry_and_leave_nothing_behind():
    outcome = worker_deaths(len(WAYS))
    assert outcome.is_good, outcome.measured


def test_files_larger_than_the_memory_are_worked_in_pieces():
    outcome = larger_than_memory(400)
    assert outcome.is_good, outcome.measured
