"""A Voila that serves one page, to one person, from this machine. Importing this module costs two seconds: it is imported late."""
from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import sys
from pathlib import Path
from typing import Any

APP = Path(__file__).parents[1]
PAGE = APP / "share" / "page" / "page.ipynb"
SHARE = APP / "share" / "jupyter"
TEMPLATE = SHARE / "voila" / "templates" / "mdexplore"

# Voila reads this while it is imported: our template is found first, installed or not.
os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, [str(SHARE), os.environ.get("JUPYTER_PATH")]))

# jsonschema 4 tries this to check international addresses, of which there are none here; it builds a grammar for two seconds when it is imported.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

import tornado.httpserver  # noqa: E402
import tornado.ioloop  # noqa: E402
import tornado.web  # noqa: E402
from jupyter_core.utils import run_sync  # noqa: E402
from jupyter_server.utils import url_path_join  # noqa: E402
from traitlets.config import Config  # noqa: E402
from voila.app import Voila  # noqa: E402
from voila.tornado.handler import TornadoVoilaHandler  # noqa: E402
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler  # noqa: E402

from mdexplore.app.serve import kernels  # noqa: E402
from mdexplore.app.serve.address import LOCAL_HOSTS, Address  # noqa: E402
from mdexplore.app.serve.alive import PATH as ALIVE  # noqa: E402
from mdexplore.app.serve.alive import Alive  # noqa: E402
from mdexplore.app.serve.channels import Channels  # noqa: E402
from mdexplore.app.serve.login import Login  # noqa: E402
from mdexplore.app.serve.pages import Page, page_html  # noqa: E402
from mdexplore.app.serve.watch import EVERY_S, Watch  # noqa: E402

MIB = 2**20
LARGEST_MESSAGE = 256 * MIB
IDLE_S = 3600
# The page needs inline scripts and, for NGL, eval; it needs nothing from another host.
CONTENT_SECURITY_POLICY = ("default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; connect-src 'self' ws: wss: data: blob:; "
                           "frame-ancestors 'self'; base-uri 'self'; object-src 'none'; form-action 'self'")


class Ready(tornado.web.RequestHandler):
    """Tells the skeleton of the early listener that the real page can be loaded."""

    def get(self) -> None:
        self.set_status(204)


class Open(tornado.web.RequestHandler):
    """Lets the browser in that was started with the ticket."""

    def initialize(self, address: Address) -> None:
        self._address = address

    def get(self, word: str) -> None:
        if not self._address.ticket.use(word):
            self.set_status(403)
            self.finish("This link works once. Open the address that mdexplore printed.\n")
            return
        self.redirect(f"{self._address.base}?token={self._address.token}", status=303)


class Refuse(tornado.web.RequestHandler):
    """Answers whoever asks under a host name that is not ours."""

    def prepare(self) -> None:
        self.set_status(403)
        self.finish("This server does not answer to that host name.\n")


class GuardedApplication(tornado.web.Application):
    """Checks the Host header before any handler, static files included; Jupyter Server's own check leaves those out."""

    def find_handler(self, request: Any, **kwargs: Any) -> Any:
        hosts = self.settings.get("mdx_hosts")
        if hosts and request.host_name.strip("[]").lower() not in hosts:
            return self.get_handler_delegate(request, Refuse)
        return super().find_handler(request, **kwargs)


