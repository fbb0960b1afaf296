"""Shared by all tests: a cache of their own, ordinary signals, and the order in which they run."""
from __future__ import annotations

import os
import signal
import tempfile

import pytest

_cache = tempfile.TemporaryDirectory(prefix="mdexplore-test-cache-")
os.environ["MDEXPLORE_CACHE"] = _cache.name

# A test run in the background of a shell (nohup, &) is started with these ignored, and so would be every server that it starts and stops.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache for one test; gives its folder."""
    monkeypatch.setenv("MDEXPLORE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def pytest_collection_modifyitems(items):
    """Tests with a browser come last: Playwright keeps an event loop running, in which others could not start theirs."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None or "/browser/" in str(item.path))
