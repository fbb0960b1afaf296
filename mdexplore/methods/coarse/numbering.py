"""State numbers that stay with their state when a setting changes, and words for those that cannot stay."""
from __future__ import annotations

import dataclasses
import weakref
from collections import deque
from collections.abc import Sequence

import numpy as np

from mdexplore.base.notices import Notice
from mdexplore.base.words import listed
from mdexplore.methods.results import ChapmanKolmogorov, Flux, Metastable

Ends = tuple[tuple[int, ...], tuple[int, ...]]
_known: deque[tuple[list[weakref.ref[np.ndarray]], tuple[int, int], np.ndarray | None]] = deque(maxlen=4)
SAME = 2 / 3   # of the frames that either has: below, an earlier and a new state are not one and the same to a reader


def overlaps(previous: Metastable, new: Metastable) -> np.ndarray:
    """Frames that each earlier and each new state share, as a part of those that either has; shape (n_previous, n_new).

    Zeros where the two speak of different frames.
    """
    table = _shared_frames(previous, new)
    if table is None:
        return np.zeros((previous.n_states, new.n_states))
    either = table.sum(axis=1, keepdims=True) + table.sum(axis=0, keepdims=True) - table
    return np.asarray((table / np.maximum(either, 1))[1:, 1:])


def _shared_frames(previous: Metastable, new: Metastable) -> np.ndarray | None:
    """Frames that are in both; row and column 0 are outside the model. None where the two speak of different frames.

    Some are remembered: colours, numbers, ends and words ask one after the other, and each time all frames would be gone through.
    """
    arrays, sizes = (*previous.assignments, *new.assignments), (previous.n_states, new.n_states)
    for known, of_sizes, table in _known:
        if of_sizes == sizes and len(known) == len(arrays) and all(there() is a for there, a in zip(known, arrays)):
            return table
    found = _count_shared(previous, new)
    _known.append(([weakref.ref(a) for a in arrays], sizes, found))
    return found


def _count_shared(previous: Metastable, new: Metastable) -> np.ndarray | None:
    if [len(a) for a in previous.assignments] != [len(a) for a in new.assignments]:
        return None
    rows, columns = previous.n_states + 1, new.n_states + 1
    table, kind = np.zeros(rows * columns, dtype=np.int64), np.int16 if rows * columns < 2**15 else np.int64
    for before, after in zip(previous.assignments, new.assignments):
        both = np.multiply(before, columns, dtype=kind)
        both += after
        both += columns + 1
        table += np.bincount(both, minlength=rows * columns)
    return table.reshape(rows, columns)


def partners(shared: np.ndarray) -> dict[int, int]:
    """Which earlier state each new one goes on from: the pairs that together overlap most."""
    from scipy.optimize import linear_sum_assignment

    return {int(now): int(old) for old, now in zip(*linear_sum_assignment(shared, maximize=True)) if shared[old, now] > 0}


def follow(previous: Metastable, new: Metastable) -> dict[int, int]:
    """Earlier states that are recognisably there again: their numbers, before and now.

    Two states are the same where they share two thirds of the frames that either has.
    """
    shared = overlaps(previous, new)
    return {old: now for now, old in sorted(partners(shared).items()) if shared[old, now] >= SAME}


def followed(ends: Ends, previous: Metastable | None, new: Metastable) -> Ends | None:
    """The two ends of a flux as the new states number them; None where one of their states is not recognisably there.

    Parameters
    ----------
    ends : tuple of (tuple of int, tuple of int)
    previous : Metastable or None
        The states they are numbers of; None where they are numbers of the new ones.
    new : Metastable
    """
    now_of = {k: k for k in range(new.n_states)} if previous is None or previous is new else follow(previous, new)
    if not all(state in now_of for end in ends for state in end):
        return None
    source, target = (tuple(now_of[state] for state in end) for end in ends)
    return source, target


def numbered_like(previous: Metastable | None, new: Metastable) -> Metastable:
    """New states with the numbers of the earlier ones they go on from, as far as there are as many numbers.

    Parameters
    ----------
    previous : Metastable or None
        None, or one of other frames, leaves the numbers as they are.
    new : Metastable
    """
    if previous is None:
        return new
    old_of = partners(overlaps(previous, new))
    kept = {old: now for now, old in old_of.items() if old < new.n_states}
    # A state without a number of its own comes after those that have theirs: first what had a higher number, then what is new.
    others = sorted(set(range(new.n_states)) - set(kept.values()), key=lambda now: (old_of.get(now, previous.n_states), now))
    return renumbered(new, [kept[number] if number in kept else others.pop(0) for number in range(new.n_states)])


def renumbered(coarse: Metastable, places: Sequence[int]) -> Metastable:
    """The same states, of which ``places[k]`` becomes state k."""
    places = list(places)
    if places == list(range(coarse.n_states)):
        return coarse
    number = np.append(np.argsort(places), -1)   # the last place answers for what is outside the model, -1
    square = np.ix_(places, places)
    made = dataclasses.replace(
        coarse, microstates=number[coarse.microstates], memberships=coarse.memberships[:, places],
        assignments=tuple(number.astype(np.int16)[np.asarray(a)] for a in coarse.assignments),
        **{name: getattr(coarse, name)[places] for name in ("populations", "lower", "upper")},
        **{name: getattr(coarse, name)[square] for name in ("mfpt", "mfpt_lower", "mfpt_upper", "flux", "passages")},
        journeys=None if coarse.journeys is None else coarse.journeys[square], colors=tuple(coarse.colors[k] for k in places),
        order=tuple(ranks(coarse)[k] for k in places),
    )
    _remember_renumbered(coarse, made, places)
    return made


