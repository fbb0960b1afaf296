"""Fuzzy states with densities in which trajectories land: the likelihood of transitions is raised, and frames are drawn as the model says."""
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

SCORE = "log-likelihood gained per transition"
CHUNK = 65_536       # rows
FLOOR = 1e-12
STAY, LEAVE = 1.0, -3.0   # of the first coupling, before it is made positive: states that mostly last


def generative(settings: NetworkSettings) -> Callable[[int, str], Design]:
    """States chi and densities q: ``p(y | x) = sum_i chi_i(x) q_i(y)``, with q on the frames that were seen.

    Notes
    -----
    Deep generative Markov state model, resampling generator by maximum likelihood; Wu, Mardt, Pasquali and Noe 2018, arXiv:1805.07601. The density of state i
    is ``gamma_i(y)`` over its mean times that of the later frames; a batch stands for them while training. The score is what each transition gains over landing
    anywhere.
    """
    def design(n_inputs: int, place: str) -> Design:
        states, landing = (network.build([n_inputs, *[settings.width] * settings.layers, settings.dim]).to(place) for _ in range(2))
        landing.load_state_dict(states.state_dict())   # at first trajectories land in the state they were in: that is learned faster than from nothing

        def objective(rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            import torch

            n = len(rows) // 2
            logs = landing(rows[n:])
            logs = logs - torch.logsumexp(logs, 0) + np.log(n)
            score = torch.logsumexp(torch.log_softmax(states(rows[:n]), 1) + logs, 1).mean()
            return score, score

        def arrays() -> dict[str, Any]:
            return {"encoder": network.to_arrays(states, "softmax"), "landing": network.to_arrays(landing)}

        return Design([*states.parameters(), *landing.parameters()], objective, lambda _, held_out: objective(held_out), arrays, SCORE, 0.0, rewired)
    return design


def rewired(parameters: dict[str, Any], memberships: Sequence[np.ndarray], values: Sequence[np.ndarray], lagtime: int) -> Koopman:
    """Where trajectories go on to from where they land: ``K_ij = sum_y q_i(y) chi_j(y)`` over the later frames of all pairs."""
    weights = landing_weights(parameters, memberships, values, lagtime)
    matrix = np.sum([w.T @ chi for w, chi in zip(weights, memberships)], axis=0)
    matrix = matrix / matrix.sum(axis=1, keepdims=True)
    populations = stationary_distribution(matrix)
    flow = populations[:, None] * matrix
    unbalanced = float(np.abs(flow - flow.T).max() / flow.max())
    return Koopman(matrix, populations, np.sort(np.abs(np.linalg.eigvals(matrix)))[::-1][1:], {"detailed_balance": unbalanced})


def reversible(settings: NetworkSettings) -> Callable[[int, str], Design]:
    """States chi, a symmetric coupling S and a weight u of each frame: ``p(y | x) = sum_ij chi_i(x) S_ij chi_j(y) u(y)`` times the density of later frames.

    Notes
    -----
    Mardt, Pasquali, Noe and Wu 2020, arXiv:1912.07392, for the form, which is in detailed balance whatever the networks are; trained by likelihood here.
    """
    def design(n_inputs: int, place: str) -> Design:
        import torch

        hidden = [settings.width] * settings.layers
        states, weight = (network.build([n_inputs, *hidden, n]).to(place) for n in (settings.dim, 1))
        raw = torch.full((settings.dim, settings.dim), LEAVE).fill_diagonal_(STAY).to(place).requires_grad_()

        def objective(rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            n = len(rows) // 2
            chi, logs = torch.softmax(states(rows), 1), weight(rows[n:])[:, 0]
            logs = logs - torch.logsumexp(logs, 0) + np.log(n)
            populations = (logs.exp()[:, None] * chi[n:]).mean(0)
            coupled = ((chi[:n] @ _coupling(torch.nn.functional.softplus(raw + raw.T), populations)) * chi[n:]).sum(1)
            score = (torch.log(coupled + FLOOR) + logs).mean()
            return score, score

        def arrays() -> dict[str, Any]:
            strengths = torch.nn.functional.softplus(raw + raw.T).detach().cpu().numpy().astype(np.float64)
            return {"encoder": network.to_arrays(states, "softmax"), "weight": network.to_arrays(weight), "coupling": strengths}

        return Design([*states.parameters(), *weight.parameters(), raw], objective, lambda _, held_out: objective(held_out), arrays, SCORE, 0.0, in_balance)
    return design


def in_balance(parameters: dict[str, Any], memberships: Sequence[np.ndarray], values: Sequence[np.ndarray], lagtime: int) -> Koopman:
    """The model of a coupling and weights; the coupling is made exact for all frames. Its matrix is that of expectations: ``E[chi(y) | x] = chi(x) @ matrix``."""
    n = memberships[0].shape[1]
    weights = frame_weights(parameters, values, lagtime)
    overlap = np.zeros((n, n))
    for w, chi in zip(weights, memberships):
        x = np.asarray(chi, np.float64)
        overlap += (x * w[:, None]).T @ x
    populations = overlap.sum(axis=1)
    coupling = _coupling(parameters["coupling"], populations)
    matrix = coupling @ overlap
    flow = overlap @ matrix
    unbalanced = float(max(np.abs(flow - flow.T).max() / flow.max(), np.abs(populations @ matrix - populations).max()))
    lower = np.linalg.cholesky(overlap + 1e-14 * np.eye(n))
    return Koopman(matrix, populations, np.linalg.eigvalsh(lower.T @ coupling @ lower)[::-1][1:], {"coupling": coupling, "detailed_balance": unbalanced})


def _coupling(strengths: Any, populations: Any) -> Any:
    """A symmetric matrix S with ``S @ populations == 1``: strengths scaled down to that, and what is missing put on the diagonal; numpy or torch."""
    rows = strengths @ populations
    scaled = strengths / rows.max()
    missing = (1 - rows / rows.max()) / populations
    return scaled + (np.diag(missing) if isinstance(missing, np.ndarray) else missing.diag())


def landing_weights(parameters: dict[str, Any], memberships: Sequence[np.ndarray], values: Sequence[np.ndarray], lagtime: int) -> list[np.ndarray]:
    """Probability to land in each frame from each state, shape (n_frames_i, n); 0 in frames that follow no other by a lag time, columns sum to 1 over all frames.

    Parameters
    ----------
    parameters : dict
        Of a generative or a reversible model.
    memberships, values : sequence of ndarray
        Fuzzy states and features of the frames.
    lagtime : int
        Frames.
    """
    if "landing" in parameters:
        return _normalised([_outputs(parameters, "landing", x) for x in values], lagtime)
    weights, coupling = frame_weights(parameters, values, lagtime), np.asarray(parameters["coupling"])
    found = [w[:, None] * (np.asarray(chi, np.float64) @ coupling) for w, chi in zip(weights, memberships)]
    total = np.sum([f.sum(axis=0) for f in found], axis=0)
    return [f / total for f in found]


def frame_weights(parameters: dict[str, Any], values: Sequence[np.ndarray], lagtime: int) -> list[np.ndarray]:
    """Stationary probability of each frame in a reversible model, shape (n_frames_i,); 0 in frames that follow no other by a lag time."""
    return [w[:, 0] for w in _normalised([_outputs(parameters, "weight", x) for x in values], lagtime)]


def _outputs(parameters: dict[str, Any], name: str, x: np.ndarray) -> np.ndarray:
    parts = [network.forward(parameters[name], network.standardised(parameters, x[i : i + CHUNK])) for i in range(0, len(x), CHUNK)]
    return np.concatenate(parts).astype(np.float64) if parts else np.empty((0, len(parameters[name]["biases"][-1])))


def _normalised(logs: list[np.ndarray], lagtime: int) -> list[np.ndarray]:
    """Exponentials with sum 1 over all frames that end a pair, column by column."""
    highest = np.max([x[lagtime:].max(axis=0) for x in logs if len(x) > lagtime], axis=0)
    found = [np.exp(np.minimum(x - highest, 0.0)) for x in logs]
    for x in found:
        x[:lagtime] = 0.0
    total = np.sum([x.sum(axis=0) for x in found], axis=0)
    return [x / total for x in found]
