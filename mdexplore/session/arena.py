"""The method arena: candidates with settings, one blocked split for all, one table of held-out scores with the exact line where the truth is known."""
from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base import limits
from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.base.plain import storable
from mdexplore.base.store import Store, content_key
from mdexplore.base.units import TimeUnit
from mdexplore.base.words import count_of
from mdexplore.methods.method import Lag, Progress, part_of
from mdexplore.methods.results import FoldScores
from mdexplore.session.candidates import Candidate, candidates_of
from mdexplore.session.study import Study

if TYPE_CHECKING:
    from mdexplore.session.disagreement import Disagreement

log = logging.getLogger(__name__)
MOST_FOLDS = 100
MOST_PROCESSES = 4   # scored where neither the candidates nor the exact answer say fewer


@storable
@dataclass(frozen=True)
class Rules:
    """What is the same for all candidates.

    Parameters
    ----------
    lagtime : int
        Frames; of the scores, and of every fit whose settings give none.
    n_processes : int
        How many processes are scored, without the constant function.
    folds : int
    seed : int
        Which trajectories are left out together.
    """

    lagtime: int
    n_processes: int
    folds: int = 5
    seed: int = 0


@dataclass(frozen=True, eq=False)
class ArenaRow:
    """How one candidate did.

    Parameters
    ----------
    candidate : Candidate
    scores : FoldScores or None
    error : str
        Why there are no scores.
    """

    candidate: Candidate
    scores: FoldScores | None
    error: str = ""

    @property
    def name(self) -> str:
        return self.candidate.name

    def held_out(self, score: str = "vamp2") -> np.ndarray | None:
        """The scores of the folds, shape (n_folds,); ``score`` is ``"vamp2"`` or ``"vampe"``."""
        return None if self.scores is None else np.asarray(getattr(self.scores, score))

    def train(self, score: str = "vamp2") -> np.ndarray | None:
        """The same on the data of the fits."""
        return None if self.scores is None else np.asarray(getattr(self.scores, f"{score}_train"))


@dataclass(frozen=True, eq=False, repr=False)
class Arena:
    """Held-out scores of candidates on one split.

    Parameters
    ----------
    rows : tuple of ArenaRow
        As they were asked for; a candidate that failed is a row with its reason.
    rules : Rules
    exact : float or None
        The highest score, VAMP-2 or VAMP-E, that so many processes of a model system can have; None where the truth is not known.
    timestep_ns : float or None
    notices : tuple of Notice
    """

    rows: tuple[ArenaRow, ...]
    rules: Rules
    exact: float | None = None
    timestep_ns: float | None = None
    notices: tuple[Notice, ...] = ()
    _study: Study | None = field(default=None, repr=False)

    @property
    def names(self) -> list[str]:
        return [row.name for row in self.rows]

    def row(self, name: str) -> ArenaRow:
        """The row of a candidate; `UserError` where there is none of that name."""
        for row in self.rows:
            if row.name == name:
                return row
        raise UserError(f"There is no candidate {name!r}.", do=f"The candidates are: {', '.join(self.names)}.")

    def ranked(self, score: str = "vamp2") -> list[ArenaRow]:
        """Rows from the highest mean to the lowest, those that failed last."""
        return sorted(self.rows, key=lambda row: -_mean(row, score))

    def behind(self, name: str, score: str = "vamp2") -> tuple[float, float]:
        """How far a candidate is behind the best, and the standard error of that over folds; both were judged on the same folds, so they are compared fold by fold."""
        best, own = self.ranked(score)[0].held_out(score), self.row(name).held_out(score)
        if best is None or own is None:
            return np.nan, np.nan
        gap = best - own
        return float(gap.mean()), float(gap.std(ddof=1) / np.sqrt(len(gap)))

    def to_table(self) -> list[dict[str, Any]]:
        """One dictionary of plain values a row, best first; ``pandas.DataFrame`` takes the list."""
        return [self._plain(row) for row in self.ranked()]

    def study(self, name: str) -> Study:
        """A study of the same data with a candidate's features, projection and clustering, at the lag time of the arena."""
        if self._study is None:
            raise UserError("These rows have no study.", do="Take them from mdexplore.arena.")
        return study_of(self._study, self.row(name).candidate, self.rules)

    def disagreement(self, a: str, b: str) -> Disagreement:
        """Frames that the metastable states of two candidates put elsewhere; see `mdexplore.session.disagreement`."""
        from mdexplore.session.disagreement import disagreement

        return disagreement(self.study(a), self.study(b))

    def _plain(self, row: ArenaRow) -> dict[str, Any]:
        s = row.scores
        gap, error = self.behind(row.name)
        numbers = {f"{score}{suffix}": np.nan if s is None else float(value)
                   for score in ("vamp2", "vampe") for suffix, value in (() if s is None else (
                       ("", getattr(s, score).mean()), ("_std", getattr(s, score).std()), ("_train", getattr(s, f"{score}_train").mean())))}
        return {"name": row.name, **numbers, "behind": gap, "behind_error": error, "processes": 0 if s is None else s.rank, "dim": 0 if s is None else s.dim,
                "seconds": np.nan if s is None else s.seconds, "error": row.error}

    def __repr__(self) -> str:
        lines = [f"<Arena: {count_of(len(self.rows), 'candidate')}, {count_of(self.rules.n_processes, 'process', 'processes')} at a lag time of "
                 f"{TimeUnit(self.timestep_ns).say(self.rules.lagtime)}, {self.rules.folds} folds; held out"]
        for row in self.ranked()[:6]:
            lines.append(f" {row.name}: {row.error}" if row.scores is None else
                         f" {row.name}: VAMP-E {row.scores.vampe.mean():.3f} ± {row.scores.vampe.std():.3f}, VAMP-2 {row.scores.vamp2.mean():.3f} ± {row.scores.vamp2.std():.3f}")
        if len(self.rows) > 6:
            lines.append(f" and {len(self.rows) - 6} more")
        if self.exact is not None:
            lines.append(f" exact: {self.exact:.3f}")
        return "\n".join(lines) + ">"


