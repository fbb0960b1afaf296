"""Feed-forward networks as plain arrays, applied in numpy; torch modules of them for training."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import torch

CHUNK = 8192   # rows


def build(sizes: Sequence[int], output: str = "linear") -> torch.nn.Sequential:
    """A network of linear layers with ELU between them.

    Parameters
    ----------
    sizes : sequence of int
        Inputs, units of each hidden layer, outputs.
    output : {"linear", "softmax"}
        Softmax outputs are memberships in fuzzy states: not negative, with sum 1.
    """
    from torch import nn

    layers: list[Any] = []
    for a, b in pairwise(sizes):
        layers += [nn.Linear(a, b), nn.ELU()]
    layers.pop()
    return nn.Sequential(*layers, *([nn.Softmax(1)] if output == "softmax" else []))


def to_arrays(network: torch.nn.Sequential, output: str = "linear") -> dict[str, Any]:
    """The state of a network of `build` as ``{"weights": ..., "biases": ..., "output": ...}``, all float32 arrays; nothing is pickled."""
    linear = [layer for layer in network if hasattr(layer, "weight")]
    weights, biases = (tuple(np.array(getattr(layer, name).detach().cpu().numpy()) for layer in linear) for name in ("weight", "bias"))
    return {"weights": weights, "biases": biases, "output": output}


def to_module(arrays: dict[str, Any]) -> torch.nn.Sequential:
    """The network of `to_arrays` as a torch module again, as precise as its arrays are."""
    import torch

    weights, biases = arrays["weights"], arrays["biases"]
    made = build([weights[0].shape[1], *[len(b) for b in biases]], arrays["output"])
    state = dict(zip(made.state_dict(), (torch.from_numpy(np.array(a)) for pair in zip(weights, biases) for a in pair)))
    made.to(state["0.weight"].dtype).load_state_dict(state)
    return made


def whole(parameters: dict[str, Any]) -> dict[str, Any]:
    """One network from the features in their own units to the coordinates, in double precision: scaling and final map go into its outer layers."""
    p, encoder = parameters, parameters["encoder"]
    weights, biases = ([np.array(a, np.float64) for a in encoder[name]] for name in ("weights", "biases"))
    first = np.zeros((len(biases[0]), len(p["constants"])))
    first[:, p["columns"]] = weights[0] / p["scale"]
    biases[0] -= weights[0] @ (p["mean"] / p["scale"])
    weights[0] = first
    if "rotation" in p:
        weights[-1], biases[-1] = p["rotation"].T @ weights[-1], (biases[-1] - p["center"]) @ p["rotation"]
    return {"weights": tuple(weights), "biases": tuple(biases), "output": encoder["output"]}


def forward(arrays: dict[str, Any], x: np.ndarray) -> np.ndarray:
    """Outputs of a network of `to_arrays`; (n, d) in, (n, k) out, float32."""
    last = len(arrays["weights"]) - 1
    for i, (weight, bias) in enumerate(zip(arrays["weights"], arrays["biases"])):
        x = x @ weight.T
        x += bias
        if i < last:
            x = _elu(x)
    return _softmax(x) if arrays["output"] == "softmax" else x


def apply(parameters: dict[str, Any], x: np.ndarray, tick: Callable[[int], None] | None = None) -> np.ndarray:
    """Coordinates of frames by the parameters of a projection of kind "network", in chunks.

    Parameters
    ----------
    parameters : dict
        ``columns`` (features used), ``mean`` and ``scale`` (which standardise them), ``encoder`` (see `to_arrays`), and where there is a final
        linear map ``center`` (k,) and ``rotation`` (k, dim).
    x : ndarray, shape (n, d)
    tick : callable
        Called with the number of rows done.

    Returns
    -------
    ndarray, shape (n, dim), float32
    """
    p, rotation = parameters, parameters.get("rotation")
    dim = rotation.shape[1] if rotation is not None else len(p["encoder"]["biases"][-1])
    out = np.empty((len(x), dim), np.float32)
    for start in range(0, len(x), CHUNK):
        y = forward(p["encoder"], standardised(p, x[start : start + CHUNK]))
        out[start : start + CHUNK] = y if rotation is None else (y - p["center"]) @ rotation
        if tick is not None:
            tick(min(start + CHUNK, len(x)))
    return out


def decode(parameters: dict[str, Any], z: np.ndarray) -> np.ndarray:
    """Features that an autoencoder expects one lag time after frames with these coordinates.

    Parameters
    ----------
    parameters : dict
        Of a projection of kind "network" with a ``decoder``.
    z : ndarray, shape (n, dim)

    Returns
    -------
    ndarray, shape (n, d), float32
        In the units of the features; features that never change keep their value.
    """
    p = parameters
    latent = np.asarray(z, np.float64) @ np.linalg.pinv(p["rotation"]) + p["center"]
    out = np.tile(np.asarray(p["constants"], np.float32), (len(z), 1))
    out[:, p["columns"]] = forward(p["decoder"], latent.astype(np.float32)) * p["scale"] + p["mean"]
    return out


def standardised(parameters: dict[str, Any], x: np.ndarray) -> np.ndarray:
    """What the network sees of frames: the features that change, about their mean, in units of their spread; float32."""
    x = np.asarray(x[:, parameters["columns"]], np.float64)
    return ((x - parameters["mean"]) / parameters["scale"]).astype(np.float32)


def _elu(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def _softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