def _remember_renumbered(coarse: Metastable, made: Metastable, places: list[int]) -> None:
    """What earlier states share with these, they share with the same under other numbers."""
    columns = [0, *(1 + k for k in places)]
    for known, sizes, table in list(_known):
        n = len(known) - len(coarse.assignments)
        if table is not None and n == len(coarse.assignments) and all(there() is a for there, a in zip(known[n:], coarse.assignments)):
            _known.append(([*known[:n], *(weakref.ref(a) for a in made.assignments)], sizes, table[:, columns]))


def by_rank(coarse: Metastable) -> Metastable:
    """The same states from the most to the least populated, as every process numbers them by itself."""
    return renumbered(coarse, [int(k) for k in np.argsort(ranks(coarse))])


def ranks(coarse: Metastable) -> tuple[int, ...]:
    """Rank by population of each state."""
    return coarse.order or tuple(range(coarse.n_states))


def ranked(ends: Ends, coarse: Metastable) -> Ends:
    """The two ends of a flux by the rank of their states, which is the same in every process and after every start."""
    order = ranks(coarse)
    source, target = (tuple(order[state] for state in end) for end in ends)
    return source, target


def numbered(ends: Ends, coarse: Metastable) -> Ends | None:
    """The inverse of `ranked`; None where there is no state of one of these ranks."""
    number = {rank: k for k, rank in enumerate(ranks(coarse))}
    if not all(rank in number for end in ends for rank in end):
        return None
    source, target = (tuple(number[rank] for rank in end) for end in ends)
    return source, target


def renumbered_test(test: ChapmanKolmogorov, order: Sequence[int]) -> ChapmanKolmogorov:
    """A test of states by rank as one of states in the given order (`ranks`)."""
    every = np.ix_(range(len(test.lagtimes)), order, order)
    return dataclasses.replace(test, **{name: getattr(test, name)[every] for name in ("predicted", "estimated", "lower", "upper")})


def renumbered_flux(flux: Flux, order: Sequence[int]) -> Flux:
    """A flux over states by rank as one over states in the given order (`ranks`)."""
    number = {rank: k for k, rank in enumerate(order)}
    return dataclasses.replace(flux, coarse_net_flux=flux.coarse_net_flux[np.ix_(order, order)], pathways=tuple(tuple(number[s] for s in path) for path in flux.pathways))


def changes(previous: Metastable | None, new: Metastable) -> Notice | None:
    """What became of the earlier states, where it is not what their numbers say; None where every number means what it meant.

    Numbers in the sentence count from 1, as on the page.
    """
    table = None if previous is None else _shared_frames(previous, new)
    if previous is None or table is None:
        return None
    same = follow(previous, new)
    if new.n_states == previous.n_states and all(same.get(k) == k for k in range(new.n_states)):
        return None
    gone, fresh = [k for k in range(previous.n_states) if k not in same], [k for k in range(new.n_states) if k not in same.values()]
    told = [f"state {old + 1} is now called {now + 1}" for old, now in same.items() if old != now]
    told += _where_they_went(gone, fresh, table)
    head = f"The number of states went from {previous.n_states} to {new.n_states}" if new.n_states != previous.n_states else "The states are others than before"
    return Notice("info", f"{head}: {', '.join(told)}." if told else f"{head}.", where="coarse")


def _where_they_went(gone: list[int], fresh: list[int], table: np.ndarray) -> list[str]:
    """Clauses about earlier states that are not there any more, and new ones that were not there."""
    into = table[1:, 1:] > table[1:].sum(axis=1, keepdims=True) / 2           # most of the earlier state is in the new one
    out_of = table[1:, 1:] > table[:, 1:].sum(axis=0, keepdims=True) / 2      # most of the new state was in the earlier one
    return [_told(old, now, into, out_of) for old, now in _families(gone, fresh, into | out_of)]


def _families(gone: list[int], fresh: list[int], related: np.ndarray) -> list[tuple[list[int], list[int]]]:
    """Earlier and new states that went over into each other."""
    from scipy.sparse.csgraph import connected_components

    graph = np.zeros((len(gone) + len(fresh),) * 2, bool)
    graph[:len(gone), len(gone):] = related[np.ix_(gone, fresh)]
    n, family = connected_components(graph, directed=False)
    return [([old for k, old in enumerate(gone) if family[k] == f], [now for k, now in enumerate(fresh, len(gone)) if family[k] == f]) for f in range(n)]


def _told(old: list[int], now: list[int], into: np.ndarray, out_of: np.ndarray) -> str:
    if not now:
        return f"{_states(old)} is now part of state {int(into[old[0]].argmax()) + 1}" if into[old[0]].any() else f"{_states(old)} is spread over others or gone"
    if not old:
        return f"what is now {_states(now)} was part of state {int(out_of[:, now[0]].argmax()) + 1}" if out_of[:, now[0]].any() else f"{_states(now)} is new"
    if len(old) == len(now) == 1:
        return f"{_states(old)} has other borders" if old == now else f"{_states(old)}, with other borders, is now called {now[0] + 1}"
    if len(now) == 1:
        return f"{_states(old)} together are now {_states(now)}"
    return f"{_states(old)} {'is' if len(old) == 1 else 'are'} now divided {'' if len(old) == 1 else 'anew '}into {_states(now)}"


def _states(numbers: Sequence[int]) -> str:
    return f"state{'s' * (len(numbers) > 1)} {listed([k + 1 for k in numbers])}"
