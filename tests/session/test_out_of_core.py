"""A study of more data than the process may take memory for."""
from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("resource", reason="needs limits that the system holds a process to")

ROOM_MB = 60
WALK = f"""
import json, resource, sys
from pathlib import Path
import mdexplore as mdx
from mdexplore.base import chunked, scratch
from mdexplore.base.numerics import assign, counts
from mdexplore.base.work import pieces
from mdexplore.methods.method import ignore
from mdexplore.pictures.coordinates import coordinates
from mdexplore.pictures.projection import paint, plane

pieces.PIECE_BYTES, assign.PIECE_PRODUCTS, counts.PIECE_ROWS = 8 << 20, 4_000_000, 200_000
scratch.LEAST_BYTES, chunked.ROWS = 1 << 20, 1 << 17

def memory():
    return next(int(line.split()[1]) * 1024 for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmData"))

def walk(files):
    study = mdx.Study(mdx.load(files), lagtime=5, n_states=2, clustering=mdx.settings.KMeans(n_clusters=20))
    study.result("chapman", ignore)
    study.health
    results = {{step: study.result(step, ignore) for step in ("features", "projection", "clustering", "kinetics", "coarse")}}
    x, y, *_ = coordinates(results["projection"])
    shown = plane(x, y, results)
    cells = shown.grid(shown.home)
    paint("free energy", cells, results, study.data.index, study.data.unit, None)
    return study

walk(sys.argv[1:2])
before = memory()
resource.setrlimit(resource.RLIMIT_DATA, (before + {ROOM_MB} * 2**20, resource.RLIM_INFINITY))
study = walk(sys.argv[2:])
print(json.dumps({{"frames": study.data.n_frames, "counted": float(study.result("kinetics").counts.sum())}}))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_data_larger_than_the_memory_go_through_from_features_to_pictures(tmp_path, cache):
    rng = np.random.default_rng(0)
    files = []
    for k, n in enumerate((20_000, 900_000, 600_000)):
        x = rng.standard_normal((n, 20), dtype=np.float32)
        x[:, 0] += np.cumsum(rng.random(n) < 0.001) % 2 * 4
        files.append(str(tmp_path / f"{k}.npy"))
        np.save(files[-1], x)
    done = subprocess.run([sys.executable, "-c", WALK, *files], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout) == {"frames": 1_500_000, "counted": 1_500_000 - 2 * 5}
