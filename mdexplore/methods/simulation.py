"""OpenMM, where it is installed: which platform, and what is said where it is not there."""
from __future__ import annotations

from typing import Any

from mdexplore.base.errors import UserError
from mdexplore.base.installing import install_line

SMALL = 500   # atoms; below, setting the threads of the CPU platform to work takes longer than the work (22 atoms: ten times)


def needs_openmm(what: str) -> Any:
    """The module ``openmm``.

    Parameters
    ----------
    what : str
        What cannot be done without it, a sentence.

    Raises
    ------
    UserError
        If OpenMM is not installed.
    """
    try:
        import openmm
    except ImportError:
        raise UserError(what, "OpenMM is not installed.", f"Install it: {install_line('openmm')}") from None
    return openmm


def make_context(system: Any, integrator: Any, platform: str | None) -> Any:
    """An OpenMM context.

    Parameters
    ----------
    system : openmm.System
    integrator : openmm.Integrator
    platform : str or None
        ``"Reference"``, ``"CPU"``, ``"CUDA"``, ...; where not given, Reference for small molecules, else what OpenMM takes for the fastest.

    Raises
    ------
    UserError
        If there is no such platform, or it does not run here.
    """
    openmm = needs_openmm("Molecules cannot be simulated.")
    if not isinstance(system, openmm.System):
        raise UserError(f"{type(system).__name__} is no OpenMM system.", do="Give what openmm.app.ForceField(...).createSystem(...) makes.")
    chosen = platform or ("Reference" if system.getNumParticles() < SMALL else None)
    try:
        return openmm.Context(system, integrator, *([openmm.Platform.getPlatformByName(chosen)] if chosen else []))
    except openmm.OpenMMException as error:
        there = [openmm.Platform.getPlatform(i).getName() for i in range(openmm.Platform.getNumPlatforms())]
        raise UserError("OpenMM cannot set up the simulation.", str(error), f"Platforms that are there: {', '.join(there)}.") from None
