"""Starts for a session, proposed in a worker: which question stands for which strategy, number and frames."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from mdexplore.base.errors import UserError
from mdexplore.base.typed import count_in
from mdexplore.methods.method import Progress
from mdexplore.methods.sampling.proposals import Proposals
from mdexplore.session.selection import Selection, unpacked

Policy = Literal["uncertainty", "least-counts", "selection"]


@dataclass(frozen=True)
class StartsWanted:
    """A question for starts.

    Parameters
    ----------
    policy, target : str
        As `mdexplore.session.proposing.propose` takes them; metastable states are counted from 1 as the page numbers them.
    n : int
    among : bytes or None
        Packed bits of the frames to start from; None for all.
    """

    policy: Policy
    target: str
    n: int
    among: bytes | None = None


def starts_wanted(policy: Policy, target: str, n: str, selection: Selection | None) -> StartsWanted:
    """The question that a form stands for.

    Parameters
    ----------
    policy, target : str
    n : str
        How many, as a person writes it.
    selection : Selection or None
        The frames to start from; None for all.

    Raises
    ------
    UserError
        If the number cannot be read or is too large, or no frame is selected where some have to be.
    """
    count = count_in(n, "starts", "starts")
    if selection is not None and not selection.n:
        raise UserError("There is nothing to start from.", "No frame is selected.", "Select frames with the lasso or by a click on a state, or choose another strategy.")
    return StartsWanted(policy, target if policy == "uncertainty" else "", count, None if selection is None else selection.bits.tobytes())


def run_propose(spec: dict[str, Any], wanted: StartsWanted, order: tuple[int, ...], *, progress: Progress) -> Proposals:
    """Starts with their reasons, in a worker.

    Parameters
    ----------
    order : tuple of int
        Rank by population of each metastable state as the page numbers them.
    """
    from mdexplore.methods.coarse.numbering import renumbered
    from mdexplore.session.proposing import propose
    from mdexplore.session.tasks import study_of_spec

    study = study_of_spec(spec)
    progress(0, 1, "starts")
    frames = None if wanted.among is None else unpacked(wanted.among, study.data.n_frames)
    coarse = renumbered(study.result("coarse", progress), order) if wanted.target.startswith("population") else None
    return propose(study, wanted.n, wanted.policy, target=wanted.target or "timescale 1", frames=frames, coarse=coarse)
