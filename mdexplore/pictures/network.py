"""What the state network draws: nodes by population, edges with passage times, rates or reactive flux."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from mdexplore.base.chunked import bincount
from mdexplore.base.units import TimeUnit
from mdexplore.methods.results import Clustering, Flux, Kinetics, Metastable
from mdexplore.pictures.arrows import arrow
from mdexplore.pictures.labelling import Curve, Disc, place_texts
from mdexplore.pictures.placement import place_on_circle, place_on_projection, state_centers
from mdexplore.pictures.runs import Points
from mdexplore.pictures.words import percent, percent_with_interval, rate_with_interval, time_unit, time_with_interval

Quantity = Literal["time", "rate"]
WIDTH, HEIGHT = 380.0, 340.0   # pixels of the plot area in a small cell, which a larger one stretches; the data units of the figure
PATHS_WIDTH = 36               # letters of pathways that fit below the picture
MOST_OVERLAP, MOST_OF_MANY = 8.0, 2.0   # a text that would lie worse on others is left out, of many states sooner: the caption says it when the mouse is there
ALL_EDGES, MOST_NODES = 4, 15  # up to how many states every edge is drawn; beyond how many only the strongest


@dataclass(frozen=True)
class Node:
    """A metastable state. `x`, `y`, `radius` and the middle of `text` are pixels; `text` is the population and `small` its 95 % interval, where there is room;
    `says` has both."""

    state: int
    color: int
    x: float
    y: float
    radius: float
    number: str
    text: str
    small: str
    text_x: float
    text_y: float
    says: str


@dataclass(frozen=True)
class Edge:
    """An arrow from one state to another.

    Parameters
    ----------
    curve, head : points
        Pixels; the head is a triangle.
    width : float
        Pixels, by flux on a logarithmic scale.
    label : str
        Empty where it would crowd the picture.
    says : str
        The whole truth on this pair: time or rate with its interval, passages seen.
    outwards : (x, y)
        The side on which the curve bows out.
    is_uncertain : bool
        Its time rests on few real passages.
    """

    source: int
    target: int
    curve: Points
    head: Points
    width: float
    label: str
    label_x: float
    label_y: float
    says: str
    outwards: tuple[float, float]
    is_uncertain: bool = False


@dataclass(frozen=True)
class NetworkPicture:
    """Nodes and edges, and what stands beside the title and below; `unit` is that of all labels of edges, empty where each says its own or is a share."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    subtitle: str
    caption: str
    unit: str = ""


def network_picture(coarse: Metastable, clustering: Clustering | None = None, kinetics: Kinetics | None = None, *, quantity: Quantity = "time",
                    on_projection: bool = True, flux: Flux | None = None, ends: tuple[Sequence[int], Sequence[int]] | None = None) -> NetworkPicture:
    """What to draw of the metastable states.

    Parameters
    ----------
    coarse : Metastable
    clustering, kinetics : optional
        Needed to place nodes on the projection.
    quantity : {"time", "rate"}
        What the edges say.
    on_projection : bool
        Place nodes as on the projection, else on a circle.
    flux, ends : Flux, and (source states, target states), optional
        Draw the net reactive flux between these ends.
    """
    n = coarse.n_states
    radii = _radii(coarse.populations)
    centers = state_centers(coarse, clustering, kinetics) if on_projection and clustering is not None and kinetics is not None else None
    at = place_on_projection(centers, radii, WIDTH, HEIGHT, _strongest(_strength(coarse))) if centers is not None else place_on_circle(radii, WIDTH, HEIGHT, coarse.flux)
    nodes = tuple(_node(coarse, k, at[k], radii[k]) for k in range(n))
    if flux is not None and ends is not None:
        return _arranged(nodes, _flux_edges(nodes, flux), f"flux {_names(ends[0])} → {_names(ends[1])}", _say_flux(flux))
    outside = sum(int((a < 0).sum()) for a in coarse.assignments) / max(sum(len(a) for a in coarse.assignments), 1)
    caption = "one state: nothing to exchange with" if n == 1 else ""
    if outside > 0:
        caption = "; ".join(filter(None, [caption, f"{percent(outside)} of the frames outside the model"]))
    edges, unit = _edges(nodes, coarse, quantity)
    return replace(_arranged(nodes, edges, "width: flux" if n > 1 else "", caption), unit=unit)


