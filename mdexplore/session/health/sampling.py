"""Guards of the data behind the kinetics: passages, length, trajectories, what the model leaves out."""
from __future__ import annotations

from typing import Any

import numpy as np

from mdexplore.base.notices import Notice
from mdexplore.base.units import TimeUnit
from mdexplore.base.words import count_of, in_percent
from mdexplore.methods.checks.passages import cores
from mdexplore.methods.results import Clustering, Kinetics, Metastable
from mdexplore.session.health.guard import once, use_lagtime, use_microstates

FEW_PASSAGES = 30
FEW_TRAJECTORIES = 3
FEW_LENGTHS = 20          # all frames together, in slowest timescales
LONG = 5                  # slowest timescales that make a trajectory long
UNLIKELY = 1e-4
THIN = 10.0               # independent counts of a microstate


def passages(results: dict[str, Any], unit: TimeUnit) -> Notice | None:
    """Few real passages carry the slowest exchange: no error bar of a Markov model sees that."""
    coarse, kinetics = results.get("coarse"), results.get("kinetics")
    if coarse is None or kinetics is None or coarse.n_states < 2:
        return None
    rare, other = _rarest_exchange(coarse)
    seen = coarse.passages if coarse.journeys is None else coarse.journeys
    into, out = int(seen[other, rare]), int(seen[rare, other])
    if kinetics.unbiased is not None:   # biased windows carry what is rare, and their passages say nothing of times
        return Notice("info", f"{count_of(into + out, 'real passage', 'real passages')} between state {rare + 1} and state {other + 1} without bias, core to core: TRAM needs none, as long as windows overlap on the way.", where="kinetics")
    if into + out == 0:
        text = f"No real passage between state {rare + 1} and state {other + 1} is seen; that exchange is an extrapolation."
        return Notice("warning", text, "Longer or more trajectories would help.", "kinetics")
    ways = [f"{n} {'time' if n == 1 else 'times'}" for n in (into, out)]
    if coarse.n_states == 2:
        told = f"State {rare + 1} is entered {ways[0]} and left {ways[1]}"
    else:
        told = f"The trajectories go {ways[0]} from state {other + 1} to state {rare + 1} and {ways[1]} back, by whatever way"
    text = f"{told}, core to core: {count_of(into + out, 'real passage carries', 'real passages carry')} the rarest exchange."
    if into + out <= FEW_PASSAGES:
        return Notice("warning", text, "Trust the bootstrap over trajectories more than the Markov formula; longer trajectories would help.", "kinetics")
    if min(into, out) < FEW_PASSAGES // 6:
        return Notice("warning", f"{told}: the data are far from equilibrium.",
                      "Its population and the rarer rate rest on few events: start trajectories on both sides.", "kinetics")
    # Beyond the resolved processes passages are frequent because the states are none: their number would only reassure.
    return Notice("info", text, where="kinetics") if coarse.n_states <= kinetics.n_resolved + 1 else None


def _rarest_exchange(coarse: Metastable) -> tuple[int, int]:
    """The two states with the fewest real passages between them, whatever lies between: first the less populated; of equals, the least and the most populated."""
    seen = coarse.passages if coarse.journeys is None else coarse.journeys
    both, shares = np.asarray(seen) + np.asarray(seen).T, coarse.populations
    pairs = [(i, j) for i in range(coarse.n_states) for j in range(coarse.n_states) if shares[i] < shares[j] or (shares[i] == shares[j] and i > j)]
    return min(pairs, key=lambda pair: (both[pair], shares[pair[0]], -shares[pair[1]]))


def beyond_the_data(results: dict[str, Any], unit: TimeUnit) -> Notice | None:
    """A timescale for which the data are short."""
    clustering, kinetics = results.get("clustering"), results.get("kinetics")
    if clustering is None or kinetics is None or kinetics.unbiased is not None or not len(kinetics.timescales) or not np.isfinite(kinetics.timescales[0]):
        return None
    slowest, lengths = float(kinetics.timescales[0]), [len(d) for d in clustering.dtrajs]
    if slowest <= kinetics.lagtime or sum(lengths) >= FEW_LENGTHS * slowest:
        return None
    return Notice("warning", f"The slowest timescale, {unit.say(slowest)}, is long for these data: all trajectories together have {unit.say(sum(lengths))}, the longest {unit.say(max(lengths))}.",
                  f"About {unit.say(FEW_LENGTHS * slowest)} of data are needed to rely on it.", "kinetics")


