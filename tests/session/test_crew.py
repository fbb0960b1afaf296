"""Studies on several cores: the same numbers to the last bit, whatever their number."""
from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.numerics import assign, counts
from mdexplore.base.work import launch, pieces

sys.path.insert(0, str(Path(__file__).parents[1] / "base"))
import crew_tasks


@pytest.fixture
def files(tmp_path):
    """Four wells in files, which processes can share."""
    found = []
    for k, x in enumerate(mdx.Study(mdx.example("prinz", n_frames=20_000, n_trajectories=3)).features):
        found.append(tmp_path / f"{k}.npy")
        np.save(found[-1], np.column_stack([x, x**2]).astype(np.float32))
    return found


def study_by(n, files, monkeypatch, folder):
    """A study whose long passes are made by so many processes, and how many workers were started for it."""
    started, start = [], launch.launcher().start
    with monkeypatch.context() as patch:
        crew_tasks.begin_at_once(n, patch.setattr)
        patch.setattr(launch.launcher(), "start", lambda: started.append(start()) or started[-1])
        patch.setattr(pieces, "PIECE_BYTES", 40_000)
        patch.setattr(assign, "PIECE_PRODUCTS", 200_000)
        patch.setattr(counts, "PIECE_ROWS", 10_000)
        patch.setenv("MDEXPLORE_CACHE", str(folder))
        study = mdx.Study(files, clustering=mdx.settings.KMeans(n_clusters=20), lagtime=5)
        study.result("kinetics")
    return study, len(started)


def test_every_number_is_the_same_to_the_last_bit_whatever_the_number_of_processes(files, monkeypatch, tmp_path):
    one, n_one = study_by(1, files, monkeypatch, tmp_path / "one")
    three, n_three = study_by(3, files, monkeypatch, tmp_path / "three")
    assert n_one == 0 and n_three >= 3
    for name, value in one.result("projection").parameters.items():
        np.testing.assert_array_equal(value, three.result("projection").parameters[name])
    for step, name in (("projection", "values"), ("clustering", "dtrajs")):
        for a, b in zip(getattr(one.result(step), name), getattr(three.result(step), name), strict=True):
            np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(one.result("clustering").centers, three.result("clustering").centers)
    np.testing.assert_array_equal(one.result("kinetics").counts, three.result("kinetics").counts)
