"""The kernel of a page: it builds the app as the first thing it does, under a name that the page knows before there is a kernel."""
from __future__ import annotations

import sys
import traceback
from typing import Any

ROOT = "mdexplore-page"   # the model of the app's widget; names of models are a kernel's own, so that all pages can share one
# The page has no cells to remember, and nothing is imported from the folder a kernel runs in.
OPTIONS = ["--HistoryManager.enabled=False", "--InteractiveShellApp.ignore_cwd=True"]
_shown: list[object] = []   # keeps the app


def run(argv: list[str]) -> None:
    """Be a kernel until it is told to end.

    Parameters
    ----------
    argv : list of str
        Options of ``ipykernel_launcher``: the connection file.
    """
    from ipykernel.kernelapp import IPKernelApp
    from tornado.ioloop import IOLoop

    is_warm = "ipywidgets" in sys.modules
    sys.argv = ["ipykernel_launcher", *argv, *OPTIONS]
    app = IPKernelApp.instance()
    app.initialize(sys.argv[1:])
    if is_warm:
        sys.modules["ipywidgets"].register_comm_target()   # imported before there was a kernel, it could not do so itself
    _hold_back()
    IOLoop.current().add_callback(_build)   # before any message is heard, and on the running loop that sessions listen on
    app.start()


def _hold_back() -> None:
    """Say nothing of widgets until the page asks for all of them.

    A page that listens already while the app is built hears of widgets whose parts it does not know, gives them up, and never takes them again.
    """
    from ipykernel.comm.comm import BaseComm
    from ipykernel.kernelbase import Kernel

    publish = BaseComm.publish_msg

    def publish_when_asked(self: Any, msg_type: str, data: Any = None, *args: Any, **kwargs: Any) -> None:
        self.kernel = Kernel.instance()   # a widget says nothing, now or later, through a channel without one
        if isinstance(data, dict) and data.get("method") == "update_states":   # ipywidgets' answer with the state of every widget
            BaseComm.publish_msg = publish   # type: ignore[method-assign]
            publish(self, msg_type, data, *args, **kwargs)

    BaseComm.publish_msg = publish_when_asked   # type: ignore[method-assign]


def _build() -> None:
    import ipywidgets

    try:
        from mdexplore.app.page import page

        app = page()
    except Exception as error:   # `page` shows its own failures: this is a broken installation
        traceback.print_exc()
        app = _failed(error)
    _shown.append(ipywidgets.VBox([app], model_id=ROOT))


def _failed(error: Exception) -> Any:
    import ipywidgets

    from mdexplore.base.escaping import escape

    text = f"{type(error).__name__}: {error}. Run “mdexplore doctor” in a terminal: it finds most causes and says how to mend them."
    panel = ipywidgets.HTML(f"<h1>The page could not be made</h1><p>{escape(text)}</p>")
    for name in ("mdx-failed", "mdx-failed-start"):
        panel.add_class(name)
    return panel


if __name__ == "__main__":
    run(sys.argv[1:])
