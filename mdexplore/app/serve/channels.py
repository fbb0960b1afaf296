"""The websocket between a page and its kernel: one protocol, and every message looked at before the server takes it apart.

Jupyter Server 2 and Voila 0.5 believe the number of parts that a binary message begins with: eight bytes of a hostile page would keep the server counting for
ever, and a page that speaks the older protocol does the same by being answered.
"""
from __future__ import annotations

from itertools import pairwise
from typing import Any

import tornado.web
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

PROTOCOL = "v1.kernel.websocket.jupyter.org"
FEWEST, MOST = 6, 4096   # parts: channel, four of a message and the end; buffers of arrays come on top
WORD = 8                 # bytes of a number


class Channels(VoilaKernelWebsocketHandler):
    """Refuses other protocols and messages that are none."""

    async def get(self, kernel_id: str) -> None:
        offered = self.request.headers.get("Sec-WebSocket-Protocol", "")
        if PROTOCOL not in [word.strip() for word in offered.split(",")]:
            raise tornado.web.HTTPError(400, "a page speaks another protocol")
        if kernel_id not in self.kernel_manager:
            raise tornado.web.HTTPError(404)
        await super().get(kernel_id=kernel_id)

    def on_message(self, ws_message: Any) -> None:
        if not is_sound(ws_message):
            self.log.warning("a message that is none was dropped")
            return
        super().on_message(ws_message)


def is_sound(message: str | bytes) -> bool:
    """Whether a message of protocol v1 has the parts that it says, one after the other."""
    if not isinstance(message, bytes) or len(message) < WORD:
        return False
    count = int.from_bytes(message[:WORD], "little")
    if not FEWEST <= count <= MOST or len(message) < WORD * (count + 1):
        return False
    starts = [int.from_bytes(message[WORD * k:WORD * (k + 1)], "little") for k in range(1, count + 1)]
    return starts[0] == WORD * (count + 1) and starts[-1] == len(message) and all(a <= b for a, b in pairwise(starts))
