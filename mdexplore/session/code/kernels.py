"""The part of a script that finds coordinates with a Gaussian kernel: kernel EDMD, kernel CCA and KVAD. Which frames are landmarks is written out."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.methods.projection.kernel_cca import KernelCCA
from mdexplore.methods.projection.kernel_edmd import CUT, KernelEDMD
from mdexplore.methods.projection.kvad import KVAD, future_kernel
from mdexplore.methods.projection.lifting import standardised
from mdexplore.session.code.data import Parts, refuse
from mdexplore.session.code.functions import WHITENING, functions_text
from mdexplore.session.code.text import comment, lines

if TYPE_CHECKING:
    from mdexplore.session.study import Study

KERNEL = '''def gauss(a, b):
    """The Gaussian kernel between frames, in standard deviations of the features."""
    apart = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return np.exp(-np.clip(apart, 0, None) / (2 * KERNEL_WIDTH**2))


def landmarks():
    """Places of the landmarks, and what makes the kernel on the space that they span of the kernel around each: a Cholesky decomposition, step by step."""
    z = (np.vstack(features)[LANDMARKS].astype(float)[:, CHANGING] - CENTER) / SCALE
    left, rows = np.ones(len(z)), np.zeros((len(z), len(z)))
    for i in range(len(z)):
        rows[i] = (gauss(z[i : i + 1], z)[0] - rows[:i, i] @ rows[:i]) / np.sqrt(left[i])
        left = np.clip(left - rows[i] ** 2, 0, None)
    return z, solve_triangular(rows.T, np.eye(len(z)), lower=True).T


def kernel_of(x):
    """Coordinates of frames in the space of the kernel, double precision."""
    return gauss((x.astype(float)[:, CHANGING] - CENTER) / SCALE, places) @ mixing
'''
RIDGED = '''def whitening(covariance):
    """L with L.T @ (covariance + RIDGE) @ L = 1 on the directions that vary."""
    values, vectors = np.linalg.eigh(covariance)
    keep = values > CUT * values[-1]
    return vectors[:, keep] / np.sqrt(values[keep] + RIDGE)
'''
PAIRS = '''    long = [functions_of(f) for f in features if len(f) > PROJECTION_LAG]
    x, y = np.vstack([f[:-PROJECTION_LAG] for f in long]), np.vstack([f[PROJECTION_LAG:] for f in long])
'''
FINISH = '''    coefficients = ({side})[:, :len(LEADING)]
    coefficients /= np.sqrt(np.einsum("ik,ij,jk->k", coefficients, instant, coefficients))
    made = [(functions_of(f) - mean) @ coefficients for f in features]
    every, followed = np.vstack(made), np.vstack(features).astype(float)
    signs = [s * np.sign(np.corrcoef(followed[:, j], every[:, k])[0, 1]) for k, (j, s) in enumerate(zip(LEADING, SIGNS))]
    return [(m * signs).astype(np.float32) for m in made], values
'''
EDMD = '''    x, y = np.vstack([x, y]), np.vstack([y, x])  # as often backwards as forwards
    mean, mean_t = x.mean(axis=0), y.mean(axis=0)
    x, y = x - mean, y - mean_t
    instant, lagged = x.T @ x / len(x), x.T @ y / len(x)
    left = whitening(instant)
    white = left.T @ lagged @ left
    values, u = np.linalg.eigh((white + white.T) / 2)
    values, u = values[::-1], u[:, ::-1]
'''
CCA = '''    mean, mean_t = x.mean(axis=0), y.mean(axis=0)
    x, y = x - mean, y - mean_t
    instant, lagged = x.T @ x / len(x), x.T @ y / len(x)
    left = whitening(instant)
    u, values, _ = np.linalg.svd(left.T @ lagged @ whitening(y.T @ y / len(y)), full_matrices=False)
'''
VARIATIONAL = '''    later = np.vstack([kernel_of(f[PROJECTION_LAG:]) for f in features if len(f) > PROJECTION_LAG])
    mean = x.mean(axis=0)
    x, later = x - mean, later - later.mean(axis=0)
    instant = x.T @ x / len(x)
    left = whitening(instant, mean)
    u, values, _ = np.linalg.svd(left.T @ (x.T @ later / len(x)), full_matrices=False)
    values = values**2
'''


def say_kernel(settings: KernelEDMD | KernelCCA | KVAD, study: Study, parts: Parts) -> None:
    """``projection`` by a kernel method.

    Raises
    ------
    UserError
        If Gaussians of KVAD are too many to be written out.
    """
    found = study.result("projection")
    lift = found.parameters["lift"]
    leading = np.abs(found.loadings).argmax(axis=0)
    signs = np.sign(found.loadings[leading, range(found.dim)]).astype(int)
    kernel = future_kernel(settings, study.result("features"), study.recipe.seed)[1] if isinstance(settings, KVAD) else lift
    parts.settings += [f"PROJECTION_LAG = {study.projection_lag}   # frames", comment("The sign of a coordinate is free; here it is that of the correlation with the feature that follows it most."),
                       lines("LEADING", leading.tolist()), lines("SIGNS", signs.tolist())]
    if isinstance(settings, KVAD):
        text, steps, doc = functions_text(lift["functions"], lift, parts), VARIATIONAL, "Functions that carry most of the distribution of later frames (doi:10.1088/2632-2153/abde27)."
        parts.settings += [f"EPSILON = {settings.epsilon!r}   # of the variance; directions with less are dropped", "NOISE = 0.0"]
        parts.functions |= {"whitening": WHITENING}
    else:
        _say_standard(lift, parts)
        text = 'def functions_of(x):\n    """The kernel, double precision."""\n    return kernel_of(x)\n'
        steps, doc = (EDMD, "Eigenfunctions of the propagator in the space of the kernel (doi:10.3934/jcd.2015005).") if isinstance(settings, KernelEDMD) else \
            (CCA, "Singular functions of the propagator in the space of the kernel (doi:10.1007/s00332-019-09574-z).")
        parts.settings += [f"RIDGE = {settings.ridge!r}", f"CUT = {CUT!r}   # of the largest eigenvalue: below it there is rounding only"]
        parts.functions |= {"whitening": RIDGED}
    parts.settings += [comment("Frames, trajectories end to end, that the kernel is seen through: those that in turn it knew least of (pivoted Cholesky, among an even spread of frames)."),
                       lines("LANDMARKS", _frames_of(kernel, study)), f"KERNEL_WIDTH = {float(kernel['bandwidth'])!r}   # standard deviations of the features"]
    parts.functions |= {"kernel_of": KERNEL, "functions_of": text,
                        "slow_coordinates": f'def slow_coordinates():\n    """{doc}"""\n' + PAIRS + steps + FINISH.replace("{side}", "left @ u")}
    parts.imports.add("from scipy.linalg import solve_triangular")
    parts.body += ["places, mixing = landmarks()", "projection, solved_values = slow_coordinates()", f'print("{found.title}", solved_values[:len(LEADING)])', ""]
    parts.saved["solved_values"] = "solved_values"


def _say_standard(lift: dict[str, Any], parts: Parts) -> None:
    parts.settings += [comment("Features that change, their mean and their spread."), lines("CHANGING", lift["columns"].tolist()), lines("CENTER", lift["center"].tolist(), "np.array([", "])"),
                       lines("SCALE", lift["scale"].tolist(), "np.array([", "])")]


def _frames_of(kernel: dict[str, Any], study: Study) -> list[int]:
    """The running number of a frame with the features of each landmark."""
    places: dict[bytes, int] = {}
    wanted = {row.tobytes() for row in np.ascontiguousarray(kernel["centers"], float)}
    start = 0
    for x in study.features:
        for number, row in enumerate(np.ascontiguousarray(standardised(kernel, x)), start):
            key = row.tobytes()
            if key in wanted:
                places.setdefault(key, number)
        start += len(x)
    if len(places) < len(wanted):
        raise refuse("its landmarks are no frames of these data", "", "Choose TICA, VAMP, EDMD or identity.")
    return [places[row.tobytes()] for row in np.ascontiguousarray(kernel["centers"], float)]
