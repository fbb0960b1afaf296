"""The data sets that come with the package: real molecular dynamics, and model systems with exact answers."""
from __future__ import annotations

from pathlib import Path

from mdexplore.base.errors import UserError
from mdexplore.data import toys
from mdexplore.data.dataset import Dataset
from mdexplore.data.loading import load

BUNDLED = Path(__file__).parent / "bundled"
_MOLECULES = {
    "alanine-dipeptide": "alanine dipeptide in implicit water, 16 x 80 ns, 22 atoms, a frame every 20 ps; slowest: phi, 2.6 ns",
    "penta-alanine": "penta-alanine in implicit water, 16 x 29.5 ns, 62 atoms, a frame every 20 ps; helix and coil exchange in 0.32 ns",
}
_TITLES = {"alanine-dipeptide": "alanine dipeptide", "penta-alanine": "penta-alanine"}


def examples() -> dict[str, str]:
    """Names of the examples with a line about each."""
    return {**_MOLECULES, **{name: system.title for name, system in toys.SYSTEMS.items()}}


def example(name: str, *, n_frames: int | None = None, n_trajectories: int | None = None) -> Dataset:
    """A data set that comes with the package or is made on the spot; works offline.

    Parameters
    ----------
    name : str
        One of `examples`.
    n_frames, n_trajectories : int, optional
        Size of a model system; by default enough to find its timescales within some per cent.

    Raises
    ------
    UserError
        If there is no such example, or a size is given for real data.
    """
    if name in toys.SYSTEMS:
        return toys.make(name, n_frames, n_trajectories)
    if name not in _MOLECULES:
        raise UserError(f"There is no example {name!r}.", do=f"Choose one of: {', '.join(examples())}.")
    if n_frames or n_trajectories:
        raise UserError(f"The size of {name} cannot be chosen.", "It is real data.", "Use stride= of mdexplore.load on its files, or a model system.")
    folder = BUNDLED / name
    data = load(sorted(folder.glob("*.xtc")), top=next(folder.glob("*.pdb")))
    data.name = _TITLES[name]
    return data
