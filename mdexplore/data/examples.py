"""The data sets that come with the package: real molecular dynamics, and model systems with exact answers."""
from __future__ import annotations

from pathlib import Path

from mdexplore.base.errors import UserError
from mdexplore.data.dataset import Dataset
from mdexplore.data.loading import load

BUNDLED = Path(__file__).parent / "bundled"
_MOLECULES = {
    "alanine-dipeptide": "alanine dipeptide in implicit water, 16 x 80 ns, 22 atoms, a frame every 20 ps; slowest: phi, 2.6 ns",
    "penta-alanine": "penta-alanine in implicit water, 16 x 29.5 ns, 62 atoms, a frame every 20 ps; helix and coil exchange in 0.32 ns",
}


def examples() -> dict[str, str]:
    """Names of the examples with a line about each."""
    return dict(_MOLECULES)


def example(name: str) -> Dataset:
    """A data set that comes with the package or is made on the spot; works offline.

    Raises
    ------
    UserError
        If there is no such example.
    """
    if name in _MOLECULES:
        folder = BUNDLED / name
        data = load(sorted(folder.glob("*.xtc")), top=next(folder.glob("*.pdb")))
        data.name = name.replace("-", " ") if name != "penta-alanine" else name
        return data
    raise UserError(f"There is no example {name!r}.", do=f"Choose one of: {', '.join(examples())}.")
