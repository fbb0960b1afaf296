"""Where the page is found: the socket, the token, and the address as a browser has to ask for it. Standard library only."""
from __future__ import annotations

import errno
import os
import secrets
import socket
import threading
from dataclasses import dataclass, field

from mdexplore.app.serve.doors import LOOPBACK, given_base, given_hosts
from mdexplore.base.errors import UserError

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


def bind(port: int = 0, address: str = LOOPBACK) -> socket.socket:
    """A listening socket; port 0 takes any free one. Only this machine reaches the address that is used where none is given.

    Raises
    ------
    UserError
        If the port is in use or not allowed, or the address is not this machine's.
    """
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((address, port))
        sock.listen(128)
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRNOTAVAIL:
            raise UserError(f"{address} is no address of this machine.", do="Choose one of its own with --address, or leave it out.") from error
        why = {errno.EADDRINUSE: "Another program uses it.", errno.EACCES: "This account may not use it."}
        raise UserError(f"Port {port} cannot be used.", why.get(error.errno or 0, f"{error.strerror or error}."),
                        "Choose another with --port, or leave --port out for any free one.") from error
    return sock


class Ticket:
    """Opens the page once, without its token: everybody on a machine can read what a browser was started with."""

    def __init__(self) -> None:
        self._word: str | None = secrets.token_urlsafe(24)
        self._lock = threading.Lock()

    @property
    def path(self) -> str:
        """Where the ticket is shown, below the page's own path."""
        return f"mdx/open/{self._word}"

    def use(self, word: str) -> bool:
        """True for the right word, the first time only."""
        with self._lock:
            if self._word is None or not secrets.compare_digest(self._word.encode(), word.encode()):
                return False
            self._word = None
            return True


@dataclass(frozen=True)
class Address:
    """How the page is reached.

    Parameters
    ----------
    port : int
    base : str
        Path of the page, with a slash at both ends; more than ``"/"`` behind a hub's proxy.
    front : str
        Scheme and host in front of the path; empty where a hub does not say its own.
    hosts : frozenset of str or None
        Host names a request may carry; None behind a hub, which checks them itself.
    token : str
        Who knows it may see the page.
    ticket : Ticket
        Gets a browser in without showing the token.
    """

    port: int
    base: str = "/"
    front: str = ""
    hosts: frozenset[str] | None = LOCAL_HOSTS
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    ticket: Ticket = field(default_factory=Ticket, repr=False, compare=False)

    @classmethod
    def of(cls, port: int, address: str = LOOPBACK) -> Address:
        """The address for a port: local, or through the proxy of the JupyterHub or Binder this process runs in."""
        prefix = os.environ.get("JUPYTERHUB_SERVICE_PREFIX")
        if not prefix:
            shown = _reachable(address)
            named = frozenset({address, shown} - {"0.0.0.0", "::"}) | given_hosts()
            return cls(port, given_base(), f"http://{f'[{shown}]' if ':' in shown else shown}:{port}", LOCAL_HOSTS | named)
        public = os.environ.get("JUPYTERHUB_PUBLIC_URL", "")
        front = public[: -len(prefix)] if public.endswith(prefix) else ""
        # "absolute" proxying keeps the whole path, so links in the page need no rewriting.
        return cls(port, f"/{prefix.strip('/')}/proxy/absolute/{port}/", front, hosts=None)

    @property
    def url(self) -> str:
        """The full address, token included."""
        return f"{self.front}{self.base}?token={self.token}"

    @property
    def url_once(self) -> str:
        """An address for one visit, without the token."""
        return f"{self.front}{self.base}{self.ticket.path}"


def _reachable(address: str) -> str:
    """What others call the address; of "all addresses", this machine's name."""
    return socket.gethostname().lower() if address in ("0.0.0.0", "::") else address
