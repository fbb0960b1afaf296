"""Energies that torch can differentiate: callables of torch, numpy functions with their gradients, potentials of the model systems, OpenMM."""
from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.data.potentials import Potential
from mdexplore.methods.simulation import make_context, needs_openmm

if TYPE_CHECKING:
    import torch

    Energy = Callable[[torch.Tensor], torch.Tensor]

GAS_CONSTANT = 0.00831446261815324   # kJ/mol/K
STEEPEST = 1e15                      # kT/nm; beyond, atoms lie on each other and single precision ends


def reduced(energy: Energy | Potential, kT: float | None = None) -> Energy:
    """An energy in kT.

    Parameters
    ----------
    energy : callable or Potential
        Takes a tensor of shape (n, d), gives energies (n,), and can be differentiated by torch.
    kT : float, optional
        In the unit of the energy; that of the potential, or 1, where not given.

    Raises
    ------
    UserError
        If it is neither.
    """
    if isinstance(energy, Potential):
        found, unit = from_numpy(energy.energy, lambda x: -energy.force(x)), energy.kT if kT is None else kT
    elif callable(energy):
        found, unit = energy, 1.0 if kT is None else kT
    else:
        raise UserError(f"{energy!r} is no energy.", "A Boltzmann generator has to ask for the energy of any structure.",
                        "Give a function of a torch tensor of shape (n, d), or a potential of mdexplore.data.potentials.POTENTIALS.")
    if not (np.isfinite(unit) and unit > 0):
        raise UserError(f"kT = {unit} cannot be used.", do="Give a positive number, in the unit of the energy.")
    return lambda x: found(x) / unit


def from_numpy(energy: Callable[[np.ndarray], np.ndarray], gradient: Callable[[np.ndarray], np.ndarray]) -> Energy:
    """An energy for torch from a numpy function and its gradient.

    Parameters
    ----------
    energy : callable
        Takes points (n, d), gives energies (n,).
    gradient : callable
        Takes points (n, d), gives the gradient (n, d).
    """
    return _known(lambda points, with_slopes: (energy(points), gradient(points) if with_slopes else None))


def from_openmm(system: Any, *, temperature: float = 300.0, platform: str | None = None) -> Energy:
    """The energy of an OpenMM system in kT, a function of positions in nm, shape (n, 3 n_atoms).

    Parameters
    ----------
    system : openmm.System
        Without constraints: their bonds have no energy, so that nothing would hold generated structures together.
    temperature : float
        K.
    platform : str, optional
        Of OpenMM; Reference for small molecules where not given.

    Raises
    ------
    UserError
        If OpenMM is not installed, the temperature is not positive, or the system has constraints; when it is called, if positions are not those of as many atoms.

    Notes
    -----
    Infinite, with no slope, where atoms lie on each other.
    """
    openmm = needs_openmm("Energies of molecules are not available.")
    if not temperature > 0:
        raise UserError(f"There is no temperature of {temperature} K.", do="Give a positive one.")
    if system.getNumConstraints():
        raise UserError("This system has no energy for every bond.", f"{system.getNumConstraints()} bonds are constraints.",
                        "Make it with createSystem(..., constraints=None, rigidWater=False).")
    context = make_context(system, openmm.VerletIntegrator(0.001), platform)
    unit, n = GAS_CONSTANT * temperature, 3 * system.getNumParticles()

    def ask(points: np.ndarray, with_slopes: bool) -> tuple[np.ndarray, np.ndarray | None]:
        if points.ndim != 2 or points.shape[1] != n:
            raise UserError(f"Positions of the shape {points.shape} do not fit the system.", f"It has {n // 3} particles.", f"Give rows of {n} numbers, in nm.")
        energies, slopes = np.full(len(points), np.inf), np.zeros(points.shape) if with_slopes else None
        for i in np.flatnonzero(np.isfinite(points).all(axis=1)):
            context.setPositions(points[i].reshape(-1, 3))
            state = context.getState(getEnergy=True, getForces=with_slopes)
            energies[i] = state.getPotentialEnergy()._value / unit
            if slopes is not None:
                slopes[i] = -np.asarray(state.getForces(asNumpy=True)._value).ravel() / unit
        energies[~np.isfinite(energies)] = np.inf
        if slopes is not None:
            slopes[~(np.abs(slopes).max(axis=1, initial=0) < STEEPEST)] = 0
        return energies, slopes

    return _known(ask)


def _known(ask: Callable[[np.ndarray, bool], tuple[np.ndarray, np.ndarray | None]]) -> Energy:
    """An energy for torch from a function that gives energies and, where asked for, slopes, both at once: they share most of the work."""
    import torch

    class Known(torch.autograd.Function):
        @staticmethod
        def forward(context: Any, x: torch.Tensor) -> torch.Tensor:
            energies, slopes = ask(x.detach().cpu().numpy().astype(np.float64), x.requires_grad)
            if slopes is not None:
                context.save_for_backward(torch.from_numpy(np.asarray(slopes)).to(x))
            return torch.from_numpy(np.asarray(energies)).to(x)

        @staticmethod
        def backward(context: Any, *upstream: torch.Tensor) -> torch.Tensor:
            (slope,) = context.saved_tensors
            return upstream[0][:, None] * slope

    return Known.apply
