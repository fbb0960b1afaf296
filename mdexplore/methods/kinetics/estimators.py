"""What makes a Markov model at a lag time, by the name that results carry: so that timescales, the Chapman-Kolmogorov test and the kinetics are of one kind."""
from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from mdexplore.base.errors import UserError

if TYPE_CHECKING:
    from mdexplore.methods.kinetics.lagmodels import Estimate, LagModels
    from mdexplore.methods.results import Clustering

PLAIN = "msm"


def find(name: str) -> Estimate | None:
    """The function behind a name; None for the plain Markov model.

    Parameters
    ----------
    name : str
        ``"msm"``, ``"oom"``, ``"koopman"``, ``"fuzzy"``, or ``"hmm 3"`` for three hidden states; not that of TRAM (`models`).

    Raises
    ------
    UserError
        For a name that stands for none.
    """
    kind, _, number = name.partition(" ")
    if kind == "oom":
        from mdexplore.methods.kinetics.oom import oom_model

        return oom_model
    if kind == "koopman":
        from mdexplore.methods.kinetics.koopman import koopman_model

        return koopman_model
    if kind == "fuzzy":
        from mdexplore.methods.kinetics.vampnet_koopman import fuzzy_model

        return fuzzy_model
    if kind == "hmm":
        from mdexplore.methods.kinetics.hmm import hidden_model

        return partial(hidden_model, n_hidden=int(number))
    if kind != PLAIN:   # out of a file that another version has written, or a damaged one
        raise UserError(f"There are no models called {kind[:40]!r}.", "The result names an estimator that this version does not have.", "Estimate the kinetics anew.")
    return None


def models(name: str, clustering: Clustering) -> LagModels:
    """The models of a clustering by the estimator of that name; a UserError where it has not what they are made of."""
    if name.startswith("tram "):
        from mdexplore.methods.kinetics.tram import models_of

        return models_of(name, clustering.dtrajs, clustering.n_clusters)
    from mdexplore.methods.kinetics.lagmodels import LagModels

    if name == "fuzzy":
        from mdexplore.methods.kinetics.vampnet_koopman import check_memberships

        check_memberships(clustering)
    return LagModels(clustering.dtrajs, clustering.n_clusters, find(name), clustering.memberships)


def estimator_of(settings: Any, clustering: Clustering | None = None) -> str:
    """The name of the estimator that settings of the kinetics stand for; that of the plain model for objects of the user's.

    Parameters
    ----------
    settings : Settings or Given
    clustering : Clustering, optional
        Settles a number of hidden states that was left open.
    """
    name = getattr(type(settings), "estimator", PLAIN)
    if name == "tram":
        return str(settings.estimator_name)
    if name != "hmm":
        return str(name)
    number = settings.n_states
    if number is None and clustering is not None:
        from mdexplore.methods.kinetics.hmm import default_number

        number = default_number(clustering)
    return "hmm" if number is None else f"hmm {number}"
