"""Generated structures of a study: a flow that has seen frames alone, and Boltzmann generators of molecules and model systems."""
from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.words import count_of, in_percent
from mdexplore.data.potentials import Potential
from mdexplore.methods.generation.boltzmann import FEW, Boltzmann, boltzmann_generator
from mdexplore.methods.generation.checks import StructureChecks, check_structures
from mdexplore.methods.generation.inputs import LEAST
from mdexplore.methods.method import Progress
from mdexplore.session.generated_basins import set_aside, told_sides
from mdexplore.session.generating import BOLTZMANN, FLOW, Generation, Measured, numbered, potential_of
from mdexplore.session.latent import N_MADE, latent_plane

if TYPE_CHECKING:
    import mdtraj

    from mdexplore.methods.generation.boltzmann import Generated
    from mdexplore.methods.generation.flow import Flow
    from mdexplore.methods.results import Metastable
    from mdexplore.session.study import Study

LEARNED_FROM = 20_000   # frames: of a small molecule they are read in two seconds; with a tenth of them a flow learns their noise by heart
POINTS = 20_000         # of a model system
# What half a minute to two allow; the effective share says how far that came.
ALONE = Boltzmann(couplings=6, likelihood_steps=400, energy_steps=0, learning_rate=2e-3)
OF_MOLECULES = Boltzmann(likelihood_steps=600, energy_steps=100, batch_size=512, energy_batch_size=256, learning_rate=2e-3, n_generated=20_000)
OF_POINTS = Boltzmann(couplings=6, likelihood_steps=300, energy_steps=500, energy_batch_size=500, n_generated=POINTS, bins=0)
KELVIN = 300.0


def learned(study: Study, coarse: Metastable, n: int, state: int | None, frames: np.ndarray | None, progress: Progress) -> Generation:
    """A flow that has seen frames alone: new structures of the molecule like them, with no weight."""
    from mdexplore.methods.generation.internal import internal_coordinates

    data = study.data
    pairs = frames_to_learn(study, coarse, state, frames)
    progress(0, 1, f"reading {count_of(len(pairs), 'frame')}")
    real = data.frames(pairs).xyz
    inner = internal_coordinates(data.topology, real)   # type: ignore[arg-type]
    inside = inner.opened(inner.values(real), study.recipe.seed)
    settings = dataclasses.replace(ALONE, n_generated=2 * max(n, N_MADE))
    flow = boltzmann_generator(inner.energy(lambda x: 0 * x.sum(1)), inside, settings=settings, seed=study.recipe.seed, progress=progress)
    possible = np.flatnonzero(np.isfinite(flow.log_weights))[:max(n, N_MADE)]
    xyz = inner.structures(flow.structures[possible])
    checks = check_structures(xyz, real, data.topology, progress=progress)   # type: ignore[arg-type]
    made = Generation(FLOW, pairs[checks.nearest], checks.rmsd_nm, "nm", ("The flow has learned frames alone: without energies these structures have no weight.",),
                      np.asarray(xyz, np.float32), checks, measured=(_sound(checks, len(real)),))
    return _with_plane(made, n, flow.flow, flow.latent[possible], inside, pairs, _states(coarse, pairs))


def _with_plane(made: Generation, n: int, flow: Flow, z: np.ndarray, inside: np.ndarray, pairs: np.ndarray, states: np.ndarray | None) -> Generation:
    """The first n, with all of them in the latent space."""
    return dataclasses.replace(made.rows(np.arange(min(n, len(made.frames)))), latent=latent_plane(flow, z, made, inside, pairs, states))


def _states(coarse: Metastable, pairs: np.ndarray) -> np.ndarray:
    return np.array([coarse.assignments[t][f] for t, f in pairs])


