"""Walkers of a molecule with OpenMM, for rounds of adaptive sampling."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.methods.method import Progress, ignore
from mdexplore.methods.simulation import make_context, needs_openmm

if TYPE_CHECKING:
    import mdtraj


class MoleculeWalk:
    """Langevin dynamics of a molecule, one walker after another; call it with starts.

    Parameters
    ----------
    system : openmm.System
    topology : mdtraj Topology
        Of the same atoms in the same order.
    temperature : float
        K.
    friction_per_ps : float
    step_fs : float
        Step of integration; 1 where bonds to hydrogen are free, 2 to 4 with constraints and heavy hydrogens.
    frame_ps : float
        Time from frame to frame, a multiple of the step.
    platform : str, optional
        Of OpenMM; the fastest for the size of the molecule where not given.

    Raises
    ------
    UserError
        If OpenMM is not installed, system and topology differ, or the time of a frame is no multiple of the step.
    """

    def __init__(self, system: Any, topology: mdtraj.Topology, *, temperature: float = 300.0, friction_per_ps: float = 1.0, step_fs: float = 1.0, frame_ps: float = 1.0,
                 platform: str | None = None) -> None:
        needs_openmm("Molecules cannot be simulated.")
        if system.getNumParticles() != topology.n_atoms:
            raise UserError("The system does not fit the topology.", f"It has {system.getNumParticles()} particles; the topology has {topology.n_atoms} atoms.",
                            "Make both from the same file.")
        if min(temperature, friction_per_ps, step_fs, frame_ps) <= 0:
            raise UserError("A simulation needs a positive temperature, friction, step and time between frames.")
        self.n_steps = round(frame_ps * 1000 / step_fs)
        if abs(self.n_steps * step_fs - frame_ps * 1000) > 1e-6 * step_fs or self.n_steps < 1:
            raise UserError(f"Frames every {frame_ps:g} ps are no multiple of steps of {step_fs:g} fs.", do="Choose a step that fits, such as 1 or 2 fs.")
        self.system, self.topology, self.temperature, self.frame_ps = system, topology, temperature, frame_ps
        self._friction, self._step_ps, self._platform = friction_per_ps, step_fs / 1000, platform

    def __call__(self, starts_nm: np.ndarray, n_frames: int, seed: int = 0, progress: Progress = ignore) -> list[mdtraj.Trajectory]:
        """Simulate from each start, with new velocities.

        Parameters
        ----------
        starts_nm : ndarray, shape (n_walkers, n_atoms, 3)
        n_frames : int
            Frames of each walker, its start included.
        seed : int
            On the Reference platform the same seed gives the same frames; a barostat in the system needs a seed of its own for that.
        progress : callable

        Returns
        -------
        list of mdtraj.Trajectory, length n_walkers

        Raises
        ------
        UserError
            If starts do not fit the molecule, or a walker comes apart.
        """
        starts = np.asarray(starts_nm, float)
        if starts.ndim != 3 or starts.shape[1:] != (self.topology.n_atoms, 3) or not np.isfinite(starts).all():
            raise UserError(f"Starts of the shape {starts.shape} cannot be used.", f"The molecule has {self.topology.n_atoms} atoms.",
                            f"Give finite numbers of the shape (n_walkers, {self.topology.n_atoms}, 3), in nm.")
        if n_frames < 2:
            raise UserError(f"{n_frames} frames are too few.", do="Ask for at least two.")
        seeds = np.random.default_rng(seed).integers(1, 1 << 31, size=(len(starts), 2))   # OpenMM takes 0 for "any"
        made = []
        for k, (start, (ours, theirs)) in enumerate(zip(starts, seeds)):
            progress(k, len(starts), f"walker {k + 1}")
            made.append(self._walk(start, n_frames, int(ours), int(theirs)))
        progress(len(starts), len(starts), "")
        return made

    def _walk(self, start: np.ndarray, n_frames: int, noise: int, velocities: int) -> mdtraj.Trajectory:
        import mdtraj
        import openmm

        integrator = openmm.LangevinMiddleIntegrator(self.temperature, self._friction, self._step_ps)
        integrator.setRandomNumberSeed(noise)
        context = make_context(self.system, integrator, self._platform)
        xyz, boxes = np.empty((n_frames, *start.shape), np.float32), np.empty((n_frames, 3, 3), np.float32)
        try:
            context.setPositions(start)
            context.applyConstraints(1e-6)
            context.setVelocitiesToTemperature(self.temperature, velocities)
            for i in range(n_frames):
                if i:
                    integrator.step(self.n_steps)
                state = context.getState(getPositions=True)
                with np.errstate(over="ignore"):   # what flies off is found below
                    xyz[i] = state.getPositions(asNumpy=True)._value
                boxes[i] = state.getPeriodicBoxVectors(asNumpy=True)._value   # a barostat changes it on the way
        except openmm.OpenMMException as error:
            raise UserError("A simulation has come apart.", str(error), "Choose a shorter step, or relax the starts first.") from None
        if not np.isfinite(xyz).all():
            raise UserError("A simulation has come apart.", f"Positions are no numbers from frame {int(np.argmax(~np.isfinite(xyz).all(axis=(1, 2))))} on.",
                            "Choose a shorter step, or relax the starts first.")
        walked = mdtraj.Trajectory(xyz, self.topology, time=self.frame_ps * np.arange(n_frames))
        if self.system.usesPeriodicBoundaryConditions():
            walked.unitcell_vectors = boxes
        return walked
