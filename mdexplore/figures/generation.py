"""Generated structures: drawn over their nearest real frames, with the scores of their bonds and contacts, and in the latent space that they come from."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.work.threads import single_threaded
from mdexplore.figures.style import MUTED, axes
from mdexplore.methods.generation.checks import StructureChecks, side_by_side
from mdexplore.pictures.latent import latent_picture
from mdexplore.pictures.palette import state_hex

if TYPE_CHECKING:
    import mdtraj

    from mdexplore.session.generating import Generation
    from mdexplore.session.study import Study

OURS, THEIRS = "#d4731c", "#8b95a3"
LIGHT = "H"


@single_threaded()
def generated(found: StructureChecks, generated_nm: np.ndarray, real_nm: np.ndarray, topology: mdtraj.Topology, which: int = 0, ax: Any = None) -> Any:
    """Draw one generated structure over its nearest real frame, with its scores.

    Parameters
    ----------
    found : StructureChecks
    generated_nm, real_nm : ndarray
        As they were given to `mdexplore.generation.check_structures`.
    topology : mdtraj Topology
    which : int
        Which of the generated structures.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    pair = side_by_side(found, generated_nm, real_nm, topology, np.array([which])).xyz
    centre = pair[1].mean(axis=0)
    flat = (pair - centre) @ np.linalg.svd(pair[1] - centre)[2][:2].T   # the plane in which the real frame is widest
    bonds = [(a.index, b.index, LIGHT in (a.element.symbol, b.element.symbol)) for a, b in topology.bonds]
    with axes(ax) as ax:
        for xy, color, text in ((flat[1], THEIRS, "nearest real frame"), (flat[0], OURS, "generated")):
            for k, (i, j, is_light) in enumerate(bonds):
                ax.plot(*xy[[i, j]].T, color=color, lw=1.2 if is_light else 3, alpha=0.85, solid_capstyle="round", label=text if k == 0 else None)
        ax.set(aspect="equal", xlabel="nm", ylabel="nm", title=f"Structure {which + 1} of {len(generated_nm)}: {'sound' if found.is_sound[which] else 'not sound'}")
        ax.text(0.5, 1.0, f"RMSD {found.rmsd_nm[which]:.3f} nm, bond z {found.bond_z[which]:.1f}, clash z {found.clash_z[which]:.1f}", transform=ax.transAxes, fontsize=7, color=MUTED,
                ha="center", va="top")
        ax.margins(0.1, 0.18)
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2, columnspacing=1)   # below the axes: a molecule may lie anywhere
    return ax


def structure_scores(found: StructureChecks, ax: Any = None) -> Any:
    """Draw bond against clash scores of generated structures; the frame is what real frames have.

    Parameters
    ----------
    found : StructureChecks
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    sound = found.is_sound
    with axes(ax) as ax:
        for mask, color, text in ((sound, THEIRS, "sound"), (~sound, OURS, "beyond all real frames")):
            if mask.any():
                ax.plot(found.bond_z[mask], found.clash_z[mask], "o", ms=3, mew=0, alpha=0.7, color=color, label=f"{text}: {int(mask.sum())}")
        ax.axvline(found.bond_limit, color=MUTED, lw=0.8, ls=":")
        ax.axhline(found.clash_limit, color=MUTED, lw=0.8, ls=":")
        ax.set(xlabel="bond z score", ylabel="clash z score", title="Generated structures")
        low, high = ax.get_ylim()
        ax.set_ylim(low, high + 0.25 * (high - low))   # room for the legend
        ax.legend(loc="upper right")
    return ax


def latent(found: Generation, study: Study | None = None, ax: Any = None) -> Any:
    """Draw generated structures, larger the more they weigh, and real frames in a plane of the latent space of the flow that has made them.

    Parameters
    ----------
    found : Generation
        As ``mdx.generation.generate(study, "flow", n)`` or ``(study, "boltzmann", n)`` gives it.
    study : Study, optional
        Colours real frames by their metastable states.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    UserError
        If it was not made by a flow.
    """
    plane = found.latent
    if plane is None:
        raise UserError("There is no latent space to draw.", f"What was generated ({found.means}) does not come from a flow.", 'Generate by "flow" or "boltzmann".')
    coarse = None if study is None else study.result("coarse")
    states = np.full(len(plane.frames), -1) if coarse is None else np.array([coarse.assignments[t][f] for t, f in plane.frames])
    picture = latent_picture(plane, states.tolist(), () if coarse is None else coarse.colors)
    with axes(ax) as ax:
        for state in np.unique(states):
            at, name = picture.real[states == state], "real frames" if coarse is None else "outside the model" if state < 0 else f"state {state + 1}"
            color = state_hex(-1 if state < 0 or coarse is None else coarse.colors[state])
            ax.plot(*at.T, "o", ms=2.6, mew=0, alpha=0.7, color=color, label=name)
        ax.scatter(*picture.made.T, s=picture.areas / 4, c=MUTED, lw=0, alpha=0.6, label="generated")
        w = picture.window
        ax.set(xlabel=picture.names[0], ylabel=picture.names[1], xlim=(w.x0, w.x1), ylim=(w.y0, w.y1 + 0.25 * w.height), title="Latent space")
        ax.legend(loc="upper center", ncols=2, fontsize=7, columnspacing=1, handletextpad=0.3, borderpad=0.1, markerscale=2)
    return ax
