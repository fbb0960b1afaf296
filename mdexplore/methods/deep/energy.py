"""Fuzzy states with a network that makes the frames in which trajectories land, trained by the energy distance: no frame of the data is needed to draw from it."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.numerics.spectrum import stationary_distribution
from mdexplore.methods.deep import network
from mdexplore.methods.deep.fitting import Design
from mdexplore.methods.deep.koopman import Koopman
from mdexplore.methods.deep.settings import NetworkSettings

if TYPE_CHECKING:
    import torch

SCORE = "share of the energy distance explained"
BATCH = 512          # pairs in a step where nobody has said: how often trajectories pass from well to well is learned in many small steps
DRAWS = 64           # frames made of each state in a step,
JUDGED_BY = 512      # and to judge held-out pairs, where fewer would pick a lucky epoch
JUDGED = 10_000      # held-out pairs at most, evenly spread
ROWS = 4096          # of them at a time
FINELY = 100.0        # what is raised is the distance times this: slow processes are a small part of it, and patience must see their gains
LANDINGS = 100_000   # frames made of each state for the transition matrix
CHUNK = 65_536


def energetic(settings: NetworkSettings, noise: int) -> Callable[[int, str], Design]:
    """States chi and a network G(i, noise) that makes frames: trajectories go on from x to G(i, noise) with probability chi_i(x).

    Parameters
    ----------
    settings : NetworkSettings
    noise : int
        Random numbers from which a frame is made.

    Notes
    -----
    Deep generative Markov state model; Wu, Mardt, Pasquali and Noe 2018, arXiv:1805.07601. Lowered is ``E[2 |y - y'| - |y' - y''|]`` for the later frame y of each
    pair and frames y', y'' that the model makes from its earlier one: least where both have the same density. States are summed over, not drawn, so that chi has a
    gradient, and frames made of a state serve all pairs of a step. The score is 1 where nothing is left to chance and 0 for a model that has learned nothing.
    """
    def design(n_inputs: int, place: str) -> Design:
        import torch

        n, hidden = settings.dim, [settings.width] * settings.layers
        states, maker = network.build([n_inputs, *hidden, n]).to(place), network.build([n + noise, *hidden, n_inputs]).to(place)
        even = [torch.quasirandom.SobolEngine(noise, scramble=True, seed=k) for k in range(2)]   # wavers less than random numbers, in a step as in judging
        fixed = [_normal(engine.draw(n * JUDGED_BY)).to(place) for engine in even]

        def energy(rows: torch.Tensor, draws: Sequence[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
            earlier, later = rows[: len(rows) // 2], rows[len(rows) // 2 :]
            first, second = (maker(_inputs(n, d)) for d in draws)   # two independent sets: how far frames made lie from each other is asked between them
            apart = _distances(first, second).reshape(n, len(first) // n, n, -1).mean((1, 3))
            made, apart = torch.cat([first.reshape(n, -1, n_inputs), second.reshape(n, -1, n_inputs)], 1).reshape(-1, n_inputs), (apart + apart.T) / 2
            parts = zip(earlier.split(ROWS), later.split(ROWS))
            lost = sum((_distance(torch.softmax(states(x), 1), y, made, apart) * len(y) for x, y in parts), torch.zeros((), device=place)) / len(later)
            usual = (later - later.roll(len(later) // 2, 0)).norm(dim=1).mean()   # what landing anywhere would lose
            return -FINELY * lost, 1 - lost.detach() / usual

        def objective(rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            return energy(rows, [_normal(engine.draw(n * DRAWS // 2)).to(place) for engine in even])

        def judge(_: torch.Tensor, held_out: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            pairs = held_out.reshape(2, -1, n_inputs)
            return energy(pairs[:, :: -(-pairs.shape[1] // JUDGED)].reshape(-1, n_inputs), fixed)

        def arrays() -> dict[str, Any]:
            return {"encoder": network.to_arrays(states, "softmax"), "generator": network.to_arrays(maker)}

        return Design([*states.parameters(), *maker.parameters()], objective, judge, arrays, SCORE, 0.0, landed)
    return design


def _distance(chi: torch.Tensor, later: torch.Tensor, made: torch.Tensor, apart: torch.Tensor) -> torch.Tensor:
    """Mean energy score of pairs: twice how far frames made lie from the later frame, less how far they lie from each other."""
    near = _distances(later, made).reshape(len(later), len(apart), -1).mean(2)
    return 2 * (chi * near).sum(1).mean() - ((chi @ apart) * chi).sum(1).mean()


def _distances(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    import torch

    return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")


def _normal(uniform: torch.Tensor) -> torch.Tensor:
    """Normally distributed numbers from such between 0 and 1."""
    import torch

    return torch.erfinv(2 * uniform.clamp(1e-6, 1 - 1e-6) - 1) * 2**0.5


def _inputs(n: int, noise: torch.Tensor) -> torch.Tensor:
    """What the network makes frames from: which state, and random numbers; as many rows of each state."""
    import torch

    return torch.cat([torch.eye(n, device=noise.device).repeat_interleave(len(noise) // n, 0), noise], 1)


def landed(parameters: dict[str, Any], memberships: Sequence[np.ndarray], values: Sequence[np.ndarray], lagtime: int) -> Koopman:
    """Where trajectories go on to from frames that are made: ``K_ij = E[chi_j(G(i, noise))]``, over many draws."""
    n = memberships[0].shape[1]
    random = np.random.default_rng(0)
    matrix = np.stack([_memberships(parameters, made(parameters, i, LANDINGS, random)).mean(axis=0, dtype=np.float64) for i in range(n)])
    matrix = matrix / matrix.sum(axis=1, keepdims=True)
    populations = stationary_distribution(matrix)
    flow = populations[:, None] * matrix
    unbalanced = float(np.abs(flow - flow.T).max() / flow.max())
    return Koopman(matrix, populations, np.sort(np.abs(np.linalg.eigvals(matrix)))[::-1][1:], {"detailed_balance": unbalanced})


def made(parameters: dict[str, Any], state: int, n: int, random: np.random.Generator) -> np.ndarray:
    """Frames that a generator makes of a state, standardised, shape (n, d), float32."""
    arrays = parameters["generator"]
    n_states = len(parameters["encoder"]["biases"][-1])
    noise = random.standard_normal((n, arrays["weights"][0].shape[1] - n_states), dtype=np.float32)
    which = np.zeros((1, n_states), np.float32)
    which[0, state] = 1
    return np.concatenate([network.forward(arrays, np.hstack([np.repeat(which, len(part), 0), part])) for part in _parts(noise)])


def _memberships(parameters: dict[str, Any], standardised: np.ndarray) -> np.ndarray:
    return np.concatenate([network.forward(parameters["encoder"], part) for part in _parts(standardised)])


def _parts(x: np.ndarray) -> list[np.ndarray]:
    return [x[i : i + CHUNK] for i in range(0, len(x), CHUNK)]
