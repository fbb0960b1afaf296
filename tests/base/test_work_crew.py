"""Calls shared out over the cores of this machine: the same answers whoever does them, and nobody is left behind."""
from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import pytest

from mdexplore.base import room
from mdexplore.base.errors import UserError
from mdexplore.base.work import Jobs, WorkerDied, WorkerFailure, crew, launch
from mdexplore.base.work import cores as counting
from mdexplore.base.work.crew import Crew
from mdexplore.base.work.launch import SpawnLauncher

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
import crew_tasks as tasks  # noqa: E402

CALLS = [(k,) for k in range(12)]


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    monkeypatch.syspath_prepend(str(HERE))


@pytest.fixture
def crowd(monkeypatch):
    """Three processes, whatever this machine has."""
    tasks.begin_at_once(3, monkeypatch.setattr)
    made = Crew()
    yield made
    made.close()


@pytest.fixture
def started(monkeypatch):
    """The workers that were started."""
    found, start = [], launch.launcher().start
    monkeypatch.setattr(launch.launcher(), "start", lambda: found.append(start()) or found[-1])
    return found


def is_gone(pid):
    """Whether a process is no more; a zombie is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def until(condition):
    give_up = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.005)


def hanging(folder):
    """The processes of a job that waits for three others, once these have begun."""
    until(lambda: len(list(folder.iterdir())) == 4)
    return [int(path.name) for path in folder.iterdir()]


def pid_of(jobs):
    """The process that does the job."""
    worker = jobs._lanes["heavy"].worker
    until(lambda: jobs.wait(0.01) or worker.pid)
    return worker.pid


def test_all_calls_are_answered_and_most_of_them_elsewhere(crowd):
    found = dict(crowd.run(tasks.work(tasks.square, CALLS)))
    assert [found[k][0] for k in range(12)] == [k * k for k in range(12)]
    pids = {pid for _, pid in found.values()}
    assert os.getpid() in pids and 2 <= len(pids) <= 4


def test_one_core_starts_nobody(monkeypatch, started):
    tasks.begin_at_once(1, monkeypatch.setattr)
    found = dict(Crew().run(tasks.work(tasks.square, CALLS)))
    assert {pid for _, pid in found.values()} == {os.getpid()} and not started


def test_little_work_starts_nobody(monkeypatch, started):
    monkeypatch.setattr(crew, "cores", lambda: 8)
    assert len(list(Crew().run(tasks.work(tasks.square, CALLS)))) == 12 and not started


def test_little_memory_starts_nobody(crowd, monkeypatch, started):
    monkeypatch.setattr(room, "free_bytes", lambda: 2 * crew.WORKER_BYTES)
    assert len(list(crowd.run(tasks.work(tasks.square, CALLS)))) == 12 and not started


def test_memory_for_two_starts_two_processes_on_three_cores(crowd, monkeypatch, started):
    monkeypatch.setattr(room, "free_bytes", lambda: 2 * 2 * (crew.WORKER_BYTES + (1 << 20)))
    list(crowd.run(tasks.work(tasks.square, CALLS)))
    assert len(started) == 2


def test_calls_that_need_more_memory_are_done_by_fewer(crowd, monkeypatch, started):
    monkeypatch.setattr(room, "free_bytes", lambda: 3 * 2 * (crew.WORKER_BYTES + (1 << 20)))
    list(crowd.run(tasks.work(tasks.square, CALLS)))
    assert len(crowd._members) == 3
    found = dict(crowd.run(replace(tasks.work(tasks.square, CALLS), needs=crew.WORKER_BYTES)))
    assert len(crowd._members) == 1 == len({pid for _, pid in found.values()})


def test_no_more_processes_than_cores_are_started(crowd, started):
    list(crowd.run(tasks.work(tasks.square, CALLS)))
    list(crowd.run(tasks.work(tasks.square, CALLS)))
    assert len(started) == 3


def test_the_pace_of_the_first_calls_decides(monkeypatch, started):
    tasks.begin_at_once(3, monkeypatch.setattr)
    monkeypatch.setattr(crew, "WORTH_S", 5.0)
    clock = iter(range(1000))
    monkeypatch.setattr(crew.time, "process_time", lambda: float(next(clock)))   # a second at each look
    made = Crew()
    assert len(list(made.run(tasks.work(tasks.square, CALLS)))) == 12
    made.close()
    assert started


@pytest.mark.parametrize("is_warm", [True, False])
def test_more_must_be_left_where_a_server_is_to_be_started_first(monkeypatch, started, is_warm):
    tasks.begin_at_once(3, monkeypatch.setattr)
    monkeypatch.setattr(crew, "WORTH_S", 5.0)
    monkeypatch.setattr(crew, "COLD_S", 10.0)
    monkeypatch.setattr(launch.launcher(), "is_warm", lambda: is_warm)
    clock = iter(range(1000))
    monkeypatch.setattr(crew.time, "process_time", lambda: float(next(clock)))
    made = Crew()
    list(made.run(tasks.work(tasks.square, CALLS[:6])))   # 10 s are left at the second look, and hardly more later
    made.close()
    assert bool(started) == is_warm


def test_a_server_is_warm_once_it_has_imported_everything():
    made = launch.ForkLauncher()
    assert not made.is_warm()
    made.prepare()
    until(made.is_warm)
    made.close()


def test_a_worker_asks_the_warm_server_that_it_comes_from():
    jobs, found = Jobs(warm=False), []
    jobs.submit("ask", "crew_tasks:is_warm", done=found.append)
    assert jobs.wait(60) and found == [True]
    jobs.close()


def test_progress_of_all_is_added_up(crowd):
    seen = []
    work = tasks.work(tasks.tell, CALLS, here=lambda number, tick: tick(0) or tick(10) or number)
    work = crew.Work(work.function, work.calls, work.sizes, work.shared, work.here, work.subject, work.needs, tells=True)
    assert sorted(value for _, value in crowd.run(work, seen.append)) == list(range(12))
    assert seen == sorted(seen) and seen[-1] == 120


def test_a_user_error_of_a_worker_crosses_whole_and_ends_the_others(crowd, started):
    with pytest.raises(UserError) as caught:
        list(crowd.run(tasks.work(tasks.refuse_in_a_worker, CALLS, parent=os.getpid())))
    assert (caught.value.what, caught.value.do) == ("A lag time of 50 ns is too long.", "Choose less.")
    until(lambda: all(is_gone(worker.pid) for worker in started if worker.pid))


def test_a_defect_in_a_worker_is_one_here(crowd):
    with pytest.raises(WorkerFailure, match="IndexError"):
        list(crowd.run(tasks.work(tasks.stumble_in_a_worker, CALLS, parent=os.getpid())))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_killed_worker_is_an_error_that_says_to_try_again(crowd, number):
    with pytest.raises(WorkerDied, match="Try again") as caught:
        list(crowd.run(tasks.work(tasks.die_in_a_worker, CALLS, parent=os.getpid(), number=number)))
    assert "the answer" in caught.value.what and caught.value.signal == number.name
    assert len(list(crowd.run(tasks.work(tasks.square, CALLS)))) == 12


def test_where_no_process_can_be_started_this_one_does_all(crowd, monkeypatch):
    class Lost(launch.ForkLauncher):
        def start(self, warm=True):
            worker = super().start(warm)
            worker.kill()
            return worker

    made = Lost()
    monkeypatch.setattr(launch, "launcher", lambda: made)
    found = dict(crowd.run(tasks.work(tasks.square, CALLS)))
    made.close()
    assert {pid for _, pid in found.values()} == {os.getpid()}


def test_every_worker_keeps_to_one_thread(crowd):
    found = dict(crowd.run(tasks.work(tasks.threads, CALLS, here=lambda number, tick: tick(0) or 1)))
    assert set(found.values()) == {1}


def test_a_worker_that_is_started_afresh_does_the_same(monkeypatch):
    tasks.begin_at_once(2, monkeypatch.setattr)
    made, crowd = SpawnLauncher(), Crew()
    monkeypatch.setattr(launch, "launcher", lambda: made)
    found = dict(crowd.run(tasks.work(tasks.square, CALLS[:2])))
    crowd.close()
    made.close()
    assert [found[k][0] for k in range(2)] == [0, 1] and len({pid for _, pid in found.values()}) == 2


@pytest.mark.parametrize("end", ["cancel", "kill"])
def test_who_is_stopped_takes_all_that_it_has_started_along(tmp_path, end):
    jobs = Jobs(warm=False)
    jobs.submit("features", "crew_tasks:share_out_and_hang", tmp_path)
    pids, asking = hanging(tmp_path), pid_of(jobs)
    if end == "cancel":
        jobs.cancel("features")
    else:
        os.kill(asking, signal.SIGKILL)
    until(lambda: all(map(is_gone, pids)))
    jobs.close()


def test_one_that_is_killed_fails_the_job_and_ends_the_others(tmp_path):
    jobs, failed = Jobs(warm=False), []
    jobs.submit("features", "crew_tasks:share_out_and_hang", tmp_path, failed=failed.append)
    pids, asking = hanging(tmp_path), pid_of(jobs)
    killed, *others = [pid for pid in pids if pid != asking]
    os.kill(killed, signal.SIGKILL)
    assert jobs.wait(30)
    assert isinstance(failed[0], UserError) and "SIGKILL" in failed[0].what and "Try again" in failed[0].do
    until(lambda: all(map(is_gone, others)))
    assert not is_gone(asking)
    jobs.close()


def test_all_end_when_a_script_is_killed(tmp_path):
    parent = subprocess.Popen([sys.executable, "-c", f"import sys; sys.path.insert(0, {str(HERE)!r}); import crew_tasks; crew_tasks.share_out_and_hang({str(tmp_path)!r})"])
    pids = hanging(tmp_path)
    assert parent.pid in pids
    parent.kill()
    parent.wait()
    until(lambda: all(map(is_gone, pids)))


def test_ctrl_c_ends_all_of_a_script(tmp_path):
    parent = subprocess.Popen([sys.executable, "-c", textwrap.dedent(f"""
        import sys; sys.path.insert(0, {str(HERE)!r})
        import crew_tasks
        try:
            crew_tasks.share_out_and_hang({str(tmp_path)!r})
        except KeyboardInterrupt:
            print("interrupted")
        """)], stdout=subprocess.PIPE, text=True)
    pids = hanging(tmp_path)
    parent.send_signal(signal.SIGINT)
    assert parent.communicate(timeout=30)[0] == "interrupted\n"
    until(lambda: all(map(is_gone, pids)))


def test_cores_can_be_held_back_and_never_raised(monkeypatch):
    found = counting.cores()
    monkeypatch.setenv("MDEXPLORE_CORES", "1")
    assert counting.cores() == 1
    monkeypatch.setenv("MDEXPLORE_CORES", "100000")
    assert counting.cores() == found


@pytest.mark.parametrize("given", ["0", "-1", "two", "1.5", "²"])
def test_a_number_of_cores_that_is_none_is_said(monkeypatch, given):
    monkeypatch.setenv("MDEXPLORE_CORES", given)
    with pytest.raises(UserError, match="whole number"):
        counting.cores()


def test_a_container_grants_what_its_quota_says(monkeypatch, tmp_path):
    (tmp_path / "self").mkdir()
    (tmp_path / "self/cgroup").write_text("0::/pod/box\n")
    (tmp_path / "groups/pod/box").mkdir(parents=True)
    (tmp_path / "groups/pod/box/cpu.max").write_text("max 100000\n")
    (tmp_path / "groups/pod/cpu.max").write_text("150000 100000\n")
    monkeypatch.setattr(counting, "_PROC", tmp_path)
    monkeypatch.setattr(counting, "_CGROUPS", tmp_path / "groups")
    monkeypatch.setattr(counting.os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)
    assert counting.cores() == 2
