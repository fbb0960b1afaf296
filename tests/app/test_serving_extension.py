"""The same page and template under Jupyter Server with a prefix, as JupyterHub and Binder run it."""
from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

_spec = importlib.util.spec_from_file_location("mdx_serving", Path(__file__).with_name("serving.py"))
serving = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(serving)

ROOT = Path(__file__).parents[2]
TOKEN = "token-of-this-test"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """The address of a Jupyter Server that finds our shared data as a wheel would have installed it."""
    folder = tmp_path_factory.mktemp("hub")
    for name in ("site", "root", "etc/jupyter_server_config.d", "runtime"):
        (folder / name).mkdir(parents=True)
    (folder / "site" / "sitecustomize.py").write_text(serving.STAND_IN)
    shutil.copy(ROOT / "notebooks" / "app.ipynb", folder / "root")
    shutil.copy(ROOT / "mdexplore/app/etc/mdexplore.json", folder / "etc/jupyter_server_config.d")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = {**os.environ, "PYTHONPATH": str(folder / "site"), "JUPYTER_PATH": str(ROOT / "mdexplore/app/share/jupyter"), "MDEXPLORE_APP": '{"kind": "demo"}',
           "JUPYTER_CONFIG_PATH": str(folder / "etc"), "JUPYTER_RUNTIME_DIR": str(folder / "runtime")}
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyter_server", f"--port={port}", "--ip=127.0.0.1", "--no-browser", "--allow-root", "--ServerApp.base_url=/user/joe/",
         f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder / 'root'}"],
        env=env, cwd=folder, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}/user/joe/"
    try:
        serving.until(lambda: server.poll() is not None or _answers(address), "the start of Jupyter Server")
        assert server.poll() is None
        yield address
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(30)
        finally:
            try:
                os.killpg(server.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def _answers(address):
    try:
        return requests.get(address + "api", timeout=5).ok
    except requests.RequestException:
        return False


@pytest.fixture(scope="module")
def page(base):
    return requests.get(base + "voila/render/app.ipynb", params={"token": TOKEN}, timeout=90).text


def test_notebook_picks_our_template_without_any_option(page):
    assert 'class="mdx-skeleton"' in page and "mdx/alive/" in page
    assert serving.facts(page)


def test_page_asks_nothing_of_another_host(page):
    assert not [word for word in ("cdn", "unpkg", "jsdelivr", "cloudflare", "googleapis") if word in page.lower()]


def test_heartbeat_is_answered_under_the_prefix(base, page):
    config = page.partition('id="jupyter-config-data" type="application/json">')[2].partition("</script>")[0]
    kernel = json.loads(config)["kernelId"]
    answer = requests.get(f"{base}mdx/alive/{kernel}", headers={"Authorization": f"token {TOKEN}"}, timeout=30).json()
    assert answer["alive"] is True
