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


def spectral(settings: NetworkSettings, score: str, output: str = "linear") -> Callable[[int, str], Design]:
    """A network with one lobe for both frames of a pair.

    Parameters
    ----------
    settings : NetworkSettings
    score : {"VAMP-2", "VAMP-E", "reversible"}
    output : {"linear", "softmax"}
    """
    def design(n_inputs: int, place: str) -> Design:
        lobe = network.build([n_inputs, *[settings.width] * settings.layers, settings.dim], output).to(place)
        raised = SCORES[score]

        def objective(rows: torch.Tensor) -> torch.Tensor:
            return raised(*_halves(lobe(rows)))

        def judge(learned: torch.Tensor, held_out: torch.Tensor) -> torch.Tensor:
            if score == "VAMP-E":   # it judges the model of the training pairs
                return scores.vampe_of(scores.propagator(*_halves(lobe(learned))), *_halves(lobe(held_out)))
            return objective(held_out)

        return Design(list(lobe.parameters()), objective, judge, lambda: {"encoder": network.to_arrays(lobe, output)}, WORDS[score], floor=1.0)
    return design


def _halves(rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    n = len(rows) // 2
    return rows[:n], rows[n:]
