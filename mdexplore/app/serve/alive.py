"""``mdx/alive/<kernel>``: what the page's heartbeat asks. Also a Jupyter Server extension, for the page under JupyterHub and Binder."""
from __future__ import annotations

from typing import Any

import tornado.web
from jupyter_core.utils import ensure_async
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join

PATH = r"/mdx/alive/([\w-]+)"


class Alive(JupyterHandler):
    """Is the process of this page's kernel there, and is it still the same one?"""

    @tornado.web.authenticated
    async def get(self, kernel_id: str) -> None:
        if kernel_id not in self.kernel_manager:
            self.finish({"alive": False})
            return
        kernel = self.kernel_manager.get_kernel(kernel_id)
        watch = self.settings.get("mdx_watch")   # not under another server, which has limits of its own
        said = watch.said(kernel_id) if watch is not None else ""
        self.finish({"alive": bool(await ensure_async(kernel.is_alive())), "pid": getattr(kernel.provisioner, "pid", None), "said": said})

    def get_login_url(self) -> str:
        raise tornado.web.HTTPError(403)   # a script asks: a redirect to a login page would be no answer


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(app: Any) -> None:
    app.web_app.add_handlers(".*$", [(url_path_join(app.web_app.settings["base_url"], PATH), Alive)])
