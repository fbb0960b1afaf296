"""Draws a picture for each family of methods on model systems and alanine dipeptide: ``make images``, or ``python -m scripts.make_method_images arena clustering``.

Writes ``docs/images/methods/*.png``; torch is needed for networks and flows.
"""
from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np

import mdexplore as mdx
from mdexplore.figures.style import MUTED, STYLE
from mdexplore.pictures.palette import ACCENT, state_hex
from scripts import model_images
from scripts.image_files import panes, save

NETWORK = dict(epochs=15, width=32)


def projections() -> None:
    """The slowest coordinate of each method over the position in the Prinz potential, and the exact eigenfunction."""
    s, data = mdx.settings, mdx.example("prinz", n_frames=4000)
    chosen = {"TICA": s.TICA(), "TICA reweighted": s.TICA(sampling="reweighted"), "VAMP, degree 3": s.VAMP(degree=3), "EDMD": s.EDMD(), "Kernel EDMD": s.KernelEDMD(n_landmarks=200),
              "Kernel CCA": s.KernelCCA(n_landmarks=200), "KVAD": s.KVAD(), "VAMPnet": s.VAMPNet(dim=2, **NETWORK), "SRV": s.SRV(dim=2, **NETWORK), "TAE": s.TAE(dim=1, **NETWORK),
              "TVAE": s.TVAE(dim=1, **NETWORK), "VDE": s.VDE(dim=1, **NETWORK)}
    figure, axes = panes(2, 6, (9.6, 3.6), sharex=True, sharey=True)
    x = np.concatenate(data.given)[::20]
    grid = np.linspace(-1, 1, 200)[:, None]
    exact = data.exact.modes.at(grid)[:, 0]
    for ax, (title, settings) in zip(axes.ravel(), chosen.items()):
        found = np.concatenate(mdx.Study(data, projection=settings, lagtime=5).projection)[::20, 0]
        found = (found - found.mean()) / found.std()
        sign = np.sign(np.dot(found, np.interp(x[:, 0], grid[:, 0], exact)))
        ax.plot(x[:, 0], sign * found, ".", ms=1.5, color="#2a7fc4")
        ax.plot(grid, exact, "--", lw=1, color=ACCENT)
        ax.set_title(title, fontsize=8)
    figure.supxlabel("position x, in the unit of the model", fontsize=9)
    figure.supylabel("slowest coordinate / its spread", fontsize=9)
    axes[0, 0].legend(["frames", "exact"], fontsize=7, loc="upper left", handlelength=1.2)
    save(figure, "projections")


def clusterings() -> None:
    """Microstates of each method in the three wells of Müller and Brown."""
    s, data = mdx.settings, mdx.example("mueller-brown")
    chosen = {"k-means": s.KMeans(n_clusters=20), "mini-batch": s.MiniBatchKMeans(n_clusters=20), "boxes": s.Box(n_boxes=6), "regular space": s.RegularSpace(dmin=0.4)}
    figure, axes = panes(1, 4, (9.6, 2.8), sharex=True, sharey=True)
    points = np.concatenate(data.given)[::8]
    for ax, (title, settings) in zip(axes, chosen.items()):
        study = mdx.Study(data, features="identity", projection="identity", clustering=settings, lagtime=5)
        states = np.concatenate(study.dtrajs)[::8]
        ax.scatter(*points.T, c=np.random.default_rng(3).permutation(states.max() + 1)[states], s=1.5, cmap="tab20", lw=0, rasterized=True)
        ax.set_title(f"{title}: {len(np.unique(states))} microstates", fontsize=8)
        ax.set_xlabel("x")
    axes[0].set_ylabel("y")
    save(figure, "clustering")


def kinetics() -> None:
    """Implied timescales of four kinds of Markov models of the Prinz potential, with the exact ones."""
    s, study = mdx.settings, mdx.Study(mdx.example("prinz", n_frames=1500), projection="identity", clustering=mdx.settings.KMeans(n_clusters=50), lagtime=5)
    chosen = {"MSM": s.MSM(), "Koopman reweighted": s.KoopmanMSM(), "OOM reweighted": s.OOMMSM(), "HMM, four states": s.HMM(n_states=4)}
    figure, axes = panes(1, 4, (9.8, 3), sharey=True)
    for ax, (title, settings) in zip(axes, chosen.items()):
        mdx.figures.timescales(study.change(kinetics=settings), ax=ax)
        ax.set_title(title, fontsize=9)
        ax.set_title("", loc="right")
        ax.texts[-1].set_text("")
        ax.label_outer()
    save(figure, "kinetics")


