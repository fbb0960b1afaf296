"""Boltzmann generators: independent structures from a flow that was trained on frames and on the energy, weighted to equilibrium."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.base.plain import storable
from mdexplore.base.words import count_of, in_percent
from mdexplore.base.work.threads import single_threaded
from mdexplore.data.potentials import Potential
from mdexplore.methods.deep.training import repeatable
from mdexplore.methods.generation.energies import reduced
from mdexplore.methods.generation.flow import Flow, log_normal
from mdexplore.methods.generation.free_energies import LEAST_HELD, FreeEnergy, Side, by_both, by_weights
from mdexplore.methods.generation.inputs import checked_frames, checked_held_out, checked_mask, needs_torch
from mdexplore.methods.generation.learning import Course, Plan, learn
from mdexplore.methods.method import Progress, Settings, ignore, setting

if TYPE_CHECKING:
    from mdexplore.methods.generation.energies import Energy

    Region = np.ndarray | Callable[[np.ndarray], np.ndarray]

FEW = 0.1         # effective share below which weights are doubted
CHUNK = 20_000    # points whose energy is asked for at once


@dataclass(frozen=True)
class Boltzmann(Settings):
    """A Boltzmann generator, and how it is trained."""

    couplings: int = setting(8, low=2, high=64, help="Coupling layers of the flow.")
    width: int = setting(64, low=2, high=1024, help="Units of each hidden layer.")
    layers: int = setting(2, low=1, high=8, help="Hidden layers of each coupling.")
    bins: int = setting(8, low=0, high=64, help="Pieces of the splines that bend coordinates, so that one peak can become several; 0 for couplings that only stretch and shift (RealNVP).")
    learning_rate: float = setting(1e-3, low=1e-6, high=0.1, help="Step of the optimiser (Adam).")
    likelihood_steps: int = setting(500, low=1, high=1_000_000, help="Steps that only make the frames likely.")
    energy_steps: int = setting(1000, low=0, high=1_000_000, help="Steps that also make generated structures low in energy.")
    batch_size: int = setting(256, low=16, high=100_000, help="Frames in a step.")
    energy_batch_size: int = setting(1000, low=16, high=100_000, help="Generated structures in a step.")
    energy_weight: float = setting(1.0, low=0.0, high=100.0, help="What the energy counts beside the likelihood.")
    n_generated: int = setting(100_000, low=100, high=10_000_000, help="Structures to generate in the end.")
    whiten: bool = setting(False, help="Let the flow work on uncorrelated combinations of the coordinates: for positions of atoms.")


@storable
@dataclass(frozen=True, eq=False, repr=False)
class Generated:
    """Structures from a Boltzmann generator.

    Parameters
    ----------
    flow : Flow
    latent, structures : ndarray, shape (n, d)
    energies : ndarray, shape (n,)
        kT.
    log_weights : ndarray, shape (n,)
        Logarithm of how much each structure counts in equilibrium, up to a constant.
    history : ndarray, shape (m, 3)
        Steps done, mean of -log density of held-out frames, and mean energy less entropy of generated structures in kT (NaN where not asked for).
    notices : tuple of Notice
    held_out : ndarray, shape (m, d), or None
        Real frames that the flow has not learned from, in order of time.
    held_out_log_weights : ndarray, shape (m,), or None
        Theirs, on the scale of `log_weights`; inf where the flow makes nothing.
    """

    flow: Flow
    latent: np.ndarray
    structures: np.ndarray
    energies: np.ndarray
    log_weights: np.ndarray
    history: np.ndarray
    notices: tuple[Notice, ...] = ()
    held_out: np.ndarray | None = None
    held_out_log_weights: np.ndarray | None = None

    @property
    def weights(self) -> np.ndarray:
        """Weights with sum 1, shape (n,)."""
        found = np.exp(self.log_weights - self.log_weights.max())
        return found / found.sum()

    @property
    def effective_share(self) -> float:
        """What part of as many perfect samples these are worth (Kish), between 1 / n and 1."""
        return float(1 / (len(self.log_weights) * np.sum(self.weights**2)))

    def expectation(self, values: np.ndarray) -> tuple[float, float]:
        """Equilibrium mean of a quantity given for each structure, and its standard error."""
        w, values = self.weights, np.asarray(values, float)
        mean = float(w @ values)
        return mean, float(np.sqrt(np.sum(w**2 * (values - mean) ** 2)))

    def free_energy_difference(self, a: Region, b: Region) -> FreeEnergy:
        """Free energy of region b less that of region a.

        Parameters
        ----------
        a, b : ndarray of bool, shape (n,) or (n + m,), or callable
            What lies there: of the n structures, and of the m held-out frames after them; a callable takes structures of shape (k, d).

        Returns
        -------
        FreeEnergy
            By the weights and by the held-out frames where these are known to lie there, and are 50 or more of finite weight in each region; by the weights alone otherwise. Its
            notices say what the error knows.

        Raises
        ------
        UserError
            If no structure lies in one of them, or they overlap.

        Notes
        -----
        As in `free_energies.by_both`. Held-out frames have to be from equilibrium within each region; how often they visit it plays no part.
        """
        inside, real = zip(*(self._inside(region) for region in (a, b)))
        n_both = int((inside[0] & inside[1]).sum() + (real[0] & real[1]).sum())
        if n_both:
            raise UserError("The two regions overlap.", f"{count_of(n_both, 'structure')} lie in both.", "Choose regions without common structures.")
        made = [self.log_weights[mask] - np.log(len(self.log_weights)) for mask in inside]
        for name, there in zip("ab", made):
            if not np.isfinite(there).any():
                raise UserError(f"There is no free energy of region {name}.", "No generated structure lies there.", "Choose a larger region, or train on frames of it.")
        if self.held_out_log_weights is None or not all(map(self._tells_frames, (a, b))):
            return by_weights(*made)
        weights = self.held_out_log_weights - np.log(len(self.log_weights))
        known = [int(np.isfinite(weights[mask]).sum()) for mask in real]
        if min(known) < LEAST_HELD:
            return by_weights(*made, n_held=(known[0], known[1]))
        return by_both(*(Side(there, weights[mask]) for there, mask in zip(made, real)))

    def _tells_frames(self, region: Region) -> bool:
        return callable(region) or len(region) > len(self.structures)

    def _inside(self, region: Region) -> tuple[np.ndarray, np.ndarray]:
        """Which structures and which held-out frames lie in a region; none of the frames where a mask is silent about them."""
        n, frames = len(self.structures), np.empty((0, self.structures.shape[1])) if self.held_out is None else self.held_out
        if callable(region):
            return tuple(checked_mask(region(x), len(x)) for x in (self.structures, frames))   # type: ignore[return-value]
        mask = np.asarray(region)
        if len(frames) and mask.shape == (n,):
            return checked_mask(mask, n), np.zeros(len(frames), bool)
        mask = checked_mask(mask, n + len(frames))
        return mask[:n], mask[n:]

    def resample(self, n: int, seed: int = 0) -> np.ndarray:
        """Rows drawn by weight: structures that count alike; shape (n,), int."""
        return np.random.default_rng(seed).choice(len(self.log_weights), n, p=self.weights)

    def __repr__(self) -> str:
        return f"<Generated: {count_of(len(self.structures), 'structure')} of {self.flow.dim} coordinates, effective share {self.effective_share:.2f}>"


@single_threaded()
def boltzmann_generator(energy: Energy | Potential, frames: np.ndarray, *, kT: float | None = None, settings: Boltzmann | None = None, seed: int = 0,
                        held_out: np.ndarray | None = None, progress: Progress = ignore) -> Generated:
    """Train a flow on frames and on the energy, and draw weighted structures from it.

    Parameters
    ----------
    energy : callable or Potential
        A function of a torch tensor (n, d) that gives energies (n,) and can be differentiated, or a potential of a model system.
        `energies.from_numpy` and `energies.from_openmm` make such functions.
    frames : ndarray, shape (n, d)
        From all basins that matter; how often each was visited need not be right, the weights mend it.
    kT : float, optional
        In the unit of the energy; that of the potential, or 1, where not given.
    settings : Boltzmann, optional
    seed : int
    held_out : ndarray, shape (m, d), optional
        Other frames, in order of time, from equilibrium within each basin; a third of all in stretches, say. The flow does not learn from them: joined with what it makes they give free-energy
        differences whose error knows of structures that are made too seldom.
    progress : callable
        Where it has ``is_stopped`` and that says so, or on an interrupt, the best flow so far is used.

    Raises
    ------
    UserError
        If frames or energies cannot be used, torch is not installed, or training fails.

    Notes
    -----
    Real-valued non-volume-preserving flow with rational quadratic splines, first by likelihood, then by likelihood and Kullback-Leibler divergence from the
    Boltzmann distribution; Noe, Olsson, Koehler and Wu 2019, doi:10.1126/science.aaw1147; splines: arXiv:1906.04032.
    """
    chosen = settings or Boltzmann()
    frames = checked_frames(frames)
    real = None if held_out is None else checked_held_out(held_out, frames.shape[1])
    needs_torch()
    ours = reduced(energy, kT)
    mean, frame = _coordinates(frames, chosen.whiten)
    plan = Plan(chosen.likelihood_steps, chosen.energy_steps, chosen.batch_size, chosen.energy_batch_size, chosen.learning_rate, chosen.energy_weight)
    with repeatable(seed):   # torch may just be loading, and then counts its threads itself
        highest = _check_energy(ours, frames)
        real_energies = None if real is None else _finite(asked(ours, real), "held-out frames")
        couplings, course = learn(frames, mean, frame, ours, highest, (chosen.couplings, chosen.width, chosen.layers, chosen.bins), plan, seed, progress)
        found = draw(Flow(mean, frame, couplings, chosen.bins), ours, chosen.n_generated, seed=seed, course=course)
        return found if real is None or real_energies is None else weighed(found, real, real_energies)


def draw(flow: Flow, energy: Energy, n: int, *, seed: int = 0, course: Course | None = None) -> Generated:
    """Independent structures of a flow with their weights; the energy is in kT."""
    z = np.random.default_rng(seed).standard_normal((n, flow.dim))
    moved = [flow.generate(z[i : i + CHUNK]) for i in range(0, n, CHUNK)]
    x, log_volume = (np.concatenate([part[k] for part in moved]) for k in (0, 1))
    energies = asked(energy, x)
    log_weights = -energies - log_normal(z) + log_volume
    log_weights = np.where(np.isfinite(log_weights), log_weights, -np.inf)
    if not np.isfinite(log_weights).any():
        raise UserError("None of the generated structures has a finite energy.", "The flow has not learned the frames.", "Train for more steps, or look at the energy function.")
    found = Generated(flow, z, x, energies, log_weights, np.empty((0, 3)) if course is None else course.history)
    return dataclasses.replace(found, notices=_told(found.effective_share, n, course))


def weighed(found: Generated, held_out: np.ndarray, energies: np.ndarray) -> Generated:
    """The same with real frames and their weights; energies in kT. A frame that the flow never makes weighs infinitely, and is said."""
    density = found.flow.log_density(held_out)
    is_made = np.isfinite(density)
    log_weights = np.where(is_made, -energies - density, np.inf)
    said = () if is_made.all() else (Notice("warning", f"{int((~is_made).sum())} of {count_of(len(held_out), 'held-out frame')} lie where the flow makes nothing.",
                                            "Train for longer, or on frames like them.", "generation"),)
    return dataclasses.replace(found, held_out=held_out, held_out_log_weights=log_weights, notices=(*found.notices, *said))


def asked(energy: Energy, x: np.ndarray) -> np.ndarray:
    """Energies of structures, shape (n,), without derivatives."""
    import torch

    with torch.no_grad():
        parts = [energy(torch.from_numpy(np.ascontiguousarray(x[i : i + CHUNK]))) for i in range(0, len(x), CHUNK)]
    return torch.cat(parts).cpu().numpy().astype(np.float64)


def _told(share: float, n: int, course: Course | None) -> tuple[Notice, ...]:
    said = [Notice("info" if share >= FEW else "warning", f"{n} structures were generated; they are worth {share * n:.0f} samples of equilibrium ({in_percent(share)}).",
                   "" if share >= FEW else "Train for more steps with the energy: few structures carry all averages.", "generation")]
    if course is not None and course.was_stopped:
        said.append(Notice("warning", f"Training was stopped after {count_of(course.n_steps, 'step')}; the best flow so far is in use.", "To train to the end, run it again.", "generation"))
    return tuple(said)


def _check_energy(energy: Energy, frames: np.ndarray) -> float:
    """The highest energy among the frames, kT; raises `UserError` where the energy cannot be used."""
    import torch

    some = torch.from_numpy(frames[:8].copy()).requires_grad_()
    found = energy(some)
    if not isinstance(found, torch.Tensor) or tuple(found.shape) != (len(some),):
        raise UserError("The energy cannot be used.", f"For {len(some)} structures it gives {_shape(found)}.", f"It has to give a tensor of the shape ({len(some)},), one number a structure.")
    if not found.requires_grad:
        raise UserError("The energy cannot be differentiated.", "torch cannot follow how it is computed.", "Use torch functions inside, or give its gradient to energies.from_numpy.")
    return float(_finite(asked(energy, frames)).max())


def _finite(energies: np.ndarray, who: str = "frames") -> np.ndarray:
    if not np.isfinite(energies).all():
        raise UserError(f"Some {who} have no finite energy.", f"{int((~np.isfinite(energies)).sum())} of {len(energies)}.", "Look at units and order of the coordinates.")
    return energies


def _shape(found: object) -> str:
    return f"the shape {tuple(found.shape)}" if hasattr(found, "shape") else type(found).__name__


def _coordinates(frames: np.ndarray, whiten: bool) -> tuple[np.ndarray, np.ndarray]:
    """Mean and axes that make the frames of unit variance, uncorrelated where asked for."""
    mean, spread = frames.mean(axis=0), frames.std(axis=0)
    if np.any(spread <= 1e-12 * (1 + np.abs(mean))):
        raise UserError("Some coordinates never change.", f"{int((spread <= 1e-12 * (1 + np.abs(mean))).sum())} of {len(mean)}.", "Leave them out.")
    if not whiten:
        return mean, np.diag(spread)
    values, vectors = np.linalg.eigh(np.cov(frames.T))
    if values[0] <= 1e-10 * values[-1]:
        raise UserError("The coordinates depend on each other.", f"{int((values <= 1e-10 * values[-1]).sum())} combinations of {len(values)} never change.",
                        "Give independent coordinates, or more frames.")
    return mean, np.sqrt(values)[:, None] * vectors.T
