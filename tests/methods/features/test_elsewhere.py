"""Features measured by several processes: the same numbers, the same errors, and none where it is not worth it."""
from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.work import crew, launch, pieces
from mdexplore.data.loading import load
from mdexplore.methods import method as registry
from mdexplore.methods.features import elsewhere
from mdexplore.methods.features.contacts import Contacts
from mdexplore.methods.features.distances import Distances
from mdexplore.methods.features.extract import extract_features
from mdexplore.methods.features.featurizer import Featurizer
from mdexplore.methods.features.positions import Positions
from mdexplore.methods.features.rmsd import RMSD
from mdexplore.methods.features.torsions import Torsions
from mdexplore.methods.method import Settings

BASE = Path(__file__).parents[2] / "base"
sys.path.insert(0, str(BASE))
import crew_tasks  # noqa: E402

KINDS = [Torsions(), Distances(between="heavy"), RMSD(references=[(0, 0), (2, 7)]), Positions(), Contacts(cutoff_nm=0.5, excluded_neighbours=0)]


@pytest.fixture
def started(monkeypatch):
    """The workers that were started."""
    found, start = [], launch.launcher().start
    monkeypatch.setattr(launch.launcher(), "start", lambda: found.append(start()) or found[-1])
    return found


@pytest.fixture
def trajectories(ala2):
    return [ala2[k:300 - k] for k in range(6)]


@contextmanager
def processes(n, monkeypatch, folder):
    """Within the block so many processes measure, a trajectory at a time, with a cache of their own."""
    with monkeypatch.context() as patch:
        crew_tasks.begin_at_once(n, patch.setattr)
        patch.setattr(elsewhere, "SHARE_BYTES", 1)
        patch.setenv("MDEXPLORE_CACHE", str(folder))
        with pieces.spreading(None):
            yield


def test_features_are_the_same_to_the_last_bit_whatever_the_number_of_processes(trajectories, monkeypatch, tmp_path, started):
    found = {}
    for n in (1, 2, 3):
        with processes(n, monkeypatch, tmp_path / str(n)):
            found[n] = [np.array(x) for x in extract_features(load(trajectories), KINDS).values]
    assert len(started) == 2 + 3
    for n in (2, 3):
        for one, other in zip(found[1], found[n], strict=True):
            np.testing.assert_array_equal(one, other)


def test_progress_counts_the_frames_of_all_trajectories(trajectories, monkeypatch, tmp_path):
    seen = []
    with processes(3, monkeypatch, tmp_path):
        extract_features(load(trajectories), [Torsions()], progress=lambda done, total, text: seen.append((done, total)))
    assert seen == sorted(seen) and seen[-1] == (1770, 1770)


def test_a_feature_that_is_added_is_all_that_is_measured(trajectories, monkeypatch, tmp_path):
    with processes(3, monkeypatch, tmp_path):
        extract_features(load(trajectories), [Torsions()])
        before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("??/*/a0.npy")}
        extract_features(load(trajectories), [Torsions(), RMSD()])
    assert before.items() <= {path: path.stat().st_mtime_ns for path in tmp_path.glob("??/*/a0.npy")}.items()


def test_bundled_examples_start_no_process(cache, monkeypatch, started):
    monkeypatch.setattr(crew, "cores", lambda: 64)
    for name in ("alanine-dipeptide", "penta-alanine"):
        mdx.Study(mdx.example(name)).result("features")
    assert not started


def test_without_a_step_that_spreads_no_process_is_started(trajectories, monkeypatch, tmp_path, started):
    crew_tasks.begin_at_once(3, monkeypatch.setattr)
    extract_features(load(trajectories), [Torsions()])
    assert not started


@dataclass(frozen=True)
class Ends(Settings):
    """Registered here alone."""


def test_features_that_a_script_has_registered_stay_in_its_process(trajectories, monkeypatch, tmp_path, started):
    monkeypatch.setattr(registry, "_methods", dict(registry._methods))

    @registry.method("features", settings=Ends)
    def ends(settings, topology, *, reference=None):
        return Featurizer(("x",), ((0,),), ("x",), lambda chunk: chunk.xyz[:, 0, :1])

    with processes(3, monkeypatch, tmp_path):
        found = extract_features(load(trajectories), [Torsions(), Ends()])
    assert found.n_features == 5 and not started


def test_a_plain_script_without_a_guard_measures_with_several_processes(tmp_path):
    code = textwrap.dedent(f"""
        import sys; sys.path.insert(0, {str(BASE)!r})
        import crew_tasks, mdexplore as mdx
        from mdexplore.base.work import launch
        from mdexplore.methods.features import elsewhere
        crew_tasks.begin_at_once(2)
        elsewhere.SHARE_BYTES = 1
        start, pids = launch.launcher().start, []
        launch.launcher().start = lambda: pids.append(start()) or pids[-1]
        study = mdx.Study(mdx.example("penta-alanine"))
        print(len(study.features), study.features[0].shape[1], len(pids))
        """)
    (tmp_path / "script.py").write_text(code)
    made = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, env={**os.environ, "MDEXPLORE_CACHE": str(tmp_path / "cache")}, capture_output=True, text=True)
    assert made.stdout.split() == ["16", "20", "2"], made.stderr
