"""Steps that hang, fail and count themselves, put in the place of real ones inside workers."""
from __future__ import annotations

import os
import threading
from pathlib import Path

from mdexplore.base.errors import UserError


def hang(marker, progress=None):
    """Say who one is and never end."""
    Path(marker).write_text(str(os.getpid()))
    threading.Event().wait()


def fail_once(marker, progress=None):
    """Fail the first time, answer the second."""
    path = Path(marker)
    if not path.exists():
        path.touch()
        raise UserError("It cannot be done.", "The disk is full.", "Free some space.")
    return "done"
