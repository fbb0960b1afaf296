"""Kernels forked from the warm process: a provisioner for jupyter_client, with an ordinary start where there is no warm process."""
from __future__ import annotations

import asyncio
import logging
import os
import sys
from importlib.metadata import EntryPoint
from typing import Any

from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

from mdexplore.app.serve.warm import WarmProcess

log = logging.getLogger(__name__)
NAME = "mdexplore-warm"
# The page has no cells to remember, and nothing is imported from the folder a kernel runs in.
KERNEL_OPTIONS = ["--HistoryManager.enabled=False", "--InteractiveShellApp.ignore_cwd=True"]


class WarmProvisioner(LocalProvisioner):
    """Starts a kernel by forking the warm process."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        # The kernel spec called "python3" may belong to another Python: only the connection file is taken from it.
        options = [*cmd[cmd.index("-f"):], *KERNEL_OPTIONS]
        warm = WarmProcess.current
        if warm is not None and warm.is_running():
            env, cwd = dict(kwargs.get("env") or os.environ), kwargs.get("cwd") or os.getcwd()
            try:
                kernel: Any = await asyncio.to_thread(warm.fork, options, env, cwd)
            except OSError as error:
                log.warning("the warm process cannot be used, kernels start slowly from now on: %s", error)
            else:
                self.process, self.pid, self.pgid = kernel, kernel.pid, kernel.pid
                return self.connection_info
        return await super().launch_kernel([sys.executable, "-P", "-m", "ipykernel_launcher", *options], **kwargs)


def register() -> None:
    """Make every kernel of this process start through `WarmProvisioner`."""
    factory = KernelProvisionerFactory.instance()
    factory.provisioners[NAME] = EntryPoint(NAME, f"{__name__}:WarmProvisioner", "jupyter_client.kernel_provisioners")
    factory.default_provisioner_name = NAME