def _arranged(nodes: tuple[Node, ...], edges: tuple[Edge, ...], subtitle: str, caption: str) -> NetworkPicture:
    """Everything in its place; the texts come last, for they give way to nodes and arrows."""
    of_nodes, of_edges = place_texts([Disc(n.x, n.y, n.radius, n.text, n.small) for n in nodes], [Curve(e.curve, e.head, e.outwards, e.label) for e in edges],
                                     (WIDTH, HEIGHT), most=MOST_OVERLAP if len(nodes) <= ALL_EDGES else MOST_OF_MANY)
    nodes = tuple(replace(n, text_x=at[0], text_y=at[1]) for n, at in zip(nodes, of_nodes))
    edges = tuple(replace(e, label="") if at is None else replace(e, label_x=at[0], label_y=at[1]) for e, at in zip(edges, of_edges))
    return NetworkPicture(nodes, edges, subtitle, caption)


def selected_shares(states: np.ndarray, mask: np.ndarray, n_states: int) -> tuple[float, ...]:
    """What part of each state's frames is selected.

    Parameters
    ----------
    states : ndarray, shape (n_frames,), int
        -1 outside the model.
    mask : ndarray, shape (n_frames,), bool
    """
    # State -1 comes first and is left out.
    frames = bincount(lambda span: states[span] + 1, len(states), n_states + 1)[1:]
    chosen = bincount(lambda span: states[span][mask[span]] + 1, len(states), n_states + 1)[1:]
    return tuple((chosen / np.maximum(frames, 1)).tolist())


def say_pair(coarse: Metastable, i: int, j: int) -> str:
    """``"state 3 → 1: 2.64 ns [1.5, 4.6], 10 passages seen"``."""
    unit = TimeUnit(coarse.timestep_ns)
    seen = _seen(coarse, i, j)
    time = time_with_interval(*_mfpt(coarse, i, j), unit)
    few = ": too few to rely on" if coarse.few_passages[i, j] else ""
    return f"state {i + 1} → {j + 1}: {time}, {seen} passage{'' if seen == 1 else 's'} seen{few}"


def _strength(coarse: Metastable) -> np.ndarray:
    """How much goes from row to column, 0 where nothing is known; shape (n_states, n_states)."""
    return np.where(np.isfinite(coarse.mfpt), np.nan_to_num(coarse.flux), 0)


def _seen(coarse: Metastable, i: int, j: int) -> int:
    """How many real passages a mean first passage time rests on, by way of other states too where they are counted."""
    return int((coarse.passages if coarse.journeys is None else coarse.journeys)[i, j])


def _mfpt(coarse: Metastable, i: int, j: int) -> tuple[float, float, float]:
    return float(coarse.mfpt[i, j]), float(coarse.mfpt_lower[i, j]), float(coarse.mfpt_upper[i, j])


def _radii(populations: np.ndarray) -> np.ndarray:
    """Pixels: the area grows with the population, from a disc that still holds its number."""
    largest = float(np.clip(62 / np.sqrt(len(populations)), 15, 36))
    least = max(0.36 * largest, 11.0)
    share = np.nan_to_num(populations) / max(float(np.nanmax(populations)), 1e-12)
    return np.sqrt(least ** 2 + (largest ** 2 - least ** 2) * share)


def _node(coarse: Metastable, k: int, at: np.ndarray, radius: float) -> Node:
    says = percent_with_interval(*(float(a[k]) for a in (coarse.populations, coarse.lower, coarse.upper)))
    text = percent(float(coarse.populations[k]))
    small = says.removeprefix(text).strip() if coarse.n_states <= ALL_EDGES else ""
    return Node(k, coarse.colors[k], float(at[0]), float(at[1]), float(radius), str(k + 1), text, small, float(at[0]), float(at[1]), f"state {k + 1}: {says}")


