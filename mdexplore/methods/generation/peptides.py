"""Peptides in implicit water as OpenMM systems with an energy for every bond, of which the energy is quickly asked for."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mdexplore.base.errors import UserError
from mdexplore.methods.simulation import needs_openmm

if TYPE_CHECKING:
    import mdtraj

FILES = ("amber14/protein.ff14SB.xml", "implicit/obc2.xml")
OFFSET_NM = 0.009   # by which the radii of the Born model are smaller
WATER = 78.5        # its dielectric constant in that file


def peptide_system(topology: mdtraj.Topology) -> Any:
    """A peptide by AMBER ff14SB in OBC-II water, without constraints.

    Parameters
    ----------
    topology : mdtraj Topology
        Of standard residues with all their hydrogens.

    Returns
    -------
    openmm.System

    Raises
    ------
    UserError
        If OpenMM is not installed, or the force field does not know a residue.

    Notes
    -----
    OpenMM's own file makes a custom force of the water; `GBSAOBCForce` with the same radii has the same energy 40 times faster (22 atoms).
    """
    openmm = needs_openmm("Energies of peptides are not available.")
    from openmm import app

    try:
        system = app.ForceField(*FILES).createSystem(topology.to_openmm(), constraints=None, rigidWater=False)
    except (ValueError, KeyError) as error:
        raise UserError("This molecule has no energy here.", str(error).split(".")[0] + ".", "Make an OpenMM system of your own, and give it to mdx.generation.from_openmm in Python.") from None
    place = next(i for i, force in enumerate(system.getForces()) if isinstance(force, openmm.CustomGBForce))
    water, custom = openmm.GBSAOBCForce(), system.getForce(place)
    water.setSolventDielectric(WATER)
    for i in range(custom.getNumParticles()):
        charge, radius, scaled = custom.getParticleParameters(i)   # the radius without its offset, and that times a factor
        water.addParticle(charge, radius + OFFSET_NM, scaled / radius)
    system.removeForce(place)
    system.addForce(water)
    return system