def frames_to_learn(study: Study, coarse: Metastable, state: int | None, frames: np.ndarray | None, *, of_rare_states: bool = False) -> np.ndarray:
    """Frames for a flow, at most `LEARNED_FROM`: chosen ones, or by stationary weight from a state or from everywhere; shape (n, 2).

    With ``of_rare_states`` half of them are drawn from all states alike: where energies weigh what is made, a flow has to know rare states as well as others.
    """
    from mdexplore.session.export import frame_weights

    weights = np.asarray(frames, float) if frames is not None else frame_weights(study)
    if state is not None:
        weights = weights * (np.concatenate(coarse.assignments) == numbered(coarse, state))
    if of_rare_states:
        weights = _half_even(weights, np.concatenate(coarse.assignments))
    able = int(np.count_nonzero(weights))
    if able < LEAST:
        raise UserError(f"{count_of(able, 'frame')} are too few to learn from.", do=f"Choose at least {LEAST}.")
    numbers = np.random.default_rng(study.recipe.seed).choice(len(weights), min(able, LEARNED_FROM), replace=False, p=weights / weights.sum())
    return study.data.index.pairs(np.sort(numbers))


def _half_even(weights: np.ndarray, states: np.ndarray) -> np.ndarray:
    """Weights with sum 1, half of them given to all states alike."""
    weights = weights / weights.sum()
    shares = np.bincount(states[states >= 0], weights[states >= 0])
    even = np.zeros_like(weights)
    for state in np.flatnonzero(shares):
        inside = states == state
        even[inside] = weights[inside] / shares[state] / np.count_nonzero(shares)
    return (weights + even) / 2


