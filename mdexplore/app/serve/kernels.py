"""Kernels of pages: a provisioner for jupyter_client that forks the warm process, with an ordinary start where there is none."""
from __future__ import annotations

import asyncio
import logging
import os
import sys
from importlib.metadata import EntryPoint
from typing import Any

from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

from mdexplore.app.serve.warm import ForkedKernel, WarmProcess

log = logging.getLogger(__name__)
NAME = "mdexplore-warm"
NOT_STARTED = 1   # exit code of a kernel that never came to be


class WarmProvisioner(LocalProvisioner):
    """Starts a kernel that shows the page.

    The start returns at once, with a kernel that is still to come: the warm process may be importing, and the browser has enough to do meanwhile.
    """

    process: Any

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        # The kernel spec called "python3" may belong to another Python: only the connection file is taken from it.
        options = cmd[cmd.index("-f"):]
        warm = WarmProcess.current
        if warm is None or not warm.is_running():
            return await self._start_slowly(options, kwargs)
        self.process = self._coming = ComingKernel()
        self._task = asyncio.create_task(self._fork(warm, options, kwargs))
        return self.connection_info

    async def _fork(self, warm: WarmProcess, options: list[str], kwargs: dict[str, Any]) -> None:
        coming = self._coming
        try:
            kernel = await asyncio.to_thread(warm.fork, options, dict(kwargs.get("env") or os.environ), kwargs.get("cwd") or os.getcwd())
        except (OSError, ValueError, KeyError) as error:   # it has ended, or in the middle of its answer
            log.warning("the warm process cannot be used, kernels start slowly from now on: %s", error)
            if coming.poll() is None:   # else nobody waits any more
                try:
                    await self._start_slowly(options, kwargs)
                except Exception:   # whatever it was, the page must learn that nothing will come
                    log.exception("a kernel cannot be started")
                    coming.fail()
            return
        if coming.come(kernel) and self.process is coming:
            self.process, self.pid, self.pgid = kernel, kernel.pid, kernel.pid

    async def _start_slowly(self, options: list[str], kwargs: dict[str, Any]) -> Any:
        return await super().launch_kernel([sys.executable, "-P", "-m", "mdexplore.app.serve.kernel", *options], **kwargs)


class ComingKernel:
    """Stands for a process that is asked for and not there yet: it runs, and can be killed."""

    stdin = stdout = stderr = None
    pid = None

    def __init__(self) -> None:
        self.returncode: int | None = None

    def come(self, kernel: ForkedKernel) -> bool:
        """Whether the kernel that came is still wanted; it is killed where it is not."""
        if self.returncode is not None:
            kernel.kill()
        return self.returncode is None

    def fail(self) -> None:
        self.returncode = NOT_STARTED

    def poll(self) -> int | None:
        """None while it is expected."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int | None:
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Any signal means that nobody wants it any more."""
        self.returncode = -number

    def kill(self) -> None:
        self.fail()

    terminate = kill


def register() -> None:
    """Make every kernel of this process start through `WarmProvisioner`."""
    factory = KernelProvisionerFactory.instance()
    factory.provisioners[NAME] = EntryPoint(NAME, f"{__name__}:WarmProvisioner", "jupyter_client.kernel_provisioners")
    factory.default_provisioner_name = NAME
