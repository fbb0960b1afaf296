"""A worker that the system ends while the page waits for it: each panel says so, and Retry mends it."""
from __future__ import annotations

import os
import signal
import sys

import pytest

from mdexplore.app.serve.usage import tree

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

KERNEL = "async () => { const c = JSON.parse(document.getElementById('jupyter-config-data').textContent); return (await (await fetch(c.baseUrl + 'mdx/alive/' + c.kernelId)).json()).pid; }"
SHOWN = ".mdx-panel-timescales .mdx-strip button >> visible=true"


def workers(kernel: int) -> list[int]:
    """Process numbers of the workers of a kernel: children of the server that forks them."""
    found = tree(kernel, with_memory=False)
    servers = {process.pid for process in found if process.parent == kernel}
    return [process.pid for process in found if process.parent in servers]


def test_a_worker_killed_while_a_model_is_fitted_is_said_and_retry_brings_the_model(app):
    kernel = app.page.evaluate(KERNEL)
    for pid in workers(kernel):
        os.kill(pid, signal.SIGSTOP)   # the fit begins, and cannot end
    field = app.page.locator(".mdx-sec-kinetics input[type=text]").first
    field.fill("0.05 ns")
    field.press("Enter")
    app.page.wait_for_selector(".mdx-panel-timescales.mdx-stale")
    for pid in workers(kernel):
        os.kill(pid, signal.SIGKILL)
    retry = app.page.locator(SHOWN)
    retry.wait_for()
    assert "ended by the system" in app.page.locator(".mdx-panel-timescales .mdx-strip").inner_text()
    retry.click()
    retry.wait_for(state="hidden")
    app.wait_until_ready()
    app.holds("() => [...document.querySelectorAll('.mdx-strip button')].filter(b => b.offsetHeight).length", 0)
    assert not app.complaints