def weighted_molecule(study: Study, n: int, progress: Progress) -> Generation:
    """A Boltzmann generator of a molecule: structures of equilibrium at 300 K, drawn by weight.

    Notes
    -----
    Bonds that the frames keep rigid, as simulations do with those to hydrogen, stay so: they have no energy to learn.
    """
    from mdexplore.methods.generation.energies import from_openmm
    from mdexplore.methods.generation.internal import internal_coordinates
    from mdexplore.methods.generation.peptides import peptide_system
    from mdexplore.session.export import frame_weights

    data = study.data
    topology: mdtraj.Topology = data.topology   # type: ignore[assignment]
    system = peptide_system(topology)
    is_held = held_out(study)
    pairs = frames_to_learn(study, study.result("coarse"), None, frame_weights(study) * ~is_held, of_rare_states=True)
    numbers = np.flatnonzero(is_held)
    held = numbers[:: -(-len(numbers) // LEARNED_FROM)]
    progress(0, 1, f"reading {count_of(len(pairs) + len(held), 'frame')}")
    real, others = data.frames(pairs).xyz, data.frames(data.index.pairs(held)).xyz
    inner = internal_coordinates(topology, real)
    energy, inside = inner.energy(from_openmm(system, temperature=KELVIN)), inner.opened(inner.values(real), study.recipe.seed)
    found = boltzmann_generator(energy, inside, settings=OF_MOLECULES, seed=study.recipe.seed, progress=progress,
                                held_out=inner.opened(inner.values(others), study.recipe.seed))
    rows, n_drawn = _drawn_first(found, n, study.recipe.seed)
    xyz = inner.structures(found.structures[rows])
    checks = check_structures(xyz, real, topology, progress=progress)
    n_rigid = len(inner.usual) - inner.dim
    bonds = f"with {count_of(n_rigid, 'bond')} as rigid as in the frames" if n_rigid else "with all bonds free"
    gained = tuple(_side(text) for text in told_sides(found, inner.structures(found.structures), topology, others))
    made = Generation(BOLTZMANN, pairs[checks.nearest], checks.rmsd_nm, "nm",
                      (*_notices(found), f"The energy is that of AMBER ff14SB in OBC water at {KELVIN:g} K {bonds}, whatever the trajectories were made with."),
                      np.asarray(xyz, np.float32), checks, energies=found.energies[rows], weights=_over_mean(found)[rows], measured=(_worth(found), *gained, _sound(checks, len(real))))
    return _with_plane(made, n_drawn, found.flow, found.latent[rows], inside, pairs, _states(study.result("coarse"), pairs))


def held_out(study: Study) -> np.ndarray:
    """Frames that a flow should not learn from, shape (n_frames,), bool: some of those that are from equilibrium within each basin, which frames of biased windows are not."""
    unbiased = study.result("kinetics").unbiased
    if unbiased is None:
        return set_aside(study.data.n_frames)
    found = np.concatenate(unbiased.sampled)
    found[found] = set_aside(int(found.sum()))
    return found


def _drawn_first(found: Generated, n: int, seed: int) -> tuple[np.ndarray, int]:
    """Rows to keep, and how many of them, the first, were drawn by weight; the others are as the flow makes them."""
    drawn = np.unique(found.resample(n, seed))
    others = np.setdiff1d(np.flatnonzero(np.isfinite(found.log_weights)), drawn)
    return np.append(drawn, others[:max(N_MADE - len(drawn), 0)]), len(drawn)


def weighted_points(study: Study, n: int, progress: Progress) -> Generation:
    """A Boltzmann generator of a model system: points of equilibrium, drawn by weight."""
    from scipy.spatial import cKDTree

    potential: Potential = potential_of(study.data)   # type: ignore[assignment]
    points = np.concatenate(study.data.given)   # type: ignore[arg-type]
    is_held = set_aside(len(points))
    numbers, held = (np.flatnonzero(mask) for mask in (~is_held, is_held))
    numbers, held = (rows[:: max(-(-len(rows) // POINTS), 1)] for rows in (numbers, held))
    some = points[numbers]
    found = boltzmann_generator(potential, some, settings=OF_POINTS, seed=study.recipe.seed, progress=progress, held_out=points[held])
    rows, n_drawn = _drawn_first(found, n, study.recipe.seed)
    distances, nearest = cKDTree(points).query(found.structures[rows])
    made = Generation(BOLTZMANN, study.data.index.pairs(nearest), distances, "", tuple(_notices(found)), points=found.structures[rows], energies=found.energies[rows],
                      weights=_over_mean(found)[rows], measured=(_worth(found), *_gained(found, potential)))
    return _with_plane(made, n_drawn, found.flow, found.latent[rows], some, study.data.index.pairs(numbers), None)


def _over_mean(found: Generated) -> np.ndarray:
    return found.weights * len(found.weights)


def _worth(found: Generated) -> Measured:
    share, n = found.effective_share, len(found.structures)
    return Measured("Effective share", in_percent(share), f"{count_of(n, 'structure')} made, worth {share * n:.0f} samples of equilibrium." + ("" if share >= FEW else " Few structures carry all averages."))


def _sound(checks: StructureChecks, n_real: int) -> Measured:
    return Measured("Sound", f"{int(checks.is_sound.sum())} of {len(checks.nearest)}", f"have bonds and contacts within what {count_of(n_real, 'real frame')} have.")


def _notices(found: Generated) -> list[str]:
    """What there is to say beside the effective share, which comes first."""
    return [f"{notice.text} {notice.hint}".strip() for notice in found.notices[1:]]


def _side(sentence: str) -> Measured:
    """What `told_sides` says of one torsion, with its number in front where there is one."""
    head, _, rest = sentence.partition(": ")
    value, unit, more = rest.partition(" kT")
    if " ± " not in value:
        return Measured("Free energy", "", sentence)
    return Measured("Free energy", value + unit, head.removeprefix("Free energy ") + more)


def _gained(found: Generated, potential: Potential) -> tuple[Measured, ...]:
    """Free energy of each well less that of the first, beside the exact one."""
    if potential.wells is None:
        return ()
    wells_of, exact, said = potential.wells, potential.populations(), []
    seen = np.bincount(wells_of(found.structures), minlength=len(exact))
    for well in range(1, len(exact)):
        if seen[0] and seen[well]:
            gained = found.free_energy_difference(lambda x: wells_of(x) == 0, lambda x, well=well: wells_of(x) == well)   # type: ignore[misc]
            known = "" if gained.is_two_sided else " By the weights alone: the error is a lower bound."
            said.append(Measured(f"F of well {well + 1} less well 1", f"{gained.value:.3f} ± {gained.error:.3f} kT", f"exact {round(float(np.log(exact[0] / exact[well])), 3) + 0.0:.3f}.{known}"))
    return tuple(said)
