"""Jobs in worker processes: answers, progress, cancel, and the latest request wins."""
from __future__ import annotations

import asyncio
import contextvars
import gc
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from mdexplore.base.errors import UserError
from mdexplore.base.work import Jobs, LoopGap, WorkerDied, WorkerFailure, endings, launch
from mdexplore.base.work.launch import SpawnLauncher

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    monkeypatch.syspath_prepend(str(HERE))


@pytest.fixture
def jobs():
    jobs = Jobs(warm=False)
    yield jobs
    jobs.close()


def is_gone(pid):
    """Whether a process is no more; a zombie is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def run(jobs, task, *args, **options):
    """One job from a plain script: its value, or its error raised."""
    values, errors = [], []
    jobs.submit("job", f"work_tasks:{task}", *args, done=values.append, failed=errors.append, **options)
    assert jobs.wait(60)
    if errors:
        raise errors[0]
    return values[0]


def until(jobs, condition):
    """Pump until something is so; the limit is there for a test that fails."""
    for _ in range(3000):
        if condition():
            return
        jobs.wait(0.01)
    raise AssertionError("it did not happen")


def test_a_value_comes_back(jobs):
    assert run(jobs, "echo", {"a": [1, 2]}) == {"a": [1, 2]}
    assert jobs.states["job"].phase == "done"


def test_a_large_argument_and_a_large_value_come_through_whole(jobs):
    assert run(jobs, "echo", b"x" * 5_000_000) == b"x" * 5_000_000


@pytest.mark.parametrize("fails", [False, True])
def test_what_a_running_job_shows_is_there_until_it_ends(jobs, tmp_path, fails):
    jobs.submit("job", "work_tasks:show_and_end", str(tmp_path / "end"), fails=fails)
    until(jobs, lambda: "job" in jobs.previews)
    assert jobs.previews["job"] == {"epoch": 1} and jobs.states["job"].phase == "running"
    (tmp_path / "end").touch()
    assert jobs.wait(60)
    assert jobs.previews == {} and jobs.states["job"].phase == ("failed" if fails else "done")


def test_what_a_job_showed_goes_when_it_is_cancelled_or_replaced(jobs, tmp_path):
    for end in (lambda: jobs.cancel("job"), lambda: jobs.submit("job", "work_tasks:echo", 1)):
        jobs.submit("job", "work_tasks:show_and_end", str(tmp_path / "never"))
        until(jobs, lambda: "job" in jobs.previews)
        end()
        assert jobs.previews == {}


def test_the_last_progress_always_arrives(jobs):
    seen = []
    jobs.observe(lambda change: seen.append(change.new["job"]), "states")
    run(jobs, "report", 1000)
    running = [state for state in seen if state.phase == "running" and state.total]
    assert (running[-1].done, running[-1].total, running[-1].text) == (1000, 1000, "step 1000")
    assert len(running) < 100
    assert [state.phase for state in seen][:2] == ["waiting", "running"] and seen[-1].phase == "done"


def test_a_user_error_crosses_with_its_three_parts(jobs):
    with pytest.raises(UserError) as caught:
        run(jobs, "refuse")
    assert (caught.value.what, caught.value.why, caught.value.do) == ("A lag time of 50 ns is too long.", "The longest has 20 ns.", "Choose less.")
    assert jobs.states["job"].phase == "failed" and jobs.states["job"].error is caught.value


def test_an_unexpected_error_brings_its_traceback(jobs):
    with pytest.raises(WorkerFailure, match="IndexError") as caught:
        run(jobs, "stumble")
    assert "return [][1]" in caught.value.traceback


def test_too_little_memory_is_said_to_the_user(jobs):
    with pytest.raises(UserError, match="memory"):
        run(jobs, "overflow")


def test_a_value_that_cannot_be_pickled_fails_the_job_only(jobs):
    with pytest.raises(WorkerFailure):
        run(jobs, "unpicklable")
    assert run(jobs, "echo", 1) == 1


def test_an_argument_that_cannot_be_pickled_is_refused_at_once(jobs):
    with pytest.raises(UserError, match="module of their own"):
        jobs.submit("job", "work_tasks:echo", lambda: 0)


def test_a_task_that_does_not_exist_fails_and_says_so(jobs):
    with pytest.raises(WorkerFailure, match="no_such_task"):
        run(jobs, "no_such_task")


@pytest.mark.parametrize("wrong", [{"lane": "fast"}, {"supersede": "never"}])
def test_an_unknown_lane_or_order_is_refused(jobs, wrong):
    with pytest.raises(ValueError):
        jobs.submit("job", "work_tasks:echo", 1, **wrong)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_killed_worker_names_its_signal_and_the_next_job_works(jobs, number):
    with pytest.raises(WorkerDied, match=number.name) as caught:
        run(jobs, "die", number)
    assert caught.value.what and caught.value.why and caught.value.do and caught.value.signal == number.name
    assert run(jobs, "echo", 2) == 2


def test_a_worker_that_leaves_without_an_answer_fails_its_job(jobs):
    with pytest.raises(WorkerDied, match="exit code 7"):
        run(jobs, "leave")


def test_cancel_ends_the_process_and_says_so(jobs, tmp_path):
    delivered = []
    jobs.submit("job", "work_tasks:hang", tmp_path / "pid", done=delivered.append, failed=delivered.append)
    until(jobs, lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    assert jobs.cancel("job") and jobs.states["job"].phase == "cancelled"
    until(jobs, lambda: is_gone(int((tmp_path / "pid").read_text())))
    assert run(jobs, "echo", 3) == 3 and delivered == []


def test_cancel_drops_a_job_that_waits(jobs, tmp_path):
    delivered = []
    jobs.submit("first", "work_tasks:wait_for", tmp_path / "go", done=delivered.append)
    jobs.submit("second", "work_tasks:echo", 2, done=delivered.append)
    assert jobs.states["second"].phase == "waiting"
    jobs.cancel("second")
    (tmp_path / "go").touch()
    assert jobs.wait(60) and delivered == [str(tmp_path / "go")]
    assert jobs.states["second"].phase == "cancelled"


def test_a_job_that_listens_ends_early_with_what_it_has(jobs):
    delivered = []
    jobs.submit("job", "work_tasks:until_stopped", done=delivered.append)
    assert not jobs.end_early("job"), "it has told nothing yet"
    until(jobs, lambda: jobs.states["job"].done)
    assert jobs.end_early("job") and not jobs.end_early("job"), "once is enough"
    assert jobs.wait(60) and delivered == ["the best so far"]
    assert run(jobs, "echo", 3) == 3


def test_a_stop_that_comes_too_late_harms_no_later_job(jobs, tmp_path):
    delivered, end = [], tmp_path / "end"
    jobs.submit("job", "work_tasks:tell_and_end", str(end), done=delivered.append)
    until(jobs, lambda: jobs.states["job"].done)
    end.touch()
    assert launch.wait_readable(jobs._lanes["heavy"].worker.sockets, 60)   # its answer is there, and nobody has read it
    assert jobs.end_early("job") and delivered == []
    assert jobs.wait(60) and delivered == ["whole"]
    jobs.submit("next", "work_tasks:is_stopped", done=delivered.append)
    assert jobs.wait(60) and delivered == ["whole", False]


def test_cancel_of_nothing_is_nothing(jobs):
    assert not jobs.cancel("job") and jobs.states == {}


@pytest.mark.parametrize("lane", ["live", "heavy"])
def test_of_twenty_quick_requests_the_last_is_delivered(jobs, tmp_path, lane):
    delivered = []
    run(jobs, "echo", 0, lane=lane)
    generations = [jobs.submit("lag", "work_tasks:note", i, str(tmp_path), lane=lane, done=delivered.append) for i in range(20)]
    assert jobs.wait(60)
    assert delivered == [19] and generations == sorted(generations)
    assert jobs.states["lag"].generation == generations[-1] and jobs.states["lag"].phase == "done"
    if lane == "live":
        assert len(list(tmp_path.iterdir())) <= 3


def test_the_live_lane_keeps_its_worker_and_drops_the_late_answer(jobs, tmp_path):
    delivered = []
    before = run(jobs, "modules", lane="live")["pid"]
    jobs.submit("lag", "work_tasks:wait_for", tmp_path / "go", lane="live", done=delivered.append)
    jobs.submit("lag", "work_tasks:modules", lane="live", done=lambda value: delivered.append(value["pid"]))
    (tmp_path / "go").touch()
    assert jobs.wait(60) and delivered == [before]


def test_a_replaced_job_in_the_heavy_lane_is_killed(jobs, tmp_path):
    delivered = []
    jobs.submit("fit", "work_tasks:hang", tmp_path / "pid", done=delivered.append, failed=delivered.append)
    until(jobs, lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    jobs.submit("fit", "work_tasks:echo", "new", done=delivered.append)
    assert jobs.wait(60) and delivered == ["new"]
    until(jobs, lambda: is_gone(int((tmp_path / "pid").read_text())))


def test_queued_jobs_of_a_name_all_answer_in_order(jobs):
    delivered = []
    for i in range(4):
        jobs.submit("score", "work_tasks:echo", i, supersede="queue", done=delivered.append)
    assert jobs.wait(60) and delivered == [0, 1, 2, 3]


def test_a_callback_may_ask_for_the_next_job(jobs):
    delivered = []
    jobs.submit("job", "work_tasks:echo", 1, done=lambda value: jobs.submit("job", "work_tasks:echo", 2, done=delivered.append))
    assert jobs.wait(60) and delivered == [2] and jobs.states["job"].phase == "done"


def test_a_callback_that_fails_does_not_stop_the_others(jobs):
    delivered = []
    jobs.submit("bad", "work_tasks:echo", 1, done=lambda value: 1 / 0)
    jobs.submit("good", "work_tasks:echo", 2, done=delivered.append)
    with pytest.raises(ZeroDivisionError):
        jobs.wait(60)
    assert jobs.wait(60) and delivered == [2] and jobs.states["bad"].phase == "done"


def test_wait_gives_up_when_its_time_is_over(jobs, tmp_path):
    jobs.submit("job", "work_tasks:hang", tmp_path / "pid")
    assert not jobs.wait(0.01) and jobs.is_busy


def test_a_worker_keeps_its_caches_from_job_to_job(jobs):
    assert [run(jobs, "count_calls") for _ in range(3)] == [1, 2, 3]


def test_a_changed_cache_folder_and_working_folder_are_seen_by_the_next_job(jobs, tmp_path, monkeypatch):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv("MDEXPLORE_CACHE", str(tmp_path / name))
        monkeypatch.chdir(tmp_path / name)
        found = run(jobs, "surroundings")
        assert found["cache"] == found["folder"] == str(tmp_path / name)
    monkeypatch.delenv("MDEXPLORE_CACHE")
    assert not run(jobs, "surroundings")["cache"].startswith(str(tmp_path))


def test_a_worker_has_the_import_path_of_its_parent(jobs, monkeypatch):
    monkeypatch.syspath_prepend("/somewhere/else")
    import sys

    assert run(jobs, "surroundings")["path"] == sys.path


def test_warnings_of_a_worker_reach_the_log_of_its_parent(jobs, caplog):
    run(jobs, "complain")
    assert ("mdexplore.test", "odd thing") in [(record.name, record.getMessage()) for record in caplog.records]


def test_workers_draw_different_random_numbers(jobs):
    assert run(jobs, "draw", lane="heavy") != run(jobs, "draw", lane="live")


def test_a_worker_has_one_blas_thread(jobs):
    assert set(run(jobs, "threads")) == {1}


def test_a_worker_holds_no_file_of_its_parent(jobs):
    import socket

    with socket.create_server(("127.0.0.1", 0)):
        reader, writer = os.pipe()
        ours = {os.readlink(f"/proc/self/fd/{fd}") for fd in (reader, writer)} | {
            os.readlink(link) for link in Path("/proc/self/fd").iterdir() if link.is_symlink() and os.readlink(link).startswith("socket")}
        found = run(jobs, "descriptors")
    os.close(reader), os.close(writer)
    assert not ours & set(found.values())
    assert {found[0], found[1], found[2]} == {os.devnull}
    assert sum(target.startswith(("socket", "pipe")) for target in found.values()) == 2   # to its parent, and to the server it was forked by


def test_closing_ends_every_worker(jobs, tmp_path):
    pids = [run(jobs, "modules", lane=lane)["pid"] for lane in ("live", "heavy", "background")]
    assert len(set(pids)) == 3
    jobs.submit("job", "work_tasks:hang", tmp_path / "pid")
    jobs.close()
    assert all(is_gone(pid) for pid in pids) and jobs.states["job"].phase == "cancelled"
    with pytest.raises(ValueError, match="closed"):
        jobs.submit("job", "work_tasks:echo", 1)


def test_forgotten_jobs_take_their_workers_with_them(tmp_path):
    jobs = Jobs(warm=False)
    pid = run(jobs, "modules")["pid"]
    other = Jobs(warm=False)
    del jobs
    gc.collect()
    until(other, lambda: is_gone(pid))
    other.close()


def test_answers_come_on_the_thread_of_the_running_loop():
    async def ask():
        jobs, found = Jobs(), []
        jobs.submit("job", "work_tasks:echo", 5, done=lambda value: found.append((value, threading.get_ident())))
        await jobs.idle()
        jobs.close()
        return found

    assert asyncio.run(ask()) == [(5, threading.get_ident())]


def test_a_callback_runs_in_the_context_of_its_request():
    cell, found = contextvars.ContextVar("cell"), []

    async def ask(jobs, number):
        cell.set(number)
        jobs.submit(str(number), "work_tasks:echo", number, done=lambda value: found.append((value, cell.get())))
        await jobs.idle()

    async def both():
        jobs = Jobs(warm=False)
        await asyncio.create_task(ask(jobs, 1))
        await asyncio.create_task(ask(jobs, 2))
        jobs.close()

    asyncio.run(both())
    assert found == [(1, 1), (2, 2)]


def test_jobs_outlive_one_loop_and_answer_in_the_next():
    jobs, found = Jobs(warm=False), []

    async def ask(value):
        jobs.submit("job", "work_tasks:echo", value, done=found.append)
        await jobs.idle()

    for value in (1, 2):
        asyncio.run(ask(value))
    jobs.close()
    assert found == [1, 2]


def test_a_loop_without_readers_is_served_by_a_thread():
    class Reluctant(asyncio.SelectorEventLoop):
        def add_reader(self, *args):
            raise NotImplementedError

    async def ask():
        jobs, found = Jobs(), []
        for name in "abc":
            jobs.submit(name, "work_tasks:echo", name, done=lambda value: found.append((value, threading.get_ident())))
        await jobs.idle()
        jobs.close()
        return found

    with asyncio.Runner(loop_factory=Reluctant) as runner:
        assert runner.run(ask()) == [(name, threading.get_ident()) for name in "abc"]


def test_the_loop_answers_other_jobs_while_a_worker_holds_its_interpreter(tmp_path):
    async def ask():
        jobs, held, others, pipe = Jobs(), [], [], tmp_path / "pipe"
        os.mkfifo(pipe)
        jobs.submit("fit", "work_tasks:hold", pipe, done=held.append)
        async with asyncio.timeout(60):
            while (writer := opened_for_writing(pipe)) is None:   # as long as nobody reads
                await asyncio.sleep(0)
        for number in range(3):
            jobs.submit("other", "work_tasks:echo", number, lane="live", done=others.append)
            async with asyncio.timeout(60):
                while len(others) <= number:
                    await asyncio.sleep(0)
        assert held == [], "it holds its interpreter still"
        os.write(writer, b".")
        await jobs.idle()
        os.close(writer)
        jobs.close()
        return held, others

    assert asyncio.run(ask()) == ([1], [0, 1, 2])   # 0 is what it gives when nobody writes for a minute


def opened_for_writing(pipe):
    try:
        return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None


def test_a_gap_of_the_loop_is_measured():
    async def hold():
        async with LoopGap() as gap:
            time.sleep(0.05)
        return gap.longest

    assert asyncio.run(hold()) > 0.04   # more on a busy machine, never less


def test_workers_that_are_started_afresh_do_the_same(tmp_path):
    launcher = SpawnLauncher()
    jobs = Jobs(warm=False, launcher=launcher)
    assert run(jobs, "echo", 4) == 4
    assert set(run(jobs, "threads")) == {1}
    pid = run(jobs, "modules")["pid"]
    with pytest.raises(WorkerDied, match="SIGKILL"):
        run(jobs, "die", signal.SIGKILL)
    until(jobs, lambda: is_gone(pid))
    assert run(jobs, "echo", 5) == 5
    jobs.close()
    launcher.close()


def test_a_worker_without_work_ends_and_the_next_job_gets_another(monkeypatch):
    monkeypatch.setattr("mdexplore.base.work.endings.IDLE_S", 0.0)

    async def ask(jobs):
        counts = []
        for _ in range(2):
            jobs.submit("job", "work_tasks:count_calls", done=counts.append)
            await jobs.idle()
            async with asyncio.timeout(30):
                while any(lane.worker for lane in jobs._lanes.values()):
                    await asyncio.sleep(0)
        return counts

    jobs = Jobs(warm=False)
    assert asyncio.run(ask(jobs)) == [1, 1]
    jobs.close()


@pytest.mark.parametrize("given", ["soon", "-1", "nan", "inf"])
def test_a_time_without_work_that_is_none_is_said_at_once(monkeypatch, given):
    monkeypatch.setenv("MDEXPLORE_IDLE_S", given)
    with pytest.raises(UserError, match=f"MDEXPLORE_IDLE_S='{given}' cannot be used"):
        Jobs(warm=False)


def test_a_time_without_work_can_be_set(monkeypatch):
    monkeypatch.setenv("MDEXPLORE_IDLE_S", "2.5")
    assert endings.idle_s() == 2.5
    monkeypatch.setenv("MDEXPLORE_IDLE_S", "")
    assert endings.idle_s() == endings.IDLE_S
