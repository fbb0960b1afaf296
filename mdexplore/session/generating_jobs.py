"""Generated frames for a session, made in a worker: which question stands for which way, state, frames and number."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mdexplore.base.errors import UserError
from mdexplore.base.typed import count_in
from mdexplore.data.dataset import Dataset
from mdexplore.methods.method import Progress
from mdexplore.session.generating import FLOW, LANDING, MADE, Generation, why_not
from mdexplore.session.selection import Selection, unpacked


@dataclass(frozen=True)
class GenerationWanted:
    """A question for generated frames.

    Parameters
    ----------
    means : str
        One of `mdexplore.session.generating.MEANS`.
    n : int
    state : int or None
        Metastable state as the page numbers them, counted from 0.
    among : bytes or None
        Packed bits of the frames to learn from; None for all.
    """

    means: str
    n: int
    state: int | None = None
    among: bytes | None = None


def generation_wanted(data: Dataset, means: str, n: str, state: int | None = None, selection: Selection | None = None) -> GenerationWanted:
    """The question that a form stands for.

    Parameters
    ----------
    data : Dataset
    means : str
    n : str
        How many, as a person writes it.
    state : int or None
        Where the way begins in a state, or learns from it.
    selection : Selection or None
        The frames that a flow learns; passed over by the other ways.

    Raises
    ------
    UserError
        If the number cannot be read or is too large, no frame is selected where some have to be, or this cannot be done with these data.
    """
    count = count_in(n, "structures", "generated")
    if (reason := why_not(data, means)) is not None:
        raise reason
    if means == FLOW and selection is not None:
        if not selection.n:
            raise UserError("There is nothing to learn from.", "No frame is selected.", "Select frames with the lasso or by a click on a state, or learn from all.")
        return GenerationWanted(means, count, None, selection.bits.tobytes())
    return GenerationWanted(means, count, state if means in (LANDING, MADE, FLOW) else None)


def run_generate(spec: dict[str, Any], wanted: GenerationWanted, order: tuple[int, ...], *, progress: Progress) -> Generation:
    """Generated frames, each beside its nearest real one, in a worker.

    Parameters
    ----------
    order : tuple of int
        Rank by population of each metastable state as the page numbers them.
    """
    from mdexplore.methods.coarse.numbering import renumbered
    from mdexplore.session.generating import generate
    from mdexplore.session.tasks import study_of_spec

    study = study_of_spec(spec)
    frames = None if wanted.among is None else unpacked(wanted.among, study.data.n_frames)
    coarse = renumbered(study.result("coarse", progress), order)
    return generate(study, wanted.means, wanted.n, state=wanted.state, frames=frames, coarse=coarse, progress=progress)
