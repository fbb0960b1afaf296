"""Studies on an executor: the same numbers as here, and no work that was done is lost with a worker."""
from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.base.numerics import assign, counts
from mdexplore.base.work import cluster, pieces
from mdexplore.base.work.cutting import cut
from mdexplore.methods.features import elsewhere

sys.path.insert(0, str(Path(__file__).parent))
import executor_tasks as tasks

SMALL = {"clustering": mdx.settings.KMeans(n_clusters=20), "lagtime": 5}


@pytest.fixture(scope="module")
def client():
    """Two worker processes; they see the cache because they are told where it is."""
    distributed = pytest.importorskip("distributed")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(Path(__file__).parent), os.environ.get("PYTHONPATH")]))
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", host="127.0.0.1") as made, \
            distributed.Client(made, set_as_default=False) as found:
        yield found


@pytest.fixture
def many_pieces(monkeypatch):
    """Pieces so small that tiny data have several."""
    monkeypatch.setattr(pieces, "PIECE_BYTES", 4000)
    monkeypatch.setattr(assign, "PIECE_PRODUCTS", 20_000)
    monkeypatch.setattr(counts, "PIECE_ROWS", 1000)


def both(data, monkeypatch, tmp_path, executor, **settings):
    """The same study here and on an executor, each in a cache of its own."""
    found = []
    for name, where in (("here", None), ("there", executor)):
        monkeypatch.setenv("MDEXPLORE_CACHE", str(tmp_path / name))
        study = mdx.Study(data, executor=where, **{**SMALL, **settings})
        study.result("timescales")
        found.append(study)
    return found


def assert_equal(here, there):
    for a, b in zip(here.features, there.features):
        np.testing.assert_array_equal(a, b)
    for name in ("cov_00", "cov_0t", "mean"):
        a, b = (s.result("projection").parameters[name] for s in (here, there))
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12 * np.abs(a).max())
    for a, b in zip(here.result("clustering").dtrajs, there.result("clustering").dtrajs):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(here.result("kinetics").counts, there.result("kinetics").counts)
    np.testing.assert_allclose(here.timescales.values, there.timescales.values, rtol=1e-12)


def test_dask_gives_the_numbers_of_this_process(client, many_pieces, monkeypatch, tmp_path):
    data = mdx.example("prinz", n_frames=3000, n_trajectories=3)
    assert_equal(*both(data, monkeypatch, tmp_path, client))


def test_features_of_molecules_are_measured_by_the_workers(client, monkeypatch, tmp_path):
    monkeypatch.setattr(elsewhere, "TASK_BYTES", 1 << 20)
    here, there = both(mdx.example("alanine-dipeptide"), monkeypatch, tmp_path, client, clustering=mdx.settings.KMeans(n_clusters=5))
    assert_equal(here, there)
    # Each trajectory is an entry of its own, as it would be without the executor.
    assert {p.name for p in (tmp_path / "here").glob("??/*")} <= {p.name for p in (tmp_path / "there").glob("??/*")}


def test_the_address_of_a_scheduler_is_as_good_as_a_client(client, many_pieces, cache):
    study = mdx.Study(mdx.example("two-state", n_frames=2000), executor=client.scheduler.address, **SMALL)
    assert study.result("clustering").n_clusters == 20
    assert study.spec()["scheduler"] == client.scheduler.address


def test_a_report_is_computed_on_the_cluster_whose_address_is_given(client, cache, tmp_path, monkeypatch):
    from mdexplore import cli

    passes, run = [], cluster.Dask.run

    def noted(self, function, calls, shared):
        passes.extend(part.__name__ for part in (function, shared.get("function"), *shared.get("shared", ())) if callable(part))
        return run(self, function, calls, shared)

    monkeypatch.setattr(cluster.Dask, "run", noted)
    monkeypatch.chdir(tmp_path)
    np.save("run.npy", mdx.example("two-state", n_frames=2000).given[0])
    assert cli.run(["report", "run.npy", "--lagtime", "5", "--scheduler", client.scheduler.address, "-o", "report.html"]) == 0
    assert "</html>" in (tmp_path / "report.html").read_text()
    assert set(passes) >= {"partial_moments", "apply_linear", "assign"}


@pytest.mark.parametrize("kind", [ThreadPoolExecutor, lambda n: ProcessPoolExecutor(n, mp_context=get_context("spawn"))], ids=["threads", "processes"])
def test_executors_of_the_standard_library_do_as_well(kind, many_pieces, monkeypatch, tmp_path):
    with kind(2) as pool:
        here, there = both(mdx.example("prinz", n_frames=2000, n_trajectories=2), monkeypatch, tmp_path, pool)
        assert_equal(here, there)
        scans = []
        for study, name in ((here, "here"), (there, "there")):
            monkeypatch.setenv("MDEXPLORE_CACHE", str(tmp_path / name))
            scans.append(study.tica_timescales([1, 5, 20]).values)
        np.testing.assert_allclose(*scans, rtol=1e-12)


def test_a_killed_worker_loses_no_work_that_was_done(client, cache, tmp_path):
    rows = [np.arange(40.0)[:, None]]
    note = tmp_path / "note"
    with pieces.spreading(cluster.executor_of(client)):
        found = pieces.sums(tasks.total_and_die_once, rows, 10, str(note))
    assert sum(found) == rows[0].sum()
    started = note.read_text().split()
    assert sorted(set(started)) == ["0", "10", "20", "30", "died"]
    # Only what the dead worker had not finished was begun again.
    assert started.count("0") == 2 and all(started.count(k) == 1 for k in ("10", "20", "30"))


