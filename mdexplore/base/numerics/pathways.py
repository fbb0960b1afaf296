"""Strongest pathways of a flux network: widest paths by a bottleneck form of Dijkstra's search."""
from __future__ import annotations

import heapq
from collections.abc import Sequence

import numpy as np


def widest_path(flux: np.ndarray, sources: np.ndarray, targets: np.ndarray) -> tuple[list[int], float]:
    """The path whose weakest edge is strongest; of those that share this edge, the one whose parts before and after it are the widest again, and so on.

    Parameters
    ----------
    flux : ndarray, shape (n, n)
        Net flux from row to column, >= 0.
    sources, targets : ndarray, int

    Returns
    -------
    path : list of int
        From a source to a target; empty where there is none.
    capacity : float
        Flux through its weakest edge.

    Notes
    -----
    The representative dominant pathway of Metzner, Schütte and Vanden-Eijnden 2009, doi:10.1137/070699500.
    """
    path, capacity = _search(flux, sources, targets)
    return _dominant(flux, path, targets), capacity


def _dominant(flux: np.ndarray, path: list[int], targets: Sequence[int] | np.ndarray) -> list[int]:
    """Make the parts of a widest path widest, too. What leads to a node of a search is the widest path there, so that only what follows is searched again."""
    if len(path) < 3:
        return path
    edges = flux[path[:-1], path[1:]]
    weakest = int(np.argmin(edges))
    before, after = path[: weakest + 1], path[weakest + 1 :]
    if len(after) > 1:   # nothing is found where another edge is exactly as weak
        found, _ = _search(flux, after[:1], targets, float(edges[weakest]))
        after = _dominant(flux, found or after, targets)
    return _dominant(flux, before, before[-1:]) + after


def _search(flux: np.ndarray, sources: Sequence[int] | np.ndarray, targets: Sequence[int] | np.ndarray, above: float = 0.0) -> tuple[list[int], float]:
    """A path whose weakest edge is strongest, and that edge's flux; only edges above a flux are used."""
    n = len(flux)
    best, previous, done = np.full(n, above), np.full(n, -1), np.zeros(n, bool)
    is_target = np.zeros(n, bool)
    is_target[targets] = True
    best[sources] = np.inf
    queue = [(-np.inf, int(s)) for s in sources]
    heapq.heapify(queue)
    while queue:
        width, node = heapq.heappop(queue)
        if done[node]:
            continue
        done[node] = True
        if is_target[node]:
            path = [node]
            while previous[path[-1]] >= 0:
                path.append(int(previous[path[-1]]))
            return path[::-1], -width
        capacity = np.minimum(-width, flux[node])
        for other in np.flatnonzero((capacity > best) & ~done):
            best[other], previous[other] = capacity[other], node
            heapq.heappush(queue, (-capacity[other], int(other)))
    return [], 0.0


def pathways(flux: np.ndarray, sources: np.ndarray, targets: np.ndarray, n_paths: int = 10, share: float = 0.99) -> tuple[list[list[int]], list[float]]:
    """Decompose a net flux into paths, strongest first.

    Parameters
    ----------
    flux : ndarray, shape (n, n)
        Left as it is.
    sources, targets : ndarray, int
    n_paths : int
        At most this many.
    share : float
        Stop when the paths carry this share of the flux that leaves the sources.

    Returns
    -------
    paths : list of list of int
    capacities : list of float
        Flux each path carries.

    Notes
    -----
    Metzner, Schütte and Vanden-Eijnden 2009, doi:10.1137/070699500.
    """
    left = np.array(flux, dtype=float)
    outside = np.setdiff1d(np.arange(len(left)), sources)
    total = left[np.ix_(sources, outside)].sum()
    paths: list[list[int]] = []
    capacities: list[float] = []
    while len(paths) < n_paths and sum(capacities) < share * total:
        path, capacity = widest_path(left, sources, targets)
        if len(path) < 2 or capacity <= 1e-14 * total:
            break
        left[path[:-1], path[1:]] -= capacity
        paths.append(path)
        capacities.append(capacity)
    return paths, capacities
