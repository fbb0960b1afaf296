"""Files larger than the memory: from frames to a Markov model under a limit that the system enforces."""
from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.trust.figure import Outcome, figure

RESIDUES = 166
N_FILES = 4
BLOCK = 2000
MIB = 1 << 20
SPARE_MIB = 256   # where little is generated: more than the steps need at any size, and less than a quarter of what they read
LIMIT_MIB = 1024
TIMEOUT_S = 3600

# What a process does that may have only so much: the first word is its limit in MiB, above what it has when everything is imported where it is negative.
SCRIPT = """
import glob, json, resource, sys
import mdtraj, deeptime.markov.msm, mdexplore as mdx
from mdexplore.base import room
small = mdx.Study(mdx.example("two-state", n_frames=2000, n_trajectories=5), lagtime=2)
small.metastable
limit = int(sys.argv[1]) << 20
if limit < 0:
    limit = room._fields(room._PROC / "self/status")["VmData"] - limit
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
folder = sys.argv[2]
study = mdx.Study(mdx.load(sorted(glob.glob(folder + "/*.dcd")), folder + "/top.pdb", timestep_ns=0.01), clustering=mdx.settings.KMeans(n_clusters=50), lagtime=5, n_states=2)
study.metastable
study.data.examine()
print(json.dumps({"frames": study.data.n_frames, "features": len(study.feature_names), "clusters": study.result("clustering").n_clusters}))
"""


def topology(residues: int = RESIDUES):
    """A chain of backbones: three atoms a residue."""
    import mdtraj as md

    made = md.Topology()
    chain, before = made.add_chain(), None
    for _ in range(residues):
        residue = made.add_residue("ALA", chain)
        atoms = [made.add_atom(name, md.element.get_by_symbol(name[0]), residue) for name in ("N", "CA", "C")]
        for a, b in zip([before, *atoms[:2]], atoms):
            if a is not None:
                made.add_bond(a, b)
        before = atoms[-1]
    return made


def write_files(folder: Path, n_mib: int) -> int:
    """Wobbling chains, n_mib MiB of them in all; how many bytes were written."""
    import mdtraj as md

    made, rng = topology(), np.random.default_rng(0)
    n = made.n_atoms
    turn = np.arange(n)[:, None] * np.array([0.9, 0.9, 0.0])
    base = np.stack([0.12 * np.cos(turn[:, 0]), 0.12 * np.sin(turn[:, 1]), 0.08 * np.arange(n)], axis=1).astype(np.float32)
    md.Trajectory(base[None], made).save_pdb(str(folder / "top.pdb"))
    frames = max(BLOCK, n_mib * MIB // (12 * n * N_FILES))
    for i in range(N_FILES):
        with md.formats.DCDTrajectoryFile(str(folder / f"run{i}.dcd"), "w") as file:
            for start in range(0, frames, BLOCK):
                wobble = rng.standard_normal((min(BLOCK, frames - start), n, 3), dtype=np.float32)
                file.write(10 * (base + 0.01 * wobble))
    return sum(path.stat().st_size for path in folder.glob("*.dcd"))


@figure("files larger than the memory, from frames to a Markov model", f"done under a limit (RLIMIT_DATA) of {LIMIT_MIB} MiB for 2 GiB of frames", short=400, full=2048)
def larger_than_memory(n: int) -> Outcome:
    """Writes n MiB of frames, then features, TICA, microstates and a model in a process that may have half of that, or less."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = write_files(folder, n)
        limit = LIMIT_MIB if n >= 2 * LIMIT_MIB else -SPARE_MIB
        done = subprocess.run([sys.executable, "-c", SCRIPT, str(limit), name], capture_output=True, text=True, timeout=TIMEOUT_S,
                              env={**os.environ, "MDEXPLORE_CACHE": str(folder / "cache"), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"})
        if done.returncode:
            return Outcome(f"ended with {done.returncode}: {done.stderr.strip()[-300:]}", False)
        found = json.loads(done.stdout)
    said = f"{LIMIT_MIB} MiB" if limit > 0 else f"{SPARE_MIB} MiB above an idle process"
    return Outcome(f"{size / MIB:.0f} MiB, {found['frames']} frames, {found['features']} features done within {said}", found["clusters"] == 50)
