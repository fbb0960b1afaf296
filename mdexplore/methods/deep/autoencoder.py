"""Time-lagged autoencoders: a bottleneck from which the frame one lag time later is predicted."""
from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.methods.deep import network, scores
from mdexplore.methods.deep.fitting import Design
from mdexplore.methods.deep.settings import NetworkSettings

if TYPE_CHECKING:
    import torch


def autoencoder(settings: NetworkSettings, *, beta: float | None = None, slowness: float = 0.0) -> Callable[[int, str], Design]:
    """Encoder and decoder.

    Parameters
    ----------
    settings : NetworkSettings
        ``dim`` is the width of the bottleneck, never wider than the input.
    beta : float or None
        Weight of the divergence of the noisy bottleneck from a normal distribution, a feature; None for a bottleneck without noise.
    slowness : float
        Weight of the mean autocorrelation of the bottleneck.

    Notes
    -----
    The score is 1 - mean squared error of the prediction in units of the features' variance, minus ``beta`` KL / d, plus ``slowness`` times the autocorrelation.
    """
    def design(n_inputs: int, place: str) -> Design:
        dim, hidden = min(settings.dim, n_inputs), [settings.width] * settings.layers
        encoder = network.build([n_inputs, *hidden, dim if beta is None else 2 * dim]).to(place)
        decoder = network.build([dim, *hidden[::-1], n_inputs]).to(place)

        def score(rows: torch.Tensor, is_noisy: bool) -> torch.Tensor:
            n = len(rows) // 2
            # Only slowness looks at the later frame's bottleneck.
            latent = encoder(rows if slowness else rows[:n])
            mean, spread = latent[:, :dim], latent[:n, dim:]
            code = mean[:n] if beta is None or not is_noisy else _noisy(mean[:n], spread)
            found = 1 - (decoder(code) - rows[n:]).square().mean()
            if beta is not None:
                found = found - beta * _divergence(mean[:n], spread) / n_inputs
            if slowness:
                found = found + slowness * scores.autocorrelation(mean[:n], mean[n:]).float()
            return found

        def arrays() -> dict[str, Any]:
            return {"encoder": _first(network.to_arrays(encoder), dim), "decoder": network.to_arrays(decoder)}

        return Design([*encoder.parameters(), *decoder.parameters()], lambda rows: (score(rows, True),) * 2, lambda learned, held_out: (score(held_out, False),) * 2, arrays,
                      "share of the variance predicted" if not slowness and beta is None else "score", floor=0.0)
    return design


def _noisy(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    import torch

    return mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)


def _divergence(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    """Kullback-Leibler divergence from a standard normal distribution, mean over the batch."""
    return -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum(1).mean()


def _first(encoder: dict[str, Any], dim: int) -> dict[str, Any]:
    """The encoder without the outputs that only training needs."""
    weights, biases = encoder["weights"], encoder["biases"]
    return {**encoder, "weights": (*weights[:-1], np.ascontiguousarray(weights[-1][:dim])), "biases": (*biases[:-1], biases[-1][:dim].copy())}
