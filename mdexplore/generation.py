"""Generators under one roof: Boltzmann generators, the energies and coordinates they need, and checks of what they make.

``mdx.generation.boltzmann_generator(energy, frames)``; ``mdx.generation.generate(study, "flow", 10)`` does what the panel *Generation* does.
"""
from mdexplore.methods.generation.boltzmann import Boltzmann, FreeEnergy, Generated, boltzmann_generator
from mdexplore.methods.generation.checks import StructureChecks, check_structures, side_by_side
from mdexplore.methods.generation.energies import from_numpy, from_openmm
from mdexplore.methods.generation.internal import InternalCoordinates, internal_coordinates
from mdexplore.methods.generation.making import make_frames, make_path, nearest_frames
from mdexplore.methods.generation.resampling import draw_frames, draw_path
from mdexplore.session.generating import Generation, Measured, generate
from mdexplore.session.latent import Latent

__all__ = ["Boltzmann", "FreeEnergy", "Generated", "Generation", "InternalCoordinates", "Latent", "Measured", "StructureChecks", "boltzmann_generator", "check_structures", "draw_frames", "draw_path",
           "from_numpy", "from_openmm", "generate", "internal_coordinates", "make_frames", "make_path", "nearest_frames", "side_by_side"]
