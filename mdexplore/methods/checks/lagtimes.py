"""What is computed at each lag time on its own, shared out over the cores of this machine or over an executor."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mdexplore.base.work import pieces
from mdexplore.base.work.crew import Tick, Work
from mdexplore.base.work.rows import Rows, to_file
from mdexplore.base.work.threads import single_threaded
from mdexplore.methods.kinetics.lagmodels import LagModels
from mdexplore.methods.method import Progress, ignore

At = Callable[..., Any]


def at_each_lagtime(function: At, models: LagModels, lagtimes: Sequence[int], *given: Any, n_steps: int, needs: int, text: str, progress: Progress = ignore) -> list[Any]:
    """What a function finds at each lag time; the same to the last bit, whoever computes it.

    Parameters
    ----------
    function : callable
        At module level: ``function(models, lagtime, *given, progress=...)`` gives something small. All that it draws at random follows from what is given.
    models : LagModels
        Of plain Markov models; a worker makes its own from the same discrete trajectories, which it reads from files.
    lagtimes : sequence of int
        Frames.
    given
        The same for all lag times: numbers.
    n_steps : int
        Of each lag time: up to this the function counts its progress.
    needs : int
        Bytes that a lag time takes at its peak.
    text : str
        What is computed, as the user knows it.
    progress : callable
        Called with the steps of all lag times.

    Raises
    ------
    UserError
        As raised by the function, or where a worker dies or does not see the files.
    """
    def here(number: int, tick: Tick) -> Any:
        with pieces.staying():   # a call does not share out its own passes: the others are busy with calls
            return function(models, lagtimes[number], *given, progress=lambda done, total, text: tick(done))

    def shared() -> dict[str, Any]:
        return {"function": function, "dtrajs": tuple(map(to_file, models.dtrajs)), "n_clusters": models.n_clusters, "given": given}

    def tell(done: int) -> None:
        progress(done, total, text)

    total = n_steps * len(lagtimes)
    work = Work(at_lagtime, [(lagtime,) for lagtime in lagtimes], [n_steps] * len(lagtimes), shared, here, f"the {text}", needs, tells=True)
    tell(0)
    found = dict(pieces.shared_out(work, tell))
    return [found[i] for i in range(len(lagtimes))]


def at_lagtime(lagtime: int, *, function: At, dtrajs: tuple[Rows, ...], n_clusters: int, given: tuple[Any, ...], progress: Progress = ignore) -> Any:
    """One lag time, as a worker does it."""
    with single_threaded():
        return function(LagModels([rows.open(0, rows.shape[0]) for rows in dtrajs], n_clusters), lagtime, *given, progress=progress)
