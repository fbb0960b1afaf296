"""Networks that raise a variational score of their outputs."""
from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mdexplore.methods.deep import network, scores
from mdexplore.methods.deep.fitting import Design
from mdexplore.methods.deep.settings import NetworkSettings

if TYPE_CHECKING:
    import torch

SCORES = {"VAMP-2": scores.vamp2, "VAMP-E": scores.vampe, "reversible": scores.reversible}
WORDS = {"VAMP-2": "VAMP-2", "VAMP-E": "VAMP-E", "reversible": "reversible VAMP-2"}


def spectral(settings: NetworkSettings, score: str, output: str = "linear", crispness: float = 0.0) -> Callable[[int, str], Design]:
    """A network with one lobe for both frames of a pair.

    Parameters
    ----------
    settings : NetworkSettings
    score : {"VAMP-2", "VAMP-E", "reversible"}
    output : {"linear", "softmax"}
    crispness : float
        What crisp memberships count beside the score. A score is the same for all mixtures of the same states; this chooses among them.

    Notes
    -----
    Crispness is that of PCCA+, the mean over states of ``<chi_i, chi_i> / <chi_i>``; Röblitz and Weber 2013, doi:10.1007/s11634-013-0134-6.
    """
    def design(n_inputs: int, place: str) -> Design:
        lobe = network.build([n_inputs, *[settings.width] * settings.layers, settings.dim], output).to(place)
        raised = SCORES[score]

        def both(found: torch.Tensor, outputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            return (found + crispness * _crisp(outputs) if crispness else found), found

        def objective(rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            outputs = lobe(rows)
            return both(raised(*_halves(outputs)), outputs)

        def judge(learned: torch.Tensor, held_out: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            if score != "VAMP-E":
                return objective(held_out)
            outputs = lobe(held_out)   # VAMP-E judges the model of the training pairs
            return both(scores.vampe_of(scores.propagator(*_halves(lobe(learned))), *_halves(outputs)), outputs)

        return Design(list(lobe.parameters()), objective, judge, lambda: {"encoder": network.to_arrays(lobe, output)}, WORDS[score], floor=1.0)
    return design


def _crisp(memberships: torch.Tensor) -> torch.Tensor:
    return (memberships.square().mean(0) / (memberships.mean(0) + scores.EPSILON)).mean()


def _halves(rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    n = len(rows) // 2
    return rows[:n], rows[n:]