def hidden() -> None:
    """The hidden states of alanine dipeptide in time: most likely path under the torsion, and the states over all frames."""
    data = mdx.example("alanine-dipeptide")
    study = mdx.Study(data, kinetics=mdx.settings.HMM(n_states=3), lagtime="20 ps")
    path, unit = study.result("kinetics").hidden.paths[0], data.unit
    angles = study.features[0]
    names = study.feature_names
    phi = np.degrees(np.arctan2(*(angles[:, names.index(n)] for n in ("sin phi ALA2", "cos phi ALA2"))))
    times = np.arange(len(phi)) * unit.scale
    figure, (top, ribbon) = panes(2, 1, (7.2, 2.6), sharex=True, height_ratios=(5, 1))
    for k in range(3):
        here = path == k
        top.plot(times[here], phi[here], ".", ms=1.6, color=state_hex(study.metastable.colors[k]), label=f"hidden state {k + 1}")
        ribbon.fill_between(times, 0, here, step="mid", lw=0, color=state_hex(study.metastable.colors[k]))
    top.set(ylabel="φ / °", yticks=(-180, 0, 180), xlim=(0, times[-1]), title="HMM of alanine dipeptide, trajectory 0")
    top.legend(loc="upper left", bbox_to_anchor=(1, 1), markerscale=5, handletextpad=0.2)
    ribbon.set(xlabel=f"time / {unit.name}", yticks=(), ylabel="path", ylim=(0, 1))
    save(figure, "hmm")


def observables() -> None:
    """Autocorrelation with the fingerprint, and relaxation from a state, of a torsion of alanine dipeptide."""
    study = mdx.Study(mdx.example("alanine-dipeptide"), lagtime="20 ps")
    figure, (left, right) = panes(1, 2, (8.6, 3.4))
    mdx.figures.observable(study, "sin phi ALA2", ax=left)
    mdx.figures.observable(study, "sin phi ALA2", 2, ax=right)
    right.set_title("sin phi ALA2, started in state 3")
    save(figure, "observables")


def ensembles() -> None:
    """Umbrella windows over a double well: their overlap, free energies, and the profile by MBAR and TRAM."""
    def energy(x: np.ndarray) -> np.ndarray:
        return 5 * (x[:, 0] ** 2 - 1) ** 2 + x[:, 0]

    centers = np.linspace(-1.4, 1.4, 10)
    double = mdx.sampling.Potential(energy, ((-2, 2),), kT=1, frame=0.02, n_steps=20)
    of = np.repeat(np.arange(len(centers)), 4)   # four trajectories in each window, for the interval
    values = [mdx.sampling.walk(double.biased(lambda x, c=centers[k]: 10 * (x[:, 0] - c) ** 2), [[centers[k]]], 1250, seed=seed).frames[0, :, 0] for seed, k in enumerate(of)]
    windows = mdx.ensembles.ensembles(mdx.ensembles.umbrella(values, centers, stiffness=20), of)
    states = [np.digitize(v, np.linspace(-1.5, 1.5, 20)) for v in values]
    mbar, tram = mdx.ensembles.estimate_mbar(windows), mdx.ensembles.estimate_tram(windows, states, lagtime=1)
    figure, (left, middle, right) = panes(1, 3, (9.6, 2.9))
    figure.get_layout_engine().set(wspace=0.06)
    mdx.figures.overlap(mbar, ax=left)
    edges = np.linspace(-1.6, 1.6, 41)
    for found, color in ((mbar, "#2a7fc4"), (tram, "#d4731c")):
        middle.plot(np.arange(1, 11), found.free_energies, "o-", ms=3, lw=1.1, color=color, label=found.title)
        x, profile = found.profile(values, edges)
        right.plot(x, profile, lw=1.3, color=color, label=found.title)
    lower, upper = mdx.ensembles.bootstrap(windows, lambda found, chosen: found.profile([values[i] for i in chosen], edges)[1], n_samples=40)
    right.fill_between(x, lower, upper, color="#2a7fc4", alpha=0.2, lw=0, label="95 %, bootstrap")
    grid = np.linspace(-1.6, 1.6, 200)
    right.plot(grid, energy(grid[:, None]) - energy(grid[:, None]).min(), "--", lw=1, color=ACCENT, label="exact")
    middle.set(xlabel="window", ylabel="free energy / kT")
    right.set(xlabel="coordinate x", ylabel="free energy / kT", ylim=(-0.3, 9))
    middle.legend()
    right.legend(fontsize=7)
    save(figure, "ensembles")


