"""A study: data and a recipe; every number of the analysis is an attribute, computed when it is asked for."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.notices import NoticeList
from mdexplore.base.words import count_of
from mdexplore.base.work.threads import single_threaded
from mdexplore.methods.method import Lag, Progress, ignore
from mdexplore.methods.recipe import PARENTS, Recipe
from mdexplore.session.computed import Computed
from mdexplore.session.steps import FOLDS, held_out_score

if TYPE_CHECKING:
    from mdexplore.data.dataset import Dataset
    from mdexplore.methods import results as r
    from mdexplore.methods.experiment.result import Augmented
    from mdexplore.methods.sampling.proposals import Proposals


class Study(Computed):
    """An analysis of trajectories from features to kinetics.

    Parameters
    ----------
    data : Dataset, or anything that `mdexplore.load` takes
    features, projection, clustering, kinetics : name, settings, deeptime estimator or model
        What fills each slot; `features` may be a list, or None to let the data decide.
    lagtime : int (frames) or str ("0.5 ns")
        The lag time of every step whose settings give none, the projection's as well as the kinetics'; chosen from the data where not given.
    n_states : int
        How many metastable states; chosen from the resolved timescales where not given.
    seed : int
        The same seed on the same machine gives the same numbers.
    executor : concurrent.futures.Executor, dask.distributed.Client, or address of a dask scheduler
        What goes through all frames runs there, with the same numbers. Workers must see files and cache under the same names (docs/cluster.md).

    Notes
    -----
    Nothing is computed before it is asked for, nothing twice; results are kept on disk under their content key. Python counts states from 0;
    notices, figures and the page count them from 1.
    """

    view: Any = None   # how it was looked at (`mdexplore.session.view.View`), where it comes from a file that an explorer saved

    def __init__(self, data: Any, features: Any = None, projection: Any = "tica", clustering: Any = "kmeans", kinetics: Any = "msm",
                 lagtime: Lag = None, n_states: int | None = None, seed: int = 0, executor: Any = None) -> None:
        from mdexplore.base.work.cluster import executor_of
        from mdexplore.data.loading import load

        executor = executor_of(executor)
        recipe = Recipe.of(features=features, projection=projection, clustering=clustering, kinetics=kinetics, lagtime=lagtime, n_states=n_states, seed=seed)
        super().__init__(load(data), recipe, executor=executor)

    @classmethod
    def from_recipe(cls, data: Dataset, recipe: Recipe, memory: dict[str, Any] | None = None, executor: Any = None, before: r.Metastable | None = None) -> Study:
        """A study of a data set by a recipe that is there already; its states take up the numbers of those ``before``."""
        study = cls.__new__(cls)
        Computed.__init__(study, data, recipe, memory, executor, before)
        return study

    def change(self, **changes: Any) -> Study:
        """A new study with some slots changed; whatever is not stale is shared.

        Parameters
        ----------
        **changes
            ``features, projection, clustering, kinetics, coarse, lagtime, n_states, seed``.

        Notes
        -----
        ``lagtime`` moves every step whose settings give none of their own, the projection too; to move the kinetics alone, as a click on a lag time
        in the app does, change ``kinetics=mdx.settings.MSM(lagtime=...)``.

        States that were computed before the change keep their number and colour as far as they are recognisably the same; `health` says where a
        number means another state now. A new `Study` numbers them from the most to the least populated. `view` goes along, without a flux between states
        that may be others.
        """
        return self._gone_on(self.data, self.recipe.change(**changes))

    def on(self, data: Dataset) -> Study:
        """The same recipe on the same frames loaded otherwise, such as with molecules made whole."""
        return self._gone_on(data, self.recipe)

    def _gone_on(self, data: Dataset, recipe: Recipe) -> Study:
        made = Study.from_recipe(data, recipe, self._memory, self.executor, self.peek("coarse") or self.before)
        if self.view is not None:   # of the same frames; the ends of a flux are states, which may be others
            made.view = self.view if made.key("coarse") == self.key("coarse") else replace(self.view, ends=None)
        return made

    def __repr__(self) -> str:
        done = [step for step in PARENTS if self.peek(step) is not None]
        return (f"<Study of {self.data.name}: {count_of(self.data.n_trajectories, 'trajectory', 'trajectories')}, {count_of(self.data.n_frames, 'frame')}; "
                f"ready: {', '.join(done) or 'nothing yet'}>")

    # -- the numbers ------------------------------------------------------------------------------------------------------------------

    @property
    def features(self) -> list[np.ndarray]:
        """Arrays of shape (n_frames_i, d)."""
        return list(self.result("features").values)

    @property
    def feature_names(self) -> list[str]:
        return list(self.result("features").names)

    @property
    def projection(self) -> list[np.ndarray]:
        """Arrays of shape (n_frames_i, dim)."""
        return list(self.result("projection").values)

    @property
    def dtrajs(self) -> list[np.ndarray]:
        """Microstate of each frame, as the model numbers them; -1 outside the model."""
        clustering, kinetics = self.result("clustering"), self.result("kinetics")
        inside = np.full(clustering.n_clusters + 1, -1, dtype=np.int32)   # the last entry serves frames that are -1 already
        inside[kinetics.active] = np.arange(len(kinetics.active))
        return [inside[d] for d in clustering.dtrajs]

    @property
    def msm(self) -> Any:
        """The deeptime MarkovStateModel; of a posterior, its prior."""
        model = self.model("kinetics")
        return getattr(model, "prior", model)

    @property
    def timescales(self) -> r.Timescales:
        """Implied timescales over lag times, with 95 % intervals.

        One more than there are states and at most five. NaN where the lag time hides a process (``.unresolved``) or where it has no timescale;
        ``result("timescales")`` has those that are hidden, too.
        """
        return self.result("timescales").resolved(min(self.metastable.n_states + 1, 5))

    @property
    def timescales_bootstrap(self) -> r.Timescales:
        """The same with intervals from a bootstrap over trajectories."""
        return self.result("bootstrap").resolved(min(self.metastable.n_states + 1, 5))

    @property
    def timescales_posterior(self) -> r.Timescales:
        """The same with intervals from a Bayesian posterior."""
        return self.result("posterior").resolved(min(self.metastable.n_states + 1, 5))

    @property
    def chapman_kolmogorov(self) -> r.ChapmanKolmogorov:
        return self.result("chapman")

    @property
    def metastable(self) -> r.Metastable:
        return self.result("coarse")

    @single_threaded()
    def flux(self, source: Any, target: Any) -> r.Flux:
        """Reactive flux between metastable states, or sets of frames.

        Parameters
        ----------
        source, target : int, list of int, bool mask over all frames, or (n, 2) array of (trajectory, frame)
            An int or a list of ints are metastable states; frames stand for the microstates that hold most of them.
        """
        from mdexplore.methods.kinetics.flux import reactive_flux
        from mdexplore.session.ends import microstates_of

        return reactive_flux(self.result("kinetics"), self.result("coarse"), *microstates_of(self, source, target))

    def observable(self, quantity: Any, start: Any = None, progress: Progress | None = None) -> r.Observable:
        """What the model says of a quantity: its mean, autocorrelation and dynamical fingerprint, and its relaxation from a start.

        Parameters
        ----------
        quantity : str, int, or list of ndarray of shape (n_frames_i,)
            Name or number of a feature, or a number for each frame.
        start : int, list of int, bool mask over all frames, or (n, 2) array of (trajectory, frame), optional
            Where a relaxation begins; as in `flux`.
        """
        from mdexplore.session.quantities import observable

        return observable(self, quantity, start, progress)

    def tica_timescales(self, lagtimes: Sequence[int | str] | None = None, progress: Progress | None = None) -> r.Timescales:
        """Timescales that TICA of the features finds over a range of lag times, without error bars: guidance for the lag time of the projection.

        Parameters
        ----------
        lagtimes : sequence of int (frames) or str ("0.5 ns"), optional
            Increasing; about ten, the projection's own among them, where not given.
        progress : callable
            Called as ``progress(done, total, text)``; a progress bar where not given.

        Returns
        -------
        Timescales
            The five slowest. One that is not longer than its lag time cannot be told from it.

        Notes
        -----
        The features are read once for all lag times. Take the shortest one from which the timescales are level.
        """
        from mdexplore.session.lagtimes import scan_of_tica

        return scan_of_tica(self, lagtimes, progress)

    def score(self, folds: int = FOLDS, progress: Progress | None = None) -> r.Score:
        """Held-out VAMP-2 score of the projection, cross-validated over trajectories."""
        from mdexplore.base.work.pieces import spreading

        with single_threaded(), spreading(self.executor) as spread:
            found = held_out_score(self, folds, progress or ignore)
        spread.forget()
        return found

    @property
    def health(self) -> NoticeList:
        """What a reader of these numbers should know, as a list of `Notice`; printed it is short, ``.lines()`` has all. Never raises."""
        from mdexplore.session.health import examine

        return examine(self)

    def augment(self, observables: Any, frames: Sequence[str | Path] = (), leave_one_out: bool = True) -> Augmented:
        """The Markov model reconciled with measured averages; see `mdexplore.session.experiment.augment`."""
        from mdexplore.session.experiment import augment

        return augment(self, observables, frames=frames, leave_one_out=leave_one_out)

    def propose(self, n: int = 10, policy: str = "uncertainty", *, target: str = "timescale 1", frames: Any = None) -> Proposals:
        """Frames from which the next simulations should start, each with its reason; see `mdexplore.session.proposing.propose`."""
        from mdexplore.session.proposing import propose

        return propose(self, n, policy, target=target, frames=frames)

    def model(self, slot: str) -> Any:
        """The deeptime object behind a slot (of the kinetics: the posterior where there is one)."""
        from mdexplore.session.models import model_of

        return model_of(self, slot)

    def save(self, path: str | Path) -> Path:
        """Write the study with every result at hand, and the view it was opened with, into one file; `mdexplore.open` reads it."""
        from mdexplore.session.saved import save

        return save(self, path, self.view)

    def to_code(self, path: str | Path | None = None) -> str:
        """The study as a plain mdtraj and deeptime script that gives the same numbers on its own; see `mdexplore.session.code.script.to_code`."""
        from mdexplore.session.code import to_code

        return to_code(self, path)

    def save_structures(self, folder: str | Path, per_state: int = 50, *, states: Sequence[int] | None = None, format: str = "pdb") -> list[Path]:
        """Draw structures of each metastable state by stationary weight and write them with file, frame and time of each.

        See `mdexplore.session.export.save_structures`.
        """
        from mdexplore.session.export import save_structures

        return save_structures(self, folder, per_state=per_state, states=states, format=format)
