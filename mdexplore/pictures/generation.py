"""What the generation panel draws: what each way of generating does, and each generated frame beside its nearest real one with its scores."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mdexplore.base.words import count_of
from mdexplore.methods.generation.checks import StructureChecks
from mdexplore.pictures.listing import Item, Listed, state_word
from mdexplore.pictures.words import short
from mdexplore.session.generating import BOLTZMANN, FLOW, LANDING, MADE, Generation

WAYS = (("where a state lands", LANDING), ("new frames, by a network", MADE), ("new structures, by a flow", FLOW), ("by the energy (Boltzmann)", BOLTZMANN))
WORDS = {
    LANDING: "Real frames in which the model says that trajectories land one lag time after a state. At once.",
    MADE: "A deep generative Markov model is trained on the features, by the energy distance, and makes the frames in which a state lands. Minutes.",
    FLOW: "A flow learns bonds, angles and torsions of frames and makes new structures like them. Half a minute for a small molecule.",
    BOLTZMANN: "A flow learns frames and the energy; what it makes is weighted to equilibrium. Half a minute for a model system, two for a small peptide.",
}


def generation_picture(found: Generation, say_frame: Callable[[int, int], str], states: Sequence[int], colors: Sequence[int], topology: Any = None) -> Listed:
    """What to draw.

    Parameters
    ----------
    found : Generation
    say_frame : callable
        ``"trajectory 3, frame 812, 16.24 ns"`` of a trajectory and a frame.
    states : sequence of int
        Metastable state of each nearest real frame, -1 outside the model.
    colors : sequence of int
        Place of each state in the palette.
    topology : mdtraj.Topology, optional
        Names the atoms of a bond that is off.
    """
    frames = tuple((int(t), int(f)) for t, f in found.frames)
    sound = None if found.checks is None else found.checks.is_sound
    bars = _bars(found)
    items = tuple(Item(k + 1, -1 if state < 0 else colors[state], say_frame(*frame), state_word(state), _text(found, k, topology), float(bars[k]), sound is not None and not sound[k])
                  for k, (frame, state) in enumerate(zip(frames, states)))
    return Listed(items, frames, " ".join(found.said))


def _bars(found: Generation) -> np.ndarray:
    """Lengths of bars: weights over the largest, NaN where there are none."""
    if found.weights is None or not len(found.weights):
        return np.full(len(found.frames), np.nan)
    return np.asarray(found.weights / max(float(found.weights.max()), 1e-300))


def how(found: Generation) -> str:
    """How a selection of the nearest frames was made."""
    if found.means == LANDING:
        return f"{count_of(len(found.frames), 'frame')} in which a state lands"
    return f"real frames nearest to {count_of(len(found.frames), 'generated frame')}"


def _text(found: Generation, k: int, topology: Any) -> str:
    if found.means == LANDING:
        return ""   # said once of all of them
    away = f"{short(float(found.distances[k]))} {found.unit}".strip()
    weight = "" if found.weights is None else f" Weight {short(float(found.weights[k]), 2)} × the mean."
    if found.checks is not None:
        return f"{away} from it.{weight} {_scores(found.checks, k, topology)}"
    if found.points is not None and found.energies is not None:
        point = ", ".join(short(float(v)) for v in found.points[k])
        return f"Made at ({point}), {away} from it; energy {short(float(found.energies[k]))} kT.{weight}"
    return f"{away} from it."


def _scores(checks: StructureChecks, k: int, topology: Any) -> str:
    """Bond and clash scores against what real frames reach, with the atoms of what no real frame has."""
    bond, clash = float(checks.bond_z[k]), float(checks.clash_z[k])
    said = [f"Bonds off by {short(bond, 2)} σ{_of(checks.worst_bond[k], topology) if bond > checks.bond_limit else ''} (real up to {short(checks.bond_limit, 2)})"]
    closer = f"closest contact {short(abs(clash), 2)} σ {'nearer' if clash > 0 else 'wider'} than usual"
    said.append(f"{closer}{_of(checks.worst_contact[k], topology) if clash > checks.clash_limit else ''} (real up to {short(checks.clash_limit, 2)})")
    return f"{', '.join(said)}."


def _of(atoms: np.ndarray, topology: Any) -> str:
    return "" if topology is None else f" at {topology.atom(int(atoms[0]))}–{topology.atom(int(atoms[1]))}"
