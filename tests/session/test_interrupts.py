"""Ctrl-C, or the stop button of a notebook, in the middle of any step: what was asked for is not there, everything else is as before, and asking again gives the right numbers."""
from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import signal
import sys

import numpy as np
import pytest
from running import opened, until

import mdexplore as mdx
from mdexplore.base.store import Store
from mdexplore.data.examples import BUNDLED

STEPS = ("features", "projection", "clustering", "timescales", "kinetics", "coarse", "chapman")
ALANINE = BUNDLED / "alanine-dipeptide"


def study():
    data = mdx.load([ALANINE / f"ala2-{k:02}.xtc" for k in range(8, 11)], top=ALANINE / "ala2.pdb", stride=2)
    return mdx.Study(data, lagtime=2, clustering=mdx.settings.KMeans(n_clusters=30), n_states=2)


def numbers(study):
    return [study.timescales.values, study.metastable.populations, study.metastable.mfpt, study.chapman_kolmogorov.estimated, np.concatenate(study.dtrajs)]


@pytest.fixture(scope="module")
def expected():
    return numbers(study())


def same(found, expected):
    return all(np.array_equal(a, b, equal_nan=True) for a, b in zip(found, expected))


def interrupting(at):
    """A progress callback that is Ctrl-C at its n-th call."""
    calls = [0]

    def report(done, total, text=""):
        calls[0] += 1
        if calls[0] == at:
            raise KeyboardInterrupt
    return report


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("at", [1, 2])
def test_a_step_that_was_interrupted_can_be_asked_for_again(expected, cache, step, at):
    made = study()
    for parent in STEPS[:STEPS.index(step)]:
        made.result(parent)
    with pytest.raises(KeyboardInterrupt):
        made.result(step, progress=interrupting(at))
    assert made.peek(step) is None
    assert all(made.peek(parent) is not None for parent in STEPS[:STEPS.index(step)])
    assert list(cache.rglob(".new-*")) == []
    assert same(numbers(made), expected)


@contextlib.contextmanager
def signalled(after_s):
    """A real SIGINT after some time, wherever the program is then."""
    before = signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
    signal.setitimer(signal.ITIMER_REAL, after_s)
    try:
        with uncollected():
            yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def uncollected():
    """No garbage collection: a strike in a callback of it, such as hypothesis has, is swallowed."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextlib.contextmanager
def struck_at(n_calls):
    """Ctrl-C at the n-th call of a Python function from here, the same in each run."""
    left = itertools.count(n_calls, -1)

    def strike(frame, event, argument):
        if event == "call" and next(left) == 0:
            raise KeyboardInterrupt

    with uncollected():
        sys.setprofile(strike)
        try:
            yield
        finally:
            sys.setprofile(None)


@pytest.mark.parametrize("n_calls", np.geomspace(30, 30_000, 12).astype(int).tolist())
def test_strikes_anywhere_leave_a_study_that_gives_the_same_numbers(expected, cache, n_calls):
    made = study().change(seed=0)
    with pytest.raises(KeyboardInterrupt), struck_at(n_calls):
        numbers(made)
    assert same(numbers(made), expected)
    assert list(cache.rglob(".new-*")) == []


def test_a_save_that_was_interrupted_leaves_the_earlier_file(cache, tmp_path, monkeypatch):
    made = study()
    made.msm  # noqa: B018
    file = made.save(tmp_path / "a.mdx")
    before = file.read_bytes()

    def strike(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", strike)
    with pytest.raises(KeyboardInterrupt):
        made.change(n_states=3).save(file)
    assert file.read_bytes() == before and [p.name for p in tmp_path.iterdir() if p.name.startswith((".new", "a."))] == ["a.mdx"]


def test_a_cache_entry_that_was_interrupted_is_not_there(cache):
    with pytest.raises(KeyboardInterrupt), Store().writing("0" * 32) as entry:
        entry.array((10, 2))[:5] = 1
        raise KeyboardInterrupt
    assert Store().load("0" * 32) is None and list(cache.rglob("*.npy")) == []


def test_workers_go_on_when_the_stop_button_strikes_their_kernel(expected):
    async def body():
        async with opened(study()) as session:
            with pytest.raises(KeyboardInterrupt), signalled(0.05):
                while True:
                    sum(range(1000))   # a cell of the user's
            await until(session, lambda: "chapman" in session.results)
            np.testing.assert_array_equal(session.results["coarse"].populations, expected[1])

    with contextlib.closing(asyncio.new_event_loop()) as loop:   # as a kernel does it: `asyncio.run` takes Ctrl-C for itself
        loop.run_until_complete(body())
