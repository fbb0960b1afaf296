"""Settings that all networks share."""
from __future__ import annotations

from dataclasses import dataclass

from mdexplore.methods.deep.training import Plan
from mdexplore.methods.method import Lag, Settings, setting


@dataclass(frozen=True)
class NetworkSettings(Settings):
    """A network, and how it is trained."""

    lagtime: Lag = setting(None, help="Time between the two frames of a pair; the study's lag time where not given.")
    dim: int = setting(4, low=1, high=50, help="Number of outputs.")
    width: int = setting(64, low=2, high=1024, help="Units of each hidden layer.")
    layers: int = setting(2, low=1, high=8, help="Hidden layers.")
    learning_rate: float = setting(3e-3, low=1e-6, high=0.1, help="First step of the optimiser (Adam); it becomes smaller when the held-out score stands still.")
    epochs: int = setting(60, low=1, high=10_000, help="Most passes over the training pairs; training ends when the held-out score stands still.")
    patience: int = setting(5, low=1, high=1000, help="Epochs without a better held-out score before the steps are made smaller.")
    batch_size: int | None = setting(None, low=16, high=1_000_000, help="Pairs in a step; chosen from their number where not given.")
    max_pairs: int = setting(200_000, low=100, high=100_000_000, help="Where there are more pairs of frames, a random sample of so many is learned from.")

    @property
    def plan(self) -> Plan:
        return Plan(self.epochs, self.batch_size, self.learning_rate, self.patience)


@dataclass(frozen=True)
class StateSettings(NetworkSettings):
    """Networks whose fuzzy states are learned together with where trajectories land: they want smaller steps."""

    dim: int = setting(4, low=2, high=50, help="Number of fuzzy states.")
    layers: int = setting(3, low=1, high=8, help="Hidden layers.")
    learning_rate: float = setting(1e-3, low=1e-6, high=0.1, help="First step of the optimiser (Adam); it becomes smaller when the held-out score stands still.")

    @property
    def gives(self) -> str:
        return fuzzy_words(self.dim)


def fuzzy_words(n_states: int) -> str:
    """What fuzzy states are, in a sentence."""
    return f"Gives {n_states} fuzzy states: how much of each a frame is in, from 0 to 1; together 1."