def experiment() -> None:
    """A model that is drawn to a measured average, and timescales under another potential from the same paths."""
    data = mdx.model_system(lambda x: 5 * (x[:, 0] ** 2 - 1) ** 2 + x[:, 0], bounds=[(-2, 2)], n_frames=2000)
    study = mdx.Study(data, projection="identity", lagtime=10)
    observable = mdx.experiment.Observable
    found = study.augment([observable("share on the right", tuple((x[:, 0] > 0).astype(float) for x in data.given), measured=0.35, error=0.02),
                           observable("mean of x²", tuple(x[:, 0] ** 2 for x in data.given), measured=1.0, error=0.02)])
    figure, (left, middle, right) = panes(1, 3, (9.8, 3))
    mdx.figures.experiment(found, ax=left)
    mdx.figures.populations(found, ax=middle)
    shallow, heights = mdx.sampling.Potential(lambda x: 2 * (x[:, 0] ** 2 - 1) ** 2, ((-2.2, 2.2),), kT=1, frame=0.05, n_steps=10), np.linspace(-0.8, 0.8, 5)
    starts, models, exact = mdx.sampling.equilibrium(shallow.modes(), 3000), [], []
    for height in heights:
        def bias(x: np.ndarray, height: float = height) -> np.ndarray:
            return height * np.exp(-4 * x[:, 0] ** 2)

        walks = mdx.sampling.walk(shallow, starts, 60, bias=bias)
        states = [np.digitize(x[:, 0], np.linspace(-1.6, 1.6, 24)) for x in walks.frames]
        models.append(mdx.ensembles.other_potential(states, walks.bias, walks.log_weights, lagtime=5))
        exact.append(shallow.biased(bias).modes().timescales[0])
    mdx.figures.other_timescales(heights, models, exact, label="barrier raised by / kT", ax=right)
    save(figure, "experiment")


def generation() -> None:
    """A Boltzmann generator of a double well beside the exact density, and generated alanine dipeptide beside real frames and in the latent space."""
    gen = mdx.generation
    potential, random = mdx.sampling.POTENTIALS["double-well"], np.random.default_rng(0)
    frames = np.repeat([[-1.0, 0.0], [1.0, 0.0]], 1000, axis=0) + 0.25 * random.standard_normal((2000, 2))
    made = gen.boltzmann_generator(potential, frames, settings=gen.Boltzmann(couplings=6, width=32, likelihood_steps=150, energy_steps=300, learning_rate=5e-3, n_generated=30_000))
    figure, (left, middle, right, last) = panes(1, 4, (12.6, 3))
    edges = np.linspace(-2, 2, 61)
    for weights, color, text in ((None, MUTED, "generated"), (made.weights, "#2a7fc4", "weighted")):
        left.stairs(np.histogram(made.structures[:, 0], edges, weights=weights, density=True)[0], edges, color=color, lw=1.3, label=text)
    x = np.linspace(-2, 2, 200)
    exact = np.exp(-((x**2 - 1) ** 2) / potential.kT)
    left.plot(x, exact / np.trapezoid(exact, x), "--", lw=1, color=ACCENT, label="exact")
    left.set(xlabel="x", ylabel="density", ylim=(0, 1.3), title=f"Double well, effective share {made.effective_share:.2f}")
    left.legend(fontsize=7, loc="upper center", ncols=3, columnspacing=0.8, handlelength=1.2)
    data = mdx.example("alanine-dipeptide")
    real = data.frames([[10, 4 * k] for k in range(1000)])
    inner = gen.internal_coordinates(real.topology, real.xyz)
    flow = gen.boltzmann_generator(inner.energy(lambda x: 0 * x.sum(1)), inner.values(real.xyz), settings=gen.Boltzmann(likelihood_steps=300, energy_steps=0, batch_size=128, n_generated=400))
    xyz = inner.structures(flow.structures)
    checks = gen.check_structures(xyz, real.xyz, real.topology)
    mdx.figures.structure_scores(checks, ax=middle)
    middle.set_title("Alanine dipeptide, by likelihood alone", fontsize=8)
    mdx.figures.generated(checks, xyz, real.xyz, real.topology, which=int(np.flatnonzero(checks.is_sound)[0]), ax=right)
    study = mdx.Study(data, lagtime="20 ps")
    mdx.figures.latent(gen.generate(study, "flow", 10), study, ax=last)
    last.set_title("Latent space of a flow, 48 dimensions", fontsize=8)
    save(figure, "generation")


