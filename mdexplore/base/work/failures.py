"""How a failure crosses from a worker to its parent, and what is said when a worker dies."""
from __future__ import annotations

import signal
import traceback
from dataclasses import dataclass

from mdexplore.base.errors import UserError, printable


class WorkerDied(UserError):
    """A worker process ended before it had answered; `signal` names how (``"SIGKILL"``), or is empty."""

    signal = ""


class WorkerFailure(RuntimeError):
    """An unexpected exception in a worker: a defect, not something the user did.

    Attributes
    ----------
    kind : str
        The type of the exception, such as ``"ValueError"``.
    traceback : str
        The traceback in the worker, for the log.
    """

    def __init__(self, kind: str, text: str, traceback: str = "") -> None:
        super().__init__(kind, text, traceback)
        self.kind, self.text, self.traceback = kind, text, traceback

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}" if self.text else self.kind


@dataclass(frozen=True)
class Failure:
    """An exception as plain texts, because not every exception can be pickled."""

    kind: str
    parts: tuple[str, str, str] | None
    text: str
    traceback: str

    @staticmethod
    def of(error: BaseException) -> Failure:
        parts = None
        if isinstance(error, UserError):
            parts = (error.what, error.why, error.do)
        elif isinstance(error, MemoryError):
            parts = ("There is not enough memory for this step.", printable(error) or "The system refused to give more.",
                     "Use fewer frames (stride=) or fewer features, or close other programs.")
        trace = "".join(traceback.format_exception(error))
        return Failure(type(error).__name__, parts, printable(error), printable(trace))

    def exception(self) -> UserError | WorkerFailure:
        return UserError(*self.parts) if self.parts else WorkerFailure(self.kind, self.text, self.traceback)


def died(subject: str, exit_code: int | None) -> WorkerDied:
    """The error for a worker that is gone.

    Parameters
    ----------
    subject : str
        What it computed, as the user knows it.
    exit_code : int or None
        As of `subprocess`: minus the signal's number where a signal ended it; None where nobody saw how it ended.
    """
    name = _signal_name(exit_code)
    again = "Try again; "
    if name == "SIGKILL":
        error = WorkerDied(f"The process that computed {subject} was ended by the system (SIGKILL).", "Most often the machine ran out of memory.",
                           again + "if it happens again use fewer frames (stride=) or fewer features, or close other programs.")
    elif name:
        error = WorkerDied(f"The process that computed {subject} crashed ({name}).", "A compiled library failed, most often on damaged input.",
                           again + "if it happens again check the input files.")
    elif exit_code is None:
        error = WorkerDied(f"The process for {subject} could not be started or was lost.", "The process that starts workers is gone.",
                           again + "if it happens again restart the program.")
    else:
        error = WorkerDied(f"The process that computed {subject} ended without an answer (exit code {exit_code}).", "", again + "if it happens again look at the log.")
    error.signal = name
    return error


def _signal_name(exit_code: int | None) -> str:
    if exit_code is None or exit_code >= 0:
        return ""
    try:
        return signal.Signals(-exit_code).name
    except ValueError:
        return f"signal {-exit_code}"
