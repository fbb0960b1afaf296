"""Mutated trajectory files and saved studies: none may kill or hang the process, and none may lose frames, times or numbers in silence.

A child process reads one mutated file after another, as a kernel would; the parent watches it and starts it again where it died.
"""
from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

import mdexplore as mdx
from benchmarks.trust.figure import Outcome, figure
from benchmarks.trust.mutations import mutate
from benchmarks.trust.watched import child, read_all
from mdexplore.base.errors import UserError
from mdexplore.base.plain import encode
from mdexplore.data.dataset import Dataset
from mdexplore.data.examples import BUNDLED
from mdexplore.data.formats.common import Block, join
from mdexplore.data.readers import scan_file

FORMATS = ("xtc", "trr", "dcd", "nc", "h5", "pdb", "mdx")
MODULE = "benchmarks.trust.fuzz_readers"
N_FRAMES = 60
BAD = ("CRASH", "HANG", "ERROR", "SILENT")


def write_originals(folder: Path) -> None:
    """Sound files of every format in a folder: alanine dipeptide in a box, and a small saved study."""
    import mdtraj as md

    source = BUNDLED / "alanine-dipeptide"
    trajectory = md.load(str(source / "ala2-00.xtc"), top=str(source / "ala2.pdb"))[:N_FRAMES]
    trajectory.unitcell_lengths = np.tile(np.float32([3, 4, 5]), (N_FRAMES, 1))
    trajectory.unitcell_angles = np.full((N_FRAMES, 3), 90, np.float32)
    trajectory[0].save(str(folder / "top.pdb"))
    for form in FORMATS[:-1]:
        trajectory.save(str(folder / f"good.{form}"))
    study = mdx.Study([np.cumsum(np.random.default_rng(k).normal(size=(500, 2)), axis=0) for k in range(3)], lagtime=5, n_states=2)
    _ = study.timescales, study.metastable
    study.save(folder / "good.mdx")


class Reader:
    """Judges mutated files of one format against the sound one."""

    def __init__(self, folder: Path, form: str) -> None:
        self._folder, self._form, self._path = folder, form, folder / f"hurt-{os.getpid()}.{form}"
        self._good = (folder / f"good.{form}").read_bytes()
        self._top = None if form in ("h5", "pdb") else str(folder / "top.pdb")
        if form == "mdx":
            self._results = _results(folder / "good.mdx")
        else:
            data = mdx.load(folder / f"good.{form}", top=self._top)
            self._truth, self._times = _everything(data), data.times_ns(0)
            self._offsets = scan_file(folder / f"good.{form}", form).offsets if form in ("xtc", "trr") else None
            self._usual = {n.text for n in data.examine().notices}

    def judge(self, seed: int) -> str:
        """What became of the mutated file of a seed, in one word or two."""
        self._path.write_bytes(mutate(self._good, seed))
        try:
            return self._open() if self._form == "mdx" else self._load()
        except Exception as error:
            return f"ERROR {type(error).__name__}"
        finally:
            self._path.unlink()

    def _open(self) -> str:
        try:
            found = _results(self._path)
        except UserError:
            return "refused"
        return "same" if found == self._results else "SILENT result"

    def _load(self) -> str:
        try:
            data = mdx.load(self._path, top=self._top)
        except UserError:
            return self._load_good()
        return self._compare(data)

    def _load_good(self) -> str:
        """Consent to damage: what is kept must be told, and be the beginning of the truth."""
        try:
            data = mdx.load(self._path, top=self._top, on_damage="keep-good")
        except UserError:
            return "refused"
        outcome = self._compare(data)
        return "kept" if outcome == "told" else outcome

    def _compare(self, data: Dataset) -> str:
        try:
            found = _everything(data)
        except UserError:
            return "refused in the stream"
        if {n.text for n in data.examine().notices} - self._usual:
            return "told"
        if len(found.xyz) != len(self._truth.xyz):
            return "shorter but whole" if self._is_whole_beginning() else "SILENT frames"
        times = data.times_ns(0)
        if (times is None) != (self._times is None) or (times is not None and not np.allclose(times, self._times, atol=1e-3 * 0.02)):
            return "SILENT times"
        return self._compare_numbers(found)

    def _is_whole_beginning(self) -> bool:
        """Whether a file without a frame count was cut between two frames: nothing in it can tell that there were more."""
        hurt = self._path.read_bytes()
        return self._form in ("xtc", "trr") and self._good.startswith(hurt) and bool(np.isin(len(hurt), self._offsets))

    def _compare_numbers(self, found: Block) -> str:
        truth = self._truth
        if not np.isfinite(found.xyz).all() or (found.xyz == 0).all(axis=(1, 2)).any():
            return "SILENT zeros or NaN"
        if (found.lengths is None) != (truth.lengths is None) or not all(np.isfinite(p).all() for p in (found.lengths, found.angles) if p is not None):
            return "SILENT cell"
        if found.xyz.shape != truth.xyz.shape or not np.allclose(found.xyz, truth.xyz, atol=1e-3):
            return "other coordinates"   # within what a molecule may do: no reader can know
        if truth.lengths is not None and not np.allclose(found.lengths, truth.lengths, rtol=1e-3):
            return "other cell"
        return "same"


