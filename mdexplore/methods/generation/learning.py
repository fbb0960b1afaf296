"""Training of a flow: by the likelihood of frames, then by the energy of what it generates, too; the best couplings are kept."""
from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.methods.deep.training import device
from mdexplore.methods.generation.flow import Couplings
from mdexplore.methods.method import Progress

if TYPE_CHECKING:
    import torch

    from mdexplore.methods.generation.energies import Energy

JUDGED_EVERY = 25      # steps
HELD_OUT = 0.1         # share of the frames
TAMED = 100.0          # kT above the highest frame; from there on energies grow as a logarithm
FARTHEST = 1e30        # kT above it, in place of infinite: one impossible structure must not hide how good the others are
STEEPEST_STEP = 10.0   # length to which a gradient is cut
SMALLEST_STEP = 0.03   # of the first
N_JUDGED = 2000        # generated structures that are looked at, and at most as many held-out frames


@dataclass(frozen=True)
class Plan:
    """Steps by likelihood alone and with the energy, frames and generated structures in a step, its size, what the energy counts."""

    likelihood_steps: int
    energy_steps: int
    batch_size: int
    energy_batch_size: int
    learning_rate: float
    energy_weight: float

    @property
    def n_steps(self) -> int:
        return self.likelihood_steps + self.energy_steps


@dataclass(frozen=True, eq=False)
class Course:
    """How training went; `history` as in `boltzmann.Generated`."""

    history: np.ndarray
    n_steps: int
    was_stopped: bool


def learn(frames: np.ndarray, mean: np.ndarray, frame: np.ndarray, energy: Energy, highest: float, shape: tuple[int, int, int, int], plan: Plan, seed: int,
          progress: Progress) -> tuple[tuple[dict[str, Any], ...], Course]:
    """Couplings that turn latent points into structures like the frames and low in energy.

    Parameters
    ----------
    frames : ndarray, shape (n, d)
    mean, frame : ndarray
        As `flow.Flow` has them.
    energy : callable
        kT.
    highest : float
        Highest energy among the frames, kT.
    shape : (int, int, int, int)
        Couplings, units and hidden layers of each, bins of its splines.
    plan : Plan
    seed : int
        Of the split; torch's own seed is set by the caller.
    progress : callable

    Raises
    ------
    UserError
        If no state of the training has a finite loss.
    """
    training = _Training(frames, mean, frame, energy, highest + TAMED, Couplings(frames.shape[1], *shape), plan, seed)
    history, was_stopped, done = [], False, 0
    try:
        while done < plan.n_steps:
            goal = min(done + JUDGED_EVERY, plan.n_steps if done >= plan.likelihood_steps else plan.likelihood_steps)
            for _ in range(done, goal):
                training.step(done >= plan.likelihood_steps)
            done = goal
            found = training.judge(with_energy=done > plan.likelihood_steps)
            history.append((done, *found))
            if done == plan.likelihood_steps and plan.energy_steps:
                training.turn_to_the_energy()
            progress(done, plan.n_steps, f"Step {done}: {_words(*found)}")
            if getattr(progress, "is_stopped", lambda: False)():
                was_stopped = done < plan.n_steps
                break
    except KeyboardInterrupt:
        if not history:
            raise
        was_stopped = True
    training.restore()
    return training.couplings.arrays(), Course(np.array(history), done, was_stopped)


def _words(likelihood: float, divergence: float) -> str:
    return f"-log likelihood {likelihood:.3f}" + ("" if math.isnan(divergence) else f", energy less entropy {divergence:.3f} kT")


class _Training:
    """Couplings, data and optimiser of one training."""

    def __init__(self, frames: np.ndarray, mean: np.ndarray, frame: np.ndarray, energy: Energy, highest: float, couplings: Couplings, plan: Plan, seed: int) -> None:
        import torch

        place, order = device(), np.random.default_rng(seed).permutation(len(frames))
        n = min(max(int(HELD_OUT * len(frames)), 1), N_JUDGED)
        scaled = np.linalg.solve(frame.T, (frames - mean).T).T.astype(np.float32)
        self._held_out, self._learned = (torch.from_numpy(scaled[part]).to(place) for part in (order[:n], order[n:]))
        self._mean, self._frame = (torch.from_numpy(a.astype(np.float32)).to(place) for a in (mean, frame))
        self._volume, self._energy, self._highest, self._plan = float(np.linalg.slogdet(frame)[1]), energy, highest, plan
        self.couplings = couplings.to(place)
        self._weights = self.couplings.weights
        self._optimizer = torch.optim.Adam(self._weights, lr=plan.learning_rate)
        # Steps shrink towards the end: weights are as uneven as the last steps are coarse.
        self._slower = torch.optim.lr_scheduler.CosineAnnealingLR(self._optimizer, plan.n_steps, plan.learning_rate * SMALLEST_STEP)
        self._fixed = torch.randn(N_JUDGED, frames.shape[1]).to(place)
        self._best = math.inf
        self._kept: list[torch.Tensor] | None = None

    def step(self, with_energy: bool) -> None:
        import torch

        plan, n = self._plan, len(self._learned)
        loss = self._unlikely(self._learned[torch.randint(n, (min(plan.batch_size, n),)).to(self._learned.device)])
        if with_energy:
            loss = loss + plan.energy_weight * self._divergence(torch.randn(plan.energy_batch_size, self._learned.shape[1]).to(self._learned.device))
        self._optimizer.zero_grad()
        loss.backward()
        length = torch.nn.utils.clip_grad_norm_(self._weights, STEEPEST_STEP)
        if bool(torch.isfinite(length)):   # one absurd structure must not spoil all weights
            self._optimizer.step()
        self._slower.step()

    def judge(self, with_energy: bool) -> tuple[float, float]:
        """Likelihood of held-out frames and divergence of fixed latent points; the best so far is kept."""
        import torch

        with torch.no_grad():
            unlikely = float(self._unlikely(self._held_out)) + self._volume
            divergence = float(self._divergence(self._fixed)) if with_energy else math.nan
        found = unlikely + (self._plan.energy_weight * divergence if with_energy else 0.0)
        if math.isfinite(found) and found < self._best:
            self._best, self._kept = found, [w.detach().clone() for w in self._weights]
        return unlikely, divergence

    def turn_to_the_energy(self) -> None:
        """Go on from the couplings that make held-out frames most likely; those count until others are better by likelihood and energy together."""
        self.restore()
        self._best = math.inf
        self.judge(with_energy=True)

    def restore(self) -> None:
        import torch

        if self._kept is None:
            raise UserError("The flow could not be trained.", "Its loss was not a finite number.", "Choose a smaller learning rate, or look for damaged frames.")
        with torch.no_grad():
            for weight, value in zip(self._weights, self._kept):
                weight.copy_(value)

    def _unlikely(self, u: torch.Tensor) -> torch.Tensor:
        z, log_volume = self.couplings.latent(u)
        return (0.5 * z.square().sum(1) - log_volume).mean() + 0.5 * u.shape[1] * math.log(2 * math.pi)

    def _divergence(self, z: torch.Tensor) -> torch.Tensor:
        """Mean of energy less ``log |det dx/dz|``: the divergence from the Boltzmann distribution but for a constant."""
        u, log_volume = self.couplings.generate(z)
        return (self._tame(self._energy(self._mean + u @ self._frame)) - log_volume).mean() - self._volume

    def _tame(self, energy: torch.Tensor) -> torch.Tensor:
        import torch

        above = torch.clamp(energy - self._highest, min=0.0, max=FARTHEST)
        return torch.where(above > 0, self._highest + torch.log1p(above), energy)
