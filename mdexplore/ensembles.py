"""Several ensembles under one roof: MBAR, TRAM, and paths under another potential.

``mdx.ensembles.estimate_tram(mdx.ensembles.read_ensembles(files), study.dtrajs, lagtime=10)``
"""
from mdexplore.methods.ensembles.bootstrap import bootstrap
from mdexplore.methods.ensembles.estimate import Reweighted, estimate_mbar, estimate_tram
from mdexplore.methods.ensembles.girsanov import OtherPotential, other_potential
from mdexplore.methods.ensembles.inputs import Ensembles, ensembles, evaluated, read_ensembles, tempering, umbrella

__all__ = ["Ensembles", "OtherPotential", "Reweighted", "bootstrap", "ensembles", "estimate_mbar", "estimate_tram", "evaluated", "other_potential", "read_ensembles", "tempering", "umbrella"]
