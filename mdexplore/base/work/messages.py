"""Messages between our own processes: a length, then a pickle, over a private socket pair. Nothing of this is ever written to a file."""
from __future__ import annotations

import pickle
import select
import socket
import struct
import threading
from typing import Any

_LENGTH = struct.Struct("<Q")
_PIECE = 1 << 20
_FAIR_SHARE = 8 << 20   # bytes taken in one go, so that a large answer does not hold the event loop


def pack(message: Any) -> bytes:
    """A message with its length in front."""
    body = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(body)) + body


def receive(sock: socket.socket) -> Any:
    """Wait for one message; raises EOFError where the other end is gone."""
    (length,) = _LENGTH.unpack(_exactly(sock, _LENGTH.size))
    return pickle.loads(_exactly(sock, length))


def _exactly(sock: socket.socket, length: int) -> bytearray:
    body = bytearray(length)
    view, filled = memoryview(body), 0
    while filled < length:
        taken = sock.recv_into(view[filled:])
        if not taken:
            raise EOFError
        filled += taken
    return body


class Channel:
    """The end of a socket pair that never waits: the parent's.

    Attributes
    ----------
    is_ended : bool
        The other end is closed, and all that it sent has been read.
    """

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.sock, self.is_ended = sock, False
        self._buffer = bytearray()

    def post(self, message: Any) -> None:
        """Send without waiting; what does not fit into the socket is sent by a thread. One message at a time: post after the answer to the last."""
        body = memoryview(pack(message))
        try:
            sent = self.sock.send(body)
        except BlockingIOError:
            sent = 0
        except OSError:
            return   # the other end is gone, which whoever reads this channel will find
        if sent < len(body):
            # A duplicate, since the thread may outlive this channel and the number of a closed socket is soon another's.
            threading.Thread(target=_send_rest, args=(self.sock.dup(), body[sent:]), daemon=True).start()

    def read(self, everything: bool = False) -> list[Any]:
        """The messages that have come; with `everything` without a limit on their size."""
        messages, taken = [], 0
        while (everything or taken < _FAIR_SHARE) and not self.is_ended:
            try:
                piece = self.sock.recv(_PIECE)
            except BlockingIOError:
                break
            except OSError:
                piece = b""
            self.is_ended = not piece
            self._buffer += piece
            taken += len(piece)
        while (message := self._cut()) is not None:
            messages.append(pickle.loads(message))
        return messages

    def _cut(self) -> bytes | None:
        if len(self._buffer) < _LENGTH.size:
            return None
        end = _LENGTH.size + _LENGTH.unpack_from(self._buffer)[0]
        if len(self._buffer) < end:
            return None
        message = bytes(memoryview(self._buffer)[_LENGTH.size:end])
        del self._buffer[:end]
        return message

    def close(self) -> None:
        self.sock.close()


def _send_rest(sock: socket.socket, body: memoryview) -> None:
    with sock:
        sent = 0
        while sent < len(body):
            try:
                sent += sock.send(body[sent:])
            except BlockingIOError:
                wait_writable(sock)
            except OSError:
                return


def is_readable(sock: socket.socket) -> bool:
    """Whether something has come, or the other end is gone."""
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        return bool(poll.poll(0))
    return bool(select.select([sock], [], [], 0)[0])


def wait_writable(sock: socket.socket, timeout: float | None = None) -> bool:
    """Whether a socket takes more bytes before the time (seconds) is over."""
    if hasattr(select, "poll"):   # select() refuses descriptors above 1023
        poll = select.poll()
        poll.register(sock, select.POLLOUT)
        return bool(poll.poll(None if timeout is None else timeout * 1000))
    return bool(select.select([], [sock], [], timeout)[1])
