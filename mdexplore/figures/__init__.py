"""Figures for papers (matplotlib: ax in, ax out), and the self-contained report.

``mdx.figures.timescales(study)``; every function takes ``ax=None`` and gives the axes back.
"""
# The functions take the places of the modules of the same names, so all are imported here; matplotlib itself waits for the first figure.
from mdexplore.figures.arena import arena
from mdexplore.figures.chapman import chapman_kolmogorov
from mdexplore.figures.experiment import experiment, populations
from mdexplore.figures.generation import generated, latent, structure_scores
from mdexplore.figures.loadings import loadings
from mdexplore.figures.network import network
from mdexplore.figures.observable import observable
from mdexplore.figures.overview import overview
from mdexplore.figures.paths import other_timescales, rave
from mdexplore.figures.projection import projection
from mdexplore.figures.report import write_report
from mdexplore.figures.sampling import proposals, rounds
from mdexplore.figures.timescales import timescales
from mdexplore.figures.trace import trace
from mdexplore.figures.training import training
from mdexplore.figures.windows import overlap, profile, window_energies

__all__ = ["arena", "chapman_kolmogorov", "experiment", "generated", "latent", "loadings", "network", "observable", "other_timescales", "overlap", "overview", "populations", "profile", "projection", "proposals", "rave", "rounds", "structure_scores", "timescales", "trace", "training", "window_energies", "write_report"]
