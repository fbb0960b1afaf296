"""The arena as a value that a saved file can hold: candidates by their settings, and scores that are bound to the data, the split and the seed they were found with."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from mdexplore.base import limits
from mdexplore.base.errors import UserError
from mdexplore.base.plain import storable
from mdexplore.base.store import content_key
from mdexplore.base.words import listed
from mdexplore.data.travel import content
from mdexplore.methods.method import Lag, Settings, from_json, method_of, setting
from mdexplore.methods.recipe import Given
from mdexplore.methods.results import FoldScores
from mdexplore.session.arena import MOST_FOLDS, ArenaRow, Rules, split_of
from mdexplore.session.candidates import Candidate
from mdexplore.session.study import Study

LONGEST_TEXT = 10_000   # of a name, or of why there are no scores
Json = dict[str, Any]


@dataclass(frozen=True)
class Judging(Settings):
    """What a person asks of all candidates alike; `mdexplore.session.arena.rules_of` makes rules of it."""

    lagtime: Lag = setting(None, help="Lag time of the scores, and of every fit whose settings give none; the projection's where not given.")
    n_processes: int | None = setting(None, low=1, high=50, help="How many processes are scored; as many as every candidate has where not given, and no more than are exactly known.")
    folds: int = setting(5, low=2, high=MOST_FOLDS, help="Parts of the data, each left out once.")


@storable
@dataclass(frozen=True, eq=False)
class KeptRow:
    """A candidate, and its row where it is judged.

    Parameters
    ----------
    name : str
    features : tuple of dict, or None
        As `mdexplore.methods.method.Settings.to_json` writes each.
    projection : dict
    clustering : dict or None
    scores : FoldScores or None
    error : str
        Why there are no scores.
    key : str
        Of `row_key`; empty where it is not judged.
    """

    name: str
    features: tuple[Json, ...] | None
    projection: Json
    clustering: Json | None
    scores: FoldScores | None = None
    error: str = ""
    key: str = ""


@storable
@dataclass(frozen=True, eq=False)
class KeptArena:
    """All candidates and the rules.

    Parameters
    ----------
    rows : tuple of KeptRow
    rules : Rules or None
    wanted : dict
        The rules as the user gave them, by the fields of `Judging`.
    left_out : tuple of str
        Candidates that are objects of the user's, which no file holds.
    """

    rows: tuple[KeptRow, ...] = ()
    rules: Rules | None = None
    wanted: Json = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


def kept_arena(study: Study, candidates: Iterable[Candidate], rows: Mapping[str, ArenaRow], rules: Rules | None, wanted: Json) -> KeptArena:
    """The arena of a study as a value."""
    made, left_out, of_data = [], [], content_of(study) if rows else ""
    for one in candidates:
        if any(isinstance(part, Given) for part in (*(one.features or ()), one.projection, one.clustering)):
            left_out.append(one.name)
            continue
        row = rows.get(one.name)
        key = "" if row is None or rules is None else row_key(of_data, study, one, rules)
        made.append(KeptRow(one.name, None if one.features is None else tuple(f.to_json() for f in one.features), one.projection.to_json(),
                            None if one.clustering is None else one.clustering.to_json(), None if row is None else row.scores, "" if row is None else row.error, key))
    return KeptArena(tuple(made), rules, dict(wanted), tuple(left_out))


def candidate_of(kept: KeptRow) -> Candidate:
    """The candidate of a row.

    Raises
    ------
    UserError
        If a method is not there, or its settings are out of range.
    KeyError, TypeError, ValueError
        If it is none.
    """
    features = None if kept.features is None else tuple(_settings(f, "features") for f in kept.features)
    return Candidate(kept.name, features, _settings(kept.projection, "projection"), None if kept.clustering is None else _settings(kept.clustering, "clustering"))


def taken_up(kept: KeptArena, study: Study) -> tuple[tuple[Candidate, ...], dict[str, ArenaRow], str]:
    """What a study can use of an arena that was kept: candidates, rows by name, and in words what is left out."""
    candidates, rows, unusable, foreign, of_data = [], {}, [], [], content_of(study) if any(row.key for row in kept.rows) else ""
    for row in kept.rows:
        try:
            one = candidate_of(row)
        except UserError as error:
            unusable.append(f"{row.name} ({error.what})")
            continue
        candidates.append(one)
        if row.key and kept.rules is not None:
            if _belongs(row.key, of_data, study, one, kept.rules):
                rows[one.name] = ArenaRow(one, row.scores, row.error)
            else:
                foreign.append(one.name)
    said = [f"Left out, as objects of your own are in no file: {listed(kept.left_out)}."] if kept.left_out else []
    said += [f"Left out: {listed(unusable)}."] if unusable else []
    said += [f"Judged on other data, another split or another seed, so their scores are dropped: {listed(foreign)}."] if foreign else []
    return tuple(candidates), rows, " ".join(said)


def content_of(study: Study) -> str:
    """A hash of every frame and its time step, wherever the files lie."""
    return content_key(content(study.data.spec()))


def row_key(of_data: str, study: Study, candidate: Candidate, rules: Rules) -> str:
    """What scores belong to: data, split, seed, and a method with its version and settings.

    Parameters
    ----------
    of_data : str
        Of `content_of`.

    Raises
    ------
    UserError
        If the data do not allow the split.
    """
    filled = [*(candidate.features or ()), candidate.projection, *([candidate.clustering] if candidate.has_clustering else [])]
    return content_key("arena row", 1, of_data, [[s.to_json(), method_of(s).version] for s in filled], candidate.features is None, asdict(rules), split_of(study, rules), study.recipe.seed)


def check_arena(kept: Any) -> None:
    """Make sure that a value out of a file can be an arena.

    Raises
    ------
    TypeError, ValueError, KeyError
        If it is none.
    UserError
        If it has more candidates than are allowed.
    """
    from mdexplore.session.sound import check_type

    check_type(kept, KeptArena, "the arena")
    limits.check("groups", len(kept.rows), "An arena")
    names = [*(row.name for row in kept.rows), *kept.left_out]
    if len(set(names)) != len(names) or (kept.rows and kept.rules is None):
        raise ValueError("a candidate is there twice, or without rules")
    _check_rules(kept.rules, kept.wanted)
    if any(len(text) > LONGEST_TEXT for row in kept.rows for text in (row.name, row.error, row.key)) or any(len(name) > LONGEST_TEXT for name in kept.left_out):
        raise ValueError("a text of the arena is too long")
    for row in kept.rows:
        if row.scores is not None and (not row.key or len(row.scores.vamp2) != kept.rules.folds):
            raise ValueError("scores are not those of the rules")
        try:
            candidate_of(row)
        except UserError:   # a method that is not installed here: it is left out when the arena is taken up
            continue


def _check_rules(rules: Rules | None, wanted: Json) -> None:
    """Refuse rules that no session makes: folds are fits, and a split of the data is made by them."""
    if not set(wanted) <= set(Judging.__dataclass_fields__):
        raise ValueError("rules are asked for that there are not")
    asked = Judging(**wanted)
    if isinstance(asked.lagtime, int) and asked.lagtime < 1:
        raise ValueError("a lag time is asked for that is none")
    if rules is None:
        return
    limits.check("dimensions", rules.n_processes)
    if not 2 <= rules.folds <= MOST_FOLDS or rules.lagtime < 1 or rules.n_processes < 1 or rules.seed < 0:
        raise ValueError("the rules of the arena are none")


def _belongs(key: str, of_data: str, study: Study, candidate: Candidate, rules: Rules) -> bool:
    try:
        return key == row_key(of_data, study, candidate, rules)
    except UserError:   # these data do not allow the split
        return False


def _settings(spec: Json, slot: str) -> Settings:
    made = from_json(spec)
    if method_of(made).slot != slot:
        raise ValueError("settings stand in the slot of others")
    return made
