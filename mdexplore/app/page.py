"""The served page: what the command line asked for, as a widget; whatever goes wrong is said on the page."""
from __future__ import annotations

import json
import logging
import os
import platform
import traceback
from pathlib import Path
from typing import Any

import ipywidgets as w

from mdexplore.app.explorer import Explorer
from mdexplore.app.first_contact import FirstContact
from mdexplore.app.kept import KeptSession
from mdexplore.app.request import FIRST_EXAMPLE, KINDS, study_of_request
from mdexplore.app.wording import error_in_options
from mdexplore.base import roots
from mdexplore.base.errors import UserError
from mdexplore.base.folders import log_folder
from mdexplore.base.import_path import forget_current_folder
from mdexplore.base.notices import Mend
from mdexplore.panels.parts import box, escape, make, markup

log = logging.getLogger(__name__)
REQUEST = "MDEXPLORE_APP"
DEMO = {"kind": "demo", "example": FIRST_EXAMPLE}


def page() -> w.Widget:
    """The app as the environment variable ``MDEXPLORE_APP`` asks for it, or a plain panel that says what went wrong.

    The variable holds JSON: ``{"kind": "demo", "example": NAME}``, ``{"kind": "files", "trajectories": [...], "top": PATH}`` or ``{"kind": "study",
    "path": PATH}``, with settings of `mdexplore.load` and `mdexplore.Study`, and in ``folder`` where the command was started.
    """
    _log_to_file()
    try:
        asked = requested()
        _go_to(asked.get("folder"))
    except Exception as error:
        log.exception("the page could not be made")
        return failed(error)
    return _made(asked)


def _made(asked: dict[str, Any]) -> w.Widget:
    """The app, or what says why there is none."""
    try:
        explorer = _explorer(asked)
        kept = KeptSession(explorer.session, lambda: explorer.view().panels, explorer.restore)
        explorer.on_change(kept.changed)
        root = explorer.children[0]   # its colours are those of the app
        root.children = (*root.children, kept.widget)
        explorer.children = (*explorer.children, FirstContact(explorer.session).widget)
        return explorer
    except Exception as error:   # the page must show every failure: nobody sees a traceback here
        log.exception("the page could not be made")
        shown = failed(error)
        _offer(shown, asked, getattr(error, "mend", None))
        return shown


def _offer(shown: w.Box, asked: dict[str, Any], mend: Mend | None) -> None:
    """A button that loads the files as the user agrees to; the app takes the place of what is shown."""
    if mend is None or asked["kind"] != "files":
        return
    button = make(w.Button, "mdx-quiet-button", "mdx-agree", description=mend.label)

    def agreed(_: Any) -> None:
        button.disabled = True
        shown.children = (_made({**asked, **mend.changes}),)
        for name in tuple(shown._dom_classes):
            shown.remove_class(name)

    button.on_click(agreed)
    shown.children = (*shown.children, button)


def requested() -> dict[str, Any]:
    """What the page is asked to show; the demo where nobody has said."""
    try:
        asked = json.loads(os.environ.get(REQUEST) or "null") or DEMO
    except json.JSONDecodeError as error:
        raise UserError("The page cannot read what it should show.", f"{REQUEST} is not JSON: {error}.", "Start it with mdexplore demo or mdexplore app.") from error
    if asked.get("kind") not in KINDS:
        raise UserError("The page does not know what to show.", f"{REQUEST} asks for {asked.get('kind')!r}.", "Start it with mdexplore demo or mdexplore app.")
    return asked


def failed(error: Exception) -> w.Box:
    """What happened, why, and what to do; the traceback can be unfolded and copied."""
    from mdexplore.app.layout import style

    if isinstance(error, UserError):
        said = error_in_options(error)
        what, why, do = said.what, said.why, said.do
    else:
        what, why, do = "The page could not be made.", f"{type(error).__name__}: {error}", "Run mdexplore doctor; if that finds nothing, report what stands below."
    text = "".join(f"<p{kind}>{escape(part)}</p>" for kind, part in (("", why), (' class="mdx-do"', do)) if part)
    shown = f'<h2>{escape(what)}</h2>{text}<details><summary>Copy report</summary><textarea readonly onclick="this.select()">{escape(report(error))}</textarea></details>'
    return box([style(), markup(shown)], "mdx-app", "mdx-failed")


def report(error: Exception) -> str:
    """What a developer needs to know."""
    import mdexplore

    head = f"mdexplore {mdexplore.__version__}, Python {platform.python_version()}, {platform.platform()}"
    return "\n".join([head, f"{REQUEST}={os.environ.get(REQUEST, '')}", "", *traceback.format_exception(error)])


def _explorer(asked: dict[str, Any]) -> Explorer:
    from mdexplore.app.explore import explore

    return explore(study_of_request(asked))


def _go_to(folder: str | Path | None) -> None:
    """Work where the command was started, or where a server with roots saves: names without a folder are meant from there. Nothing is imported from it."""
    folder = roots.save_folder() or folder
    if not folder:
        return
    try:
        os.chdir(folder)
    except OSError as error:
        raise UserError(f"The folder {folder} cannot be used any more.", f"mdexplore was started in it: {error.strerror}.", "Start it again in another folder.") from error
    forget_current_folder()


def _log_to_file() -> None:
    """Warnings go to a file: on the page's error stream they would look like a failure."""
    logging.captureWarnings(True)
    handler: logging.Handler
    try:
        folder = log_folder()
        folder.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(folder / "page.log", encoding="utf-8", delay=True)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    except OSError:
        handler = logging.NullHandler()
    logging.getLogger().addHandler(handler)