def _everything(data: Dataset) -> Block:
    pieces = [piece for _, piece in data.chunks(0)]
    return join([Block(p.xyz, p.unitcell_lengths, p.unitcell_angles) for p in pieces])


def _results(path: Path) -> list[Any]:
    """All results of a saved study as plain values."""
    study = mdx.open(path)
    return [encode(value, lambda array: f"{array.dtype}{array.shape}{array.tobytes().hex()}") for step in ("features", "projection", "clustering", "timescales", "kinetics", "coarse")
            if (value := study.peek(step)) is not None]


def fuzz(form: str, n: int, first: int = 0) -> tuple[Counter[str], dict[str, int]]:
    """Judge n mutated files; what became of them, and the first seed of each outcome."""
    counts: Counter[str] = Counter()
    seeds: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as name:
        folder, seed = Path(name), first
        environment = {**os.environ, "MDEXPLORE_CACHE": str(folder / "cache")}
        child(MODULE, ["originals", name], environment).wait()
        while seed < first + n:
            for outcome in read_all(MODULE, ["judge", name, form, str(seed), str(first + n)], environment):
                counts[outcome] += 1
                seeds.setdefault(outcome, seed)
                seed += 1
    return counts, seeds


def _judge_all(folder: str, form: str, first: int, stop: int) -> None:
    reader = Reader(Path(folder), form)
    reader.judge(0)   # workers start once, which is no hang
    print("ready", flush=True)
    for seed in range(first, stop):
        print(reader.judge(seed), flush=True)


@figure("20 000 mutated files: XTC, TRR, DCD, NetCDF, HDF5, PDB, saved studies", "0 deaths, 0 hangs over 10 s, 0 silent losses, 0 other errors", short=140, full=20_000)
def reader_fuzz(n: int) -> Outcome:
    """All formats, each with as many files."""
    total: Counter[str] = Counter()
    for form in FORMATS:
        total += fuzz(form, max(1, n // len(FORMATS)))[0]
    bad = {word: sum(count for outcome, count in total.items() if outcome.startswith(word)) for word in BAD}
    text = f"{bad['CRASH']} deaths, {bad['HANG']} hangs, {bad['SILENT']} silent losses, {bad['ERROR']} other errors in {sum(total.values())} files"
    return Outcome(text, not any(bad.values()))


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        if sys.argv[1] == "originals":
            write_originals(Path(sys.argv[2]))
        elif sys.argv[1] == "judge":
            _judge_all(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
        else:
            started = time.monotonic()
            print(sys.argv[1], *fuzz(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0), f"{time.monotonic() - started:.0f} s")
