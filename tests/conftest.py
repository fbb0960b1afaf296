"""Shared by all tests: a cache of their own, and data small enough to be quick."""
from __future__ import annotations

import os
import tempfile

import pytest

_cache = tempfile.TemporaryDirectory(prefix="mdexplore-test-cache-")
os.environ["MDEXPLORE_CACHE"] = _cache.name


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache for one test; gives its folder."""
    monkeypatch.setenv("MDEXPLORE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"
