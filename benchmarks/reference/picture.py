"""The picture of `docs/methods.md`: what networks find of the Prinz potential, over what is exact."""
from __future__ import annotations

from pathlib import Path

import numpy as np

import mdexplore as mdx
from benchmarks.reference.prinz import modes
from mdexplore.figures.style import STYLE
from mdexplore.methods.projection.model import transform

PATH = Path(__file__).parents[2] / "docs" / "images" / "networks.png"
COLORS = ("#2a7fc4", "#d4731c", "#3f9b5c", "#8f5fb8")


def draw(path: Path = PATH, n_frames: int = 10_000, lagtime: int = 5) -> None:
    """Training of an SRV, its eigenfunctions over the exact ones, and the fuzzy states of a VAMPnet."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    data = mdx.example("prinz", n_frames=n_frames)
    slow = mdx.Study(data, projection=mdx.settings.SRV(dim=3), lagtime=lagtime)
    fuzzy = slow.change(projection=mdx.settings.VAMPNet(output="fuzzy states")).result("projection")
    x, density, exact, _ = modes()
    grid = x[:, None].astype(np.float32)
    ours = transform(slow.result("projection"), grid).astype(float)
    signs = np.sign(density @ (exact * ours))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(10, 2.9), layout="constrained")
        first, second, third = figure.subplots(1, 3)
        mdx.figures.training(slow, first)
        for k, color in enumerate(COLORS[:3]):
            second.plot(x, exact[:, k], color="#c2c8d0", lw=4, label="exact" if k == 0 else None)
            second.plot(x, ours[:, k] * signs[k], color=color, lw=1.2, label=f"SRV {k + 1}")
        second.set(title="Eigenfunctions", xlabel="x", xlim=(-1.05, 1.05), ylim=(-3, 3))
        second.legend(ncols=2, loc="lower left")
        for k, chi in enumerate(transform(fuzzy, grid).T):
            third.plot(x, chi, color=COLORS[k], lw=1.2, label=fuzzy.names[k])
        third.fill_between(x, density / density.max(), color="#e2e5ea", label="density")
        third.set(title="Fuzzy states of a VAMPnet", xlabel="x", xlim=(-1.05, 1.05), ylim=(0, 1.3))
        third.legend(ncols=3, loc="upper center")
        figure.savefig(path, dpi=110)