def settings(address: Address, theme: str = "light") -> Config:
    """Voila's settings, each tried with a request in the tests."""
    config = Config()
    config.Voila.update(notebook_path=str(PAGE), root_dir=str(PAGE.parent), ip="127.0.0.1", port=address.port, base_url=address.base,
                        open_browser=False, token=address.token, config_file_paths=[])
    config.Voila.tornado_settings = {
        "allow_remote_access": address.hosts != LOCAL_HOSTS, "local_hostnames": ["localhost"], "mdx_hosts": address.hosts,
        "websocket_max_message_size": LARGEST_MESSAGE,
        "headers": {"Content-Security-Policy": CONTENT_SECURITY_POLICY, "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"}}
    config.VoilaConfiguration.update(
        template="mdexplore", theme=theme, allow_template_override="NO", allow_theme_override="NO", file_allowlist=[], file_denylist=[".*"],
        strip_sources=True, show_tracebacks=False, preheat_kernel=False, progressive_rendering=False)
    config.MappingKernelManager.update(cull_idle_timeout=IDLE_S, cull_interval=60, cull_connected=False, cull_busy=False)
    # A kernel that was restarted behind the page's back would come back empty.
    config.KernelManager.update(autorestart=False, shutdown_wait_time=2.0)
    return config


class Server(Voila):
    """Voila on a socket that is open already.

    Parameters
    ----------
    sock : socket
        Listening, not blocking.
    address : Address
    folder : Path
        Private folder for connection files; removed at the end.
    """

    def __init__(self, sock: socket.socket, address: Address, folder: Path, **kwargs: Any) -> None:
        super().__init__(config_file_paths=[], **kwargs)
        self._sock, self._address, self.connection_dir = sock, address, str(folder)

    def load_config_file(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: Voila would run a ``voila.py`` from the current folder."""

    def init_handlers(self) -> list[Any]:
        ours = [(url_path_join(self.server_url, ALIVE), Alive), (url_path_join(self.server_url, "/mdx/ready"), Ready),
                (url_path_join(self.server_url, r"/mdx/open/([\w-]+)"), Open, {"address": self._address})]
        # Voila 0.5.13 has its login where no base URL is, and sends people to the other place.
        ours.append((url_path_join(self.server_url, "/login"), Login))
        theirs = [(handler[0], Channels, *handler[2:]) if handler[1] is VoilaKernelWebsocketHandler else handler
                  for handler in super().init_handlers() if handler[1] is not TornadoVoilaHandler and handler[0] not in ("/login", "/logout")]
        page = (url_path_join(self.server_url, r"/(.*)"), Page, {"html": run_sync(page_html)(self)})
        return [*ours, *theirs, page]

    def open_for_requests(self) -> None:
        """Make the application; called before the early listener stops, so that no request waits for it."""
        kernels.register()
        self.app = GuardedApplication(**self.init_settings())
        self.app.settings.update(self.tornado_settings)
        self.app.add_handlers(".*$", self.init_handlers())
        self.app.settings["mdx_watch"] = self._watch = Watch(self._kernels)
        self.http = tornado.httpserver.HTTPServer(self.app, max_body_size=16 * MIB)
        self.ioloop = tornado.ioloop.IOLoop.current()

    def start(self) -> None:
        """Serve until a signal asks to stop, then shut every kernel down."""
        self.http.add_sockets([self._sock])
        for number in stop_signals():
            signal.signal(number, self._handle_signal_stop)
        if Watch.is_wanted() and sys.platform == "linux":
            tornado.ioloop.PeriodicCallback(self._look, 1000 * EVERY_S).start()
        try:
            self.ioloop.start()
        finally:
            self.stop()

    async def _look(self) -> None:
        await asyncio.to_thread(self._watch.look)   # reading what thirty pages use takes a while

    def _kernels(self) -> dict[str, int]:
        """Process numbers of all kernels that run."""
        found = {}
        for name in list(self.kernel_manager.list_kernel_ids()):
            with contextlib.suppress(KeyError):   # its page is just being closed
                pid = getattr(self.kernel_manager.get_kernel(name).provisioner, "pid", None)
                if pid:
                    found[name] = pid
        return found

    def stop(self) -> None:
        self.http.stop()
        try:
            run_sync(self.kernel_manager.shutdown_all)(now=True)
        finally:
            shutil.rmtree(self.connection_dir, ignore_errors=True)


def stop_signals() -> list[signal.Signals]:
    """Signals that end the server; a hang-up does not where `nohup` has asked to ignore it."""
    found = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        found.append(signal.SIGHUP)
    return found
