"""Pictures of features, of models with their intervals, of deep Markov models, and of fluxes: a part of ``make images``."""
from __future__ import annotations

from collections.abc import Callable

import numpy as np

import mdexplore as mdx
from mdexplore.figures.style import INK
from mdexplore.pictures.palette import ACCENT, state_hex
from scripts.image_files import panes, save

FRAME = 0.01   # time units of the Prinz potential


def features() -> None:
    """Held-out VAMP-2 of each kind of features of alanine dipeptide at one dimension and lag time."""
    s, study = mdx.settings, mdx.Study(mdx.example("alanine-dipeptide"), lagtime="20 ps", projection=mdx.settings.VAMP(dim=2))
    kinds = {"torsions": "torsions", "distances": s.Distances(between="heavy"), "contacts": s.Contacts(soft=True, excluded_neighbours=1), "positions": "positions", "RMSD": s.RMSD(references=((0, 0), (10, 500), (15, 100)))}
    found = mdx.arena(study, {name: {"features": kind, "projection": s.VAMP(dim=2)} for name, kind in kinds.items()}, n_processes=2)
    figure, ax = panes(1, 1, (6, 2.5))
    mdx.figures.arena(found, ax=ax)
    save(figure, "features")


def intervals() -> None:
    """Alanine dipeptide: TICA over lag times, and the slowest timescale with its interval by each way to get one."""
    s, study = mdx.settings, mdx.Study(mdx.example("alanine-dipeptide"), lagtime="20 ps")
    figure, (left, right) = panes(1, 2, (9.2, 3.1), width_ratios=(1, 1.15))
    mdx.figures.timescales(study, projection=True, ax=left)
    left.set_title("TICA of torsions", fontsize=9)
    kinetics = study.result("kinetics")
    rows = [("MSM, delta method", *_first(kinetics.timescales, kinetics.timescales_lower, kinetics.timescales_upper))]
    for name, found in (("bootstrap over trajectories", study.timescales_bootstrap), ("posterior over lag times", study.timescales_posterior)):
        at = int(np.abs(found.lagtimes - study.lagtime).argmin())
        rows.append((name, found.values[at, 0], found.lower[at, 0], found.upper[at, 0]))
    for name, settings in (("Bayesian MSM", s.BayesianMSM()), ("Bayesian HMM", s.BayesianHMM(n_states=3))):
        model = study.change(kinetics=settings).result("kinetics")
        rows.append((name, *_first(model.timescales, model.timescales_lower, model.timescales_upper)))
    scale = study.data.unit.scale
    for place, (_, value, lower, upper) in enumerate(rows[::-1]):
        right.plot([lower * scale, upper * scale], [place, place], "-", lw=1.6, color=INK)
        right.plot(value * scale, place, "o", ms=5, color=INK)
    right.axvline(2.56, ls="--", lw=1.1, color=ACCENT, label="known, 2.56 ns")
    right.legend(fontsize=7, loc="lower right", bbox_to_anchor=(1, 1))
    right.set_yticks(range(len(rows)), [row[0] for row in rows[::-1]])
    right.set(xlabel="slowest timescale / ns, with its 95 % interval", xlim=(0, None), ylim=(-0.6, len(rows) - 0.4), title="At a lag time of 20 ps")
    save(figure, "intervals")


def _first(*arrays: np.ndarray) -> tuple[float, ...]:
    return tuple(float(a[0]) for a in arrays)


def states() -> None:
    """Deep Markov models of the Prinz potential: fuzzy states, where they land, and their timescales beside the exact ones."""
    s, data = mdx.settings, mdx.example("prinz", n_frames=10_000)
    base = mdx.Study(data, lagtime=5)
    features = base.result("features")
    x, made = np.concatenate(data.given)[:, 0], np.linspace(-1, 1, 61)
    chosen = {"VAMPnet": s.VAMPNet(output="fuzzy states", dim=4, epochs=30), "Generative": s.GenerativeMSM(dim=4), "Reversible": s.ReversibleDeepMSM(dim=4)}
    studies = {name: base.change(projection=settings) for name, settings in chosen.items()}
    figure, axes = panes(1, 4, (10.2, 3))
    for ax, (name, study) in zip(axes, studies.items()):
        order, found = np.argsort(x)[::50], study.result("projection")
        values = np.concatenate(found.values)[order]
        for k in np.argsort([np.average(x[order], weights=v) for v in values.T]):
            ax.plot(x[order], values[:, k], lw=1.3, color=state_hex(int(k)))
            if name != "VAMPnet":
                landed = mdx.generation.draw_frames(found, features, int(k), 20_000)
                at = np.array([float(features.values[t][f, 0]) for t, f in landed])
                density = np.histogram(at, made, density=True)[0]
                ax.fill_between((made[1:] + made[:-1]) / 2, 0.35 * density / density.max(), step="mid", lw=0, alpha=0.35, color=state_hex(int(k)))
        residual = found.parameters.get("detailed_balance")
        ax.set_title(name if residual is None else f"{name}: residual of\ndetailed balance {residual:.1g}", fontsize=8)
        ax.set(xlabel="position x", ylim=(0, 1.05))
    axes[0].set_ylabel("membership; shaded: where a state lands", fontsize=8)
    fuzzy = studies["VAMPnet"].change(clustering=s.FuzzyStates(), kinetics=s.FuzzyKoopman()).result("kinetics").timescales[:3]
    times = {"VAMPnet": fuzzy, **{name: np.asarray(studies[name].result("projection").parameters["timescales"])[:3] for name in ("Generative", "Reversible")}}
    for place, found in enumerate(times.values()):
        axes[3].plot(np.full(len(found), place), found * FRAME, "o", ms=5, color=INK)
    for k, exact in enumerate(data.exact.timescales[:3]):
        axes[3].axhline(exact * FRAME, ls="--", lw=1.1, color=ACCENT, label="exact" if k == 0 else None)
    axes[3].set(yscale="log", ylabel="timescale / time units", xlim=(-0.5, 2.5), ylim=(0.05, 1), title="Timescales")
    axes[3].set_yticks(ticks := (0.1, 0.2, 0.5, 1), [f"{tick:g}" for tick in ticks])
    axes[3].set_yticks((), minor=True)
    axes[3].set_xticks(range(3), ["VAMPnet\nKoopman", "generative", "reversible"], fontsize=7)
    axes[3].legend(fontsize=7)
    save(figure, "states")


def flux() -> None:
    """The potential of Müller and Brown: committor between the two deep wells, pathways, and the network of its states."""
    data = mdx.example("mueller-brown")
    study = mdx.Study(data, features="identity", projection="identity", clustering=mdx.settings.KMeans(n_clusters=100), n_states=3, lagtime=10)
    found = study.flux(0, 1)
    points = np.concatenate(data.given)[::8]
    micro = np.concatenate(study.dtrajs)[::8]
    figure, (left, right) = panes(1, 2, (10, 4.4), width_ratios=(1, 1.25))
    drawn = left.scatter(*points.T, c=found.committor[micro], s=2, cmap="viridis", vmin=0, vmax=1, lw=0, rasterized=True)
    figure.colorbar(drawn, ax=left, label="committor from state 1 to state 2")
    left.set(xlabel="x", ylabel="y")
    mdx.figures.network(study, ax=right)
    save(figure, "flux")


FAMILIES: dict[str, Callable[[], None]] = {"features": features, "intervals": intervals, "states": states, "flux": flux}
