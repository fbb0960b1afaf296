"""Intervals of timescales computed by several processes: the same numbers to the last bit, and none where it is not worth it."""
from __future__ import annotations

import os
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.base.work import crew, launch, pieces
from mdexplore.base.work.cluster import executor_of
from mdexplore.data.chains import two_state
from mdexplore.methods.checks.bootstrap import bootstrap_timescales
from mdexplore.methods.checks.lagtimes import at_each_lagtime, at_lagtime
from mdexplore.methods.checks.posterior import posterior_timescales
from mdexplore.methods.kinetics.lagmodels import LagModels

sys.path.insert(0, str(Path(__file__).parents[2] / "base"))
import crew_tasks

LAGTIMES = [1, 2, 5, 10, 20]
N = 10
BOTH = pytest.mark.parametrize("intervals", [lambda *args, **rest: bootstrap_timescales(*args, n_resamples=N, **rest), lambda *args, **rest: posterior_timescales(*args, n_samples=N, **rest)],
                               ids=["bootstrap", "posterior"])


@pytest.fixture
def started(monkeypatch):
    """The workers that were started."""
    found, start = [], launch.launcher().start
    monkeypatch.setattr(launch.launcher(), "start", lambda: found.append(start()) or found[-1])
    return found


@pytest.fixture
def wells(clustered, rng):
    """Twelve states on a line, in six trajectories; a frame in fifty is outside the model."""
    def walk(n):
        x = np.abs(np.cumsum(rng.integers(-1, 2, n)) % 24 - 11.5).astype(int)
        return np.where(rng.random(n) < 0.02, -1, x)
    return [walk(n) for n in (900, 700, 800, 15, 900, 600)]


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@contextmanager
def processes(n, monkeypatch, folder):
    """Within the block so many processes compute, with a cache of their own."""
    with monkeypatch.context() as patch:
        crew_tasks.begin_at_once(n, patch.setattr)
        patch.setenv("MDEXPLORE_CACHE", str(folder))
        with pieces.spreading(None):
            yield


def assert_same(one, other):
    for name in ("values", "lower", "upper"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert one.interval == other.interval and one.notices == other.notices and np.isfinite(one.lower).all()


@BOTH
def test_intervals_are_the_same_to_the_last_bit_whatever_the_number_of_processes(intervals, clustered, wells, monkeypatch, tmp_path, started):
    alone = intervals(clustered(*wells), LAGTIMES, n_processes=3, seed=5)
    for n in (1, 2, 3):
        started.clear()
        with processes(n, monkeypatch, tmp_path / str(n)):
            assert_same(intervals(clustered(*wells), LAGTIMES, n_processes=3, seed=5), alone)
        assert len(started) == (n if n > 1 else 0)


def test_blocks_are_the_same_in_every_process(clustered, wells, monkeypatch, tmp_path):
    alone = bootstrap_timescales(clustered(*wells[:2]), LAGTIMES, n_resamples=N, n_processes=2)
    with processes(3, monkeypatch, tmp_path):
        assert_same(bootstrap_timescales(clustered(*wells[:2]), LAGTIMES, n_resamples=N, n_processes=2), alone)
    assert "blocks" in alone.interval


@BOTH
@pytest.mark.parametrize("kind", [ThreadPoolExecutor, lambda n: ProcessPoolExecutor(n, mp_context=get_context("spawn"))], ids=["threads", "processes"])
def test_an_executor_gives_the_same_intervals(intervals, kind, clustered, wells, cache, started):
    told = []
    alone = intervals(clustered(*wells), LAGTIMES[:3], n_processes=3, seed=5)
    with kind(2) as pool, pieces.spreading(executor_of(pool)):
        assert_same(intervals(clustered(*wells), LAGTIMES[:3], n_processes=3, seed=5, progress=lambda *args: told.append(args[:2])), alone)
    assert not started and told == sorted(told) and told[0][0] == 0 and told[-1][0] == told[-1][1]


@BOTH
def test_progress_of_all_lag_times_is_added_up(intervals, clustered, wells, monkeypatch, tmp_path):
    told = []
    with processes(3, monkeypatch, tmp_path):
        intervals(clustered(*wells), LAGTIMES, progress=lambda *args: told.append(args[:2]))
    assert told == sorted(told) and told[0][0] == 0 and told[-1][0] == told[-1][1]


@BOTH
def test_small_data_start_no_process(intervals, clustered, monkeypatch, cache, started):
    monkeypatch.setattr(crew, "cores", lambda: 64)
    with pieces.spreading(None):
        intervals(clustered(*[two_state((0.02, 0.04), 500, seed) for seed in range(6)]), LAGTIMES)
    assert not started and not list(cache.glob("??/*"))


def crew_at_hand(models, lagtime, *, progress):
    return pieces.crew()


def test_a_lag_time_that_is_computed_here_leaves_the_workers_to_the_others(wells, cache):
    with pieces.spreading(None):
        assert at_each_lagtime(crew_at_hand, LagModels(wells, 12), LAGTIMES, n_steps=1, needs=1, text="test") == [None] * len(LAGTIMES)
        assert pieces.crew() is not None


def pid_and_state(models, lagtime, *, progress):
    return os.getpid(), lagtime, [np.array(d) for d in models.dtrajs]


def refused(models, lagtime, *, progress):
    raise UserError("This lag time is too long.", do="Choose less.")


def test_trajectories_travel_as_files_and_arrive_whole(wells, monkeypatch, tmp_path):
    sent, message = [], crew.job_message
    monkeypatch.setattr(crew, "job_message", lambda job, task, args, kwargs, **rest: sent.append(kwargs) or message(job, task, args, kwargs, **rest))
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    with processes(2, monkeypatch, tmp_path):
        from test_lagtimes import pid_and_state as function

        found = at_each_lagtime(function, LagModels([*wells, np.zeros(0, int)], 12), LAGTIMES, n_steps=1, needs=1, text="test")
    assert len({pid for pid, _, _ in found}) > 1 and [lagtime for _, lagtime, _ in found] == LAGTIMES
    for _, _, dtrajs in found:
        for here, there in zip([*wells, np.zeros(0, int)], dtrajs, strict=True):
            np.testing.assert_array_equal(here, there)
    assert sent and not any(isinstance(value, np.ndarray) for kwargs in sent for value in kwargs["dtrajs"])


def test_what_a_lag_time_refuses_is_said(wells, cache):
    with ThreadPoolExecutor(2) as pool, pieces.spreading(executor_of(pool)), pytest.raises(UserError, match="too long"):
        at_each_lagtime(refused, LagModels(wells, 12), LAGTIMES, n_steps=1, needs=1, text="test")


def test_one_lag_time_is_done_from_files(wells, cache):
    rows = tuple(map(pieces.to_file, wells))
    _, lagtime, dtrajs = at_lagtime(5, function=pid_and_state, dtrajs=rows, n_clusters=12, given=())
    assert lagtime == 5 and all(map(np.array_equal, wells, dtrajs))