def test_a_cluster_that_goes_away_is_said(cache):
    distributed = pytest.importorskip("distributed")
    made = distributed.LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0")
    client = distributed.Client(made, set_as_default=False)
    there = cluster.executor_of(client)
    with pytest.raises(UserError, match="what was done is kept"), pieces.spreading(there):
        pieces.sums(tasks.threads_in_use, [np.zeros((40, 1))], 1, tick=lambda n: (client.close(), made.close()))
    with pytest.raises(UserError, match="what was done is kept"), pieces.spreading(there):
        pieces.sums(tasks.threads_in_use, [np.ones((40, 1))], 1)
    with pytest.raises(UserError, match="Make a new one"):
        cluster.executor_of(client)


def test_finished_pieces_outlive_a_failure_and_are_dropped_with_the_whole(cache, tmp_path):
    path = tmp_path / "rows.npy"
    np.save(path, np.arange(40.0)[:, None])
    rows, note = [np.load(path, mmap_mode="r")], tmp_path / "note"
    with pytest.raises(RuntimeError, match="third"), pieces.spreading(None):
        pieces.sums(tasks.total_and_fail_at_20_once, rows, 10, str(note))
    with pieces.spreading(None) as spread:
        assert sum(pieces.sums(tasks.total_and_fail_at_20_once, rows, 10, str(note))) == rows[0].sum()
    assert note.read_text().split() == ["0", "10", "20", "20", "30"]
    assert len(list(cache.glob("??/*/value.json"))) == 4
    spread.forget()
    assert not list(cache.glob("??/*/value.json"))


def test_a_killed_process_goes_on_where_it_was(cache, tmp_path):
    path, note = tmp_path / "rows.npy", tmp_path / "note"
    np.save(path, np.arange(40.0)[:, None])
    code = f"""
import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})
import numpy as np, executor_tasks as tasks
from mdexplore.base.work import pieces
with pieces.spreading(None) as spread:
    print(sum(pieces.sums(tasks.total_and_die_at_20_once, [np.load({str(path)!r}, mmap_mode="r")], 10, {str(note)!r})))
    spread.forget()
"""
    killed, finished = (subprocess.run([sys.executable, "-c", code], capture_output=True, text=True) for _ in range(2))
    assert killed.returncode == -signal.SIGKILL
    assert float(finished.stdout) == np.arange(40).sum()
    assert note.read_text().split() == ["0", "10", "20", "died", "20", "30"]


def test_every_worker_keeps_to_one_thread(client, cache):
    with pieces.spreading(cluster.executor_of(client)):
        found = pieces.sums(tasks.threads_in_use, [np.zeros((40, 1))], 10)
    assert set(found) == {1}


def test_overlapping_guards_are_lifted_by_the_last():
    from threadpoolctl import threadpool_info

    from mdexplore.base.work.threads import single_threaded

    def in_use():
        return max(library["num_threads"] for library in threadpool_info())

    before = in_use()
    first, second = single_threaded(), single_threaded()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert in_use() == 1
    second.__exit__(None, None, None)
    assert in_use() == before


def test_without_dask_the_extra_is_named(monkeypatch, chain):
    monkeypatch.setattr(cluster.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"dask\[distributed\]=="):
        mdx.Study(chain, executor="tcp://127.0.0.1:1")


def test_an_address_nobody_listens_at_is_said(monkeypatch, chain):
    monkeypatch.setattr(cluster, "CONNECT_S", 0.2)
    with pytest.raises(UserError, match="No scheduler answers"):
        mdx.Study(chain, executor="tcp://127.0.0.1:1")


def test_something_else_is_no_executor(chain):
    with pytest.raises(UserError, match="cannot run the work"):
        mdx.Study(chain, executor=3)


def test_an_unseen_file_names_the_shared_folder(tmp_path):
    path = tmp_path / "rows.npy"
    np.save(path, np.zeros((10, 2)))
    there = pieces.to_file(np.load(path, mmap_mode="r"))
    path.unlink()
    with pytest.raises(UserError, match="MDEXPLORE_CACHE"):
        there.open(0, 10)


def test_rows_of_a_file_that_has_changed_are_refused(tmp_path):
    path = tmp_path / "rows.npy"
    np.save(path, np.zeros((10, 2)))
    there = pieces.to_file(np.load(path, mmap_mode="r"))
    np.save(path, np.ones((11, 2)))
    with pytest.raises(UserError, match="changed"):
        there.open(0, 10)


@pytest.mark.parametrize("view", [lambda x: x, lambda x: x[3:], lambda x: x[::3], lambda x: x[:, 1:3], lambda x: x[2::2, ::2]])
def test_any_view_of_a_file_travels_without_its_numbers(view, tmp_path):
    path = tmp_path / "rows.npy"
    np.save(path, np.arange(60.0).reshape(12, 5))
    x = view(np.load(path, mmap_mode="r"))
    there = pieces.to_file(x)
    assert there.path == str(path)
    np.testing.assert_array_equal(there.open(0, len(x)), x)
    np.testing.assert_array_equal(there.open(1, 3), x[1:3])


def test_pieces_hold_every_row_once_and_none_too_many():
    lengths = [5, 0, 23, 3, 3, 3, 10]
    made = cut(lengths, 10)
    assert max(sum(p.stop - p.start for p in piece) for piece in made) <= 10
    for i, n in enumerate(lengths):
        assert [k for piece in made for p in piece if p.array == i for k in range(p.start, p.stop)] == list(range(n))
