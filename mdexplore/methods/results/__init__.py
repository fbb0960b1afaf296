"""What each step hands on: frozen values made of plain numbers and arrays, the same in memory, on disk and between processes.

Times are in frames; every ``*_ns`` twin is None where the time step is unknown. Microstates are numbered as the clustering numbers them,
metastable states from the most to the least populated, or as they were numbered before a setting was changed (`mdexplore.methods.coarse.numbering`).
Python counts states from 0; the page, files and notices count them from 1.
"""
from mdexplore.methods.results.arena import FoldScores
from mdexplore.methods.results.frames import Arrays, Clustering, Features, Projection
from mdexplore.methods.results.kinetics import Flux, Hidden, Kinetics, Unbiased
from mdexplore.methods.results.observables import Observable
from mdexplore.methods.results.states import Metastable
from mdexplore.methods.results.timescales import Timescales
from mdexplore.methods.results.validation import ChapmanKolmogorov, Score

__all__ = ["Arrays", "ChapmanKolmogorov", "Clustering", "Features", "Flux", "FoldScores", "Hidden", "Kinetics", "Metastable", "Observable", "Projection", "Score", "Timescales", "Unbiased"]
