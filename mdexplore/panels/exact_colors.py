"""Colours of a model system's exact answers: asked of a worker when they are first chosen, and kept."""
from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.store import Store
from mdexplore.pictures.cells import Grid
from mdexplore.pictures.density import plain
from mdexplore.pictures.exact import exact_colorings, paint_exact
from mdexplore.pictures.projection import Painting
from mdexplore.session.asking import Asker
from mdexplore.session.session import Session

JOB = "exact answers"


class ExactColors:
    """What a session's data have in exact answers.

    Parameters
    ----------
    session : Session
    arrived : callable
        Called when there is an answer, or a reason why there is none.
    """

    def __init__(self, session: Session, arrived: Callable[[], None]) -> None:
        self._session = session
        self._asker = Asker(session, JOB)
        self._values: tuple[str, np.ndarray] | None = None   # by the key of their data
        self._asker.observe(lambda _: arrived(), ["found", "error"])

    @property
    def names(self) -> tuple[str, ...]:
        """The colourings that there are."""
        return exact_colorings(self._session.data.exact)

    def try_again(self) -> None:
        """Forget why there was no answer, so that the next picture asks anew."""
        self._asker.error = None

    def paint(self, coloring: str, cells: Grid) -> Painting:
        """Colour cells by one of `names`; without colours, and with the reason, until the answer is there."""
        data = self._session.data
        if self._asker.error is None:
            self._asker.ask(data.key, "mdexplore.session.exact_jobs:run_exact", data.spec())
        if self._asker.found_key == data.key and (self._values is None or self._values[0] != data.key):
            found = Store().load(self._asker.found)
            self._values = None if found is None else (data.key, found)
            if found is None:   # somebody has cleared the cache since
                self._asker.forget(data.key, UserError("The exact answer is gone.", "It is no longer in the cache.", "Choose the colour again."))
        if self._values is not None and self._values[0] == data.key:
            return paint_exact(coloring, cells, data.exact, self._values[1], self._session.unit)
        if self._asker.error is not None:
            return Painting(plain(cells), str(self._asker.error))
        return Painting(plain(cells), "The exact answer is being computed.")
