"""Energies that torch can differentiate: callables of torch, numpy functions with their gradients, potentials of the model systems, OpenMM."""
from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.data.potentials import Potential

if TYPE_CHECKING:
    import torch

    Energy = Callable[[torch.Tensor], torch.Tensor]

GAS_CONSTANT = 0.00831446261815324   # kJ/mol/K


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
    import torch

    class Known(torch.autograd.Function):
        @staticmethod
        def forward(context: Any, x: torch.Tensor) -> torch.Tensor:
            points = x.detach().cpu().numpy().astype(np.float64)
            if x.requires_grad:
                context.save_for_backward(torch.from_numpy(np.asarray(gradient(points))).to(x))
            return torch.from_numpy(np.asarray(energy(points))).to(x)

        @staticmethod
        def backward(context: Any, *upstream: torch.Tensor) -> torch.Tensor:
            (slope,) = context.saved_tensors
            return upstream[0][:, None] * slope

    return Known.apply


def from_openmm(system: Any, *, temperature: float = 300.0) -> Energy:
    """The energy of an OpenMM system in kT, a function of positions in nm, shape (n, 3 n_atoms).

    Parameters
    ----------
    system : openmm.System
    temperature : float
        K.

    Raises
    ------
    UserError
        If OpenMM is not installed.
    """
    try:
        import openmm
    except ImportError:
        raise UserError("Energies of molecules are not available.", "OpenMM is not installed.", "Install it: pip install '.[simulate]'") from None
    context = openmm.Context(system, openmm.VerletIntegrator(0.001))
    unit = GAS_CONSTANT * temperature

    def ask(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        energies, slopes = np.empty(len(points)), np.empty(points.shape)
        for i, row in enumerate(points):
            context.setPositions(row.reshape(-1, 3))
            state = context.getState(getEnergy=True, getForces=True)
            energies[i] = state.getPotentialEnergy()._value / unit
            slopes[i] = -np.asarray(state.getForces(asNumpy=True)._value).ravel() / unit
        return energies, slopes

    return from_numpy(lambda x: ask(x)[0], lambda x: ask(x)[1])
