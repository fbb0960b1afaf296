"""Measurements and models under one roof: observables, what frames would give, and the augmented Markov model.

``study.augment([mdx.experiment.noe(study.data, (4, 10), 0.35, 0.03)])``
"""
from mdexplore.methods.experiment.augmented import augmented_model
from mdexplore.methods.experiment.backcalculation import distance, formula, j_coupling, noe, phi_atoms, torsion
from mdexplore.methods.experiment.observables import Observable, read_observables
from mdexplore.methods.experiment.result import Augmented
from mdexplore.session.experiment import augment, augmented_study, carriers

__all__ = ["Augmented", "Observable", "augment", "augmented_model", "augmented_study", "carriers", "distance", "formula", "j_coupling", "noe", "phi_atoms", "read_observables", "torsion"]
