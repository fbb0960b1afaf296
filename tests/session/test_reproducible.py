"""The same seed gives the same numbers, bit for bit: in a script, in workers, in a fresh process, with any number of threads."""
from __future__ import annotations

import asyncio
import hashlib
import json
import os
import subprocess
import sys

import numpy as np
from running import opened, until

import mdexplore as mdx
from mdexplore.base.plain import encode
from mdexplore.methods.recipe import STEPS

SCRIPT = """
import sys
sys.path.insert(0, {here!r})
from test_reproducible import made, prints
print(prints(made()))
"""


def fingerprint(result):
    """One hash of all numbers and words of a result."""
    found = hashlib.sha256()

    def put(array):
        array = np.ascontiguousarray(array)
        found.update(repr((array.dtype.str, array.shape)).encode() + array.tobytes())
        return ""

    found.update(json.dumps(encode(result, put)).encode())
    return found.hexdigest()


def made(seed=3):
    """A small study."""
    return mdx.Study(mdx.example("prinz", n_frames=1500, n_trajectories=6), clustering=mdx.settings.KMeans(n_clusters=25), seed=seed)


def prints(study, steps=STEPS):
    """Step -> fingerprint of its result."""
    return {step: fingerprint(study.result(step)) for step in steps}


def test_a_study_repeats_bit_for_bit(tmp_path, monkeypatch):
    found = []
    for name in ("one", "two"):
        monkeypatch.setenv("MDEXPLORE_CACHE", str(tmp_path / name))
        found.append(prints(made()))
    assert found[0] == found[1]


def test_another_seed_gives_other_microstates(cache):
    one, other = (made(s) for s in (3, 4))
    assert prints(one, ["projection"]) == prints(other, ["projection"])
    assert prints(one, ["clustering"]) != prints(other, ["clustering"])


def test_bayesian_samples_repeat(tmp_path, monkeypatch):
    found = []
    for name in ("one", "two"):
        monkeypatch.setenv("MDEXPLORE_CACHE", str(tmp_path / name))
        study = made().change(kinetics=mdx.settings.BayesianMSM(n_samples=10), lagtime=5)
        found.append(prints(study, ["kinetics", "coarse"]))
    assert found[0] == found[1]


def test_workers_give_the_same_bits_as_a_script(tmp_path, monkeypatch):
    monkeypatch.setenv("MDEXPLORE_CACHE", str(tmp_path / "script"))
    here = prints(made(), [s for s in STEPS if s != "posterior"])
    monkeypatch.setenv("MDEXPLORE_CACHE", str(tmp_path / "workers"))

    async def body():
        async with opened(made()) as session:
            await until(session, lambda: {"chapman", "bootstrap", "score"} <= set(session.results))
            return {step: fingerprint(session.results[step]) for step in here}

    assert asyncio.run(body()) == here


def test_the_number_of_threads_does_not_matter(tmp_path, monkeypatch):
    monkeypatch.setenv("MDEXPLORE_CACHE", str(tmp_path / "here"))
    here = prints(made())
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "4")
    there = subprocess.run([sys.executable, "-c", SCRIPT.format(here=os.path.dirname(__file__))], env={**os.environ, **threads, "MDEXPLORE_CACHE": str(tmp_path / "there")},
                          capture_output=True, text=True, check=True)
    assert there.stdout.strip() == str(here)