def _edges(nodes: tuple[Node, ...], coarse: Metastable, quantity: Quantity) -> tuple[tuple[Edge, ...], str]:
    """Arrows with passage times or rates, and the unit that all their labels share: it is left out of them then, for a dozen labels are read by their numbers."""
    unit = TimeUnit(coarse.timestep_ns)
    strength = _strength(coarse)
    wording = time_with_interval if quantity == "time" else rate_with_interval

    def label(i: int, j: int) -> str:
        return wording(float(coarse.mfpt[i, j]), np.nan, np.nan, unit)

    def says(i: int, j: int) -> str:
        text = say_pair(coarse, i, j)
        if quantity == "time":
            return text
        rate, time = rate_with_interval(*_mfpt(coarse, i, j), unit), time_with_interval(*_mfpt(coarse, i, j), unit)
        return text.replace(time, rate)

    edges = tuple(replace(e, is_uncertain=bool(coarse.few_passages[e.source, e.target])) for e in _drawn(nodes, strength, label, says))
    units = {time_unit(float(coarse.mfpt[e.source, e.target]), unit)[1] for e in edges if e.label}
    if len(units) != 1:
        return edges, ""
    shared = units.pop()
    return tuple(replace(e, label=e.label.removesuffix(f" {shared}")) for e in edges), shared


def _flux_edges(nodes: tuple[Node, ...], flux: Flux) -> tuple[Edge, ...]:
    n = len(nodes)
    net = np.maximum(np.nan_to_num(np.asarray(flux.coarse_net_flux, float)), 0)[:n, :n]
    if net.shape != (n, n):
        return ()
    np.fill_diagonal(net, 0)
    starts = [k for k in range(n) if net[k].sum() > net[:, k].sum()]
    total = max(float(sum(net[k].sum() - net[:, k].sum() for k in starts)), 1e-300)

    def label(i: int, j: int) -> str:
        return percent(net[i, j] / total)

    return _drawn(nodes, net, label, lambda i, j: f"{label(i, j)} of the flux goes {i + 1} → {j + 1}")


def _drawn(nodes: tuple[Node, ...], strength: np.ndarray, label: Callable[[int, int], str], says: Callable[[int, int], str]) -> tuple[Edge, ...]:
    """Arrows and what they say; labels find their places in `_arranged`."""
    pairs = _strongest(strength)
    top = max((strength[p] for p in pairs), default=1.0)
    shown = set(pairs if len(nodes) <= ALL_EDGES else pairs[:len(nodes)])
    widest, made = 5.0 if len(nodes) <= ALL_EDGES else 2.8, []
    for i, j in pairs:
        width = 1.2 + widest * float(np.clip(np.log10(strength[i, j] / top) + 4, 0, 4)) / 4
        bent = arrow((nodes[i].x, nodes[i].y), (nodes[j].x, nodes[j].y), nodes[i].radius, nodes[j].radius, width)
        made.append(Edge(i, j, bent.curve, bent.head, width, label(i, j) if (i, j) in shown else "", 0.0, 0.0, says(i, j), bent.outwards))
    return tuple(made)


def _strongest(strength: np.ndarray) -> list[tuple[int, int]]:
    """Pairs to draw, strongest first: all of few states; of many, the strongest and for each node its own strongest, so that none hangs loose."""
    n = len(strength)
    pairs = sorted(((i, j) for i in range(n) for j in range(n) if i != j and strength[i, j] > 0), key=lambda p: (-strength[p], p))
    if n <= ALL_EDGES:
        return pairs
    room = 3 * n if n <= MOST_NODES else 2 * n
    own = {max(mine, key=lambda p: (strength[p], p)) for k in range(n) if (mine := [p for p in pairs if k in p])}
    kept = set(pairs[:room]) | own
    return [p for p in pairs if p in kept]


def _names(states: Sequence[int]) -> str:
    return "+".join(str(k + 1) for k in states)


def _say_flux(flux: Flux) -> str:
    unit = TimeUnit(flux.timestep_ns)
    with np.errstate(divide="ignore"):
        time, low, high = (float(1 / np.float64(rate)) if rate > 0 else np.inf if rate == 0 else np.nan for rate in (flux.rate, flux.upper_per_frame, flux.lower_per_frame))
    found = [f"{' → '.join(str(k + 1) for k in path)} {percent(share)}" for path, share in list(zip(flux.pathways, flux.shares))[:3]]
    paths = ", ".join(found if sum(map(len, found)) <= PATHS_WIDTH else found[:2])
    return f"rate {rate_with_interval(time, low, high, unit)}" + (f"; {paths}" if paths else "")