def arena() -> None:
    """Methods on one held-out split of the Prinz potential, with the exact line."""
    s, study = mdx.settings, mdx.Study(mdx.example("prinz", n_frames=4000), lagtime=5)
    found = mdx.arena(study, {"TICA": "tica", "VAMP, degree 3": s.VAMP(degree=3), "EDMD": s.EDMD(dim=3), "kernel EDMD": s.KernelEDMD(dim=3, n_landmarks=100), "KVAD": s.KVAD(dim=3),
                              "50 microstates": {"projection": "identity", "clustering": s.KMeans(n_clusters=50)}}, n_processes=1)
    figure, ax = panes(1, 1, (6, 2.9))
    mdx.figures.arena(found, ax=ax)
    save(figure, "arena")


def sampling() -> None:
    """Starts proposed for alanine dipeptide, and the error of adaptive rounds against the frames."""
    study = mdx.Study(mdx.example("alanine-dipeptide"), lagtime="20 ps")
    figure, (left, right) = panes(1, 2, (8.8, 3.2))
    mdx.figures.proposals(study, study.propose(8), ax=left)
    well = replace(mdx.sampling.POTENTIALS["triple-well-line"], kT=0.6)
    simulate, exact = mdx.sampling.GridWalk(well, 150), float(well.modes(1).timescales[0])
    runs = [mdx.sampling.adaptive_rounds(well, policy, simulate, np.array([0.5]), n_rounds=120, n_frames=40, lagtime=10, exact=exact, seed=seed) for policy in ("uncertainty", "least-counts", "random") for seed in range(20)]
    mdx.figures.rounds(runs, ax=right)
    right.set_title("Three wells on a line, 20 seeds")
    save(figure, "sampling")


def rave() -> None:
    """Two wells along a turned line, started in one: the coordinate and the bias of each round, and the free energy without the bias."""
    along, across = np.array([np.cos(np.pi / 6), np.sin(np.pi / 6)]), np.array([-np.sin(np.pi / 6), np.cos(np.pi / 6)])

    def energy(x: np.ndarray) -> np.ndarray:
        return 8 * ((x @ along) ** 2 / 4 - 1) ** 2 + 0.5 * (x @ along) + 20 * (x @ across) ** 2

    potential = mdx.sampling.Potential(energy, ((-3.5, 3.5), (-3.5, 3.5)), kT=1, frame=0.05, n_steps=25)
    found = mdx.sampling.rave_rounds(potential, -2 * along, n_rounds=8, n_walkers=20, n_frames=1000, lagtime=5, seed=0)
    figure, (left, middle, right) = panes(1, 3, (9.6, 3))
    figure.get_layout_engine().set(wspace=0.06)
    side = np.linspace(-3, 3, 150)
    points = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    left.contour(side, side, energy(points).reshape(150, 150), levels=np.arange(0.0, 13.0, 2.5), colors=MUTED, linewidths=0.6)
    mdx.figures.rave(found, "coordinate", ax=left)
    mdx.figures.rave(found, ax=middle)
    edges = np.linspace(-2.8, 2.8, 29)
    centres = (edges[1:] + edges[:-1]) / 2
    left.set(xlim=(-3, 3), ylim=(-3, 3))
    middle.set(ylim=(-12.5, 0.5))
    right.plot(centres, found.profile(lambda x: x @ along, edges), "o", ms=3, color=state_hex(0), label="last round, without bias")
    modes = potential.modes()
    cells = np.stack([a.ravel() for a in np.meshgrid(*modes.axes, indexing="ij")], axis=1)
    exact = -np.log(np.histogram(cells @ along, edges, weights=modes.density.ravel())[0])
    right.plot(centres, exact - exact.min(), "--", lw=1, color=ACCENT, label="exact")
    right.set(xlabel="place along the line", ylabel="free energy / kT", title="Free energy", ylim=(-0.4, 12.5))
    right.legend(loc="upper center")
    save(figure, "rave")


FAMILIES: dict[str, Callable[[], None]] = {"projections": projections, "clustering": clusterings, "kinetics": kinetics, "hmm": hidden, "observables": observables, "ensembles": ensembles, "experiment": experiment, "generation": generation,
                                           "arena": arena, "sampling": sampling, "rave": rave, **model_images.FAMILIES}


def main(names: list[str]) -> None:
    import matplotlib as mpl

    with mpl.rc_context(STYLE):
        for name in names or FAMILIES:
            FAMILIES[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
