"""A kernel that is asked for and still to come: it comes, it is given up, or it never comes and is reported as ended."""
from __future__ import annotations

import asyncio

import pytest

from mdexplore.app.serve import kernels
from mdexplore.app.serve.warm import WarmProcess


class Warm:
    """A warm process that answers as told."""

    def __init__(self, answer):
        self._answer = answer

    def is_running(self):
        return True

    def fork(self, *args):
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


class Kernel:
    pid = 4711
    was_killed = False

    def kill(self):
        self.was_killed = True


@pytest.fixture
def launch(monkeypatch):
    started: list[list[str]] = []

    def go(answer, before=lambda provisioner: None, slow=None):
        async def slowly(self, options, kwargs):
            started.append(options)
            if slow is not None:
                raise slow

        async def run():
            provisioner = kernels.WarmProvisioner()
            await provisioner.launch_kernel(["python", "-m", "ipykernel", "-f", "kernel.json"], env={}, cwd="/")
            coming = provisioner.process
            assert coming.poll() is None
            before(provisioner)
            await provisioner._task
            return provisioner, coming

        monkeypatch.setattr(WarmProcess, "current", Warm(answer))
        monkeypatch.setattr(kernels.WarmProvisioner, "_start_slowly", slowly)
        return asyncio.run(run())

    go.started = started
    return go


def test_the_kernel_that_came_takes_the_place(launch):
    kernel = Kernel()
    provisioner, _ = launch(kernel)
    assert provisioner.process is kernel and provisioner.pid == kernel.pid and not launch.started


def test_a_kernel_that_nobody_wants_any_more_is_killed(launch):
    kernel = Kernel()
    _, coming = launch(kernel, before=lambda provisioner: provisioner.process.kill())
    assert kernel.was_killed and coming.poll() is not None


@pytest.mark.parametrize("error", [OSError("ended"), ValueError("half an answer"), KeyError("pid")])
def test_without_the_warm_process_it_starts_in_the_ordinary_way(launch, error):
    launch(error)
    assert launch.started == [["-f", "kernel.json"]]


def test_a_page_that_was_closed_meanwhile_gets_no_kernel(launch):
    launch(OSError("ended"), before=lambda provisioner: provisioner.process.kill())
    assert not launch.started


def test_a_kernel_that_cannot_be_started_is_reported_as_ended(launch):
    _, coming = launch(OSError("ended"), slow=RuntimeError("no Python"))
    assert coming.poll() == kernels.NOT_STARTED
