"""Two slow coordinates: free energy, density, states or their memberships over all frames."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.figures.style import FAINT, INK, axes
from mdexplore.methods.results import Clustering, Metastable
from mdexplore.pictures.blending import blend
from mdexplore.pictures.palette import state_hex, state_rgb
from mdexplore.session.export import frame_weights
from mdexplore.session.study import Study

COLORS = ("free energy", "density", "states", "memberships")
OUTSIDE = np.full((1, 3), 190)   # grey of what belongs to no state


def projection(study: Study, x: int = 0, y: int | None = None, color: str = "free energy", *, bins: int = 120, ax: Any = None) -> Any:
    """Draw two coordinates of the projection.

    Parameters
    ----------
    study : Study
    x, y : int
        Which coordinates, slowest first, from 0; not given, `y` is the second, or the first again where there is no other.
    color : {"free energy", "density", "states", "memberships"}
        The free energy is that of the Markov model (frames weigh as their microstates do; each by its own weight for TRAM), in kT, zero at its lowest bin. Memberships are those of PCCA+,
        or of fuzzy microstates in the metastable states: a bin is mixed from the colours of its states, grey where it belongs to none.
    bins : int
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    if color not in COLORS:
        raise UserError(f"A projection cannot be coloured by {color!r}.", do=f"Choose one of: {', '.join(COLORS)}.")
    made = study.result("projection")
    if y is None:
        y = min(1, made.dim - 1)
    for k in (x, y):
        if not 0 <= k < made.dim:
            raise UserError(f"There is no coordinate {k}.", f"The projection has {made.dim}, numbered from 0.")
    points = [np.concatenate([np.asarray(v[:, k], float) for v in made.values]) for k in (x, y)]
    with axes(ax, (4.4, 3.6)) as ax:
        {"free energy": _free_energy, "density": _density, "states": _states, "memberships": _memberships}[color](study, points, bins, ax)
        ax.set_xlabel(made.names[x])
        ax.set_ylabel(made.names[y])
        _number_states(study, points, ax)
    return ax


def _free_energy(study: Study, points: list[np.ndarray], bins: int, ax: Any) -> None:
    weights, edges_x, edges_y = np.histogram2d(points[0], points[1], bins=bins, weights=frame_weights(study))
    with np.errstate(divide="ignore"):
        energy = -np.log(weights / weights.max())
    energy[weights == 0] = np.nan
    image = ax.pcolormesh(edges_x, edges_y, energy.T, cmap="viridis", rasterized=True)
    ax.figure.colorbar(image, ax=ax, label="free energy / kT", pad=0.02)


def _density(study: Study, points: list[np.ndarray], bins: int, ax: Any) -> None:
    counts, edges_x, edges_y = np.histogram2d(points[0], points[1], bins=bins)
    counts[counts == 0] = np.nan
    image = ax.pcolormesh(edges_x, edges_y, counts.T, cmap="viridis", norm="log", rasterized=True)
    ax.figure.colorbar(image, ax=ax, label="frames", pad=0.02)


def _states(study: Study, points: list[np.ndarray], bins: int, ax: Any) -> None:
    coarse = study.metastable
    state = np.concatenate(coarse.assignments)
    shares, total, edges = _shares([state == k for k in range(coarse.n_states)], points, bins)
    rgb = shares @ (state_rgb(coarse.colors) / 255)
    _paint(ax, rgb, total, edges, coarse)


def _memberships(study: Study, points: list[np.ndarray], bins: int, ax: Any) -> None:
    coarse = study.metastable
    fuzzy, colors = _of_frames(study.result("clustering"), coarse), np.concatenate([state_rgb(coarse.colors), OUTSIDE])
    shares, total, edges = _shares(list(fuzzy.T), points, bins)
    whole = np.concatenate([shares, np.maximum(1 - shares.sum(axis=2, keepdims=True), 0)], axis=2)
    rgb = blend(whole.reshape(-1, len(colors)), colors).reshape(*total.shape, 3) / 255
    _paint(ax, np.clip(rgb, 0, 1), total, edges, coarse)


def _of_frames(clustering: Clustering, coarse: Metastable) -> np.ndarray:
    """Membership of every frame in every metastable state, shape (n_frames, n_states); 0 outside the model."""
    if clustering.memberships is not None:
        return np.concatenate(clustering.memberships) @ coarse.memberships
    return np.append(coarse.memberships, np.zeros((1, coarse.n_states)), axis=0)[np.concatenate(clustering.dtrajs)]   # the last row serves -1


def _shares(parts: Sequence[np.ndarray], points: list[np.ndarray], bins: int) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Mean of each part over the frames of each bin, shape (bins, bins, n_parts), the frames there, and the edges; rows count up the second coordinate."""
    edges = [np.linspace(p.min(), p.max(), bins + 1) for p in points]
    total = np.histogram2d(points[0], points[1], bins=edges)[0].T
    sums = np.stack([np.histogram2d(points[0], points[1], bins=edges, weights=np.asarray(part, float))[0].T for part in parts], axis=2)
    return sums / np.maximum(total, 1)[..., None], total, edges


def _paint(ax: Any, rgb: np.ndarray, total: np.ndarray, edges: list[np.ndarray], coarse: Metastable) -> None:
    """Bins in their colours, the stronger the more frames they hold, and the key."""
    alpha = np.where(total > 0, 0.2 + 0.8 * np.log1p(total) / np.log1p(total.max()), 0)
    ax.imshow(np.dstack([rgb, alpha]), origin="lower", extent=(edges[0][0], edges[0][-1], edges[1][0], edges[1][-1]), aspect="auto", interpolation="nearest")
    for k in range(coarse.n_states):
        ax.plot([], [], "s", color=state_hex(coarse.colors[k]), label=f"state {k + 1}")
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1), handletextpad=0.2)   # beside the data, wherever they lie


def _number_states(study: Study, points: list[np.ndarray], ax: Any) -> None:
    from matplotlib import patheffects

    coarse = study.metastable
    state = np.concatenate(coarse.assignments)
    for k in range(coarse.n_states):
        here = state == k
        if here.any():
            ax.text(*(float(np.median(p[here])) for p in points), str(k + 1), color=INK, weight="bold", ha="center", va="center",
                    path_effects=[patheffects.withStroke(linewidth=3, foreground="white")])
    ax.set_facecolor("white")
    ax.tick_params(color=FAINT)
