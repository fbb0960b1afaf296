"""Adaptive sampling under one roof: proposals for a study, and loops on model systems and molecules.

``mdx.sampling.save_starts(study, study.propose(10), "starts.pdb")``
"""
from mdexplore.data.diffusion import GridWalk, Walks, equilibrium, walk
from mdexplore.data.potentials import POTENTIALS, Potential
from mdexplore.methods.sampling.loop import Rounds, adaptive_rounds
from mdexplore.methods.sampling.molecules import MoleculeWalk
from mdexplore.methods.sampling.proposals import Proposals
from mdexplore.methods.sampling.rave import RaveRounds, rave_rounds
from mdexplore.session.proposing import propose, save_starts
from mdexplore.session.simulating import SimulatedRounds, adaptive_simulations

__all__ = ["POTENTIALS", "GridWalk", "MoleculeWalk", "Potential", "Proposals", "RaveRounds", "Rounds", "SimulatedRounds", "Walks", "adaptive_rounds", "adaptive_simulations", "equilibrium", "propose", "rave_rounds", "save_starts", "walk"]
