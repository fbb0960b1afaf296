"""Large arrays on disk while they are made: gone with their users, kept by the cache without a copy."""
from __future__ import annotations

import gc

import numpy as np
import pytest

from mdexplore.base import chunked, scratch
from mdexplore.base.store import Store


@pytest.fixture
def large(monkeypatch, cache):
    monkeypatch.setattr(scratch, "LEAST_BYTES", 1)
    monkeypatch.setattr(scratch, "SMALL_BYTES", 1)
    return cache


def files(cache):
    return list((cache / scratch.FOLDER).glob("*"))


def test_a_small_array_stays_in_memory(cache):
    assert not isinstance(scratch.empty((10,)), np.memmap)


def test_a_large_array_lies_in_a_file_that_goes_with_it(large):
    made = scratch.empty((1000, 3))
    made[:] = 1
    assert isinstance(made, np.memmap) and len(files(large)) == 1
    part = made[10:]
    del made
    gc.collect()
    assert len(files(large)) == 1   # a part of it is still in use
    del part
    gc.collect()
    assert not files(large)


def test_many_arrays_of_one_result_are_large_together(cache, monkeypatch):
    monkeypatch.setattr(scratch, "SMALL_BYTES", 1)
    assert isinstance(scratch.empty((10,), together=scratch.LEAST_BYTES), np.memmap)


def test_the_cache_keeps_such_an_array_without_a_copy(large):
    made = scratch.empty((40_000,), np.int32)
    made[:] = np.arange(40_000)
    at = files(large)[0].stat().st_ino
    kept = Store().save("abc", made)
    del made
    gc.collect()
    np.testing.assert_array_equal(kept, np.arange(40_000))
    assert [path.stat().st_ino for path in large.glob("ab/abc/*.npy")] == [at] and not files(large)
    assert Store().load("abc") is not None


def test_a_part_of_an_array_is_written_anew(large):
    made = scratch.empty((40_000,), np.int32)
    made[:] = 7
    np.testing.assert_array_equal(Store().save("abc", made[5:]), np.full(39_995, 7))


def test_files_of_processes_that_have_ended_are_swept(large):
    scratch.empty((10,))
    left = large / scratch.FOLDER / f"{scratch._here()}999999999-x.npy"
    elsewhere = large / scratch.FOLDER / "another.computer-999999999-x.npy"
    left.touch()
    elsewhere.touch()
    scratch.empty((10,))
    assert not left.exists() and elsewhere.exists()


def test_stretches_give_what_numpy_gives_in_one_go(monkeypatch):
    monkeypatch.setattr(chunked, "ROWS", 7)
    rng = np.random.default_rng(0)
    labels, weights = rng.integers(0, 5, 40), rng.random(40)
    np.testing.assert_array_equal(chunked.bincount(lambda span: labels[span], 40, 6), np.bincount(labels, minlength=6))
    np.testing.assert_allclose(chunked.bincount(lambda span: labels[span], 40, 6, weights), np.bincount(labels, weights, minlength=6))
    np.testing.assert_array_equal(chunked.joined([labels[:17], labels[17:]], np.int16, lambda x: x + 1), labels + 1)
