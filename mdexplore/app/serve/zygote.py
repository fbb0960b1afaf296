"""A process that has imported everything and forks kernels on request, so that a page has its kernel in tenths of a second.

The server starts it before importing anything heavy and speaks JSON lines with it over one inherited socket. When that socket closes, however
the server went, it kills its kernels, removes the server's private folder, and ends. It stays single-threaded: only then is forking safe.
"""
from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import select
import shutil
import signal
import socket
import sys
import traceback
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

LIBRARIES = ("ipykernel.kernelapp", "ipykernel.ipkernel", "ipywidgets", "bqplot", "mdtraj", "scipy.sparse.csgraph", "PIL.Image", "tqdm")
# What only workers need. A page that asks meanwhile gets its kernel first; its fork server imports the rest itself, beside the page.
LATER = ("deeptime.decomposition", "deeptime.clustering", "deeptime.markov.msm", "deeptime.markov.tools", "matplotlib")
QUIET_S = 8.0   # no page has asked for so long: now there is time for what only later pages need
OURS = ("base", "data", "methods", "session", "pictures", "panels", "figures", "app")
NOT_FOR_KERNELS = "mdexplore.app.serve"


def modules() -> Iterator[str]:
    """Names of what is imported ahead, libraries first, then everything of ours that a kernel may need."""
    yield from LIBRARIES
    for layer in OURS:
        package = f"mdexplore.{layer}"
        yield package
        try:
            folders = list(importlib.import_module(package).__path__)
        except Exception:   # said by the page, where it matters
            continue
        for found in pkgutil.walk_packages(folders, package + ".", onerror=lambda name: None):
            if not found.name.startswith(NOT_FOR_KERNELS):
                yield found.name


def main(descriptor: int, folder: str) -> None:
    """Import, then fork a kernel for every line that arrives, until the server is gone."""
    sock = socket.socket(fileno=descriptor)
    _tell_failed([*_import_all(modules(), sock), *_import_nglview()])
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)   # no zombies; the server watches the kernels itself
    _freeze()
    kernels: dict[int, int] = {}
    try:
        _serve(sock, kernels)
    except OSError:
        pass   # the server went in the middle of an answer
    finally:
        for pid in _running(kernels):
            try:
                os.killpg(pid, signal.SIGKILL)
            except OSError:
                pass
        shutil.rmtree(folder, ignore_errors=True)   # the connection files in it hold the kernels' keys


def _import_all(names: Iterable[str], sock: socket.socket) -> list[str]:
    """Import module after module until one is asked for; says what could not be imported, and why."""
    from mdexplore.base.work.preload import without_torch

    failed: list[str] = []
    with without_torch():   # large, and its threads do not survive a fork; deeptime would import it unasked
        for name in names:
            if _server_is_gone(sock):
                break
            try:
                importlib.import_module(name)
            except Exception as error:   # the kernel will say it where it matters
                failed.append(f"{name}: {error!r}")
    return failed


def _tell_failed(failed: list[str]) -> None:
    if failed:
        print("not imported ahead:", *failed, sep="\n  ", file=sys.stderr, flush=True)


def _freeze() -> None:
    """What is shared with the kernels stays shared: the collector does not touch its pages."""
    gc.collect()
    gc.freeze()


def _import_nglview() -> list[str]:
    """The one library that must not be imported as it is: its front end may first have to be agreed on."""
    from mdexplore.base.work.preload import without_torch

    try:
        from mdexplore.panels.frontend import agree

        agree()
        with without_torch():
            importlib.import_module("nglview")
    except Exception as error:
        return [f"nglview: {error!r}"]
    return []


def _serve(sock: socket.socket, kernels: dict[int, int]) -> None:
    stream = sock.makefile("rwb")
    threads = len(os.listdir("/proc/self/task"))

    def say(**what: Any) -> None:
        stream.write(json.dumps(what).encode() + b"\n")
        stream.flush()

    say(ready=os.getpid(), threads=threads)
    later = list(LATER)
    while True:
        while later and not select.select([sock], [], [], QUIET_S)[0]:
            _tell_failed(_import_all([later.pop(0)], sock))
            _freeze()
        line = stream.readline()
        if not line:
            return
        job = json.loads(line)
        pid = os.fork()
        if not pid:
            _become_kernel([stream, sock], **job)
        _running(kernels)
        kernels[pid] = os.pidfd_open(pid)
        say(pid=pid)


def _running(kernels: dict[int, int]) -> list[int]:
    """Kernels that have not ended; a number that was freed may belong to somebody else by now, so handles are asked."""
    for pid, handle in list(kernels.items()):
        if select.select([handle], [], [], 0)[0]:
            os.close(handle)
            del kernels[pid]
    return list(kernels)


def _server_is_gone(sock: socket.socket) -> bool:
    try:
        return sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def _die_with_parent() -> None:
    import ctypes

    parent = os.getppid()
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)   # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        os._exit(1)


def _become_kernel(inherited: list[Any], argv: list[str], env: dict[str, str], cwd: str) -> NoReturn:
    try:
        for thing in inherited:
            thing.close()
        os.setsid()
        _die_with_parent()
        for number in (signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        gc.unfreeze()
        os.environ.clear()
        os.environ.update(env)
        os.environ["JPY_PARENT_PID"] = str(os.getppid())
        os.chdir(cwd)
        _lend_compute_server()
        _run_kernel(argv)
        os._exit(0)
    except BaseException:   # nothing above may continue as a second warm process
        sys.excepthook(*sys.exc_info())
        os._exit(1)


def _lend_compute_server() -> None:
    """Workers of this kernel are forked by a child made now, with all imports and one thread, so that the first fit waits for nothing."""
    try:
        from mdexplore.base.work.forkserver import lend_fork_server
    except ImportError:
        traceback.print_exc()   # workers then start a server of their own
    else:
        lend_fork_server()


def _run_kernel(argv: list[str]) -> None:
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(None)   # else every kernel draws the same numbers
    from mdexplore.app.serve.kernel import run

    run(argv)
