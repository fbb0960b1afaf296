"""Results that no worker finds in the cache, handed to those who check them: of a saved file from elsewhere, or of objects of the user's."""
from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from mdexplore.base.store import Store, content_key
from mdexplore.session.steps import LIVE

if TYPE_CHECKING:
    from mdexplore.session.study import Study


class Handed:
    """Entries of one session. Their keys are its own: what a file says is shown, but never believed as what was computed here is."""

    def __init__(self) -> None:
        self._mark = uuid.uuid4().hex

    def entries(self, study: Study, results: dict[str, Any]) -> dict[str, str]:
        """Keys in the cache, by step, of those results that a worker can neither find there nor estimate at once.

        Parameters
        ----------
        study : Study
        results : dict of str to result
            That are shown, by step.
        """
        store, found = Store(), {}
        for step, value in results.items():
            if step in LIVE or step == "features" or study.is_cached(step):
                continue
            found[step] = content_key("handed", self._mark, study.key(step))
            if not store.has(found[step]):
                store.save(found[step], value)
        return found
