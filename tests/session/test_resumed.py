"""A study whose process is killed goes on where it was: what was finished is not computed again."""
from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter

import numpy as np

import mdexplore as mdx
from mdexplore.base.numerics import assign
from mdexplore.base.work import pieces

# Every piece that is computed and every trajectory that is measured is noted. The process kills itself at the given note.
CHILD = """
import json, os, signal, sys
import mdexplore as mdx
from mdexplore.base.numerics import assign
from mdexplore.base.work import pieces
from mdexplore.methods.features import extract

note, fatal, files = sys.argv[1], sys.argv[2], sys.argv[3:]
pieces.PIECE_BYTES, assign.PIECE_PRODUCTS = 40_000, 200_000
perform, compute_one = pieces.perform, extract._compute_one

def noted(*line):
    with open(note, "a") as file:
        file.write(json.dumps(line) + "\\n")
    with open(note) as file:
        if sum(json.loads(l)[0] == line[0] for l in file) == 3 and line[0] == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

def noted_piece(spans, key, *, function, shared, **given):
    is_kept = pieces.Store().load(key) is not None
    found = perform(spans, key, function=function, shared=shared, **given)
    if not is_kept:
        noted(getattr(shared[0], "__name__", function.__name__) if shared else function.__name__, key)
    return found

def noted_trajectory(data, i, columns, tick):
    noted("begun", i)
    compute_one(data, i, columns, tick)
    noted("measured", i)

pieces.perform, extract._compute_one = noted_piece, noted_trajectory
data = mdx.load(files) if files else mdx.example("alanine-dipeptide")
study = mdx.Study(data, lagtime=5, clustering=mdx.settings.KMeans(n_clusters=20), features=None if files else "torsions")
if not files:
    study.features
else:
    print(json.dumps(study.result("clustering").centers.tolist()))
"""


def run(note, fatal, *files):
    """The child's answer and what it computed; None where it was killed."""
    known = len(note.read_text().splitlines()) if note.exists() else 0
    done = subprocess.run([sys.executable, "-c", CHILD, str(note), fatal, *map(str, files)], capture_output=True, text=True)
    assert done.returncode == (-signal.SIGKILL if fatal else 0), done.stderr
    return (None if fatal else done.stdout), [tuple(json.loads(line)) for line in note.read_text().splitlines()[known:]]


def test_no_piece_of_a_study_is_computed_twice(cache, tmp_path, monkeypatch):
    files = []
    for i, x in enumerate(mdx.example("prinz", n_frames=40_000, n_trajectories=2).given):   # long enough for what is made of them to be mapped from the disk
        np.save(tmp_path / f"run{i}.npy", x)
        files.append(tmp_path / f"run{i}.npy")
    _, first = run(tmp_path / "note", "partial_sums", *files)
    answer, second = run(tmp_path / "note", "", *files)
    # Eight pieces a pass: covariances, coordinates, a round of k-means over all frames, which was at its third piece, and microstates.
    assert Counter(name for name, _ in first) == {"partial_moments": 8, "apply_linear": 8, "partial_sums": 3}
    assert Counter(name for name, _ in second) == {"partial_sums": 5, "assign": 8}
    assert len(set(first + second)) == len(first + second)
    monkeypatch.setenv("MDEXPLORE_CACHE", str(tmp_path / "other"))
    monkeypatch.setattr(pieces, "PIECE_BYTES", 40_000)
    monkeypatch.setattr(assign, "PIECE_PRODUCTS", 200_000)
    whole = mdx.Study(mdx.load([str(f) for f in files]), lagtime=5, clustering=mdx.settings.KMeans(n_clusters=20))
    assert json.loads(answer) == whole.result("clustering").centers.tolist()


def test_trajectories_that_were_measured_are_not_read_again(cache, tmp_path):
    _, first = run(tmp_path / "note", "begun")
    assert first == [("begun", 0), ("measured", 0), ("begun", 1), ("measured", 1), ("begun", 2)]
    _, second = run(tmp_path / "note", "")
    assert [i for name, i in second if name == "begun"] == list(range(2, 16))
