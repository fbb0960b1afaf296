"""Saved studies that were hurt: each is refused in words or opens as it was saved; nothing in it is run, and the process goes on."""
from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

import mdexplore as mdx
from benchmarks.trust.figure import Outcome, figure
from benchmarks.trust.forgeries import KINDS, forge
from benchmarks.trust.watched import child, read_all
from mdexplore.base.errors import UserError
from mdexplore.base.plain import encode
from mdexplore.data.examples import BUNDLED
from mdexplore.methods.recipe import STEPS
from mdexplore.methods.results import FoldScores
from mdexplore.session.arena import ArenaRow, Rules
from mdexplore.session.arena_kept import KeptArena, kept_arena
from mdexplore.session.candidates import candidates_of
from mdexplore.session.experiment_jobs import Measurement, Measurements
from mdexplore.session.saved import open_with_view, save
from mdexplore.session.selection import Group, Selection
from mdexplore.session.view import View

MODULE = "benchmarks.trust.saved_files"
ORIGINALS = ("arrays", "files")
MEASURED = Measurements((Measurement("J", 6.4, 0.5, "j-coupling", "4 6 8 14", unit="Hz"), Measurement("shift", 8.2, 0.3, is_used=False)), "values-*.csv")
BAD = ("CRASH", "HANG", "ERROR", "SILENT", "RAN")
RUNS = ("pickle.find_class", "os.system", "os.exec", "os.posix_spawn", "subprocess.Popen", "ctypes.dlopen")
_ran: list[str] = []


def write_originals(folder: Path) -> None:
    """Two sound files: a study of arrays with a view, and one of trajectory files."""
    walks = [np.cumsum(np.random.default_rng(k).normal(size=(500, 2)), axis=0) for k in range(3)]
    study = mdx.Study(walks, lagtime=5, n_states=2, kinetics=mdx.settings.BayesianMSM(n_samples=10))
    _ = study.timescales, study.chapman_kolmogorov
    mask = np.arange(study.data.n_frames) % 7 == 0
    view = View(Selection.of(mask, "python", "every seventh"), (Group("some", Selection.of(~mask), 1),), (1, 20), ((0,), (1,)),
                {"projection": {"x": "IC 1"}, "experiment": {"measurements": MEASURED}, "drawer": {"open": "experiment"}, "arena": {"arena": _arena(study)}})
    save(study, folder / "arrays.mdx", view)
    source = BUNDLED / "alanine-dipeptide"
    of_files = mdx.Study(mdx.load([source / f"ala2-{k:02}.xtc" for k in range(2)], top=source / "ala2.pdb", stride=20), lagtime=1, clustering=mdx.settings.KMeans(n_clusters=10))
    _ = of_files.timescales, of_files.metastable
    of_files.save(folder / "files.mdx")


def _arena(study: mdx.Study) -> KeptArena:
    """Two candidates, one of them judged; the scores are made up."""
    held, candidates = np.linspace(1.1, 1.3, 5), candidates_of(study, ["tica", {"projection": "vamp", "clustering": "kmeans"}])
    return kept_arena(study, candidates, {"TICA": ArenaRow(candidates[0], FoldScores(held, held, held, held, 1, 2, 1))}, Rules(5, 1), {"folds": 5})


class Judge:
    """Opens forged copies of one sound file."""

    def __init__(self, folder: Path, original: str) -> None:
        self._sound = (folder / f"{original}.mdx").read_bytes()
        self._path = folder / f"forged-{original}-{os.getpid()}.mdx"
        self._truth = _everything(folder / f"{original}.mdx")

    def judge(self, seed: int) -> str:
        """What became of the forgery of a seed, its kind first."""
        kind, forged = forge(self._sound, seed)
        self._path.write_bytes(forged)
        _ran.clear()
        try:
            found = _everything(self._path)
            outcome = "same" if found == self._truth else "opened" if kind.startswith("sealed") else "SILENT change"
        except UserError:
            outcome = "refused"
        except Exception as error:
            outcome = f"ERROR {type(error).__name__}"
        finally:
            self._path.unlink()
        return f"RAN {_ran[0]}, {kind}" if _ran else f"{outcome}, {kind}"


def _everything(path: Path) -> list[Any]:
    """All that a saved file holds, as plain values; and the study is used, as the app would."""
    study, view = open_with_view(path)
    _ = study.health, study.data.index, repr(study)
    plain = lambda value: encode(value, lambda array: f"{array.dtype}{array.shape}{array.tobytes().hex()}")   # noqa: E731
    results = [plain(study.peek(step)) for step in STEPS if step in ("bootstrap", "posterior", "score") or study.peek(step) is not None]
    return [study.recipe.to_json(), study.data.key, study.data.report.to_json(), study.data.name, repr(plain(view)), repr(results)]


def _audit(event: str, _: tuple[Any, ...]) -> None:
    if event in RUNS:
        _ran.append(event)


def fuzz(original: str, n: int, first: int = 0) -> tuple[Counter[str], dict[str, int]]:
    """Judge n forgeries; what became of them, and the first seed of each outcome."""
    counts: Counter[str] = Counter()
    seeds: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as name:
        environment = {**os.environ, "MDEXPLORE_CACHE": str(Path(name) / "cache")}
        child(MODULE, ["originals", name], environment).wait()
        seed = first
        while seed < first + n:
            for outcome in read_all(MODULE, ["judge", name, original, str(seed), str(first + n)], environment):
                counts[outcome] += 1
                seeds.setdefault(outcome, seed)
                seed += 1
    return counts, seeds


@figure("10 000 forged saved studies: bytes, members, JSON values, arrays, bombs", "0 deaths, 0 hangs over 10 s, 0 silent changes, 0 other errors, no code run",
        short=2 * len(KINDS), full=10_000)
def saved_fuzz(n: int) -> Outcome:
    """Half of them of a study of arrays, half of a study of files."""
    total: Counter[str] = Counter()
    for original in ORIGINALS:
        total += fuzz(original, max(1, n // len(ORIGINALS)))[0]
    bad = {word: sum(count for outcome, count in total.items() if outcome.startswith(word)) for word in BAD}
    good = {word: sum(count for outcome, count in total.items() if outcome.startswith(word)) for word in ("refused", "same", "opened")}
    text = (f"{bad['CRASH']} deaths, {bad['HANG']} hangs, {bad['SILENT']} silent changes, {bad['ERROR']} other errors, {bad['RAN']} runs of code in {sum(total.values())} files "
            f"({good['refused']} refused, {good['same']} as saved, {good['opened']} with forged check sums opened as they are)")
    return Outcome(text, not any(bad.values()))


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        if sys.argv[1] == "originals":
            write_originals(Path(sys.argv[2]))
        elif sys.argv[1] == "judge":
            judge = Judge(Path(sys.argv[2]), sys.argv[3])
            print("ready", flush=True)
            sys.addaudithook(_audit)
            for at in range(int(sys.argv[4]), int(sys.argv[5])):
                print(judge.judge(at), flush=True)
        else:
            print(*fuzz(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0), sep="\n")
