"""The part of a script that reconciles the Markov model with measured averages; what each microstate has of them is written out."""
from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mdexplore.methods.experiment.model import AugmentedModel
from mdexplore.session.code.data import Parts, refuse
from mdexplore.session.code.text import comment, lines, matrix

if TYPE_CHECKING:
    from mdexplore.session.study import Study

MOST_NUMBERS = 100_000
RECONCILE = '''def reconciled(msm):
    """The reversible model that maximises log L(counts) - sum (measured - mean)^2 / (2 error^2) (doi:10.1073/pnas.1704803114).

    Newton's method on the logarithm of the stationary distribution and one multiplier a measurement, along measurements that move from
    what the plain model says to what they are; all per count, with observables of mean 0 and variance 1 under the plain model.
    """
    counts, start = msm.count_model.count_matrix / msm.lagtime, msm.stationary_distribution
    n, total, used = len(counts), counts.sum(), np.isfinite(ERRORS)
    before, means = start @ MEANS[active][:, used], MEANS[active][:, used]
    spread = np.sqrt(start @ (means - before) ** 2)
    spread[spread == 0] = 1
    means, goal, slack = (means - before) / spread, (MEASURED[used] - before) / spread, total * ERRORS[used] ** 2 / spread**2
    rows, symmetric = counts.sum(axis=1) / total, (counts + counts.T) / total

    def sums_at(point):
        x, force = np.exp(point[:n]), means @ point[n:]
        q = rows / x - force + x @ force
        return q[:, None] + q[None, :]

    def is_inside(point):
        return ((sums_at(point) > 0) | (symmetric == 0)).all()

    def newton(point, goal):
        for _ in range(30):
            if not is_inside(point):
                return None
            x, force, average = np.exp(point[:n]), means @ point[n:], np.exp(point[:n]) @ means
            sums = np.where(symmetric > 0, sums_at(point), 1)
            flow, bend, excess = symmetric / sums, symmetric / sums**2, x.sum() - 1
            residual = np.concatenate([(flow.sum(axis=1) - x + x * excess) / x, average - goal + point[n:] * slack])
            change = np.hstack([np.diag(-rows / x) + (x * force)[None, :], -means + average[None, :]])
            jacobian = np.zeros((len(point), len(point)))
            jacobian[:n] = -(np.diag(bend.sum(axis=1)) + bend) @ change
            jacobian[:n, :n] += np.diag(x * (excess - 1)) + np.outer(x, x)
            jacobian[:n] /= x[:, None]
            jacobian[n:, :n], jacobian[n:, n:] = (x[:, None] * means).T, np.diag(slack)
            try:
                step = np.linalg.solve(jacobian, -residual)
            except np.linalg.LinAlgError:
                return None
            reach = np.abs(step[:n]).max()
            factor = min(1, 1 / reach) if reach > 0 else 1
            while factor > 1e-4 and not is_inside(point + factor * step):
                factor /= 2
            point = point + factor * step
            if reach < 1e-10:
                return point if is_inside(point) else None

    point, done, step = np.concatenate([np.log(start), np.zeros(used.sum())]), 0.0, 1.0
    while done < 1:
        ahead = min(1, done + step)
        found = newton(point, ahead * goal)
        step = step / 2 if found is None else 2 * step
        if step < 1e-6:
            raise SystemExit("No model meets these measurements. Give larger errors, or fewer measurements.")
        if found is not None:
            point, done = found, ahead
    flow = symmetric / np.where(symmetric > 0, sums_at(point), 1)
    stationary = flow.sum(axis=1)
    return MarkovStateModel(flow / stationary[:, None], stationary / stationary.sum(), reversible=True, count_model=msm.count_model)
'''


def say_augmented(model: AugmentedModel, study: Study, parts: Parts) -> None:
    """``msm`` becomes the augmented model; raises `UserError` where there are too many averages to be written out."""
    if model.means.size > MOST_NUMBERS:
        raise refuse(f"its {model.means.size} averages of measurements are too many to be written out", f"A script holds at most {MOST_NUMBERS} numbers.", "Use fewer measurements or microstates.")
    parts.imports.add("from deeptime.markov.msm import MarkovStateModel, MaximumLikelihoodMSM")
    parts.imports.discard("from deeptime.markov.msm import MaximumLikelihoodMSM")
    errors = ["np.inf" if np.isinf(e) else repr(float(e)) for e in model.errors]
    means = np.where(np.isnan(model.means), 0.0, model.means)   # a microstate without frames is in no model
    parts.settings += [comment(f"Measured averages, their standard errors (infinity: not used), and the average of each over the frames of each microstate: {', '.join(model.names)}.".replace("\n", " ")),
                       lines("MEASURED", model.measured.tolist(), "np.array([", "])"), f"ERRORS = np.array([{', '.join(errors)}])", matrix("MEANS", means)]
    parts.functions["reconciled"] = RECONCILE
    parts.body += ["plain, msm = msm, reconciled(msm)  # the augmented Markov model", 'print("Averages without and with the measurements, and measured:")',
                   "for row in zip(plain.stationary_distribution @ MEANS[active], msm.stationary_distribution @ MEANS[active], MEASURED):", '    print("  " + ", ".join(f"{v:.6g}" for v in row))', ""]
    parts.saved["plain_stationary"] = "plain.stationary_distribution"
