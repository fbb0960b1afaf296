"""The websocket of a page: one protocol, sound messages, and no code."""
from __future__ import annotations

import asyncio
import importlib.util
import sys
from pathlib import Path

import pytest
import requests

from benchmarks.trust.page_client import PageClient, _packed
from mdexplore.app.serve.channels import is_sound

_spec = importlib.util.spec_from_file_location("mdx_serving", Path(__file__).with_name("serving.py"))
serving = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(serving)

SOUND = _packed("shell", {"msg_type": "kernel_info_request"}, {}, {}, {})


def test_message_of_a_page_is_sound():
    assert is_sound(SOUND)


@pytest.mark.parametrize("message", ["text", b"", b"\0" * 8, b"\xff" * 8, b"\xff" * 4000, (2**62).to_bytes(8, "little") + SOUND[8:], SOUND[:-1], SOUND + b"x", SOUND[:30],
                                     SOUND[:8] + (2**40).to_bytes(8, "little") + SOUND[16:], (5).to_bytes(8, "little") + SOUND[8:]])
def test_message_that_is_none_is_told_apart(message):
    assert not is_sound(message)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    if sys.platform != "linux":
        pytest.skip("looks into /proc")
    stand_in = tmp_path_factory.mktemp("stand-in")
    (stand_in / "sitecustomize.py").write_text(serving.STAND_IN)
    running = serving.Running(tmp_path_factory.mktemp("folder"), "demo", "--no-browser", stand_in=stand_in)
    yield running.wait_until_ready()
    running.end()


def test_messages_that_are_none_and_code_leave_server_and_kernel_as_they_were(server, tmp_path):
    async def attack():
        page = await PageClient(server.url).connect()
        for message in (b"\xff" * 8, b"\xff" * 4000, (2**62).to_bytes(8, "little") + SOUND[8:], b"", SOUND[:30], _packed("nowhere", {"msg_type": "comm_msg"}, {}, {}, {})):
            page._socket.write_message(message, binary=True)
        page.send("execute_request", {"code": f"open({str(tmp_path / 'ran')!r}, 'w')", "silent": True, "store_history": False, "user_expressions": {}, "allow_stdin": False})
        answer = await page.ask("kernel_info_request")
        page.close()
        return answer

    assert asyncio.run(attack())["status"] == "ok"
    assert not list(tmp_path.iterdir())
    assert server.get("/mdx/ready").status_code == 204


def test_older_protocol_is_refused(server):
    page = PageClient(server.url)
    head = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Origin": server.origin}
    path = f"{server.origin}/api/kernels/{page.kernel}/channels"
    assert page._http.get(path, headers=head, timeout=60).status_code == 400
    assert page._http.get(path, headers={**head, "Sec-WebSocket-Protocol": "v1.kernel.websocket.jupyter.org", "Origin": "http://evil.example"}, timeout=60).status_code == 403
    assert requests.get(path, headers={**head, "Sec-WebSocket-Protocol": "v1.kernel.websocket.jupyter.org"}, timeout=60).status_code in (400, 403)
