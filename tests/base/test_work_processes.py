"""Worker processes seen from outside: scripts without a guard, parents that die, servers that are lent."""
from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from mdexplore.base.errors import UserError
from mdexplore.base.work import WorkerDied, run_in_child, single_threaded
from mdexplore.base.work.launch import ForkLauncher

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    monkeypatch.syspath_prepend(str(HERE))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(HERE)]))


def script(body, tmp_path, how="file"):
    """Run a script that has no ``__main__`` guard, and give what it printed."""
    text = textwrap.dedent(body)
    if how == "file":
        (tmp_path / "script.py").write_text(text)
        done = subprocess.run([sys.executable, str(tmp_path / "script.py")], capture_output=True, text=True, timeout=120)
    else:
        done = subprocess.run([sys.executable, "-"], input=text, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.split("\n")[:-1]


def wait_until_gone(pids):
    """Block until processes have ended (`pidfd` reports it, so nothing has to sleep)."""
    import select

    for pid in pids:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        ended = bool(select.select([descriptor], [], [], 30)[0])
        os.close(descriptor)
        assert ended, f"{pid} lives on"


@pytest.mark.parametrize("how", ["file", "stdin"])
def test_a_script_without_a_guard_runs_once(tmp_path, how):
    printed = script("""
        print("begin")
        from mdexplore.base.work import Jobs, run_in_child
        jobs = Jobs()
        jobs.submit("a", "work_tasks:modules", done=lambda value: print(value["main"], value["torch"]))
        jobs.submit("b", "work_tasks:echo", 7, done=print, lane="live")
        print(run_in_child("work_tasks:echo", 6))
        jobs.wait(60)
        print("end")
        """, tmp_path, how)
    assert printed[0] == "begin" and printed[-1] == "end"
    assert sorted(printed[1:-1]) == ["6", "7", "None False"]


def test_a_class_of_the_script_itself_is_refused_in_words(tmp_path):
    printed = script("""
        class Mine: pass
        from mdexplore.base.work import run_in_child
        try:
            run_in_child("work_tasks:echo", Mine())
        except Exception as error:
            print(type(error).__name__, "module of their own" in str(error))
        """, tmp_path)
    assert printed == ["UserError True"]


def test_everything_ends_when_the_parent_is_killed(tmp_path):
    parent = subprocess.Popen([sys.executable, "-c", textwrap.dedent("""
        import os
        from mdexplore.base.work import Jobs, launch
        jobs, pids = Jobs(), []
        for lane in ("live", "heavy"):
            jobs.submit(lane, "work_tasks:modules", lane=lane, done=lambda value: pids.append(value["pid"]))
        jobs.wait(60)
        print(launch.launcher().report()["pid"], *pids, flush=True)
        jobs.submit("heavy", "work_tasks:hang", os.devnull)
        jobs.wait()
        """)], stdout=subprocess.PIPE, text=True)
    pids = [int(word) for word in parent.stdout.readline().split()]
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert len(pids) == 3
    wait_until_gone(pids)


def test_workers_started_afresh_end_with_their_parent_too(tmp_path):
    parent = subprocess.Popen([sys.executable, "-c", textwrap.dedent("""
        import os
        from mdexplore.base.work.launch import SpawnLauncher
        from mdexplore.base.work import Jobs
        jobs, pids = Jobs(warm=False, launcher=SpawnLauncher()), []
        jobs.submit("a", "work_tasks:modules", done=lambda value: pids.append(value["pid"]))
        jobs.wait(60)
        print(*pids, flush=True)
        jobs.submit("a", "work_tasks:hang", os.devnull)
        jobs.wait()
        """)], stdout=subprocess.PIPE, text=True)
    pids = [int(word) for word in parent.stdout.readline().split()]
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert len(pids) == 1
    wait_until_gone(pids)


def test_ctrl_c_ends_the_parent_and_no_worker_says_anything(tmp_path):
    parent = subprocess.Popen([sys.executable, "-c", textwrap.dedent("""
        import os
        from mdexplore.base.work import Jobs
        jobs, pids = Jobs(), []
        jobs.submit("a", "work_tasks:modules", done=lambda value: pids.append(value["pid"]))
        jobs.wait(60)
        jobs.submit("a", "work_tasks:hang", os.devnull)
        try:
            print(*pids, flush=True)
            jobs.wait()
        except KeyboardInterrupt:
            print("interrupted", flush=True)
        """)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    pid = int(parent.stdout.readline())
    os.killpg(parent.pid, signal.SIGINT)
    out, err = parent.communicate(timeout=60)
    assert (out, err, parent.returncode) == ("interrupted\n", "", 0)
    wait_until_gone([pid])


def test_a_server_lent_by_a_warm_process_is_used(tmp_path):
    printed = script("""
        import os
        from mdexplore.base.work.forkserver import VARIABLE, lend_fork_server
        lend_fork_server()
        from mdexplore.base.work import Jobs, launch
        jobs = Jobs()
        jobs.submit("a", "work_tasks:echo", 1, done=print)
        jobs.wait(60)
        print(launch.launcher()._process, os.environ[VARIABLE].endswith(f":{os.getpid()}"))
        """, tmp_path)
    assert printed == ["1", "None True"]


@pytest.mark.parametrize("given", ["0", "987", "7:1", "nonsense", ""])
def test_a_lent_server_that_is_not_there_is_replaced_by_one_of_our_own(monkeypatch, given):
    monkeypatch.setenv("MDEXPLORE_FORKSERVER_FD", given)
    launcher = ForkLauncher()
    worker = launcher.start(warm=False)
    from mdexplore.base.work.launch import wait_readable

    assert wait_readable(worker.sockets, 60) and worker.read() == [("ready", worker.pid)]
    worker.close(timeout=10)
    launcher.close()
    assert os.path.exists("/proc/self/fd/0")


def test_a_server_that_has_died_is_started_again():
    launcher = ForkLauncher()
    launcher.prepare()
    launcher._process.kill()
    launcher._process.wait()
    from mdexplore.base.work.launch import wait_readable

    worker = launcher.start(warm=False)
    assert wait_readable(worker.sockets, 60) and worker.read() == [("ready", worker.pid)]
    worker.close(timeout=10)
    launcher.close()


def test_a_child_gives_its_value_and_its_progress():
    seen = []
    assert run_in_child("work_tasks:echo", [1, 2]) == [1, 2]
    assert run_in_child("work_tasks:report", 3, progress=lambda *news: seen.append(news)) == 3
    assert seen[-1] == (3, 3, "step 3")


def test_a_child_that_crashes_is_a_user_error():
    with pytest.raises(WorkerDied, match="SIGSEGV"):
        run_in_child("work_tasks:crash")


def test_a_child_that_takes_too_long_is_stopped(tmp_path):
    with pytest.raises(UserError, match="longer than"):
        run_in_child("work_tasks:hang", tmp_path / "pid", timeout=0.5)


def test_single_threaded_holds_blas_and_lets_it_go():
    import numpy as np
    import scipy.linalg  # noqa: F401  (the block loads it, and it brings a BLAS of its own)
    from threadpoolctl import threadpool_info

    before = [pool["num_threads"] for pool in threadpool_info()]
    with single_threaded():
        np.ones((2, 2)) @ np.ones((2, 2))
        assert {pool["num_threads"] for pool in threadpool_info()} == {1}
    assert [pool["num_threads"] for pool in threadpool_info()] == before


def test_deeptime_imported_without_torch_finds_it_later(tmp_path):
    pytest.importorskip("torch")
    printed = script("""
        import sys
        from mdexplore.base.work.preload import preload
        for name, problem in preload():
            if problem and not name.startswith("mdexplore"):
                print(problem)
        print("torch" in sys.modules, "deeptime.decomposition" in sys.modules)
        from deeptime.decomposition.deep import VAMPNet
        from deeptime.util.torch import MLP
        print(VAMPNet(MLP([2, 2])).score_method)
        """, tmp_path)
    assert printed == ["False True", "VAMP2"]
