"""A page without a browser: asks the server for a page, and speaks with the widgets of its kernel as the page's scripts would."""
from __future__ import annotations

import asyncio
import json
import re
import time
import uuid
from collections.abc import Callable
from itertools import pairwise
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import tornado.httpclient
import tornado.websocket

PATIENCE_S = 120.0
PROTOCOL = "v1.kernel.websocket.jupyter.org"


class PageClient:
    """One page.

    Parameters
    ----------
    url : str
        As the command printed it, token included.

    Attributes
    ----------
    kernel : str
        The name of the page's kernel.
    states : dict of str to dict
        What is known of each widget: its state by its name, kept up to date by `listen`.
    """

    def __init__(self, url: str) -> None:
        self.url, self._http = url, requests.Session()
        answer = self._http.get(url, timeout=PATIENCE_S)
        answer.raise_for_status()
        found = re.search(r'"kernelId": ?"([^"]+)"', answer.text)
        base = re.search(r'"baseUrl": ?"([^"]+)"', answer.text)
        if found is None or base is None:
            raise RuntimeError("the page names no kernel")
        self.html, self.kernel = answer.text, found.group(1)
        self._base = urljoin(url, base.group(1))
        self.states: dict[str, dict[str, Any]] = {}
        self._session = uuid.uuid4().hex
        self._replies: dict[str, asyncio.Future] = {}
        self._socket: Any = None
        self._reader: asyncio.Task | None = None

    def alive(self) -> dict[str, Any]:
        """What the heartbeat is told."""
        return self._http.get(urljoin(self._base, f"mdx/alive/{self.kernel}"), timeout=PATIENCE_S).json()

    async def connect(self) -> PageClient:
        """Open the channel to the kernel, and learn of every widget."""
        parts = urlsplit(self._base)
        cookies = "; ".join(f"{c.name}={c.value}" for c in self._http.cookies)
        request = tornado.httpclient.HTTPRequest(f"ws://{parts.netloc}{parts.path}api/kernels/{self.kernel}/channels?session_id={self._session}",
                                                 headers={"Cookie": cookies, "Origin": f"{parts.scheme}://{parts.netloc}"}, request_timeout=PATIENCE_S)
        self._socket = await tornado.websocket.websocket_connect(request, max_message_size=1 << 28, subprotocols=[PROTOCOL])
        self._reader = asyncio.create_task(self._read())
        await self.ask("kernel_info_request")
        await self.learn()
        return self

    async def learn(self) -> None:
        """Ask for the state of all widgets, as a page does that is opened on a running kernel."""
        name, done = uuid.uuid4().hex, asyncio.get_running_loop().create_future()
        self._replies[name] = done
        self.send("comm_open", {"comm_id": name, "target_name": "jupyter.widget.control", "data": {}}, metadata={"version": "1.0.0"})
        self.send("comm_msg", {"comm_id": name, "data": {"method": "request_states"}})
        answer = await asyncio.wait_for(done, PATIENCE_S)
        for model, found in answer["data"]["states"].items():
            self.states.setdefault(model, {}).update(found["state"])

    def send(self, kind: str, content: Any, *, channel: str = "shell", metadata: Any = None) -> str:
        """Send any message; gives its name."""
        name = uuid.uuid4().hex
        head = {"msg_id": name, "msg_type": kind, "username": "", "session": self._session, "version": "5.3", "date": ""}
        self._socket.write_message(_packed(channel, head, {}, metadata or {}, content), binary=True)
        return name

    def update(self, model: str, **state: Any) -> None:
        """What a page sends when the user has changed a widget."""
        self.send("comm_msg", {"comm_id": model, "data": {"method": "update", "state": state, "buffer_paths": []}})

    def custom(self, model: str, content: Any) -> None:
        """What a page sends for a gesture that is no change of state, such as a click."""
        self.send("comm_msg", {"comm_id": model, "data": {"method": "custom", "content": content}})

    async def ask(self, kind: str, content: Any = None, patience_s: float = PATIENCE_S) -> dict[str, Any]:
        """Send a request and wait for its answer."""
        name = self.send(kind, content or {})
        done = self._replies[name] = asyncio.get_running_loop().create_future()
        return await asyncio.wait_for(done, patience_s)

    async def until(self, condition: Callable[[PageClient], Any], what: str, patience_s: float = PATIENCE_S) -> Any:
        """Wait until the states of the widgets meet a condition; gives what it gives."""
        end = time.monotonic() + patience_s
        while not (found := condition(self)):
            if time.monotonic() > end:
                raise TimeoutError(f"{what} did not happen")
            await asyncio.sleep(0.05)
        return found

    def with_class(self, *names: str) -> list[str]:
        """Widgets that have all these CSS classes."""
        return [model for model, state in self.states.items() if set(names) <= set(state.get("_dom_classes") or ())]

    async def say_hello(self) -> None:
        """Press the unseen button that tells Python that the page is there."""
        (box,) = [model for model, state in self.states.items() if any(str(name).startswith("mdx-hello") for name in state.get("_dom_classes") or ())]
        button = self.states[box]["children"][0].removeprefix("IPY_MODEL_")
        self.custom(button, {"event": "click"})

    def close(self) -> None:
        """Let the page go, as a closed tab does."""
        if self._reader is not None:
            self._reader.cancel()
        if self._socket is not None:
            self._socket.close()
        self._http.close()

    async def _read(self) -> None:
        while (message := await self._socket.read_message()) is not None:
            found = _unpacked(message)
            content, kind = found.get("content") or {}, found["header"]["msg_type"]
            waiting = self._replies.pop(found.get("parent_header", {}).get("msg_id", ""), None) if found.get("channel") == "shell" else None
            if waiting is not None and not waiting.done():
                waiting.set_result(content)
            if kind == "comm_msg":
                data = content.get("data", {})
                if data.get("method") == "update":
                    self.states.setdefault(content["comm_id"], {}).update(data["state"])
                elif data.get("method") == "update_states" and content["comm_id"] in self._replies:
                    self._replies.pop(content["comm_id"]).set_result(content)
            elif kind == "comm_open":
                self.states[content["comm_id"]] = dict(content["data"].get("state", {}))


def _packed(channel: str, *parts: Any) -> bytes:
    """A message of the protocol: how many parts, where each begins, and the parts."""
    found = [channel.encode(), *(json.dumps(part).encode() for part in parts)]
    starts = [8 * (len(found) + 2)]
    for part in found:
        starts.append(starts[-1] + len(part))
    return b"".join(number.to_bytes(8, "little") for number in (len(starts), *starts)) + b"".join(found)


def _unpacked(message: bytes) -> dict[str, Any]:
    """A message as a dictionary, without its buffers."""
    count = int.from_bytes(message[:8], "little")
    starts = [int.from_bytes(message[8 * k:8 * (k + 1)], "little") for k in range(1, count + 1)]
    channel, head, parent, metadata, content = (message[a:b] for a, b in pairwise(starts[:6]))
    return {"channel": channel.decode(), "header": json.loads(head), "parent_header": json.loads(parent), "metadata": json.loads(metadata), "content": json.loads(content)}