def arena(data: Any, candidates: Iterable[Any] | Mapping[str, Any], *, lagtime: Lag = None, folds: int = 5, n_processes: int | None = None, seed: int = 0,
          progress: Progress | None = None) -> Arena:
    """Judge methods against each other on data left out of their fits.

    Parameters
    ----------
    data : Study, or anything that `mdexplore.load` takes
        Slots that a candidate leaves open are those of the study.
    candidates : sequence, or dict of name to candidate
        Each a name (``"tica"``, ``"kmeans"``), settings, a deeptime estimator, a study, or a dict of slots such as
        ``{"features": "torsions", "projection": mdx.settings.VAMP(dim=3), "clustering": "kmeans"}``. One with a clustering is judged by its microstates.
    lagtime : int (frames) or str
        Of the scores, and of every fit whose settings give none; that of the study's projection where not given.
    folds : int
        Whole trajectories are left out together; where there are too few, each is cut into blocks with a gap of one lag time between them.
    n_processes : int
        How many processes are scored; as many as the smallest candidate has coordinates where not given, at most four, and no more than are exactly known.
    seed : int
    progress : callable
        Called as ``progress(done, total, text)``; a progress bar where not given.

    Returns
    -------
    Arena

    Raises
    ------
    UserError
        If there is no candidate, one cannot be understood, or the split is not possible. A candidate that fails is a row, not an error.

    Notes
    -----
    VAMP-2 asks how much slow motion the coordinates span, VAMP-E whether the model as it was fitted predicts the data left out; Wu and Noe 2020,
    doi:10.1007/s00332-019-09567-y. Scores can be compared at one lag time only.
    """
    from mdexplore.session.progress import bar

    study = data if isinstance(data, Study) else Study(data)
    known = candidates_of(study, candidates)
    rules = rules_of(study, known, lagtime=lagtime, folds=folds, n_processes=n_processes, seed=seed)
    rows = []
    with bar("arena", progress) as report:
        for done, candidate in enumerate(known):
            rows.append(judge(study, candidate, rules, part_of(report, done, len(known), candidate.name)))
    return assembled(study, rows, rules)


