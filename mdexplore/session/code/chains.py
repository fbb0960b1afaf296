"""Functions that a script has for Markov models of every kind: the fit, the slow processes, and their timescales with intervals."""
from __future__ import annotations

MODEL = '''def estimate(lagtime):
    """Reversible maximum-likelihood Markov model on the largest connected set of microstates."""
    long = [d for d in dtrajs if len(d) > lagtime]
    counts = TransitionCountEstimator(lagtime, "sliding", n_states=len(centers)).fit_fetch(long).submodel_largest()
    return MaximumLikelihoodMSM(reversible=True, maxerr=1e-12, maxiter=10_000_000).fit_fetch(counts)
'''
MODES = '''def slow_modes(matrix, stationary, k):
    """The k slowest processes: eigenvalues, left and right eigenvectors; in falling order, not by magnitude."""
    root = np.sqrt(stationary)
    symmetric = matrix * root[:, None] / root
    values, vectors = np.linalg.eigh((symmetric + symmetric.T) / 2)
    slow = slice(-2, -2 - min(k, len(values) - 1), -1)
    return values[slow], vectors[:, slow] * root[:, None], vectors[:, slow] / root[:, None]
'''
TIMES = '''def timescales_of(eigenvalues, lagtime):
    """-lagtime / ln(eigenvalue) in frames; an eigenvalue that is not positive has none."""
    return -lagtime / np.log(np.where(eigenvalues > 0, eigenvalues, np.nan))
'''
BARS = '''def timescales(msm, k):
    """Timescales of a model in frames with 95 % intervals, each of shape (k,).

    Delta method on log t: each row of the transition matrix is a Dirichlet variable with its sliding counts divided by the lag time,
    times Bartlett's factor (doi:10.2307/2983611) for starts that overlap.
    """
    matrix, rows = msm.transition_matrix, msm.count_model.count_matrix.sum(axis=1) / msm.lagtime
    eigenvalues, left, right = slow_modes(matrix, msm.stationary_distribution, k)
    spread = matrix @ right**2 - (matrix @ right) ** 2
    error = np.sqrt((left**2 * spread / (rows + 1)[:, None]).sum(axis=0))
    x = -np.log(np.where((eigenvalues > 0) & (eigenvalues < 1), eigenvalues, np.nan))
    with np.errstate(invalid="ignore", divide="ignore"):
        factor = (1 - np.exp(-2 * x) * (1 + 2 * x)) / (x * (1 - np.exp(-2 * x)))
        factor = np.where(np.isfinite(factor) & (x > 1e-4), np.clip(factor, 0, 1), 1)
        reach = np.exp(1.959963984540054 * error * np.sqrt(factor) / np.abs(eigenvalues * x))
    found = timescales_of(eigenvalues, msm.lagtime)
    rest = np.full((3, k - len(found)), np.nan)
    return np.hstack([[found, found / reach, found * reach], rest])
'''
STATIONARY = '''def stationary_of(matrix):
    """Stationary probabilities of a transition matrix."""
    found = np.linalg.solve((np.eye(len(matrix)) - matrix + 1).T, np.ones(len(matrix)))
    return found / found.sum()
'''
