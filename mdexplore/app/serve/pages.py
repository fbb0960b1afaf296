"""The page: the same HTML for everybody but for the name of the kernel, made once, before anybody asks."""
from __future__ import annotations

import os
import re
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import tornado.web
from jupyter_core.utils import ensure_async
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import ApiPath
from voila.notebook_renderer import NotebookRenderer
from voila.utils import get_page_config

from mdexplore.app.serve.kernel import ROOT
from mdexplore.base import limits

KERNEL = "mdx-name-of-the-kernel"   # stands in the HTML where the name of a page's own kernel belongs
ABANDONED_S = 15
VISITOR, COOKIE = "MDEXPLORE_VISITOR", "mdx-visitor"
FULL = ('<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>mdexplore</title><body style="font:14px system-ui,sans-serif;margin:48px">'
        "<h1 style='font-size:18px'>{limit} pages are open already.</h1><p>Close one of them, wait a moment, and load this page again.</p></body></html>")


class Page(JupyterHandler):
    """The one page; each has a kernel of its own, which is still starting when the page is sent."""

    _n_starting = 0   # asked for and not yet in the manager's list

    def initialize(self, html: str) -> None:
        self._html = html

    @tornado.web.authenticated
    async def get(self, path: str | None = None) -> None:
        if path:
            raise tornado.web.HTTPError(404)
        manager: Any = self.kernel_manager
        most = limits.limit("pages") or len(manager.list_kernel_ids()) + 1
        if len(manager.list_kernel_ids()) >= most:
            await _end_abandoned(manager)
        if len(manager.list_kernel_ids()) + Page._n_starting >= most:
            self.set_status(503)
            self.finish(FULL.format(limit=most))
            return
        Page._n_starting += 1
        try:
            kernel_id: str = await manager.start_kernel(path=ApiPath(""), env={**os.environ, VISITOR: self._visitor()})
        finally:
            Page._n_starting -= 1
        self.set_header("Content-Type", "text/html; charset=UTF-8")
        self.set_header("Cache-Control", "no-cache, no-store, must-revalidate")
        _ = self.xsrf_token   # sets the cookie without which the page may not end its kernel when it goes
        self.finish(self._html.replace(KERNEL, kernel_id))

    def _visitor(self) -> str:
        """What tells this browser from others, so that it is offered its own session again and no other; a word that nobody guesses."""
        word = self.get_cookie(COOKIE, "") or ""
        if not re.fullmatch(r"[\w-]{22}", word):
            word = secrets.token_urlsafe(16)
        self.set_cookie(COOKIE, word, path=self.base_url, expires_days=30, httponly=True, samesite="Strict")
        return word


async def _end_abandoned(manager: Any) -> None:
    """End the kernels whose pages are gone without a word, as those of a closed window may be; a page that is loading has been active just now."""
    now = datetime.now(UTC)
    for kernel_id in list(manager.list_kernel_ids()):
        idle = now - manager.get_kernel(kernel_id).last_activity
        if not manager._kernel_connections.get(kernel_id, 0) and idle > timedelta(seconds=ABANDONED_S):
            await ensure_async(manager.shutdown_kernel(kernel_id, now=True))


async def page_html(server: Any) -> str:
    """What Voila's template makes of a page whose cells have run; `KERNEL` stands for the kernel.

    Parameters
    ----------
    server : voila.app.Voila
        With its settings made.
    """
    settings = server.app.settings
    config = get_page_config(base_url=server.base_url, settings=settings, log=server.log, voila_configuration=server.voila_configuration)
    renderer = _Renderer(
        request_handler=None, prelaunch_hook=None, voila_configuration=server.voila_configuration, traitlet_config=server.config, page_config=config,
        notebook_path=os.path.relpath(server.notebook_path, server.root_dir), template_paths=server.template_paths, base_url=server.base_url,
        config_manager=settings["config_manager"], contents_manager=settings["contents_manager"], kernel_spec_manager=settings["kernel_spec_manager"],
        mathjax_config=settings.get("mathjax_config"), mathjax_url=settings.get("mathjax_url"))
    await renderer.initialize()
    renderer.resources["instant"] = ROOT
    return await renderer.generate_content_str(KERNEL)


class _Renderer(NotebookRenderer):
    """Runs nothing: our kernel builds the app by itself, under a name that is known (`kernel.ROOT`), and the page draws it when the kernel has told of it.

    Voila holds the page back until its cells have run, and the browser does not begin before that.
    """

    async def _jinja_kernel_start(self, nb: Any, kernel_id: str, kernel_future: Any) -> str:
        return kernel_id

    async def _jinja_cell_generator(self, nb: Any, kernel_id: str) -> AsyncIterator[Any]:
        return
        yield