def rules_of(study: Study, candidates: Iterable[Candidate], *, lagtime: Lag = None, folds: int = 5, n_processes: int | None = None, seed: int = 0) -> Rules:
    """What is asked of all candidates; raises `UserError` where the data do not allow it."""
    lag = study.projection_lag if lagtime is None else study.data.unit.parse(lagtime)
    if not 2 <= folds <= MOST_FOLDS:
        raise UserError(f"A score with {count_of(folds, 'fold')} is not possible.", "Something has to be left out, and each fold is a fit.", f"Choose 2 to {MOST_FOLDS} folds.")
    exact = getattr(study.data.exact, "timescales", ())
    found = min([c.most_processes for c in candidates if c.most_processes] + [MOST_PROCESSES] + ([len(exact)] if exact else []))
    chosen = found if n_processes is None else n_processes
    limits.check("dimensions", chosen)
    if chosen < 1:
        raise UserError(f"{chosen} processes cannot be scored.", do="Choose at least 1.")
    rules = Rules(lag, chosen, folds, seed)
    split_of(study, rules)
    return rules


def split_of(study: Study, rules: Rules) -> list[tuple[int, int, int, int]]:
    """The split that all candidates share."""
    from mdexplore.methods.checks.score import segments_of
    from mdexplore.methods.projection.linear import check_lagtime

    check_lagtime(list(study.data.lengths), rules.lagtime, study.data.timestep_ns)
    return segments_of(study.data.lengths, rules.folds, rules.lagtime, rules.seed, study.data.timestep_ns)


def study_of(study: Study, candidate: Candidate, rules: Rules) -> Study:
    """The study that a candidate stands for; it shares what is not stale."""
    own = study.change(**candidate.changes(study.recipe, None))
    # Where its lag time is that of the rules anyway, it is the study that somebody may look at already, not a second one with other keys.
    return own if own.projection_lag == rules.lagtime else study.change(**candidate.changes(study.recipe, rules.lagtime))


def judge(study: Study, candidate: Candidate, rules: Rules, progress: Progress) -> ArenaRow:
    """The row of one candidate; whatever goes wrong is said in it. Scores are kept in the cache."""
    from mdexplore.base.work.pieces import spreading
    from mdexplore.base.work.threads import single_threaded
    from mdexplore.methods.checks.arena import fold_scores
    from mdexplore.session.steps import has_given

    try:
        own = study_of(study, candidate, rules)
        key = content_key("arena", 1, own.key("clustering" if candidate.has_clustering else "projection"), candidate.has_clustering, study.data.key,
                          rules.lagtime, rules.n_processes, rules.folds, rules.seed)
        is_kept = not has_given(own.recipe, "clustering" if candidate.has_clustering else "projection")
        kept = Store().load(key) if is_kept else None
        if kept is None:
            features = own.result("features", progress)
            with single_threaded(), spreading(own.executor):
                kept = fold_scores(features, own.recipe.projection, own.recipe.clustering if candidate.has_clustering else None, split_of(own, rules),
                                   lagtime=rules.lagtime, n_processes=rules.n_processes, fit_lagtime=own.projection_lag, seed=own.recipe.seed, progress=progress)
            if is_kept:
                kept = Store().save(key, kept)
        return ArenaRow(candidate, kept)
    except UserError as error:
        return ArenaRow(candidate, None, str(error))
    except Exception as error:   # the one place that catches everything: one bad candidate must not take the others along, and its row says why
        log.exception("candidate %s failed", candidate.name)
        return ArenaRow(candidate, None, f"{type(error).__name__}: {error}")


def assembled(study: Study, rows: Iterable[ArenaRow], rules: Rules) -> Arena:
    """Rows with the exact line and what is to be said of all of them."""
    from mdexplore.methods.checks.arena import few_frames

    made, exact = tuple(rows), study.data.exact
    line = exact.vamp2(rules.lagtime, rules.n_processes) if exact is not None and len(exact.timescales) >= rules.n_processes else None
    said = few_frames(split_of(study, rules), rules.lagtime, rules.n_processes) + tuple(n for row in made if row.scores is not None for n in row.scores.notices)
    return Arena(made, rules, line, study.data.timestep_ns, said, study)


def _mean(row: ArenaRow, score: str) -> float:
    values = row.held_out(score)
    return -np.inf if values is None else float(values.mean())
