"""Answers the first request at once: the skeleton of the page, while Voila is still being imported. Standard library only.

It listens on the socket that the real server takes over. The page asks ``mdx/ready`` (200 "not yet", later 204) and then loads itself again.
"""
from __future__ import annotations

import secrets
import socket
import threading
from pathlib import Path

from mdexplore.app.serve.address import Address

SKELETON = Path(__file__).parents[1] / "share/jupyter/voila/templates/mdexplore/skeleton.html"
HEAD = ('<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        '<title>mdexplore</title><link rel="icon" href="data:;base64,="></head>\n<body class="mdx-page" data-jp-theme-light="{light}">\n')
WAIT = """<script>
{ const timer = setInterval(async () => {
  try { if ((await fetch("mdx/ready", {cache: "no-store"})).status === 204) { clearInterval(timer); location.reload(); } } catch (error) { /* not there yet */ }
}, 120); }
</script></body></html>
"""
LARGEST_REQUEST = 16_384
PATIENCE_S = 0.5


def first_page(theme: str) -> bytes:
    """The skeleton as a page of its own."""
    return (HEAD.format(light="false" if theme == "dark" else "true") + SKELETON.read_text(encoding="utf-8") + WAIT).encode()


class EarlyListener(threading.Thread):
    """Answers until `hand_over`; checks Host and token as the real server does.

    Parameters
    ----------
    sock : socket
        Listening; shared with the server that comes after.
    address : Address
    theme : {"light", "dark"}
    """

    def __init__(self, sock: socket.socket, address: Address, theme: str = "light") -> None:
        super().__init__(name="early listener", daemon=True)
        self._sock, self._address = sock, address
        self._page = first_page(theme)
        self._done = threading.Event()

    def run(self) -> None:
        self._sock.settimeout(0.05)
        while not self._done.is_set():
            try:
                peer, _ = self._sock.accept()
            except OSError:   # nobody came in this twentieth of a second
                continue
            with peer:
                try:
                    peer.settimeout(PATIENCE_S)
                    self._answer(peer)
                except OSError:
                    pass   # the browser went away

    def hand_over(self) -> None:
        """Stop answering and leave the socket to the caller."""
        self._done.set()
        self.join()
        self._sock.setblocking(False)

    def _answer(self, peer: socket.socket) -> None:
        request = _read_head(peer)
        if request is None:
            return
        status, body, extra = self._respond(request)
        head = (f"HTTP/1.1 {status}\r\n{extra}Content-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\nCache-Control: no-store\r\n"
                "Referrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n")
        peer.sendall(head.encode() + body)

    def _respond(self, request: bytes) -> tuple[str, bytes, str]:
        first, *rest = request.split(b"\r\n")
        method, target, *_ = [*first.split(b" "), b"", b""]
        path, _, query = target.partition(b"?")
        if not self._knows_host(rest):
            return "403 Forbidden", b"This server does not answer to that host name.\n", ""
        base = self._address.base.encode()
        if path == base + b"mdx/ready":
            return "200 OK", b"not yet", ""
        token = b"token=" + self._address.token.encode()
        if method == b"GET" and path == base and any(secrets.compare_digest(part, token) for part in query.split(b"&")):
            return "200 OK", self._page, ""
        shown = path.removeprefix(base + b"mdx/open/")
        if method == b"GET" and shown != path and self._address.ticket.use(shown.decode("latin-1")):
            return "303 See Other", b"", f"Location: {self._address.base}?token={self._address.token}\r\n"
        return "503 Service Unavailable", b"mdexplore is starting; open the address it printed, token included.\n", ""

    def _knows_host(self, lines: list[bytes]) -> bool:
        if self._address.hosts is None:
            return True
        hosts = [line.partition(b":")[2].strip().lower() for line in lines if line.lower().startswith(b"host:")]
        if len(hosts) != 1:
            return False
        name = hosts[0].decode("latin-1")
        if not name.endswith("]"):
            name = name.rpartition(":")[0] or name
        return name.strip("[]") in self._address.hosts


def _read_head(peer: socket.socket) -> bytes | None:
    data = b""
    while b"\r\n\r\n" not in data and len(data) < LARGEST_REQUEST:
        more = peer.recv(4096)
        if not more:
            return None
        data += more
    return data.partition(b"\r\n\r\n")[0]