@once("coarse", "clustering", "kinetics")
def few_trajectories(coarse: Metastable, clustering: Clustering, kinetics: Kinetics, unit: TimeUnit) -> Notice | None:
    """A state that few of many trajectories visit."""
    if coarse.n_states < 2 or len(clustering.dtrajs) < FEW_TRAJECTORIES + 1 or kinetics.unbiased is not None:   # a window stays where its bias holds it
        return None
    seen = np.zeros((len(clustering.dtrajs), coarse.n_states), bool)
    core = np.append(cores(coarse.memberships), -1)
    for visited, dtraj in zip(seen, clustering.dtrajs):
        there = core[np.flatnonzero(np.bincount(np.asarray(dtraj) + 1, minlength=len(core))) - 1]
        visited[there[there >= 0]] = True
    rarest = int(np.argmin(seen.sum(0)))
    n = int(seen[:, rarest].sum())
    if n >= FEW_TRAJECTORIES:
        return None
    return Notice("warning", f"The core of state {rarest + 1} is seen in {n} of {count_of(len(seen), 'trajectory', 'trajectories')}.",
                  "Its population depends on where these happened to go: more trajectories are needed.", "kinetics")


@once("coarse", "kinetics")
def unlike_trajectories(coarse: Metastable, kinetics: Kinetics, unit: TimeUnit) -> Notice | None:
    """Do long trajectories visit the states as unequally as chance has it?

    The share of frames in a state varies between equal trajectories by pi (1 - pi) 2 t / length, with t at most the slowest timescale.
    """
    if coarse.n_states < 2 or not len(kinetics.timescales) or kinetics.unbiased is not None:   # windows are to differ
        return None
    slowest = float(kinetics.timescales[0])
    chosen = [np.asarray(states) for states in coarse.assignments if len(states) >= LONG * slowest]
    if len(chosen) < FEW_TRAJECTORIES + 1 or not slowest > kinetics.lagtime:
        return None
    lengths = np.array([len(states) for states in chosen], float)
    shares = np.array([np.bincount(states + 1, minlength=coarse.n_states + 1)[1:] / len(states) for states in chosen])
    mean = lengths @ shares / lengths.sum()
    spread = np.maximum(mean * (1 - mean), 1e-12) * 2 * slowest
    excess = (lengths[:, None] * (shares - mean) ** 2).sum(axis=0) / spread
    from scipy.special import gammaincc

    state = int(np.argmax(excess))
    if gammaincc((len(chosen) - 1) / 2, excess[state] / 2) > UNLIKELY / coarse.n_states:
        return None
    return Notice("warning", f"Trajectories differ more than chance allows: state {state + 1} holds {100 * shares[:, state].min():.2g} to {in_percent(shares[:, state].max())} of the frames of those that "
                  f"are longer than {LONG} times the slowest timescale of {unit.say(slowest)}.",
                  "They may come from different conditions, or a process slower than all of them is not seen: compare them in the time trace.", "kinetics")


@once("kinetics", "clustering")
def left_out(kinetics: Kinetics, clustering: Clustering, unit: TimeUnit) -> Notice | None:
    """Trajectories that lie outside what the model describes."""
    if len(kinetics.active) == kinetics.n_clusters:
        return None
    inside = np.zeros(kinetics.n_clusters + 1, bool)
    inside[kinetics.active] = True
    shares = np.array([float(inside[np.asarray(d)].mean()) if len(d) else 1.0 for d in clustering.dtrajs])
    out, frames = int((shares < 0.5).sum()), 1 - float(np.average(shares, weights=[max(len(d), 1) for d in clustering.dtrajs]))
    if out == 0 and frames < 0.05:
        return None
    text = f"{in_percent(frames)} of all frames" + (f", among them most of {out} of {count_of(len(shares), 'trajectory', 'trajectories')}," if out else "")
    return Notice("warning", f"{text} lie outside the connected states that the model describes.", "Use fewer microstates, a shorter lag time, or more data between the parts.",
                  "kinetics", use_microstates(max(kinetics.n_clusters // 2, 2)) if kinetics.n_clusters >= 20 else None)


def thin_counts(results: dict[str, Any], unit: TimeUnit) -> Notice | None:
    """So long a lag time, or so many microstates, that the transition matrix is mostly noise."""
    kinetics = results.get("kinetics")
    if kinetics is None or len(kinetics.active) < 2 or kinetics.unbiased is not None:   # TRAM rests on the counts of all windows
        return None
    inside = kinetics.counts[np.ix_(kinetics.active, kinetics.active)].sum(axis=1) / kinetics.lagtime
    each = float(np.median(inside))
    if each >= THIN:
        return None
    shorter = int(kinetics.lagtime * each / THIN)
    mend = use_lagtime(shorter, unit) if shorter >= 1 else use_microstates(max(int(len(inside) * each / THIN), 2)) if len(inside) > 20 else None
    return Notice("warning", f"At a lag time of {unit.say(kinetics.lagtime)} a typical microstate has {each:.2g} independent counts.",
                  "Use a shorter lag time, fewer microstates, or more data.", "kinetics", mend)
