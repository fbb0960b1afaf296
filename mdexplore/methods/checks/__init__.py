"""Checks of a model: timescales over lag times, Chapman-Kolmogorov test, scores, bootstrap."""
