"""The part of a script that finds VAMP and EDMD coordinates: functions of the features, their covariances, and what is slow among them."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.methods.projection.edmd import EDMD
from mdexplore.methods.projection.linear import noise_level
from mdexplore.methods.projection.vamp import LATER, VAMP
from mdexplore.session.code.data import Parts, refuse
from mdexplore.session.code.text import comment, lines, matrix

if TYPE_CHECKING:
    from mdexplore.session.study import Study

MOST_NUMBERS = 100_000   # of centres that are written out: two megabytes of text
BASES = {
    "monomials": '''    products = [z]
    for degree in range(2, DEGREE + 1):
        chosen = itertools.combinations_with_replacement(range(z.shape[1]), degree)
        products.append(np.stack([np.prod(z[:, c], axis=1) for c in map(list, chosen)], axis=1))
    return np.hstack(products)
''',
    "waves": '''    angles = 2 * np.pi * z / PERIODS
    return np.hstack([f(k * angles) for k in range(1, DEGREE + 1) for f in (np.cos, np.sin)])
''',
    "gaussians": '''    apart = (z**2).sum(axis=1)[:, None] + (PLACES**2).sum(axis=1) - 2 * z @ PLACES.T
    return np.exp(-np.clip(apart, 0, None) / (2 * BANDWIDTH**2))
''',
}
WHITENING = '''def whitening(covariance, mean):
    """L with L.T @ covariance @ L = 1 on the directions that vary."""
    spread = np.sqrt(np.diag(covariance))
    varies = np.flatnonzero(spread > NOISE * np.abs(mean))
    values, vectors = np.linalg.eigh(covariance[np.ix_(varies, varies)] / np.outer(spread[varies], spread[varies]))
    keep = values > EPSILON
    found = np.zeros((len(covariance), keep.sum()))
    found[varies] = vectors[:, keep] / np.sqrt(values[keep]) / spread[varies, None]
    return found
'''


def say_functions(settings: VAMP | EDMD, study: Study, parts: Parts) -> None:
    """``projection`` by VAMP or EDMD.

    Raises
    ------
    UserError
        If its Gaussians are too many to be written out.
    """
    found = study.result("projection")
    is_linear = found.parameters["kind"] == "linear"
    leading = np.abs(found.loadings).argmax(axis=0)
    signs = np.sign(found.loadings[leading, range(found.dim)]).astype(int)
    parts.settings += [f"PROJECTION_LAG = {study.projection_lag}   # frames", f"EPSILON = {settings.epsilon!r}   # of the variance; directions with less are dropped",
                       f"NOISE = {noise_level(study.features) if is_linear else 0.0:.3g}   # of its mean; what varies less is constant",
                       comment("The sign of a coordinate is free; here it is that of the correlation with the feature that follows it most."),
                       lines("LEADING", leading.tolist()), lines("SIGNS", signs.tolist())]
    parts.functions["functions_of"] = functions_text("" if is_linear else found.parameters["lift"]["functions"], found.parameters.get("lift", {}), parts)
    parts.functions |= {"whitening": WHITENING, "slow_coordinates": _solver(settings, is_linear)}
    parts.body += ["projection, singular_values = slow_coordinates()", f'print("{found.title}", singular_values)', ""]
    parts.saved["singular_values"] = "singular_values"


def functions_text(kind: str, lift: dict[str, Any], parts: Parts) -> str:
    """``functions_of(x)``, and what it needs at the top; features as they are for an empty kind."""
    head = 'def functions_of(x):\n    """What coordinates are put together from, double precision."""\n'
    if not kind:
        return head + "    return x.astype(float)\n"
    parts.settings += [comment("Features that change, their mean and their spread."), lines("CHANGING", lift["columns"].tolist()), lines("CENTER", lift["center"].tolist(), "np.array([", "])"),
                       lines("SCALE", lift["scale"].tolist(), "np.array([", "])")]
    if kind == "monomials":
        parts.imports.add("import itertools")
        parents = np.asarray(lift["parents"])
        degree = np.zeros(len(parents), int)
        for k, parent in enumerate(parents):
            degree[k] = 1 if parent < 0 else degree[parent] + 1
        parts.settings.append(f"DEGREE = {degree.max()}   # products of up to so many features")
    elif kind == "waves":
        parts.settings += [f"DEGREE = {int(lift['order'])}   # waves in a period", lines("PERIODS", np.asarray(lift["length"]).tolist(), "np.array([", "])")]
    else:
        centers = np.asarray(lift["centers"])
        if centers.size > MOST_NUMBERS:
            raise refuse(f"its {len(centers)} Gaussians are too many to be written out", f"A script holds at most {MOST_NUMBERS} numbers.", "Use fewer Gaussians or features.")
        parts.settings += [comment("Where the Gaussians stand, in standard deviations of the features."), matrix("PLACES", centers), f"BANDWIDTH = {float(lift['bandwidth'])!r}"]
    return head + "    z = (x.astype(float)[:, CHANGING] - CENTER) / SCALE\n" + BASES[kind]


def _solver(settings: VAMP | EDMD, is_linear: bool) -> str:
    later = isinstance(settings, VAMP) and settings.functions == LATER
    kinetic = isinstance(settings, VAMP) and settings.scaling == "kinetic map"
    if isinstance(settings, EDMD):
        doc = "Uncorrelated functions of unit variance with the largest autocorrelation, time reversed as often as not (doi:10.1007/s00332-015-9258-5)."
        gather = "    x, y = np.vstack([x, y]), np.vstack([y, x])  # as often backwards as forwards\n"
        solve = "    left = right = whitening(instant, mean)\n    white = left.T @ lagged @ right\n    values, u = np.linalg.eigh((white + white.T) / 2)\n    values, u = values[::-1], u[:, ::-1]\n    v = u\n"
    else:
        doc = "Singular functions of the propagator, of unit variance (doi:10.1007/s00332-019-09567-y)."
        gather = ""
        solve = "    left, right = whitening(instant, mean), whitening(instant_t, mean_t)\n    u, values, vt = np.linalg.svd(left.T @ lagged @ right, full_matrices=False)\n    v = vt.T\n"
    side = ("right @ v", "instant_t", "mean_t") if later else ("left @ u", "instant", "mean")
    return f'''def slow_coordinates():
    """{doc}"""
    long = [functions_of(f) for f in features if len(f) > PROJECTION_LAG]
    x, y = np.vstack([f[:-PROJECTION_LAG] for f in long]), np.vstack([f[PROJECTION_LAG:] for f in long])
{gather}    mean, mean_t = x.mean(axis=0), y.mean(axis=0)
    x, y = x - mean, y - mean_t
    instant, lagged, instant_t = x.T @ x / len(x), x.T @ y / len(x), y.T @ y / len(x)
{solve}    coefficients = ({side[0]})[:, :len(LEADING)]
    coefficients /= np.sqrt(np.einsum("ik,ij,jk->k", coefficients, {side[1]}, coefficients))
{"    coefficients *= np.minimum(values[:len(LEADING)], 1)" + chr(10) if kinetic else ""}    made = [(functions_of(f) - {side[2]}) @ coefficients for f in features]
    every, followed = np.vstack(made), np.vstack(features).astype(float)
    signs = [s * np.sign(np.corrcoef(followed[:, j], every[:, k])[0, 1]) for k, (j, s) in enumerate(zip(LEADING, SIGNS))]
    return [(m * signs).astype(np.float32) for m in made], values
'''
