"""What a slow coordinate is made of: the features that it follows, their atoms, and words for a step along it."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdexplore.base.words import minus
from mdexplore.methods.results import Features, Projection
from mdexplore.pictures.structure import LEVELS
from mdexplore.session.coordinate_jobs import Way

MOST = 10   # features that are drawn
CORRELATION, SALIENCY = "correlation", "saliency"


@dataclass(frozen=True)
class Bar:
    """A feature and how much the coordinate has to do with it."""

    name: str
    value: float
    text: str                  # the number
    atoms: tuple[int, ...]     # empty for features that were given without atoms


@dataclass(frozen=True)
class LoadingsPicture:
    """The features that a coordinate has most to do with, the first the most.

    Parameters
    ----------
    quantity : {"correlation", "saliency"}
    note : str
        What the numbers are.
    bars : tuple of Bar
    reach : tuple of float
        From where to where the axis goes.
    """

    quantity: str
    note: str
    bars: tuple[Bar, ...]
    reach: tuple[float, float]

    @property
    def has_atoms(self) -> bool:
        return any(bar.atoms for bar in self.bars)


def strengths(projection: Projection, features: Features) -> tuple[str, np.ndarray] | None:
    """Saliency of a network, else correlation of every feature with every coordinate, shape (d, dim); None where neither is known."""
    for quantity, found in ((SALIENCY, projection.parameters.get("saliency")), (CORRELATION, projection.loadings)):
        if found is not None and np.shape(found) == (features.n_features, projection.dim):
            return quantity, np.nan_to_num(np.asarray(found, float))
    return None


def loadings_picture(projection: Projection, features: Features, column: int, most: int = MOST) -> LoadingsPicture | None:
    """The features that a coordinate has most to do with; None where that is not known."""
    found = strengths(projection, features)
    if found is None:
        return None
    quantity, values = found[0], found[1][:, column]
    name = projection.names[column]
    order = np.argsort(-np.abs(values), kind="stable")[:most]
    bars = tuple(Bar(features.names[k], float(values[k]), _number(values[k], ".2f"), tuple(features.atoms[k])) for k in order)
    if quantity == CORRELATION:
        return LoadingsPicture(quantity, f"Correlation of features with {name}", bars, (-1.0, 1.0))
    return LoadingsPicture(quantity, f"Saliency: how far {name} moves with each feature's spread", bars, (0.0, max(bars[0].value, 1e-9)))


def atom_levels(projection: Projection, features: Features, column: int) -> tuple[tuple[int, ...], ...]:
    """Atoms by the strongest feature they take part in, from faint to strong: level k holds those up to (k + 1) / n of the strongest.

    Returns
    -------
    tuple of tuple of int
        `LEVELS` of them, disjoint; those without a feature are in none. Empty where nothing is known.
    """
    found = strengths(projection, features)
    sizes = np.array([len(atoms) for atoms in features.atoms], int)
    if found is None or not sizes.sum():
        return ()
    values = np.abs(found[1][:, column])
    atoms = np.concatenate([np.asarray(a, int) for a in features.atoms])
    strongest = np.full(atoms.max() + 1, -1.0)
    np.maximum.at(strongest, atoms, np.repeat(values, sizes))
    top = max(strongest.max(), 1e-30)
    level = np.ceil(strongest / top * len(LEVELS)).astype(int) - 1
    level[strongest == 0] = 0
    return tuple(tuple(np.flatnonzero((level == k) & (strongest >= 0)).tolist()) for k in range(len(LEVELS)))


def one_level(atoms: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """Atoms that are all marked alike, as strongly as can be; nothing for none."""
    return (*[()] * (len(LEVELS) - 1), atoms) if atoms else ()


def percent(share: float) -> str:
    """A share in words: "2.5 %"."""
    return f"{100 * share:.2g} %" if share < 0.995 else f"{100 * share:.0f} %"


def step_words(way: Way, step: int, value: float, state: int | None, is_step: bool) -> tuple[str, str, str]:
    """What is said of the frame that is shown and of the step it lies in.

    Parameters
    ----------
    way : Way
    step : int
    value : float
        Of the coordinate in the frame that is shown.
    state : int or None
        Of that frame, -1 outside the model; None where there are no states.
    is_step : bool
        Whether it is the frame that stands for the step, and not another that lies there.

    Returns
    -------
    tuple of str
        The value, the state, and a sentence or two about the step.
    """
    word = "" if state is None else ", outside the model" if state < 0 else f", state {state + 1}"
    below = float(way.shares[:step].sum())
    said = f"Step {step + 1} of {len(way.values)}, {_number(way.low[step])} to {_number(way.high[step])}: {percent(float(way.shares[step]))} of the frames; {percent(below)} lie below."
    if not is_step:
        said += " Another frame is shown than that of the step."
    elif way.off is not None:
        said += f" The nearest real frame to what the network decodes: its features are {way.off[step]:.2g} spreads off."
    return f"{way.name} = {_number(value)}", word, said


def _number(value: float, form: str = ".3g") -> str:
    return minus(f"{value:{form}}")
