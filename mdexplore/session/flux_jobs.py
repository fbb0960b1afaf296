"""How a session gets the flux between chosen ends, and what becomes of the ends when the states change."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mdexplore.base.notices import Notice
from mdexplore.base.words import listed
from mdexplore.methods.coarse.numbering import Ends, changes, followed, numbered, ranked, ranks

if TYPE_CHECKING:
    from mdexplore.methods.results import Metastable
    from mdexplore.session.fits import Fits
    from mdexplore.session.session import Session


class FluxJobs:
    """Asks for the flux of a session, and keeps its ends on the states they were chosen as.

    Parameters
    ----------
    session : Session
    fits : Fits
        Who is told of failures and notices.

    Attributes
    ----------
    moved : tuple of Notice
        What became of states and ends when the states changed last.
    """

    def __init__(self, session: Session, fits: Fits) -> None:
        self._session, self._fits = session, fits
        self._meant: Metastable | None = None          # the states that the ends are numbers of; None for those of the study
        self._wished: tuple[str, Ends] | None = None   # ends by rank, and the key of the states they wait for
        self.moved: tuple[Notice, ...] = ()

    def ask(self) -> None:
        """Compute the flux between the chosen ends, where there are any."""
        ends, key, coarse = self._session.ends, self._session.study.key("coarse"), self._states_of_study()
        if ends is None or coarse is None:   # the model's arrival asks again
            return
        if max(*ends[0], *ends[1]) >= coarse.n_states:
            self._session.choose_ends(None)
            return

        def done(flux: Any) -> None:
            if self._session.ends != ends or self._session.results["coarse"] is not coarse or self._session.study.key("coarse") != key:
                return   # another flux, or none, is wanted by now
            self._session.errors = {k: v for k, v in self._session.errors.items() if k != "flux"}
            self._session.results = {**self._session.results, "flux": flux}
            self._fits.collect_notices()

        self._fits.jobs.submit("flux", "mdexplore.session.tasks:run_flux", self._session.study.spec(), *ends, ranks(coarse), lane="live", done=done,
                               failed=lambda error: self._fits.fail(("flux",), error))

    def mean_ends(self, coarse: Metastable | None) -> None:
        """Say which states the ends of the flux are numbers of; None for those that the study will have."""
        self._meant, self._wished = coarse, None

    def wish_ends(self, ends: Ends) -> None:
        """Choose ends by the rank of their states as soon as the states of the study are there: what is shown until then numbers others."""
        self._wished = self._session.study.key("coarse"), ends
        self.take_wished()

    def ends_by_rank(self) -> Ends | None:
        """The ends that are chosen or wished for, for a later start; None where there are none, or they are numbers of states that go."""
        ends = self._session.ends
        if self._wished is not None and self._wished[0] == self._session.study.key("coarse"):
            return self._wished[1]
        if ends is None or self._meant is None:
            return ends
        shown = self._states_of_study()
        return None if shown is None else ranked(ends, shown)

    def _states_of_study(self) -> Metastable | None:
        """The states that are shown, where they are those of the study."""
        return None if "coarse" in self._session.stale else self._session.results.get("coarse")

    def take_wished(self) -> None:
        """Choose the ends that are wished for, where their states are there now."""
        shown = self._states_of_study()
        if self._wished is not None and shown is not None and self._wished[0] == self._session.study.key("coarse"):
            ends = numbered(self._wished[1], shown)
            self._session.choose_ends(*ends or (None,))

    def follow_states(self, coarse: Metastable) -> dict[str, Any]:
        """Other states are shown: take the ends of the flux along where they still exist, and say what changed; gives the results without a flux that is over."""
        shown, ends, results = self._session.results.get("coarse"), self._session.ends, self._session.results
        moved = changes(shown, coarse)
        self.moved = () if moved is None else (moved,)
        if ends is None:
            return results
        now = followed(ends, self._meant, coarse)
        self._meant = coarse
        if now == ends and (shown is None or shown.n_states == coarse.n_states):
            return results
        self._session.ends = now
        if now is None:
            names = " to ".join(listed([state + 1 for state in end]) for end in ends)
            self.moved += (Notice("info", f"The flux from state {names} is no longer shown: the states have changed, and one of these is not there any more.",
                                   "Choose a source and a sink again, or take the change back.", "flux"),)
        return {step: value for step, value in results.items() if step != "flux"}

    def forget(self) -> None:
        """Take away the flux that is shown, and what was said of it."""
        self._wished = None
        self._session.errors = {k: v for k, v in self._session.errors.items() if k != "flux"}
        self._session.results = {k: v for k, v in self._session.results.items() if k != "flux"}
        self._fits.collect_notices()
