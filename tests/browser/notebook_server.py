"""A Jupyter server of its own for a test: a temporary folder, a token, and nothing that asks the world outside."""
from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat

TOKEN = "token-of-this-test"
# An installed wheel puts it where Jupyter looks.
TEMPLATE = Path(__file__).parents[2] / "mdexplore" / "app" / "share" / "jupyter"
# What would ask for news, updates, extensions or language servers.
SILENT = {"ServerApp": {"jpserver_extensions": {"mdexplore.app.serve.alive": True}}, "LanguageServerManager": {"autodetect": False},
          "LabApp": {"extension_manager": "readonly", "check_for_updates_class": "jupyterlab.NeverCheckForUpdate", "news_url": None}}
NO_NEWS = {"checkForUpdates": False, "doNotDisturbMode": True, "fetchNews": "false"}
# The server ends its kernels before itself.
PATIENCE_S = 20


class Server:
    """A running Jupyter server.

    Attributes
    ----------
    folder : Path
        What it shows.
    """

    def __init__(self, folder: Path, base: str) -> None:
        self.folder, self._base = folder, base

    def page(self, front_end: str, name: str) -> str:
        """The address of a notebook in ``"lab"``, ``"notebooks"`` (Notebook 7) or ``"voila/render"``."""
        path = f"lab/tree/{name}?reset" if front_end == "lab" else f"{front_end}/{name}?"
        return f"{self._base}/{path}&token={TOKEN}"

    def write(self, name: str, *cells: str, **metadata: object) -> str:
        """Put a notebook into the folder; gives its name."""
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(book, self.folder / name)
        return name


@contextmanager
def jupyter(folder: Path, theme: str = "JupyterLab Light", **environment: str) -> Iterator[Server]:
    """Run ``jupyter lab``, which serves JupyterLab, Notebook 7 and Voila's pages; it is stopped in any case."""
    books = _prepare(folder, theme)
    port = _free_port()
    env = {**os.environ, "JUPYTER_CONFIG_DIR": str(folder / "config"), "JUPYTER_DATA_DIR": str(folder / "data"), "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
           "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"), "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
           "JUPYTER_PATH": str(TEMPLATE), **environment}
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}",
               "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={books}"]
    process = subprocess.Popen(command, cwd=books, env=env, text=True, start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _wait_until_it_listens(process)
        yield Server(books, f"http://127.0.0.1:{port}")
    finally:
        _stop(process)


def _prepare(folder: Path, theme: str) -> Path:
    apputils = folder / "settings" / "@jupyterlab" / "apputils-extension"
    for made in (apputils, folder / "config", folder / "books"):
        made.mkdir(parents=True)
    (folder / "config" / "jupyter_server_config.json").write_text(json.dumps(SILENT))
    (apputils / "notification.jupyterlab-settings").write_text(json.dumps(NO_NEWS))
    (apputils / "themes.jupyterlab-settings").write_text(json.dumps({"theme": theme}))
    return folder / "books"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_it_listens(process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if "is running at" in line:
            # Nobody reads the rest, and a full pipe would stop the server.
            threading.Thread(target=process.stderr.read, daemon=True).start()
            return
    raise AssertionError("".join(said))


def _stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
