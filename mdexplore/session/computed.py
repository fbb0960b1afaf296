"""Steps of an analysis by their names: keys, results at hand in memory or on disk, and results that are computed."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mdexplore.base.errors import UserError
from mdexplore.base.store import Store
from mdexplore.methods.method import Progress
from mdexplore.methods.recipe import PARENTS, Recipe
from mdexplore.session import lagtimes
from mdexplore.session.memory import Memory
from mdexplore.session.steps import LIVE, compute, has_given

if TYPE_CHECKING:
    from mdexplore.data.dataset import Dataset
    from mdexplore.methods import results as r


class Computed:
    """Data, a recipe, and what was computed of them; `mdexplore.Study` gives it the names that people use.

    Parameters
    ----------
    data : Dataset
    recipe : Recipe
    memory : dict, optional
        Results by their keys, shared with the studies that this one came from.
    executor : executor, optional
    before : Metastable, optional
        The states whose numbers those of this study take up.
    """

    def __init__(self, data: Dataset, recipe: Recipe, memory: dict[str, Any] | None = None, executor: Any = None, before: r.Metastable | None = None) -> None:
        self.data, self.recipe, self.executor, self.before = data, recipe, executor, before
        self._memory: dict[str, Any] = Memory() if memory is None else memory
        self._store = Store()
        self._keys: dict[str, str] = {}   # a page asks for them a hundred times at each change
        lagtimes.check_lags(self)

    def key(self, step: str) -> str:
        """The content key of a step."""
        if step not in self._keys:
            self._keys[step] = self.recipe.key(step, self.data.key, self.data.unit)
        return self._keys[step]

    def peek(self, step: str) -> Any:
        """The result of a step where it is at hand, in memory or on disk; otherwise None."""
        key = self.key(step)
        if key not in self._memory and self._cached_on_disk(step):
            found = self._store.load(key)
            if found is not None:
                self._memory[key] = found
        return self._memory.get(key)

    def result(self, step: str, progress: Progress | None = None) -> Any:
        """The frozen result of a step, computed if need be (see `mdexplore.methods.results`).

        Parameters
        ----------
        step : str
            One of ``features projection clustering timescales kinetics coarse chapman bootstrap posterior score``.
        progress : callable
            Called as ``progress(done, total, text)``; a progress bar where not given.
        """
        if step not in PARENTS:
            raise UserError(f"There is no step {step!r}.", do=f"The steps are: {', '.join(PARENTS)}.")
        self._identify(step, progress)
        if (found := self.peek(step)) is not None:
            return found
        from mdexplore.base.work.pieces import spreading
        from mdexplore.base.work.threads import single_threaded
        from mdexplore.session.adopted import renumbered_as
        from mdexplore.session.progress import bar

        for parent in PARENTS[step]:
            self.result(parent, progress)
        with single_threaded(), spreading(self.executor) as spread, bar(step, progress) as report:
            made = compute(self, step, report)
            if step == "coarse":
                made = renumbered_as(self.before, made)
            self.keep(step, self._store.save(self.key(step), made) if self._cached_on_disk(step) else made)
        spread.forget()
        return self._memory[self.key(step)]

    def _identify(self, step: str, progress: Progress | None) -> None:
        """Large arrays are read once for their keys, without which nobody can tell what is at hand."""
        from mdexplore.session.progress import bar

        given = self.data.source_arrays
        if given is not None and not given.is_identified:
            with bar(step, progress) as report:
                given.identify(report)

    def keep(self, step: str, value: Any) -> None:
        """Take a result that was computed elsewhere."""
        self._memory[self.key(step)] = value

    def is_cached(self, step: str) -> bool:
        """Another process would find the result of a step that was computed here in the cache."""
        if step == "features":
            return not has_given(self.recipe, step)
        return self._cached_on_disk(step) and self._store.has(self.key(step))

    def _cached_on_disk(self, step: str) -> bool:
        # Features keep a cache of their own, piece by piece; objects of the user's have no content key that outlives the process.
        return step not in (*LIVE, "features") and not has_given(self.recipe, step)

    def spec(self) -> dict[str, Any]:
        """What a worker needs to make this study again (`mdexplore.session.tasks`)."""
        return {"data": self.data.spec(), "recipe": self.recipe, "scheduler": getattr(self.executor, "reachable", None)}

    @property
    def projection_lag(self) -> int:
        """Lag time of the projection, frames."""
        return lagtimes.of_projection(self)

    @property
    def lagtime(self) -> int:
        """Lag time of the kinetics, frames; chosen from the implied timescales where nobody gave one."""
        return lagtimes.of_kinetics(self)
